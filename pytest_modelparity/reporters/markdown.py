"""The report of a run as GitHub-flavoured Markdown, never too large for a step summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pytest_modelparity.report.causes import cause_clause, share_clause
from pytest_modelparity.report.matrix import (
    DIVERGED,
    ERROR,
    REFUSED,
    Cell,
    Matrix,
    Refusal,
    matrices,
)
from pytest_modelparity.report.parts import Cause, Repair
from pytest_modelparity.report.printable import MAX_TEXT, printable
from pytest_modelparity.report.repair_words import verified_sentence
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.report.run import CheckRecord, RefusedCheck, RunReport
from pytest_modelparity.report.section import sorted_checks, summary_line
from pytest_modelparity.report.sentences import MAX_NAME, measured
from pytest_modelparity.report.table import Table, table_of
from pytest_modelparity.report.text import headline
from pytest_modelparity.report.worst import worst_divergence

#: GitHub drops a step summary of more than 1024 kB as a whole; this leaves room for what a later
#: command of the step may add.
LIMIT = 1_000_000
#: What the overview may take of it; the rest is for the details.
OVERVIEW_SHARE = 0.5
#: Kept free for the line that says what is missing.
LAST_LINE = 300
#: So many characters of a value in a table, and of a repair's program, are shown.
MAX_CELL = 200
MAX_SOURCE = 20_000
#: So many of a report's causes, findings and warnings are listed.
MAX_ITEMS = 20

#: What Markdown, HTML or GitHub would interpret, or make a link of.
SPECIAL = re.compile(r"://|(?<=www)\.|(?<=gh)-(?=\d)|[!#$&*<>@\[\\\]^_`{|}~]", re.IGNORECASE)
#: What a code span can hold, in a table too.
CODE_SPAN = re.compile(r"[^`|\\]*[^`|\\ ][^`|\\]*")
#: GitHub links names, issues and ``GH-1`` in what is already rendered: an entity does not stop it.
INVISIBLE = "&#8203;"

OVERVIEW = "\n| verdict | test | measured | main cause |\n|---|---|---|---|\n"
CAUSES = "\n| setting | reference | candidate | role | explains |\n|---|---|---|---|---|\n"
SUITE_KEY = "\nNumbers are the largest divergence as a multiple of what is allowed.\n\n"
REFUSALS = "\n### Checks that could not be made\n\n"


def render(run: RunReport, limit: int = LIMIT, notes: Sequence[str] = ()) -> str:
    """Return the report of a run, the worst checks first.

    Parameters
    ----------
    run : RunReport
        What was found.
    limit : int
        The most bytes of the result in UTF-8; what does not fit is counted in its last line.
    notes : sequence of str
        What else to say at the top, such as the outcome of a gate; one sentence each.

    Returns
    -------
    str
        Empty where ``limit`` leaves no room for anything.
    """
    checks = sorted_checks(run.checks)
    diverged = [check for check in checks if not check.report.equivalent]
    # Room for the last line first: it is what must not be missing.
    budget = limit - LAST_LINE
    head = _head(run, notes)
    if len(head.encode()) > budget:
        return ""
    budget -= len(head.encode())
    rows = _fitting(OVERVIEW, map(_row, checks), int(budget * OVERVIEW_SHARE))
    budget -= len("".join(rows).encode())
    suites = _fitting("", map(_suite, matrices(run)), budget // 2)
    budget -= len("".join(suites).encode())
    refusals = _fitting(REFUSALS, map(_refusal, run.refusals), budget // 2)
    budget -= len("".join(refusals).encode())
    details = _fitting("", map(_details, diverged), budget)
    missing = {
        "check in the table": len(checks) - len(rows[1:]),
        "matrix of a port suite": len(run.suites) - len(suites[1:]),
        "check that could not be made": len(run.refusals) - len(refusals[1:]),
        "diverged check in detail": len(diverged) - len(details[1:]),
    }
    return "".join([head, *suites, *rows, *refusals, *details, _missing(missing)])


def _fitting(title: str, parts: Iterable[str], budget: int) -> list[str]:
    """Return title and parts up to a number of bytes; nothing where there is no part."""
    taken = [title]
    left = budget - len(title.encode())
    for part in parts:
        # Bytes, not characters: GitHub counts those.
        size = len(part.encode())
        if size > left:
            break
        left -= size
        taken.append(part)
    return taken if len(taken) > 1 else []


def _head(run: RunReport, notes: Sequence[str]) -> str:
    """Return title, count and what concerns the run as a whole."""
    counted_checks = summary_line((check.report.verdict for check in run.checks), len(run.refusals))
    lines = [f"- problem: {escaped(problem)}\n" for problem in run.problems[:MAX_ITEMS]]
    lines += [f"- gate: {escaped(note)}\n" for note in notes[:MAX_ITEMS]]
    return f"## Model parity\n\n**{counted_checks}**\n" + ("\n" + "".join(lines) if lines else "")


def _missing(counts: dict[str, int]) -> str:
    """Say what did not fit."""
    parts = [f"{counts[what]} x {what}" for what in counts if counts[what] > 0]
    return f"\nNot shown, for the size of this report: {'; '.join(parts)}.\n" if parts else ""


def _row(check: CheckRecord) -> str:
    """Return the overview's line on one check."""
    report = check.report
    verdict = report.verdict if report.equivalent else f"**{escaped(report.verdict)}**"
    ended = "" if check.outcome == "passed" else f" (test {escaped(check.outcome)})"
    worst = worst_divergence(report.divergences, report.quantity.name)
    apart = measured(*worst, report.quantity.unit_of(worst[0])) if worst else "-"
    clause = cause_clause(report.structure, report.causes).removeprefix("; ")
    return (
        f"| {verdict} | {code(check.name, MAX_NAME)}{ended} | {escaped(apart)} "
        f"| {escaped(clause) or '-'} |\n"
    )


def _suite(matrix: Matrix) -> str:
    """Return the matrix of a port suite."""
    head = " | ".join(code(data.name, MAX_NAME) for data in matrix.columns)
    rows = [
        f"| {code(row.reference, MAX_NAME)} | {' | '.join(map(_suite_cell, row.cells))} |\n"
        for row in matrix.rows
    ]
    left_out = [_left_out(refusal) for refusal in matrix.refusals[:MAX_ITEMS]]
    title = f"\n### Port suite {code(matrix.name, MAX_NAME)}\n\n{escaped(matrix.summary)}\n\n"
    columns = f"| | {head} |\n|---{'|---' * len(matrix.columns)}|\n"
    return "".join([title, columns, *rows, SUITE_KEY, *left_out])


def _suite_cell(cell: Cell) -> str:
    """Return one setting of a reference on one data set."""
    text = escaped(cell.text)
    return f"**{text}**" if cell.state in (ERROR, REFUSED, DIVERGED) else text


def _left_out(refusal: Refusal) -> str:
    """Return the line on settings that the reference refuses."""
    names = ", ".join(code(name, MAX_NAME) for name in refusal.references)
    datasets = ", ".join(code(name, MAX_NAME) for name in refusal.datasets)
    where = f" on {datasets}" if datasets else ""
    return f"- left out: {names}{where}; the reference refuses: {escaped(refusal.reason)}\n"


def _refusal(refusal: RefusedCheck) -> str:
    """Return the line on a check that could not be made."""
    return f"- {code(refusal.test_id, MAX_NAME)}: {escaped(refusal.message)}\n"


def _details(check: CheckRecord) -> str:
    """Return the folded details of a diverged check."""
    report = check.report
    how = "" if check.asserted else ", compared without asserting"
    name = _html_code(printable(check.name, MAX_NAME))
    return "".join(
        [
            f"\n<details>\n<summary>{name} (test {escaped(check.outcome)}{how})</summary>\n\n",
            f"{escaped(headline(report))}\n",
            _answer(table_of(report)),
            _causes(report.causes),
            _repair(report.repair),
            _list("Findings", [f"{code(f.slug)}: {escaped(f.text)}" for f in report.findings]),
            _list("Warnings", _warnings(report)),
            "\n</details>\n",
        ]
    )


def _answer(table: Table) -> str:
    """Return the table that answers which settings must change."""
    head = [escaped(name) for name in (table.reference, table.candidate)]
    rows = [
        f"| {escaped(row.label)} | {_cell(row.reference)} | {_cell(row.candidate)} "
        f"| {escaped(row.answer) or '-'} |\n"
        for row in table.rows
    ]
    return f"\n| | {' | '.join(head)} | |\n|---|---|---|---|\n" + "".join(rows)


def _causes(causes: Sequence[Cause]) -> str:
    """Return the table of causes."""
    if not causes:
        return ""
    rows = [
        f"| {escaped(cause.setting)} | {_cell(cause.reference)} | {_cell(cause.candidate)} "
        f"| {escaped(cause.role.replace('_', ' '))} "
        f"| {escaped(share_clause(cause.kind, cause.share)) or '-'} |\n"
        for cause in causes[:MAX_ITEMS]
    ]
    return CAUSES + "".join(rows)


def _cell(value: str) -> str:
    """Return a setting's value in a table."""
    return code(value, MAX_CELL) if value else "-"


def _repair(repair: Repair | None) -> str:
    """Return what to change, and the program that was run to try it."""
    if repair is None or not repair.changes:
        return ""
    title = "Repair" if repair.verified else "Try"
    outcome = verified_sentence(repair.verified, repair.left)
    changes = [
        f"{escaped(change.side)}: {code(change.text)}" for change in repair.changes[:MAX_ITEMS]
    ]
    return _list(f"{title} ({outcome})", changes) + _program(repair.source)


def _program(source: str) -> str:
    """Return a program as a block of code."""
    if not source.strip():
        return ""
    if len(source) > MAX_SOURCE:
        return "\nThe program of the repair is too long to stand here; the JSON report has it.\n"
    lines = [printable(line, MAX_TEXT) for line in source.expandtabs(4).splitlines()]
    longest = max(map(len, re.findall("`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join(["", f"{fence}python", *lines, fence, ""])


def _warnings(report: ParityReport) -> list[str]:
    """Return the warnings, each with the side whose training raised it."""
    return [
        f"{escaped(item.side)}, {escaped(item.category)}: {escaped(item.message)}"
        for item in dict.fromkeys(report.warnings)
    ]


def _list(title: str, items: Sequence[str]) -> str:
    """Return a list below its title, or nothing without items."""
    if not items:
        return ""
    lines = [f"- {item}\n" for item in items[:MAX_ITEMS]]
    if len(items) > MAX_ITEMS:
        lines.append(f"- and {len(items) - MAX_ITEMS} more\n")
    return f"\n**{title}**\n\n" + "".join(lines)


def escaped(words: str, limit: int = MAX_TEXT) -> str:
    """Return text that GitHub shows as it stands: no markup, no mention, no link."""
    return SPECIAL.sub(_entities, printable(" ".join(words.split()), limit))


def _entities(match: re.Match[str]) -> str:
    """Return entities for characters that would be interpreted."""
    return "".join(
        f"&#{ord(sign)};" + (INVISIBLE if sign in "@#-" else "") for sign in match.group()
    )


def code(words: str, limit: int = MAX_TEXT) -> str:
    """Return any text as code, also inside a table."""
    shown = printable(words, limit)
    return f"`{shown}`" if CODE_SPAN.fullmatch(shown) else _html_code(shown)


def _html_code(shown: str) -> str:
    """Return printable text in an HTML element; GitHub links nothing inside of it."""
    return f"<code>{SPECIAL.sub(lambda m: ''.join(f'&#{ord(c)};' for c in m[0]), shown)}</code>"

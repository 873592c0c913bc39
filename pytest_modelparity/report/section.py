"""The terminal section of a run, as lines with a tone; the plugin only prints them.

Plain ASCII, so that a terminal without Unicode shows it too, and readable at 80 columns.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pytest_modelparity.report.matrix import Matrix, matrices
from pytest_modelparity.report.matrix_lines import matrix_lines
from pytest_modelparity.report.numbers import apart_numbers, counted, number
from pytest_modelparity.report.parts import Divergence
from pytest_modelparity.report.printable import ascii_printable, printable
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.report.run import CheckRecord, RunReport
from pytest_modelparity.report.sentences import MAX_NAME, MAX_PLACE
from pytest_modelparity.report.text import note_lines
from pytest_modelparity.report.worst import severity, worst_divergence

#: Columns of a terminal of which nothing is known; a line never fills its last one.
COLUMNS = 80
#: Characters before what belongs to the line above.
INDENT = "  "
#: So many characters of the reason of a refusal are shown.
MAX_REASON = 600
#: The longest verdict.
VERDICT_WIDTH = len("EQUIVALENT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line, and how it is meant: ``"good"``, ``"bad"`` or nothing."""

    text: str
    tone: str = ""


def section_lines(run: RunReport, verbosity: int = 0, columns: int = COLUMNS) -> list[Line]:
    """Return the lines on every check of a run, the worst first.

    Parameters
    ----------
    run : RunReport
        What was found.
    verbosity : int
        Below 0 each check has one line. At 0 a diverged check has its whole message; an
        equivalent one has a line, and below it what else must be known. Above 0 every check has
        its whole message, with the table of all its divergences; above 1 with every sentence.
    columns : int
        Of the terminal.
    """
    width = columns - 1
    checks = sorted_checks(run.checks)
    n_full = sum(
        verbosity > 0 or (verbosity == 0 and not check.report.equivalent) for check in checks
    )
    lines: list[Line] = []
    # The diverged checks come first, and so do those with the whole message.
    for check in checks[:n_full]:
        lines += [*_full(check, verbosity, width), Line(text="")]
    lines += _short(checks[n_full:], width if verbosity == 0 else None)
    lines += _refusals(run, width if verbosity >= 0 else None)
    for problem in run.problems:
        lines += _hanging(f"PROBLEM     {ascii_printable(problem, MAX_REASON)}", width, "bad")
    for matrix in matrices(run):
        lines += _matrix(matrix, verbosity, width)
    last = summary_line((c.report.verdict for c in checks), len(run.refusals))
    return [Line(text=_ascii(line.text), tone=line.tone) for line in lines] + [Line(text=last)]


def sorted_checks(checks: Sequence[CheckRecord]) -> list[CheckRecord]:
    """Return the checks, the worst first; equally bad ones stay in the order of the run."""
    # Sorting is stable, also in reverse: two runs of the same tests list them alike.
    return sorted(
        checks,
        key=lambda check: (not check.report.equivalent, severity(check.report.divergences)),
        reverse=True,
    )


def table_lines(report: ParityReport) -> list[str]:
    """Return every divergence in aligned columns, whether it is judged or not."""
    rows = [("measure", "apart", "allowed", "where")]
    for name, divergence in report.divergences.items():
        apart, allowed = _numbers(divergence)
        where = ascii_printable(divergence.place or divergence.note, MAX_PLACE)
        rows.append((ascii_printable(name, MAX_PLACE), apart, allowed, where))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"{name:<{widths[0]}}  {apart:>{widths[1]}}  {allowed:>{widths[2]}}  {where}".rstrip()
        for name, apart, allowed, where in rows
    ]


def _numbers(divergence: Divergence) -> tuple[str, str]:
    """Return what is apart and what is allowed, with digits enough to tell them apart."""
    if divergence.allowed is None:
        return number(divergence.value), "-"
    return apart_numbers(divergence.value, divergence.allowed)


def _full(check: CheckRecord, verbosity: int, width: int) -> Iterator[Line]:
    """Yield everything about one check."""
    report = check.report
    tone = _tone(check)
    heading = check_heading(check.name, report.verdict, check.outcome, check.asserted)
    yield Line(text=heading, tone=tone)
    first, *others = report.text(width=width, verbosity=verbosity).split("\n")
    yield from _hanging(first, width)
    yield from (Line(text=line) for line in others)
    if verbosity > 0:
        yield from (Line(text=INDENT + line) for line in table_lines(report))


def _short(checks: Sequence[CheckRecord], width: int | None) -> Iterator[Line]:
    """Yield a line for each check, in columns; with a width, what must be known about it too."""
    # All cells first: the names behind them stand in one column.
    cells = [_worst(check.report) for check in checks]
    longest = max(map(len, cells), default=0)
    for check, cell in zip(checks, cells, strict=True):
        ended = "" if check.outcome == "passed" else f" (test {check.outcome})"
        verdict = f"{check.report.verdict.upper():<{VERDICT_WIDTH}}"
        name = ascii_printable(check.name, MAX_NAME)
        yield Line(text=f"{verdict}  {cell:<{longest}}  {name}{ended}", tone=_tone(check))
        if width is not None:
            notes = note_lines(check.report, width - len(INDENT))
            yield from (Line(text=INDENT + line) for line in notes)


def _worst(report: ParityReport) -> str:
    """Say the measure that decides, against what is allowed: ``probability 0.489 > 0.01``."""
    decisive = worst_divergence(report.divergences, report.quantity.name)
    if decisive is None:
        return "-"
    name, worst = ascii_printable(decisive[0], MAX_PLACE), decisive[1]
    apart, allowed = _numbers(worst)
    return f"{name} {apart} {'<=' if worst.within else '>'} {allowed}"


def _refusals(run: RunReport, width: int | None) -> Iterator[Line]:
    """Yield the checks that could not be made; with a width, each with its reason."""
    for refusal in run.refusals:
        name = ascii_printable(refusal.test_id, MAX_NAME)
        yield Line(text=f"{'REFUSED':<{VERDICT_WIDTH}}  {name}", tone="bad")
        if width is None:
            continue
        reason = ascii_printable(" ".join(refusal.message.split()), MAX_REASON)
        yield from (Line(text=INDENT + line.text) for line in _hanging(reason, width - len(INDENT)))


def _matrix(matrix: Matrix, verbosity: int, width: int) -> Iterator[Line]:
    """Yield where the port of a suite holds; from 0 on with each setting on each data set."""
    name = ascii_printable(matrix.name, MAX_NAME)
    yield from _hanging(f"PORT SUITE  {name}: {matrix.summary}", width)
    if verbosity >= 0:
        for text, tone in matrix_lines(matrix, width, with_reasons=verbosity > 0):
            yield Line(text=text, tone=tone)


def _hanging(line: str, width: int, tone: str = "") -> Iterator[Line]:
    """Yield a long line on several, all but the first indented."""
    for part in textwrap.wrap(
        line, width=width, subsequent_indent=INDENT, break_on_hyphens=False, break_long_words=False
    ):
        yield Line(text=part, tone=tone)


def _tone(check: CheckRecord) -> str:
    """Return how a check's first line is meant."""
    return "good" if check.report.equivalent else "bad"


def _ascii(line: str) -> str:
    """Return a line that is already harmless, in ASCII."""
    return line.encode("ascii", "backslashreplace").decode("ascii")


def check_heading(name: str, verdict: str, outcome: str, asserted: bool) -> str:
    """Say which check of the run this is and how its test ended."""
    how = "" if asserted else ", compared without asserting"
    return f"{verdict.upper()}  {printable(name, MAX_NAME)} (test {outcome}{how})"


def summary_line(verdicts: Iterable[str], refused: int = 0) -> str:
    """Return the last line of the terminal section: how many checks, by verdict.

    Parameters
    ----------
    verdicts : iterable of str
        Of the checks that were made.
    refused : int
        How many could not be made.
    """
    found = list(verdicts)
    # Said in so many words: with a wrong path or marker a run that checks nothing looks green.
    text = "0 checks: no test compared two models"
    if found:
        equivalent = found.count("equivalent")
        text = (
            f"{counted(len(found), 'check')}: {equivalent} equivalent, "
            f"{len(found) - equivalent} diverged"
        )
    return text + (f"; {counted(refused, 'check')} could not be made" if refused else "")

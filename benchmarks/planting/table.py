"""The table of a run, in Markdown: counts by setting, and whatever is below 100 %."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from planting.judging import TOLERANCE
from planting.suite import (
    CONVERGED,
    Case,
    Results,
    base_cases,
    counts,
    double_cases,
    good_bases,
    innocent_cases,
    single_cases,
)
from pytest_modelparity.check_settings import DEFAULT_BUDGET
from pytest_modelparity.settings import OBJECTIVE_SETTINGS, TRAINING_SETTINGS

Line = Mapping[str, Any]


def table(results: Results) -> str:
    """Return the whole text."""
    planted = [case for case in _judged(results) if counts(case, results)]
    controls = _controls(results)
    lines = [
        "# Planted causes",
        "",
        "Written by `python benchmarks/planted_causes.py`; what is counted is said there. A pair "
        f"has {DEFAULT_BUDGET:.0f} s for its explanation and the verification of its repair.",
        "",
        *_summary(results, planted, controls),
        "",
        *_by_setting(results, planted),
        "",
        *_left_aside(results),
        "",
        "## Below 100 %",
        "",
        *(list(_below(results, planted, controls)) or ["Nothing."]),
    ]
    return "\n".join(lines) + "\n"


def _judged(results: Results) -> list[Case]:
    """Return the planted cases that have a result."""
    cases = [*single_cases(results), *double_cases(results)]
    return [case for case in cases if case.name in results]


def _controls(results: Results) -> list[Line]:
    """Return the results of pairs without a difference."""
    names = [base.name for base in good_bases(results)]
    names += [case.name for case in innocent_cases(results)]
    return [results[name] for name in names if name in results]


def _summary(results: Results, planted: Sequence[Case], controls: Sequence[Line]) -> Iterator[str]:
    """Yield the rows on everything together."""
    lines = [results[case.name] for case in planted]
    apart = [line for line in lines if line.get("verdict") == "diverged"]
    n_planted = sum(len(case.planted) for case in planted)
    found = n_planted - sum(len(line.get("missed", ())) for line in lines)
    musts = sum(line.get("musts", 0) for line in lines)
    innocent = sum(len(line.get("innocent", ())) for line in lines)
    verified = [line for line in lines if _verified(line)]
    again = [line for line in verified if "fresh" in line]
    seconds = [line["seconds"] for line in lines if "seconds" in line] or [0.0]
    equivalent = sum(line.get("verdict") == "equivalent" for line in controls)
    yield "| what | how many | of | |"
    yield "| --- | ---: | ---: | ---: |"
    yield _row("pairs with a counting plant that diverge", len(apart), len(lines))
    yield _row("planted settings named (recall)", found, n_planted)
    yield _row("musts that were planted (precision)", musts - innocent, musts)
    yield _row("repairs verified", len(verified), len(lines))
    tried = "verified repairs that hold in a whole fresh `fit`, of those tried"
    yield _row(tried, sum(map(_holds, again)), len(again))
    by_fit = [line for line in verified if not _to_optimum(line)]
    yield _row("verified repairs that need no `train_to_optimum`", len(by_fit), len(verified))
    yield _row("controls that are equivalent", equivalent, len(controls))
    middle, most = np.median(seconds), np.percentile(seconds, 95)
    yield ""
    yield f"A pair took {middle:.1f} s (median), {most:.1f} s (95 %)."


def _by_setting(results: Results, planted: Sequence[Case]) -> Iterator[str]:
    """Yield a row for each setting."""
    yield "| setting | single | found | in doubles | found | repairs verified | fresh |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for setting in (*OBJECTIVE_SETTINGS, *TRAINING_SETTINGS):
        cells = []
        mine = [case for case in planted if setting in [p.setting for p in case.planted]]
        for kind in ("single", "double"):
            some = [results[case.name] for case in mine if case.kind == kind]
            found = sum(setting not in line.get("missed", [setting]) for line in some)
            cells += [str(len(some)), str(found)]
        lines = [results[case.name] for case in mine]
        verified = [line for line in lines if _verified(line)]
        cells.append(f"{len(verified)} of {len(lines)}")
        again = [line for line in verified if "fresh" in line]
        cells.append(f"{sum(map(_holds, again))} of {len(again)}")
        yield f"| `{setting}` | {' | '.join(cells)} |"


def _left_aside(results: Results) -> Iterator[str]:
    """Yield what was tried and is no pair of the suite."""
    tried = [case for case in base_cases() if case.name in results]
    weak = [case for case in _judged(results) if not counts(case, results)]
    yield (
        f"Left aside: {len(tried) - len(good_bases(results))} of {len(tried)} bases whose recipe "
        f"stays more than {CONVERGED:g} from the reference, and {len(weak)} plants that alone "
        f"move the result by {2 * TOLERANCE:g} or less."
    )


def _below(results: Results, planted: Sequence[Case], controls: Sequence[Line]) -> Iterator[str]:
    """Yield every pair that is not as it should be, by its fault."""
    by_fault: dict[str, list[str]] = {}
    for line in (results[case.name] for case in planted):
        for fault in faults(line):
            by_fault.setdefault(fault, []).append(f"{line['name']}{_detail(line)}")
    for line in controls:
        if line.get("verdict") != "equivalent":
            by_fault.setdefault("control not equivalent", []).append(line["name"])
    for fault, names in sorted(by_fault.items(), key=lambda item: -len(item[1])):
        yield f"**{fault}** ({len(names)})"
        yield ""
        yield from (f"- {name}" for name in names)
        yield ""


def faults(line: Line) -> Iterator[str]:
    """Yield what is wrong with one planted pair."""
    if "error" in line:
        yield f"the check raised {line['error'].split(':')[0]}"
        return
    if line["verdict"] != "diverged":
        yield "two plants that cancel: the pair is equivalent"
        return
    settings = [name.split(":")[0] for name in line["planted"]] if "planted" in line else []
    both_train = len(settings) == 2 and set(settings) <= set(TRAINING_SETTINGS)
    for setting in line["missed"]:
        if both_train and _verified(line):
            yield "one of two settings of the training is not named: a repair does without it"
        else:
            yield f"{setting} is not named"
    for setting in line["innocent"]:
        yield f"{setting} is a must, and innocent"
    if line["repair"] is None:
        yield "no repair"
    elif not line["repair"]["verified"]:
        yield "the repair is not verified"
    elif "fresh" in line and not _holds(line):
        yield "a verified repair does not hold in a fresh fit"


def _reason(line: Line) -> str:
    """Return why a setting is not named, where that is known."""
    missed = set(line["missed"])
    if not missed:
        return ""
    if missed == {"output_head"} and "C" in {cause["setting"] for cause in line["causes"]}:
        return "another strength makes up for the head"
    if missed <= set(TRAINING_SETTINGS):
        return "a smaller change, or one of other settings, makes up for it"
    return ""


def _detail(line: Line) -> str:
    """Return what helps to understand a fault."""
    if "error" in line:
        return f": {line['error']}"
    named = sorted({f"{cause['setting']} ({cause['role']})" for cause in line["causes"]})
    parts = [f"named: {', '.join(named) or 'nothing'}"]
    if reason := _reason(line):
        parts.insert(0, reason)
    repair = line["repair"]
    if repair is not None:
        left = "" if repair["left"] is None else f", leaves {repair['left']:.2g}"
        note = f" ({repair['note']})" if repair["note"] else ""
        parts.append(f"repair: {'; '.join(repair['changes'])}{left}{note}")
    again = line.get("fresh")
    if again is not None and not _holds(line):
        parts.append(f"fresh: {again['error'] or format(again['left'], '.2g')}")
    if line["left_out"]:
        parts.append(f"not tried for want of time: {', '.join(line['left_out'])}")
    return f"; {'; '.join(parts)}"


def _verified(line: Line) -> bool:
    """Whether a pair has a verified repair."""
    return bool(line.get("repair") and line["repair"]["verified"])


def _to_optimum(line: Line) -> bool:
    """Whether a repair trains to the optimum by other means than ``fit``."""
    return any("train_to_optimum" in change for change in line["repair"]["changes"])


def _holds(line: Line) -> bool:
    """Whether the verified repair is equivalent when trained afresh."""
    left = (line.get("fresh") or {}).get("left")
    return left is not None and left <= TOLERANCE


def _row(text: str, part: int, whole: int) -> str:
    """Return a row with a percentage."""
    share = f"{100 * part / whole:.1f} %" if whole else ""
    return f"| {text} | {part} | {whole} | {share} |"

"""The table of the families, in Markdown: a row for each plant, a column for each data set."""

from __future__ import annotations

from collections.abc import Iterator

from planting.families import FAMILIES, family_cases
from planting.judging import MOVES
from planting.suite import CONVERGED, Case, Results
from planting.table import Line, faults
from pytest_modelparity.check_settings import DEFAULT_BUDGET

#: What a cell says where all is as it should be.
NAMED = "named"


def family_table(results: Results) -> str:
    """Return the whole text."""
    known = [case for case in family_cases() if case.name in results]
    lines = [
        "# Planted causes, by reference",
        "",
        "Written by `tox -e planting`. For each reference beside LogisticRegression, which has "
        "[a page of its own](planted_causes.md), a control that must be equivalent and single "
        "differences that must be named: one of the objective as a must, one of the training as "
        "one of what would do, and no setting that was not planted as a must. A pair has "
        f"{DEFAULT_BUDGET:.0f} s for its explanation and the verification of its repair.",
        "",
        *_summary(results, known),
        "",
    ]
    for name in FAMILIES:
        lines += [f"## {name}", "", *_family(name, results, known), ""]
    below = list(_below(results, known)) or ["Nothing."]
    return "\n".join([*lines, "## What falls short", "", *below]) + "\n"


def short(line: Line) -> Iterator[str]:
    """Yield what is wrong with one pair, a control or a planted one."""
    if line["planted"]:
        if "error" not in line and line["probability"] <= MOVES:
            yield "the difference does not count"
            return
        yield from (fault for fault in faults(line) if "repair" not in fault)
    elif "error" in line:
        yield from faults(line)
    elif line["verdict"] != "equivalent" or line["probability"] > CONVERGED:
        yield "the control is not equivalent by a fifth of the tolerance"


def _summary(results: Results, known: list[Case]) -> Iterator[str]:
    """Yield a row for each family."""
    yield (
        "| reference | controls | planted | named | innocent musts | repairs verified "
        "| hold in a fresh `fit`, of those tried |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name in FAMILIES:
        mine = [case for case in known if case.base.name.startswith(f"{name} / ")]
        controls = [results[case.name] for case in mine if not case.planted]
        lines = [results[case.name] for case in mine if case.planted]
        good = sum(not list(short(line)) for line in controls)
        named = sum(not line.get("missed", ["error"]) for line in lines)
        innocent = sum(len(line.get("innocent", ())) for line in lines)
        fresh = [line for line in lines if "fresh" in line]
        holding = sum(line["fresh"]["left"] is not None and _holds(line) for line in fresh)
        verified = sum(bool(line.get("repair") and line["repair"]["verified"]) for line in lines)
        yield (
            f"| {name} | {good} of {len(controls)} | {len(lines)} | {named} | {innocent} "
            f"| {verified} | {holding} of {len(fresh)} |"
        )


def _holds(line: Line) -> bool:
    """Whether a repair that was made afresh is within the tolerance."""
    return bool(line["fresh"]["left"] <= MOVES / 2)


def _family(name: str, results: Results, known: list[Case]) -> Iterator[str]:
    """Yield a row for each plant of a family, the control first."""
    data = FAMILIES[name].data
    yield f"| planted | {' | '.join(data)} |"
    yield f"| --- |{' --- |' * len(data)}"
    cells: dict[str, dict[str, str]] = {}
    for case in known:
        base, _, place = case.base.name.rpartition(" / ")
        if base == name:
            what = case.planted[0].name if case.planted else "nothing"
            cells.setdefault(what, {})[place] = _cell(results[case.name])
    for what, by_data in cells.items():
        row = " | ".join(by_data.get(place, "") for place in data)
        yield f"| {what} | {row} |"


def _cell(line: Line) -> str:
    """Return what was made of one pair."""
    wrong = "; ".join(short(line))
    if wrong or not line["planted"]:
        return wrong or "equivalent"
    roles = {cause["role"] for cause in line["causes"] if cause["setting"] in _planted(line)}
    return f"{NAMED}, {' and '.join(sorted(roles))}"


def _planted(line: Line) -> set[str]:
    """Return the settings that were planted."""
    return {name.split(":")[0] for name in line["planted"]}


def _below(results: Results, known: list[Case]) -> Iterator[str]:
    """Yield every pair that is not as it should be."""
    for case in known:
        line = results[case.name]
        for fault in short(line):
            named = sorted({f"{c['setting']} ({c['role']})" for c in line.get("causes", ())})
            said = line.get("error") or f"named: {', '.join(named) or 'nothing'}"
            yield f"- {case.name}: {fault}; {said}"

"""The tables of a billion rows, of a model and of what a check asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np
from measuring.rows import duration

from pytest_modelparity.rows.passes import row_groups
from scaling.chunks import tasks_of_pass
from scaling.model import CONSTANTS, NUMBER, Passes, Run, off, predicted

#: Rows and features, machines and cores of each.
N, P, MACHINES, CORES = 1_000_000_000, 100, 100, 8
#: Gigabits a second into the machine that runs pytest, and into each other.
BANDWIDTHS = (1, 10, 100)
#: Bytes a second of a gigabit a second.
GIGABIT = 1.25e8


def constants_table(constants: Mapping[str, float]) -> str:
    """Return the table of the constants."""
    lines = ["| constant | what |", "| --- | --- |"]
    lines += [f"| {constants[name]:.2g} | {words} |" for name, words in CONSTANTS.items()]
    return "\n".join(lines)


def errors_table(
    constants: Mapping[str, float], runs: Sequence[Run], elsewhere: Sequence[Run]
) -> str:
    """Return the table of how far the model is off, on runs that are fitted and left out.

    Parameters
    ----------
    elsewhere : sequence of Run
        On another machine.
    """
    lines = [
        "| runs | number | typically off by | at most | the worst |",
        "| --- | --- | --- | --- | --- |",
    ]
    kinds: dict[str, list[Run]] = {}
    for run in runs:
        what = "single passes" if run.what == "finite" else "optima and checks"
        words = "fitted" if run.fitted else f"left out, {what}"
        kinds.setdefault(words, []).append(run)
    for run in elsewhere:
        kinds.setdefault(f"another machine, {run.cores} workers", []).append(run)
    for words, own in kinds.items():
        errors = off(constants, own)
        worst = own[errors.index(max(errors))]
        size = worst.size
        named = (
            f"{worst.what}, {size.n} x {size.p} in {size.groups} groups, "
            f"{'cluster' if worst.cluster else 'file'} on {worst.cores}: "
            f"{duration(worst.seconds)}, not {duration(predicted(constants, worst))}"
        )
        lines.append(
            f"| {words} | {len(own)} | {median(errors):.2f} times | {max(errors):.2f} times "
            f"| {named} |"
        )
    return "\n".join(lines)


def billion_table(constants: Mapping[str, float], phases: Mapping[str, Passes]) -> str:
    """Return the table of the phases of a check of a billion rows."""
    heads = ("phase", "passes", "multiplications", "to and from here", "of it tasks")
    heads += tuple(f"{gigabits} Gbit/s" for gigabits in BANDWIDTHS)
    lines = [f"| {' | '.join(heads)} |", f"| {' | '.join(['---'] * len(heads))} |"]
    together = np.array([NUMBER * N * P / MACHINES / (GIGABIT * each) for each in BANDWIDTHS])
    lines.append(_line("reading X", "", "", "", "", *map(_clock, together)))
    groups, tasks = len(row_groups(N, P)), tasks_of_pass(N, P)
    for name, few in phases.items():
        passes = few.scaled(N, groups, tasks)
        paid = passes.amounts(MACHINES * CORES, cluster=True) * np.array([*constants.values()])
        there = sum(paid[[*CONSTANTS].index(one)] for one in ("pass", "task"))
        seconds = paid.sum() + passes.moved / (GIGABIT * np.array(BANDWIDTHS))
        together += seconds
        work = f"{passes.work:.1e}" if passes.work else ""
        moved = f"{passes.moved / 1e9:.0f} GB" if passes.moved else ""
        lines.append(
            _line(name, passes.passes or "", work, moved, _clock(there), *map(_clock, seconds))
        )
    lines.append(_line("together", "", "", "", "", *map(_clock, together)))
    return "\n".join(lines)


def _line(*cells: object) -> str:
    """Return a line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def _clock(seconds: float) -> str:
    """Return seconds, or minutes where these say more."""
    if seconds >= 600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"

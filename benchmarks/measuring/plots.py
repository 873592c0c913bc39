"""Plots of the results, as SVG that is the same to the byte for the same results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from measuring.rows import OURS, Row

#: Without a salt ids are drawn at random. Text stays text: small files, and the reader's own font.
STYLE = {"svg.hashsalt": "modelparity", "svg.fonttype": "none"}


def draw(subject: str, rows: Sequence[Row], path: Path) -> None:
    """Write the plot of a subject."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    PLOTS[subject](axes, rows)
    axes.set_ylabel("CPU seconds")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        # Without the date and the version: the same results are the same file.
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def _optimum(axes: Any, rows: Sequence[Row]) -> None:
    """Draw a group of bars for each size, the limit as a line across them."""
    names = [OURS, *dict.fromkeys(name for row in rows for name in row.others)]
    width = 0.8 / len(names)
    for number, name in enumerate(names):
        values = [row.ours if name == OURS else row.others.get(name, 0.0) for row in rows]
        places = [place + (number - (len(names) - 1) / 2) * width for place in range(len(rows))]
        axes.bar(places, values, width, label=name)
    for place, row in enumerate(rows):
        if row.limit:
            label = "limit" if place == 0 else None
            axes.hlines(row.limit, place - 0.4, place + 0.4, colors="black", label=label)
    axes.set_yscale("log")
    axes.set_xticks(range(len(rows)), [row.name for row in rows], rotation=20, ha="right")


def _growth(axes: Any, rows: Sequence[Row]) -> None:
    """Draw a line for each thing that grows, dashed its limit."""
    for kind in dict.fromkeys(row.name.partition(":")[0] for row in rows):
        line = [row for row in rows if row.name.startswith(f"{kind}:")]
        (drawn,) = axes.plot(_sizes(line), [row.ours for row in line], marker="o", label=kind)
        limits = [row.limit or 0.0 for row in line]
        axes.plot(_sizes(line), limits, linestyle="--", color=drawn.get_color())
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("rows, features or classes; dashed: the limit")


def _suite(axes: Any, rows: Sequence[Row]) -> None:
    """Draw the seconds of each check."""
    for row in rows:
        axes.plot(*zip(*row.points, strict=True), marker=".", label=row.name)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("number of the check")


def _sizes(rows: Sequence[Row]) -> list[float]:
    """Return where rows stand."""
    return [row.size for row in rows]


PLOTS: Mapping[str, Callable[[Any, Sequence[Row]], None]] = {
    "optimum": _optimum,
    "growth": _growth,
    "suite": _suite,
}

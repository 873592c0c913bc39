"""The page of results: a table for each subject, with limits and what became worse."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from measuring.rows import Row, duration
from measuring.stored import WORSE, Worse, key_of
from measuring.subjects import Subject

#: Columns of the page's text.
WIDTH = 100
INTRODUCTION = (
    "Written by `tox -e bench`, which takes a quarter of an hour; `tox -e bench -- --only "
    "optimum` prints one table, `tox -e bench -- --store` renews `benchmarks/ratios.json` "
    f"too. A ratio that is {WORSE} times worse than the stored one is marked here and said at "
    "the end of the run, which then fails.",
    "Times are CPU seconds of all threads. What is compared runs side by side in one process,"
    " in rounds of which the medians are given: other programs slow both down alike, so that "
    "ratios say more than times. *Limit* is what the arithmetic and the readings of memory "
    "take at least on one core: multiplications over the measured peak, bytes over the "
    "measured bandwidth. *Off* is how many times as long it takes.",
    "What is told of differences that were planted is measured elsewhere: by `python "
    "benchmarks/planted_causes.py` for LogisticRegression, by `tox -e planting` for each other "
    "reference, by `python benchmarks/inference.py` for models whose training is hidden.",
)


def page(
    subjects: Sequence[Subject],
    results: Mapping[str, Sequence[Row]],
    worse: Mapping[str, Worse],
    machine: str,
    plots: Mapping[str, str],
) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    results : mapping of str to sequence of Row
        By the name of the subject.
    worse : mapping of str to Worse
        What `what_is_worse` returned.
    machine : str
        Its description.
    plots : mapping of str to str
        Path of a plot, from the page, by the name of its subject.
    """
    parts = ["# Benchmarks\n", *map(_paragraph, (*INTRODUCTION, f"The machine: {machine}"))]
    for subject in subjects:
        if subject.name not in results:
            continue
        parts += [f"## {subject.title}\n", _paragraph(subject.words)]
        parts.append(table(subject.name, results[subject.name], worse))
        if subject.name in plots:
            parts.append(f"![{subject.plot}]({plots[subject.name]})\n")
    return "\n".join(parts)


def table(name: str, rows: Sequence[Row], worse: Mapping[str, Worse]) -> str:
    """Return the table of one subject."""
    lines = [
        "| what | takes | beside | ratio | limit | off | note |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_line(name, row, worse) for row in rows]
    return "\n".join(lines) + "\n"


def _paragraph(text: str) -> str:
    """Return a text in lines, none of which breaks a word of code."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


def _line(name: str, row: Row, worse: Mapping[str, Worse]) -> str:
    """Return one line of a table."""
    beside = "<br>".join(f"{other} {duration(value)}" for other, value in row.others.items())
    ratios = "<br>".join(
        _ratio(ratio, worse.get(key_of(name, row.name, other)))
        for other, ratio in row.ratios.items()
    )
    limit = "" if row.limit is None else duration(row.limit)
    off = "" if not row.limit else f"{row.ours / row.limit:.3g}"
    cells = (row.name, duration(row.ours), beside, ratios, limit, off, row.note)
    return f"| {' | '.join(cells)} |"


def _ratio(ratio: float, worse: Worse | None) -> str:
    """Return a ratio, marked where it became worse."""
    if worse is None:
        return f"{ratio:.3g}"
    return f"**{ratio:.3g}**, worse than the stored {worse.before:.3g}"

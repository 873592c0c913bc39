"""The results as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

PARTS = {
    "exact": "exact optimum of another objective",
    "scikit-learn": "scikit-learn at its default tolerance, another objective",
    "early": "stopped early, no other objective",
    "half": "stopped early, another objective",
}
OUTCOMES = ("right", "partly", "wrong", "same", "no claim")
GRADES = ("proven", "measured", "resembles")
INTRODUCTION = """# Inferring the objective

Written by `python benchmarks/inference.py`. Each model is known by its float32 predictions alone;
what is expected of it is scikit-learn's default objective (C=1). *Right*: row weights and strengths
of the objective that was found are the true ones (within 4 % and 10 %, or C within the interval
that is told with it as what the data cannot tell apart); *partly*: all that was done is named, with
a number that is off or with something that was not done, or a part of what was done is named and
nothing else; *same*: no claim, and the model is within the tolerance of the optimum that is
expected. *Read*: penalty and intercept were read from the model, and class weights, smoothing and
rows alone are asked for. Optima at infinity are left out, and those of L1 penalties on dependent
columns that are not found within 1e-8, or take minutes (100 rows of 300 features).
"""


def table(lines: Sequence[Mapping[str, Any]], every: int) -> str:
    """Return the page of one case in so many."""
    sample = [] if every == 1 else [f"A sample: one case in {every} (`--every {every}`).\n"]
    parts = [
        INTRODUCTION,
        *sample,
        *_parts(lines),
        *_grades(lines),
        *_wrong(lines),
        _seconds(lines),
    ]
    return "\n".join(parts) + "\n"


def _parts(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a row for each part, what is read apart."""
    yield f"| what | models | {' | '.join(OUTCOMES)} |"
    yield f"| --- | {' | '.join(['---:'] * 6)} |"
    for part, words in PARTS.items():
        for read in (False, True):
            of = [one for one in lines if one["part"] == part and one["read"] is read]
            if of:
                yield _row(f"{words}{', penalty read' if read else ''}", of, OUTCOMES)
    new = [one for one in lines if one["part"] == "exact" and one["new"]]
    yield _row("of the exact ones: on the four new sets", new, OUTCOMES)
    yield ""


def _grades(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a row for each grade of models that were stopped."""
    yield f"| stopped early, by grade | claims | {' | '.join(OUTCOMES[:3])} |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for read in (False, True):
        for grade in GRADES:
            of = [
                one
                for one in lines
                if one["part"] in ("early", "half") and (one["read"], one["grade"]) == (read, grade)
            ]
            yield _row(f"{grade}{', penalty read' if read else ''}", of, OUTCOMES[:3])
    yield ""


def _row(words: str, lines: Sequence[Mapping[str, Any]], outcomes: Iterable[str]) -> str:
    """Return a row of counts."""
    counts = Counter(one["outcome"] for one in lines)
    return f"| {words} | {len(lines)} | {' | '.join(str(counts[one]) for one in outcomes)} |"


def _wrong(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield all that is wrong, and exact optima without a claim."""
    yield "## Below 100 %"
    yield ""
    for one in lines:
        exact = one["part"] == "exact" and one["outcome"] != "right" and not one["same"]
        if one["outcome"] == "wrong" or exact:
            told = one["told"] or one.get("why", "")
            read = ", penalty read" if one["read"] else ""
            yield f"- {one['name']}{read}: {one['outcome']}, {one['grade']}: {told}"
    yield ""


def _seconds(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return what an inference took."""
    seconds = sorted(one["seconds"] for one in lines)
    if not seconds:
        return ""
    middle, most = seconds[len(seconds) // 2], seconds[-1]
    return f"An inference took {middle:.2f} s (median), {most:.2f} s (most)."

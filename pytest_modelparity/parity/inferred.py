"""What an inferred objective adds to a report: its findings, and its settings by their names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.report.answers import short
from pytest_modelparity.report.inference import ALPHA, MEASURED, PROVEN, InferredObjective
from pytest_modelparity.report.inference_words import (
    found_sentence,
    nowhere_sentence,
    rows_sentence,
)
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Cause, Change, Finding, Repair
from pytest_modelparity.sides.candidate import candidate_change


def inferred(inference: Mapping[str, InferredObjective], *, is_related: bool) -> Iterator[Finding]:
    """Say what a side was trained on, or that nothing tells it.

    Parameters
    ----------
    is_related : bool
        Whether one change makes one side of the other, so that neither need be at an optimum.
    """
    for side, found in inference.items():
        # What cannot be told, and what is as expected, is no finding.
        if found.grade in (PROVEN, MEASURED):
            if found.is_cause and "rows_used" in found.settings:
                yield Finding(slug="data-differs", text=rows_sentence(side, found))
            else:
                yield Finding(slug="objective-inferred", text=found_sentence(side, found))
        elif found.tried and _is_off(found) and not is_related:
            yield Finding(slug="at-no-optimum", text=nowhere_sentence(side, found))


def _is_off(found: InferredObjective) -> bool:
    """Whether a side is at no optimum, the expected one included."""
    return found.grade == "resembles" or bool(found.nearest or found.excluded)


def not_as_declared(side: str, distance: float, quantity: str, rows: str) -> Finding:
    """Say how far a side is from the optimum of what it declares, which may not be its own."""
    return Finding(
        slug=f"{side}-not-converged",
        text=f"the {side} is {number(distance, 2)} in {quantity} away from the exact optimum of "
        f"what it declares{rows}; it was trained elsewhere",
    )


def changes_to(pair: Pair, settings: Collection[str]) -> tuple[Change, ...]:
    """Return how the candidate is to be trained otherwise than was inferred."""
    values = pair.inference["candidate"].values
    texts = {one.setting: _as_the_reference(pair, one.setting) for one in values}
    return tuple(candidate_change(name, text) for name, text in texts.items() if name in settings)


def _as_the_reference(pair: Pair, setting: str) -> str:
    """Return what to write for a setting to be as the reference's."""
    if setting == "rows_used":
        return "train on all rows of X"
    value = short(setting, pair.reference.settings.word(setting))
    if value.startswith(ALPHA):
        return value
    return f"{setting}={'None' if value == 'none' else value}"


def preparation_causes(pair: Pair) -> tuple[Cause, ...]:
    """Return the cause where rows were prepared in training and are not at prediction."""
    return tuple(
        Cause(
            setting="feature_scaling",
            reference=pair.reference.settings.word("feature_scaling"),
            candidate=pair.candidate.settings.word("feature_scaling"),
            kind="objective",
            role="must",
            note="in training only",
        )
        for found in pair.inference.values()
        if found.lost_its_preparation
    )


def refit(pair: Pair) -> Repair:
    """Return what to do where the reference was trained on something else than X and y."""
    changes = tuple(
        Change(
            side="reference", setting=one.setting, text="pass it unfitted, to be fitted on X and y"
        )
        for one in pair.inference["reference"].values[:1]
    )
    return Repair(changes=changes, verified=False, note="it was not fitted again")

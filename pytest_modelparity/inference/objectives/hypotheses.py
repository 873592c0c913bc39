"""The objectives that are tried: what may differ from the one that is expected."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

#: What is left as it is expected.
GIVEN = "given"
#: Class weights of which one is 1, whatever the penalty.
RATIOS = "ratios"
#: Most settings that may differ at once.
MOST_DEVIATIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """An objective with some of its numbers open; each field is ``"given"`` or what differs.

    Parameters
    ----------
    weights : str
        ``"dropped"`` or ``"used"``: the sample weights.
    classes : str
        ``"none"``, ``"balanced"``, ``"free"`` or ``"ratios"``: the class weights; the last are
        free beside a penalty that is given and too weak to tell their unit.
    penalty : str
        ``"none"``, ``"l2"``, ``"l1"`` or ``"elasticnet"``, each with its strength open.
    intercept : str
        ``"absent"``, ``"present"``, ``"as coefficients"`` (penalised like these) or
        ``"penalised"`` (by a strength of its own).
    smoothing : str
        ``"none"`` or ``"free"``.
    scaling : str
        The name of one of `scalings.scales`, in which the penalty holds.
    """

    weights: str = GIVEN
    classes: str = GIVEN
    penalty: str = GIVEN
    intercept: str = GIVEN
    smoothing: str = GIVEN
    scaling: str = GIVEN

    @property
    def different(self) -> frozenset[str]:
        """Which fields are not as expected."""
        return frozenset(name for name in self.__slots__ if getattr(self, name) != GIVEN)

    @property
    def frees_classes(self) -> bool:
        """Whether class weights are open."""
        return self.classes in ("free", RATIOS)

    @property
    def deviations(self) -> int:
        """How many that are."""
        return len(self.different)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What each field of a hypothesis may be, beside as expected."""

    weights: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    penalty: tuple[str, ...] = ()
    intercept: tuple[str, ...] = ()
    smoothing: tuple[str, ...] = ()
    scaling: tuple[str, ...] = ()


def hypotheses(choices: Choices) -> Iterator[Hypothesis]:
    """Yield all that make sense, the expected objective first."""
    names = Choices.__slots__
    options = [(GIVEN, *getattr(choices, name)) for name in names]
    for values in itertools.product(*options):
        one = Hypothesis(**dict(zip(names, values, strict=True)))
        if one.deviations <= MOST_DEVIATIONS and _makes_sense(one):
            yield one


def _makes_sense(one: Hypothesis) -> bool:
    """Whether a combination can be told apart, and is likely enough to be worth its chance."""
    if one.frees_classes and one.smoothing == "free":
        # Bilinear: no least squares.
        return False
    if one.classes == RATIOS and (one.penalty, one.scaling) != (GIVEN, GIVEN):
        return False
    if one.classes == RATIOS and one.intercept in ("as coefficients", "penalised"):
        return False
    if one.scaling != GIVEN:
        # The strength alone, or the classes, may differ beside it.
        beside = one.different - {"scaling"}
        return one.penalty in (GIVEN, "l2") and len(beside) <= 1 and "intercept" not in beside
    if one.penalty == "none" and one.intercept == "as coefficients":
        return False
    if one.penalty in ("l1", "elasticnet"):
        return one.intercept in (GIVEN, "absent", "present") and one.smoothing == GIVEN
    return True

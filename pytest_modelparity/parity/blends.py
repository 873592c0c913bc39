"""The objectives between two sides: their differing settings, and every mixture of the two."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from pytest_modelparity.parity.moves import Measure, moves_by_a_pass, moves_in_memory
from pytest_modelparity.parity.side import Side, predict_at_optimum
from pytest_modelparity.parity.strengths import as_on_head
from pytest_modelparity.settings import (
    OBJECTIVE_SETTINGS,
    SAME_NUMBER,
    ObjectiveSettings,
    same_number,
    same_setting,
)
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.sides.optimum import AtOptimum, optimum_of
from pytest_modelparity.theory.class_by_class import optimum_seconds
from pytest_modelparity.theory.optimum import Optimum

#: Newton steps that a blend is reckoned with at least.
LEAST_STEPS = 10


class Blends:
    """The exact optima between two objectives that are modelled.

    A blend is the candidate's objective with some of its settings as the reference's. Each is
    solved once; the two ends are the sides' own optima.

    Parameters
    ----------
    reference, candidate : Side
        Both with an objective.
    with_rows : collection of str
        Settings that differ only because one side was trained on a part of the rows: they change
        with ``rows_used``.
    """

    def __init__(self, reference: Side, candidate: Side, with_rows: Collection[str] = ()) -> None:
        assert reference.objective is not None
        assert candidate.objective is not None
        self._data = candidate.data
        self._ends = reference.objective, candidate.objective
        self._with_rows = frozenset(with_rows)
        names = differing(*self._ends)
        if self._with_rows & {*names}:
            names = (*(name for name in names if name not in self._with_rows), "rows_used")
        self.differing = tuple(dict.fromkeys(names))
        assert reference.optimum is not None
        assert candidate.optimum is not None
        # Not solved again: the ends of the attribution must be the very corners of the split, or
        # the effects would not add up to its gap.
        self._optima = {frozenset(self.differing): reference.optimum}
        # Where nothing differs the two ends are one.
        self._optima[frozenset()] = candidate.optimum

    def objective(self, changed: frozenset[str]) -> SideObjective:
        """Return the candidate's objective with some settings as the reference's."""
        return blend(*self._ends, changed | (self._with_rows if "rows_used" in changed else set()))

    def optimum(self, changed: frozenset[str]) -> Optimum:
        """Return the exact optimum of a blend."""
        if changed not in self._optima:
            self._optima[changed] = optimum_of(
                self.objective(changed), self._data, self._start(changed)
            )
        return self._optima[changed]

    def cost(self, changed: frozenset[str]) -> float:
        """Return the seconds that the optimum of a blend is reckoned to take now."""
        if changed in self._optima:
            return 0.0
        # From a similar one it takes no more steps than the sides' own took, unless it has no end.
        ends = [optimum.n_iter for optimum in self._optima.values()]
        steps = max(LEAST_STEPS, *ends)
        return optimum_seconds(self.objective(changed).on(self._data), steps)

    def _start(self, changed: frozenset[str]) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the optimum of the most similar blend that is solved, as a start for another."""
        finite = [known for known, optimum in self._optima.items() if optimum.finite]
        for known in sorted(finite, key=lambda known: len(known ^ changed)):
            # Scaled features have other parameters.
            if "feature_scaling" not in known ^ changed:
                return self._optima[known].coef, self._optima[known].intercept
        return None

    def may_be_finite(self, changed: frozenset[str]) -> bool:
        """Whether a blend is not proven to lack a finite minimiser."""
        return self.optimum(changed).finite is not False

    def moves_on(self, rows: str) -> Measure:
        """Return the measure of the exact optima of blends on a set of rows.

        Rows that are passed over are all compared, and are the same set.
        """
        if self._data.sampled is not None:
            return moves_by_a_pass(self._at_optimum, self._data.X)
        return moves_in_memory(partial(self._predictions, rows))

    def _at_optimum(self, changed: frozenset[str]) -> AtOptimum:
        """Return the model at the exact optimum of a blend."""
        objective, optimum = self.objective(changed), self.optimum(changed)
        return AtOptimum.of(objective, optimum, self._data.n_classes)

    def _predictions(self, rows: str, changed: frozenset[str]) -> np.ndarray:
        """Return what the exact optimum of a blend predicts."""
        return predict_at_optimum(self.objective(changed), self.optimum(changed), self._data, rows)


def differing(reference: SideObjective, candidate: SideObjective) -> tuple[str, ...]:
    """Return the names of the settings that differ, in the order of `OBJECTIVE_SETTINGS`."""
    first = reference.settings
    # In the reference's terms: two softmax units at C'=2C are the sigmoid at C, which written as
    # they are would show a difference of C.
    second = as_on_head(candidate.settings, first.output_head)
    names = list(_penalty_names(first, second))
    if first.fit_intercept != second.fit_intercept:
        names.append("fit_intercept")
    # Where one side has no intercept, its penalty is no second difference.
    elif first.fit_intercept and not _same_intercept_penalty(first, second):
        names.append("intercept_penalty")
    if not same_setting("class_weight", first, second):
        names.append("class_weight")
    # The settings hold only whether there are weights, so the arrays themselves decide.
    if not _same_weights(reference, candidate):
        names.append("sample_weight")
    if first.output_head != candidate.settings.output_head:
        names.append("output_head")
    alone = ("loss", "label_smoothing", "feature_scaling", "rows_used")
    names += [name for name in alone if not same_setting(name, first, second)]
    return tuple(sorted(names, key=OBJECTIVE_SETTINGS.index))


def blend(
    reference: SideObjective, candidate: SideObjective, changed: Collection[str]
) -> SideObjective:
    """Return the candidate's objective with the settings in ``changed`` as the reference's.

    A setting that is undefined on one side (the type of a penalty that is absent, the penalty of
    an absent intercept) inherits the other side's. The reference's penalty is the one that has its
    effect on the head of the blend.
    """
    second = candidate.settings
    head = (reference.settings if "output_head" in changed else second).output_head
    first = as_on_head(reference.settings, head)
    if not _penalty_names(first, as_on_head(second, head)):
        # Penalties of the same effect are no factor: they go with the head.
        second = as_on_head(second, head)

    # Only what one side leaves undefined is taken from the other. If every None were, there would
    # be no difference between class_weight=None and weights, and a cause would go unseen.
    def pick(name: str) -> ObjectiveSettings:
        return first if name in changed else second

    # Weights of classes are those of their rows, or of their units, as the head has them.
    weighing = as_on_head(pick("class_weight"), head)
    settings = replace(
        second,
        **_penalties(first, second, changed),
        fit_intercept=pick("fit_intercept").fit_intercept,
        class_weight=weighing.class_weight,
        binary_weight=weighing.binary_weight,
        sample_weight=pick("sample_weight").sample_weight,
        rows_used=pick("rows_used").rows_used,
        loss_scale=pick("loss").loss_scale,
        weights_normalised=pick("loss").weights_normalised,
        label_smoothing=pick("label_smoothing").label_smoothing,
        output_head=head,
        feature_shift=pick("feature_scaling").feature_shift,
        feature_scale=pick("feature_scaling").feature_scale,
        feature_map=pick("feature_scaling").feature_map,
    )
    # Settings and array move together: a flag without its weights would be another objective.
    side = reference if "sample_weight" in changed else candidate
    return SideObjective(settings=settings, sample_weight=side.sample_weight)


def _penalties(
    first: ObjectiveSettings, second: ObjectiveSettings, changed: Collection[str]
) -> dict[str, Any]:
    """Return the strengths of a blend's penalties."""

    def pick(name: str) -> ObjectiveSettings:
        return first if name in changed else second

    # By strength and share, not λ2 and λ1 each: C and l1_ratio are what a user sets, and either can
    # be changed alone.
    strength_side = pick("penalty") if "penalty" in changed else pick("C")
    ratio_side = strength_side
    if first.strength > 0 and second.strength > 0:
        ratio_side = pick("l1_ratio") if "penalty" not in changed else first
    strength, ratio = strength_side.strength, ratio_side.l1_ratio
    intercept_l2, intercept_l1 = _intercept_penalty(first, second, changed, strength)
    has_intercept = pick("fit_intercept").fit_intercept
    return {
        "l2_strength": strength * (1.0 - ratio),
        "l1_strength": strength * ratio,
        "intercept_l2_strength": intercept_l2 if has_intercept else 0.0,
        "intercept_l1_strength": intercept_l1 if has_intercept else 0.0,
    }


def _penalty_names(first: ObjectiveSettings, second: ObjectiveSettings) -> Collection[str]:
    """Return which names the difference of the two penalties has."""
    same_strength = same_number(first.strength, second.strength)
    if not (first.strength > 0 and second.strength > 0):
        return () if same_strength else ("penalty",)
    if _kind(first) != _kind(second):
        return ("penalty",)
    names = [] if same_strength else ["C"]
    return names if same_number(first.l1_ratio, second.l1_ratio) else [*names, "l1_ratio"]


def _kind(settings: ObjectiveSettings) -> str:
    """Return the type of a penalty."""
    if settings.l1_strength and settings.l2_strength:
        return "elasticnet"
    return "l1" if settings.l1_strength else "l2"


def _intercept_penalty(
    first: ObjectiveSettings,
    second: ObjectiveSettings,
    changed: Collection[str],
    strength: float,
) -> tuple[float, float]:
    """Return β2 and β1 of a blend: one side's, in proportion to the strength of the blend."""
    # In proportion to the strength: liblinear's β2 is λ2 / intercept_scaling², so that another C
    # moves both and is one cause, not two.
    side = first if "intercept_penalty" in changed else second
    side = _only_definer(first, second) or side
    values = (side.intercept_l2_strength, side.intercept_l1_strength)
    if side.strength == 0:
        return values
    return values[0] * strength / side.strength, values[1] * strength / side.strength


def _only_definer(first: ObjectiveSettings, second: ObjectiveSettings) -> ObjectiveSettings | None:
    """Return the side that alone says how the intercept is penalised, if the other says nothing.

    Nothing is said without an intercept, or without any penalty: then "is the intercept
    penalised too?" has no answer of its own, and goes with the penalty.
    """
    if first.fit_intercept != second.fit_intercept:
        return first if first.fit_intercept else second
    # An unpenalised model has no opinion on whether "the penalty" includes the intercept.
    says = [side.strength > 0 or _penalises_intercept(side) for side in (first, second)]
    if says[0] == says[1]:
        return None
    side = first if says[0] else second
    return side if side.strength > 0 else None


def _penalises_intercept(settings: ObjectiveSettings) -> bool:
    """Whether the intercept has a penalty."""
    return bool(settings.intercept_l2_strength or settings.intercept_l1_strength)


def _same_intercept_penalty(first: ObjectiveSettings, second: ObjectiveSettings) -> bool:
    """Whether the intercepts' penalties are the same in proportion to the strengths."""
    if _only_definer(first, second) is not None:
        return True
    return all(map(same_number, _proportions(first), _proportions(second)))


def _proportions(settings: ObjectiveSettings) -> tuple[float, float]:
    """Return β2 and β1 over λ, or as they are where there is no λ."""
    scale = settings.strength or 1.0
    return settings.intercept_l2_strength / scale, settings.intercept_l1_strength / scale


def _same_weights(reference: SideObjective, candidate: SideObjective) -> bool:
    """Whether the row weights are equal."""
    weights: list[Any] = [
        side.sample_weight if side.settings.sample_weight else None
        for side in (reference, candidate)
    ]
    if weights[0] is None and weights[1] is None:
        return True
    # Weights that are all one are no weights.
    ones = np.ones_like(weights[0] if weights[0] is not None else weights[1])
    first, second = (ones if item is None else item for item in weights)
    # Without an absolute part: NumPy's default of 1e-8 would take a weight of 1e-9 for none.
    return bool(np.allclose(first, second, rtol=SAME_NUMBER, atol=0.0))

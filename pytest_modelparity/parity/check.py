"""Everything one check has measured before it is explained."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pytest_modelparity.parity.blends import SideObjective, blend, differing
from pytest_modelparity.parity.divergence import check_probabilities
from pytest_modelparity.parity.split import SplitPoints
from pytest_modelparity.report.parts import Certificate
from pytest_modelparity.sides.candidate import Candidate
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.theory.certificate import certify
from pytest_modelparity.theory.objective import LinearObjective, objective_from_settings
from pytest_modelparity.theory.optimum import Optimum, find_optimum
from pytest_modelparity.tolerance import Tolerance


@dataclass(slots=True, kw_only=True, eq=False)
class Check:
    """Two trained sides, their objectives and exact optima.

    Parameters
    ----------
    data : Dataset
        What they were trained on, and the rows they are compared on.
    mapping : EstimatorMapping
        Knows the reference's estimator.
    estimator : object
        The reference as given.
    reference, candidate : FittedModel
        As trained.
    given : Candidate
        The side under test, for training it again.
    tolerance : Tolerance
        What is allowed.
    """

    data: Dataset
    mapping: Any
    estimator: Any
    reference: FittedModel
    candidate: FittedModel
    given: Candidate
    tolerance: Tolerance
    _optima: dict[frozenset[str], Optimum] = field(default_factory=dict)

    def objective_of(self, side: SideObjective) -> LinearObjective:
        """Return the canonical objective of a side on the training rows."""
        data = self.data
        return objective_from_settings(
            side.settings, data.X, data.y, data.n_classes, side.sample_weight
        )

    @property
    def reference_side(self) -> SideObjective | None:
        """The reference's objective settings; ``None`` where they are not modelled."""
        return _side(self.reference)

    @property
    def candidate_side(self) -> SideObjective | None:
        """The candidate's objective settings; ``None`` where they are not modelled."""
        return _side(self.candidate)

    @property
    def differing(self) -> tuple[str, ...]:
        """Return the objective settings in which the sides differ."""
        return differing(*self._both_sides())

    def blend(self, changed: frozenset[str]) -> SideObjective:
        """Return the candidate's objective with some settings as the reference's."""
        return blend(*self._both_sides(), changed)

    def _both_sides(self) -> tuple[SideObjective, SideObjective]:
        """Return both objectives, where both are modelled."""
        reference, candidate = self.reference_side, self.candidate_side
        assert reference is not None
        assert candidate is not None
        return reference, candidate

    def optimum(self, changed: frozenset[str]) -> Optimum:
        """Return the exact optimum of a blend, solved once."""
        if changed not in self._optima:
            self._optima[changed] = find_optimum(self.objective_of(self.blend(changed)))
        return self._optima[changed]

    def has_finite_optimum(self, changed: frozenset[str]) -> bool:
        """Whether a blend is not proven to lack a finite minimiser."""
        return self.optimum(changed).finite is not False

    def one_is_infinite(self) -> bool:
        """Whether one side's objective has a finite optimum and the other's has none."""
        if self.reference_side is None or self.candidate_side is None:
            return False
        everything = frozenset(self.differing)
        return self.has_finite_optimum(everything) != self.has_finite_optimum(frozenset())

    def reference_optimum(self) -> Optimum | None:
        """Return the exact optimum of the reference's own objective."""
        side = self.reference_side
        if side is None:
            return None
        if self.candidate_side is not None:
            return self.optimum(frozenset(self.differing))
        if _ALONE not in self._optima:
            self._optima[_ALONE] = find_optimum(self.objective_of(side))
        return self._optima[_ALONE]

    def candidate_optimum(self) -> Optimum | None:
        """Return the exact optimum of the candidate's own objective."""
        if self.candidate_side is None:
            return None
        if self.reference_side is not None:
            return self.optimum(frozenset())
        if _ALONE not in self._optima:
            self._optima[_ALONE] = find_optimum(self.objective_of(self.candidate_side))
        return self._optima[_ALONE]

    @property
    def on_training_rows(self) -> bool:
        """Whether the split is made on the training rows.

        Without a finite optimum only the fitted probabilities of these are determined.
        """
        optima = (self.reference_optimum(), self.candidate_optimum())
        infinite = any(optimum is not None and optimum.finite is False for optimum in optima)
        return infinite or self.data.evaluates_training_rows

    def predict(self, fitted: FittedModel, *, training_rows: bool | None = None) -> np.ndarray:
        """Return a side's probabilities on the rows of the split, or on the training rows."""
        data = self.data
        on_training = self.on_training_rows if training_rows is None else training_rows
        X = data.X_given if on_training else data.X_eval_given
        n_rows = data.n_samples if on_training else data.X_eval.shape[0]
        return check_probabilities(fitted.predict_proba(X), n_rows, data.n_classes, "model")

    def at_optimum(self, side: SideObjective, optimum: Optimum) -> np.ndarray:
        """Return an optimum's probabilities on the rows of the split."""
        if self.on_training_rows:
            return optimum.probabilities
        data = self.data
        objective = objective_from_settings(
            _for_prediction(side), data.X_eval, np.zeros(data.X_eval.shape[0], int), data.n_classes
        )
        return objective.probabilities(optimum.coef, optimum.intercept)

    def blended_probabilities(self, changed: frozenset[str]) -> np.ndarray:
        """Return the probabilities at the exact optimum of a blend."""
        return self.at_optimum(self.blend(changed), self.optimum(changed))

    def points(self) -> SplitPoints | None:
        """Return the corners of the split; ``None`` where an optimum cannot be had.

        A candidate whose loss is not modelled has the optimum that L-BFGS finds of its own loss.
        """
        side, optimum = self.reference_side, self.reference_optimum()
        if side is None or optimum is None:
            return None
        resolution = optimum.certificate.probability or 0.0
        second, candidate_optimum = self.candidate_side, self.candidate_optimum()
        if second is not None and candidate_optimum is not None:
            corner = self.at_optimum(second, candidate_optimum)
            resolution += candidate_optimum.certificate.probability or 0.0
        else:
            own = self.given.own_optimum()
            if own is None:
                return None
            corner = self.predict(own)
        return SplitPoints(
            reference=self.predict(self.reference),
            candidate=self.predict(self.candidate),
            reference_optimum=self.at_optimum(side, optimum),
            candidate_optimum=corner,
            resolution=resolution,
        )

    def certificates(self) -> dict[str, Certificate]:
        """Return each side's proven distance to the optimum of its own objective."""
        found = {}
        for name, side, fitted, optimum in (
            ("reference", self.reference_side, self.reference, self.reference_optimum()),
            ("candidate", self.candidate_side, self.candidate, self.candidate_optimum()),
        ):
            if fitted.certificate is not None:
                found[name] = fitted.certificate
            elif side is not None and fitted.coef is not None and fitted.intercept is not None:
                coef, intercept = layer_parameters(side, fitted.coef, fitted.intercept)
                found[name] = certify(self.objective_of(side), coef, intercept, optimum)
        return found


#: Key of the one optimum that is solved where only one side's objective is modelled.
_ALONE = frozenset({"<one side only>"})


def layer_parameters(
    side: SideObjective, coef: np.ndarray, intercept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters of the features as given in the coordinates of a side's objective."""
    scale, shift = side.settings.feature_scale, side.settings.feature_shift
    if shift is not None:
        intercept = intercept + coef @ np.asarray(shift)
    if scale is not None:
        coef = coef * np.asarray(scale)
    return coef, intercept


def _side(fitted: FittedModel) -> SideObjective | None:
    """Return a trained side's objective."""
    settings = fitted.settings.objective
    if settings is None:
        return None
    return SideObjective(settings=settings, sample_weight=fitted.sample_weight)


def _for_prediction(side: SideObjective) -> Any:
    """Return the settings that matter for predicting other rows."""
    return replace(
        side.settings,
        sample_weight=False,
        class_weight=None,
        rows_used=None,
        weights_normalised=False,
    )

"""The first question: given the reference's parameters, does the candidate predict the same?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.side import EVALUATION
from pytest_modelparity.report.parts import StructureCheck
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset, GivenRows
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.fitted import Predict
from pytest_modelparity.theory.design import scaled_features


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How a candidate with the reference's parameters predicts some rows.

    Parameters
    ----------
    distance : float
        The largest difference to what the reference predicts.
    allowed : float
        What rounding may leave of that.
    lowest, highest : float
        The ends of what it predicts.
    """

    distance: float
    allowed: float
    lowest: float
    highest: float

    def with_next(self, second: Agreement) -> Agreement:
        """Return that of both; a NaN stays."""
        return Agreement(
            distance=float(np.maximum(self.distance, second.distance)),
            allowed=float(np.maximum(self.allowed, second.allowed)),
            lowest=float(np.minimum(self.lowest, second.lowest)),
            highest=float(np.maximum(self.highest, second.highest)),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Injected:
    """The candidate with the reference's parameters.

    Parameters
    ----------
    predict : callable
        What it predicts of rows as given.
    coef, intercept : ndarray
        The reference's.
    mapped : tuple, optional
        The candidate's settings, with the parameters behind them, where it maps its features.
    n_classes : int
        0 where numbers are predicted.
    is_exponential : bool
        Whether these are the exponential of their decisions.
    """

    predict: Predict
    coef: np.ndarray
    intercept: np.ndarray
    mapped: tuple[ObjectiveSettings, np.ndarray, np.ndarray] | None
    n_classes: int
    is_exponential: bool

    def on(self, X: Matrix, given: GivenRows, reference: np.ndarray) -> Agreement:
        """Return how it predicts rows, of which the reference's predictions are known."""
        predicted = self.predict(given)
        return Agreement(
            distance=largest(predicted - reference),
            allowed=self._rounding(X, reference),
            lowest=float(predicted.min()),
            highest=float(predicted.max()),
        )

    def _rounding(self, X: Matrix, reference: np.ndarray) -> float:
        """Return how far float32 rounding may move a prediction of a linear model.

        A dot product of p products is off by at most gamma_(p+2) times the sum of their absolute
        values (Higham, Accuracy and Stability, section 3.1), inputs and parameters being rounded
        once each; a logit error d moves a probability by at most d / 2 for softmax.
        """
        # Absolute values: a sum that cancels to nothing is rounded as its large terms are.
        sizes = abs(X) @ np.abs(self.coef).T + np.abs(self.intercept)
        if self.mapped is not None:
            # Features shifted from far away to zero: what cancels there is rounded too, and so is
            # what a matrix mixes.
            settings, coef, intercept = self.mapped
            sizes = sizes + np.abs(intercept)
            sizes = sizes + _mixed(settings, X, np.abs(coef))
        unit = float(np.finfo(np.float32).eps)
        # The first unit is that of the probability itself; it is not small beside the rest near 1.
        # A number is its own decision, whose size bounds its unit; an exponential of it moves by
        # its own size as often.
        own, slope = (unit, 0.5) if self.n_classes else (0.0, 1.0)
        scale = np.ones(())
        if self.is_exponential:
            own, scale = unit, np.abs(reference)
        moved = scale * (own + slope * (self.coef.shape[1] + 4) * unit * np.asarray(sizes))
        return float(moved.max())


def check_structure(pair: Pair) -> StructureCheck:
    """Inject the reference's parameters into the candidate and compare predictions."""
    found, why_not = injected(pair)
    if found is None:
        return StructureCheck(note=why_not)
    data, reference = pair.data, pair.reference.predictions(EVALUATION)
    return structure_check(found.on(data.X_eval, data.X_eval_given, reference), data)


def injected(pair: Pair) -> tuple[Injected | None, str]:
    """Return the candidate with the reference's parameters, or why there is none.

    Asked before any training is blamed: a doubled sigmoid, a swapped class order or a transposed
    kernel looks like a training that did not arrive, and no number of epochs mends it.
    """
    coef, intercept = pair.reference.fitted.coef, pair.reference.fitted.intercept
    if coef is None or intercept is None:
        return None, "the reference has no coefficients to inject"
    if _across_one_vs_rest(pair):
        return None, "one-vs-rest and a softmax predict otherwise with the same parameters"
    predict = pair.model.inject(coef, intercept)
    if predict is None:
        return None, "the reference's parameters cannot be set in the candidate"
    own, settings = pair.candidate.objective, pair.reference.settings.objective
    mapped = None
    if own is not None and own.settings.maps_features:
        mapped = (own.settings, *own.layer_parameters(coef, intercept))
    found = Injected(
        predict=predict,
        coef=coef,
        intercept=intercept,
        mapped=mapped,
        n_classes=pair.data.n_classes,
        is_exponential=settings is not None and settings.output_head == "exponential",
    )
    return found, ""


def structure_check(found: Agreement, data: Dataset) -> StructureCheck:
    """Return an agreement as a part of a report."""
    # NaN does not agree.
    agrees = bool(found.distance <= found.allowed)
    if agrees:
        note = "given the reference's parameters, the candidate predicts the same"
    # What lies outside [0, 1] is a logit: saying so spares the user the search.
    elif data.n_classes and (found.lowest < 0 or found.highest > 1):
        note = (
            f"the candidate's outputs are no probabilities: they range from "
            f"{found.lowest:.3g} to {found.highest:.3g}; its head lacks a link"
        )
    else:
        note = (
            "given the reference's parameters, the candidate predicts something else: "
            "its head, its scaling or its inputs differ"
        )
    return StructureCheck(agrees=agrees, distance=found.distance, allowed=found.allowed, note=note)


def _mixed(settings: ObjectiveSettings, X: Matrix, coef: np.ndarray) -> np.ndarray | float:
    """Return how large the sums of a matrix of features are, times coefficients (K, q)."""
    then = settings.feature_map
    if then is None:
        return 0.0
    scaled = scaled_features(replace(settings, feature_map=None), X)
    sums = abs(scaled) @ np.abs(np.array(then.matrix)).T + np.abs(np.array(then.offset))
    return np.asarray(sums @ coef.T)


def _across_one_vs_rest(pair: Pair) -> bool:
    """Whether one side alone is one-vs-rest: a setting, with parameters of another meaning."""
    sides = (pair.reference.objective, pair.candidate.objective)
    heads = {side.settings.output_head for side in sides if side is not None}
    return len(heads) == 2 and ONE_VS_REST in heads

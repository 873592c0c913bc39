"""The first question: given the reference's parameters, does the candidate predict the same?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.side import EVALUATION
from pytest_modelparity.report.parts import StructureCheck
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.theory.design import scaled_features


def check_structure(pair: Pair) -> StructureCheck:
    """Inject the reference's parameters into the candidate and compare predictions."""
    coef, intercept = pair.reference.fitted.coef, pair.reference.fitted.intercept
    if coef is None or intercept is None:
        return StructureCheck(note="the reference has no coefficients to inject")
    if _across_one_vs_rest(pair):
        return StructureCheck(
            note="one-vs-rest and a softmax predict otherwise with the same parameters"
        )
    # Asked before any training is blamed: a doubled sigmoid, a swapped class order or a transposed
    # kernel looks like a training that did not arrive, and no number of epochs mends it.
    predict = pair.model.inject(coef, intercept)
    if predict is None:
        return StructureCheck(note="the reference's parameters cannot be set in the candidate")
    injected = predict(pair.data.X_eval_given)
    distance = largest(injected - pair.reference.predictions(EVALUATION))
    allowed = _rounding(pair, coef, intercept)
    # NaN does not agree.
    agrees = bool(distance <= allowed)
    if agrees:
        note = "given the reference's parameters, the candidate predicts the same"
    # What lies outside [0, 1] is a logit: saying so spares the user the search.
    elif pair.data.n_classes and (injected.min() < 0 or injected.max() > 1):
        note = (
            f"the candidate's outputs are no probabilities: they range from "
            f"{injected.min():.3g} to {injected.max():.3g}; its head lacks a link"
        )
    else:
        note = (
            "given the reference's parameters, the candidate predicts something else: "
            "its head, its scaling or its inputs differ"
        )
    return StructureCheck(agrees=agrees, distance=distance, allowed=allowed, note=note)


def _mixed(settings: ObjectiveSettings, pair: Pair, coef: np.ndarray) -> np.ndarray | float:
    """Return how large the sums of a matrix of features are, times coefficients (K, q)."""
    then = settings.feature_map
    if then is None:
        return 0.0
    scaled = scaled_features(replace(settings, feature_map=None), pair.data.X_eval)
    sums = abs(scaled) @ np.abs(np.array(then.matrix)).T + np.abs(np.array(then.offset))
    return np.asarray(sums @ coef.T)


def _across_one_vs_rest(pair: Pair) -> bool:
    """Whether one side alone is one-vs-rest: a setting, with parameters of another meaning."""
    sides = (pair.reference.objective, pair.candidate.objective)
    heads = {side.settings.output_head for side in sides if side is not None}
    return len(heads) == 2 and ONE_VS_REST in heads


def _rounding(pair: Pair, coef: np.ndarray, intercept: np.ndarray) -> float:
    """Return how far float32 rounding may move a prediction of a linear model.

    A dot product of p products is off by at most gamma_(p+2) times the sum of their absolute
    values (Higham, Accuracy and Stability, section 3.1), inputs and parameters being rounded
    once each; a logit error d moves a probability by at most d / 2 for softmax.
    """
    # Absolute values: a sum that cancels to nothing is rounded as its large terms are.
    sizes = abs(pair.data.X_eval) @ np.abs(coef).T + np.abs(intercept)
    objective = pair.candidate.objective
    if objective is not None and objective.settings.maps_features:
        # Features shifted from far away to zero: what cancels there is rounded too, and so is what
        # a matrix mixes.
        own_coef, own_intercept = objective.layer_parameters(coef, intercept)
        sizes = sizes + np.abs(own_intercept)
        sizes = sizes + _mixed(objective.settings, pair, np.abs(own_coef))
    unit = float(np.finfo(np.float32).eps)
    # The first unit is that of the probability itself; it is not small beside the rest near 1. A
    # number is its own decision, whose size bounds its unit; an exponential of it moves by its own
    # size as often.
    own, slope = (unit, 0.5) if pair.data.n_classes else (0.0, 1.0)
    settings = pair.reference.settings.objective
    scale = np.ones(())
    if settings is not None and settings.output_head == "exponential":
        own, scale = unit, np.abs(pair.reference.predictions(EVALUATION))
    moved = scale * (own + slope * (coef.shape[1] + 4) * unit * np.asarray(sizes))
    return float(moved.max())

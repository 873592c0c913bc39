"""What is inferred of a model against what it was trained for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from inferring.truths import Truth
from pytest_modelparity.inference.infer import infer_objective
from pytest_modelparity.inference.inferred import Inference
from pytest_modelparity.inference.linear_model import recover_linear_model
from pytest_modelparity.inference.objectives.given import LinearModel, Rows
from pytest_modelparity.settings import OBJECTIVE_SETTINGS, ObjectiveSettings, same_setting
from pytest_modelparity.theory.design import STRENGTHS
from pytest_modelparity.theory.objective import LinearObjective, objective_from_settings

#: Relative differences up to which row weights are the true ones, and strengths are.
WEIGHTS, STRENGTH = 0.04, 0.1
#: Distance that is allowed.
TOLERANCE = 0.01
#: Distance of a model to its own optimum up to which the objectives are the same.
SAME = 1e-5


def predicted(X: np.ndarray, coef: np.ndarray, intercept: np.ndarray) -> np.ndarray:
    """Return float32 probabilities, all that is seen of a model."""
    z = X.astype(np.float32) @ coef.T.astype(np.float32) + intercept.astype(np.float32)
    if len(coef) > 1:
        return softmax(z, axis=1)
    p = expit(z)
    return np.hstack([1 - p, p])


def inferred(
    X: np.ndarray,
    y: np.ndarray,
    P: np.ndarray,
    expected: ObjectiveSettings,
    *,
    regularizer_known: bool = False,
) -> Inference:
    """Infer the objective from predictions."""
    found = recover_linear_model(X, P)
    if found.coef is None or found.intercept is None:
        return Inference(why="no linear model was recovered")
    model = LinearModel(
        coef=found.coef,
        intercept=found.intercept,
        predictions=P.astype(np.float64),
        noise_factor=found.noise_factor,
    )
    rows = Rows(X=X, y=y, n_classes=int(y.max()) + 1)
    return infer_objective(rows, model, expected, regularizer_known=regularizer_known)


def judged(
    X: np.ndarray, y: np.ndarray, truth: Truth, expected: ObjectiveSettings, found: Inference
) -> dict[str, Any]:
    """Return a line on what was found where an objective was expected."""
    line = {
        "grade": found.grade,
        "told": found.text,
        "distance": found.distance,
        "seconds": found.seconds,
        "same": bool(found.base_distance <= SAME),
    }
    if found.settings is None:
        within = found.base_distance <= TOLERANCE
        return line | {"outcome": "same" if within else "no claim", "why": found.why}
    told = objective_from_settings(found.settings, X, y, int(y.max()) + 1, found.sample_weight)
    true = _objective(X, y, truth)
    if _agree(told, true, found):
        return line | {"outcome": "right"}
    done, named = _different(truth, expected), {one.setting for one in found.changes}
    # All that was done, with a number that is off or with something that was not done; or a part
    # of it and nothing else.
    return line | {"outcome": "partly" if done <= named or named <= done else "wrong"}


def _different(truth: Truth, expected: ObjectiveSettings) -> set[str]:
    """Return the settings in which a truth is not what is expected; none where it is that."""
    names = {
        name
        for name in OBJECTIVE_SETTINGS
        if name != "rows_used" and same_setting(name, truth.settings, expected) is False
    }
    if truth.kept is not None:
        names = (names - {"C"}) | {"rows_used"}
    # Of nothing that differs, nothing can be named.
    return names or {"nothing"}


def _objective(X: np.ndarray, y: np.ndarray, truth: Truth) -> LinearObjective:
    """Return the true objective on all rows."""
    settings, weights = truth.settings, None
    if truth.kept is not None:
        settings = replace(settings, sample_weight=True)
        weights = np.zeros(len(y))
        weights[truth.kept] = len(y) / len(truth.kept)
    return objective_from_settings(settings, X, y, int(y.max()) + 1, weights)


def _agree(told: LinearObjective, true: LinearObjective, found: Inference) -> bool:
    """Whether two objectives are one, up to the tolerances above."""
    scale, of_truth = told.row_weight.mean(), true.row_weight.mean()

    def alike(name: str) -> bool:
        first, second = getattr(told, name) / scale, getattr(true, name) / of_truth
        if name == "l2_strength" and found.resolution is not None and second > 0:
            # C is as much larger as the strength is smaller.
            C = first / second / (getattr(told, name) * told.n_samples)
            if found.resolution[0] <= C <= found.resolution[1]:
                return True
        return bool(np.isclose(first, second, rtol=STRENGTH, atol=0))

    apart = np.mean(np.abs(told.row_weight / scale - true.row_weight / of_truth))
    smoothing = np.isclose(told.label_smoothing, true.label_smoothing, rtol=STRENGTH, atol=1e-3)
    plain = told.fit_intercept == true.fit_intercept and np.array_equal(told.X, true.X)
    return bool(apart <= WEIGHTS and smoothing and plain and all(map(alike, STRENGTHS)))

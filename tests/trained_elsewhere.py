"""Linear models of which the training is not known: optima, seen by their float32 predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit, softmax

from pytest_modelparity.inference.infer import infer_objective
from pytest_modelparity.inference.inferred import Inference
from pytest_modelparity.inference.linear_model import recover_linear_model
from pytest_modelparity.inference.objectives.given import LinearModel, Rows
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.objective import objective_from_settings
from pytest_modelparity.theory.optimum import find_optimum


def strength(C: float, n: int) -> float:
    """Return the L2 strength of scikit-learn's C on n rows."""
    return 1.0 / (C * n)


def expected_of(y: np.ndarray, C: float = 1.0, **changes: Any) -> ObjectiveSettings:
    """Return what scikit-learn's defaults, or a C, are on these rows."""
    head = "sigmoid" if y.max() == 1 else "softmax"
    settings: dict[str, Any] = {"l2_strength": strength(C, len(y)), "output_head": head}
    return ObjectiveSettings(**(settings | changes))


def optimum_of(
    X: np.ndarray,
    y: np.ndarray,
    settings: ObjectiveSettings,
    sample_weight: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return coef and intercept of an objective's exact optimum."""
    objective = objective_from_settings(settings, X, y, int(y.max()) + 1, sample_weight)
    found = find_optimum(objective)
    return found.coef, found.intercept


def predicted(X: np.ndarray, coef: np.ndarray, intercept: np.ndarray, dtype: Any) -> np.ndarray:
    """Return probabilities as a framework computes them in a floating type."""
    z = X.astype(dtype) @ coef.T.astype(dtype) + intercept.astype(dtype)
    if len(coef) > 1:
        return softmax(z, axis=1)
    p = expit(z)
    return np.hstack([1 - p, p])


def seen(
    X: np.ndarray, coef: np.ndarray, intercept: np.ndarray, dtype: Any = np.float32
) -> LinearModel:
    """Return what predictions alone tell of a model."""
    P = predicted(X, coef, intercept, dtype)
    found = recover_linear_model(X, P)
    assert found.coef is not None
    assert found.intercept is not None
    return LinearModel(
        coef=found.coef,
        intercept=found.intercept,
        predictions=P.astype(np.float64),
        noise_factor=found.noise_factor,
    )


def inferred(
    X: np.ndarray,
    y: np.ndarray,
    model: LinearModel,
    expected: ObjectiveSettings,
    *,
    sample_weight: np.ndarray | None = None,
    **options: Any,
) -> Inference:
    """Infer the objective of a model."""
    rows = Rows(X=X, y=y, n_classes=int(y.max()) + 1, sample_weight=sample_weight)
    return infer_objective(rows, model, expected, **options)

"""The objective of a result of statsmodels, where it kept all that decides it."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_modelparity.frameworks.statsmodels.design import Design
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset

#: The head of each model whose loss is that of its canonical link.
HEADS = {"Logit": "sigmoid", "MNLogit": "softmax", "OLS": "identity", "WLS": "identity"}
#: The same of a GLM, by family and link; with another link it has another loss.
GLM_HEADS = {
    ("Binomial", "Logit"): "sigmoid",
    ("Gaussian", "Identity"): "identity",
    ("Poisson", "Log"): "exponential",
}


def read_objective(
    result: Any, design: Design, data: Dataset
) -> tuple[ObjectiveSettings, np.ndarray | None] | None:
    """Return the objective and the row weights of a result; ``None`` where it did not keep them.

    statsmodels 0.15: a regularized fit of GLM or OLS keeps nothing of its penalty, one of Logit
    keeps ``alpha`` in ``mle_settings``, which stands beside the sum of the losses.
    """
    model, head = result.model, _head(result.model)
    # `model` keeps no rows once `remove_data` was called, and then nothing tells how many.
    rows = getattr(model, "exog", None)
    is_whole = rows is not None and len(rows) == data.n_samples
    if head is None or not is_whole or design.has_intercept is None or design.coef is None:
        return None
    if head == "softmax" and data.n_classes == 2:
        head = "sigmoid"
    if type(result).__name__.startswith("Regularized") or _is_constrained(result):
        return None
    weights = _weights(model)
    penalties = _penalties(result, design, data.n_samples)
    if penalties is None:
        return None
    settings = ObjectiveSettings(
        fit_intercept=design.has_intercept,
        l1_strength=penalties[0],
        intercept_l1_strength=penalties[1],
        sample_weight=weights is not None,
        output_head=head,
    )
    return settings, weights


def _head(model: Any) -> str | None:
    """Return the head of a model; ``None`` where its loss is not modelled."""
    family = getattr(model, "family", None)
    if family is None:
        return HEADS.get(type(model).__name__)
    if _has_offset(model):
        return None
    return GLM_HEADS.get((type(family).__name__, type(family.link).__name__))


def _has_offset(model: Any) -> bool:
    """Whether something is added to the decisions that no column of X holds."""
    added = (getattr(model, name, None) for name in ("offset", "exposure"))
    return any(np.any(np.asarray(each)) for each in added if each is not None)


def _is_constrained(result: Any) -> bool:
    """Whether coefficients were held to some values."""
    return getattr(result, "constraints", None) is not None


def _weights(model: Any) -> np.ndarray | None:
    """Return the weights of rows; ``None`` where all are 1."""
    product = np.ones(())
    # A GLM has `weights` as well: those of its last step (statsmodels 0.15).
    is_glm = getattr(model, "family", None) is not None
    for name in ("freq_weights", "var_weights") if is_glm else ("weights",):
        given = getattr(model, name, None)
        if given is not None:
            product = product * np.asarray(given, dtype=np.float64)
    return product if product.ndim == 1 and np.any(product != 1.0) else None


def _penalties(result: Any, design: Design, n: int) -> tuple[float, float] | None:
    """Return λ1 and β1; ``None`` where coefficients have penalties of their own."""
    alpha = (getattr(result, "mle_settings", None) or {}).get("alpha")
    if alpha is None:
        return 0.0, 0.0
    each = np.broadcast_to(np.asarray(alpha, dtype=np.float64), np.shape(result.params))
    if each.ndim > 1:
        return None
    of_columns = each if design.constant is None else np.delete(each, design.constant)
    if np.ptp(of_columns) > 0:
        return None
    of_intercept = 0.0 if design.constant is None else float(each[design.constant])
    return float(of_columns[0]) / n, of_intercept / n

"""The settings of a result of statsmodels, in its words."""

from __future__ import annotations

from pytest_modelparity.report.numbers import number
from pytest_modelparity.settings import ObjectiveSettings

#: Loss and link of each output head.
LOSS_AND_LINK = {
    "sigmoid": ("log-likelihood", "logit"),
    "softmax": ("log-likelihood", "multinomial logit"),
    "identity": ("squared error", "none (the decision is the prediction)"),
    "exponential": ("Poisson log-likelihood", "log"),
}


def written(
    objective: ObjectiveSettings, n: int, run: int | None, limit: int | None
) -> dict[str, str]:
    """Return every setting of a result that kept its objective.

    Parameters
    ----------
    objective : ObjectiveSettings
        As read.
    n : int
        Number of rows: its penalty stands beside a sum over them.
    run, limit : int, optional
        Iterations that were made, and that might have been.
    """
    loss, head = LOSS_AND_LINK[objective.output_head]
    alpha = f"alpha={number(objective.strength * n)}" if objective.strength else "no penalty"
    free = objective.intercept_l1_strength == 0
    of_intercept = f"alpha={number(objective.intercept_l1_strength * n)}"
    counted = "" if run is None else f" ({run} run)"
    return {
        "penalty": f"l1 ({alpha})" if objective.strength else "none",
        "C": alpha,
        "l1_ratio": "1" if objective.strength else "none (no penalty)",
        "fit_intercept": "a constant column" if objective.fit_intercept else "no constant column",
        "intercept_penalty": "none" if free else of_intercept,
        "class_weight": "none",
        "sample_weight": "weights of rows" if objective.sample_weight else "none",
        "loss": loss,
        "output_head": head,
        "label_smoothing": "none",
        "feature_scaling": "none",
        "rows_used": f"all {n} rows",
        "iterations": "not kept" if limit is None else f"maxiter={limit}{counted}",
        "solver": "not kept",
        "learning_rate": "chosen by the solver",
        "batch_size": f"all {n} rows",
        "initialization": "not kept",
        "dtype": "float64",
        "tol": "not kept",
        "weight_decay": "none",
    }

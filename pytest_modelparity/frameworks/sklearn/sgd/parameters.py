"""What the parameters of SGD estimators mean, in the version of scikit-learn that is installed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pytest_modelparity.frameworks.sklearn.parameters import spelled, written
from pytest_modelparity.frameworks.sklearn.sgd.kinds import CLASSIFIER, kind_of

#: An SGDClassifier or an SGDRegressor.
Estimator: TypeAlias = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """The penalty that is really fitted.

    Parameters
    ----------
    alpha : float
        Its strength, beside the mean loss; 0 where there is no penalty.
    l1_ratio : float
        Share of the L1 penalty.
    """

    alpha: float
    l1_ratio: float

    @property
    def kind(self) -> str:
        """``"none"``, ``"l2"``, ``"l1"`` or ``"elasticnet"``, by effect."""
        if not self.alpha:
            return "none"
        return {0.0: "l2", 1.0: "l1"}.get(self.l1_ratio, "elasticnet")

    def inverse(self, n_samples: int) -> float:
        """Return the ``C`` of a LogisticRegression with this penalty on so many rows."""
        return 1.0 / (self.alpha * n_samples) if self.alpha else math.inf


def parameters(estimator: Estimator) -> dict[str, Any]:
    """Return the values of the constructor's parameters, defaults of the installed version."""
    # An estimator that was pickled by an older version lacks the newer parameters.
    defaults = kind_of(estimator).defaults
    return {name: getattr(estimator, name, default) for name, default in defaults.items()}


def is_fitted(estimator: Estimator) -> bool:
    """Whether the estimator holds coefficients."""
    return all(hasattr(estimator, name) for name in kind_of(estimator).fitted)


def read_penalty(params: Mapping[str, Any]) -> Penalty:
    """Return what ``penalty``, ``alpha`` and ``l1_ratio`` mean; only where `refusals` is empty.

    scikit-learn 1.9, ``_sgd_fast.pyx.tp``: l1_ratio counts for the elastic net alone, and without
    a penalty alpha is left to the learning rate.
    """
    shares: dict[Any, Any] = {"l1": 1.0, "elasticnet": params["l1_ratio"]}
    return Penalty(
        alpha=0.0 if params["penalty"] is None else float(params["alpha"]),
        l1_ratio=float(shares.get(params["penalty"], 0.0)),
    )


def penalty_text(params: Mapping[str, Any]) -> str:
    """Return the penalty in scikit-learn's words."""
    given = params["penalty"]
    if given is None or not params["alpha"]:
        return f"none ({'penalty=None' if given is None else 'alpha=0'})"
    how = "the default" if given == CLASSIFIER.defaults["penalty"] else f"penalty={given!r}"
    share = f", l1_ratio={spelled(params['l1_ratio'])}" if given == "elasticnet" else ""
    return f"{read_penalty(params).kind} ({how}{share})"


def model_text(estimator: Estimator) -> str:
    """Return the estimator as its user would write it: what differs from the defaults."""
    changed = written(parameters(estimator), kind_of(estimator).defaults)
    return f"{type(estimator).__name__}({changed})"


def early_stopping_text(params: Mapping[str, Any]) -> str:
    """Return what early stopping does to the rows; empty where there is none."""
    if not params["early_stopping"]:
        return ""
    part = f"{float(params['validation_fraction']):.3g}"
    return f"early_stopping=True holds a part of {part} of the rows back, drawn at random"


def averages(params: Mapping[str, Any]) -> bool:
    """Whether the coefficients are the mean of those of many steps."""
    return bool(params["average"])

"""What a LogisticRegression's parameters mean, in the version of scikit-learn that is installed."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sklearn.linear_model import LogisticRegression

from pytest_modelparity.frameworks.sklearn.parameters import VERSION, same, spelled, written
from pytest_modelparity.settings import ONE_VS_REST

#: The constructor's parameters and defaults in the installed version.
#: By introspection, since they change: 1.8 dropped multi_class, and made 0.0 of l1_ratio's None.
DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(LogisticRegression).parameters.items()
}

#: Since 1.8 ``l1_ratio`` and ``C`` say what ``penalty`` said before.
#: A version without ``penalty``, as announced for 1.10, counts as one where it is deprecated.
L1_RATIO_DECIDES = DEFAULTS.get("penalty", "deprecated") == "deprecated"

#: Before 1.6 newton-cholesky fitted three and more classes one against the rest.
NEWTON_CHOLESKY_MULTINOMIAL = VERSION >= (1, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """The penalty that is really fitted.

    Parameters
    ----------
    spelled : str, optional
        ``"l2"``, ``"l1"``, ``"elasticnet"`` or ``None``: what the solver is asked for.
    C : float
        Inverse strength; infinite where there is no penalty.
    l1_ratio : float
        Share of the L1 penalty.
    """

    spelled: str | None
    C: float
    l1_ratio: float

    @property
    def kind(self) -> str:
        """``"none"``, ``"l2"``, ``"l1"`` or ``"elasticnet"``, by effect."""
        if math.isinf(self.C):
            return "none"
        if self.l1_ratio in (0.0, 1.0):
            return "l1" if self.l1_ratio else "l2"
        return "elasticnet"


def parameters(estimator: LogisticRegression) -> dict[str, Any]:
    """Return the values of the constructor's parameters, defaults of the installed version."""
    # An estimator that was pickled by an older version lacks the newer parameters.
    return {name: getattr(estimator, name, default) for name, default in DEFAULTS.items()}


def read_penalty(params: Mapping[str, Any]) -> Penalty:
    """Return what ``penalty``, ``C`` and ``l1_ratio`` mean; only where `refusals` is empty."""
    penalty, ratio = params.get("penalty", "deprecated"), params.get("l1_ratio")
    C = float(params["C"])
    if penalty == "deprecated":
        # scikit-learn 1.9 drops the penalty for an infinite C, whatever l1_ratio is (_logistic.py,
        # fit).
        share = 0.0 if ratio is None else float(ratio)
        penalty = {0.0: "l2", 1.0: "l1"}.get(share, "elasticnet") if math.isfinite(C) else None
    else:
        # Where a penalty is named, l1_ratio counts for the elastic net alone; others warn and
        # ignore it.
        shares: dict[Any, Any] = {"l1": 1.0, "elasticnet": ratio}
        share = float(shares.get(penalty, 0.0))
    # C is then ignored with a warning, and the solver gets an infinite one.
    if penalty is None:
        C = math.inf
    return Penalty(spelled=penalty, C=C, l1_ratio=share)


def one_vs_rest(params: Mapping[str, Any], n_classes: int) -> bool:
    """Whether more than one binary model would be fitted; 1.8 and later never do."""
    if n_classes < 3 or VERSION >= (1, 8):
        return False
    solver, multi_class = params["solver"], params.get("multi_class")
    return (
        solver == "liblinear"
        or multi_class == "ovr"
        or (
            solver == "newton-cholesky"
            and not NEWTON_CHOLESKY_MULTINOMIAL
            and multi_class != "multinomial"
        )
    )


def output_head(params: Mapping[str, Any], n_classes: int) -> str:
    """Return ``"softmax"`` for three and more classes, and where two are fitted so (<= 1.7).

    Up to 1.7, one sigmoid a class where each is fitted against the rest.
    """
    if one_vs_rest(params, n_classes):
        return ONE_VS_REST
    multinomial = params.get("multi_class") == "multinomial"
    return "softmax" if n_classes > 2 or multinomial else "sigmoid"


def model_text(estimator: LogisticRegression) -> str:
    """Return the estimator as its user would write it: what differs from the defaults."""
    return f"{type(estimator).__name__}({written(parameters(estimator), DEFAULTS)})"


def penalty_text(params: Mapping[str, Any]) -> str:
    """Return the penalty in scikit-learn's words."""
    given = params.get("penalty", "deprecated")
    if given is None:
        return "none (penalty=None)"
    if math.isinf(params["C"]):
        return "none (C=inf)"
    read = read_penalty(params)
    if given == "deprecated":
        default = same(params["l1_ratio"], DEFAULTS["l1_ratio"])
        how = "the default" if default else f"l1_ratio={spelled(params['l1_ratio'])}"
    elif given == "elasticnet":
        how = f"l1_ratio={spelled(params['l1_ratio'])}"
    else:
        how = "the default" if given == DEFAULTS["penalty"] else f"penalty={given!r}"
    # By its effect: elasticnet with l1_ratio=0 is an L2 penalty.
    return f"{read.kind} ({how})"

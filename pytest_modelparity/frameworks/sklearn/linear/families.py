"""The linear regressors of scikit-learn, one by one: what each minimises, and its parameters."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, PoissonRegressor, Ridge

from pytest_modelparity.frameworks.sklearn.domains import COMMON, Domains, is_bool, is_number
from pytest_modelparity.sides.dataset import Dataset

#: Parameters by name.
Params: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Family:
    """One class of scikit-learn's linear regressors.

    Parameters
    ----------
    kind : type
        The class.
    strengths : callable
        Returns λ2 and λ1 of parameters on data, as `ObjectiveSettings` has them.
    formula : tuple of str
        The Keras regularizers' strengths of L2 and L1 where the rows are not known; empty for
        one that there is none of.
    exact_solvers : tuple of str
        Solvers that end at the optimum; where it has no parameter ``solver``, its own in words.
    drawing : tuple of str
        Solvers, or values of ``selection``, that draw random numbers.
    output_head : str
        As `ObjectiveSettings` has it.
    factorising : str
        The solver that gets nearest to the optimum; empty where there is no choice.
    domains : mapping
        Of the parameters that mean something else than `DOMAINS` says.
    """

    kind: type
    strengths: Callable[[Params, Dataset], tuple[float, float]]
    formula: tuple[str, str]
    exact_solvers: tuple[str, ...] = ()
    drawing: tuple[str, ...] = ()
    output_head: str = "identity"
    factorising: str = ""
    domains: Domains = field(default_factory=dict)
    defaults: Params = field(init=False)

    def __post_init__(self) -> None:
        # By introspection, since they change: LinearRegression has tol from 1.7 on.
        signature = inspect.signature(self.kind).parameters
        defaults = {name: parameter.default for name, parameter in signature.items()}
        object.__setattr__(self, "defaults", defaults)

    @property
    def name(self) -> str:
        """The class as its user imports it."""
        return f"sklearn.linear_model.{self.kind.__name__}"

    def parameters(self, estimator: Any) -> dict[str, Any]:
        """Return the values of the constructor's parameters."""
        # An estimator that was pickled by an older version lacks the newer parameters.
        return {name: getattr(estimator, name, value) for name, value in self.defaults.items()}


def _of_sum(params: Params, data: Dataset) -> tuple[float, float]:
    """Return the strengths beside a loss that is summed: those of Ridge.

    scikit-learn 1.9 minimises ``sum_i s_i (z_i - y_i)^2 + alpha |W|^2`` (user guide, "Ridge
    regression"); dividing by ``2 n`` gives the canonical form.
    """
    return float(params["alpha"]) / data.n_samples, 0.0


def _of_weighted_mean(params: Params, data: Dataset) -> tuple[float, float]:
    """Return the strengths beside a loss that is divided by the sum of the weights.

    scikit-learn 1.9 minimises ``sum_i s_i (z_i - y_i)^2 / (2 sum_i s_i) + alpha l1_ratio |W|_1 +
    alpha (1 - l1_ratio) / 2 |W|_2^2`` (user guide, "Elastic-Net"; the weights: ``fit`` of
    ``_coordinate_descent.py``). Times ``sum_i s_i / n`` that is the canonical form.
    """
    # A Lasso has no l1_ratio.
    alpha, ratio = float(params["alpha"]), float(params.get("l1_ratio", 1.0))
    if data.sample_weight is not None:
        alpha *= float(data.sample_weight.sum()) / data.n_samples
    return alpha * (1.0 - ratio), alpha * ratio


def _of_mean_deviance(params: Params, data: Dataset) -> tuple[float, float]:
    """Return the strengths beside half the Poisson deviance divided by the sum of the weights.

    scikit-learn 1.9 minimises ``sum_i s_i deviance_i / (2 sum_i s_i) + alpha/2 |W|_2^2`` (user
    guide, "Generalized Linear Models"; the weights: ``linear_model/_linear_loss.py``).
    """
    return _of_weighted_mean({"alpha": params["alpha"], "l1_ratio": 0.0}, data)


_SOLVERS_OF_COUNTS = ("lbfgs", "newton-cholesky")

#: Of PoissonRegressor (scikit-learn 1.9, linear_model/_glm/glm.py).
_OF_COUNTS: Domains = {
    "tol": (
        lambda v: is_number(v) and 0 < v < math.inf,
        "a finite number > 0",
        "1e-4 is usual",
    ),
    "max_iter": (
        lambda v: isinstance(v, numbers.Integral) and int(v) >= 1,
        "an integer >= 1",
        "100 is usual",
    ),
    "solver": (
        lambda v: isinstance(v, str) and v in _SOLVERS_OF_COUNTS,
        "one of " + ", ".join(map(repr, _SOLVERS_OF_COUNTS)),
        "'lbfgs' is usual",
    ),
    "verbose": COMMON["verbose"],
}

#: A class stands behind its bases.
FAMILIES = (
    Family(
        kind=LinearRegression,
        strengths=lambda params, data: (0.0, 0.0),
        formula=("", ""),
        exact_solvers=("least squares, in one step",),
    ),
    Family(
        kind=Ridge,
        strengths=_of_sum,
        formula=("alpha/n", ""),
        exact_solvers=("auto", "svd", "cholesky"),
        drawing=("sag", "saga"),
        factorising="cholesky",
    ),
    Family(
        kind=ElasticNet,
        strengths=_of_weighted_mean,
        formula=("alpha (1 - l1_ratio)", "2 alpha l1_ratio"),
        drawing=("random",),
    ),
    Family(
        kind=Lasso,
        strengths=_of_weighted_mean,
        formula=("", "2 alpha"),
        drawing=("random",),
    ),
    Family(
        kind=PoissonRegressor,
        strengths=_of_mean_deviance,
        formula=("alpha/2", ""),
        output_head="exponential",
        factorising="newton-cholesky",
        domains=_OF_COUNTS,
    ),
)

_SOLVERS = ("auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga")

#: Of each parameter that may have a value which is wrong by itself, or is not modelled.
DOMAINS: Domains = {
    "alpha": (
        lambda v: is_number(v) and 0 <= v < math.inf,
        "one finite number >= 0",
        "a large alpha is a strong penalty, 0 is none",
    ),
    "l1_ratio": (
        lambda v: is_number(v) and 0 <= v <= 1,
        "a number from 0 to 1",
        "0 is a pure L2 penalty, 1 a pure L1",
    ),
    "tol": (
        lambda v: is_number(v) and 0 <= v < math.inf,
        "a finite number >= 0",
        "1e-4 is usual",
    ),
    "max_iter": (
        lambda v: v is None or (isinstance(v, numbers.Integral) and int(v) >= 1),
        "an integer >= 1 or None",
        "1000 is usual",
    ),
    "solver": (
        lambda v: isinstance(v, str) and v in _SOLVERS,
        "one of " + ", ".join(map(repr, _SOLVERS)),
        "'auto' is usual",
    ),
    "selection": (
        lambda v: isinstance(v, str) and v in ("cyclic", "random"),
        "'cyclic' or 'random'",
        "'cyclic' is usual",
    ),
    "positive": (
        lambda v: is_bool(v) and not v,
        "False",
        "coefficients that may not be negative are no penalty, and not modelled here",
    ),
    "fit_intercept": (is_bool, "True or False", "True is usual"),
    "warm_start": (is_bool, "True or False", "False is usual"),
    "copy_X": (is_bool, "True or False", "True is usual"),
}


def family_of(estimator: Any) -> Family | None:
    """Return the family of an estimator, or of a subclass that trains and predicts as it does."""
    # By methods, not by type: a subclass may fit differently, and Lasso is one of ElasticNet.
    for family in reversed(FAMILIES):
        kind = type(estimator)
        if isinstance(estimator, family.kind) and all(
            getattr(kind, name) is getattr(family.kind, name) for name in ("fit", "predict")
        ):
            return family
    return None

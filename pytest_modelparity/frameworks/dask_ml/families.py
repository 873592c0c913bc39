"""The linear models of dask-ml, one by one: what each minimises, and what its parameters may be."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pytest_modelparity.frameworks.sklearn.domains import (
    Domains,
    Refusal,
    is_bool,
    is_number,
    out_of_domain,
)
from pytest_modelparity.frameworks.sklearn.parameters import spelled

#: Parameters by name.
Params: TypeAlias = Mapping[str, Any]

#: Where dask-ml keeps them.
MODULE = "dask_ml.linear_model.glm"
#: Solvers that know no penalty (dask-ml 2025.1, linear_model/glm.py, ``_get_solver_kwargs``).
WITHOUT_PENALTY = ("gradient_descent", "newton")
SOLVERS = ("admm", "lbfgs", "proximal_grad", *WITHOUT_PENALTY)
#: What every one of them is constructed with (dask-ml 2025.1).
DEFAULTS: Params = {
    "penalty": "l2",
    "dual": False,
    "tol": 1e-4,
    "C": 1.0,
    "fit_intercept": True,
    "intercept_scaling": 1.0,
    "class_weight": None,
    "random_state": None,
    "solver": "admm",
    "max_iter": 100,
    "multi_class": "ovr",
    "verbose": 0,
    "warm_start": False,
    "n_jobs": 1,
    "solver_kwargs": None,
}
#: Parameters that it takes and never looks at.
IGNORED = (
    "dual",
    "intercept_scaling",
    "class_weight",
    "random_state",
    "multi_class",
    "verbose",
    "warm_start",
    "n_jobs",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One class of dask-ml's linear models.

    Parameters
    ----------
    kind : str
        The class.
    predicts : str
        ``"probability"`` or ``"prediction"``.
    output_head : str
        As `ObjectiveSettings` has it.
    times : float
        How many times the canonical loss the loss of a row is.
    loss, link : str
        Both in words.
    """

    kind: str
    predicts: str
    output_head: str
    times: float
    loss: str
    link: str

    @property
    def name(self) -> str:
        """The class as its user imports it."""
        return f"dask_ml.linear_model.{self.kind}"


#: The losses: dask-glm 0.4, families.py; the sum over the rows is minimised.
FAMILIES = (
    Family(
        kind="LogisticRegression",
        predicts="probability",
        output_head="sigmoid",
        times=1.0,
        loss="log loss",
        link="sigmoid",
    ),
    Family(
        kind="LinearRegression",
        predicts="prediction",
        output_head="identity",
        # Without the half that the canonical squared error has.
        times=2.0,
        loss="squared error",
        link="none (the decision is the prediction)",
    ),
    Family(
        kind="PoissonRegression",
        predicts="prediction",
        output_head="exponential",
        times=1.0,
        loss="half Poisson deviance",
        link="exponential (the decision is its logarithm)",
    ),
)


def family_of(estimator: Any) -> Family | None:
    """Return the family of an estimator, or of a subclass that trains and predicts as it does."""
    kind = type(estimator)
    for base in kind.__mro__:
        for family in FAMILIES:
            if base.__module__ == MODULE and base.__name__ == family.kind:
                own = ("fit", "predict", "predict_proba", "family")
                same = all(getattr(kind, name, None) is getattr(base, name, None) for name in own)
                return family if same else None
    return None


def parameters(estimator: Any) -> dict[str, Any]:
    """Return the values of the constructor's parameters."""
    return {name: getattr(estimator, name, value) for name, value in DEFAULTS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverArguments:
    """What a solver of dask-glm is called with.

    Parameters
    ----------
    penalty : str, optional
        ``"l1"``, ``"l2"`` or none.
    strength : float
        Of the penalty, beside losses that are summed.
    normalize : bool
        Whether columns are scaled, and with an intercept centred, before the fit.
    max_iter : int
        Iterations at most.
    tol : float, optional
        Where it stops; ``None`` for ADMM, which has two others.
    """

    penalty: str | None
    strength: float
    normalize: bool
    max_iter: int
    tol: float | None


def solver_arguments(params: Params) -> SolverArguments:
    """Return them for parameters that `refusals` has nothing against."""
    more: Params = params["solver_kwargs"] or {}
    penalty = _name_of(more.get("regularizer", params["penalty"]))
    strength = float(more["lamduh"]) if "lamduh" in more else 1.0 / float(params["C"])
    if params["solver"] in WITHOUT_PENALTY or not strength:
        penalty, strength = None, 0.0
    return SolverArguments(
        penalty=penalty,
        strength=strength if penalty else 0.0,
        normalize=bool(more.get("normalize", True)),
        max_iter=int(more.get("max_iter", params["max_iter"])),
        tol=None if params["solver"] == "admm" else float(more.get("tol", params["tol"])),
    )


def _name_of(regularizer: Any) -> Any:
    """Return the name of a penalty that may have come as an object of dask-glm."""
    return getattr(regularizer, "name", regularizer)


def _is_integer_from_1(value: Any) -> bool:
    """Whether ``value`` is a number of iterations."""
    return isinstance(value, numbers.Integral) and int(value) >= 1


DOMAINS: Domains = {
    "solver": (
        lambda v: isinstance(v, str) and v in SOLVERS,
        "one of " + ", ".join(map(repr, SOLVERS)),
        "'lbfgs' gets nearest to the optimum of an L2 penalty",
    ),
    "C": (
        lambda v: is_number(v) and v > 0,
        "a number > 0",
        "a small C is a strong penalty, float('inf') is none",
    ),
    "fit_intercept": (is_bool, "True or False", "True is usual"),
    "max_iter": (_is_integer_from_1, "an integer >= 1", "100 is usual"),
    "tol": (lambda v: is_number(v) and 0 <= v < math.inf, "a finite number >= 0", "1e-4 is usual"),
    "solver_kwargs": (
        lambda v: v is None or isinstance(v, Mapping),
        "None or a mapping",
        "it is passed to the solver of dask-glm",
    ),
}


def refusals(params: Params) -> tuple[Refusal, ...]:
    """Return why these parameters cannot be fitted, or fit what is not modelled."""
    return out_of_domain(params, DOMAINS) or _of_arguments(params) or _of_penalty(params)


def _of_arguments(params: Params) -> tuple[Refusal, ...]:
    """Return what is wrong with the arguments that go to the solver itself."""
    more = params["solver_kwargs"] or {}
    strength = more.get("lamduh", 0.0)
    if "family" in more:
        text = "must not replace the family, which is the model's; leave it out"
    elif not is_number(strength) or not 0 <= strength < math.inf:
        text = f"must have a finite lamduh >= 0, got {spelled(strength)}; 1 / C is usual"
    else:
        return ()
    return (Refusal("solver_kwargs", f"solver_kwargs {text}"),)


def _of_penalty(params: Params) -> tuple[Refusal, ...]:
    """Return why the penalty cannot be fitted by the solver."""
    solver, more = params["solver"], params["solver_kwargs"] or {}
    where = "solver_kwargs" if "regularizer" in more else "penalty"
    given = more.get("regularizer", params["penalty"])
    penalty = _name_of(given)
    if solver in WITHOUT_PENALTY or penalty == "l2" or (penalty is None and solver == "lbfgs"):
        return ()
    if penalty != "l1":
        # dask-glm 0.4 has an ElasticNet whose proximal operator returns what it is given.
        text = f"must be 'l1' or 'l2', or None with solver='lbfgs', got {spelled(penalty)}"
    elif solver == "lbfgs":
        text = (
            "must not be 'l1' with solver='lbfgs', which starts at 0, where L1 has no gradient; "
            "pass solver='admm' or 'proximal_grad'"
        )
    else:
        return ()
    return (Refusal(where, f"the penalty {text}"),)

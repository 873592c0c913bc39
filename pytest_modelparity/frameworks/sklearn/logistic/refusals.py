"""What is refused before anything is fitted: what is invalid, hangs, or lies."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn

from pytest_modelparity.frameworks.sklearn.logistic.parameters import (
    L1_RATIO_DECIDES,
    VERSION,
    Penalty,
    penalty_text,
    read_penalty,
    spelled,
)

#: Before 1.6 newton-cholesky fitted three and more classes one against the rest.
NEWTON_CHOLESKY_MULTINOMIAL = VERSION >= (1, 6)

#: Above this, liblinear was seen not to return (1e100 on breast_cancer, 1e200 on eight rows).
LARGEST_LIBLINEAR_C = 1e30

#: Penalties of each solver, the same from 1.5 to 1.9.
SOLVER_PENALTIES: dict[str, tuple[str | None, ...]] = {
    "lbfgs": ("l2", None),
    "liblinear": ("l2", "l1"),
    "newton-cg": ("l2", None),
    "newton-cholesky": ("l2", None),
    "sag": ("l2", None),
    "saga": ("l2", "l1", "elasticnet", None),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an estimator cannot be the subject of a check, and which parameter is to blame."""

    parameter: str
    text: str


def refusals(params: Mapping[str, Any], classes: np.ndarray | None = None) -> tuple[Refusal, ...]:
    """Return why these parameters cannot be fitted or would fit something else than they say.

    Parameters
    ----------
    params : mapping
        As `parameters` returns them.
    classes : ndarray, optional
        The labels; what depends on them is left out without.
    """
    found = tuple(_out_of_domain(params))
    return found or (*_contradictions(params), *_wrong_for_classes(params, classes))


def one_vs_rest(params: Mapping[str, Any], n_classes: int) -> bool:
    """Whether more than one binary model would be fitted."""
    if n_classes < 3:
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


def _number(value: Any) -> bool:
    """Whether ``value`` is a real number and no NaN."""
    return isinstance(value, numbers.Real) and not math.isnan(value)


def _is_bool(value: Any) -> bool:
    """Whether ``value`` is True or False."""
    return isinstance(value, (bool, np.bool_))


def _is_penalty(value: Any) -> bool:
    """Whether ``value`` names a penalty in the installed version."""
    names = ("l1", "l2", "elasticnet") + ("deprecated",) * L1_RATIO_DECIDES
    return value is None or (isinstance(value, str) and value in names)


#: By parameter: what a value must satisfy, the same in words, and what to do.
_DOMAINS: dict[str, tuple[Callable[[Any], bool], str, str]] = {
    "C": (
        lambda v: _number(v) and v > 0,
        "a number > 0",
        "a small C is a strong penalty, float('inf') is none",
    ),
    "l1_ratio": (
        lambda v: v is None or (_number(v) and 0 <= v <= 1),
        "a number from 0 to 1",
        "0 is a pure L2 penalty, 1 a pure L1",
    ),
    "tol": (
        lambda v: _number(v) and 0 <= v < math.inf,
        "a finite number >= 0",
        "1e-4 is usual",
    ),
    "max_iter": (
        lambda v: isinstance(v, numbers.Integral) and int(v) >= 0,
        "an integer >= 0",
        "100 is usual",
    ),
    "intercept_scaling": (
        lambda v: _number(v) and 0 < v < math.inf,
        "a finite number > 0",
        "1 is usual",
    ),
    "solver": (
        lambda v: isinstance(v, str) and v in SOLVER_PENALTIES,
        "one of " + ", ".join(map(repr, SOLVER_PENALTIES)),
        "'lbfgs' is usual",
    ),
    "penalty": (_is_penalty, "one of 'l1', 'l2', 'elasticnet', None", "None is no penalty"),
    "multi_class": (
        lambda v: isinstance(v, str) and v in ("auto", "ovr", "multinomial", "deprecated"),
        "one of 'auto', 'ovr', 'multinomial'",
        "leave it out",
    ),
    "class_weight": (
        lambda v: v is None or isinstance(v, dict) or (isinstance(v, str) and v == "balanced"),
        "None, 'balanced' or a dict from label to weight",
        "weights of single rows are sample_weight",
    ),
    "dual": (_is_bool, "True or False", "False is usual"),
    "fit_intercept": (_is_bool, "True or False", "True is usual"),
    "warm_start": (_is_bool, "True or False", "False is usual"),
}


def _out_of_domain(params: Mapping[str, Any]) -> list[Refusal]:
    """Return the refusals that concern one parameter alone."""
    return [
        Refusal(name, f"{name} must be {allowed}, got {name}={spelled(params[name])}; {advice}")
        for name, (holds, allowed, advice) in _DOMAINS.items()
        if name in params and not holds(params[name])
    ]


def _contradictions(params: Mapping[str, Any]) -> list[Refusal]:
    """Return the refusals of parameters that do not go together, whatever the data."""
    penalty, ratio = params.get("penalty", "deprecated"), params.get("l1_ratio")
    if penalty == "elasticnet" and (ratio is None or (L1_RATIO_DECIDES and ratio == 0)):
        # scikit-learn 1.8 and 1.9 fit a pure L2 penalty here without a word: 0.0 is the default.
        return [
            Refusal(
                "l1_ratio",
                f"penalty='elasticnet' needs an l1_ratio above 0 and up to 1, got "
                f"l1_ratio={spelled(ratio)}, which is no elastic net; "
                f"write for example l1_ratio=0.5, or leave penalty out for L2",
            )
        ]
    read = read_penalty(params)
    return [
        *_solver_refusals(params, read),
        *_liblinear_refusals(params, read),
    ]


def _solver_refusals(params: Mapping[str, Any], read: Penalty) -> list[Refusal]:
    """Return the refusals of a solver that cannot do what is asked."""
    solver, found = params["solver"], []
    if read.spelled not in SOLVER_PENALTIES[solver]:
        can = [name for name, kinds in SOLVER_PENALTIES.items() if read.spelled in kinds]
        kinds = ", ".join(kind or "none" for kind in SOLVER_PENALTIES[solver])
        found.append(
            Refusal(
                "solver",
                f"solver={solver!r} fits the penalties {kinds}, "
                f"got {penalty_text(params)}; use solver={' or '.join(map(repr, can))}",
            )
        )
    if params.get("dual") and (solver != "liblinear" or read.spelled != "l2"):
        found.append(
            Refusal(
                "dual",
                f"dual=True is for solver='liblinear' with an l2 penalty only, got "
                f"solver={solver!r} with {penalty_text(params)}; write dual=False",
            )
        )
    unpenalised_saga = solver == "saga" and math.isinf(read.C) and params.get("l1_ratio") is None
    if unpenalised_saga and L1_RATIO_DECIDES and params.get("penalty") == "deprecated":
        found.append(
            Refusal(
                "l1_ratio",
                "solver='saga' with C=inf needs an l1_ratio from 0 to 1, got l1_ratio=None, "
                "on which scikit-learn 1.9 fails; write l1_ratio=0",
            )
        )
    return found


def _liblinear_refusals(params: Mapping[str, Any], read: Penalty) -> list[Refusal]:
    """Return the refusals of what liblinear does not finish or does not do."""
    if params["solver"] != "liblinear" or read.spelled is None:
        return []
    found = []
    if params["C"] > LARGEST_LIBLINEAR_C:
        found.append(
            Refusal(
                "C",
                f"solver='liblinear' needs C <= {LARGEST_LIBLINEAR_C:g}, got "
                f"C={spelled(params['C'])}, with which it may never return; "
                f"use solver='lbfgs' with C=float('inf') for no penalty",
            )
        )
    if params.get("multi_class") == "multinomial":
        found.append(
            Refusal(
                "multi_class",
                "solver='liblinear' has no multi_class='multinomial'; use solver='lbfgs', "
                "or leave multi_class out",
            )
        )
    return found


def _wrong_for_classes(params: Mapping[str, Any], classes: np.ndarray | None) -> list[Refusal]:
    """Return the refusals that depend on the labels."""
    found = []
    if (
        params["solver"] == "newton-cholesky"
        and params.get("multi_class") == "multinomial"
        and not NEWTON_CHOLESKY_MULTINOMIAL
    ):
        found.append(
            Refusal(
                "solver",
                "solver='newton-cholesky' fits multi_class='multinomial' from scikit-learn 1.6 "
                f"on, got {sklearn.__version__}; use solver='newton-cg'",
            )
        )
    if classes is None:
        return found
    if one_vs_rest(params, len(classes)):
        blamed = "multi_class" if params.get("multi_class") == "ovr" else "solver"
        found.append(
            Refusal(
                blamed,
                f"one model with a softmax over all classes is compared, got "
                f"{blamed}={params[blamed]!r} with {len(classes)} classes, which is one binary "
                f"model for each class (one-vs-rest) in scikit-learn {sklearn.__version__}; use "
                f"solver='lbfgs' without multi_class, or check each binary problem by itself",
            )
        )
    return found + _class_weight_refusals(params["class_weight"], classes)


def class_key(label: Any) -> Any:
    """Return the key under which scikit-learn looks a label up in ``class_weight``.

    scikit-learn 1.9 (``utils/class_weight.py``) tries ``int(label)`` first, so even the labels
    ``"1"`` and ``True`` are looked up as 1.
    """
    try:
        return int(label)
    except ValueError:
        return str(label)


def _class_weight_refusals(given: Any, classes: np.ndarray) -> list[Refusal]:
    """Return the refusals of a ``class_weight`` dict."""
    if not isinstance(given, dict) or not given:
        return []
    bad = [key for key, weight in given.items() if not (_number(weight) and 0 < weight < math.inf)]
    if bad:
        return [
            Refusal(
                "class_weight",
                f"class_weight must hold finite numbers > 0, got {spelled(given[bad[0]])} for "
                f"class {spelled(bad[0])}; leave rows out to give a class no weight",
            )
        ]
    keys = [class_key(label) for label in classes]
    missing = [key for key in keys if key not in given]
    if not missing:
        return []
    strangers = [key for key in given if key not in keys]
    also = f", and {', '.join(map(spelled, strangers))} that no label has" if strangers else ""
    if any(str(key) in strangers for key in missing):
        also += " (scikit-learn looks labels such as '1' up as integers)"
    return [
        Refusal(
            "class_weight",
            f"class_weight must name every class of y ({', '.join(map(spelled, keys))}), got "
            f"{spelled(given)} without {', '.join(map(spelled, missing))}{also}; "
            f"write {spelled(missing[0])}: 1.0 where you mean no weight",
        )
    ]

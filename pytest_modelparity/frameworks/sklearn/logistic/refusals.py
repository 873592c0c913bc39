"""What is refused before anything is fitted: invalid, endless, or ignored by scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import sklearn

from pytest_modelparity.frameworks.sklearn.domains import Refusal, is_weight, out_of_domain
from pytest_modelparity.frameworks.sklearn.logistic.domains import DOMAINS, SOLVER_PENALTIES
from pytest_modelparity.frameworks.sklearn.logistic.parameters import (
    L1_RATIO_DECIDES,
    NEWTON_CHOLESKY_MULTINOMIAL,
    Penalty,
    penalty_text,
    read_penalty,
)
from pytest_modelparity.frameworks.sklearn.parameters import (
    VERSION,
    spelled,
)

#: Above this, liblinear was seen not to return (1e100 on breast_cancer, 1e200 on eight rows).
LARGEST_LIBLINEAR_C = 1e30


def refusals(params: Mapping[str, Any], classes: np.ndarray | None = None) -> tuple[Refusal, ...]:
    """Return why these parameters cannot be fitted or would fit something else than they say.

    Parameters
    ----------
    params : mapping
        As `parameters` returns them.
    classes : ndarray, optional
        The labels; what depends on them is left out without.
    """
    # One after the other: whether values contradict each other can be asked of valid ones alone.
    found = out_of_domain(params, DOMAINS)
    return found or (*_contradictions(params), *_wrong_for_classes(params, classes))


def _contradictions(params: Mapping[str, Any]) -> list[Refusal]:
    """Return the refusals of parameters that contradict each other, whatever the data."""
    if params.get("penalty") == "elasticnet" and params.get("l1_ratio") is None:
        return [
            Refusal(
                "l1_ratio",
                "penalty='elasticnet' needs an l1_ratio from 0 to 1, got l1_ratio=None; "
                "write for example l1_ratio=0.5",
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
    # liblinear has no dual with an L1 penalty (scikit-learn 1.9, svm/_base.py).
    if params.get("dual") and (solver != "liblinear" or read.spelled != "l2"):
        found.append(
            Refusal(
                "dual",
                f"dual=True is for solver='liblinear' with an l2 penalty only, got "
                f"solver={solver!r} with {penalty_text(params)}; write dual=False",
            )
        )
    # _logistic.py computes (1 / C) * (1 - l1_ratio) for whatever is neither l1 nor l2, None
    # included.
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
    # Asked before the fit, which could not be stopped: liblinear's loop is C++, deaf to Ctrl-C and
    # to timeouts by signal.
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
    if len(classes) > 2 and params["solver"] == "liblinear" and VERSION >= (1, 8):
        found.append(
            Refusal(
                "solver",
                f"solver='liblinear' fits two classes, got it with {len(classes)} classes, of "
                f"which scikit-learn {sklearn.__version__} makes no one-vs-rest model by itself; "
                f"use solver='lbfgs', or "
                f"OneVsRestClassifier(LogisticRegression(solver='liblinear'))",
            )
        )
    return found + class_weight_refusals(params["class_weight"], classes)


def class_key(label: Any) -> Any:
    """Return the key under which scikit-learn looks a label up in ``class_weight``.

    scikit-learn 1.9 (``utils/class_weight.py``) tries ``int(label)`` first, so even the labels
    ``"1"`` and ``True`` are looked up as 1.
    """
    try:
        return int(label)
    except ValueError:
        return str(label)


def class_weight_refusals(given: Any, classes: np.ndarray) -> list[Refusal]:
    """Return the refusals of a ``class_weight`` dict."""
    if not isinstance(given, dict) or not given:
        return []
    # Below 0 the objective has no minimum, and with an infinite weight no value.
    bad = [key for key, weight in given.items() if not is_weight(weight)]
    if bad:
        return [
            Refusal(
                "class_weight",
                f"class_weight must hold finite numbers >= 0, got {spelled(given[bad[0]])} for "
                f"class {spelled(bad[0])}; a weight of 0 leaves the rows of a class out",
            )
        ]
    keys = [class_key(label) for label in classes]
    if not any(given.get(key, 1.0) for key in keys):
        return [
            Refusal(
                "class_weight",
                f"class_weight must give one class of y a weight above 0, got {spelled(given)}; "
                f"nothing is trained otherwise",
            )
        ]
    # scikit-learn 1.9 raises for a class without a weight only where the dict names another label
    # that y lacks; else it weighs 1 in silence (utils/class_weight.py).
    missing = [key for key in keys if key not in given]
    strangers = [key for key in given if key not in keys]
    if not missing or not strangers:
        return []
    also = ""
    if any(str(key) in strangers for key in missing):
        also = " (scikit-learn looks labels such as '1' up as integers)"
    return [
        Refusal(
            "class_weight",
            f"class_weight must name classes of y ({', '.join(map(spelled, keys))}), got "
            f"{spelled(given)} without {', '.join(map(spelled, missing))}, and "
            f"{', '.join(map(spelled, strangers))} that no label has{also}; "
            f"leave the others out, which weigh 1",
        )
    ]

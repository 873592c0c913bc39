"""Which values each parameter of a LogisticRegression may have, and how to say so."""

from __future__ import annotations

import math
import numbers
from typing import Any

from pytest_modelparity.frameworks.sklearn.domains import COMMON, Domains, is_bool, is_number
from pytest_modelparity.frameworks.sklearn.logistic.parameters import (
    L1_RATIO_DECIDES,
)

#: Penalties of each solver, the same from 1.5 to 1.9.
#: scikit-learn asks for them in `fit` alone; here they are asked for before anything is trained.
SOLVER_PENALTIES: dict[str, tuple[str | None, ...]] = {
    "lbfgs": ("l2", None),
    "liblinear": ("l2", "l1"),
    "newton-cg": ("l2", None),
    "newton-cholesky": ("l2", None),
    "sag": ("l2", None),
    "saga": ("l2", "l1", "elasticnet", None),
}


def _is_penalty(value: Any) -> bool:
    """Whether ``value`` names a penalty in the installed version."""
    # From 1.8 on the default is the word "deprecated", which an older version refuses.
    names = ("l1", "l2", "elasticnet") + ("deprecated",) * L1_RATIO_DECIDES
    return value is None or (isinstance(value, str) and value in names)


#: Of each parameter that may have a value which is wrong by itself.
DOMAINS: Domains = {
    **COMMON,
    "C": (
        lambda v: is_number(v) and v > 0,
        "a number > 0",
        "a small C is a strong penalty, float('inf') is none",
    ),
    "l1_ratio": (
        lambda v: v is None or (is_number(v) and 0 <= v <= 1),
        "a number from 0 to 1",
        "0 is a pure L2 penalty, 1 a pure L1",
    ),
    "tol": (
        lambda v: is_number(v) and 0 <= v < math.inf,
        "a finite number >= 0",
        "1e-4 is usual",
    ),
    "max_iter": (
        lambda v: isinstance(v, numbers.Integral) and int(v) >= 0,
        "an integer >= 0",
        "100 is usual",
    ),
    "intercept_scaling": (
        lambda v: is_number(v) and 0 < v < math.inf,
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
        # "deprecated" is the default of 1.5 to 1.7; 1.8 has no such parameter.
        lambda v: isinstance(v, str) and v in ("auto", "ovr", "multinomial", "deprecated"),
        "one of 'auto', 'ovr', 'multinomial'",
        "leave it out",
    ),
    "class_weight": (
        lambda v: v is None or isinstance(v, dict) or (isinstance(v, str) and v == "balanced"),
        "None, 'balanced' or a dict from label to weight",
        "weights of single rows are sample_weight",
    ),
    "dual": (is_bool, "True or False", "False is usual"),
}

"""What is refused of an SGD estimator before anything is fitted."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np

from pytest_modelparity.frameworks.sklearn.domains import (
    COMMON,
    Domains,
    Refusal,
    is_bool,
    is_number,
    is_weight,
    out_of_domain,
)
from pytest_modelparity.frameworks.sklearn.logistic.refusals import class_weight_refusals
from pytest_modelparity.frameworks.sklearn.parameters import VERSION, spelled
from pytest_modelparity.frameworks.sklearn.sgd.kinds import CLASSIFIER, Kind

#: The schedules of the learning rate that go with the losses that are compared.
SCHEDULES = ("optimal", "constant", "invscaling", "adaptive")


def _is_integer(value: Any, least: int) -> bool:
    """Whether ``value`` is an integer of at least ``least``."""
    # True is 1, as for scikit-learn.
    return isinstance(value, numbers.Integral) and int(value) >= least


#: Of each parameter that may have a value which is wrong by itself (scikit-learn 1.9,
#: ``_parameter_constraints`` of ``BaseSGDClassifier`` and ``BaseSGD``).
_DOMAINS: Domains = {
    **COMMON,
    "penalty": (
        lambda v: v is None or (isinstance(v, str) and v in ("l2", "l1", "elasticnet")),
        "one of 'l2', 'l1', 'elasticnet', None",
        "None is no penalty",
    ),
    "alpha": (
        is_weight,
        "a finite number >= 0",
        "0.0001 is usual, 1/(C n) a C",
    ),
    "l1_ratio": (
        lambda v: v is None or (is_number(v) and 0 <= v <= 1),
        "a number from 0 to 1",
        "0 is a pure L2 penalty, 1 a pure L1",
    ),
    "max_iter": (lambda v: _is_integer(v, 1), "an integer >= 1", "1000 is usual"),
    "tol": (
        lambda v: v is None or is_weight(v),
        "a finite number >= 0, or None",
        "None makes all max_iter epochs",
    ),
    "learning_rate": (
        lambda v: isinstance(v, str) and v in SCHEDULES,
        "one of " + ", ".join(map(repr, SCHEDULES)),
        "'optimal' is usual",
    ),
    # Up to 1.7 its default was 0, which "optimal" does not look at.
    "eta0": (
        lambda v: is_weight(v) and (v > 0 or not CLASSIFIER.defaults["eta0"]),
        "a finite number > 0",
        "0.01 is usual",
    ),
    "power_t": (
        lambda v: is_number(v) and math.isfinite(v),
        "a finite number",
        "0.5 is usual",
    ),
    "average": (
        lambda v: is_bool(v) or _is_integer(v, 0 if VERSION < (1, 7) else 1),
        "True, False or an integer: the step from which the mean is taken",
        "False is usual",
    ),
    "validation_fraction": (
        lambda v: is_number(v) and 0 < v < 1,
        "a number between 0 and 1",
        "0.1 is usual",
    ),
    "n_iter_no_change": (lambda v: _is_integer(v, 1), "an integer >= 1", "5 is usual"),
    "class_weight": (
        lambda v: v is None or isinstance(v, dict) or (isinstance(v, str) and v == "balanced"),
        "None, 'balanced' or a dict from label to weight",
        "weights of single rows are sample_weight",
    ),
    "shuffle": (is_bool, "True or False", "True is usual"),
    "early_stopping": (is_bool, "True or False", "False is usual"),
    # Unused with the log-loss, and checked all the same.
    "epsilon": (is_weight, "a finite number >= 0", "0.1 is usual"),
}


def refusals(
    kind: Kind, params: Mapping[str, Any], classes: np.ndarray | None = None
) -> tuple[Refusal, ...]:
    """Return why these parameters cannot be fitted or would fit something else than they say.

    Parameters
    ----------
    kind : Kind
        Whose they are.
    params : mapping
        As `parameters` returns them.
    classes : ndarray, optional
        The labels; what depends on them is left out without.
    """
    if not kind.has_loss(params["loss"]):
        return (Refusal("loss", why_not_loss(kind, params["loss"])),)
    # One after the other: whether values contradict each other can be asked of valid ones alone.
    found = out_of_domain(params, _DOMAINS)
    return found or (*_contradictions(params), *_wrong_for_classes(params, classes))


def why_not_loss(kind: Kind, loss: Any) -> str:
    """Return why an estimator with another loss than that of its kind cannot be compared."""
    name = kind.estimator.__name__
    why = kind.why_not.get(loss if isinstance(loss, str) else "", kind.why_not[""])
    return f"an {name} is compared with loss={kind.loss!r}, got {name}(loss={spelled(loss)}), {why}"


def _contradictions(params: Mapping[str, Any]) -> list[Refusal]:
    """Return the refusals of parameters that contradict each other, whatever the data."""
    found, schedule = [], params["learning_rate"]
    if params["penalty"] == "elasticnet" and params["l1_ratio"] is None:
        text = "penalty='elasticnet' needs an l1_ratio from 0 to 1, got l1_ratio=None"
        found.append(Refusal("l1_ratio", f"{text}; write for example l1_ratio=0.15"))
    if schedule == "optimal" and not params["alpha"]:
        text = (
            "learning_rate='optimal' is made of alpha and needs alpha > 0, got alpha=0; write "
            "learning_rate='adaptive', eta0=0.01, or penalty=None with alpha > 0 for no penalty"
        )
        found.append(Refusal("alpha", text))
    if schedule != "optimal" and not params["eta0"]:
        text = f"learning_rate={schedule!r} needs eta0 > 0, got eta0={spelled(params['eta0'])}"
        found.append(Refusal("eta0", f"{text}; write for example eta0=0.01"))
    return found


def _wrong_for_classes(params: Mapping[str, Any], classes: np.ndarray | None) -> list[Refusal]:
    """Return the refusals that depend on the labels."""
    # Numbers have none.
    if classes is None or not len(classes):
        return []
    return class_weight_refusals(params["class_weight"], classes)

"""What a LogisticRegression's parameters mean, in the version of scikit-learn that is installed."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.dataset import Dataset
from pytest_modelparity.settings import LogisticSettings, ObjectiveSettings, TrainingSettings

#: The constructor's parameters and defaults in the installed version.
DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(LogisticRegression).parameters.items()
}

VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])

#: Since 1.8 ``l1_ratio`` and ``C`` say what ``penalty`` said before.
L1_RATIO_DECIDES = DEFAULTS.get("penalty", "deprecated") == "deprecated"

#: Before 1.6 newton-cholesky fitted three and more classes one against the rest.
NEWTON_CHOLESKY_MULTINOMIAL = VERSION >= (1, 6)

#: Since 1.7 ``class_weight="balanced"`` counts rows by their weight.
BALANCED_COUNTS_WEIGHTS = "sample_weight" in inspect.signature(compute_class_weight).parameters

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
    return {name: getattr(estimator, name, default) for name, default in DEFAULTS.items()}


def read_penalty(params: Mapping[str, Any]) -> Penalty:
    """Return what ``penalty``, ``C`` and ``l1_ratio`` mean together, once `refusals` is empty."""
    penalty, ratio = params.get("penalty", "deprecated"), params.get("l1_ratio")
    C = float(params["C"])
    if penalty == "deprecated":
        share = 0.0 if ratio is None else float(ratio)
        penalty = {0.0: "l2", 1.0: "l1"}.get(share, "elasticnet") if math.isfinite(C) else None
    else:
        share = {"l1": 1.0, "elasticnet": ratio}.get(penalty, 0.0)
    if penalty is None:
        C = math.inf
    return Penalty(spelled=penalty, C=C, l1_ratio=float(share))


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


def output_head(params: Mapping[str, Any], n_classes: int) -> str:
    """Return ``"softmax"`` for three and more classes, and where two are fitted so (<= 1.7)."""
    multinomial = params.get("multi_class") == "multinomial"
    return "softmax" if n_classes > 2 or multinomial else "sigmoid"


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


def _number(value: Any) -> bool:
    """Whether ``value`` is a real number and no NaN."""
    return isinstance(value, numbers.Real) and not math.isnan(value)


def _out_of_domain(params: Mapping[str, Any]) -> list[Refusal]:
    """Return the refusals that concern one parameter alone."""
    allowed_penalties = ["l1", "l2", "elasticnet", None] + ["deprecated"] * L1_RATIO_DECIDES
    rules = {
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
            lambda v: isinstance(v, numbers.Integral) and v >= 0,
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
        "penalty": (
            lambda v: v is None or (isinstance(v, str) and v in allowed_penalties),
            "one of 'l1', 'l2', 'elasticnet', None",
            "None is no penalty",
        ),
        "multi_class": (
            lambda v: isinstance(v, str) and v in ("auto", "ovr", "multinomial", "deprecated"),
            "one of 'auto', 'ovr', 'multinomial'",
            "leave it out",
        ),
        "class_weight": (
            lambda v: v is None or isinstance(v, dict) or (isinstance(v, str) and v == "balanced"),
            "None, 'balanced' or a dict from label to weight",
            "per-row weights are sample_weight",
        ),
        **{
            name: (lambda v: isinstance(v, (bool, np.bool_)), "True or False", "pass a bool")
            for name in ("dual", "fit_intercept", "warm_start")
        },
    }
    return [
        Refusal(name, f"{name} must be {allowed}, got {name}={spelled(params[name])}; {advice}")
        for name, (holds, allowed, advice) in rules.items()
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
    return [
        Refusal(
            "class_weight",
            f"class_weight must name every class of y ({', '.join(map(spelled, keys))}), got "
            f"{spelled(given)} without {', '.join(map(spelled, missing))}{also}; "
            f"write {spelled(missing[0])}: 1.0 where you mean no weight",
        )
    ]


def class_weights(params: Mapping[str, Any], data: Dataset) -> tuple[float, ...] | None:
    """Return the weight of each class in the order of ``data.classes``, or ``None``."""
    given = params["class_weight"]
    if given is None or not len(given):
        return None
    if isinstance(given, dict):
        return tuple(float(given[class_key(label)]) for label in data.classes)
    counted = {"sample_weight": data.sample_weight} if BALANCED_COUNTS_WEIGHTS else {}
    codes = np.arange(data.n_classes)
    return tuple(map(float, compute_class_weight("balanced", classes=codes, y=data.y, **counted)))


def read_objective(params: Mapping[str, Any], data: Dataset) -> ObjectiveSettings:
    """Return the objective that these parameters minimise, DESIGN section 3.

    scikit-learn 1.9 minimises ``C Σ s_i loss_i + (1 - ρ)/2 ‖W‖² + ρ ‖W‖₁`` (user guide,
    "Logistic regression"). liblinear appends a column of ``intercept_scaling`` to X and
    penalises its coefficient ``w0 = intercept / intercept_scaling`` like the others
    (``svm/_base.py``, ``_fit_liblinear``).
    """
    penalty = read_penalty(params)
    scale = penalty.C * data.n_samples
    l2, l1 = (1 - penalty.l1_ratio) / scale, penalty.l1_ratio / scale
    on_intercept = params["solver"] == "liblinear" and params["fit_intercept"]
    c = float(params["intercept_scaling"])
    return ObjectiveSettings(
        l2_strength=l2,
        l1_strength=l1,
        intercept_l2_strength=l2 / c**2 if on_intercept else 0.0,
        intercept_l1_strength=l1 / c if on_intercept else 0.0,
        fit_intercept=bool(params["fit_intercept"]),
        class_weight=class_weights(params, data),
        sample_weight=data.sample_weight is not None,
        output_head=output_head(params, data.n_classes),
    )


def is_fitted(estimator: Any) -> bool:
    """Whether the estimator holds coefficients."""
    return hasattr(estimator, "coef_") and hasattr(estimator, "classes_")


def read_settings(
    estimator: LogisticRegression, data: Dataset, *, started: str | None = None
) -> LogisticSettings:
    """Return the settings of a LogisticRegression by meaning.

    Parameters
    ----------
    estimator : LogisticRegression
        Fitted or not; what was counted in a fit is read only where there was one.
    data : Dataset
        What it is, or was, fitted on.
    started : str, optional
        Where its coefficients started, if the caller knows better.

    Raises
    ------
    ModelParityError
        For the first of `refusals`.
    """
    params = parameters(estimator)
    for refusal in refusals(params, data.classes):
        raise ModelParityError(refusal.text)
    objective = read_objective(params, data)
    training = _read_training(estimator, params, data, started)
    return LogisticSettings(
        framework="scikit-learn",
        model=model_text(estimator),
        objective=objective,
        training=training,
        written=_written(params, data, objective, training),
    )


def _read_training(
    estimator: Any, params: Mapping[str, Any], data: Dataset, started: str | None
) -> TrainingSettings:
    """Return how the estimator is, or was, trained."""
    fitted = is_fitted(estimator)
    counts = getattr(estimator, "n_iter_", None) if fitted else None
    if fitted:
        dtype: str | None = np.dtype(estimator.coef_.dtype).name
    else:
        # Which solver keeps float32 depends on the version; only the fit tells.
        kept = str(getattr(data.X_given, "dtype", "")) == "float32"
        dtype = None if kept and params["solver"] != "liblinear" else "float64"
    restarted = params["warm_start"] and fitted and params["solver"] != "liblinear"
    return TrainingSettings(
        solver=params["solver"],
        iterations=int(params["max_iter"]),
        iterations_run=None if counts is None else int(np.max(counts)),
        initialization=started or ("warm start" if restarted else "zeros"),
        dtype=dtype,
        tol=float(params["tol"]),
    )


def spelled(value: Any) -> str:
    """Return ``value`` as code, without numpy's wrappers."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{spelled(k)}: {spelled(v)}" for k, v in value.items()) + "}"
    if isinstance(value, np.random.RandomState):
        return "RandomState()"
    return repr(value)


def model_text(estimator: Any) -> str:
    """Return the estimator as its user would write it: what differs from the defaults."""
    changed = (
        f"{name}={spelled(value)}"
        for name, value in parameters(estimator).items()
        if not same(value, DEFAULTS[name])
    )
    return f"{type(estimator).__name__}({', '.join(changed)})"


def same(value: Any, default: Any) -> bool:
    """Whether a parameter has its default value (1 is 1.0, but not True)."""
    if isinstance(value, bool) or isinstance(default, bool) or value is None or default is None:
        return value is default or (isinstance(value, np.bool_) and bool(value) is default)
    return bool(np.isscalar(value) and value == default)


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
    return f"{read.spelled} ({how})"


def _written(
    params: Mapping[str, Any],
    data: Dataset,
    objective: ObjectiveSettings,
    training: TrainingSettings,
) -> dict[str, str]:
    """Return every setting in scikit-learn's words."""
    solver, run, limit = params["solver"], training.iterations_run, params["max_iter"]
    penalty = read_penalty(params)
    stochastic = solver in ("sag", "saga")
    counted = "" if run is None else f" (stopped at {run})" if run >= limit else f" ({run} run)"
    return {
        "penalty": penalty_text(params),
        "C": _c_text(params),
        "l1_ratio": number_or_none(penalty),
        "fit_intercept": f"fit_intercept={bool(params['fit_intercept'])}",
        "intercept_penalty": _intercept_text(params),
        "class_weight": _class_weight_text(params["class_weight"]),
        "sample_weight": "given" if objective.sample_weight else "none",
        "loss": "log-loss",
        "output_head": _head_text(objective, data),
        "label_smoothing": "none",
        "feature_scaling": "none",
        "rows_used": f"all {data.n_samples} rows",
        "iterations": f"max_iter={limit}{counted}",
        "solver": solver,
        "learning_rate": "1/L, set by the solver" if stochastic else "chosen by the solver",
        "batch_size": "1 row a step" if stochastic else f"all {data.n_samples} rows",
        "initialization": training.initialization or "zeros",
        "dtype": training.dtype or "float32 or float64, as the version has it",
        "tol": f"tol={spelled(params['tol'])}",
        "weight_decay": "none",
    }


def number_or_none(penalty: Penalty) -> str:
    """Return the share of the L1 penalty in words."""
    return "none (no penalty)" if penalty.kind == "none" else f"{penalty.l1_ratio:g}"


def _c_text(params: Mapping[str, Any]) -> str:
    """Return C, and whether it is used."""
    if params.get("penalty", "deprecated") is None:
        return f"C={spelled(params['C'])} (ignored: penalty=None)"
    return "C=inf" if math.isinf(params["C"]) else f"C={spelled(params['C'])}"


def _intercept_text(params: Mapping[str, Any]) -> str:
    """Return whether the intercept is penalised, and by whom."""
    if not params["fit_intercept"]:
        return "none (fit_intercept=False)"
    if params["solver"] == "liblinear":
        scale = spelled(params["intercept_scaling"])
        return f"liblinear penalises the intercept (intercept_scaling={scale})"
    return "none"


def _class_weight_text(given: Any) -> str:
    """Return the class weights as written."""
    if isinstance(given, str):
        return given
    return spelled(given) if given else "none"


def _head_text(objective: ObjectiveSettings, data: Dataset) -> str:
    """Return the link between coefficients and probabilities."""
    if objective.output_head == "sigmoid":
        return "sigmoid (two classes)"
    note = ", multi_class='multinomial'" if data.n_classes == 2 else ""
    return f"softmax ({data.n_classes} classes{note})"

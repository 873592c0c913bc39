"""A LogisticRegressionCV as the LogisticRegression that it chose."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.sklearn.logistic.parameters import DEFAULTS, L1_RATIO_DECIDES
from pytest_modelparity.frameworks.sklearn.search.own import OwnSearch, by_folds
from pytest_modelparity.settings import ONE_VS_REST, ModelSettings

#: Parameters that the search has for itself, or that its last fit does not use: it takes an
#: ``intercept_scaling`` of 1 (scikit-learn 1.9, _logistic.py, `LogisticRegressionCV.fit`).
OF_THE_SEARCH = ("n_jobs", "verbose", "intercept_scaling", "penalty")
#: What a fit leaves and a LogisticRegression has too; the counts of iterations are the folds'.
_FITTED = ("coef_", "intercept_", "classes_", "n_features_in_", "feature_names_in_")


def _candidate_of(search: LogisticRegressionCV) -> LogisticRegression:
    """Return the LogisticRegression among which an unfitted search chooses, with any ``C``."""
    shares = search.l1_ratios
    given = not isinstance(shares, str) and shares is not None and len(np.ravel(shares)) > 0
    return _logistic(search, 1.0, np.ravel(shares)[0] if given else None)


def _refitted(search: LogisticRegressionCV) -> LogisticRegression:
    """Return the LogisticRegression that a fitted search refitted on all rows."""
    # A number, or an array of one for each class, which are equal but for one-vs-rest; the ratio
    # is None without an L1 part (scikit-learn 1.5 to 1.9).
    return _logistic(search, np.ravel(search.C_)[0], np.ravel(search.l1_ratio_)[0])


def refuse_own_strengths(search: Any, settings: ModelSettings) -> None:
    """Refuse a LogisticRegressionCV whose binary problems have a ``C`` each (up to 1.7).

    Raises
    ------
    ModelParityError
        If it is one.
    """
    objective = settings.objective
    is_cv = isinstance(search, LogisticRegressionCV)
    if is_cv and objective is not None and objective.output_head == ONE_VS_REST:
        raise ModelParityError(
            "LogisticRegressionCV chooses a C for each class of a one-vs-rest model, which has no "
            "one objective then; pass GridSearchCV over OneVsRestClassifier(LogisticRegression()), "
            "or solver='lbfgs' without multi_class"
        )


def _way_of(search: LogisticRegressionCV) -> str:
    """Return how a fitted search compared its values."""
    # By class up to 1.9, unless use_legacy_attributes=False.
    scores = search.scores_
    first = next(iter(scores.values())) if isinstance(scores, dict) else scores
    return by_folds(np.shape(first)[0])


def _choices_of(search: LogisticRegressionCV) -> tuple[str, ...]:
    """Return the parameters of which a fitted search compared several values."""
    counts = {"C": np.size(search.Cs_), "l1_ratio": np.size(search.l1_ratios_)}
    return tuple(name for name, count in counts.items() if count > 1)


def _start_of(search: LogisticRegressionCV) -> str:
    """Return where the last fit of a search starts; liblinear takes no start."""
    return "" if search.solver == "liblinear" else "the mean of the folds' coefficients"


def _logistic(search: LogisticRegressionCV, C: Any, l1_ratio: Any) -> LogisticRegression:
    """Return an unfitted LogisticRegression with the parameters of a search."""
    given = search.get_params(deep=False)
    shared = {name: given[name] for name in DEFAULTS if name in given and name not in OF_THE_SEARCH}
    penalty = given.get("penalty", "deprecated")
    share = {"l2": 0.0, "l1": 1.0}.get(penalty, 0.0 if l1_ratio is None else float(l1_ratio))
    if L1_RATIO_DECIDES:
        shared["l1_ratio"] = share
    else:
        shared["penalty"] = penalty
        shared |= {"l1_ratio": share} if penalty == "elasticnet" else {}
    return LogisticRegression(C=float(C), **shared)


SEARCH = OwnSearch(
    kind=LogisticRegressionCV,
    candidate_of=_candidate_of,
    refitted=_refitted,
    fitted=_FITTED,
    choices_of=_choices_of,
    way_of=_way_of,
    start_of=_start_of,
)

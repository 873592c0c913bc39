"""What a search chose: the estimator, and the words that say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sklearn
from sklearn.model_selection import GridSearchCV

from pytest_modelparity.errors import InvalidParameterError
from pytest_modelparity.frameworks.sklearn.search import linear_cv, logistic_cv
from pytest_modelparity.frameworks.sklearn.search.own import OwnSearch, by_folds
from pytest_modelparity.settings import ModelSettings

#: What GridSearchCV, RandomizedSearchCV and the halving searches have in common; its name is
#: private, and the halving searches can only be imported after a switch.
_BASE = GridSearchCV.__bases__[0]

#: The searches that fit an estimator of their own.
_OWN = (logistic_cv.SEARCH, *linear_cv.SEARCHES)

#: The setting that a parameter of an estimator is.
_SETTINGS: Mapping[str, str] = {
    "C": "C",
    "alpha": "C",
    "penalty": "penalty",
    "l1_ratio": "l1_ratio",
    "fit_intercept": "fit_intercept",
    "class_weight": "class_weight",
    "max_iter": "iterations",
    "solver": "solver",
    "average": "solver",
    "tol": "tol",
    "learning_rate": "learning_rate",
    "eta0": "learning_rate",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """What a fitted search chose.

    Parameters
    ----------
    estimator : object
        The best, fitted on all rows.
    by : str
        Who chose it.
    parameters : tuple of str
        Names of the parameters of which it compared several values.
    way : str
        How it compared them, in words.
    start : str
        Where the last fit started, in words; empty: where the estimator's own does.
    """

    estimator: Any
    by: str
    parameters: tuple[str, ...]
    way: str
    start: str = ""

    def told(self, settings: ModelSettings) -> ModelSettings:
        """Return the estimator's settings with words that say what was chosen, and by whom."""
        written = dict(settings.written)
        note = f"chosen by {self.way}"
        named = (_SETTINGS.get(name.rpartition("__")[2], "") for name in self.parameters)
        for setting in dict.fromkeys(named):
            if setting in written:
                written[setting] = f"{written[setting]}, {note}"
        training = settings.training
        if self.start:
            training = replace(training, initialization=self.start)
            written["initialization"] = self.start
        return replace(
            settings,
            model=f"{settings.model}, chosen by {self.by}",
            training=training,
            written=written,
        )


def own_search(search: Any) -> OwnSearch | None:
    """Return what is known of a search that fits an estimator of its own; else ``None``."""
    return next((one for one in _OWN if one.knows(search)), None)


def is_search(estimator: Any) -> bool:
    """Whether an estimator searches for parameters by cross-validation."""
    return own_search(estimator) is not None or isinstance(estimator, _BASE)


def is_fitted_search(search: Any) -> bool:
    """Whether a search was fitted, with or without a best estimator."""
    if own_search(search) is not None:
        return hasattr(search, "coef_")
    return hasattr(search, "best_estimator_") or hasattr(search, "best_params_")


def refuse_without_refit(search: Any) -> None:
    """Refuse a search that keeps no estimator fitted on all rows.

    Raises
    ------
    InvalidParameterError
        With ``refit=False``.
    """
    # A name of a score, or a function, says by what is chosen; only False is none.
    refit = getattr(search, "refit", True)
    if refit is not False and refit != 0:
        return
    kind = type(search).__name__
    left = "no estimator at all"
    if own_search(search) is not None:
        # Only LogisticRegressionCV has it. Measured on 1.9: up to 0.21 from a fit at the chosen C.
        left = "the mean of the folds' coefficients, which is the optimum of no objective"
    raise InvalidParameterError(
        f"a search is compared by the estimator that it refits on all rows, got "
        f"{kind}(refit=False), which keeps {left}; write refit=True"
    )


def searched(search: Any) -> Any:
    """Return the estimator whose parameters are searched: the best, where that is known."""
    own = own_search(search)
    if own is not None:
        fitted = is_fitted_search(search) and getattr(search, "refit", True)
        return own.chosen_by(search) if fitted else own.candidate_of(search)
    return getattr(search, "best_estimator_", search.estimator)


def searches_steps(search: Any) -> bool:
    """Whether a search over a pipeline may choose among the steps before its last one."""
    steps = getattr(searched(search), "steps", None)
    if not steps:
        return False
    # Of GridSearchCV, of RandomizedSearchCV, and of the halving searches one or the other; what
    # another class searches is not known.
    grids = getattr(search, "param_grid", getattr(search, "param_distributions", None))
    if grids is None:
        return True
    names = [name for grid in ([grids] if isinstance(grids, Mapping) else grids) for name in grid]
    return any(name.partition("__")[0] != steps[-1][0] for name in names)


def weights_argument(search: Any) -> str:
    """Return the name under which the fit of a search passes weights of rows to its estimator.

    A pipeline gives them to its last step alone, unless metadata routing says otherwise.
    """
    steps = getattr(searched(search), "steps", None)
    if not steps or sklearn.get_config().get("enable_metadata_routing"):
        return "sample_weight"
    return f"{steps[-1][0]}__sample_weight"


def choice_of(search: Any) -> Choice:
    """Return what a fitted search chose."""
    estimator, by, own = searched(search), type(search).__name__, own_search(search)
    if own is not None:
        return Choice(
            estimator=estimator,
            by=by,
            parameters=own.choices_of(search),
            way=own.way_of(search),
            start=own.start_of(search),
        )
    names, way = tuple(search.best_params_), by_folds(int(search.n_splits_))
    return Choice(estimator=estimator, by=by, parameters=names, way=way)

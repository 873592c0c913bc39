"""RidgeCV, LassoCV and ElasticNetCV as the estimators that they chose."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn.linear_model import ElasticNet, ElasticNetCV, Lasso, LassoCV, Ridge, RidgeCV

from pytest_modelparity.frameworks.sklearn.search.own import OwnSearch, by_folds

#: What a fit leaves and the estimator has too.
_FITTED = ("coef_", "intercept_", "n_features_in_", "feature_names_in_")
#: The last fit of a LassoCV is a Lasso's own, from zero (scikit-learn 1.9, _coordinate_descent.py,
#: `LinearModelCV.fit`).
_DESCENT = (*_FITTED, "n_iter_", "dual_gap_")
#: Of the folds: the last fit of a LassoCV leaves the Gram matrix to itself.
_OF_THE_FOLDS = ("precompute", "copy_X")


def _ridge(search: RidgeCV, alpha: Any) -> Ridge:
    """Return an unfitted Ridge with the parameters of a search."""
    return Ridge(alpha=float(alpha), fit_intercept=search.fit_intercept)


def _descent(kind: type, search: Any, **chosen: Any) -> Any:
    """Return an unfitted Lasso or ElasticNet with the parameters of a search."""
    given = search.get_params(deep=False)
    names = set(inspect.signature(kind).parameters) - {*_OF_THE_FOLDS, *chosen}
    return kind(**{name: given[name] for name in names & set(given)}, **chosen)


def _lasso(search: LassoCV, alpha: Any) -> Lasso:
    return _descent(Lasso, search, alpha=float(alpha))


def _elastic_net(search: ElasticNetCV, alpha: Any, l1_ratio: Any) -> ElasticNet:
    return _descent(ElasticNet, search, alpha=float(alpha), l1_ratio=float(np.ravel(l1_ratio)[0]))


def _several_alphas(search: Any) -> tuple[str, ...]:
    # RidgeCV keeps what it was given, the others the path that they made.
    return ("alpha",) if np.size(getattr(search, "alphas_", search.alphas)) > 1 else ()


def _choices_of_elastic_net(search: ElasticNetCV) -> tuple[str, ...]:
    shares = ("l1_ratio",) if np.size(search.l1_ratio) > 1 else ()
    return (*_several_alphas(search), *shares)


def _way_of_ridge(search: RidgeCV) -> str:
    # With folds it is a GridSearchCV that is not kept.
    return "leave-one-out cross-validation" if search.cv is None else "cross-validation"


def _way_of_descent(search: Any) -> str:
    return by_folds(np.shape(search.mse_path_)[-1])


SEARCHES = (
    OwnSearch(
        kind=RidgeCV,
        candidate_of=lambda search: _ridge(search, 1.0),
        refitted=lambda search: _ridge(search, search.alpha_),
        fitted=_FITTED,
        choices_of=_several_alphas,
        way_of=_way_of_ridge,
    ),
    OwnSearch(
        kind=LassoCV,
        candidate_of=lambda search: _lasso(search, 1.0),
        refitted=lambda search: _lasso(search, search.alpha_),
        fitted=_DESCENT,
        choices_of=_several_alphas,
        way_of=_way_of_descent,
    ),
    OwnSearch(
        kind=ElasticNetCV,
        candidate_of=lambda search: _elastic_net(search, 1.0, search.l1_ratio),
        refitted=lambda search: _elastic_net(search, search.alpha_, search.l1_ratio_),
        fitted=_DESCENT,
        choices_of=_choices_of_elastic_net,
        way_of=_way_of_descent,
    ),
)

"""The mappings of scikit-learn's estimators."""

from __future__ import annotations

from pytest_modelparity.frameworks.sklearn.logistic.mapping import LogisticRegressionMapping
from pytest_modelparity.frameworks.sklearn.search.mapping import SearchMapping
from pytest_modelparity.frameworks.sklearn.sgd.mapping import SGDClassifierMapping
from pytest_modelparity.sides.mapping import EstimatorMapping


def mappings() -> tuple[EstimatorMapping, ...]:
    """Return them in the order in which they are asked, anew for each check."""
    known: tuple[EstimatorMapping, ...] = (LogisticRegressionMapping(), SGDClassifierMapping())
    return (*known, SearchMapping(known))

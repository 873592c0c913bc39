"""The mappings of scikit-learn's estimators."""

from __future__ import annotations

from pytest_modelparity.frameworks.sklearn.linear.families import FAMILIES
from pytest_modelparity.frameworks.sklearn.linear.mapping import RegressorMapping
from pytest_modelparity.frameworks.sklearn.logistic.mapping import LogisticRegressionMapping
from pytest_modelparity.frameworks.sklearn.one_vs_rest.mapping import OneVsRestMapping
from pytest_modelparity.frameworks.sklearn.pipeline.mapping import PipelineMapping
from pytest_modelparity.frameworks.sklearn.search.mapping import SearchMapping
from pytest_modelparity.frameworks.sklearn.sgd.mapping import (
    SGDClassifierMapping,
    SGDRegressorMapping,
)
from pytest_modelparity.sides.mapping import EstimatorMapping


def mappings() -> tuple[EstimatorMapping, ...]:
    """Return them in the order in which they are asked, anew for each check."""
    classifiers = (LogisticRegressionMapping(), SGDClassifierMapping())
    known: tuple[EstimatorMapping, ...] = (
        *classifiers,
        OneVsRestMapping(classifiers),
        SGDRegressorMapping(),
        *map(RegressorMapping, FAMILIES),
    )
    # A pipeline may end in a search, and a search may be one over pipelines.
    pipelines = PipelineMapping((*known, SearchMapping(known)))
    return (*known, pipelines, SearchMapping((*known, pipelines)))

"""What the check knows of scikit-learn's SGDClassifier and SGDRegressor."""

from __future__ import annotations

from inspect import getattr_static
from typing import Any

from pytest_modelparity.frameworks.sklearn import refused
from pytest_modelparity.frameworks.sklearn.sgd import recipes, remedies, rows
from pytest_modelparity.frameworks.sklearn.sgd.kinds import CLASSIFIER, REGRESSOR, Kind
from pytest_modelparity.frameworks.sklearn.sgd.refusals import why_not_loss
from pytest_modelparity.frameworks.sklearn.sgd.source import program
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.mapping import MappingRow
from pytest_modelparity.sides.training import Remedy


class _SGDMapping:
    """Knows one of the two, and subclasses that train and predict as it does.

    An `EstimatorMapping`. The recipes of its remedies are an `EstimatorRecipe`, `OnDense` and
    `BySolver`.
    """

    kind: Kind
    name: str

    def knows(self, estimator: Any) -> bool:
        """Whether ``estimator`` is one, or a subclass that trains and predicts as it does."""
        # By their own definitions: `available_if` makes a new predict_proba for whoever asks.
        return (
            isinstance(estimator, self.kind.estimator)
            and self.kind.has_loss(getattr(estimator, "loss", None))
            and all(
                getattr_static(estimator, name) is getattr_static(self.kind.estimator, name)
                for name in self.kind.own_methods
            )
        )

    def why_not(self, estimator: Any) -> str:
        """Return why another linear model is not known; empty where nothing is known of it."""
        if not isinstance(estimator, self.kind.estimator):
            return refused.why_not(estimator)
        loss = getattr(estimator, "loss", None)
        return "" if self.kind.has_loss(loss) else why_not_loss(self.kind, loss)

    def read(self, estimator: Any, data: Dataset) -> ModelSettings:
        """Return the settings by meaning; refuses before anything is fitted."""
        return recipes.read(estimator, data)

    def fit(self, estimator: Any, data: Dataset, *, side: str = "reference") -> FittedModel:
        """Fit a clone as its user configured it, or take a fitted estimator as it is.

        Where it can be fitted a second time in seconds, a finding says whether rounding decides
        where it ends.
        """
        return recipes.fit(estimator, data, side=side)

    def remedies(
        self, estimator: Any, data: Dataset, *, fitted: FittedModel, side: str = "reference"
    ) -> tuple[Remedy, ...]:
        """Return changed trainings of the same objective, the cheapest first."""
        return remedies.remedies(estimator, data, fitted=fitted, side=side)

    def source(self, estimator: Any, data: Dataset, *, side: str = "reference") -> str:
        """Return a program that fits an estimator, or a recipe."""
        return program(estimator, data, side)

    def mapping_rows(self, estimator: Any, data: Dataset | None = None) -> tuple[MappingRow, ...]:
        """Return one row for each constructor parameter of the installed version."""
        return rows.mapping_rows(estimator, data)

    def inert_settings(self, estimator: Any, data: Dataset) -> tuple[str, ...]:
        """Return a sentence for each parameter that was changed and has no effect."""
        return rows.inert_settings(estimator, data)


class SGDClassifierMapping(_SGDMapping):
    """Knows `sklearn.linear_model.SGDClassifier` with the log-loss, of two classes."""

    kind, name = CLASSIFIER, CLASSIFIER.name


class SGDRegressorMapping(_SGDMapping):
    """Knows `sklearn.linear_model.SGDRegressor` with the squared error."""

    predicts = "prediction"
    kind, name = REGRESSOR, REGRESSOR.name

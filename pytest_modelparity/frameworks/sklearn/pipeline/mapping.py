"""What the check knows of a pipeline: its steps, and the mapping of its last one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.sklearn.logistic.recipes import Standardised
from pytest_modelparity.frameworks.sklearn.pipeline.data import (
    data_behind,
    makes_the_features,
    on_features,
)
from pytest_modelparity.frameworks.sklearn.pipeline.maps import settings_of
from pytest_modelparity.frameworks.sklearn.pipeline.steps import (
    Steps,
    is_fitted,
    routed_weights,
    take_apart,
)
from pytest_modelparity.frameworks.sklearn.pipeline.words import (
    model_text,
    program,
    program_behind,
    scaling_text,
    step_rows,
)
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import (
    Dataset,
    Features,
    GivenRows,
)
from pytest_modelparity.sides.estimator import built
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.mapping import (
    EstimatorMapping,
    LastStep,
    MappingRow,
    predicted_quantity,
)
from pytest_modelparity.sides.passed import PassedRows
from pytest_modelparity.sides.recording import as_records
from pytest_modelparity.sides.training import Remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class InPipeline:
    """A recipe of a pipeline's last step, behind the steps of the pipeline.

    Parameters
    ----------
    recipe : object
        Of the last step, as its mapping makes them.
    pipeline : Pipeline
        With the steps; those of one check are of one pipeline, so it is not compared.
    """

    recipe: Any
    pipeline: Pipeline = field(compare=False)


#: A pipeline, or a recipe of its last step.
Subject: TypeAlias = "Pipeline | InPipeline"


class PipelineMapping:
    """Knows `sklearn.pipeline.Pipeline` around an estimator that another mapping knows.

    An `EstimatorMapping` and a `RowPreparation`. One serves one check: it keeps the fitted steps.

    Parameters
    ----------
    mappings : tuple of EstimatorMapping
        One of them has to know the last step.
    """

    def __init__(self, mappings: tuple[EstimatorMapping, ...]) -> None:
        self._mappings = mappings
        self._taken: list[tuple[Pipeline, GivenRows, np.ndarray | None, Steps]] = []
        self._behind: list[tuple[Steps, Dataset, Dataset]] = []
        self.name = "sklearn.pipeline.Pipeline that ends in one of these"

    def knows(self, estimator: Any) -> bool:
        """Whether it is a pipeline, also one that `read` refuses."""
        return isinstance(estimator, Pipeline)

    def predicts(self, estimator: Pipeline) -> str:
        """Return what its last step predicts."""
        return predicted_quantity(self._last_mapping(estimator), estimator.steps[-1][1])

    def features(
        self, estimator: Pipeline, X: GivenRows, y: np.ndarray, X_eval: GivenRows = None
    ) -> Features | None:
        """Return what maps rows to features, where steps stay outside; else ``None``."""
        self._last_mapping(estimator)
        rows = X.sample.given if isinstance(X, PassedRows) else X
        steps = self._steps(estimator, rows, y, X_eval=X_eval)
        return None if steps.outside is None else steps.features

    def why_whole(
        self, estimator: Pipeline, X: PassedRows, y: np.ndarray, X_eval: GivenRows = None
    ) -> str:
        """Return why its steps take all rows in memory: to be fitted, or since one is no matrix."""
        if not is_fitted(estimator):
            return "where the steps of a Pipeline are to be fitted (fitted ones take blocks)"
        self._last_mapping(estimator)
        outside = self._steps(estimator, X.sample.given, y, X_eval=X_eval).outside
        if outside is None:
            return ""
        # What is not finite is no number to a matrix, and is told as what it is.
        X.checked("X")
        return f"behind step {outside.steps[-1][0]!r} of a Pipeline, which is no affine map,"

    def last_step(
        self, estimator: Pipeline, X: GivenRows, y: np.ndarray, X_eval: GivenRows = None
    ) -> LastStep:
        """Return the last step, and what maps rows to those that it gets."""
        self._last_mapping(estimator)
        steps = self._steps(estimator, X, y, X_eval=X_eval)
        return LastStep(estimator=estimator.steps[-1][1], transform=steps.transform)

    def read(self, estimator: Subject, data: Dataset) -> ModelSettings:
        """Return the settings of the last step, with the scaling of the steps before it."""
        pipeline, last = _parts(estimator)
        inner = self._last_mapping(pipeline)
        steps = self._steps_of(pipeline, data)
        behind = self._data_behind(steps, data)
        return self._settings(pipeline, steps, inner.read(last, behind), data)

    def fit(self, estimator: Subject, data: Dataset, *, side: str = "reference") -> FittedModel:
        """Fit the steps and then the last one, or take a fitted pipeline as it is."""
        pipeline, last = _parts(estimator)
        inner = self._last_mapping(pipeline)
        steps = self._steps_of(pipeline, data)
        fitted = inner.fit(last, self._data_behind(steps, data), side=side)
        recorded = (*as_records(steps.raised, side), *fitted.warnings)
        coef, intercept = on_features(fitted, steps, data)
        whole = replace(
            fitted,
            settings=self._settings(pipeline, steps, fitted.settings, data),
            coef=coef,
            intercept=intercept,
            warnings=recorded,
            raised=(*steps.raised, *fitted.raised),
            seconds=None if fitted.seconds is None else fitted.seconds + steps.seconds,
        )
        return replace(whole, predict=lambda X: fitted.predict(steps.transform(X)))

    def remedies(
        self, estimator: Subject, data: Dataset, *, fitted: FittedModel, side: str = "reference"
    ) -> tuple[Remedy, ...]:
        """Return those of the last step; the steps before it decide its objective."""
        pipeline, last = _parts(estimator)
        behind = self._data_behind(self._steps_of(pipeline, data), data)
        found = self._last_mapping(pipeline).remedies(last, behind, fitted=fitted, side=side)
        return tuple(
            replace(one, recipe=InPipeline(recipe=one.recipe, pipeline=pipeline))
            for one in found
            # Another scaler is a step of the pipeline, not a training of its last one.
            if not isinstance(one.recipe, Standardised)
        )

    def source(self, estimator: Subject, data: Dataset, *, side: str = "reference") -> str:
        """Return a program that fits a pipeline, or a recipe."""
        pipeline, last = _parts(estimator)
        if not isinstance(last, BaseEstimator):
            behind = self._data_behind(self._steps_of(pipeline, data), data)
            inner = self._last_mapping(pipeline).source(last, behind, side=side)
            return program_behind(clone(pipeline[:-1]), side, inner)
        changed = clone(pipeline)
        changed.steps[-1] = (changed.steps[-1][0], clone(last))
        return program(changed, side, weighted=data.sample_weight is not None)

    def mapping_rows(
        self, estimator: Pipeline, data: Dataset | None = None
    ) -> tuple[MappingRow, ...]:
        """Return a row for each step and for each parameter of the last one."""
        last = estimator.steps[-1][1]
        inner = self._last_mapping(estimator)
        if data is None:
            return inner.mapping_rows(last, None)
        steps = self._steps_of(estimator, data)
        rows = inner.mapping_rows(last, self._data_behind(steps, data))
        return (*step_rows(estimator, steps), *rows)

    def inert_settings(self, estimator: Subject, data: Dataset) -> tuple[str, ...]:
        """Return what the mapping of the last step says."""
        pipeline, last = _parts(estimator)
        behind = self._data_behind(self._steps_of(pipeline, data), data)
        return self._last_mapping(pipeline).inert_settings(last, behind)

    def _settings(
        self, pipeline: Pipeline, steps: Steps, inner: ModelSettings, data: Dataset
    ) -> ModelSettings:
        """Return the settings of the last step as those of the pipeline."""
        objective, unmodelled = inner.objective, inner.unmodelled
        if not makes_the_features(steps, data):
            objective = None
            unmodelled = (*unmodelled, "its steps make other features than those compared")
        elif objective is not None and steps.whole is not None:
            objective = replace(objective, **settings_of(steps.whole, data.X))
        return replace(
            inner,
            model=model_text(pipeline, inner.model),
            objective=objective,
            unmodelled=unmodelled,
            written={**inner.written, "feature_scaling": scaling_text(pipeline, steps)},
        )

    def _data_behind(self, steps: Steps, data: Dataset) -> Dataset:
        """Return the data as the last step gets them, the same object each time."""
        for known, given, behind in self._behind:
            if known is steps and given is data:
                return behind
        behind = data_behind(steps, data)
        self._behind.append((steps, data, behind))
        return behind

    def _last_mapping(self, pipeline: Pipeline) -> EstimatorMapping:
        """Return the mapping of the last step, or refuse it by name."""
        name, last = pipeline.steps[-1]
        for mapping in self._mappings:
            if mapping.knows(last):
                return mapping
        known = ", ".join(mapping.name for mapping in self._mappings)
        what = last if last is None or isinstance(last, str) else type(last).__name__
        raise ModelParityError(
            f"a pipeline must end in an estimator that a mapping knows (known: {known}), got "
            f"step {name!r}, which is {what}"
        )

    def _steps_of(self, pipeline: Pipeline, data: Dataset) -> Steps:
        """Return the fitted steps on the rows of a check."""
        rows = data.X_given
        if not data.is_held and is_fitted(pipeline):
            rows = data.held_rows_given
        return self._steps(
            pipeline,
            rows,
            data.y_given,
            sample_weight=data.sample_weight,
            X_eval=None if data.evaluates_training_rows else data.X_eval_given,
        )

    def _steps(
        self,
        pipeline: Pipeline,
        X: GivenRows,
        y: np.ndarray,
        *,
        sample_weight: np.ndarray | None = None,
        X_eval: GivenRows = None,
    ) -> Steps:
        """Return the fitted steps, fitted once in a check."""
        # By identity: all that is asked in one check is asked with the user's own objects.
        # Weights count where a step takes them: they are known once the data are read.
        routed = routed_weights(pipeline[:-1], sample_weight).get("sample_weight")
        for known, rows, weights, steps in self._taken:
            if known is pipeline and rows is X and weights is routed:
                return steps
        steps = take_apart(pipeline, X, y, sample_weight=sample_weight, X_eval=X_eval)
        self._taken.append((pipeline, X, routed, steps))
        return steps


def _parts(subject: Subject) -> tuple[Pipeline, Any]:
    """Return the pipeline, and its last step: an estimator, or a recipe of its mapping's own."""
    if not isinstance(subject, InPipeline):
        return subject, subject.steps[-1][1]
    recipe = subject.recipe
    return subject.pipeline, built(recipe)

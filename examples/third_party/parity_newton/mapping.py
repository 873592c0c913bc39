"""What the check must know of NewtonLogistic: an `EstimatorMapping`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from parity_newton.estimator import NewtonLogistic
from pytest_modelparity.extend import (
    Change,
    Dataset,
    EstimatorRecipe,
    FittedModel,
    MappingRow,
    ModelParityError,
    ModelSettings,
    ObjectiveSettings,
    Remedy,
    TrainingSettings,
    kernel_regularizer_text,
)


class NewtonLogisticMapping:
    """Its settings, its training, and what to change where it stops early."""

    name = "NewtonLogistic"

    def knows(self, estimator: Any) -> bool:
        return isinstance(estimator, NewtonLogistic)

    def read(self, estimator: Any, data: Dataset) -> ModelSettings:
        model = estimator_of(estimator)
        if data.n_classes != 2:
            raise ModelParityError(
                f"NewtonLogistic takes two classes, got {data.n_classes}; pass two of them"
            )
        if data.sample_weight is not None:
            raise ModelParityError("NewtonLogistic takes no sample_weight; repeat rows instead")
        return ModelSettings(
            framework="other",
            model=f"NewtonLogistic(ridge={model.ridge}, steps={model.steps})",
            # The strengths stand beside the mean loss: ridge does too, nothing to convert.
            objective=ObjectiveSettings(l2_strength=model.ridge),
            training=TrainingSettings(solver="Newton", iterations=model.steps),
            written={
                "penalty": "l2",
                "C": f"ridge={model.ridge}",
                "solver": "Newton's method",
                "iterations": f"steps={model.steps}",
            },
        )

    def fit(self, estimator: Any, data: Dataset, *, side: str = "reference") -> FittedModel:
        model, settings = estimator_of(estimator), self.read(estimator, data)
        if not hasattr(model, "coef_"):
            # A new one: the check never changes what it was given.
            model = NewtonLogistic(model.ridge, model.steps).fit(data.X, data.y_given)
        training = replace(settings.training, iterations_run=model.steps)
        return FittedModel(
            settings=replace(settings, training=training),
            predict=model.predict_proba,
            coef=model.coef_,
            intercept=model.intercept_,
        )

    def remedies(
        self, estimator: Any, data: Dataset, *, fitted: FittedModel, side: str = "reference"
    ) -> tuple[Remedy, ...]:
        steps = 10 * estimator.steps
        return (
            Remedy(
                changes=(Change(side=side, setting="iterations", text=f"steps={steps}"),),
                recipe=EstimatorRecipe(
                    kind=NewtonLogistic, parameters={"ridge": estimator.ridge, "steps": steps}
                ),
            ),
        )

    def source(self, estimator: Any, data: Dataset, *, side: str = "reference") -> str:
        model = estimator_of(estimator)
        return (
            f"from parity_newton import NewtonLogistic\n\n"
            f"{side} = NewtonLogistic(ridge={model.ridge!r}, steps={model.steps!r})\n"
            f"{side}.fit(X, y)\n"
        )

    def mapping_rows(self, estimator: Any, data: Dataset | None = None) -> tuple[MappingRow, ...]:
        return (
            MappingRow(
                name="ridge",
                value=repr(estimator.ridge),
                keras=f"kernel_regularizer={kernel_regularizer_text(estimator.ridge, 0.0)}",
                status="exact",
                reason="L2(l) adds l times the squared length, without the half",
            ),
            MappingRow(
                name="steps",
                value=repr(estimator.steps),
                keras="-",
                status="approximate",
                reason="decides how near the optimum the search stops",
            ),
        )

    def inert_settings(self, estimator: Any, data: Dataset) -> tuple[str, ...]:
        return ()


def estimator_of(given: Any) -> NewtonLogistic:
    """Return the estimator, which comes as data where it is a remedy's."""
    return given.build() if isinstance(given, EstimatorRecipe) else given

"""Teach the check an estimator of your own, and write its reports in a format of your own.

``NewtonLogistic`` stands for the estimator of your code base. Its mapping says what its settings
mean, how it is trained, and what to change where it stops early. Everything else (the Keras twin,
the exact optimum, causes, report) then works for it as it does for LogisticRegression.

``CsvReporter`` writes a table of all checks::

    pytest --parity-report-to=csv=parity.csv
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit


class NewtonLogistic:
    """Logistic regression for two classes, by a fixed number of Newton steps.

    It minimises the mean log-loss plus ``ridge / 2`` times the squared length of the coefficients;
    the intercept is free.
    """

    def __init__(self, ridge: float = 0.1, steps: int = 8) -> None:
        self.ridge, self.steps = ridge, steps

    def fit(self, X: np.ndarray, y: np.ndarray) -> NewtonLogistic:
        self.classes_, target = np.unique(y, return_inverse=True)
        rows = np.column_stack([X, np.ones(len(X))])
        penalty = np.diag([self.ridge] * X.shape[1] + [0.0])
        parameters = np.zeros(rows.shape[1])
        for _ in range(self.steps):
            p = expit(rows @ parameters)
            gradient = rows.T @ (p - target) / len(rows) + penalty @ parameters
            hessian = (rows.T * (p * (1 - p))) @ rows / len(rows) + penalty
            parameters = parameters - np.linalg.solve(hessian, gradient)
        self.coef_, self.intercept_ = parameters[None, :-1], parameters[-1:]
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        p = expit(X @ self.coef_[0] + self.intercept_)
        return np.column_stack([1 - p, p])


class NewtonLogisticMapping:
    """What the check must know about NewtonLogistic."""

    name = "NewtonLogistic"

    def knows(self, estimator) -> bool:
        return isinstance(estimator, NewtonLogistic)

    def read(self, estimator, data):
        from pytest_modelparity import ModelParityError
        from pytest_modelparity.settings import (
            ModelSettings,
            ObjectiveSettings,
            TrainingSettings,
        )

        if data.n_classes != 2:
            raise ModelParityError(
                f"NewtonLogistic takes two classes, got {data.n_classes}; pass two of them"
            )
        return ModelSettings(
            framework="other",
            model=f"NewtonLogistic(ridge={estimator.ridge}, steps={estimator.steps})",
            # The strengths beside the mean loss: ridge is one already, nothing to convert.
            objective=ObjectiveSettings(l2_strength=estimator.ridge),
            training=TrainingSettings(solver="Newton", iterations=estimator.steps),
            written={
                "penalty": "l2",
                "C": f"ridge={estimator.ridge}",
                "solver": "Newton's method",
                "iterations": f"steps={estimator.steps}",
            },
        )

    def fit(self, estimator, data):
        from pytest_modelparity.sides.fitted import FittedModel

        settings = self.read(estimator, data)
        # A copy: the check never changes what it was given.
        model = NewtonLogistic(estimator.ridge, estimator.steps).fit(data.X, data.y)
        return FittedModel(
            settings=replace(
                settings, training=replace(settings.training, iterations_run=estimator.steps)
            ),
            predict_proba=model.predict_proba,
            coef=model.coef_,
            intercept=model.intercept_,
        )

    def remedies(self, estimator, data, *, fitted=None):
        from pytest_modelparity.report.parts import Change
        from pytest_modelparity.sides.fitted import Remedy

        steps = 10 * estimator.steps
        longer = NewtonLogistic(estimator.ridge, steps)
        return (
            Remedy(
                setting="iterations",
                changes=(Change(side="reference", setting="iterations", text=f"steps={steps}"),),
                train=lambda: self.fit(longer, data),
                iterations=steps,
            ),
        )

    def mapping_rows(self, estimator, data=None):
        from pytest_modelparity.frameworks.keras.write.words import kernel_regularizer_text
        from pytest_modelparity.sides.mapping import MappingRow

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


class CsvReporter:
    """A line for each check, for a spreadsheet."""

    name = "csv"

    def render(self, run) -> str:
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["check", "verdict", "probability", "allowed", "causes"])
        for check in run.checks:
            report = check.report
            probability = report.divergences["probability"]
            causes = " ".join(cause.setting for cause in report.causes)
            table.writerow(
                [check.name, report.verdict, probability.value, probability.allowed, causes]
            )
        return text.getvalue()


def pytest_modelparity_mappings(config):
    """Add the mapping; it is asked before those that the package brings along."""
    return [NewtonLogisticMapping()]


def pytest_modelparity_reporters(config):
    """Add the reporter, which ``--parity-report-to=csv=FILE`` asks for."""
    return [CsvReporter()]


@pytest.fixture
def newton_logistic() -> type[NewtonLogistic]:
    return NewtonLogistic

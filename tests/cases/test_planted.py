"""One difference is planted between two sides that agree in everything else: it is named first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pytest
from sampling import sampled
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ParityReport, compare_models, train_to_optimum

TOLERANCE = 0.01
#: A plant must move the optimum (a training setting: the trained result) by more than this.
MOVES = 2 * TOLERANCE


@dataclass(frozen=True)
class Data:
    """Rows whose optimum needs an intercept: standardised features, moved off zero."""

    X: np.ndarray
    y: np.ndarray
    C: float

    @property
    def n(self) -> int:
        return len(self.y)

    @property
    def n_classes(self) -> int:
        return len(np.unique(self.y))


@dataclass(frozen=True)
class Recipe:
    """A Keras model for the reference's objective; a plant changes one entry."""

    l2_factor: float = 1.0
    bias_l2_factor: float = 0.0
    label_smoothing: float = 0.0
    units: int | None = None
    use_bias: bool = True
    fit: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)


DATA = ("breast_cancer", "iris")


@pytest.fixture(params=DATA)
def data(request: pytest.FixtureRequest, bundled: Callable[..., Any]) -> Data:
    X, y = bundled(request.param, standardised=True)
    order = np.random.default_rng(0).permutation(len(y))
    # Shuffled, since validation_split takes the last rows; one class fewer would be another task.
    return Data(X=X[order] + 0.5, y=y[order], C=0.02)


def reference_for(data: Data) -> LogisticRegression:
    return LogisticRegression(C=data.C, solver="newton-cholesky", tol=1e-10)


def build(data: Data, recipe: Recipe) -> Any:
    l2 = recipe.l2_factor / (2 * data.C * data.n)
    units = recipe.units or (1 if data.n_classes == 2 else data.n_classes)
    model = keras.Sequential(
        [
            keras.Input((data.X.shape[1],)),
            keras.layers.Dense(
                units,
                activation="sigmoid" if units == 1 else "softmax",
                use_bias=recipe.use_bias,
                kernel_initializer="zeros",
                kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
                bias_regularizer=keras.regularizers.L2(l2 * recipe.bias_l2_factor)
                if recipe.bias_l2_factor
                else None,
            ),
        ]
    )
    kind = keras.losses.BinaryCrossentropy if units == 1 else keras.losses.CategoricalCrossentropy
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9), loss=kind(label_smoothing=recipe.label_smoothing)
    )
    return model


def check(data: Data, recipe: Recipe, **changes: Any) -> ParityReport:
    """Compare the reference with a candidate at the optimum of its recipe, or trained by fit."""
    model = build(data, recipe)
    if recipe.fit is None:
        # Trained to its optimum beforehand: nothing but the objective can be the cause.
        model = train_to_optimum(model, data.X, data.y).model
    arguments = {"tolerance": TOLERANCE} | changes
    return compare_models(
        reference_for(data), data.X, data.y, candidate=model, fit=recipe.fit, **arguments
    )


def assert_first_cause(report: ParityReport, setting: str, kind: str = "objective") -> None:
    assert report.verdict == "diverged"
    assert report.split is not None
    part = report.split.objective_gap if kind == "objective" else report.split.candidate_error
    assert part.largest > MOVES, "the plant does not count: it hardly moves the optimum"
    first = report.causes[0]
    assert (first.setting, first.kind) == (setting, kind)
    if kind == "objective":
        assert first.role == "must"
        assert first.share == pytest.approx(1.0)
    musts = [cause.setting for cause in report.causes if cause.role == "must"]
    assert musts == ([setting] if kind == "objective" else [])
    assert report.repair is not None
    assert report.repair.verified
    assert report.repair.probability_after <= TOLERANCE


def on(name: str) -> pytest.MarkDecorator:
    """Return the mark of a test that a plain run makes on one data set only."""
    return pytest.mark.parametrize("data", sampled(DATA, [name]), indirect=True)


def test_nothing_planted_is_equivalent(data: Data) -> None:
    report = check(data, Recipe())
    assert report.verdict == "equivalent"
    assert report.causes == ()


@on("breast_cancer")
@pytest.mark.parametrize(
    "recipe, setting",
    [
        pytest.param(Recipe(l2_factor=0.0), "penalty", id="penalty missing"),
        pytest.param(Recipe(l2_factor=0.1), "C", id="C times 10"),
        pytest.param(Recipe(bias_l2_factor=1.0), "intercept_penalty", id="penalised intercept"),
        pytest.param(Recipe(label_smoothing=0.1), "label_smoothing", id="label smoothing"),
        pytest.param(Recipe(use_bias=False), "fit_intercept", id="no bias"),
    ],
)
def test_planted_objective_setting_is_the_first_cause(
    data: Data, recipe: Recipe, setting: str
) -> None:
    assert_first_cause(check(data, recipe), setting)


@on("iris")
def test_forgotten_division_by_n_is_the_first_cause_and_said(data: Data) -> None:
    report = check(data, Recipe(l2_factor=float(data.n)))
    assert_first_cause(report, "C")
    assert f"{data.n} times too strong" in report.causes[0].note


@on("breast_cancer")
def test_a_forgotten_half_is_the_first_cause_and_said(data: Data) -> None:
    report = check(data, Recipe(l2_factor=2.0))
    assert_first_cause(report, "C")
    assert "1/2" in report.causes[0].note


@on("iris")
def test_planted_two_unit_softmax_is_named_with_the_penalty_that_would_fit_it(data: Data) -> None:
    if data.n_classes > 2:
        kept = data.y > 0
        data = Data(X=data.X[kept], y=data.y[kept] - 1, C=data.C)
    report = check(data, Recipe(units=2))
    assert report.verdict == "diverged"
    # The head can go, or the penalty can be doubled for it: either is enough.
    assert {(cause.setting, cause.role) for cause in report.causes} == {
        ("output_head", "one_of"),
        ("C", "one_of"),
    }
    assert report.repair is not None
    assert report.repair.verified


#: Enough full-batch steps of the recipe's optimizer for these strengths; the control shows it.
LONG = {"epochs": 120, "batch_size": 1000}


@on("iris")
def test_trained_control_is_equivalent(data: Data) -> None:
    assert check(data, Recipe(fit=LONG)).verdict == "equivalent"


@on("breast_cancer")
def test_planted_class_weight_is_the_first_cause(data: Data) -> None:
    weights = dict.fromkeys(range(data.n_classes), 1.0) | {0: 3.0}
    assert_first_cause(check(data, Recipe(fit=LONG | {"class_weight": weights})), "class_weight")


@on("iris")
def test_planted_validation_split_is_the_first_cause(data: Data) -> None:
    report = check(data, Recipe(fit=LONG | {"validation_split": 0.5}))
    assert_first_cause(report, "rows_used")


@on("iris")
def test_too_few_epochs_are_the_first_cause(data: Data) -> None:
    report = check(data, Recipe(fit=LONG | {"epochs": 3}))
    assert_first_cause(report, "iterations", kind="training")
    assert {cause.setting for cause in report.causes} == {"iterations", "solver"}

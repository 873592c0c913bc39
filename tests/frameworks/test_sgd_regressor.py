"""SGDRegressor with the squared error: its objective, and why it is not at its optimum.

The candidates are estimators; of Keras there is the twin alone, whose model is that of a Ridge.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import ElasticNet, LinearRegression, Ridge, SGDClassifier, SGDRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import (
    InvalidParameterError,
    KerasRegressorTwin,
    ModelParityError,
    compare_models,
)
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.sklearn.sgd import rounding
from pytest_modelparity.frameworks.sklearn.sgd.by_solver import BySolver
from pytest_modelparity.frameworks.sklearn.sgd.mapping import SGDRegressorMapping
from pytest_modelparity.frameworks.sklearn.sgd.recipes import OnDense
from pytest_modelparity.parity.side import TRAINING, Side
from pytest_modelparity.settings import OBJECTIVE_SETTINGS, TRAINING_SETTINGS
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.regression import read_numbers, spread_of

MAPPING = SGDRegressorMapping()


def yields() -> tuple[np.ndarray, np.ndarray]:
    """Return 120 rows of four columns of one scale."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 4))
    return X, X @ [2.0, -1.0, 0.5, 0.0] + 3.0 + rng.normal(size=120)


def prices() -> tuple[np.ndarray, np.ndarray]:
    """Return 150 skewed numbers of another unit, with columns that depend on each other."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(150, 3))
    X[:, 2] = 0.8 * X[:, 0] + 0.6 * X[:, 2]
    return X, 20.0 + X @ [5.0, -2.0, 3.0] + 3.0 * rng.exponential(size=150)


DATA = {"yields": yields(), "prices": prices()}


def sgd(**options: Any) -> SGDRegressor:
    """Return an SGDRegressor with a seed."""
    return SGDRegressor(**{"random_state": 0, **options})


def arrived(**options: Any) -> SGDRegressor:
    """Return one that gets to its optimum, within 2e-4 deviations of y here."""
    steady = {"eta0": 0.1, "power_t": 0.6, "tol": None, "max_iter": 2000}
    return sgd(**{**steady, **options})


def left_by(recipe: Any, data: Dataset) -> float:
    """Return how far from the optimum of its objective a recipe ends, in deviations of y."""
    side = Side(name="reference", data=data, fitted=MAPPING.fit(recipe, data))
    assert side.optimum is not None
    moved = np.abs(side.predictions(TRAINING) - side.optimum.predictions).max()
    return float(moved) / spread_of(data)


PENALTIES: dict[str, dict[str, Any]] = {
    "l2": {"penalty": "l2"},
    "l1": {"penalty": "l1"},
    "elasticnet": {"penalty": "elasticnet", "l1_ratio": 0.3},
    "none": {"penalty": None, "fit_intercept": False},
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_long_training_ends_at_the_optimum_of_what_is_read(penalty: str, weighted: bool) -> None:
    X, y = DATA["yields"]
    data = read_numbers(X, y, sample_weight=np.linspace(0.2, 2.0, 120) if weighted else None)
    estimator = arrived(alpha=0.1, **PENALTIES[penalty])
    # Any strength or weight that is read wrong leaves more than 1e-2.
    assert left_by(estimator, data) < 2e-3
    # The same objective by another solver, to its tol.
    *_, by_solver = MAPPING.remedies(estimator, data, fitted=MAPPING.fit(estimator, data))
    assert isinstance(by_solver.recipe, BySolver)
    assert left_by(by_solver.recipe, data) < 1e-7


def test_every_setting_has_words_and_alpha_is_that_of_a_ridge_of_n_rows() -> None:
    X, y = DATA["yields"]
    settings = MAPPING.fit(sgd(alpha=0.1), read_numbers(X, y)).settings
    assert set(settings.written) == {*OBJECTIVE_SETTINGS, *TRAINING_SETTINGS}
    assert settings.word("C") == "alpha=0.1 (Ridge's 12)"
    assert settings.word("loss") == "squared error (loss='squared_error')"
    assert settings.word("class_weight") == "none (numbers have no classes)"
    assert settings.word("learning_rate") == "'invscaling', eta0=0.01, power_t=0.25"
    report = compare_models(arrived(alpha=0.1), X, y, candidate=Ridge(alpha=12.0))
    assert report.equivalent
    mixed = sgd(alpha=0.1, penalty="elasticnet", l1_ratio=0.25)
    rows = {row.name: row.keras for row in MAPPING.mapping_rows(mixed, read_numbers(X, y))}
    # Keras's squared error has no ½.
    assert rows["alpha"] == "kernel_regularizer=L1L2(l1=0.05, l2=0.075)"
    rows = {row.name: row.keras for row in MAPPING.mapping_rows(sgd())}
    assert rows["alpha"] == "kernel_regularizer=L2(alpha)"


#: Reference, candidate, causes that are musts.
OBJECTIVES: dict[str, tuple[Any, Any, set[str]]] = {
    "none": (arrived(alpha=0.1), lambda n: Ridge(alpha=0.1 * n), set()),
    "alpha for alpha": (arrived(alpha=0.5), lambda n: Ridge(alpha=0.5), {"C"}),
    "no penalty": (arrived(alpha=0.5), lambda n: LinearRegression(), {"penalty"}),
    "L1 for L2": (arrived(alpha=0.5), lambda n: ElasticNet(alpha=0.5, l1_ratio=1.0), {"penalty"}),
    "another share": (
        arrived(alpha=0.5, penalty="elasticnet", l1_ratio=0.1),
        lambda n: ElasticNet(alpha=0.5, l1_ratio=0.9),
        {"l1_ratio"},
    ),
    "no intercept": (
        arrived(alpha=0.1),
        lambda n: Ridge(alpha=0.1 * n, fit_intercept=False),
        {"fit_intercept"},
    ),
}


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("planted", OBJECTIVES)
def test_a_planted_objective_is_told_and_none_that_is_innocent(planted: str, name: str) -> None:
    X, y = DATA[name]
    reference, candidate, musts = OBJECTIVES[planted]
    report = compare_models(reference, X, y, candidate=candidate(len(y)))
    assert report.equivalent is not bool(musts)
    assert {cause.setting for cause in report.causes} == musts
    assert all(cause.role == "must" for cause in report.causes)


#: Reference that stops short, settings of which one is told.
TRAININGS: dict[str, tuple[SGDRegressor, set[str]]] = {
    "few epochs": (arrived(alpha=0.1, max_iter=3), {"iterations", "solver"}),
    "stopped by tol": (sgd(alpha=0.1, tol=0.1), {"tol", "solver", "learning_rate"}),
    "constant rate": (
        sgd(alpha=0.1, learning_rate="constant", eta0=0.05, max_iter=50, tol=None),
        {"learning_rate", "solver"},
    ),
    "averaged": (
        sgd(alpha=0.1, average=True, tol=None, max_iter=20),
        {"iterations", "learning_rate", "solver"},
    ),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("planted", TRAININGS)
def test_a_planted_training_is_told_and_no_setting_of_the_objective(
    planted: str, name: str
) -> None:
    X, y = DATA[name]
    reference, ways = TRAININGS[planted]
    exact = Ridge(alpha=0.1 * len(y))
    report = compare_models(reference, X, y, candidate=exact, tolerance=1e-3 * y.std(), budget=3)
    assert not report.equivalent
    told = {cause.setting for cause in report.causes}
    assert told
    assert told <= ways
    assert {cause.kind for cause in report.causes} == {"reference"}
    distance = report.certificates["reference"].distance
    assert distance is not None
    assert distance == pytest.approx(report.divergences["prediction"].value, rel=1e-3)


def test_a_program_of_a_repair_runs() -> None:
    X, y = DATA["prices"]
    reference = sgd(alpha=0.1, average=True, tol=None, max_iter=5)
    exact = Ridge(alpha=15.0)
    report = compare_models(reference, X, y, candidate=exact, tolerance=1e-4 * y.std(), budget=3)
    assert report.repair is not None
    names: dict[str, Any] = {"X": X, "y": y}
    exec(report.repair.source, names)
    found = names["reference"].predict(X)
    assert np.abs(found - exact.fit(X, y).predict(X)).max() < 1e-4 * y.std()


def test_what_a_training_does_beside_its_objective_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = DATA["yields"]
    report = compare_models(sgd(early_stopping=True), X, y, candidate=Ridge(), explain=False)
    assert "holds a part of 0.1 of the rows back" in report.settings["reference"].unmodelled[0]
    report = compare_models(sgd(l1_ratio=0.5), X, y, candidate=Ridge(), explain=False)
    said = {finding.slug: finding.text for finding in report.findings}
    assert said["inert-setting"] == (
        "l1_ratio=0.5 has no effect: penalty='l2' has no share of L1 to choose"
    )
    assert "decided-by-rounding" not in said
    # As a part of y's spread; its steps shrink what rounding there is.
    monkeypatch.setattr(rounding, "DECIDED", 1e-20)
    report = compare_models(sgd(), X, y, candidate=Ridge(), explain=False)
    said = {finding.slug: finding.text for finding in report.findings}
    assert "away in prediction; a larger alpha" in said["decided-by-rounding"]


def test_sparse_rows_are_written_out_and_a_pipeline_scales() -> None:
    X, y = DATA["yields"]
    sparse = scipy.sparse.csr_matrix(X * (np.abs(X) > 0.5))
    data = read_numbers(sparse, y)
    estimator = sgd(alpha=0.1, max_iter=200)
    found = MAPPING.remedies(estimator, data, fitted=MAPPING.fit(estimator, data))
    dense = [remedy.recipe for remedy in found if isinstance(remedy.recipe, OnDense)]
    assert len(dense) == 1
    # The intercept of sparse rows takes steps of a hundredth.
    assert left_by(dense[0], data) < 0.2 * left_by(estimator, data)
    pipeline = make_pipeline(StandardScaler(), arrived(alpha=0.1))
    exact = make_pipeline(StandardScaler(), Ridge(alpha=0.1 * len(y)))
    assert compare_models(pipeline, 100.0 * X, y, candidate=exact).equivalent


def test_a_fitted_one_is_taken_as_it_is() -> None:
    X, y = DATA["yields"]
    fitted = arrived(alpha=0.1).fit(X, y)
    report = compare_models(fitted, X, y, candidate=Ridge(alpha=12.0))
    assert report.equivalent
    with pytest.raises(ModelParityError, match="must have been fitted on the features of X"):
        compare_models(fitted, X[:, :3], y, candidate=Ridge())


@pytest.mark.parametrize(
    "loss,why",
    [
        ("huber", "whose objective is not modelled"),
        ("epsilon_insensitive", "which is flat within epsilon"),
        ("squared_epsilon_insensitive", "which is flat within epsilon"),
    ],
)
def test_another_loss_is_refused_with_its_reason(loss: str, why: str) -> None:
    X, y = DATA["yields"]
    message = rf"an SGDRegressor is compared with loss='squared_error', got .*{loss}.*{why}"
    with pytest.raises(ModelParityError, match=message):
        compare_models(SGDRegressor(loss=loss), X, y, candidate=Ridge())


@pytest.mark.parametrize(
    "options,message",
    [
        ({"alpha": -1.0}, "alpha must be a finite number >= 0"),
        ({"learning_rate": "pa1"}, "learning_rate must be one of 'optimal', 'constant'"),
        ({"eta0": 0.0}, "eta0"),
        ({"learning_rate": "optimal", "alpha": 0.0}, "is made of alpha and needs alpha > 0"),
        ({"penalty": "elasticnet", "l1_ratio": None}, "needs an l1_ratio from 0 to 1"),
        ({"max_iter": 0}, "max_iter must be an integer >= 1"),
    ],
)
def test_what_is_not_modelled_is_refused_before_a_fit(
    options: dict[str, Any], message: str
) -> None:
    X, y = DATA["yields"]
    with pytest.raises(InvalidParameterError, match=message):
        compare_models(SGDRegressor(**options), X, y, candidate=Ridge())


def test_a_subclass_of_its_own_and_a_classifier_are_not_known() -> None:
    class Own(SGDRegressor):
        def fit(self, X: Any, y: Any, **options: Any) -> Any:
            return self

    class Renamed(SGDRegressor):
        """Trains and predicts as its base does."""

    assert MAPPING.knows(Renamed())
    assert not MAPPING.knows(Own())
    assert not MAPPING.knows(SGDClassifier(loss="log_loss"))


@pytest.mark.parametrize("penalty", ["l2", "elasticnet"])
def test_the_twin_is_at_its_certified_optimum(penalty: str) -> None:
    X, y = DATA["prices"]
    weights = np.linspace(0.1, 3.0, len(y))
    twin = KerasRegressorTwin(sgd(alpha=0.1, **PENALTIES[penalty])).fit(X, y, weights)
    assert twin.certificate_.distance is not None
    assert twin.certificate_.distance < 1e-6 * y.std()
    data = read_numbers(X, y, sample_weight=weights)
    settings = MAPPING.read(sgd(alpha=0.1, **PENALTIES[penalty]), data)
    assert settings.objective is not None
    exact = Side(name="reference", data=data, fitted=MAPPING.fit(twin.estimator, data)).optimum
    assert exact is not None
    np.testing.assert_allclose(twin.coef_, exact.coef[0], atol=1e-6)
    found = BACKEND.array(twin.model_(X.astype(np.float32))).astype(np.float64)[:, 0]
    assert np.abs(found - exact.predictions[:, 0]).max() < 1e-5 * np.abs(y).max()

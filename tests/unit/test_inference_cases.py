"""INFERENCE's cases with values: the objective of a model, by its predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import Normalizer
from trained_elsewhere import expected_of, inferred, optimum_of, seen

from pytest_modelparity.inference.inferred import Inference
from pytest_modelparity.inference.objectives.class_balance import class_balance
from pytest_modelparity.inference.objectives.given import LinearModel, Rows
from pytest_modelparity.inference.objectives.hypotheses import Hypothesis
from pytest_modelparity.inference.objectives.row_weights import row_weights
from pytest_modelparity.inference.objectives.scan import metrics_of
from pytest_modelparity.inference.objectives.stationarity import Stationarity
from pytest_modelparity.inference.objectives.subject import subject_of
from pytest_modelparity.settings import ObjectiveSettings

Load = Callable[..., tuple[np.ndarray, np.ndarray]]


def values(found: Inference) -> dict[str, tuple[float, ...]]:
    """Return the numbers of what was found, by setting."""
    return {one.setting: one.values for one in found.changes}


@pytest.fixture
def breast(bundled: Load) -> tuple[np.ndarray, np.ndarray]:
    """Return standardised breast_cancer."""
    return bundled("breast_cancer", standardised=True)


@pytest.fixture
def shuffled_wine(bundled: Load) -> tuple[np.ndarray, np.ndarray]:
    """Return standardised wine, its rows shuffled."""
    X, y = bundled("wine", standardised=True)
    order = np.random.default_rng(0).permutation(len(y))
    return X[order], y[order]


def test_a_constant_feature_tells_c_exactly() -> None:
    # Case 1: four rows of one number, three of them in the second class.
    rows = Rows(X=np.ones((4, 1)), y=np.array([1, 1, 1, 0]), n_classes=2)
    model = LinearModel(coef=np.array([[np.log(2.0)]]), intercept=np.zeros(1))
    expected = ObjectiveSettings(l2_strength=0.25, fit_intercept=False)
    subject = subject_of(rows, model, expected)
    whole = Stationarity(subject, {}, metrics_of(subject, subject.base))
    found = whole.solve(Hypothesis(penalty="l2"))
    assert found is not None
    C = 1 / (4 * found.settings.l2_strength)
    assert pytest.approx(2.0794415416798357, abs=1e-12) == C
    assert found.decrement <= 1e-15


def test_class_weights_and_strength_of_two_classes(breast: tuple) -> None:
    # Case 3.
    X, y = breast
    settings = expected_of(y, C=0.3, class_weight=(1.0, 2.5))
    found = inferred(X, y, seen(X, *optimum_of(X, y, settings)), expected_of(y))
    assert found.grade == "proven"
    weights, (C,) = values(found)["class_weight"], values(found)["C"]
    assert weights[1] / weights[0] == pytest.approx(2.5, rel=1e-5)
    assert pytest.approx(0.3, rel=1e-6) == C
    assert found.settings is not None
    mean = np.mean(np.array(weights)[y])
    assert found.settings.l2_strength * len(y) / mean == pytest.approx(1.7172174, rel=1e-6)
    assert found.base_distance == pytest.approx(0.30865, abs=1e-4)
    assert found.distance <= 1e-5
    assert found.text == "class_weight={0: 1, 1: 2.5}, C=0.3"


def test_two_softmax_units_are_a_sigmoid_of_twice_the_strength(breast: tuple) -> None:
    # Case 4.
    X, y = breast
    model = LinearModel(**_parameters(X, y, expected_of(y, output_head="softmax")))
    found = inferred(X, y, model, expected_of(y))
    assert found.grade == "proven"
    assert values(found) == {"C": (pytest.approx(2.0, rel=1e-8),)}
    assert found.distance <= 1e-10
    assert found.base_distance == pytest.approx(0.07472, abs=1e-5)


def test_what_can_be_told_of_c(breast: tuple) -> None:
    X, y = breast
    model = LinearModel(**_parameters(X, y, expected_of(y, C=2.0)))
    found = inferred(X, y, model, expected_of(y))
    assert found.resolution == (pytest.approx(1.977, abs=2e-3), pytest.approx(2.024, abs=3e-3))


def _parameters(X: np.ndarray, y: np.ndarray, settings: ObjectiveSettings) -> dict:
    """Return the parameters of an optimum, as if they were read."""
    coef, intercept = optimum_of(X, y, settings)
    return {"coef": coef, "intercept": intercept}


def test_the_rows_that_validation_split_leaves(shuffled_wine: tuple) -> None:
    # Case 5: Keras keeps the factor of the penalty.
    X, y = shuffled_wine
    found = inferred(
        X, y, seen(X, *optimum_of(X, y, expected_of(y, rows_used=142))), expected_of(y)
    )
    assert found.grade == "proven"
    assert found.text == "rows_used=first 142 of 178 rows"
    assert found.base_distance == pytest.approx(0.835, abs=1e-3)
    assert found.settings is not None
    assert found.settings.rows_used == 142


@pytest.mark.parametrize("stratify", [False, True])
def test_the_rows_that_a_known_split_leaves(shuffled_wine: tuple, stratify: bool) -> None:
    # Case 5: scikit-learn keeps C.
    X, y = shuffled_wine
    by = y if stratify else None
    kept, _ = train_test_split(np.arange(len(y)), random_state=42, stratify=by)
    model = seen(X, *optimum_of(X[kept], y[kept], expected_of(y[kept])))
    found = inferred(X, y, model, expected_of(y))
    assert found.grade == "proven"
    more = ", stratify=y" if stratify else ""
    assert found.text == f"rows_used=train_test_split(test_size=0.25, random_state=42{more})"
    assert found.sample_weight is not None
    assert np.flatnonzero(found.sample_weight).tolist() == sorted(kept)


def test_smoothed_labels(shuffled_wine: tuple) -> None:
    # Case 6.
    X, y = shuffled_wine
    settings = expected_of(y, label_smoothing=0.1)
    found = inferred(X, y, seen(X, *optimum_of(X, y, settings)), expected_of(y))
    assert found.grade == "proven"
    assert values(found) == {"label_smoothing": (pytest.approx(0.1, abs=1e-6),)}
    assert found.base_distance == pytest.approx(0.24774, abs=1e-4)


@pytest.mark.parametrize(
    "epochs,own,nearest",
    [(5, 0.649, 0.240), (30, 0.420, 0.094), (100, 0.284, 0.083), (300, 0.101, 1)],
)
def test_a_training_that_was_stopped_early_has_no_objective(
    breast: tuple, epochs: int, own: float, nearest: float
) -> None:
    # Case 7: full-batch steps of 0.5 from zeros, without a penalty.
    X, y = breast
    theta, A = np.zeros(X.shape[1] + 1), np.hstack([X, np.ones((len(y), 1))])
    for _ in range(epochs):
        theta -= 0.5 * A.T @ (expit(A @ theta) - y) / len(y)
    found = inferred(X, y, seen(X, theta[None, :-1], theta[-1:]), expected_of(y))
    assert (found.grade, found.changes, found.settings) == ("none", (), None)
    assert found.base_distance == pytest.approx(own, abs=1e-3)
    assert found.nearest_distance <= nearest + 1e-3
    assert found.why == "it is at no optimum of the objectives that were tried"
    assert "the objective that is expected" in [one.text for one in found.excluded]


def test_a_model_at_its_optimum_has_no_other(breast: tuple) -> None:
    X, y = breast
    found = inferred(X, y, seen(X, *optimum_of(X, y, expected_of(y))), expected_of(y))
    assert (found.grade, found.changes) == ("none", ())
    assert found.why == "it is at the optimum that is expected"
    assert replace(found, seconds=0.0).base_distance <= 1e-5


def test_the_intercept_alone_tells_the_balance_of_the_classes() -> None:
    # Case 2: c1/c0 = 1.2/0.3.
    rows = Rows(
        X=logit(np.array([0.6, 0.6, 0.8, 0.9]))[:, None], y=np.repeat([0, 1], 2), n_classes=2
    )
    model = LinearModel(coef=np.ones((1, 1)), intercept=np.zeros(1))
    subject = subject_of(rows, model, ObjectiveSettings(l2_strength=1.0))
    assert class_balance(subject) == pytest.approx((1.0, 4.0), rel=1e-12)


@pytest.fixture
def wide() -> tuple[np.ndarray, np.ndarray]:
    """Return 100 rows of 300 features."""
    return make_classification(100, 300, random_state=0)


def test_each_row_tells_its_weight_where_there_are_more_columns(wide: tuple) -> None:
    # Case 8.
    X, y = wide
    s = np.random.default_rng(0).uniform(0.2, 3.0, 100)
    settings = expected_of(y, C=0.01, sample_weight=True)
    model = seen(X, *optimum_of(X, y, settings, s))
    rows = Rows(X=X, y=y, n_classes=2)
    weights = row_weights(subject_of(rows, model, expected_of(y, C=0.01)))
    assert weights is not None
    assert weights[0] == pytest.approx(1.98349272, rel=1e-5)
    assert weights == pytest.approx(s, rel=1e-5)
    # Any training from zeros has such weights: they are told, and no cause.
    found = inferred(X, y, model, expected_of(y, C=0.01))
    assert found.grade == "none"
    assert found.row_weights == pytest.approx(s, rel=1e-5)


def test_rows_that_were_left_out_weigh_nothing(wide: tuple) -> None:
    X, y = wide
    kept = np.sort(np.random.default_rng(1).permutation(100)[:80])
    model = seen(X, *optimum_of(X[kept], y[kept], expected_of(y[kept], C=0.01)))
    found = inferred(X, y, model, expected_of(y, C=0.01))
    assert (found.grade, found.text) == ("proven", "rows_used=80 of 100 rows")
    assert found.sample_weight is not None
    assert np.flatnonzero(found.sample_weight).tolist() == kept.tolist()


@pytest.mark.parametrize("norm", ["l2", "l1", "max"])
def test_rows_that_were_normalised_in_training_only(bundled: Load, norm: str) -> None:
    X, y = bundled("iris")
    in_training = Normalizer(norm).transform(X)
    model = seen(X, *optimum_of(in_training, y, expected_of(y)))
    found = inferred(X, y, model, expected_of(y))
    assert found.text == f"feature_scaling=rows normalised ({norm})"
    assert (found.grade, found.prepared) == ("proven", f"rows normalised ({norm})")


def test_a_scaler_that_only_the_reference_has(bundled: Load) -> None:
    X, y = bundled("wine")
    model = seen(X, *optimum_of(X, y, expected_of(y, C=0.1)))
    expected = expected_of(
        y, C=0.1, feature_shift=tuple(X.mean(axis=0)), feature_scale=tuple(X.std(axis=0))
    )
    found = inferred(X, y, model, expected)
    assert (found.grade, found.text) == ("proven", "feature_scaling=None")
    assert found.settings is not None
    assert found.settings.feature_scale == pytest.approx(np.ones(13), rel=1e-12)

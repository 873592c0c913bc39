"""What the inference of an objective is made of, and what must hold of every one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_classification
from trained_elsewhere import expected_of, inferred, optimum_of, seen, strength

from pytest_modelparity.inference.inferred import Inference
from pytest_modelparity.inference.objectives.choice import Final, rivals
from pytest_modelparity.inference.objectives.given import LinearModel, Rows
from pytest_modelparity.inference.objectives.hypotheses import Choices, Hypothesis, hypotheses
from pytest_modelparity.inference.objectives.metric import least
from pytest_modelparity.inference.objectives.representative import Representatives
from pytest_modelparity.inference.objectives.subject import subject_of
from pytest_modelparity.inference.objectives.verification import Verified
from pytest_modelparity.inference.objectives.words import shortest
from pytest_modelparity.theory.objective import objective_from_settings
from pytest_modelparity.theory.optimum import find_optimum

Load = Callable[..., tuple[np.ndarray, np.ndarray]]


@pytest.fixture
def breast(bundled: Load) -> tuple[np.ndarray, np.ndarray]:
    """Return standardised breast_cancer."""
    return bundled("breast_cancer", standardised=True)


def made(seed: int, n_classes: int, dependent: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return rows that no model separates; some of the 7 columns may depend on the others."""
    return make_classification(
        240,
        7,
        n_informative=4,
        n_redundant=dependent,
        n_classes=n_classes,
        n_clusters_per_class=1,
        flip_y=0.2,
        random_state=seed,
    )


# --- every optimum of another objective is named, whatever its numbers


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    n_classes=st.sampled_from([2, 3]),
    kind=st.sampled_from(["C", "class_weight", "label_smoothing", "l1", "fit_intercept"]),
    number=st.sampled_from([0.05, 0.2, 4.0, 30.0]),
)
def test_an_exact_optimum_is_named(seed: int, n_classes: int, kind: str, number: float) -> None:
    X, y = made(seed, n_classes)
    expected, n = expected_of(y), len(y)
    true = {
        "C": replace(expected, l2_strength=strength(number, n)),
        "class_weight": replace(expected, class_weight=(1.0, number, 1.0)[:n_classes]),
        "label_smoothing": replace(expected, label_smoothing=min(number, 0.3)),
        "l1": replace(expected, l2_strength=0.0, l1_strength=strength(number, n)),
        "fit_intercept": replace(expected, fit_intercept=False),
    }[kind]
    found = inferred(X, y, seen(X, *optimum_of(X, y, true)), expected)
    if found.base_distance <= 1e-5:
        assert found.grade == "none"
        return
    # A coefficient of a ten-thousandth of the largest is taken for a zero of L1.
    assert found.grade in (("proven", "measured") if kind == "l1" else ("proven",))
    assert found.distance <= (1e-3 if kind == "l1" else 1e-4)
    assert found.settings is not None
    told = objective_from_settings(found.settings, X, y, n_classes)
    meant = objective_from_settings(true, X, y, n_classes)
    # Its own optimum is the model: whoever is told so can make it again.
    assert np.abs(find_optimum(told).predictions - find_optimum(meant).predictions).max() <= 1e-4
    assert kind in {one.setting for one in found.changes} | {"l1"}


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 1000), n_classes=st.sampled_from([2, 3]))
def test_an_objective_that_is_excluded_has_another_optimum(seed: int, n_classes: int) -> None:
    X, y = made(seed, n_classes)
    expected = expected_of(y, C=0.5)
    true = replace(expected, class_weight=(1.0, 2.0, 3.0)[:n_classes])
    coef, intercept = optimum_of(X, y, true)
    found = inferred(X, y, LinearModel(coef=coef, intercept=intercept), expected)
    (first, *_) = found.excluded
    assert first.text == "the objective that is expected"
    objective = objective_from_settings(expected, X, y, n_classes)
    optimum = find_optimum(objective)
    theta = objective.pack(coef, intercept)
    move = objective.pack(optimum.coef, optimum.intercept) - theta
    # The bound is sharp where the two are near, and never above what there is.
    length = float(np.sqrt(move @ objective.hessian(theta) @ move))
    assert 0.2 * length <= first.at_least <= length * (1 + 1e-9)


# --- settings that were read


def test_class_weights_are_told_at_the_strength_that_was_read(breast: tuple) -> None:
    X, y = breast
    own = expected_of(y, C=0.3)
    true = replace(own, class_weight=(2.0, 5.0))
    found = inferred(X, y, seen(X, *optimum_of(X, y, true)), own, regularizer_known=True)
    assert (found.grade, found.text) == ("proven", "class_weight={0: 2, 1: 5}")
    assert found.settings is not None
    assert found.settings.l2_strength == own.l2_strength
    (change,) = found.changes
    assert change.low[1] < 5.0 < change.high[1]


def test_a_regularizer_that_was_read_is_no_difference(breast: tuple) -> None:
    X, y = breast
    true = expected_of(y, C=5.0)
    found = inferred(X, y, seen(X, *optimum_of(X, y, true)), expected_of(y), regularizer_known=True)
    assert "C" not in {one.setting for one in found.changes}
    assert found.grade == "none"


@pytest.mark.parametrize("known", [True, False])
def test_class_weights_beside_a_weak_penalty_are_no_missing_penalty(known: bool) -> None:
    # As with C=1 on a hundred million rows: its strength tells no unit of the weights.
    X, y = made(0, 3)
    expected = replace(expected_of(y), l2_strength=1e-9)
    true = replace(expected, class_weight=(1.0, 4.0, 2.0))
    model = seen(X, *optimum_of(X, y, true))
    found = inferred(X, y, model, expected, regularizer_known=known)
    assert (found.grade, found.text) == ("proven", "class_weight={0: 1, 1: 4, 2: 2}")
    assert found.settings is not None
    assert found.settings.l2_strength == expected.l2_strength


@pytest.mark.parametrize("used", [True, False])
def test_sample_weights_that_were_used_or_dropped(breast: tuple, used: bool) -> None:
    X, y = breast
    weights = np.random.default_rng(0).uniform(0.2, 3.0, len(y))
    true, expected = expected_of(y, sample_weight=used), expected_of(y, sample_weight=not used)
    model = seen(X, *optimum_of(X, y, true, weights if used else None))
    found = inferred(X, y, model, expected, sample_weight=weights)
    assert found.grade == "proven"
    assert found.text == f"sample_weight={'used' if used else 'dropped'}"
    assert found.settings is not None
    assert found.settings.sample_weight is used


def test_the_scaling_of_a_penalty(bundled: Load) -> None:
    X, y = bundled("wine")
    scale = {"feature_shift": tuple(X.min(axis=0)), "feature_scale": tuple(np.ptp(X, axis=0))}
    true = expected_of(y, C=3.0, **scale)
    objective = objective_from_settings(true, X, y, 3)
    optimum = find_optimum(objective)
    coef = optimum.coef / np.ptp(X, axis=0)
    model = LinearModel(coef=coef, intercept=optimum.intercept - coef @ X.min(axis=0))
    found = inferred(X, y, model, expected_of(y))
    assert (found.grade, found.text) == ("proven", "C=3, feature_scaling=range")


# --- what nothing is told of


@pytest.mark.parametrize(
    "changes,why",
    [
        ({"coef": np.full((1, 30), np.nan)}, "its parameters are not all finite numbers"),
        ({"coef": np.full((1, 30), 1e4)}, "0 rows with predictions off 0 and 1 are too few"),
    ],
)
def test_a_model_that_tells_nothing(breast: tuple, changes: dict, why: str) -> None:
    X, y = breast
    coef, intercept = optimum_of(X, y, expected_of(y, C=3.0))
    model = LinearModel(**{"coef": coef, "intercept": intercept} | changes)
    found = inferred(X, y, model, expected_of(y))
    assert found.grade == "none"
    assert found.why.startswith(why)


def test_an_objective_with_a_head_that_is_not_known_is_not_inferred(breast: tuple) -> None:
    X, y = breast
    model = LinearModel(coef=np.zeros((1, 30)), intercept=np.zeros(1))
    found = inferred(X, y, model, replace(expected_of(y), output_head="cloglog"))
    assert found.why == "objectives with output_head='cloglog' are not told apart"


# --- parts


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), m=st.integers(1, 4), size=st.integers(5, 12))
def test_least_is_the_best_of_all_numbers_at_least_0(seed: int, m: int, size: int) -> None:
    random = np.random.default_rng(seed)
    fixed, columns = random.normal(size=size), random.normal(size=(size, m))
    columns *= 10.0 ** random.uniform(-4, 4, m)
    found = least(fixed, columns, size)
    assert found is not None
    best = scipy.optimize.lsq_linear(columns, -fixed, bounds=(0, np.inf), method="bvls")
    assert found.decrement == pytest.approx(np.sqrt(2 * best.cost), rel=1e-6)
    assert (found.numbers >= 0).all()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_classes=st.sampled_from([2, 3, 4]),
    ratio=st.sampled_from([None, 0.05, 0.5, 3.0]),
    has_intercept=st.booleans(),
)
def test_no_equal_parameters_have_a_smaller_penalty(
    seed: int, n_classes: int, ratio: float | None, has_intercept: bool
) -> None:
    X, y = made(seed, n_classes, dependent=2)
    random = np.random.default_rng(seed)
    K = 1 if n_classes == 2 else n_classes
    model = LinearModel(coef=random.normal(size=(K, 7)), intercept=random.normal(size=K))
    subject = subject_of(Rows(X=X, y=y, n_classes=n_classes), model, expected_of(y))
    table = Representatives(subject).of(ratio, has_intercept=has_intercept)
    assert table is not None
    start = subject.table.copy()
    start[:, -1] *= has_intercept

    def predictor(one: np.ndarray) -> np.ndarray:
        z = subject.A @ one.T
        return z if K == 1 else z - z.mean(axis=1, keepdims=True)

    def penalty(one: np.ndarray) -> float:
        W = one[:, :-1]
        return np.abs(W).sum() if ratio is None else ratio * np.abs(W).sum() + 0.5 * np.sum(W**2)

    assert predictor(table) == pytest.approx(predictor(start), abs=1e-8)
    least_known = penalty(table)
    assert least_known <= penalty(start) + 1e-9
    null = np.linalg.svd(np.hstack([X, np.ones((len(y), 1))]))[2][6:]
    null = null[np.abs(null[:, -1]) < 1e-8] if not has_intercept else null
    for _ in range(20):
        moved = table + random.normal(size=(K, len(null))) @ null * 10.0 ** random.uniform(-4, 0)
        if K > 1:
            moved = moved + np.append(random.normal(size=7) * 10.0 ** random.uniform(-4, 0), 0.0)
        assert penalty(moved) >= least_known - 1e-9


def test_hypotheses_differ_in_three_settings_at_most() -> None:
    choices = Choices(
        weights=("used",),
        classes=("none", "balanced", "free"),
        penalty=("none", "l2", "l1", "elasticnet"),
        intercept=("as coefficients",),
        smoothing=("free",),
        scaling=("range",),
    )
    every = list(hypotheses(choices))
    assert every[0] == Hypothesis()
    assert len(set(every)) == len(every)
    assert max(one.deviations for one in every) == 3
    assert Hypothesis(classes="free", smoothing="free") not in every


@pytest.mark.parametrize(
    "value,error,text",
    [
        (0.29999998, 1e-7, "0.3"),
        (10.0000004, 1e-6, "10"),
        (2.4999, 1e-6, "2.4999"),
        (0.0017575, 0.0, "0.0017575"),
    ],
)
def test_a_number_has_as_many_digits_as_it_is_known_to(
    value: float, error: float, text: str
) -> None:
    assert shortest(value, error) == text


def test_nothing_inferred_is_in_words_too() -> None:
    assert Inference().text == ""


@pytest.mark.parametrize(
    "distances,n_rivals",
    [((0.0091, 0.0042), 1), ((0.0091, 0.0075), 0), ((2e-5, 1e-7), 0), ((0.002,), 0)],
)
def test_a_nearer_objective_leaves_open_which_it_is(
    distances: tuple[float, ...], n_rivals: int
) -> None:
    # The first: a training with smoothed labels and C=0.01, proven to be within the tolerance of
    # the optimum of C=0.0073.
    nothing: Any = None
    finals = [
        Final(
            candidate=nothing,
            verified=Verified(solution=nothing, distance=distance, certified=True),
        )
        for distance in distances
    ]
    assert len(rivals(finals)) == n_rivals

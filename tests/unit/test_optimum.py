"""The exact optimum: against closed forms, other programs, and its own conditions."""

from __future__ import annotations

import tracemalloc
import warnings
from dataclasses import replace

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import l1_min_c
from threadpoolctl import threadpool_limits

from pytest_modelparity.theory import minimum
from pytest_modelparity.theory.composite import proximal_newton, smallest_subgradient
from pytest_modelparity.theory.dependent import without_dependent
from pytest_modelparity.theory.gauge import gauge_directions
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import (
    find_optimum,
    whitening_factor,
)

LOADERS = {
    "iris": load_iris,
    "wine": load_wine,
    "breast_cancer": load_breast_cancer,
    "digits": load_digits,
}


def bundled(name, *, raw):
    """X, y of a bundled data set, standardised unless raw."""
    X, y = LOADERS[name](return_X_y=True)
    return (X if raw else standardised(X)), y


def standardised(X):
    """X with means of 0 and standard deviations of 1."""
    scale = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(scale > 0, scale, 1.0)


OLD = LogisticRegression().get_params()["l1_ratio"] is None


def objective_of(X, y, *, C=1.0, l1_ratio=0.0, **changes):
    """The objective of LogisticRegression(C, l1_ratio) on X, y."""
    n, K = X.shape[0], int(np.max(y)) + 1
    strength = 0.0 if np.isinf(C) else 1.0 / C / n
    described = {
        "row_weight": np.ones(n),
        "l2_strength": (1.0 - l1_ratio) * strength,
        "l1_strength": l1_ratio * strength,
        "output_head": "sigmoid" if K == 2 else "softmax",
    }
    return LinearObjective(X=X, y=y, n_classes=K, **{**described, **changes})


def random_data(seed, K=2, n=40, p=4):
    """Overlapping classes on features of different sizes."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * 10.0 ** rng.uniform(-1, 1, p) + rng.normal(size=p)
    return X, np.concatenate([np.arange(K), np.arange(K), rng.integers(0, K, n - 2 * K)])


def subgradient(objective, found):
    theta = objective.pack(found.coef, found.intercept)
    return smallest_subgradient(theta, objective.gradient(theta), objective.l1_weights)


def fit(X, y, **arguments):
    """A fitted LogisticRegression, its remarks on convergence and signatures disregarded."""
    if OLD and "l1_ratio" in arguments:
        # Until 1.7 the penalty had a name, and l1_ratio meant something for one of them only.
        names = {0.0: "l2", 1.0: "l1"}
        arguments["penalty"] = names.get(arguments["l1_ratio"], "elasticnet")
        if arguments["penalty"] != "elasticnet":
            del arguments["l1_ratio"]
    # Two BLAS threads on busy cores take 30 s for what one does in 1 s.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FutureWarning)
        return LogisticRegression(**arguments).fit(X, y)


# --- against other programs and closed forms ---------------------------------------------------


@pytest.mark.parametrize("raw", [False, True], ids=["standardised", "raw"])
@pytest.mark.parametrize("name", LOADERS)
def test_l2_optimum_is_that_of_newton_cholesky(name, raw):
    X, y = bundled(name, raw=raw)
    model = fit(X, y, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    found = find_optimum(objective_of(X, y))
    # The certificate bounds our own distance (at most 2e-9, digits raw); newton-cholesky stops
    # at a gradient of 1e-12, which the raw Hessian's condition of 1e9 magnifies.
    tolerance = 1e-7 if raw else 1e-9
    np.testing.assert_allclose(found.predictions, model.predict_proba(X), atol=tolerance)
    coef = found.coef - found.coef.mean(axis=0) if len(found.coef) > 1 else found.coef
    np.testing.assert_allclose(coef, model.coef_, atol=tolerance * max(1, np.abs(coef).max()))
    assert found.finite is True
    assert found.certificate.distance < 1e-8


def test_two_classes_agree_with_glmnet():
    # Numbers of glmnet, thresh=1e-10, quoted by scikit-learn 1.9's test_logistic_glmnet.
    X = np.array([[-4, -3, -2, -1, 0, 1, 2, 3, 4], [0, 0, 1, 0, 1, 1, 1, 0, 0.0]]).T
    found = find_optimum(objective_of(X, np.array([0, 0, 0, 1, 1, 1, 1, 1, 1]), C=1 / 9))
    # glmnet stopped at a relative change of 1e-10 of the deviance; it is 2e-10 away.
    np.testing.assert_allclose(found.intercept, [0.89230405539], atol=1e-9)
    np.testing.assert_allclose(found.coef, [[0.44464569182, 0.01457563448]], atol=1e-9)


def test_three_classes_agree_with_glmnet():
    X = np.array([[-4, -3, -2, -1, 0, 1, 2, 3, 4], [0, 0, 1, 0, 1, 1, 1, 0, 0.0]]).T
    found = find_optimum(objective_of(X, np.array([0, 0, 0, 1, 1, 1, 2, 2, 2]), C=1 / 9))
    intercept = [-0.12004759652, 2.251747383e-01, -0.1051271418]
    coef = [
        [-0.38023389305, -0.01226499932],
        [-8.164030176e-05, 4.734548012e-02],
        [0.3803155334, -0.0350804808],
    ]
    # glmnet's own distance, 2.5e-8: our certificate is 1e-12 here.
    np.testing.assert_allclose(found.intercept, intercept, atol=5e-8)
    np.testing.assert_allclose(found.coef, coef, atol=5e-8)
    assert found.certificate.distance < 1e-11


def test_glmnet_data_with_liblinears_penalised_intercept():
    # cases B7: liblinear at C=1/9 gives .409426, .078609, intercept .132624.
    X = np.array([[-4, -3, -2, -1, 0, 1, 2, 3, 4], [0, 0, 1, 0, 1, 1, 1, 0, 0.0]]).T
    y = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1])
    found = find_optimum(objective_of(X, y, C=1 / 9, intercept_l2_strength=1.0))
    np.testing.assert_allclose(found.coef, [[0.409426, 0.078609]], atol=1e-6)
    np.testing.assert_allclose(found.intercept, [0.132624], atol=1e-6)


def test_saturated_table_has_its_closed_form():
    # scikit-learn issue 6738: intercept -ln 3, coefficient 2 ln 3, with C=1e200.
    X = np.repeat([0.0, 1.0], 4)[:, None]
    for C in (1e200, np.inf):
        found = find_optimum(objective_of(X, np.array([1, 0, 0, 0, 1, 1, 1, 0]), C=C))
        assert found.coef[0, 0] == pytest.approx(2 * np.log(3), abs=1e-13)
        assert found.intercept[0] == pytest.approx(-np.log(3), abs=1e-13)
        assert found.finite is True


@pytest.mark.parametrize("C", [np.inf, 1.0])
def test_one_column_of_ones_without_intercept(C):
    objective = objective_of(np.ones((3, 1)), np.array([1, 0, 1]), C=C, fit_intercept=False)
    found = find_optimum(objective)
    w = found.coef[0, 0]
    # w / C = 2 - 3 / (1 + exp(-w)); without penalty w = ln 2. lbfgs stops at .2865409 for C=1.
    assert w / C == pytest.approx(2 - 3 / (1 + np.exp(-w)), abs=1e-14)
    assert w == pytest.approx(np.log(2) if np.isinf(C) else 0.28654774, abs=1e-8)
    np.testing.assert_array_equal(found.intercept, [0.0])


@pytest.mark.parametrize("raw", [False, True], ids=["standardised", "raw"])
@pytest.mark.parametrize("l1_ratio", [0.3, 1.0])
@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
def test_l1_optimum_meets_its_conditions_and_is_certified(name, l1_ratio, raw):
    X, y = bundled(name, raw=raw)
    objective = objective_of(X, y, l1_ratio=l1_ratio)
    found = find_optimum(objective)
    # The gradient is a mean of products with features of up to 4000.
    assert np.abs(subgradient(objective, found)).max() < 1e-15 * max(1, np.abs(X).max())
    assert found.certificate.method == "support"
    assert found.certificate.distance < 1e-9


def test_l1_on_digits_meets_its_conditions():
    X, y = bundled("digits", raw=True)
    objective = objective_of(X, y, l1_ratio=1.0)
    found = find_optimum(objective)
    assert found.certificate.gradient_norm < 1e-12
    assert found.certificate.distance < 1e-8


@pytest.mark.parametrize("K", [2, 3])
def test_l1_optimum_is_that_of_saga(K):
    X, y = random_data(1, K, n=60)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    for l1_ratio in (0.4, 1.0):
        model = fit(X, y, C=5.0, l1_ratio=l1_ratio, solver="saga", tol=1e-12, max_iter=20_000)
        found = find_optimum(objective_of(X, y, C=5.0, l1_ratio=l1_ratio))
        # saga stops on relative changes of 1e-12 an epoch, at a linear rate of about 0.99.
        np.testing.assert_allclose(found.predictions, model.predict_proba(X), atol=1e-8)


@pytest.mark.parametrize("scaling", [1.0, 5.0])
@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_penalised_intercept_is_that_of_liblinear(l1_ratio, scaling):
    X, y = random_data(2, n=60)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    strength = 1.0 / len(y)
    objective = objective_of(
        X,
        y,
        l1_ratio=l1_ratio,
        intercept_l2_strength=(1 - l1_ratio) * strength / scaling**2,
        intercept_l1_strength=l1_ratio * strength / scaling,
    )
    model = fit(
        X,
        y,
        solver="liblinear",
        l1_ratio=l1_ratio,
        intercept_scaling=scaling,
        tol=1e-12,
        max_iter=100_000,
        random_state=0,
    )
    found = find_optimum(objective)
    np.testing.assert_allclose(found.coef, model.coef_, atol=2e-7)
    np.testing.assert_allclose(found.intercept, model.intercept_, atol=2e-7)


def test_l1_at_the_c_where_liblinear_once_stuck():
    # scikit-learn issue 18264 (cases C10): largest coefficient .7084 on centred iris.
    X, y = load_iris(return_X_y=True)
    X, y = X[y != 2], y[y != 2]
    X = X - X.mean(axis=0)
    C = l1_min_c(X, y, loss="log") * 10 ** (10 / 29)
    found = find_optimum(objective_of(X, y, C=C, l1_ratio=1.0))
    model = fit(X, y, C=C, l1_ratio=1.0, solver="saga", tol=1e-12, max_iter=100_000)
    np.testing.assert_allclose(found.coef, model.coef_, atol=1e-7)


# --- properties --------------------------------------------------------------------------------


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000), l1_ratio=st.sampled_from([0.0, 1.0]))
def test_two_class_softmax_is_the_sigmoid_with_its_c_converted(seed, l1_ratio):
    X, y = random_data(seed)
    # W1 = -W0 = w/2 halves the squared norm and keeps the sum of absolute values.
    C = 1.0 if l1_ratio else 2.0
    softmax = find_optimum(objective_of(X, y, l1_ratio=l1_ratio, output_head="softmax"))
    sigmoid = find_optimum(objective_of(X, y, C=C, l1_ratio=l1_ratio))
    np.testing.assert_allclose(softmax.predictions, sigmoid.predictions, atol=1e-9)
    np.testing.assert_allclose(softmax.coef[1:] - softmax.coef[:1], sigmoid.coef, atol=1e-8)


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    K=st.integers(2, 4),
    l1_ratio=st.sampled_from([0.0, 0.5, 1.0]),
    C=st.sampled_from([0.1, 1.0, 100.0]),
)
def test_no_nearby_point_is_better(seed, K, l1_ratio, C):
    X, y = random_data(seed, K)
    weight = np.random.default_rng(seed).uniform(0.1, 3.0, len(y))
    objective = objective_of(X, y, C=C, l1_ratio=l1_ratio, row_weight=weight)
    found = find_optimum(objective)
    theta = objective.pack(found.coef, found.intercept)
    least = objective.value(theta)
    rng = np.random.default_rng(seed)
    for size in (1e-6, 1e-3, 1e-1):
        for _ in range(5):
            there = objective.value(theta + size * rng.normal(size=len(theta)))
            assert there >= least - 1e-14
    assert found.certificate.distance < 1e-7


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
@pytest.mark.parametrize("K", [2, 3, 4])
def test_start_changes_the_work_not_the_optimum(K, l1_ratio):
    objective = objective_of(*random_data(5, K), l1_ratio=l1_ratio)
    cold = find_optimum(objective)
    warm = find_optimum(objective, objective.pack(cold.coef, cold.intercept))
    far = find_optimum(objective, np.full(objective.n_parameters, 1e3))
    for other in (warm, far):
        np.testing.assert_allclose(other.coef, cold.coef, atol=1e-9)
    assert warm.n_iter < cold.n_iter


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
@pytest.mark.parametrize("K", [2, 3])
@given(seed=st.integers(0, 1000), size=st.floats(-6, 3))
@settings(max_examples=25, deadline=None)
def test_optimum_is_the_same_from_any_start_within_its_certificate(K, l1_ratio, seed, size):
    objective = objective_of(*random_data(seed, K), l1_ratio=l1_ratio)
    start = 10.0**size * np.random.default_rng(seed).normal(size=objective.n_parameters)
    cold, warm = find_optimum(objective), find_optimum(objective, start)
    allowed = cold.certificate.distance + warm.certificate.distance
    assert np.abs(warm.predictions - cold.predictions).max() <= allowed
    assert allowed < 1e-8


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_a_start_that_is_no_model_is_as_good_as_none(bad, l1_ratio):
    objective = objective_of(*random_data(5), l1_ratio=l1_ratio)
    start = np.zeros(objective.n_parameters)
    start[0] = bad
    found, cold = find_optimum(objective, start), find_optimum(objective)
    np.testing.assert_array_equal(found.coef, cold.coef)


@pytest.mark.parametrize("changes", [{}, {"C": np.inf}])
def test_what_no_row_sees_of_a_start_does_not_stay(changes):
    X, y = random_data(5, 3)
    # A constant column beside the intercept: one class gains by it what it loses by the other.
    objective = objective_of(np.hstack([X, np.ones((len(X), 1))]), y, **changes)
    cold = find_optimum(objective)
    start = objective.pack(cold.coef, cold.intercept) + 0.5
    start[[4, 5]] += (0.5, -0.5)
    warm = find_optimum(objective, start)
    np.testing.assert_allclose(warm.coef, cold.coef, atol=1e-9)


@pytest.mark.parametrize("start", ["zeros", "near"])
def test_products_lead_to_the_optimum_of_factors(start, monkeypatch):
    objective = objective_of(*bundled("digits", raw=False))
    monkeypatch.setattr(minimum, "PRODUCTS_FIRST", np.inf)
    by_factors = find_optimum(objective)
    at = None if start == "zeros" else 0.9 * objective.pack(by_factors.coef, by_factors.intercept)
    monkeypatch.setattr(minimum, "PRODUCTS_FIRST", 0.0)
    by_products = find_optimum(objective, at)
    allowed = by_factors.certificate.distance + by_products.certificate.distance
    assert np.abs(by_products.predictions - by_factors.predictions).max() <= allowed < 1e-8


def test_no_scaled_copy_of_the_rows_is_made():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100_000, 40))
    y = (X[:, 0] + rng.logistic(size=len(X)) > 0).astype(int)
    objective = objective_of(X, y)
    tracemalloc.start()
    find_optimum(objective)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Blocks of two threads, predictions and bounds of the rows: 12 MB beside the 32 of X.
    assert peak < 0.7 * X.nbytes


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_matrix_free_and_working_set_give_the_dense_answer(K, l1_ratio, kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 150)) * (rng.random((80, 150)) < 0.2)
    y = np.concatenate([np.arange(K), rng.integers(0, K, 80 - K)])
    given_x = sparse.csr_matrix(X) if kind == "sparse" else X
    dense = find_optimum(objective_of(X, y, l1_ratio=l1_ratio))
    large = find_optimum(objective_of(given_x, y, l1_ratio=l1_ratio), dense_limit=10)
    np.testing.assert_allclose(large.predictions, dense.predictions, atol=1e-9)
    np.testing.assert_allclose(large.coef, dense.coef, atol=1e-8)
    assert large.certificate.method == "duality-gap"
    assert large.certificate.distance < 1e-5


@pytest.mark.parametrize("K", [2, 3])
def test_sparse_text_of_20000_features_is_solved_and_certified(K):
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 400, 16_000), rng.integers(0, 20_000, 16_000)
    X = sparse.csr_array((rng.uniform(size=16_000), (rows, columns)), shape=(400, 20_000))
    y = rng.integers(0, K, 400)
    found = find_optimum(objective_of(X, y))
    assert found.finite is True
    assert found.certificate.method == "duality-gap"
    assert found.certificate.distance < 1e-8


def test_collinear_columns_have_one_fit_without_penalty():
    X, y = random_data(7)
    full = find_optimum(objective_of(X, y, C=np.inf))
    dummy = np.hstack([X, X[:, :1] + X[:, 1:2], np.ones((len(y), 1)), np.zeros((len(y), 1))])
    found = find_optimum(objective_of(dummy, y, C=np.inf))
    assert found.finite is True
    np.testing.assert_allclose(found.predictions, full.predictions, atol=1e-9)
    assert found.certificate.coef is None


@pytest.mark.parametrize("start", ["zeros", "drawn"])
@pytest.mark.parametrize("given_as", ["standardised", "float32"])
def test_l1_on_columns_that_depend_on_others_is_certified(given_as, start):
    # Two of the twenty columns are sums of others, up to rounding.
    X, y = make_classification(500, random_state=0)
    X = X.astype(np.float32).astype(float) if given_as == "float32" else standardised(X)
    drawn = np.random.default_rng(0).normal(size=(4, X.shape[1] + 1))[3] * 0.3
    objective = objective_of(X, y, l1_ratio=1.0)
    found = find_optimum(objective, start=drawn if start == "drawn" else None)
    assert np.abs(subgradient(objective, found)).max() < 1e-15
    assert found.certificate.method == "support"
    assert found.certificate.distance < 1e-10
    # Which of the dependent columns are used is not determined: as few as the rows need.
    assert np.count_nonzero(found.coef) == 18


def test_elements_that_depend_on_others_are_dropped_where_the_penalty_falls():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 30))
    X /= np.linalg.norm(X, axis=0)
    x, l1 = rng.normal(size=30), rng.uniform(0.5, 2.0, 30)
    found = without_dependent(X.T @ X, l1, x)
    # No row sees it, the penalty is less, and no more are left than rows can tell apart.
    np.testing.assert_allclose(X @ found, X @ x, atol=1e-12)
    assert l1 @ np.abs(found) < l1 @ np.abs(x)
    assert np.count_nonzero(found) == 20
    assert np.array_equal(np.sign(found[found != 0]), np.sign(x[found != 0]))


def test_weak_l1_on_more_columns_than_rows_is_certified():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 250))
    y = (X[:, 0] + rng.normal(size=60) > 0).astype(int)
    objective = objective_of(X, y, C=100.0, l1_ratio=1.0)
    found = find_optimum(objective)
    assert np.abs(subgradient(objective, found)).max() < 1e-12
    assert found.finite is True
    assert found.certificate.distance < 1e-6


def test_l1_uses_equal_columns_by_their_sign_alone():
    X, y = random_data(7)
    one = find_optimum(objective_of(X, y, l1_ratio=1.0))
    for sign in (1.0, -1.0):
        two = find_optimum(objective_of(np.hstack([X, sign * X]), y, l1_ratio=1.0))
        np.testing.assert_allclose(two.predictions, one.predictions, atol=1e-9)
        p = X.shape[1]
        np.testing.assert_allclose(
            two.coef[:, :p] + sign * two.coef[:, p:], one.coef, rtol=1e-8, atol=1e-10
        )


def test_smoothed_labels_have_a_finite_optimum_on_separable_data():
    X, y = bundled("iris", raw=False)
    found = find_optimum(objective_of(X, y, C=np.inf, label_smoothing=0.1))
    assert found.finite is True
    assert found.certificate.distance < 1e-8


def test_even_number_of_classes_with_l1_takes_the_middle_of_the_free_shifts():
    X, y = random_data(11, K=4, n=60)
    objective = objective_of(X, y, C=100.0, l1_ratio=1.0)
    found = find_optimum(objective)
    np.testing.assert_allclose(np.median(found.coef, axis=0), 0.0, atol=1e-12)
    # An element alone at zero would be on the verge of its sign.
    assert set(np.sum(found.coef == 0, axis=0)) <= {0, 2, 3, 4}
    assert found.certificate.method == "support"


def test_tiny_penalty_on_separable_data_is_certified():
    X, y = bundled("iris", raw=False)
    X, y = X[y != 2], y[y != 2]
    for C in (1e6, 1e12, 1e200):
        found = find_optimum(objective_of(X, y, C=C))
        assert found.finite is True
        assert found.certificate.distance < 1e-3 / np.sqrt(C) + 1e-8


# --- no finite optimum -------------------------------------------------------------------------


def test_complete_separation_has_the_labels_as_limit():
    X, y = bundled("wine", raw=True)
    found = find_optimum(objective_of(X, y, C=np.inf))
    assert found.finite is False
    np.testing.assert_array_equal(found.predictions, np.eye(3)[y])


def test_quasi_complete_separation_has_the_fit_of_the_rest_as_limit():
    X, y = bundled("iris", raw=False)
    found = find_optimum(objective_of(X, y, C=np.inf))
    assert found.finite is False
    np.testing.assert_array_equal(found.predictions[y == 0], np.eye(3)[y[y == 0]])
    rest = find_optimum(objective_of(X[y > 0], y[y > 0] - 1, C=np.inf))
    assert rest.finite is True
    np.testing.assert_allclose(found.predictions[y > 0, 1:], rest.predictions, atol=1e-8)


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_class_without_weighted_rows_has_limit_probability_zero(l1_ratio):
    X, y = bundled("iris", raw=False)
    weight = (y != 2).astype(float)
    found = find_optimum(objective_of(X, y, l1_ratio=l1_ratio, row_weight=weight))
    assert found.finite is False
    np.testing.assert_array_equal(found.predictions[:, 2], 0.0)
    two = objective_of(X, np.minimum(y, 1), l1_ratio=l1_ratio, row_weight=weight)
    reduced = find_optimum(replace(two, output_head="softmax"))
    np.testing.assert_allclose(found.predictions[:, :2], reduced.predictions, atol=1e-9)


def test_single_class_has_its_label_as_limit():
    X, y = random_data(3)
    found = find_optimum(objective_of(X, y, row_weight=(y == 1).astype(float)))
    assert found.finite is False
    np.testing.assert_array_equal(found.predictions[y == 1], np.tile([0.0, 1.0], (sum(y), 1)))


# --- the parts that others use -----------------------------------------------------------------


def test_whitening_factor_makes_the_hessian_the_identity():
    objective = objective_of(*bundled("wine", raw=True))
    theta = np.zeros(objective.n_parameters)
    lower = whitening_factor(objective, theta)
    whitened = np.linalg.solve(lower, np.linalg.solve(lower, objective.hessian(theta)).T)
    # Identity but for the one gauge direction, which has no curvature.
    eigenvalues = np.linalg.eigvalsh(whitened)
    np.testing.assert_allclose(eigenvalues, [0.0] + [1.0] * (len(theta) - 1), atol=1e-5)
    np.testing.assert_array_equal(lower, np.tril(lower))


def test_composite_with_another_programs_gradient_ends_at_that_gradients_zero():
    objective = objective_of(*bundled("wine", raw=False), l1_ratio=0.5)
    # What a Keras regularizer does to its factor: a rounding to float32.
    rounded = replace(objective, l2_strength=objective.l2_strength * (1 + 6e-8))

    def value_and_gradient(theta):
        return objective.smooth_value_and_gradient(theta)[0], rounded.gradient(theta)

    theta, _ = proximal_newton(
        value_and_gradient,
        objective.hessian,
        objective.l1_weights,
        np.zeros(objective.n_parameters),
        gauge=gauge_directions(objective),
    )
    least = smallest_subgradient(theta, rounded.gradient(theta), objective.l1_weights)
    assert np.abs(least).max() < 1e-15


def test_smallest_subgradient_takes_the_nearest_element_at_zero():
    theta, gradient = np.array([0.0, 0.0, 2.0, -2.0]), np.array([0.3, -0.05, 0.3, 0.1])
    found = smallest_subgradient(theta, gradient, np.full(4, 0.1))
    np.testing.assert_allclose(found, [0.2, 0.0, 0.4, 0.0], atol=1e-16)


def test_a_loss_with_kinks_ends_where_no_step_improves() -> None:
    random = np.random.default_rng(0)
    X, asked = random.normal(size=(151, 5)), []
    y = X @ [1.0, -1.0, 0.5, 0.0, 2.0] + random.normal(size=151)

    def absolute(theta: np.ndarray) -> tuple[float, np.ndarray]:
        asked.append(theta)
        left = X @ theta - y
        return float(np.abs(left).mean()), X.T @ np.sign(left) / len(y)

    penalty = np.full(5, 0.05)
    theta, _ = proximal_newton(absolute, lambda _: X.T @ X / len(y), penalty, np.zeros(5))
    reached = absolute(theta)[0] + 0.05 * float(np.abs(theta).sum())
    # As a linear programme: parts above and below of each row, both signs of each coefficient.
    costs = np.concatenate([np.full(302, 1 / 151), np.full(10, 0.05)])
    rows = np.hstack([-np.eye(151), np.eye(151), X, -X])
    best = scipy.optimize.linprog(costs, A_eq=rows, b_eq=y).fun
    assert reached <= 1.02 * best
    assert len(asked) < 2000

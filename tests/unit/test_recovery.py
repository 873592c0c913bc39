"""The linear model behind predictions: INFERENCE's tables, and what is none."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sampling import sampled
from scipy.special import expit, softmax
from scipy.stats import norm
from sklearn import calibration, discriminant_analysis, ensemble, naive_bayes, neighbors, svm, tree
from sklearn.base import ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.inference.formats import detect_format
from pytest_modelparity.inference.linear_model import recover_linear_model
from pytest_modelparity.inference.recovery import Recovery
from pytest_modelparity.inference.rows import choose_rows

Load = Callable[..., tuple[np.ndarray, np.ndarray]]

#: What rounds predictions, by the name that is to be found.
ROUNDINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "float64": lambda P: P,
    "float32": lambda P: P.astype(np.float32),
    "4 decimals": lambda P: np.round(P, 4),
    "3 decimals": lambda P: np.round(P, 3),
    "float16": lambda P: P.astype(np.float16),
    "bfloat16": lambda P: as_bfloat16(P),
    "5 significant digits": lambda P: np.vectorize(lambda p: float(f"{p:.5g}"))(P),
    "n/255": lambda P: np.rint(P * 255) / 255,
    "n/256": lambda P: np.rint(P * 256) / 256,
}


def as_bfloat16(P: np.ndarray) -> np.ndarray:
    """Round to the upper half of a float32; ties are too rare to matter."""
    bits = P.astype(np.float32).view(np.uint32) + np.uint32(0x8000)
    return np.minimum((bits & np.uint32(0xFFFF0000)).view(np.float32), np.float32(1))


def data_of(name: str, bundled: Load) -> tuple[np.ndarray, np.ndarray]:
    """Return X and y by INFERENCE's name."""
    if name == "mcwide":
        return make_classification(100, 300, random_state=0)
    if name == "mc5":
        return make_classification(2000, 5, n_redundant=0, random_state=0)
    base, _, how = name.partition("-")
    return bundled({"bc": "breast_cancer"}.get(base, base), standardised=how == "std")


@functools.cache
def _optimum(name: str, C: float, bundled: Load) -> tuple[np.ndarray, ...]:
    """Return X, and parameters that are centred over more than two classes."""
    X, y = data_of(name, bundled)
    if name.startswith("digits"):
        # Half a minute to fit; least squares, scaled to log-odds as large, will do.
        centred = np.eye(10)[y] - 0.1
        coef = np.linalg.lstsq(X - X.mean(axis=0), centred, rcond=None)[0].T * (20.0 * C**0.5)
        return X, coef, -coef @ X.mean(axis=0)
    model = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-8, max_iter=100).fit(X, y)
    coef, intercept = model.coef_, model.intercept_
    if len(coef) > 1:
        coef, intercept = coef - coef.mean(axis=0), intercept - intercept.mean()
    return X, coef, intercept


def predicted(X: np.ndarray, coef: np.ndarray, intercept: np.ndarray, dtype: Any) -> np.ndarray:
    """Return probabilities as a framework of this floating type computes them."""
    z = X.astype(dtype) @ coef.T.astype(dtype) + intercept.astype(dtype)
    if len(coef) > 1:
        return softmax(z, axis=1)
    p = expit(z)
    return np.hstack([1 - p, p])


def error_of(found: Recovery, coef: np.ndarray) -> float:
    """Return the largest error of a coefficient, as a part of the largest of them."""
    assert found.coef is not None
    return float(np.abs(found.coef - coef).max() / np.abs(coef).max())


# --- the table of INFERENCE, section 1: largest error, as a part of the largest coefficient

#: With room of a factor 3 above what INFERENCE measured; float64 errors are rounding of our own.
TABLE = {
    ("bc-std", 1): {"float64": 1e-13, "float32": 2e-6, "4 decimals": 1.2e-2, "3 decimals": 6e-2},
    ("bc-std", 100): {"float64": 1e-13, "float32": 3e-6, "4 decimals": 2e-3, "3 decimals": 3e-2},
    ("bc-raw", 1): {"float64": 3e-12, "float32": 1.5e-3, "4 decimals": 6e-2, "3 decimals": 0.3},
    ("wine-std", 1): {"float64": 1e-14, "float32": 2e-7, "4 decimals": 6e-4, "3 decimals": 6e-3},
    ("iris-raw", 1): {"float64": 1e-14, "float32": 3e-7, "4 decimals": 3e-4, "3 decimals": 4e-3},
    ("digits-std", 1): {"float64": 1e-14, "float32": 3e-7},
    ("mcwide", 1): {"float64": 1e-14, "float32": 2e-6, "4 decimals": 2e-3, "3 decimals": 3e-2},
    ("mc5", 100): {"float64": 1e-14, "float32": 6e-8, "4 decimals": 4e-5, "3 decimals": 3e-4},
}


@pytest.mark.parametrize(
    "name,C,form,most",
    [(*key, form, most) for key, row in TABLE.items() for form, most in row.items()],
)
def test_coefficients_come_back(name: str, C: float, form: str, most: float, bundled: Load) -> None:
    X, coef, intercept = _optimum(name, C, bundled)
    # Decimals were printed of float64.
    dtype = np.float32 if form == "float32" else np.float64
    found = recover_linear_model(X, ROUNDINGS[form](predicted(X, coef, intercept, dtype)))
    assert found.form.name == form
    assert error_of(found, coef) <= most
    # 100 rows cannot test a model of 301 coefficients.
    assert found.linear is (None if name == "mcwide" else True)
    assert found.is_logistic


@pytest.mark.parametrize("form", ["float16", "bfloat16", "5 significant digits", "n/255", "n/256"])
@pytest.mark.parametrize("name", ["bc-std", "wine-std"])
def test_other_number_formats_are_told_and_fitted(name: str, form: str, bundled: Load) -> None:
    X, coef, intercept = _optimum(name, 1, bundled)
    found = recover_linear_model(X, ROUNDINGS[form](predicted(X, coef, intercept, np.float64)))
    assert (found.form.name, found.linear) == (form, True)
    assert found.deviation is not None
    error = np.abs(found.coef - coef)
    # The deviation is what is promised of them.
    assert (error <= 5 * found.deviation[:, :-1]).all()
    assert np.sqrt(np.mean((error / found.deviation[:, :-1]) ** 2)) <= 1.5


def test_ten_classes_are_not_fitted_to_decimals(bundled: Load) -> None:
    X, coef, intercept = _optimum("digits-std", 1, bundled)
    found = recover_linear_model(X, np.round(predicted(X, coef, intercept, np.float64), 4))
    assert (found.linear, found.coef) == (None, None)
    assert found.untold == ("it has too many coefficients to fit softmax to 4 decimals",)


# --- probes

#: INFERENCE's last column, with room of a factor 3.
PROBED = {
    ("bc-std", 1): 3e-6,
    ("bc-std", 100): 1.5e-6,
    ("bc-raw", 1): 4e-6,
    ("digits-std", 1): 6e-7,
    ("digits-raw", 100): 3e-6,
    ("mcwide", 1): 2e-6,
}


@pytest.mark.parametrize("name,C", PROBED)
def test_probes_give_what_rows_leave_open(name: str, C: float, bundled: Load) -> None:
    X, coef, intercept = _optimum(name, C, bundled)
    asked: list[int] = []

    def ask(rows: np.ndarray) -> np.ndarray:
        asked.append(len(rows))
        # A probe is a float32 number, so that casting moves nothing.
        assert np.array_equal(rows.astype(np.float32).astype(np.float64), rows)
        return predicted(rows, coef, intercept, np.float32)

    P = predicted(X, coef, intercept, np.float32)
    found = recover_linear_model(X, P, ask)
    assert (found.how, found.linear, found.is_complete) == ("probes", True, True)
    assert error_of(found, coef) <= PROBED[name, C]
    assert set(asked) == {2 * X.shape[1] + 1}
    assert len(asked) <= 4


def test_a_model_is_not_asked_where_its_rows_say_all(bundled: Load) -> None:
    X, coef, intercept = _optimum("iris-raw", 1, bundled)

    def ask(rows: np.ndarray) -> np.ndarray:
        raise AssertionError("it was asked")

    assert recover_linear_model(X, predicted(X, coef, intercept, np.float64), ask).how == "rows"


def test_rows_count_where_a_model_cannot_be_asked_elsewhere(bundled: Load) -> None:
    X, coef, intercept = _optimum("bc-raw", 1, bundled)

    def refuse(rows: np.ndarray) -> np.ndarray:
        raise ModelParityError("it raised ValueError: not one of its rows")

    found = recover_linear_model(X, predicted(X, coef, intercept, np.float32), refuse)
    assert (found.how, found.linear) == ("rows", True)
    assert found.untold[-1] == "asked at other rows, it raised ValueError: not one of its rows"


def test_rows_count_where_a_model_is_another_elsewhere(bundled: Load) -> None:
    X, coef, intercept = _optimum("bc-raw", 1, bundled)
    low, high = X.min(axis=0), X.max(axis=0)

    def clipped(rows: np.ndarray) -> np.ndarray:
        return predicted(
            np.clip(rows, low + 0.45 * (high - low), high), coef, intercept, np.float32
        )

    found = recover_linear_model(X, predicted(X, coef, intercept, np.float32), clipped)
    assert (found.how, found.linear) == ("rows", True)
    assert found.untold == (
        "asked at other rows, it is not the linear model that explains its own",
    )
    assert error_of(found, coef) <= 1.5e-3


# --- saturation


def test_a_sigmoid_of_float32_saturates_and_is_still_known(bundled: Load) -> None:
    X, coef, intercept = _optimum("bc-std", 100, bundled)
    P = predicted(X, coef, intercept, np.float32)
    assert (P == 0).sum() > 50
    found = recover_linear_model(X, P)
    assert (found.linear, found.n_used < found.n_rows) == (True, True)


def test_a_float32_sigmoid_without_right_digits_in_its_tails_is_still_known(bundled: Load) -> None:
    X, coef, intercept = _optimum("bc-std", 1.0, bundled)
    exact = expit(X @ coef.T + intercept)
    assert exact.min() < 1e-9
    # As a rational function makes them: in steps of 2^-24, and up to 3 of these off.
    off = np.random.default_rng(0).integers(-3, 4, exact.shape)
    P = np.clip((np.rint(exact * 2**24) + off) / 2**24, 0, 1).astype(np.float32)
    found = recover_linear_model(X, P)
    assert (found.form.name, found.linear, found.is_logistic) == ("float32", True, True)
    assert np.abs(found.coef - coef).max() <= 1e-4 * np.abs(coef).max()
    bent = expit(X @ coef.T + intercept + 0.01 * X[:, :1] ** 2).astype(np.float32)
    assert recover_linear_model(X, bent).linear is False


def test_a_row_that_should_be_saturated_and_is_not_is_no_linear_model(bundled: Load) -> None:
    X, coef, intercept = _optimum("bc-std", 100, bundled)
    P = predicted(X, coef, intercept, np.float32)
    middle = int(np.argmin(np.abs(P[:, 1] - 0.5)))
    P[middle] = [0, 1]
    found = recover_linear_model(X, P)
    assert (found.linear, found.ratio) == (False, np.inf)


def test_small_probabilities_of_float16_are_spaced_evenly(bundled: Load) -> None:
    X, coef, intercept = _optimum("bc-std", 1, bundled)
    P = predicted(X, coef, intercept, np.float64).astype(np.float16)
    assert 0 < P[P > 0].min() < 2.0**-14
    assert recover_linear_model(X, P).linear


@pytest.mark.parametrize("end", [1e-7, 0.05])
def test_clipped_predictions_are_those_of_a_linear_model(end: float, bundled: Load) -> None:
    X, coef, intercept = _optimum("bc-std", 100, bundled)
    P = np.clip(predicted(X, coef, intercept, np.float64), end, 1 - end)[:, 1]
    found = recover_linear_model(X, P)
    assert found.linear
    assert error_of(found, coef) <= 1e-9


def test_labels_say_nothing_of_a_linear_map(bundled: Load) -> None:
    X, y = bundled("breast_cancer")
    found = recover_linear_model(X, y.astype(np.float64))
    assert (found.linear, found.coef) == (None, None)
    assert found.untold == (
        "its predictions are all at 0 or 1, so that nothing of a linear map can be seen",
    )


def test_nan_says_nothing_of_a_linear_map(bundled: Load) -> None:
    X, y = bundled("breast_cancer")
    found = recover_linear_model(X, np.full(len(y), np.nan))
    assert (found.linear, found.untold) == (None, ("its predictions are not all numbers",))


def test_a_constant_is_a_linear_model(bundled: Load) -> None:
    X, y = bundled("wine")
    found = recover_linear_model(X, np.tile([0.2, 0.3, 0.5], (len(y), 1)))
    assert found.linear
    np.testing.assert_allclose(found.coef, 0, atol=1e-3)
    assert found.intercept is not None
    np.testing.assert_allclose(softmax(found.intercept), [0.2, 0.3, 0.5], atol=0.05)


# --- columns that depend on each other


def test_of_all_coefficients_that_fit_the_shortest_are_those_of_an_l2_optimum() -> None:
    X, y = make_classification(500, 20, n_informative=5, n_redundant=6, random_state=1)
    model = LogisticRegression(solver="newton-cg", tol=1e-12, max_iter=1000).fit(X, y)
    found = recover_linear_model(X, model.predict_proba(X))
    assert (found.linear, found.is_complete, found.is_resolved) == (True, False, False)
    assert "the rows span 15 of 21 columns" in found.untold[0]
    np.testing.assert_allclose(found.coef, model.coef_, atol=1e-6)


# --- other heads


def binary_heads() -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Return links by the name that is to be found."""
    return {
        "probit": norm.cdf,
        "complementary log-log": lambda z: 1 - np.exp(-np.exp(z)),
        "log-log": lambda z: np.exp(-np.exp(-z)),
        "identity, clipped to [0, 1]": lambda z: np.clip(0.5 + z / 8, 0, 1),
        "sigmoid, applied twice": lambda z: expit(expit(z)),
        "softmax, applied twice": lambda z: expit(2 * expit(z) - 1),
    }


@pytest.mark.parametrize("form", ["float64", "float32", "4 decimals"])
@pytest.mark.parametrize("name", binary_heads())
def test_another_link_is_named(name: str, form: str) -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(400, 6))
    z = X @ rng.normal(size=6) + 0.3
    found = recover_linear_model(X, ROUNDINGS[form](binary_heads()[name](z)))
    assert (found.head, found.linear, found.is_logistic) == (name, True, False)


@pytest.mark.parametrize("form", ["float64", "float32", "4 decimals"])
@pytest.mark.parametrize("kind", ["sigmoids", "twice", "one-vs-rest"])
def test_another_head_of_three_classes_is_named(kind: str, form: str, bundled: Load) -> None:
    X, y = bundled("wine", standardised=True)
    model = OneVsRestClassifier(LogisticRegression(solver="liblinear")).fit(X, y)
    z = np.column_stack([one.decision_function(X) for one in model.estimators_])
    P, words, coef = {
        "sigmoids": (expit(z), "one sigmoid a class, whose sum is not 1", 0),
        "twice": (softmax(softmax(z, axis=1), axis=1), "softmax, applied twice", None),
        "one-vs-rest": (model.predict_proba(X), "one sigmoid a class, divided by their sum", 0),
    }[kind]
    found = recover_linear_model(X, ROUNDINGS[form](P))
    assert found.head.startswith(words)
    assert (found.linear, found.is_logistic) == (True, False)
    if coef is not None and form != "4 decimals":
        expected = np.vstack([one.coef_ for one in model.estimators_])
        assert error_of(found, expected) <= {"float64": 1e-10, "float32": 3e-5}[form]


# --- what is no linear model

CANDIDATES: dict[str, ClassifierMixin] = {
    "tanh": MLPClassifier((10,), activation="tanh", max_iter=60, random_state=0),
    "relu": MLPClassifier((10,), max_iter=60, random_state=0),
    "naive Bayes": naive_bayes.GaussianNB(),
    "squares": make_pipeline(PolynomialFeatures(2), LogisticRegression(C=0.01)),
    "bagging": ensemble.BaggingClassifier(LogisticRegression(), random_state=0),
    "calibrated": calibration.CalibratedClassifierCV(LogisticRegression(), cv=3),
    "coupled": OneVsRestClassifier(naive_bayes.GaussianNB()),
    "quadratic": discriminant_analysis.QuadraticDiscriminantAnalysis(reg_param=0.1),
    "forest": ensemble.RandomForestClassifier(30, random_state=0),
    "tree": tree.DecisionTreeClassifier(max_depth=3, random_state=0),
    "neighbours": neighbors.KNeighborsClassifier(),
    "Huber": SGDClassifier(loss="modified_huber", random_state=0),
    "support vectors": calibration.CalibratedClassifierCV(svm.SVC(random_state=0), cv=2),
}
LINEAR: dict[str, ClassifierMixin] = {
    "discriminant": discriminant_analysis.LinearDiscriminantAnalysis(),
    "linear units": MLPClassifier((5,), activation="identity", max_iter=60, random_state=0),
    "strong": LogisticRegression(C=1e-3),
    "weak": LogisticRegression(C=1e3, max_iter=1000),
}


#: Nearly all of their rows have a class without a vote, or are certain.
NOT_TESTABLE = {
    ("forest", "iris"): ("float64", "float32"),
    ("Huber", "breast_cancer"): ("float64", "float32", "4 decimals"),
    ("Huber", "wine"): ("float64", "float32", "4 decimals"),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("data", sampled(["breast_cancer", "wine", "iris"], ["wine", "iris"]))
@pytest.mark.parametrize("name", [*CANDIDATES, *LINEAR])
def test_a_model_is_told_linear_where_it_is(name: str, data: str, bundled: Load) -> None:
    X, y = bundled(data, standardised=True)
    model = (CANDIDATES | LINEAR)[name].fit(X, y)
    P = model.predict_proba(X)
    told = {
        form: recover_linear_model(X, ROUNDINGS[form](P)).linear
        for form in ("float64", "float32", "4 decimals")
    }
    expected: dict[str, bool | None] = dict.fromkeys(told, name in LINEAR)
    expected |= dict.fromkeys(NOT_TESTABLE.get((name, data), ()))
    assert told == expected


# --- many rows


def test_all_rows_test_a_fit_to_some(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    X = np.hstack([rng.normal(size=(4000, 6)), np.zeros((4000, 1))])
    X[1501, 6] = 1.0  # a category that one row has
    coef, intercept = rng.normal(size=(1, 7)), np.array([0.2])
    P = predicted(X, coef, intercept, np.float64)
    monkeypatch.setattr("pytest_modelparity.inference.rows.WANTED_WORK", 2e4)
    chosen = choose_rows(X)
    assert chosen is not None
    assert len(chosen.chosen) < 500
    assert 1501 in chosen.chosen
    found = recover_linear_model(X, P)
    assert (found.linear, found.is_complete) == (True, True)
    assert error_of(found, coef) <= 1e-12
    other = next(row for row in range(4000) if row not in chosen.chosen)
    P[other] = P[other, ::-1]
    assert recover_linear_model(X, P).linear is False


# --- formats


@pytest.mark.parametrize("form", ROUNDINGS)
def test_a_format_is_told_from_its_numbers(form: str) -> None:
    P = np.random.default_rng(2).uniform(size=(60, 1))
    assert detect_format(ROUNDINGS[form](P)).name == form


def test_float32_numbers_that_were_printed_are_float32() -> None:
    P = np.random.default_rng(0).random(200).astype(np.float32)
    assert detect_format([float(str(p)) for p in P]).name == "float32"
    assert detect_format([float(f"{p:.8g}") for p in P]).name == "8 significant digits"
    assert detect_format([float(f"{p:.9f}") for p in P.astype(float)]).name == "9 decimals"


def test_no_number_is_further_from_what_it_rounds_than_its_format_says() -> None:
    exact = np.concatenate([np.geomspace(1e-7, 0.5, 500), 1 - np.geomspace(1e-7, 0.5, 500)])
    for name, rounding in ROUNDINGS.items():
        rounded = rounding(exact)
        form = detect_format(rounded)
        assert form.name == name
        apart = np.abs(rounded.astype(np.float64) - exact)
        assert (apart <= form.rounding(rounded.astype(np.float64)) * (1 + 1e-6)).all(), name


# --- noise


@pytest.mark.parametrize("form", ["float32", "4 decimals"])
@pytest.mark.parametrize("name", ["bc-std", "wine-std"])
def test_the_factor_of_the_noise_is_that_of_its_deviations(
    name: str, form: str, bundled: Load
) -> None:
    X, coef, intercept = _optimum(name, 1, bundled)
    found = recover_linear_model(X, ROUNDINGS[form](predicted(X, coef, intercept, np.float64)))
    assert found.noise_factor is not None
    assert found.deviation is not None
    covariance = found.noise_factor @ found.noise_factor.T
    assert found.deviation.shape == (len(coef), X.shape[1] + 1)
    np.testing.assert_allclose(np.diag(covariance), found.deviation.reshape(-1) ** 2, rtol=1e-9)

"""From settings to Keras: what each parameter of a LogisticRegression becomes.

You want to move a ``LogisticRegression`` to Keras without guessing. ``KerasTwin`` says what stands
for each parameter, builds the stock Keras model, trains it, and proves how near it came.
"""

import keras
import numpy as np
import pytest
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import KerasTwin

CASES = [(name, scaling) for name in ("breast_cancer", "iris") for scaling in ("raw", "standard")]


def load(name: str, scaling: str) -> tuple[np.ndarray, np.ndarray]:
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return (StandardScaler().fit_transform(X) if scaling == "standard" else X), y


def estimator() -> LogisticRegression:
    # Newton's method with a small tol: the default search stops early on raw features.
    return LogisticRegression(C=0.5, solver="newton-cg", tol=1e-10, max_iter=10_000)


def centred(coef: np.ndarray) -> np.ndarray:
    """Remove what every class shares, which changes no prediction."""
    return coef - coef.mean(axis=0) if len(coef) > 1 else coef


@pytest.mark.parametrize("name,scaling", CASES)
def test_the_twin_has_the_estimators_coefficients(name: str, scaling: str) -> None:
    X, y = load(name, scaling)
    reference = estimator().fit(X, y)
    twin = KerasTwin(estimator()).fit(X, y)

    assert twin.certificate_.probability < 1e-6
    assert np.abs(twin.predict_proba(X) - reference.predict_proba(X)).max() < 1e-5
    np.testing.assert_allclose(centred(twin.coef_), centred(reference.coef_), rtol=1e-3, atol=1e-4)
    assert (twin.predict(X) == reference.predict(X)).all()


def test_every_parameter_has_a_row_that_says_what_becomes_of_it() -> None:
    X, y = load("breast_cancer", "standard")
    rows = {row.name: row for row in KerasTwin(estimator()).fit(X, y).mapping_}

    assert set(rows) == set(estimator().get_params())
    # 1 / (2 * C * n_rows) for C=0.5 and 569 rows
    assert rows["C"].status == "exact"
    assert rows["C"].keras == "kernel_regularizer=L2(0.00176)"
    assert rows["fit_intercept"].keras == "use_bias=True"
    # How the search runs decides how near the optimum it stops, not where that is.
    assert rows["tol"].status == "approximate"
    assert all(row.reason for row in rows.values())


# Keras 3.15 with TensorFlow 2.21 and numpy 2 says this whenever it saves.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_model_is_a_stock_keras_model(tmp_path) -> None:
    X, y = load("iris", "standard")
    twin = KerasTwin(LogisticRegression(), output="probability").fit(X, y)

    twin.model_.save(tmp_path / "twin.keras")
    loaded = keras.saving.load_model(tmp_path / "twin.keras")
    # float32 has 24 bits
    np.testing.assert_allclose(loaded.predict(X, verbose=0), twin.predict_proba(X), atol=1e-6)


def test_the_source_trains_the_same_model_without_this_package() -> None:
    X, y = load("iris", "standard")
    twin = KerasTwin(LogisticRegression()).fit(X, y)
    source = twin.source()

    assert "modelparity" not in source
    names = {"X": X, "y": y}
    exec(source, names)
    logits = names["model"].predict(X.astype("float32"), verbose=0)
    assert np.abs(keras.ops.softmax(logits) - twin.predict_proba(X)).max() <= 0.01

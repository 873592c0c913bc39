"""Keras models in files, and SavedModels: loaded, compared, trained, refused in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ModelParityError, compare_models

pytestmark = [
    # Keras's own, where models are saved.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5"),
]

Rows = tuple[np.ndarray, np.ndarray]


class OwnLoss(keras.losses.Loss):
    """A loss that is registered nowhere."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return keras.losses.binary_crossentropy(y_true, y_pred)


@pytest.fixture(scope="module")
def rows() -> Rows:
    X = np.random.RandomState(0).normal(size=(80, 3))
    return X, (X @ [1.0, -2.0, 0.5] + np.random.RandomState(1).logistic(size=80) > 0).astype(int)


@pytest.fixture(scope="module")
def reference(rows: Rows) -> LogisticRegression:
    return LogisticRegression(tol=1e-8).fit(*rows)


def ported(fitted: LogisticRegression, loss: Any = "binary_crossentropy") -> keras.Model:
    """Return the port of an estimator."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
    model.set_weights([fitted.coef_.T, fitted.intercept_])
    model.compile(keras.optimizers.SGD(0.1), loss)
    return model


def refused(path: Any, rows: Rows, words: str, **arguments: Any) -> None:
    """Expect one sentence."""
    with pytest.raises(ModelParityError, match=words) as caught:
        compare_models(LogisticRegression(), *rows, candidate=path, **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_file_is_the_model_in_it(
    rows: Rows, reference: LogisticRegression, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"port{suffix}"
    ported(reference).save(path)
    report = compare_models(reference, *rows, candidate=path, explain=False)
    assert report.equivalent
    # Its coefficients are read, not recovered.
    assert report.divergences["coef"].note == ""
    assert compare_models(reference, rows[0], candidate=str(path)).equivalent


def test_a_file_is_trained_with_its_own_loss(
    rows: Rows, reference: LogisticRegression, tmp_path: Path
) -> None:
    path = tmp_path / "port.keras"
    ported(reference).save(path)
    report = compare_models(
        reference, *rows, candidate=path, fit={"epochs": 1, "verbose": 0}, explain=False
    )
    assert report.settings["candidate"].training.iterations == 1


def test_a_loss_that_is_not_known_is_said(
    rows: Rows, reference: LogisticRegression, tmp_path: Path
) -> None:
    path = tmp_path / "port.keras"
    ported(reference, OwnLoss()).save(path)
    report = compare_models(reference, *rows, candidate=path)
    assert report.equivalent
    said = report.settings["candidate"].unmodelled[0]
    assert said.startswith(f"the Keras file {str(path)!r} was loaded without its loss (Could not")
    words = "was loaded without its loss .*, and fit trains with it; load the model yourself"
    refused(path, rows, words, fit={"epochs": 1})


def test_a_file_that_is_no_model_is_refused(
    rows: Rows, reference: LogisticRegression, tmp_path: Path
) -> None:
    path, model = tmp_path / "port.keras", ported(reference)
    refused(path, rows, "^the Keras file '.*port.keras' cannot be read: there is no such file")
    model.save(path)
    path.write_bytes(path.read_bytes()[:3000])
    refused(path, rows, "is no Keras model, or is cut off; save it again$")
    model.save(tmp_path / "port.h5")
    (tmp_path / "port.h5").write_bytes((tmp_path / "port.h5").read_bytes()[:3000])
    refused(tmp_path / "port.h5", rows, r"is no Keras model, or is cut off \(.*; save it again$")
    model.save_weights(tmp_path / "port.weights.h5")
    refused(tmp_path / "port.weights.h5", rows, "holds weights alone; save the whole model with")
    code = keras.Sequential([model, keras.layers.Lambda(lambda z: z)])
    code.save(path)
    refused(path, rows, "holds a Lambda layer with code of its own, .* safe_mode=False if you")
    wide = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
    wide.save(path)
    refused(path, rows, "4")


def test_a_saved_model_is_asked(rows: Rows, reference: LogisticRegression, tmp_path: Path) -> None:
    X, y = rows
    path = tmp_path / "port"
    ported(reference).export(path, verbose=False)
    report = compare_models(reference, X, y, candidate=path)
    assert report.equivalent
    assert report.settings["candidate"].model == "SavedModel (port)"
    words = "^the SavedModel '.*port' takes 3 columns, X has 2; pass the rows"
    refused(path, (X[:, :2], y), words)
    other = LogisticRegression(C=0.01, tol=1e-8).fit(X, y)
    ported(other).export(path, verbose=False)
    report = compare_models(reference, X, y, candidate=str(path))
    assert [cause.setting for cause in report.causes] == ["C"]
    graph = path / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:500])
    refused(path, rows, "cannot be loaded: .*; export it again$")

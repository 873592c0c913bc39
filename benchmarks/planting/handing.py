"""How a port is handed over: a trained model as a file, an object, a function or a table."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

#: A candidate, and what else the check is given.
Handed: TypeAlias = "tuple[Any, dict[str, Any]]"
#: Trains a model on X and y.
Train: TypeAlias = Callable[[np.ndarray, np.ndarray], Any]
#: Hands over what is trained, of its data and in a folder.
Hand: TypeAlias = Callable[[Train, np.ndarray, np.ndarray, Path], Handed]


def _onnx(dtype: type) -> Hand:
    """Return what writes an ONNX file in a floating type."""

    def hand(train: Train, X: np.ndarray, y: np.ndarray, folder: Path) -> Handed:
        from skl2onnx import to_onnx

        path = folder / "port.onnx"
        # A ZipMap of doubles is no valid file (onnxruntime 1.32).
        options = {"zipmap": dtype is np.float32}
        file = to_onnx(train(X, y), X[:1].astype(dtype), options=options)
        path.write_bytes(file.SerializeToString())
        return path, {}

    return hand


def _keras(fitted: Any) -> Any:
    """Return a model of Keras with an estimator's weights, not compiled."""
    import keras

    n_outputs, n_features = fitted.coef_.shape
    head = "sigmoid" if n_outputs == 1 else "softmax"
    layers = [keras.Input((n_features,)), keras.layers.Dense(n_outputs, activation=head)]
    model = keras.Sequential(layers)
    model.set_weights([fitted.coef_.T, fitted.intercept_])
    return model


def _tflite(train: Train, X: np.ndarray, y: np.ndarray, folder: Path) -> Handed:
    import tensorflow

    converter = tensorflow.lite.TFLiteConverter.from_keras_model(_keras(train(X, y)))
    path = folder / "port.tflite"
    path.write_bytes(converter.convert())
    return path, {}


def _saved_model(train: Train, X: np.ndarray, y: np.ndarray, folder: Path) -> Handed:
    _keras(train(X, y)).export(folder / "port", verbose=False)
    return folder / "port", {}


def _keras_file(train: Train, X: np.ndarray, y: np.ndarray, folder: Path) -> Handed:
    _keras(train(X, y)).save(folder / "port.keras")
    return folder / "port.keras", {}


def _pickle(train: Train, X: np.ndarray, y: np.ndarray, folder: Path) -> Handed:
    (folder / "port.pkl").write_bytes(pickle.dumps(_Shown(train(X, y))))
    return folder / "port.pkl", {"allow_pickle": True}


class _Shown:
    """An estimator of another package: coefficients and predictions."""

    def __init__(self, fitted: Any) -> None:
        self._fitted, self.coef_, self.intercept_ = fitted, fitted.coef_, fitted.intercept_

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities."""
        return self._fitted.predict_proba(X)


def _table(suffix: str) -> Hand:
    """Return what writes a table of predictions."""

    def hand(train: Train, X: np.ndarray, y: np.ndarray, folder: Path) -> Handed:
        import pandas

        P, path = train(X, y).predict_proba(X), folder / f"scores{suffix}"
        frame = pandas.DataFrame(P, columns=[str(label) for label in np.unique(y)])
        if suffix == ".csv":
            frame.to_csv(path, float_format="%.6f", index=False)
        elif suffix == ".parquet":
            frame.to_parquet(path)
        else:
            np.save(path, P.astype(np.float32))
        return path, {}

    return hand


#: Every way, by what it is called in the table.
WAYS: Mapping[str, Hand] = {
    "ONNX, float32": _onnx(np.float32),
    "ONNX, float64": _onnx(np.float64),
    "TFLite, float32": _tflite,
    "SavedModel": _saved_model,
    ".keras": _keras_file,
    "an object with coefficients": lambda train, X, y, folder: (_Shown(train(X, y)), {}),
    "a pickle": _pickle,
    "a function of X": lambda train, X, y, folder: (train(X, y).predict_proba, {}),
    "a function of X and y": lambda train, X, y, folder: (
        lambda X, y: train(X, y).predict_proba,
        {},
    ),
    "a CSV of six decimals": _table(".csv"),
    "parquet": _table(".parquet"),
    "npy, float32": _table(".npy"),
}

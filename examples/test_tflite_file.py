"""A TFLite file: what does an int8 model on a device have to do with the one on the desk?

A classifier of 13 measurements was moved to a device: to Keras, to TFLite, and to whole numbers,
since the device has no others. The float file agrees. In int8 a third of the labels are wrong,
because one step has to do for all columns, and proline goes up to 1680.
"""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import assert_models_equivalent, compare_models

pytest.importorskip("ai_edge_litert", reason="pip install 'pytest-modelparity[tflite]'")
# The converter's own.
pytestmark = pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning")


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    return load_wine(return_X_y=True)


def convert(fitted: LogisticRegression, X: np.ndarray, path: Path, *, int8: bool) -> Path:
    """Write an estimator as a TFLite file, through Keras."""
    model = keras.Sequential([keras.Input((13,)), keras.layers.Dense(3, activation="softmax")])
    model.set_weights([fitted.coef_.T, fitted.intercept_])
    converter = tensorflow.lite.TFLiteConverter.from_keras_model(model)
    if int8:
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([row[None].astype(np.float32)] for row in X)
        converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
    path.write_bytes(converter.convert())
    return path


def test_the_float_file_is_the_estimator(data: tuple, tmp_path: Path) -> None:
    fitted = LogisticRegression(solver="newton-cholesky").fit(*data)
    path = convert(fitted, data[0], tmp_path / "wine.tflite", int8=False)
    assert_models_equivalent(fitted, *data, candidate=path)


def test_whole_numbers_lose_columns_of_unequal_size(data: tuple, tmp_path: Path) -> None:
    fitted = LogisticRegression(solver="newton-cholesky").fit(*data)
    path = convert(fitted, data[0], tmp_path / "wine_int8.tflite", int8=True)
    report = compare_models(fitted, *data, candidate=path)
    assert report.verdict == "diverged"
    assert [cause.setting for cause in report.causes] == ["quantization"]
    # Its weights are right: computed with the file's steps the estimator predicts the same.
    assert report.relation.detail == "int8, inputs in steps of 6.59"


def test_standardised_columns_keep_their_labels(data: tuple, tmp_path: Path) -> None:
    X, y = StandardScaler().fit_transform(data[0]), data[1]
    fitted = LogisticRegression(solver="newton-cholesky").fit(X, y)
    path = convert(fitted, X, tmp_path / "wine_int8.tflite", int8=True)
    # 8 bits are allowed for.
    report = assert_models_equivalent(fitted, X, y, candidate=path, tolerance=0.1)
    assert report.divergences["labels"].value < 0.02

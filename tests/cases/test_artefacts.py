"""Ports as they are handed over: an ONNX or a TFLite file, a fitted estimator, a CSV of scores.

Each is made here of a model that was ported wrongly, and handed over as its path, as a function of
X or as a table: what it predicts must tell what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import pandas
import pytest
import tensorflow
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import ModelParityError, ParityReport, compare_models, train_to_optimum
from pytest_modelparity.frameworks.tflite.model import open_model

pytest.importorskip("ai_edge_litert", reason="the extra tflite installs it")
pytest.importorskip("onnxruntime", reason="the extra onnx installs it")

pytestmark = [
    # Both are the converter's and the interpreter's own, on every use.
    pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated:UserWarning"),
    pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning"),
]

Rows = tuple[np.ndarray, np.ndarray]
Predict = Callable[[np.ndarray], np.ndarray]

#: What was ported wrongly: (C, class weights).
WRONG: dict[str, tuple[float, tuple[float, float] | None]] = {
    "C": (0.1, None),
    "class_weight": (1.0, (1.0, 4.0)),
}
RIGHT = (1.0, None)


def reference() -> LogisticRegression:
    return LogisticRegression(tol=1e-8, max_iter=5000)


@pytest.fixture(scope="module")
def cancer() -> Rows:
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture(scope="module")
def wine() -> Rows:
    X, y = load_wine(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture(scope="module")
def ported(dense: Callable[..., keras.Model], cancer: Rows) -> Callable[..., keras.Model]:
    """Return the Keras port at the optimum of its objective, by C and class weights."""
    X, y = cancer
    known: dict[Any, keras.Model] = {}

    def port(C: float, weights: tuple[float, float] | None) -> keras.Model:
        if (C, weights) not in known:
            of_rows = None if weights is None else np.take(weights, y)
            model = dense(X.shape[1], l2=1 / (2 * C * len(y)))
            known[C, weights] = train_to_optimum(model, X, y, sample_weight=of_rows).model
        return known[C, weights]

    return port


def causes(report: ParityReport) -> list[tuple[str, str]]:
    return [(cause.setting, cause.candidate) for cause in report.causes]


def assert_named(report: ParityReport, wrong: str) -> None:
    """Assert that what was ported wrongly is the one cause, with its value."""
    C, weights = WRONG[wrong]
    assert [(cause.setting, cause.role) for cause in report.causes] == [(wrong, "must")]
    found = report.inference["candidate"]
    assert found.grade == "proven"
    # Weights in float16 are at the optimum of what is as near.
    assert found.values[0].values == pytest.approx(weights or (C,), rel=1e-3)


# --- TFLite


def tflite(model: keras.Model, path: Path, kind: str, rows: np.ndarray | None = None) -> Path:
    """Write a model as a TFLite file: float32, float16, or int8 with ranges of some rows."""
    converter = tensorflow.lite.TFLiteConverter.from_keras_model(model)
    if kind != "float32":
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tensorflow.float16]
    if kind.startswith("int"):
        ops = tensorflow.lite.OpsSet
        int16 = ops.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.representative_dataset = lambda: ([row[None].astype(np.float32)] for row in rows)
        wanted = int16 if kind == "int16" else ops.TFLITE_BUILTINS_INT8
        converter.target_spec.supported_ops = [wanted]
    if kind == "int8 in and out":
        converter.inference_input_type = converter.inference_output_type = tensorflow.int8
    path.write_bytes(converter.convert())
    return path


def of_tflite(path: Path) -> Predict:
    """Return a TFLite file as a function of X, of which nothing but predictions can be seen."""
    runner = open_model(tensorflow.lite.Interpreter(model_path=str(path)), path)
    return lambda X: runner.predict(X)


@pytest.mark.parametrize("kind", ["float32", "float16"])
@pytest.mark.parametrize("wrong", list(WRONG))
def test_a_tflite_file_tells_what_it_was_trained_on(
    cancer: Rows, ported: Callable[..., keras.Model], tmp_path: Path, wrong: str, kind: str
) -> None:
    C, weights = WRONG[wrong]
    path = tflite(ported(C, weights), tmp_path / "port.tflite", kind)
    report = compare_models(reference(), *cancer, candidate=path)
    assert report.verdict == "diverged"
    assert_named(report, wrong)


def test_a_tflite_file_in_float16_is_told_so(
    cancer: Rows, ported: Callable[..., keras.Model], tmp_path: Path
) -> None:
    path = tflite(ported(*RIGHT), tmp_path / "port.tflite", "float16")
    report = compare_models(reference(), *cancer, candidate=of_tflite(path), tolerance=1e-4)
    assert report.verdict == "diverged"
    assert [cause.setting for cause in report.causes] == ["rounded-to-float16"]


@pytest.mark.parametrize(
    "kind,n,which",
    [
        ("int8", 569, "ranges of all rows"),
        ("int8 in and out", 569, "ranges of all rows"),
        ("int8", 100, "ranges of the first * rows"),
    ],
    ids=["float in and out", "int8 in and out", "ranges of 100 rows"],
)
def test_a_tflite_file_in_int8_is_told_as_quantization(
    cancer: Rows, ported: Callable[..., keras.Model], tmp_path: Path, kind: str, n: int, which: str
) -> None:
    X, y = cancer
    path = tflite(ported(*RIGHT), tmp_path / "port.tflite", kind, rows=X[:n])
    report = compare_models(reference(), X, y, candidate=of_tflite(path))
    assert report.verdict == "diverged"
    assert report.divergences["probability"].value > 0.02
    assert [(cause.setting, cause.kind) for cause in report.causes] == [
        ("quantization", "structure")
    ]
    assert report.relation is not None
    first, _, last = which.partition("*")
    assert report.relation.detail.startswith(first)
    assert report.relation.detail.endswith(last)
    # Two steps of 1/256 at most.
    assert report.relation.exact
    assert report.relation.left < 0.008
    # It is no other model, and no stairs of one.
    assert {"quantization"} <= {finding.slug for finding in report.findings}
    assert "not-linear" not in {finding.slug for finding in report.findings}


@pytest.mark.parametrize("kind", ["int8 in and out", "int16"])
def test_a_file_in_whole_numbers_says_its_steps(
    cancer: Rows, ported: Callable[..., keras.Model], tmp_path: Path, kind: str
) -> None:
    X, y = cancer
    # Ranges of rows drawn at random, which predictions do not tell.
    some = X[np.random.RandomState(0).permutation(len(X))[:50]]
    path = tflite(ported(*RIGHT), tmp_path / "port.tflite", kind, rows=some)
    report = compare_models(reference(), X, y, candidate=path, tolerance=1e-3)
    assert [(cause.setting, cause.role) for cause in report.causes] == [("quantization", "must")]
    assert report.relation is not None
    bits = "int16" if kind == "int16" else "int8"
    assert report.relation.detail.startswith(f"{bits}, inputs in steps of 0.0")
    # Computed with the steps of the file, to one of its outputs' steps.
    assert report.relation.left <= (2**-15 if kind == "int16" else 2**-8)


def test_whole_numbers_of_another_model_are_no_excuse(
    cancer: Rows, ported: Callable[..., keras.Model], tmp_path: Path
) -> None:
    path = tflite(ported(0.1, None), tmp_path / "port.tflite", "int16", rows=cancer[0])
    report = compare_models(reference(), *cancer, candidate=path)
    assert report.relation is None
    assert "quantization" not in {cause.setting for cause in report.causes}
    said = next(item.text for item in report.findings if item.slug == "quantization")
    assert "computes in int16, all columns of its inputs in steps of 0.000" in said


def test_columns_of_unequal_size_are_lost_in_one_step_of_int8(
    dense: Callable[..., keras.Model], tmp_path: Path
) -> None:
    X, y = load_wine(return_X_y=True)
    fitted = LogisticRegression(solver="newton-cholesky").fit(X, y)
    model = dense(X.shape[1], units=3, weights=(fitted.coef_, fitted.intercept_))
    path = tflite(model, tmp_path / "port.tflite", "int8", rows=X)
    report = compare_models(fitted, X, y, candidate=path)
    assert report.divergences["probability"].value > 0.9
    assert [(cause.setting, cause.role) for cause in report.causes] == [("quantization", "must")]
    assert report.relation is not None
    assert report.relation.detail == "int8, inputs in steps of 6.59"
    # By its predictions alone it is told, and not proven.
    report = compare_models(fitted, X, y, candidate=of_tflite(path))
    assert report.relation is not None
    assert report.relation.name == "quantization"
    # A softmax in whole numbers is some steps off: told, and no proven cause.
    assert 2 / 256 < report.relation.left < 0.05
    assert report.causes == ()
    assert "quantization" in {finding.slug for finding in report.findings}


def test_a_tflite_file_in_int8_passes_where_8_bits_are_allowed(
    cancer: Rows, ported: Callable[..., keras.Model], tmp_path: Path
) -> None:
    path = tflite(ported(*RIGHT), tmp_path / "port.tflite", "int8", rows=cancer[0])
    report = compare_models(reference(), *cancer, candidate=of_tflite(path), tolerance=0.1)
    assert report.verdict == "equivalent"
    assert report.relation is None
    assert "quantization" not in {finding.slug for finding in report.findings}


def test_8_bits_are_no_excuse_for_another_objective(
    cancer: Rows, ported: Callable[..., keras.Model], tmp_path: Path
) -> None:
    C, weights = WRONG["class_weight"]
    path = tflite(ported(C, weights), tmp_path / "port.tflite", "int8", rows=cancer[0])
    report = compare_models(reference(), *cancer, candidate=of_tflite(path))
    assert report.verdict == "diverged"
    assert report.relation is None
    assert "quantization" not in {cause.setting for cause in report.causes}
    said = next(item.text for item in report.findings if item.slug == "quantization")
    assert said.startswith("the candidate's predictions are multiples of 1/256, ")


def test_votes_of_16_neighbours_are_no_8_bits(cancer: Rows) -> None:
    votes = KNeighborsClassifier(16).fit(*cancer)
    report = compare_models(reference(), *cancer, candidate=votes.predict_proba)
    assert report.verdict == "diverged"
    assert "quantization" not in {finding.slug for finding in report.findings}


def refused(candidate: Any, X: np.ndarray, y: np.ndarray, words: str) -> None:
    """Expect one sentence."""
    with pytest.raises(ModelParityError, match=words) as caught:
        compare_models(reference(), X, y, candidate=candidate)
    assert "\n" not in str(caught.value)


def test_a_tflite_file_that_is_none_is_refused(
    cancer: Rows, ported: Callable[..., keras.Model], tmp_path: Path
) -> None:
    path, (X, y) = tmp_path / "port.tflite", cancer
    refused(path, X, y, "^the TFLite file '.*port.tflite' cannot be read: No such file")
    path.write_bytes(b"")
    refused(path, X, y, "is empty; write it again$")
    tflite(ported(*RIGHT), path, "float32")
    content = path.read_bytes()
    path.write_bytes(content[:700])
    refused(path, X, y, "is no TFLite model, or is cut off .*; convert it again$")
    refused(content, X[:, 1:], y, "takes 30 columns, X has 29; pass the rows that it was exported")
    of_three = np.arange(len(y)) % 3
    refused(content, X, of_three, r"probabilities of shape \(569, 3\), .*, got \(569, 1\)")


def test_a_tflite_model_is_one_however_it_is_handed_over(
    cancer: Rows, ported: Callable[..., keras.Model], tmp_path: Path
) -> None:
    path = tflite(ported(*RIGHT), tmp_path / "port.tflite", "float32")
    interpreter = tensorflow.lite.Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    for given in (str(path), path.read_bytes(), interpreter):
        assert compare_models(reference(), *cancer, candidate=given, explain=False).equivalent
    # It is left as it was found.
    assert interpreter.get_input_details()[0]["shape"].tolist() == [1, 30]


@pytest.mark.matrix
def test_a_check_of_a_tflite_file_imports_no_framework(
    pytester: pytest.Pytester, cancer: Rows, ported: Callable[..., keras.Model]
) -> None:
    tflite(ported(*RIGHT), pytester.path / "port.tflite", "float32")
    script = pytester.makepyfile("""
        import sys
        import numpy as np
        from sklearn.linear_model import LogisticRegression
        from pytest_modelparity import compare_models

        X = np.random.RandomState(0).normal(size=(60, 30))
        y = (X[:, 0] > 0).astype(int)
        compare_models(LogisticRegression(), X, y, candidate="port.tflite")
        print([name for name in ("tensorflow", "keras", "onnxruntime") if name in sys.modules])
        """)
    assert pytester.runpython(script).stdout.lines == ["[]"]


# --- ONNX


def onnx_file(path: Path, coef: np.ndarray, intercept: np.ndarray, dtype: type) -> Path:
    """Write a linear model as an ONNX file: Gemm, and Sigmoid or Softmax."""
    parameters = {"W": coef.T.astype(dtype), "b": intercept.astype(dtype)}
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["X"], ["given"], to=kind),
            helper.make_node("Gemm", ["given", "W", "b"], ["z"]),
            helper.make_node("Sigmoid" if len(coef) == 1 else "Softmax", ["z"], ["p"]),
        ],
        "port",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, coef.shape[1]])],
        [helper.make_tensor_value_info("p", kind, [None, len(coef)])],
        [numpy_helper.from_array(values, name) for name, values in parameters.items()],
    )
    # Versions that older runtimes read as well.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("wrong", list(WRONG))
def test_an_onnx_file_tells_what_it_was_trained_on(
    cancer: Rows, ported: Callable[..., keras.Model], tmp_path: Path, wrong: str, dtype: type
) -> None:
    C, weights = WRONG[wrong]
    kernel, bias = ported(C, weights).get_weights()
    path = onnx_file(tmp_path / "port.onnx", kernel.T, bias, dtype)
    report = compare_models(reference(), *cancer, candidate=path)
    assert report.verdict == "diverged"
    assert_named(report, wrong)


def test_an_onnx_file_of_several_classes_tells_its_penalty(wine: Rows, tmp_path: Path) -> None:
    X, y = wine
    other = LogisticRegression(C=0.05, tol=1e-10, max_iter=5000).fit(X, y)
    path = onnx_file(tmp_path / "port.onnx", other.coef_, other.intercept_, np.float32)
    report = compare_models(reference(), X, y, candidate=path)
    assert causes(report) == [("C", "~0.05")]


def test_an_onnx_file_of_the_last_step_has_lost_its_scaler(tmp_path: Path) -> None:
    X, y = load_wine(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    last = pipeline[-1]
    path = onnx_file(tmp_path / "port.onnx", last.coef_, last.intercept_, np.float32)
    report = compare_models(pipeline, X, candidate=path)
    assert causes(report) == [("scaler-forgotten", "yes: standard deviation")]


# --- an estimator, and a table


@pytest.fixture(scope="module")
def weighted(cancer: Rows) -> LogisticRegression:
    C, weights = WRONG["class_weight"]
    class_weight = dict(enumerate(weights or ()))
    return LogisticRegression(C=C, class_weight=class_weight, tol=1e-10, max_iter=5000).fit(*cancer)


def test_an_estimator_behind_a_bare_function_tells_its_class_weights(
    cancer: Rows, weighted: LogisticRegression
) -> None:
    report = compare_models(reference(), *cancer, candidate=lambda X: weighted.predict_proba(X))
    assert_named(report, "class_weight")


@pytest.mark.parametrize("form", ["float64", "float32", "6 decimals"])
def test_a_csv_file_of_scores_tells_its_class_weights(
    cancer: Rows, weighted: LogisticRegression, tmp_path: Path, form: str
) -> None:
    P = weighted.predict_proba(cancer[0])
    scores = pandas.DataFrame(
        P.astype(np.float32) if form == "float32" else P, columns=weighted.classes_
    )
    scores.to_csv(tmp_path / "scores.csv", float_format="%.6f" if form == "6 decimals" else None)
    report = compare_models(reference(), *cancer, candidate=tmp_path / "scores.csv")
    assert_named(report, "class_weight")

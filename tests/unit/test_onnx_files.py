"""ONNX models as candidates: what is fed and read, what is told, what is refused."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from one_reference import Sides
from sklearn.linear_model import LogisticRegression, Ridge

from pytest_modelparity import ModelParityError, compare_models, compare_stream

onnx = pytest.importorskip("onnx", reason="the extra onnx installs it")
onnxruntime = pytest.importorskip("onnxruntime", reason="the extra onnx installs it")
helper, FLOAT, INT64, DOUBLE = onnx.helper, 1, 7, 11

Fitted = Any


REFERENCE = LogisticRegression(tol=1e-10, max_iter=5000)


@pytest.fixture(scope="module")
def two(bundled: Callable[..., Any]) -> Sides:
    """Return sides of two classes and six columns."""
    X, y = bundled("breast_cancer", standardised=True)
    return Sides(X[:, :6].copy(), y, REFERENCE)


@pytest.fixture(scope="module")
def three(bundled: Callable[..., Any]) -> Sides:
    """Return sides of three classes, which are words."""
    X, y = bundled("iris")
    return Sides(X, np.array(["setosa", "versicolor", "virginica"])[y], REFERENCE)


# --- files, made of nodes


def model_of(
    nodes: list[Any],
    inputs: list[Any],
    outputs: list[Any],
    values: dict[str, np.ndarray] | None = None,
    **versions: Any,
) -> bytes:
    """Return the bytes of a model."""
    given = [onnx.numpy_helper.from_array(each, name) for name, each in (values or {}).items()]
    opsets = [helper.make_opsetid("", versions.get("opset", 17)), helper.make_opsetid("my", 1)]
    opsets.append(helper.make_opsetid("ai.onnx.ml", 1))
    graph = helper.make_graph(nodes, "port", inputs, outputs, given)
    return helper.make_model(
        graph, opset_imports=opsets, ir_version=versions.get("ir", 8)
    ).SerializeToString()


def tensor(name: str, kind: int, *shape: Any) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def linear(
    coef: np.ndarray,
    intercept: np.ndarray,
    *,
    head: str = "",
    dtype: Any = np.float32,
    shape: tuple[Any, ...] = (None,),
) -> bytes:
    """Return a file of Gemm and a head, with rows of the shape given."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    head = head or ("Sigmoid" if len(coef) == 1 else "Softmax")
    columns = shape[1:] or (coef.shape[1],)
    nodes = [
        helper.make_node("Flatten", ["X"], ["rows"]),
        helper.make_node("Gemm", ["rows", "W", "b"], ["z"]),
        helper.make_node(head, ["z"], ["p"]),
    ]
    inputs = [tensor("X", kind, shape[0], *columns)]
    outputs = [tensor("p", kind, shape[0], len(coef))]
    values = {"W": coef.T.astype(dtype), "b": intercept.astype(dtype)}
    return model_of(nodes, inputs, outputs, values)


def classifier(fitted: Fitted, *, zipmap: bool = False, labels_alone: bool = False) -> bytes:
    """Return a file as skl2onnx 1.20 writes one: LinearClassifier, with its labels."""
    coef, intercept = fitted.coef_, fitted.intercept_
    if len(coef) == 1:
        coef, intercept = np.vstack([-coef, coef]), np.append(-intercept, intercept)
    post = "LOGISTIC" if len(fitted.coef_) == 1 else "SOFTMAX"
    words = fitted.classes_.dtype.kind == "U"
    labels = {"classlabels_strings" if words else "classlabels_ints": fitted.classes_.tolist()}
    nodes = [
        helper.make_node(
            "LinearClassifier",
            ["X"],
            ["label", "probabilities"],
            domain="ai.onnx.ml",
            coefficients=coef.ravel().tolist(),
            intercepts=intercept.tolist(),
            multi_class=int(len(coef) > 2),
            post_transform=post,
            **labels,
        )
    ]
    kind = onnx.TensorProto.STRING if words else INT64
    outputs = [tensor("label", kind, None), tensor("probabilities", FLOAT, None, len(coef))]
    if zipmap:
        keys = {"classlabels_strings" if words else "classlabels_int64s": fitted.classes_.tolist()}
        nodes.append(
            helper.make_node("ZipMap", ["probabilities"], ["of"], domain="ai.onnx.ml", **keys)
        )
        row = helper.make_map_type_proto(kind, helper.make_tensor_type_proto(FLOAT, []))
        outputs[1] = helper.make_value_info("of", helper.make_sequence_type_proto(row))
    inputs = [tensor("X", FLOAT, None, coef.shape[1])]
    return model_of(nodes, inputs, outputs[:1] if labels_alone else outputs)


def port(sides: Sides, **changes: Any) -> bytes:
    """Return the reference's own port."""
    return linear(sides.fitted.coef_, sides.fitted.intercept_, **changes)


# --- equivalent, however it is handed over and whatever shape its predictions have


@pytest.mark.parametrize("how", ["path", "text", "bytes", "session", "proto"])
def test_a_model_is_one_however_it_is_handed_over(two: Sides, tmp_path: Path, how: str) -> None:
    content, path = port(two), tmp_path / "port.onnx"
    path.write_bytes(content)
    given: Any = {
        "path": path,
        "text": str(path),
        "bytes": content,
        "session": onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]),
        "proto": onnx.load_from_string(content),
    }[how]
    report = two.compare(given)
    assert report.equivalent
    named = {"path": "ONNX file (port.onnx)", "text": "ONNX file (port.onnx)"}
    title = report.settings["candidate"].model
    assert title == named.get(how, f"ONNX model ({type(given).__name__})")


@pytest.mark.parametrize("zipmap", [True, False], ids=["dictionaries", "columns"])
def test_files_of_skl2onnx_are_read(three: Sides, two: Sides, zipmap: bool) -> None:
    for sides in (two, three):
        report = sides.compare(classifier(sides.fitted, zipmap=zipmap))
        assert report.equivalent
        # Read through what it predicts, to float32.
        assert report.divergences["coef"].value < 1e-4


def test_dictionaries_are_ordered_by_their_classes(three: Sides) -> None:
    # The file has its classes in an order of its own.
    order = [2, 0, 1]
    other = copy.copy(three.fitted)
    other.coef_, other.intercept_ = three.fitted.coef_[order], three.fitted.intercept_[order]
    other.classes_ = three.fitted.classes_[order]
    assert three.compare(classifier(other, zipmap=True)).equivalent
    # Columns without names are believed to be in the order of the sorted classes.
    assert not three.compare(classifier(other)).equivalent


def test_doubles_are_fed_as_doubles(two: Sides) -> None:
    report = two.compare(port(two, dtype=np.float64))
    assert report.divergences["probability"].value < 1e-12
    assert report.divergences["coef"].value < 1e-9


def test_labels_that_are_booleans_come_back_as_numbers(two: Sides) -> None:
    sides = Sides(two.X, two.y.astype(bool), REFERENCE)
    sides.fitted.classes_ = np.array([0, 1])
    assert sides.compare(classifier(sides.fitted, zipmap=True)).equivalent


def test_images_are_rows(two: Sides) -> None:
    assert two.compare(port(two, shape=(None, 2, 3, 1))).equivalent


@pytest.mark.parametrize("n_rows", [1, 32])
def test_a_model_of_a_fixed_number_of_rows_is_asked_in_parts(two: Sides, n_rows: int) -> None:
    assert len(two.X) % 32
    assert two.compare(port(two, shape=(n_rows,))).equivalent


def by_column(sides: Sides, names: list[str]) -> bytes:
    """Return a file with an input for each column, as of a pipeline that was fitted on a frame."""
    nodes = [helper.make_node("Concat", names, ["rows"], axis=1)]
    nodes.append(helper.make_node("Gemm", ["rows", "W", "b"], ["z"]))
    nodes.append(helper.make_node("Sigmoid", ["z"], ["p"]))
    values = {
        "W": sides.fitted.coef_.T.astype(np.float32),
        "b": sides.fitted.intercept_.astype(np.float32),
    }
    inputs = [tensor(name, FLOAT, None, 1) for name in names]
    return model_of(nodes, inputs, [tensor("p", FLOAT, None, 1)], values)


def test_an_input_for_each_column_is_fed_by_name(two: Sides) -> None:
    pandas = pytest.importorskip("pandas")
    names = [f"column {place}" for place in range(6)]
    # As skl2onnx writes them.
    file = by_column(two, [name.replace(" ", "_") for name in names])
    assert two.compare(file).equivalent
    frame = pandas.DataFrame(two.X[:, ::-1], columns=names[::-1])
    reference = LogisticRegression(tol=1e-10, max_iter=5000)
    assert compare_models(reference, frame, two.y, candidate=file, explain=False).equivalent
    other = frame.rename(columns={"column 2": "size"})
    with pytest.raises(ModelParityError, match="needs the columns column_2, X has column 5, "):
        compare_models(reference, other, two.y, candidate=file)


def test_a_regressor_is_compared_by_its_numbers(two: Sides) -> None:
    y = two.X[:, 0] * 3 + two.y
    fitted = Ridge().fit(two.X, y)
    file = linear(fitted.coef_.reshape(1, -1), np.array([fitted.intercept_]), head="Identity")
    assert compare_models(Ridge(), two.X, y, candidate=file).equivalent
    other = Ridge(alpha=300.0).fit(two.X, y)
    file = linear(other.coef_.reshape(1, -1), np.array([other.intercept_]), head="Identity")
    report = compare_models(Ridge(), two.X, y, candidate=file)
    assert [cause.setting for cause in report.causes] == ["C"]


def test_two_files_are_compared_without_labels(three: Sides) -> None:
    files = [classifier(three.fitted, zipmap=zipmap) for zipmap in (True, False)]
    assert compare_models(files[0], three.X, candidate=files[1]).equivalent


def test_two_files_of_regressors_are_compared_without_numbers(two: Sides) -> None:
    files = [
        linear(np.full((1, 6), factor), np.array([3.0]), head="Identity") for factor in (2.0, 2.5)
    ]
    report = compare_models(files[0], two.X, candidate=files[1])
    assert report.verdict == "diverged"
    assert report.divergences["prediction"].value > 1
    assert compare_models(files[0], two.X, candidate=files[0]).equivalent


def test_kind_says_that_a_file_of_another_suffix_is_one(two: Sides, tmp_path: Path) -> None:
    path = tmp_path / "port.bin"
    path.write_bytes(port(two))
    two.refused(path, "^a candidate must be one of these: .*; got PosixPath$")
    assert two.compare(path, kind="onnx").equivalent
    two.refused(7, "^kind='onnx' takes the path of a file or its bytes, got int; ", kind="onnx")


# --- what was ported wrongly is named


def wrong(sides: Sides, **settings: Any) -> bytes:
    """Return the file of a model that was trained with other settings."""
    fitted = LogisticRegression(tol=1e-10, max_iter=5000, **settings).fit(sides.X, sides.y)
    return classifier(fitted)


@pytest.mark.parametrize(
    "setting,settings",
    [
        ("C", {"C": 0.01}),
        ("class_weight", {"class_weight": {0: 1.0, 1: 5.0}}),
        ("fit_intercept", {"fit_intercept": False}),
        ("penalty", {"C": np.inf}),
    ],
)
def test_another_objective_is_named(two: Sides, setting: str, settings: dict[str, Any]) -> None:
    report = two.compare(wrong(two, **settings), explain=True)
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.role) for cause in report.causes] == [(setting, "must")]


def test_columns_in_another_order_are_named(two: Sides) -> None:
    file = linear(two.fitted.coef_[:, ::-1], two.fitted.intercept_)
    report = two.compare(file, explain=True)
    assert [cause.setting for cause in report.causes] == ["columns-reversed"]


# --- what is refused, in one sentence


def foreign(op: str, domain: str = "", **versions: Any) -> bytes:
    """Return a model of one node."""
    node = helper.make_node(op, ["X"], ["p"], domain=domain)
    shapes = [tensor("X", FLOAT, None, 6)], [tensor("p", FLOAT, None, 6)]
    return model_of([node], *shapes, **versions)


def test_what_is_no_file_is_refused(two: Sides, tmp_path: Path) -> None:
    path = tmp_path / "port.onnx"
    name = "^the ONNX file '.*port.onnx' "
    two.refused(path, name + "cannot be read: No such file")
    path.write_bytes(b"")
    two.refused(path, name + "is empty; write it again$")
    content = port(two)
    for damaged in (content[: len(content) // 2], b"no model at all"):
        path.write_bytes(damaged)
        two.refused(path, name + "is no ONNX model, or is cut off; write it again$")
    two.refused(content[:-5], "^the ONNX model is no ONNX model, or is cut off")


def test_an_operator_that_is_not_there_is_named(two: Sides) -> None:
    two.refused(foreign("Foo"), r"needs an operator that onnxruntime .* does not have \(Foo\); ")
    two.refused(foreign("Foo", "my"), r"does not have \(my:Foo\); write it without that operator")
    two.refused(foreign("Relu", ir=99), "later version of ONNX than onnxruntime .* upgrade")


def test_dictionaries_of_doubles_are_told(two: Sides) -> None:
    # As skl2onnx 1.20 writes them of a float64 sample.
    nodes = [
        helper.make_node("Identity", ["X"], ["p"]),
        helper.make_node("ZipMap", ["p"], ["of"], domain="ai.onnx.ml", classlabels_int64s=[0, 1]),
    ]
    row = helper.make_map_type_proto(INT64, helper.make_tensor_type_proto(DOUBLE, []))
    outputs = [helper.make_value_info("of", helper.make_sequence_type_proto(row))]
    file = model_of(nodes, [tensor("X", DOUBLE, None, 2)], outputs)
    two.refused(file, "makes dictionaries of doubles, .* write it with options=.'zipmap': False.$")


def test_another_number_of_columns_or_classes_is_refused(two: Sides, three: Sides) -> None:
    two.refused(port(three), "^the ONNX model takes 4 columns, X has 6; pass the rows")
    file = by_column(Sides(two.X[:, [*range(6), 0]], two.y, REFERENCE), list("stuvwxy"))
    two.refused(file, "needs 7 inputs of 7 columns in all .*, X has 6; .* as Normalization, leaves")
    file = linear(np.ones((3, 6)), np.zeros(3))
    two.refused(file, r"must predict probabilities of shape \(569, 2\), .* got \(569, 3\)")
    names = Sides(three.X, np.array(list("abc"))[np.arange(150) // 50], REFERENCE)
    names.refused(classifier(three.fitted, zipmap=True), r"must know the classes of y .*'setosa'")


def test_labels_and_decisions_are_told(two: Sides) -> None:
    two.refused(classifier(two.fitted, labels_alone=True), r"returns labels alone \(label\)")
    two.refused(port(two, head="Identity"), r"in \[0, 1\], got .* without options=.*'raw_scores'")


def test_several_outputs_are_asked_about(two: Sides) -> None:
    nodes = [helper.make_node(op, ["X"], [op]) for op in ("Relu", "Sigmoid")]
    outputs = [tensor(op, FLOAT, None, 6) for op in ("Relu", "Sigmoid")]
    file = model_of(nodes, [tensor("X", FLOAT, None, 6)], outputs)
    two.refused(file, r"several outputs of numbers \(Relu, Sigmoid\), .* pass a function of X")


def test_arguments_of_a_training_are_refused(two: Sides) -> None:
    two.refused(
        port(two), "^fit holds arguments of keras.Model.fit, got a bytes", fit={"epochs": 1}
    )


def test_a_missing_package_is_named_with_its_extra(
    two: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "pytest_modelparity.frameworks.onnx.model", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    two.refused(port(two), r"run: pip install 'pytest-modelparity\[onnx\]'$")


@pytest.mark.parametrize("fixed", [True, False], ids=["ten rows at a time", "any rows"])
def test_a_file_predicts_rows_in_blocks(two: Sides, tmp_path: Path, fixed: bool) -> None:
    path = tmp_path / "port.onnx"
    path.write_bytes(port(two, shape=(10 if fixed else None,)))
    blocks = ((two.X[i : i + 70], two.y[i : i + 70]) for i in range(0, len(two.X), 70))
    report = compare_stream(two.fitted, path, blocks)
    assert report
    assert report.data.n_samples == len(two.X)
    whole = compare_models(two.fitted, two.X, candidate=path)
    assert report.divergences["probability"].value == whole.divergences["probability"].value

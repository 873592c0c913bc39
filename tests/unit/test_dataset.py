"""What data is accepted, how it is encoded, and what each refusal says."""

import re

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from pytest_modelparity.errors import InvalidDataError, ModelParityError
from pytest_modelparity.sides.dataset import read_dataset

X = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0]])
Y = np.array([0, 1, 1, 0])


def test_labels_become_codes_in_the_order_of_the_sorted_classes():
    data = read_dataset(X, ["b", "a", "c", "b"])
    assert data.classes.tolist() == ["a", "b", "c"]
    assert data.y.tolist() == [1, 0, 2, 1]
    assert (data.n_samples, data.n_features, data.n_classes) == (4, 2, 3)


@pytest.mark.parametrize(
    "labels",
    [
        [False, True, True, False],
        [-1, 1, 1, -1],
        [1.0, 2.0, 2.0, 1.0],
        ["no", "yes", "yes", "no"],
        np.array(["no", "yes", "yes", "no"], dtype=object),
        np.array([False, True, True, False], dtype=object),
    ],
    ids=["bool", "signs", "float", "str", "object", "bool as object"],
)
def test_labels_of_any_type_are_read(labels):
    data = read_dataset(X, labels)
    assert data.y.tolist() == [0, 1, 1, 0]
    assert data.y.dtype == np.int64
    assert data.y_given.dtype.kind in "biUOf"
    assert data.y_given.dtype != object or isinstance(data.y_given[0], str)


def test_one_column_of_labels_is_accepted_and_remembered():
    data = read_dataset(X, Y.reshape(-1, 1))
    assert data.column_labels
    assert data.y_given.shape == (4,)
    assert not read_dataset(X, Y).column_labels


def test_a_dataframe_gives_the_feature_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["age", "mass"])
    data = read_dataset(frame, pandas.Series(Y))
    assert data.feature_names == ("age", "mass")
    assert data.X_given is frame
    assert read_dataset(X, Y).feature_names == ("x0", "x1")


def test_sparse_rows_stay_sparse():
    data = read_dataset(scipy.sparse.coo_matrix(X), Y)
    assert scipy.sparse.issparse(data.X)
    assert data.X.format == "csr"
    np.testing.assert_array_equal(data.X.toarray(), X)


def test_single_precision_is_widened_for_the_mathematics_and_given_as_it_is():
    single = X.astype(np.float32)
    data = read_dataset(single, Y)
    assert data.X.dtype == np.float64
    assert data.X_given is single


def test_without_evaluation_rows_the_training_rows_are_compared():
    assert read_dataset(X, Y).evaluates_training_rows
    data = read_dataset(X, Y, X_eval=X[:2], y_eval=[1, 0])
    assert not data.evaluates_training_rows
    assert data.y_eval.tolist() == [1, 0]
    assert read_dataset(X, Y, X_eval=X[:2]).y_eval is None


def test_reading_changes_nothing_that_was_given():
    rows, labels, weights = X.copy(), Y.copy(), np.ones(4)
    read_dataset(rows, labels, sample_weight=weights)
    np.testing.assert_array_equal(rows, X)
    np.testing.assert_array_equal(labels, Y)
    np.testing.assert_array_equal(weights, np.ones(4))


NAN = np.where(np.arange(8).reshape(4, 2) == 5, np.nan, X)

REFUSALS = {
    "NaN in X": ((NAN, Y), {}, "Input X contains NaN or infinity (first at row 2, column 1)"),
    "inf in X": ((np.where(X == 3, np.inf, X), Y), {}, "X must be finite"),
    "NaN in sparse X": ((scipy.sparse.csr_matrix(NAN), Y), {}, "X must be finite"),
    "text in X": (([["a", "b"]] * 4, Y), {}, "X must hold numbers"),
    "one feature as a row": (
        (X[:, 0], Y),
        {},
        "Reshape your data, a single feature with X.reshape(-1, 1)",
    ),
    "no features": ((X[:, :0], Y), {}, "at least one feature, got 0 feature(s) (shape=(4, 0))"),
    "lengths": ((X, Y[:3]), {}, "numbers of samples: [4, 3]; pass one label for each row"),
    "one class": ((X, [7, 7, 7, 7]), {}, "at least two classes, got only"),
    "no rows": ((np.zeros((0, 2)), []), {}, "at least one row, got none"),
    "one-hot labels": ((X, np.eye(4)), {}, "y must have shape (n,) or (n, 1), got (4, 4)"),
    "NaN in y": (
        (X, [0.0, 1.0, np.nan, 1.0]),
        {},
        "infinite labels, got NaN, infinity or None at row 2",
    ),
    "inf in y": ((X, [0.0, np.inf, 1.0, 1.0]), {}, "got NaN, infinity or None at row 1"),
    "None in y": ((X, ["a", None, "b", "a"]), {}, "got NaN, infinity or None at row 1"),
    "continuous y": ((X, [0.5, 1.0, 0.0, 1.0]), {}, "non-integer numbers such as 0.5"),
    "labels of two types": (
        (X, np.array([1, "a", 1, "a"], dtype=object)),
        {},
        "labels of one type, got int, str",
    ),
    "weights of another length": (
        (X, Y),
        {"sample_weight": [1.0, 1.0]},
        "sample_weight must have shape (4,), one weight for each row, got (2,)",
    ),
    "text weights": ((X, Y), {"sample_weight": ["a"] * 4}, "sample_weight must hold numbers"),
    "negative weight": (
        (X, Y),
        {"sample_weight": [1.0, 1.0, -2.0, 1.0]},
        "sample_weight must be >= 0, got -2.0 at row 2",
    ),
    "NaN weight": (
        (X, Y),
        {"sample_weight": [1.0, np.nan, 1.0, 1.0]},
        "sample_weight must be finite",
    ),
    "all-zero weights": (
        (X, Y),
        {"sample_weight": np.zeros(4)},
        "must be > 0 for one row at least",
    ),
    "weights in two columns": (
        (X, Y),
        {"sample_weight": np.ones((4, 1))},
        "sample_weight must have shape (4,), one weight for each row, got (4, 1)",
    ),
    "complex rows": ((X + 1j, Y), {}, "X must hold real numbers, got complex128"),
    "complex labels": ((X, Y + 1j), {}, "y must hold numbers, booleans or strings, got complex128"),
    "labels as bytes": ((X, np.array([b"a", b"b"] * 2)), {}, "got bytes8; convert the labels"),
    "no labels": ((X, None), {}, "the target y is None; pass one label for each row"),
    "y_eval alone": ((X, Y), {"y_eval": Y}, "y_eval was given without X_eval"),
    "X_eval with other columns": (
        (X, Y),
        {"X_eval": X[:, :1]},
        "as many columns as X, got 1 and 2",
    ),
    "NaN in X_eval": ((X, Y), {"X_eval": NAN}, "X_eval must be finite"),
    "lengths of the evaluation": (
        (X, Y),
        {"X_eval": X, "y_eval": [0]},
        "X_eval and y_eval must have the same number of rows, got 4 and 1",
    ),
    "a new class in y_eval": (
        (X, Y),
        {"X_eval": X, "y_eval": [0, 1, 9, 1]},
        "y_eval must hold classes of y (0, 1), got",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_bad_input_is_refused_by_name(case):
    arguments, options, expected = REFUSALS[case]
    with pytest.raises(ModelParityError, match=re.escape(expected)) as caught:
        read_dataset(*arguments, **options)
    # What scikit-learn raises for bad data: who catches that catches this.
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, TypeError)


def test_a_class_without_weight_is_a_class():
    data = read_dataset(X, Y, sample_weight=[1.0, 0.0, 0.0, 1.0])
    assert data.classes.tolist() == [0, 1]
    assert data.sample_weight.tolist() == [1.0, 0.0, 0.0, 1.0]


def test_one_number_weighs_every_row():
    assert read_dataset(X, Y, sample_weight=2).sample_weight.tolist() == [2.0] * 4


NULLABLE = {
    "Int64": [1, 2, 3, 4],
    "Float64": [1.0, 2.0, 3.0, 4.0],
    "boolean": [True, False, True, True],
    "category": [1, 2, 1, 1],
}


def test_nullable_and_categorical_columns_are_numbers():
    frame = pd.DataFrame({kind: pd.Series(NULLABLE[kind], dtype=kind) for kind in NULLABLE})
    data = read_dataset(frame, Y)
    np.testing.assert_array_equal(data.X, np.column_stack(list(NULLABLE.values())))
    assert data.X_given is frame


@pytest.mark.parametrize("kinds", [("Int64",), ("Int64", "Float64")], ids=["alone", "mixed"])
def test_a_missing_value_of_a_nullable_column_is_told_as_missing(kinds):
    frame = pd.DataFrame({kind: pd.Series([1, None, 3, 4], dtype=kind) for kind in kinds})
    expected = re.escape("Input X contains NaN or infinity (first at row 1, column 0)")
    with pytest.raises(InvalidDataError, match=expected):
        read_dataset(frame, Y)


@pytest.mark.parametrize(
    ("labels", "dtype", "classes"),
    [
        ([5, 9, 9, 5], "Int64", [5, 9]),
        ([False, True, True, False], "boolean", [False, True]),
        (["no", "yes", "yes", "no"], "string", ["no", "yes"]),
        (["no", "yes", "yes", "no"], "category", ["no", "yes"]),
        ([5, 9, 9, 5], "category", [5, 9]),
    ],
)
def test_labels_of_nullable_and_categorical_columns(labels, dtype, classes):
    data = read_dataset(X, pd.Series(labels, dtype=dtype))
    assert data.classes.tolist() == classes
    assert data.y.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "string", "category"])
def test_a_missing_label_is_told_whatever_its_type(dtype):
    labels = {"string": ["a", None, "b", "a"], "category": ["a", None, "b", "a"]}
    given = pd.Series(labels.get(dtype, [1, None, 0, 1]), dtype=dtype)
    with pytest.raises(InvalidDataError, match="got NaN, infinity or None at row 1"):
        read_dataset(X, given)

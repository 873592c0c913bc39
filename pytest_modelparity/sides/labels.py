"""The labels of a check, validated, and as codes of the sorted classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_modelparity.errors import InvalidDataError

#: Labels that are looked up at once.
LOOKED_UP = 1_000_000


def read_labels(y: Any, name: str) -> tuple[np.ndarray, bool]:
    """Return labels as a flat array, and whether they came as one column."""
    if y is None:
        raise InvalidDataError(
            f"a classifier requires {name} to be passed, but the target {name} is None; "
            f"pass one label for each row"
        )
    labels = np.asarray(y)
    # Keras's losses want such a y, in the shape of the output; here it is a finding.
    column = labels.ndim == 2 and labels.shape[1] == 1
    if labels.ndim != 1 and not column:
        raise InvalidDataError(
            f"{name} must have shape (n,) or (n, 1), got {labels.shape}; "
            f"pass class labels, not one-hot rows; several labels a row (multilabel) are several "
            f"models, to be checked one column at a time"
        )
    labels = labels.reshape(-1)
    _refuse_missing(labels, name)
    _refuse_other_kinds(labels, name)
    if labels.dtype.kind == "O" and len(labels) and not isinstance(labels[0], str):
        # scikit-learn takes no numbers or booleans from an array of objects.
        labels = np.array(labels.tolist())
    return labels, column


def _refuse_missing(labels: np.ndarray, name: str) -> None:
    """Refuse labels that are none."""
    missing = _missing(labels)
    if missing.any():
        raise InvalidDataError(
            f"{name} must not have missing or infinite labels, got NaN, infinity or None at row "
            f"{int(np.argmax(missing))}; drop these rows first"
        )


def _refuse_other_kinds(labels: np.ndarray, name: str) -> None:
    """Refuse what are no labels, or not of one type."""
    if labels.dtype.kind in "cSmM":
        raise InvalidDataError(
            f"{name} must hold numbers, booleans or strings, got {labels.dtype.name}; "
            f"convert the labels first"
        )
    # A regression's target would be taken for hundreds of classes.
    if labels.dtype.kind == "f" and not (labels == np.rint(labels)).all():
        raise InvalidDataError(
            f"{name} must hold class labels, got non-integer numbers such as "
            f"{float(labels[labels != np.rint(labels)][0])!r} (Unknown label type: continuous); "
            f"this compares classifiers: bin a continuous target first"
        )
    if labels.dtype.kind == "O" and len({type(item) for item in labels}) > 1:
        kinds = sorted({type(item).__name__ for item in labels})
        raise InvalidDataError(
            f"{name} must hold labels of one type, got {', '.join(kinds)}; convert them first"
        )


def _missing(labels: np.ndarray) -> np.ndarray:
    """Return which labels are none."""
    if labels.dtype.kind == "f":
        return np.asarray(~np.isfinite(labels))
    if labels.dtype.kind == "O":
        return np.array([_is_missing(item) for item in labels], dtype=bool)
    return np.zeros(0, dtype=bool)


def _is_missing(item: Any) -> bool:
    """Whether a label is ``None``, NaN or pandas's ``NA``."""
    if item is None:
        return True
    # NaN is not equal to itself, whatever its type; whether NA is, pandas does not say.
    same = item == item
    return same is not True and not (isinstance(same, np.bool_) and bool(same))


def sorted_classes(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sorted classes and each row's code; two classes at least."""
    # Sorted, as scikit-learn's `classes_`: columns of predictions are in this order on both sides.
    classes = np.unique(labels)
    if len(classes) < 2:
        raise InvalidDataError(
            f"y must hold at least two classes, got only {classes[0]!r}; "
            f"a classifier cannot be compared on one class"
            if len(classes)
            else "X and y must have at least one row, got none"
        )
    codes = np.empty(len(labels), dtype=np.int64 if len(labels) <= LOOKED_UP else np.int32)
    # A part at a time: of many rows nothing that is as long is made beside the codes.
    for begin in range(0, len(labels), LOOKED_UP):
        part = slice(begin, begin + LOOKED_UP)
        codes[part] = np.searchsorted(classes, labels[part])
    return classes, codes


def codes_of(
    y: Any, n_rows: int, classes: np.ndarray, *, suffix: str = "_eval", whose: str = "y"
) -> np.ndarray | None:
    """Return the codes of labels among classes; by default those of the evaluation rows.

    Parameters
    ----------
    suffix : str
        What the names of rows and labels end with.
    whose : str
        What has these classes.
    """
    if y is None:
        return None
    name = f"y{suffix}"
    labels, _ = read_labels(y, name)
    if labels.shape[0] != n_rows:
        raise InvalidDataError(
            f"X{suffix} and {name} must have the same number of rows, got {n_rows} "
            f"and {labels.shape[0]}"
        )
    unknown = ~np.isin(labels, classes)
    if unknown.any():
        raise InvalidDataError(
            f"{name} must hold classes of {whose} ({', '.join(map(repr, classes.tolist()))}), "
            f"got {labels[unknown][0]!r} at row {int(np.argmax(unknown))}"
        )
    return np.searchsorted(classes, labels).astype(np.int64)

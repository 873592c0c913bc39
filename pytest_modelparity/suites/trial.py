"""Which combinations a reference refuses, found by asking its ``fit``."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pytest_modelparity.hard_data.data_set import CLASSIFICATION, HardData
from pytest_modelparity.suites.references import Reference

#: Rows of each class, or in all of a regression, that a trial is made on.
ROWS_OF_CLASS, ROWS = 2, 8
#: How scikit-learn refuses settings.
REFUSALS = (ValueError, TypeError, NotImplementedError)


def refusals(reference: Reference, datasets: Iterable[HardData]) -> Iterator[tuple[HardData, str]]:
    """Yield the data sets that a reference refuses to be fitted on, with its reason.

    A few rows are tried first, once for data sets that are alike; what is refused there is tried
    on all rows, so that nothing is left out for having too few.
    """
    seen: dict[tuple[Any, ...], bool] = {}
    with _nothing_left_behind():
        for data in datasets:
            key = _kind(data)
            if key not in seen:
                seen[key] = _reason(reference, *_few_rows(data)) != ""
            if seen[key] and (reason := _reason(reference, data.X, data.y, data.sample_weight)):
                yield data, reason


def _kind(data: HardData) -> tuple[Any, ...]:
    """Return what a refusal may depend on."""
    y = np.asarray(data.y)
    labels: tuple[Any, ...] = (y.dtype.kind,)
    if data.task == CLASSIFICATION:
        labels = (y.dtype.kind, len(np.unique(y)))
    return (data.task, *labels, type(data.X).__name__, data.sample_weight is None)


def _few_rows(data: HardData) -> tuple[Any, Any, Any]:
    """Return a few rows with every class among them."""
    y = np.asarray(data.y)
    if data.task == CLASSIFICATION:
        groups = (np.flatnonzero(y == label)[:ROWS_OF_CLASS] for label in np.unique(y))
        rows = np.sort(np.concatenate(list(groups)))
    else:
        rows = np.arange(min(ROWS, len(y)))
    weights = None if data.sample_weight is None else np.ones(len(rows))
    return _taken(data.X, rows), _taken(data.y, rows), weights


def _taken(values: Any, rows: Any) -> Any:
    """Return rows of an array, a sparse matrix or a frame."""
    if hasattr(values, "iloc"):
        return values.iloc[rows]
    return values[rows] if hasattr(values, "shape") else [values[row] for row in rows]


def _reason(reference: Reference, X: Any, y: Any, weights: Any) -> str:
    """Return why a reference refuses to be fitted; empty where it does not."""
    try:
        estimator = reference.make()
        estimator.fit(X, y, **({} if weights is None else {_weight_name(estimator): weights}))
    except REFUSALS as error:
        return " ".join(str(error).split()) or type(error).__name__
    # Whatever else goes wrong is for the test to show.
    except Exception:
        return ""
    return ""


def _weight_name(estimator: Any) -> str:
    """Return how ``fit`` is given weights: a pipeline hands them to its last step."""
    steps = getattr(estimator, "steps", None)
    return f"{steps[-1][0]}__sample_weight" if steps else "sample_weight"


@contextmanager
def _nothing_left_behind() -> Iterator[None]:
    """Keep warnings and random numbers as they were: nobody asked for these fits."""
    state = np.random.get_state()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state)

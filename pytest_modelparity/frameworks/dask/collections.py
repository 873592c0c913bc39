"""A model whose methods take dask's collections, such as one of dask-ml, as a candidate."""

from __future__ import annotations

import copy
import time
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
from dask.array import from_array
from dask.base import is_dask_collection

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.rows.passes import row_groups
from pytest_modelparity.sides.artefact import error_line
from pytest_modelparity.sides.dataset import Dataset, GivenRows
from pytest_modelparity.sides.estimator import is_fitted
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.opaque import OpaqueCandidate
from pytest_modelparity.sides.recording import as_records, recorded_warnings


class CollectionCandidate:
    """A model that takes collections; fitted on that of the check where it came unfitted.

    Parameters
    ----------
    given : object
        The model; a copy of it is fitted.
    data : Dataset
        What it is compared on.
    """

    objective = None
    training = None

    def __init__(self, given: Any, data: Dataset) -> None:
        self._given, self._data = given, data

    def train(self) -> FittedModel:
        """Fit it where it is not, else take it as it is.

        Raises
        ------
        ModelParityError
            If it cannot be fitted, or does not predict what is compared.
        """
        # What goes around an estimator to spread its predictions takes it trained.
        if is_fitted(self._given) or is_fitted(getattr(self._given, "estimator", None)):
            return self._seen(self._given, "taken as trained")
        model, began = copy.deepcopy(self._given), time.perf_counter()
        with recorded_warnings() as raised:
            self._fit(model)
        seconds = time.perf_counter() - began
        fitted = self._seen(model, "fitted on collections of dask")
        return replace(
            fitted,
            warnings=(*as_records(raised, "candidate"), *fitted.warnings),
            raised=(*raised, *fitted.raised),
            seconds=seconds,
            trained_by="fit",
        )

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> None:
        """Return nothing: parameters cannot be set."""

    def _seen(self, model: Any, how: str) -> FittedModel:
        """Return a fitted model as it is known by its predictions."""
        title = f"{type(model).__name__} ({how})"
        alone = _alone(model) or _OnCollections(model)
        return OpaqueCandidate(alone, self._data, title=title).train()

    def _fit(self, model: Any) -> None:
        """Fit a model on collections."""
        data = self._data
        X, y, *weights = collections_of(data)
        named = {} if data.sample_weight is None else {"sample_weight": weights[0]}
        try:
            model.fit(X, y, **named)
        # Whatever it is, it kept the two sides from being compared: no verdict.
        except Exception as error:
            raise ModelParityError(
                f"the candidate could not be fitted: {error_line(error)}"
            ) from error


def _alone(model: Any) -> Any:
    """Return a trained model as its package has it without dask; ``None``: it has no such form.

    Those of LightGBM (4.7) and XGBoost (3.2) predict collections by a Client, which no task has.
    """
    if callable(getattr(model, "to_local", None)):
        return model.to_local()
    kind = type(model)
    if not kind.__module__.startswith("xgboost.") or not kind.__name__.startswith("Dask"):
        return None
    alone = getattr(import_module("xgboost"), kind.__name__.removeprefix("Dask"))()
    alone.load_model(model.get_booster().save_raw())
    return alone


class _OnCollections:
    """A model that is asked for a collection of the rows that it is to predict."""

    def __init__(self, model: Any) -> None:
        self._model = model
        for name in ("classes_", "coef_", "intercept_"):
            if hasattr(model, name):
                setattr(self, name, np.asarray(getattr(model, name)))

    def predict_proba(self, X: GivenRows) -> np.ndarray:
        """Return its probabilities, made in this process."""
        return _computed(self._model.predict_proba(_collection_of(X)))

    def predict(self, X: GivenRows) -> np.ndarray:
        """Return its predictions, made in this process."""
        return _computed(self._model.predict(_collection_of(X)))


def collections_of(data: Dataset) -> tuple[Any, ...]:
    """Return X, y and the weights, where there are any, as collections."""
    columns = [data.y_given, *([] if data.sample_weight is None else [data.sample_weight])]
    if isinstance(data.X_given, RowMatrix):
        return data.X_given.for_training(*columns)
    X, *columns = (_collection_of(one) for one in (data.X_given, *columns))
    return X, *columns


def _collection_of(rows: GivenRows) -> Any:
    """Return rows, or what belongs to each, in memory here as a collection."""
    if hasattr(rows, "columns"):
        # Nobody has a table without pandas, nor dask's without what it needs.
        return import_module("dask.dataframe").from_pandas(rows, npartitions=1, sort=False)
    size = row_groups(len(rows), int(np.prod(rows.shape[1:])))[0].stop
    # Without a name they would be read once to make one of all numbers.
    return from_array(rows, chunks=(size, *rows.shape[1:]), name=False)


def _computed(found: Any) -> np.ndarray:
    """Return what a model predicts, computed by this thread: a worker may have no other."""
    if is_dask_collection(found):
        found = found.compute(scheduler="synchronous")
    return np.asarray(found)

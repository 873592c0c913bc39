"""The data sets by name and by task; each is made once a process, when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from zlib import crc32

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.hard_data import classes, numbers
from pytest_modelparity.hard_data.arrays import Array
from pytest_modelparity.hard_data.data_set import CLASSIFICATION, COUNTS, REGRESSION, HardData
from pytest_modelparity.hard_data.recipe import Recipe

RECIPES: Mapping[str, Mapping[str, Recipe]] = {
    CLASSIFICATION: classes.CLASSIFICATION,
    REGRESSION: numbers.REGRESSION,
    COUNTS: numbers.COUNTS,
}


def classification(*names: str) -> tuple[HardData, ...]:
    """Return the data sets for classifiers, or those of the names that are given.

    Raises
    ------
    ModelParityError
        If there is none of a name; the message lists them.
    """
    return _chosen(CLASSIFICATION, names)


def regression(*names: str) -> tuple[HardData, ...]:
    """Return the data sets for linear regressions, or those of the names that are given.

    Raises
    ------
    ModelParityError
        If there is none of a name; the message lists them.
    """
    return _chosen(REGRESSION, names)


def counts(*names: str) -> tuple[HardData, ...]:
    """Return the data sets for models of counts, or those of the names that are given.

    Raises
    ------
    ModelParityError
        If there is none of a name; the message lists them.
    """
    return _chosen(COUNTS, names)


def _chosen(task: str, names: tuple[str, ...]) -> tuple[HardData, ...]:
    """Return data sets of a task in the order in which they were asked for."""
    unknown = [name for name in names if name not in RECIPES[task]]
    if unknown:
        raise ModelParityError(
            f"there is no data set {unknown[0]!r} for {task}; there are {', '.join(RECIPES[task])}"
        )
    return tuple(_made(task, name) for name in names or RECIPES[task])


@cache
def _made(task: str, name: str) -> HardData:
    """Return one data set, whose arrays nobody can change for whoever comes next."""
    recipe = RECIPES[task][name]
    # By name: a set that is added or taken away leaves the others as they are.
    X, y, weights = recipe.build(np.random.RandomState(crc32(f"{task}/{name}".encode())))
    for array in (*_arrays(X), y, weights):
        if array is not None:
            array.flags.writeable = False
    return HardData(name=name, X=X, y=y, sample_weight=weights, task=task, hard_for=recipe.hard_for)


def _arrays(X: Any) -> tuple[Array, ...]:
    """Return the arrays that hold features."""
    return (X,) if isinstance(X, np.ndarray) else (X.data, X.indices, X.indptr)

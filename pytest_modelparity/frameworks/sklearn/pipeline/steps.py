"""The steps of a pipeline before its last, fitted, and told apart by what they do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from sklearn import get_config
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.sklearn.pipeline.affine import map_of
from pytest_modelparity.frameworks.sklearn.pipeline.maps import (
    MOST_NUMBERS,
    Affine,
    Map,
    Scaling,
    then,
)
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.sides.dataset import GivenRows
from pytest_modelparity.sides.random_state import global_state_kept
from pytest_modelparity.sides.recording import recorded_warnings

#: A transformer, ``"passthrough"`` or ``None``.
Step: TypeAlias = Any
#: Rows by which a step is told that maps the same rows to others each time.
ROWS_TWICE = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steps:
    """The steps before a pipeline's last, fitted.

    Parameters
    ----------
    names : tuple of str
        Of all of them.
    outside : Pipeline, optional
        Those up to the last one that is no affine map: they are no part of a model of features.
        ``None``: there is none.
    maps : tuple of Scaling or Affine, optional
        What each of the others does; ``None`` for one that does nothing.
    whole : Scaling or Affine, optional
        What the others amount to; ``None``: there are no others, or they do nothing.
    every : Pipeline, optional
        All of them; ``None``: the last step is the only one.
    fitted : bool
        Whether the pipeline came fitted.
    raised : tuple of Warning
        What their fit warned of.
    seconds : float
        How long that took.
    """

    names: tuple[str, ...]
    outside: Pipeline | None
    maps: tuple[Map | None, ...]
    whole: Map | None
    every: Pipeline | None
    fitted: bool
    raised: tuple[Warning, ...] = ()
    seconds: float = 0.0

    @property
    def n_made(self) -> int | None:
        """How many features a map makes of the rows; ``None``: it does nothing."""
        if self.whole is None:
            return None
        return len(self.whole.shift if isinstance(self.whole, Scaling) else self.whole.offset)

    @property
    def n_outside(self) -> int:
        """How many steps are outside."""
        return 0 if self.outside is None else len(self.outside.steps)

    def transform(self, X: GivenRows) -> GivenRows:
        """Return rows as the last step gets them; of those that are passed over when read."""
        if self.every is None:
            return X
        if isinstance(X, RowMatrix):
            return X.mapped(_OfBlock(self.every, X.as_given), self.n_made or X.shape[1])
        return self.every.transform(X)

    def features(self, X: GivenRows) -> GivenRows:
        """Return rows as the steps outside leave them."""
        return X if self.outside is None else self.outside.transform(X)


@dataclass(frozen=True, slots=True)
class _OfBlock:
    """What fitted steps make of a block of rows, in whatever process it is read.

    Parameters
    ----------
    steps : Pipeline
        Fitted.
    as_given : callable
        Makes of the block what they take.
    """

    steps: Pipeline
    as_given: Callable[[np.ndarray], Any]

    def __call__(self, block: np.ndarray) -> np.ndarray:
        made: Any = self.steps.transform(self.as_given(block))
        return np.asarray(made.toarray() if hasattr(made, "toarray") else made, np.float64)


def take_apart(
    pipeline: Pipeline,
    X: GivenRows,
    y: np.ndarray,
    *,
    sample_weight: np.ndarray | None = None,
    X_eval: GivenRows = None,
) -> Steps:
    """Return the steps before the last, fitted where they are not.

    Parameters
    ----------
    pipeline : Pipeline
        Never touched.
    X, y : array-like
        What it is, or was, fitted on; of one that is fitted some of these rows.
    sample_weight : array-like of shape (n_samples,), optional
        Reaches a step only where metadata routing says so.
    X_eval : array-like, optional
        Other rows that it is to map.

    Raises
    ------
    ModelParityError
        If a step cannot be fitted, changes the number of rows, or maps the same rows to others
        when it is asked again; the message names it.
    """
    fitted = is_fitted(pipeline)
    front = pipeline[:-1]
    if not len(front.steps):
        return Steps(names=(), outside=None, maps=(), whole=None, every=None, fitted=fitted)
    raised: tuple[Warning, ...] = ()
    began = time.perf_counter()
    if not fitted:
        front, raised = _fitted(clone(front), X, y, sample_weight)
    seconds = time.perf_counter() - began
    rows = [X] if X_eval is None else [X, X_eval]
    stages = list(_stages(front, rows))
    maps, whole = _maps(front, stages)
    n_outside = len(front.steps) - len(maps)
    return Steps(
        names=tuple(name for name, _ in front.steps),
        outside=front[:n_outside] if n_outside else None,
        maps=maps,
        whole=whole,
        every=front,
        fitted=fitted,
        raised=raised,
        seconds=seconds,
    )


def is_fitted(pipeline: Pipeline) -> bool:
    """Whether the last step of a pipeline is fitted."""
    try:
        check_is_fitted(pipeline.steps[-1][1])
    # A last step that is no estimator, such as "passthrough", is refused elsewhere.
    except (NotFittedError, TypeError):
        return False
    return True


def _fitted(
    front: Pipeline, X: GivenRows, y: np.ndarray, sample_weight: np.ndarray | None
) -> tuple[Pipeline, tuple[Warning, ...]]:
    """Fit the steps in place; return them with what they warned of."""
    # A scaler is fitted without weights unless its user asked for them: Pipeline.fit passes
    # `logisticregression__sample_weight` to the last step alone.
    routed = routed_weights(front, sample_weight)
    with recorded_warnings() as raised, global_state_kept():
        try:
            front.fit(X, y, **routed)
        # Whatever it is, it kept the two sides from being compared: no verdict.
        except Exception as error:
            raise ModelParityError(
                f"the steps before the last of the pipeline ({_names(front)}) could not be "
                f"fitted: {type(error).__name__}: {error}"
            ) from error
    return front, tuple(raised)


def routed_weights(front: Pipeline, sample_weight: np.ndarray | None) -> dict[str, np.ndarray]:
    """Return the row weights, where metadata routing hands them to a step before the last."""
    if sample_weight is None or not get_config().get("enable_metadata_routing"):
        return {}
    router = front.get_metadata_routing()
    takes = router.consumes("fit", {"sample_weight"}) | router.consumes(
        "fit_transform", {"sample_weight"}
    )
    return {"sample_weight": sample_weight} if takes else {}


def _stages(front: Pipeline, rows: list[GivenRows]) -> Iterator[list[GivenRows]]:
    """Yield the rows before each step, and after the last of them."""
    yield rows
    for name, step in front.steps:
        rows = [_transformed(name, step, part) for part in rows]
        yield rows


def _transformed(name: str, step: Step, X: GivenRows) -> GivenRows:
    """Return rows as a step maps them; refuse what is no map of rows."""
    if step is None or step == "passthrough":
        return X
    try:
        mapped = step.transform(X)
    except Exception as error:
        raise ModelParityError(
            f"step {name!r} of the pipeline could not transform the rows: "
            f"{type(error).__name__}: {error}"
        ) from error
    n_rows, n_mapped = _length(X), _length(mapped)
    if n_rows != n_mapped:
        raise ModelParityError(
            f"step {name!r} of the pipeline ({type(step).__name__}) must keep the rows, got "
            f"{n_mapped} of {n_rows}; choose rows before the pipeline"
        )
    few = X[:ROWS_TWICE] if not hasattr(X, "iloc") else X.iloc[:ROWS_TWICE]
    if not _same(step.transform(few), step.transform(few)):
        raise ModelParityError(
            f"step {name!r} of the pipeline ({type(step).__name__}) must map the same rows to the "
            f"same features each time, and is random at transform; fix its random_state"
        )
    return mapped


def _maps(
    front: Pipeline, stages: list[list[GivenRows]]
) -> tuple[tuple[Map | None, ...], Map | None]:
    """Return what each step does after the last that is not affine, and what they amount to."""
    maps: list[Map | None] = []
    whole: Map | None = None
    for place in reversed(range(len(front.steps))):
        step = front.steps[place][1]
        found = None
        if step is not None and step != "passthrough":
            found = map_of(step.transform, *stages[place])
            amounts = found if found is None or whole is None else then(found, whole)
            if amounts is None or _is_too_large(amounts, stages[place][0]):
                break
            whole = amounts
        maps.append(found)
    return tuple(reversed(maps)), whole


def _is_too_large(found: Map, X: GivenRows) -> bool:
    """Whether a map has too many numbers for a model, or would fill sparse rows."""
    return isinstance(found, Affine) and (
        found.matrix.size > MOST_NUMBERS or scipy.sparse.issparse(X)
    )


def _length(X: GivenRows) -> int:
    """Return the number of rows."""
    shape = getattr(X, "shape", None)
    return int(shape[0]) if shape is not None else len(X)


def _same(first: GivenRows, second: GivenRows) -> bool:
    """Whether two answers of a step hold the same."""
    if scipy.sparse.issparse(first):
        return bool(abs(first - second).nnz == 0)
    one, two = np.asarray(first), np.asarray(second)
    # NaN is the same as NaN here; text has none.
    return bool(np.array_equal(one, two, equal_nan=one.dtype.kind == "f" and two.dtype.kind == "f"))


def _names(front: Pipeline) -> str:
    """Return the names of the steps."""
    return ", ".join(name for name, _ in front.steps)

"""What an optimum determines on rows that it was not made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.rows.passes import row_slices
from pytest_modelparity.theory.ball import SAFETY
from pytest_modelparity.theory.cones import ROUNDING, Cone, are_mixtures, inverse_curvature
from pytest_modelparity.theory.design import (
    UNIT,
    BoolArray,
    DesignMatrix,
    FloatArray,
    IntArray,
    as_codes,
    dense_rows,
)
from pytest_modelparity.theory.gauge import design_null_space
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import Optimum, find_optimum
from pytest_modelparity.theory.proof import is_penalised

#: Multiplications that all rows of one class may take; about a second. The rows after that, and
#: all rows where a first look takes more, or there are more numbers than these, count as not
#: determined.
LARGEST_SEARCH = 1e9
LARGEST_ROWS = 5e7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Determined:
    """What an optimum says of some rows.

    Parameters
    ----------
    predictions : array, (n, n_classes) or (n, 1)
        Of each row.
    known : array of bool, (n,)
        Whether every minimising sequence ends there; of the other rows an optimum says nothing.
    distance : float, optional
        Proven bound on how far any of these predictions is from the exact one; ``None`` where
        nothing is proven, or not all rows are known.
    """

    predictions: FloatArray
    known: BoolArray
    distance: float | None = None


@single_threaded
def determined(objective: LinearObjective, optimum: Optimum, X: DesignMatrix) -> Determined:
    """Return what an optimum predicts on other rows than its own, and where that is determined.

    Parameters
    ----------
    objective : LinearObjective
        With the training rows.
    optimum : Optimum
        Of this objective.
    X : array or CSR, (n, p)
        The rows, with features scaled as those of the objective are.

    Notes
    -----
    Without a penalty the training rows fix no more than the mixtures of themselves. Where a finite
    minimiser exists, all mixtures are fixed. Where none does, every minimising sequence gives
    margins without end to the separated rows: a row has class k for certain where it is, for each
    other class m, a sum with non-negative factors of rows of class k that part from m and of
    negated rows of class m that part from k (by Farkas' lemma that is also necessary for two
    classes, and so is what follows). Mixtures of the rows that are not separated at all have a
    finite limit.
    """
    if is_penalised(objective) and optimum.finite is False:
        return _without_absent(objective, X)
    predictions = objective.predictions(optimum.coef, optimum.intercept, X)
    n = int(X.shape[0])
    if is_penalised(objective):
        known = np.ones(n, dtype=bool)
    elif optimum.finite is not False:
        known = _are_seen(objective, X)
    elif _is_too_large(objective, n):
        known = np.zeros(n, dtype=bool)
    else:
        return _at_infinity(objective, optimum, X, predictions)
    distance = _bound(objective, optimum, X, predictions) if known.all() else None
    return Determined(predictions=predictions, known=known, distance=distance)


def _without_absent(objective: LinearObjective, X: DesignMatrix) -> Determined:
    """Return the limit in which the classes that no weighted row has have probability 0.

    With a penalty on the coefficients nothing else runs away than the free intercepts of these.
    """
    recession, y = objective.loss.recession, objective.y
    assert recession is not None
    n = int(X.shape[0])
    vanishing = recession.vanishing(y[objective.row_weight > 0])
    assert vanishing.any()
    rest = recession.rest(y, vanishing)
    if rest is None:
        certain = np.tile((~vanishing).astype(np.float64), (n, 1))
        return Determined(predictions=certain, known=np.ones(n, dtype=bool), distance=0.0)
    left = replace(objective, y=rest.targets, n_classes=rest.n_classes)
    found = determined(left, find_optimum(left), X)
    predictions = np.zeros((n, objective.n_classes))
    predictions[:, rest.columns] = found.predictions
    return replace(found, predictions=predictions)


def _is_too_large(objective: LinearObjective, n: int) -> bool:
    """Whether it would take long to know what the limit determines on n other rows."""
    if not objective.mean_loss.rows.are_held:
        return True
    numbers = (objective.n_samples + n) * objective.n_columns
    # Each row is in the cones of its class with every other class.
    pairs = 2 * max(objective.n_outputs - 1, 1)
    curvatures = float(pairs) * objective.n_samples * objective.n_columns**2
    return numbers > LARGEST_ROWS or curvatures > LARGEST_SEARCH


def _bound(
    objective: LinearObjective, optimum: Optimum, X: DesignMatrix, predictions: FloatArray
) -> float | None:
    """Return how far the predictions of a certified optimum may be from the exact ones."""
    if optimum.element is None:
        return None
    table = optimum.element.reshape(objective.n_outputs, objective.n_columns)
    shift = np.empty(len(predictions))
    for part in row_slices(slice(0, len(predictions)), objective.n_columns):
        moved = np.abs(dense_rows(X, part, ones=objective.fit_intercept)) @ table.T
        # Two outputs may part by the sum of what each moves.
        shift[part] = np.sort(moved, axis=1)[:, -2:].sum(axis=1)
    change = objective.loss.response_change(predictions, shift)
    # The predictions themselves are known to some units in the last place.
    return float(np.max(change, initial=0.0)) * SAFETY + 4 * UNIT


def _are_seen(objective: LinearObjective, X: DesignMatrix) -> BoolArray:
    """Return which rows are mixtures of the training rows, without a penalty."""
    null, n = design_null_space(objective), int(X.shape[0])
    if not null.size:
        return np.ones(n, dtype=bool)
    rows = dense_rows(X, slice(0, n), ones=objective.fit_intercept)
    unseen, size = np.abs(rows @ null), np.abs(rows) @ np.abs(null)
    return np.asarray(np.all(unseen <= ROUNDING * size, axis=1))


def _at_infinity(
    objective: LinearObjective, optimum: Optimum, X: DesignMatrix, predictions: FloatArray
) -> Determined:
    """Return what the limit of the predictions determines where no minimiser is finite."""
    rows, new, direction = _scaled(objective, optimum, X)
    weighted = objective.row_weight > 0
    if not objective.n_classes:
        vanished = (optimum.predictions[:, 0] == 0)[weighted]
        return _of_zeros(rows[weighted], vanished, new, direction[1], predictions)
    separated = _Separated(
        rows=rows[weighted],
        codes=as_codes(objective.y)[weighted],
        # The limit is exact where a probability vanishes.
        vanished=(optimum.predictions == 0)[weighted],
        direction=direction,
    )
    known = are_mixtures(new, separated.rest)
    # Along this direction, which is one of those that count, no other class can be certain.
    labels = np.argmax(new @ direction.T, axis=1)
    for label in np.unique(labels).tolist():
        asked = np.flatnonzero((labels == label) & ~known)
        certain = asked[_are_certain(separated, new[asked], label)]
        known[certain], predictions[certain] = True, np.eye(objective.n_classes)[label]
    # One-hot rows are the limit itself, of which nothing is left open.
    exact = bool(known.all()) and not len(separated.rest)
    return Determined(predictions=predictions, known=known, distance=0.0 if exact else None)


def _of_zeros(
    rows: FloatArray,
    vanished: BoolArray,
    new: FloatArray,
    direction: FloatArray,
    predictions: FloatArray,
) -> Determined:
    """Return the same of numbers, where some rows of zero fall without end.

    A new row falls with them where it is a sum of them with non-negative factors and a mixture of
    the others; a mixture of the others alone has a finite limit.
    """
    rest = rows[~vanished]
    known = are_mixtures(new, rest)
    falling = np.vstack([rows[vanished], rest, -rest])
    cone = Cone(
        rows=falling, step=-direction, inverse=inverse_curvature(falling, falling @ -direction)
    )
    for index in np.flatnonzero(~known)[: int(LARGEST_SEARCH / max(cone.work, 1.0))]:
        known[index] = cone.may_hold(new[index]) and cone.holds(new[index])
        if known[index]:
            predictions[index] = 0.0
    return Determined(predictions=predictions, known=known)


def _are_certain(separated: _Separated, rows: FloatArray, label: int) -> BoolArray:
    """Return which rows are of a class in every limit; those beyond the largest search are not."""
    others = (other for other in range(len(separated.direction)) if other != label)
    cones = [separated.cone(label, other) for other in others]
    certain = np.array([all(cone.may_hold(row) for cone in cones) for row in rows], dtype=bool)
    most = int(LARGEST_SEARCH / max(sum(cone.work for cone in cones), 1.0))
    certain[np.flatnonzero(certain)[most:]] = False
    for index in np.flatnonzero(certain):
        certain[index] = all(cone.holds(rows[index]) for cone in cones)
    return certain


def _scaled(
    objective: LinearObjective, optimum: Optimum, X: DesignMatrix
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return both sets of rows with columns of one size, and a direction (K, q) for them."""
    n, m = objective.n_samples, int(X.shape[0])
    rows = dense_rows(objective.X, slice(0, n), ones=objective.fit_intercept)
    new = dense_rows(X, slice(0, m), ones=objective.fit_intercept)
    table = np.array(objective.pack(optimum.coef, optimum.intercept)).reshape(
        objective.n_outputs, objective.n_columns
    )
    if table.shape[0] == 1:
        table = np.vstack([np.zeros_like(table), table])
    penalty = objective.intercept_l2_strength + objective.intercept_l1_strength
    if objective.fit_intercept and penalty > 0:
        # A penalised intercept cannot grow for ever, and takes no part.
        rows[:, -1] = new[:, -1] = table[:, -1] = 0.0
    size = np.sqrt(np.mean(rows**2, axis=0))
    size = np.where(size > 0, size, 1.0)
    return rows / size, new / size, table * size


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Separated:
    """The weighted training rows, with the classes that vanish in them along a direction."""

    rows: FloatArray
    codes: IntArray
    vanished: BoolArray
    direction: FloatArray

    @property
    def rest(self) -> FloatArray:
        """The rows in which no class vanishes."""
        return self.rows[~self.vanished.any(axis=1)]

    def cone(self, label: int, other: int) -> Cone:
        """Return the rows that part from another class without end."""
        first = self.rows[(self.codes == label) & self.vanished[:, other]]
        second = self.rows[(self.codes == other) & self.vanished[:, label]]
        # What is not separated has a finite limit, and may be added with either sign.
        rows = np.vstack([first, -second, self.rest, -self.rest])
        step = self.direction[label] - self.direction[other]
        return Cone(rows=rows, step=step, inverse=inverse_curvature(rows, rows @ step))

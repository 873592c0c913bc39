"""Optimum and certificate of any objective: of one-vs-rest class by class, joined to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg
from scipy.special import expit

from pytest_modelparity.report.parts import Certificate
from pytest_modelparity.theory import certificate as linear_certificate
from pytest_modelparity.theory import conditioning as linear_conditioning
from pytest_modelparity.theory import costs as linear_costs
from pytest_modelparity.theory import gauge as linear_gauge
from pytest_modelparity.theory import new_rows, own_rows
from pytest_modelparity.theory import optimum as linear_optimum
from pytest_modelparity.theory.design import UNIT, BoolArray, DesignMatrix, FloatArray, IntArray
from pytest_modelparity.theory.new_rows import Determined
from pytest_modelparity.theory.one_vs_rest import Objective, OneVsRestObjective, normalised
from pytest_modelparity.theory.optimum import Optimum
from pytest_modelparity.theory.rows import RowBlock

#: Theorems, as certificates name them, the sharpest last.
_METHODS = ("", "separation", "duality-gap", "support", "newton-decrement")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JoinedOptimum(Optimum):
    """The optima of all binary objectives of a one-vs-rest model, as one.

    Parameters
    ----------
    parts : tuple of Optimum
        One a class. ``value`` is the sum of theirs, ``n_iter`` the largest.
    """

    parts: tuple[Optimum, ...]


def find_optimum(objective: Objective, start: FloatArray | None = None) -> Optimum:
    """Minimise an objective as far as float64 allows, from packed parameters or zeros."""
    if not isinstance(objective, OneVsRestObjective):
        return linear_optimum.find_optimum(objective, start)
    starts = [None] * objective.n_outputs if start is None else np.split(start, objective.n_outputs)
    parts = tuple(
        linear_optimum.find_optimum(part, own)
        for part, own in zip(objective.parts, starts, strict=True)
    )
    certificate = _joined([part.certificate for part in parts])
    bounds, covered = [part.certificate.distance for part in parts], _covered(objective, parts)
    coef = np.vstack([part.coef for part in parts])
    intercept = np.concatenate([part.intercept for part in parts])
    predictions, distance = None, None
    if all(part.of_rows is not None for part in parts):
        sigmoids = _second_columns(parts)
        distance = _bound(sigmoids[covered], bounds)
        predictions = normalised(sigmoids)
    elif certificate.finite_optimum and covered.any() and (known := _all_known(bounds)):
        table = objective.table(coef, intercept)
        off = _largest(objective, covered, lambda sigmoids: _off(sigmoids, known), table)
        distance = _at_most(off, len(known))
    elements = [part.element for part in parts if part.element is not None]
    return JoinedOptimum(
        coef=coef,
        intercept=intercept,
        value=sum(part.value for part in parts),
        certificate=replace(certificate, distance=distance),
        finite=certificate.finite_optimum,
        of_rows=predictions,
        n_iter=max(part.n_iter for part in parts),
        element=np.concatenate(elements) if len(elements) == len(parts) else None,
        parts=parts,
    )


def certify(
    objective: Objective, coef: FloatArray, intercept: FloatArray, optimum: Optimum | None = None
) -> Certificate:
    """Return proven bounds on the distance of a point to the optimum of an objective.

    Of a one-vs-rest model the distance is measured to the joined predictions of the optimum,
    where no class hides what another one does; all else is the worst of the classes, or their sum.
    """
    if not isinstance(objective, OneVsRestObjective):
        return linear_certificate.certify(objective, coef, intercept, optimum)
    known = optimum if isinstance(optimum, JoinedOptimum) else find_optimum(objective)
    assert isinstance(known, JoinedOptimum)
    each = zip(objective.parts, objective.of_class(coef, intercept), known.parts, strict=True)
    joined = _joined([linear_certificate.certify(part, *own, best) for part, own, best in each])
    bound, covered = known.certificate.distance, _covered(objective, known.parts)
    if bound is None or not np.isfinite(coef).all() or not covered.any():
        return replace(joined, distance=None)
    if known.of_rows is None:
        tables = objective.table(coef, intercept), objective.table(known.coef, known.intercept)
        moved = _largest(objective, covered, _apart, *tables)
    else:
        shares = objective.predictions(coef, intercept)
        moved = float(np.abs(shares - known.of_rows)[covered].max())
    return replace(joined, distance=moved + bound)


def determined(objective: Objective, optimum: Optimum, X: DesignMatrix) -> Determined:
    """Return what an optimum predicts on other rows than its own, and where that is determined."""
    if not isinstance(objective, OneVsRestObjective):
        return new_rows.determined(objective, optimum, X)
    assert isinstance(optimum, JoinedOptimum)
    each = zip(objective.parts, optimum.parts, strict=True)
    return _together([new_rows.determined(part, best, X) for part, best in each])


def determined_in_training(objective: Objective, optimum: Optimum) -> Determined:
    """Return what an optimum predicts on its own rows, and where that is determined."""
    if not isinstance(objective, OneVsRestObjective):
        return own_rows.determined_in_training(objective, optimum)
    assert isinstance(optimum, JoinedOptimum)
    each = zip(objective.parts, optimum.parts, strict=True)
    found = _together([own_rows.determined_in_training(part, best) for part, best in each])
    return replace(found, distance=optimum.certificate.distance)


def determined_on_sample(
    objective: Objective, optimum: Optimum, X: DesignMatrix, rows: IntArray
) -> Determined:
    """Return what an optimum predicts on some of its own rows, which are not all held."""
    if not isinstance(objective, OneVsRestObjective):
        return own_rows.determined_on_sample(objective, optimum, X, rows)
    assert isinstance(optimum, JoinedOptimum)
    each = zip(objective.parts, optimum.parts, strict=True)
    return _together([own_rows.determined_on_sample(part, best, X, rows) for part, best in each])


def whitening_factor(objective: Objective, theta: FloatArray) -> FloatArray:
    """Return the lower Cholesky factor of the smooth Hessian: a block for each class."""
    if not isinstance(objective, OneVsRestObjective):
        return linear_optimum.whitening_factor(objective, theta)
    each = zip(objective.parts, np.split(theta, objective.n_outputs), strict=True)
    blocks = [linear_optimum.whitening_factor(part, own) for part, own in each]
    return np.asarray(scipy.linalg.block_diag(*blocks))


def gauge_directions(objective: Objective) -> FloatArray:
    """Return orthonormal directions (d, g) along which the smooth part is constant."""
    if not isinstance(objective, OneVsRestObjective):
        return linear_gauge.gauge_directions(objective)
    blocks = [linear_gauge.gauge_directions(part) for part in objective.parts]
    return np.asarray(scipy.linalg.block_diag(*blocks))


def scaled_condition_number(
    objective: Objective, coef: FloatArray, intercept: FloatArray
) -> float | None:
    """Return what scaling the features would make of the largest condition number of a class."""
    if not isinstance(objective, OneVsRestObjective):
        return linear_conditioning.scaled_condition_number(objective, coef, intercept)
    each = zip(objective.parts, objective.of_class(coef, intercept), strict=True)
    return _worst([linear_conditioning.scaled_condition_number(part, *own) for part, own in each])


def optimum_seconds(objective: Objective, steps: int) -> float:
    """Return the seconds that so many steps of Newton's method are reckoned to take."""
    if not isinstance(objective, OneVsRestObjective):
        return linear_costs.optimum_seconds(objective, steps)
    return sum(linear_costs.optimum_seconds(part, steps) for part in objective.parts)


def _second_columns(parts: Sequence[Optimum] | Sequence[Determined]) -> FloatArray:
    """Return each class's sigmoids as a column."""
    return np.column_stack([part.predictions[:, 1] for part in parts])


def _covered(objective: OneVsRestObjective, parts: Sequence[Optimum]) -> BoolArray:
    """Return the rows (n,) that the bounds of every class cover."""
    covered = np.ones(objective.n_samples, dtype=bool)
    for part, best in zip(objective.parts, parts, strict=True):
        if best.certificate.method not in linear_certificate.SHARP:
            covered &= part.row_weight > 0
    return covered


def _joined(each: Sequence[Certificate]) -> Certificate:
    """Return one certificate of all classes, without a distance."""
    finite = [one.finite_optimum for one in each]
    excess = _all_known([one.objective_excess for one in each])
    return Certificate(
        coef=_worst([one.coef for one in each]),
        gradient_norm=float(np.max([one.gradient_norm for one in each])),
        objective_excess=None if excess is None else sum(excess),
        finite_optimum=False if False in finite else None if None in finite else True,
        condition_number=_worst([one.condition_number for one in each]),
        # Of the class that is known least well.
        method=min((one.method for one in each), key=_METHODS.index),
    )


def _worst(values: Sequence[float | None]) -> float | None:
    """Return the largest of some values; None where one is not known."""
    known = _all_known(values)
    return None if known is None else max(known)


def _all_known(values: Sequence[float | None]) -> list[float] | None:
    """Return the values of all classes; None where one is not known."""
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None


def _together(each: Sequence[Determined]) -> Determined:
    """Return what all classes together determine."""
    sigmoids = _second_columns(each)
    known = np.all([one.known for one in each], axis=0)
    # Of sigmoids that are all 0 in the limit no limit of their shares follows.
    known &= sigmoids.sum(axis=1) > 0
    distance = _bound(sigmoids, [one.distance for one in each]) if known.all() else None
    return Determined(predictions=normalised(sigmoids), known=known, distance=distance)


def _bound(sigmoids: FloatArray, bounds: Sequence[float | None]) -> float | None:
    """Return how far a share may be off where each class's sigmoid is within its bound.

    A share is largest where its own sigmoid is, and all others are smallest.
    """
    known = _all_known(bounds)
    if known is None or not len(sigmoids):
        return None
    return _at_most(float(_off(sigmoids, known).max()), len(known))


def _off(sigmoids: FloatArray, bounds: Sequence[float]) -> FloatArray:
    """Return how far a share of each row (n,) may be off, rounding apart."""
    low, high = np.maximum(sigmoids - bounds, 0.0), np.minimum(sigmoids + bounds, 1.0)
    shares, others = normalised(sigmoids), low.sum(axis=1, keepdims=True) - low
    rest = high.sum(axis=1, keepdims=True) - high
    with np.errstate(invalid="ignore", divide="ignore"):
        up, down = high / (high + others), low / (low + rest)
    return np.asarray(np.fmax(np.abs(up - shares), np.abs(down - shares)).max(axis=1))


def _at_most(off: float, n_classes: int) -> float:
    """Return how far shares may be off, with the rounding of their sums."""
    return float(min(off + 4 * UNIT * n_classes, 1.0))


def _apart(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return how far the shares of two points' sigmoids are apart in each row, (n,)."""
    return np.asarray(np.abs(normalised(first) - normalised(second)).max(axis=1))


def _largest(
    objective: OneVsRestObjective,
    covered: BoolArray,
    of: Callable[..., FloatArray],
    *tables: FloatArray,
) -> float:
    """Return the largest number of a covered row, from one pass over rows that are not held.

    Parameters
    ----------
    covered : array of bool, (n,)
        At least one.
    of : callable
        The sigmoids (m, K) of rows at each point, to a number of each of the rows.
    *tables : array, (K, q)
        The points.
    """
    mean_loss = objective.parts[0].mean_loss
    rows = replace(mean_loss.rows, weight=covered.astype(np.float64))

    def part(block: RowBlock) -> FloatArray:
        return of(*(expit(block.design.decision(table)) for table in tables))

    width = mean_loss.rows.n_columns + 4 * objective.n_outputs * len(tables)
    return float(rows.each(part, width, weighted=True)[0])

"""Proven bounds on the distance of any point to the optimum of its objective."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from pytest_modelparity.report.parts import Certificate
from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.theory.composite import smallest_subgradient
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import Optimum, find_optimum
from pytest_modelparity.theory.proof import certificate_at
from pytest_modelparity.theory.scrutiny import scrutinise

#: Methods whose bounds are as sharp as the distance itself.
SHARP = ("newton-decrement", "support")
#: Times the rounding of a difference of two values of F, above which nothing bounds it better.
FAR = 100.0


@single_threaded
def certify(
    objective: LinearObjective,
    coef: ArrayLike,
    intercept: ArrayLike,
    optimum: Optimum | None = None,
) -> Certificate:
    """Return proven bounds on the distance of a point to the optimum of ``objective``.

    Parameters
    ----------
    objective : LinearObjective
        Whose optimum is meant.
    coef : array, (n_outputs, n_features)
        The point.
    intercept : array, (n_outputs,)
        The point.
    optimum : Optimum, optional
        Of this objective, where it is known; else it is computed if the theorems fail at the
        point itself.

    Returns
    -------
    Certificate
        Of the bounds from the theorems at the point, and from its measured distance to the
        optimum plus the bounds of the optimum, the smaller ones; where the optimum is known as
        sharply as the theorems know any point, the latter. ``distance`` covers every
        training row; those without weight only as far as the theorem does.

    Raises
    ------
    ModelParityError
        If a shape does not fit the objective.
    """
    theta = objective.pack(coef, intercept)
    if optimum is not None and optimum.certificate.method in SHARP and np.isfinite(theta).all():
        # The theorems at the point could bound no better what is measured here.
        return _measured(objective, theta, optimum)
    direct = certificate_at(objective, theta)
    if not np.isfinite(theta).all():
        # Weights of a training that diverged: no distance to anything is finite.
        return direct
    if optimum is None:
        if direct.method in SHARP:
            # The optimum would take seconds, and could not make such a bound much smaller.
            return direct
        optimum = find_optimum(objective)
    if optimum.finite is False:
        return _against_limit(objective, theta, direct, optimum)
    return _against_optimum(objective, theta, direct, optimum)


def _against_optimum(
    objective: LinearObjective, theta: FloatArray, direct: Certificate, optimum: Optimum
) -> Certificate:
    """Combine the bounds at the point with those through the optimum."""
    if optimum.certificate.distance is None:
        return direct
    measured = _measured(objective, theta, optimum)
    # The measured distance covers every row, the global theorems those with weight only.
    everywhere = direct.method in SHARP or bool(np.all(objective.row_weight > 0))
    distance = _smaller(direct.distance if everywhere else None, measured.distance)
    return replace(
        measured,
        distance=distance,
        coef=_smaller(direct.coef, measured.coef),
        objective_excess=_smaller(direct.objective_excess, measured.objective_excess),
        method=direct.method if distance == direct.distance else measured.method,
    )


def _measured(objective: LinearObjective, theta: FloatArray, optimum: Optimum) -> Certificate:
    """Return the measured distance to an optimum plus its own bounds."""
    known = optimum.certificate
    assert known.distance is not None
    there = objective.pack(optimum.coef, optimum.intercept)
    if optimum.of_rows is None:
        value, gradient, apart = objective.at_from(theta, there)
    else:
        value, gradient, moved = objective.at(theta)
        assert moved is not None
        moved -= optimum.of_rows
        apart = float(np.abs(moved, out=moved).max())
    subgradient = smallest_subgradient(theta, gradient, objective.l1_weights)
    coef = excess = None
    if known.coef is not None:
        coef = _centred_distance(objective, theta, there) + known.coef
    if known.objective_excess is not None:
        # A difference of two values of F; each carries the rounding of a sum of n terms.
        noise = objective.n_samples * 2.3e-16 * abs(value)
        excess = max(value - optimum.value, 0.0) + noise
        if not excess > FAR * noise:
            excess = min(excess, _rise(objective, theta, there))
        excess += known.objective_excess
    return replace(
        known,
        distance=apart + known.distance,
        coef=coef,
        gradient_norm=float(np.max(np.abs(subgradient))),
        objective_excess=excess,
    )


def _rise(objective: LinearObjective, theta: FloatArray, there: FloatArray) -> float:
    """Return a bound on the rise of F from ``there``, by its slope at ``theta``."""
    # F is convex, and so rises by no more than its slope at the higher point.
    seen = scrutinise(objective, theta)
    subgradient = smallest_subgradient(theta, seen.gradient, objective.l1_weights)
    change = theta - there
    return max(float(subgradient @ change + seen.rounding @ np.abs(change)), 0.0)


def _against_limit(
    objective: LinearObjective, theta: FloatArray, direct: Certificate, optimum: Optimum
) -> Certificate:
    """Measure the distance to the limit of the predictions where no optimum is finite."""
    known, moved = optimum.certificate.distance, None
    if known is not None and optimum.of_rows is not None:
        apart = np.abs(objective.predictions(*objective.unpack(theta)) - optimum.of_rows)
        moved = float(apart[objective.row_weight > 0].max())
    elif known == 0.0:
        # All rows are separated: the limit of each is in its label.
        moved = objective.mean_loss.from_limit(objective.table(theta))
    # Coefficients have no limit: they grow for ever.
    return Certificate(
        distance=None if known is None or moved is None else moved + known,
        gradient_norm=direct.gradient_norm,
        objective_excess=direct.objective_excess,
        finite_optimum=False,
        condition_number=None,
        method="separation",
    )


def _centred_distance(objective: LinearObjective, theta: FloatArray, other: FloatArray) -> float:
    """Return the largest difference of a coefficient, centred where a shift changes nothing."""
    difference = objective.unpack(theta)[0] - objective.unpack(other)[0]
    if objective.loss.shift_invariant:
        difference = difference - difference.mean(axis=0)
    return float(np.max(np.abs(difference), initial=0.0))


def _smaller(first: float | None, second: float | None) -> float | None:
    """Return the smaller of two bounds, either of which may be missing."""
    known = [bound for bound in (first, second) if bound is not None]
    return min(known, default=None)

"""The certificate of a point, by the theorems that fit its objective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.report.parts import Certificate
from pytest_modelparity.theory.ball import SmoothProblem
from pytest_modelparity.theory.bounds import (
    Bounds,
    newton_decrement_bounds,
    support_bounds,
    value_bounds,
)
from pytest_modelparity.theory.composite import smallest_subgradient
from pytest_modelparity.theory.design import UNIT, BoolArray, FloatArray
from pytest_modelparity.theory.duality import duality_gap_bounds
from pytest_modelparity.theory.expansion import Expansion
from pytest_modelparity.theory.gauge import gauge_directions
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.scrutiny import Scrutiny

#: Parameters beyond which no dense Hessian is built: it would take 18 MB, its factor 0.1 s.
DENSE_LIMIT = 1500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What is known of a point before its certificate.

    Parameters
    ----------
    near : Expansion, optional
        Of the point or one near by.
    gauge : array, (d, g), optional
        As `gauge.gauge_directions` returns it.
    """

    near: Expansion | None = None
    gauge: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proof:
    """A certificate, and what was seen of its point on the way.

    Parameters
    ----------
    certificate : Certificate
        Of the point.
    seen : Scrutiny, optional
        Of the point, where the certificate took one of the whole objective.
    element : array, (d,), optional
        Bound on the difference of each element of ``theta`` to that of some minimiser.
    """

    certificate: Certificate
    seen: Scrutiny | None = None
    element: FloatArray | None = None


def certificate_at(
    objective: LinearObjective,
    theta: FloatArray,
    *,
    dense_limit: int = DENSE_LIMIT,
    conditioned: bool = True,
) -> Certificate:
    """Return what can be proven at the point itself: the certificate of `proof_at`."""
    proof = proof_at(objective, theta, dense_limit=dense_limit, conditioned=conditioned)
    return proof.certificate


def proof_at(
    objective: LinearObjective,
    theta: FloatArray,
    *,
    dense_limit: int = DENSE_LIMIT,
    known: Known | None = None,
    conditioned: bool = True,
) -> Proof:
    """Return what can be proven at the point itself.

    Parameters
    ----------
    objective : LinearObjective
        Whose minimiser is meant.
    theta : array, (d,)
        The point, packed.
    dense_limit : int
        Number of parameters (of non-zero ones with an L1 penalty) beyond which no Hessian is
        built and the duality gap decides.
    known : Known, optional
        What need not be worked out again.
    conditioned : bool
        Whether the condition number is wanted, a third of the work at 650 parameters.
    """
    if not np.isfinite(theta).all():
        return Proof(certificate=Certificate(finite_optimum=has_finite_optimum(objective)))
    bounds, condition = None, None
    if objective.n_parameters <= dense_limit:
        problem = _smooth_problem(objective, theta, known or Known())
        if conditioned:
            condition = _condition_number(problem.near.hessian, problem.gauge)
        if not np.any(objective.l1_weights > 0):
            bounds = newton_decrement_bounds(problem)
    if np.any(objective.l1_weights > 0) and _support_size(objective, theta) <= dense_limit:
        bounds = support_bounds(objective, theta)
    # The local theorems are sharp where they hold; the others hold everywhere.
    bounds = bounds or _global_bounds(objective, theta)
    gradient = objective.gradient(theta) if bounds is None else bounds.gradient
    subgradient = smallest_subgradient(theta, gradient, objective.l1_weights)
    finite = has_finite_optimum(objective)
    if finite is None and bounds is not None and bounds.method in ("newton-decrement", "support"):
        # The theorem's ball holds a minimiser.
        finite = True
    weighted = objective.row_weight > 0
    certificate = Certificate(
        # The global theorems do not cover rows without weight.
        distance=None if bounds is None else float(_largest(bounds, weighted)),
        coef=None if bounds is None or bounds.coef is None else float(np.max(bounds.coef)),
        gradient_norm=float(np.max(np.abs(subgradient))),
        objective_excess=None if bounds is None else float(bounds.objective_excess),
        finite_optimum=finite,
        condition_number=condition,
        method="" if bounds is None else bounds.method,
    )
    if bounds is None:
        return Proof(certificate=certificate)
    return Proof(certificate=certificate, seen=bounds.seen, element=bounds.element)


def _smooth_problem(objective: LinearObjective, theta: FloatArray, known: Known) -> SmoothProblem:
    """Return the problem without L1 penalties at the point, with what is known of it."""
    return SmoothProblem(
        objective=objective,
        theta=theta,
        near=objective.expansion(theta) if known.near is None else known.near,
        gauge=gauge_directions(objective) if known.gauge is None else known.gauge,
    )


def is_penalised(objective: LinearObjective) -> bool:
    """Return whether the coefficients have a penalty."""
    return objective.l2_strength > 0 or objective.l1_strength > 0


def has_finite_optimum(objective: LinearObjective) -> bool | None:
    """Return what settings and targets decide of a finite minimiser, whatever the features.

    A free intercept runs away from a class that no weighted row has; with a penalty on the
    coefficients nothing else can, and with a loss that never falls for ever nothing at all.
    None: the features decide.
    """
    recession = objective.loss.recession
    if recession is None:
        return True
    penalty = objective.intercept_l2_strength + objective.intercept_l1_strength
    free = objective.fit_intercept and penalty == 0
    if free and np.any(recession.vanishing(objective.y[objective.row_weight > 0])):
        return False
    return True if is_penalised(objective) else None


def _support_size(objective: LinearObjective, theta: FloatArray) -> int:
    """Return the size of the restricted Hessian, which has whole columns and the intercept."""
    used = np.any((theta != 0).reshape(objective.n_outputs, -1), axis=0)
    return objective.n_outputs * int(used.sum() + 1)


def _global_bounds(objective: LinearObjective, theta: FloatArray) -> Bounds | None:
    """Return the better of the bounds that hold at any distance."""
    weighted = objective.row_weight > 0
    candidates = [duality_gap_bounds(objective, theta), value_bounds(objective, theta)]
    usable = [
        bounds
        for bounds in candidates
        # A bound as large as any distance bounds nothing.
        if bounds is not None and _largest(bounds, weighted) < objective.loss.diameter
    ]
    return min(usable, key=lambda bounds: _largest(bounds, weighted), default=None)


def _largest(bounds: Bounds, weighted: BoolArray) -> float:
    """Return the largest bound on a prediction, over the rows that the theorem covers."""
    # One for all rows where these are not held: it is that of what the theorem covers.
    every = bounds.method in ("newton-decrement", "support") or len(bounds.distance) == 1
    covered = bounds.distance if every else bounds.distance[weighted]
    return float(np.max(covered, initial=0.0))


def _condition_number(hessian: FloatArray, gauge: FloatArray) -> float | None:
    """Return the Hessian's, gauge directions left out."""
    free = len(hessian) - gauge.shape[1]
    if free == 0:
        return None
    # Their eigenvalues become the mean of the others, neither the largest nor the smallest.
    hessian = hessian + np.trace(hessian) / free * (gauge @ gauge.T)
    eigenvalues = np.linalg.eigvalsh(hessian)
    largest = float(eigenvalues[-1])
    if not largest > 0:
        return None
    # Rounding may leave the smallest one at zero or below it.
    return largest / max(float(eigenvalues[0]), 2 * UNIT * largest)

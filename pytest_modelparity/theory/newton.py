"""Damped Newton for the smooth objective: factorised, or by Hessian products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.objective import LinearObjective

#: Steps after which Newton's method gives up. On separable data with a tiny penalty a step adds 1
#: to every margin, and a margin of 700 underflows.
MAX_STEPS = 800
#: Predicted decrease of F, relative to it, below which its rounding hides a decrease.
VALUE_NOISE = 1e-11


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NewtonResult:
    """Where Newton's method ended.

    Parameters
    ----------
    theta : array, (d,)
        The point.
    n_iter : int
        Steps made.
    """

    theta: FloatArray
    n_iter: int


#: The gradient to the Newton step.
Solver = Callable[[FloatArray], FloatArray]


def newton(
    objective: LinearObjective,
    start: FloatArray,
    gauge: FloatArray,
    *,
    stop: Callable[[FloatArray], bool] | None = None,
    max_steps: int = MAX_STEPS,
) -> NewtonResult:
    """Minimise the smooth objective by factorised Newton steps.

    Parameters
    ----------
    objective : LinearObjective
        Without L1 penalties.
    start : array, (d,)
        Where to begin.
    gauge : array, (d, g)
        Directions along which F is constant; the steps have no part along them.
    stop : callable, optional
        Ends the iteration where it returns true for the point.
    max_steps : int
        Limit.
    """

    def solver_at(theta: FloatArray, _step: int) -> Solver:
        factor = scaled_factor(objective.hessian(theta), gauge)
        assert factor is not None
        return factor.solve

    return _descend(objective, start, solver_at, stop, max_steps)


def newton_cg(
    objective: LinearObjective,
    start: FloatArray,
    *,
    stop: Callable[[FloatArray], bool] | None = None,
    max_steps: int = MAX_STEPS,
) -> NewtonResult:
    """Minimise the smooth objective by Newton steps from preconditioned conjugate gradients.

    Parameters are those of `newton`. No gauge is needed: a gradient without a part along the gauge
    gives steps without one.
    """

    def solver_at(theta: FloatArray, step: int) -> Solver:
        diagonal = objective.hessian_diagonal(theta)
        # A feature of zeros has no curvature, and its parameter no step.
        inverse = 1.0 / np.where(diagonal > 0, diagonal, 1.0)
        product = objective.hessian_product(theta)
        # Superlinear: each system is solved ten times more exactly than the one before.
        tolerance = max(10.0 ** -(step + 1), 1e-8)
        return lambda right: conjugate_gradients(product, right, inverse, tolerance=tolerance)

    return _descend(objective, start, solver_at, stop, max_steps)


def conjugate_gradients(
    product: Callable[[FloatArray], FloatArray],
    right: FloatArray,
    inverse_diagonal: FloatArray,
    *,
    tolerance: float,
    max_steps: int = 1000,
) -> FloatArray:
    """Solve ``H x = right`` to a relative residual in the norm of the preconditioner."""
    solution, residual = np.zeros_like(right), right.copy()
    conditioned = inverse_diagonal * residual
    search, square = conditioned, float(residual @ conditioned)
    limit = tolerance**2 * square
    for _ in range(max_steps):
        if not square > limit:
            break
        image = product(search)
        curvature = float(search @ image)
        # A direction that no row sees, or NaN: what is solved so far is a descent direction.
        if not curvature > 0:
            break
        length = square / curvature
        solution, residual = solution + length * search, residual - length * image
        conditioned = inverse_diagonal * residual
        square, previous = float(residual @ conditioned), square
        search = conditioned + (square / previous) * search
    return solution


def _descend(
    objective: LinearObjective,
    start: FloatArray,
    solver_at: Callable[[FloatArray, int], Solver],
    stop: Callable[[FloatArray], bool] | None,
    max_steps: int,
) -> NewtonResult:
    """Take damped steps until rounding hides any decrease of F, then polish."""
    theta = start
    value, gradient = objective.smooth_value_and_gradient(theta)
    for step in range(max_steps):
        if stop is not None and stop(theta):
            return NewtonResult(theta=theta, n_iter=step)
        solver = solver_at(theta, step)
        move = solver(-gradient)
        decrement = -float(gradient @ move)
        # NaN ends here, too.
        if not decrement > VALUE_NOISE * abs(value):
            theta, extra = _polish(objective, theta, gradient, solver)
            return NewtonResult(theta=theta, n_iter=step + extra)
        better = _line_search(objective, theta, value, move, decrement)
        if better is None:
            return NewtonResult(theta=theta, n_iter=step)
        theta, value, gradient = better
    return NewtonResult(theta=theta, n_iter=max_steps)


def _polish(
    objective: LinearObjective, theta: FloatArray, gradient: FloatArray, solver: Solver
) -> tuple[FloatArray, int]:
    """Take full steps of one factor while the Newton decrement falls; return point and count."""
    move = solver(-gradient)
    decrement = -float(gradient @ move)
    for step in range(20):
        there = theta + move
        gradient_there = objective.gradient(there)
        move_there = solver(-gradient_there)
        decrement_there = -float(gradient_there @ move_there)
        # A Newton step squares the error; where it does not halve it, it is rounding.
        if not decrement_there < 0.5 * decrement:
            return theta, step
        theta, move, decrement = there, move_there, decrement_there
    return theta, 20


def _line_search(
    objective: LinearObjective,
    theta: FloatArray,
    value: float,
    move: FloatArray,
    decrement: float,
) -> tuple[FloatArray, float, FloatArray] | None:
    """Return point, F and gradient at the first halved length with sufficient decrease."""
    length = 1.0
    for _ in range(60):
        there = theta + length * move
        allowed = value - 1e-4 * length * decrement
        if not allowed < value:
            # The decrease asked for is rounding of F: any point near by would pass.
            return None
        value_there, gradient = objective.smooth_value_and_gradient(there)
        if value_there <= allowed:
            return there, value_there, gradient
        length *= 0.5
    return None

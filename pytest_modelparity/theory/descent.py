"""Descent along Newton steps, whatever solves for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_modelparity.theory.clock import next_step
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.expansion import Expansion
from pytest_modelparity.theory.objective import LinearObjective

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
    expansion : Expansion, optional
        The last one that was made, there or a little before.
    drift : array, (d,), optional
        The mean of the last steps, where there may be no minimum.
    """

    theta: FloatArray
    n_iter: int
    expansion: Expansion | None = None
    drift: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to stop before rounding does.

    Parameters
    ----------
    steps : int
        Steps after which to give up. On separable data with a tiny penalty a step adds 1 to every
        margin, and a margin of 700 underflows.
    enough : float
        Predicted decrease of F, relative to it, at which the point is near enough.
    """

    steps: int = 800
    enough: float = 0.0


#: The gradient to the Newton step.
Solver = Callable[[FloatArray], FloatArray]


def descend(
    objective: LinearObjective,
    start: FloatArray,
    solver_at: Callable[[FloatArray, int], Solver],
    stop: Callable[[FloatArray], bool] | None,
    limits: Limits,
) -> NewtonResult:
    """Take damped steps until rounding hides any decrease of F, then polish."""
    theta = start
    value, gradient = objective.smooth_value_and_gradient(theta)
    for step in range(limits.steps):
        next_step()
        if stop is not None and stop(theta):
            return NewtonResult(theta=theta, n_iter=step)
        solver = solver_at(theta, step)
        move = solver(-gradient)
        decrement = -float(gradient @ move)
        if decrement <= limits.enough * abs(value):
            return NewtonResult(theta=theta, n_iter=step)
        # NaN ends here, too.
        if not decrement > VALUE_NOISE * abs(value):
            theta, extra = _polish(objective, theta, gradient, solver)
            return NewtonResult(theta=theta, n_iter=step + extra)
        better = line_search(objective, theta, value, move, decrement)
        if better is None:
            return NewtonResult(theta=theta, n_iter=step)
        theta, value, gradient = better
    return NewtonResult(theta=theta, n_iter=limits.steps)


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


def line_search(
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

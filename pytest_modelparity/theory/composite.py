"""Proximal Newton for a smooth function plus an L1 penalty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.theory.clock import next_step
from pytest_modelparity.theory.dependent import factor, solve, without_dependent
from pytest_modelparity.theory.design import FloatArray

ValueAndGradient = Callable[[FloatArray], tuple[float, FloatArray]]

#: Curvature given to gauge directions, relative to the Hessian's diagonal: far above rounding, far
#: too small to slow a step along them.
GAUGE_CURVATURE = 1e-8
#: Predicted decrease, relative to the value, below which the value's rounding hides it.
VALUE_NOISE = 1e-11
#: A shorter part of a step falls at a kink alone: where f is smooth, a whole one does near the end.
SHORTEST = 1e-9
MAX_STEPS = 200
MAX_MODEL_STEPS = 2000
MAX_POLISH = 20


def smallest_subgradient(theta: FloatArray, gradient: FloatArray, l1: FloatArray) -> FloatArray:
    """Return the element with the smallest norm of the subdifferential of ``f + l1·|theta|``.

    Parameters
    ----------
    theta : array, (d,)
        The point.
    gradient : array, (d,)
        Gradient of the smooth part f there.
    l1 : array, (d,)
        L1 strength of each element.
    """
    # At zero the penalty takes up to its strength from the gradient.
    at_zero = np.sign(gradient) * np.maximum(np.abs(gradient) - l1, 0.0)
    return np.where(theta == 0, at_zero, gradient + l1 * np.sign(theta))


@single_threaded
def proximal_newton(
    value_and_gradient: ValueAndGradient,
    hessian: Callable[[FloatArray], FloatArray],
    l1_weights: FloatArray,
    start: FloatArray,
    *,
    gauge: FloatArray | None = None,
    tol: float = 0.0,
) -> tuple[FloatArray, int]:
    """Minimise ``f(theta) + sum_j l1_weights[j] |theta_j|`` for a smooth convex f.

    Parameters
    ----------
    value_and_gradient : callable
        Of f. The two may contradict each other slightly (the L2 factor of a Keras regularizer
        passes through float32): the value decides until its rounding hides a decrease, then the
        gradient alone does, and the point returned meets the gradient's optimality conditions.
    hessian : callable
        Of f or of a model of it, (d, d).
    l1_weights : array, (d,)
        At least 0; 0 leaves an element free.
    start : array, (d,)
        Where to begin.
    gauge : array, (d, g), optional
        Directions along which f is constant.
    tol : float
        Largest element of the subgradient, in units of the root of the Hessian's diagonal, at
        which to stop; 0 goes on until rounding lets no step improve.

    Returns
    -------
    theta : array, (d,)
        The minimiser, with exact zeros.
    n_iter : int
        Steps made.
    """

    def penalised(point: FloatArray) -> float:
        return value_and_gradient(point)[0] + float(l1_weights @ np.abs(point))

    problem = _Problem(l1=l1_weights, gauge=gauge, tol=tol)
    theta = np.asarray(start, dtype=np.float64)
    value, gradient = value_and_gradient(theta)
    for step in range(MAX_STEPS):
        next_step()
        model = _scaled_model(hessian(theta), l1_weights, gauge)
        violation = model.violation(theta, gradient)
        if violation <= tol:
            return theta, step
        # Superlinear: the nearer the optimum, the more exactly the model is solved.
        target = _minimise_model(model, theta, gradient, violation * min(1e-1, violation))
        move = target - theta
        penalty_change = float(l1_weights @ (np.abs(target) - np.abs(theta)))
        predicted = -(float(gradient @ move) + penalty_change)
        total = value + float(l1_weights @ np.abs(theta))
        length = 0.0
        if predicted > VALUE_NOISE * abs(total):
            length = _line_search(penalised, theta, move, total, predicted)
        if length == 0.0:
            # The value is too coarse from here on; the gradient is not.
            return _polish(value_and_gradient, hessian, problem, theta), step
        if length < SHORTEST:
            # An absolute error, say: what is reached is all that such steps reach.
            return theta, step
        # The full step lands on the target itself, whose zeros are exact.
        theta = target if length == 1.0 else theta + length * move
        value, gradient = value_and_gradient(theta)
    return theta, MAX_STEPS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Problem:
    """What stays the same from step to step."""

    l1: FloatArray
    gauge: FloatArray | None
    tol: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _ScaledModel:
    """The quadratic model in coordinates ``x = scale * theta``, with its L1 strengths."""

    scale: FloatArray
    hessian: FloatArray
    l1: FloatArray
    bound: float

    def violation(self, theta: FloatArray, gradient: FloatArray) -> float:
        """Return the largest element of the smallest subgradient, scaled."""
        subgradient = smallest_subgradient(theta, gradient, self.l1 * self.scale)
        return float(np.max(np.abs(subgradient / self.scale), initial=0.0))


def _scaled_model(hessian: FloatArray, l1: FloatArray, gauge: FloatArray | None) -> _ScaledModel:
    """Scale a Hessian by its diagonal and give the gauge a little curvature."""
    diagonal = np.diagonal(hessian)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = hessian / scale / scale[:, None]
    if gauge is not None and gauge.shape[1]:
        # Directions in theta, written in the scaled coordinates.
        basis = gauge * scale[:, None]
        basis = basis / np.linalg.norm(basis, axis=0)
        scaled = scaled + GAUGE_CURVATURE * (basis @ basis.T)
    # An absolute row sum bounds the largest eigenvalue.
    bound = float(np.abs(scaled).sum(axis=1).max(initial=0.0)) or 1.0
    return _ScaledModel(scale=scale, hessian=scaled, l1=l1 / scale, bound=bound)


def _minimise_model(
    model: _ScaledModel, theta: FloatArray, gradient: FloatArray, tolerance: float
) -> FloatArray:
    """Minimise the model around ``theta``: proximal steps find elements, Newton steps place them.

    A finite method for the quadratic: each support step minimises over the elements that are not
    zero with their signs held (Lee et al. 2006, feature-sign search, with elements entering by a
    proximal gradient step, several at a time).
    """
    base, slope = model.scale * theta, gradient / model.scale
    x = base
    noise = 8 * float(np.finfo(np.float64).eps) * float(np.max(np.abs(slope), initial=0.0))
    tolerance = max(tolerance, noise)
    last = np.inf
    for _ in range(MAX_MODEL_STEPS):
        here = slope + model.hessian @ (x - base)
        violation = float(np.max(np.abs(smallest_subgradient(x, here, model.l1)), initial=0.0))
        if violation <= tolerance:
            break
        # Large problems: find most of the support first, so that few elements drop one by one.
        steps = 1 + len(x) // 8 if x is base else 1
        settled = _settle(model, _proximal_steps(model, x, base, slope, steps), base, slope)
        if np.array_equal(np.sign(settled), np.sign(x)) and not violation < 0.5 * last:
            # The support is settled and what is left is rounding.
            break
        x, last = settled, violation
    # Elements that did not move keep their bits: the scaling would leave rounding.
    return np.where(x == base, theta, x / model.scale)


def _proximal_steps(
    model: _ScaledModel, x: FloatArray, base: FloatArray, slope: FloatArray, n_steps: int
) -> FloatArray:
    """Take accelerated proximal gradient steps on the model (Beck and Teboulle 2009, FISTA)."""
    ahead, momentum = x, 1.0
    for _ in range(n_steps):
        moved = ahead - (slope + model.hessian @ (ahead - base)) / model.bound
        reached = np.sign(moved) * np.maximum(np.abs(moved) - model.l1 / model.bound, 0.0)
        following = 0.5 + np.sqrt(0.25 + momentum**2)
        ahead = reached + (momentum - 1.0) / following * (reached - x)
        x, momentum = reached, following
    return x


def _settle(model: _ScaledModel, x: FloatArray, base: FloatArray, slope: FloatArray) -> FloatArray:
    """Minimise the model over the support of ``x``, dropping elements that reach zero."""
    independent = False
    # Each round but the first drops an element at least, so that it ends.
    for _ in range(len(x) + 2):
        support = (x != 0) | (model.l1 == 0)
        hessian = model.hessian[np.ix_(support, support)]
        lower = factor(hessian)
        if lower is None and not independent:
            x, independent = x.copy(), True
            x[support] = without_dependent(hessian, model.l1[support], x[support])
            continue
        here = slope + model.hessian @ (x - base) + model.l1 * np.sign(x)
        step = np.zeros_like(x)
        step[support] = -solve(hessian, here[support], lower)
        target = x + step
        if not np.any((target * x < 0) & (model.l1 > 0)):
            return target
        x = _better_crossing(model, x, step, base, slope)
    return x


def _better_crossing(
    model: _ScaledModel, x: FloatArray, step: FloatArray, base: FloatArray, slope: FloatArray
) -> FloatArray:
    """Return the better of: all crossing elements set to zero, the segment's best crossing."""
    crossing = ((x + step) * x < 0) & (model.l1 > 0)
    projected = np.where(crossing, 0.0, x + step)
    lengths = np.sort(-x[crossing] / step[crossing])
    curvature = float(step @ model.hessian @ step)
    linear = float((slope + model.hessian @ (x - base)) @ step)
    penalties = np.abs(x[:, None] + step[:, None] * lengths).T @ model.l1
    values = lengths * linear + 0.5 * lengths**2 * curvature + penalties
    best = lengths[int(np.argmin(values))]
    reached = x + best * step
    # Exactly zero, where the product leaves rounding: the support is read from the zeros.
    reached[crossing & np.isclose(-x / np.where(step == 0, 1.0, step), best, rtol=1e-12)] = 0.0
    change = projected - x
    value = float((slope + model.hessian @ (x - base + 0.5 * change)) @ change)
    value += float(model.l1 @ np.abs(projected))
    return projected if value <= float(values.min()) else reached


def _line_search(
    penalised: Callable[[FloatArray], float],
    theta: FloatArray,
    move: FloatArray,
    total: float,
    predicted: float,
) -> float:
    """Return the first halved length with sufficient decrease; 0 if none has."""
    length = 1.0
    for _ in range(50):
        # NaN and infinity, from an overflow far out, fail the comparison.
        if penalised(theta + length * move) <= total - 1e-4 * length * predicted:
            return length
        length *= 0.5
    return 0.0


def _polish(
    value_and_gradient: ValueAndGradient,
    hessian: Callable[[FloatArray], FloatArray],
    problem: _Problem,
    start: FloatArray,
) -> FloatArray:
    """Take full steps while the optimality conditions get better, and return the best point."""
    theta, gradient = start, value_and_gradient(start)[1]
    best, smallest, failures = start, np.inf, 0
    for _ in range(MAX_POLISH):
        model = _scaled_model(hessian(theta), problem.l1, problem.gauge)
        violation = model.violation(theta, gradient)
        failures = 0 if violation < 0.5 * smallest else failures + 1
        if violation < smallest:
            best, smallest = theta, violation
        # One step may get worse where the support changes; two in a row are rounding.
        if failures == 2 or violation <= problem.tol:
            break
        theta = _minimise_model(model, theta, gradient, 1e-3 * violation)
        gradient = value_and_gradient(theta)[1]
    return best

"""The ways to the minimum of an objective: Newton's method by Hessians, their products, or L1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.theory.composite import proximal_newton, smallest_subgradient
from pytest_modelparity.theory.conjugate import newton_cg
from pytest_modelparity.theory.descent import Limits, NewtonResult
from pytest_modelparity.theory.design import BoolArray, FloatArray
from pytest_modelparity.theory.duality import with_best_intercept
from pytest_modelparity.theory.expansion import Expansion
from pytest_modelparity.theory.gauge import gauge_directions
from pytest_modelparity.theory.newton import newton
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.proof import is_penalised
from pytest_modelparity.theory.separation import Watch

#: Features that enter the working set of an L1 problem at once, at least.
WORKING_SET = 100
#: Newton steps on unpenalised data before separation is looked for: each adds about 1 to the
#: margins of separated rows, whose probabilities are then within 1e-17 of their limit.
UNPENALISED_STEPS = 45
#: Multiplications of a Hessian of several classes beyond which its products go first.
PRODUCTS_FIRST = 1e8
#: Predicted decrease of F, relative to it, at which they make way for the Hessian.
NEAR = 1e-8


def minimised(
    objective: LinearObjective,
    start: FloatArray | None,
    gauge: FloatArray | None,
    dense_limit: int,
) -> NewtonResult:
    """Return where an objective is smallest, as far as float64 allows.

    Parameters
    ----------
    objective, start, dense_limit
        As `optimum.find_optimum` takes them.
    gauge : array, (d, g), optional
        As `gauge.gauge_directions` returns it; ``None`` where there are too many parameters for a
        Hessian.
    """
    if not _is_smooth(objective):
        return _minimise_l1(objective, _better_start(objective, start), dense_limit)
    if gauge is None:
        return _minimise_by_products(objective, start)
    return _minimise_by_factors(objective, start, gauge)


def _is_smooth(objective: LinearObjective) -> bool:
    """Return whether no parameter has an L1 penalty."""
    return not np.any(objective.l1_weights > 0)


def _origin(objective: LinearObjective) -> FloatArray:
    """Return zeros, with the best intercept where the losses' third derivatives have no bound."""
    zeros = np.zeros(objective.n_parameters)
    # Counts of a million: the first step from zeros would be one of a million.
    unbounded = objective.loss.self_concordance > 0 and np.isinf(objective.loss.diameter)
    return with_best_intercept(objective, zeros) if unbounded else zeros


def _better_start(objective: LinearObjective, start: FloatArray | None) -> FloatArray:
    """Return ``start`` where its F is below that of zeros."""
    # A start far out, on saturated rows, costs Newton's method more steps than zeros do.
    if start is None or not np.isfinite(start).all():
        return _origin(objective)
    return start if objective.value(start) < objective.value_at_zero() else _origin(objective)


def _better_expansion(objective: LinearObjective, start: FloatArray | None) -> Expansion:
    """Return the expansion of ``start`` where its F is below that of zeros, else theirs."""
    if start is not None and np.isfinite(start).all():
        expansion = objective.expansion(start)
        if expansion.value < objective.value_at_zero():
            return expansion
    return objective.expansion(_origin(objective))


def _stopping(objective: LinearObjective) -> tuple[Watch | None, int]:
    """Return what stops early, and the most steps."""
    # Otherwise F may fall for ever, and Newton's method would follow it.
    if is_penalised(objective) or objective.loss.recession is None:
        return None, Limits().steps
    return Watch(objective), UNPENALISED_STEPS


def _minimise_by_products(objective: LinearObjective, start: FloatArray | None) -> NewtonResult:
    """Minimise without L1 penalties where there are too many parameters for a Hessian."""
    stop, steps = _stopping(objective)
    # What no row can see of a start would stay in the result.
    begin = _better_start(objective, start if is_penalised(objective) else None)
    result = newton_cg(objective, begin, stop=stop, limits=Limits(steps=steps))
    return replace(result, drift=stop.drift if stop is not None else None)


def _minimise_by_factors(
    objective: LinearObjective, start: FloatArray | None, gauge: FloatArray
) -> NewtonResult:
    """Minimise without L1 penalties by Hessians; far out by their products, where they cost."""
    stop, steps = _stopping(objective)
    if start is not None:
        # The same minimiser from every start: none keeps what does not change F.
        start = start - gauge @ (gauge.T @ start)
    rows = objective.mean_loss
    if stop is not None or objective.n_outputs < 3 or rows.second_work < PRODUCTS_FIRST:
        result = newton(
            objective, _better_expansion(objective, start), gauge, stop=stop, max_steps=steps
        )
        return replace(result, drift=stop.drift if stop is not None else None)
    reached = newton_cg(objective, _better_start(objective, start), limits=Limits(enough=NEAR))
    result = newton(objective, objective.expansion(reached.theta), gauge, max_steps=steps)
    return replace(result, n_iter=reached.n_iter + result.n_iter)


def _minimise_l1(objective: LinearObjective, start: FloatArray, dense_limit: int) -> NewtonResult:
    """Minimise with L1 penalties, over a growing set of features where there are many."""
    # An L1 penalty on the intercept only leaves no feature at zero: no set could be small.
    if objective.n_parameters <= dense_limit or not objective.l1_strength > 0:
        return _minimise_composite(objective, start)
    theta, steps = start, 0
    while True:
        features = _working_set(objective, theta)
        columns = np.append(features, np.full(int(objective.fit_intercept), True))
        kept = np.tile(columns, objective.n_outputs)
        part = _minimise_composite(replace(objective, X=objective.X[:, features]), theta[kept])
        steps += part.n_iter
        theta = np.zeros_like(theta)
        theta[kept] = part.theta
        missing = smallest_subgradient(theta, objective.gradient(theta), objective.l1_weights)
        # Features outside the set enter only where they violate their condition.
        if features.all() or not np.any(missing[~kept]):
            return NewtonResult(theta=theta, n_iter=steps)


def _working_set(objective: LinearObjective, theta: FloatArray) -> BoolArray:
    """Return the features in use and those that violate their optimality condition most."""
    shape = (objective.n_outputs, objective.n_columns)
    subgradient = smallest_subgradient(theta, objective.gradient(theta), objective.l1_weights)
    used: BoolArray = np.any(theta.reshape(shape) != 0, axis=0)[: objective.n_features]
    violation = np.abs(subgradient).reshape(shape).max(axis=0)[: objective.n_features]
    violation = np.where(used, 0.0, violation)
    # At most doubled: entering too many features costs more than another round.
    size = max(WORKING_SET, int(used.sum()))
    chosen = np.argsort(-violation, kind="stable")[:size]
    used[chosen[violation[chosen] > 0]] = True
    return used


def _minimise_composite(objective: LinearObjective, start: FloatArray) -> NewtonResult:
    """Minimise with L1 penalties by a dense proximal Newton method."""
    theta, steps = proximal_newton(
        objective.smooth_value_and_gradient,
        objective.hessian,
        objective.l1_weights,
        start,
        gauge=gauge_directions(objective),
    )
    return NewtonResult(theta=theta, n_iter=steps)

"""Damped Newton for the smooth objective, with as few Hessians as it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.theory.clock import next_step
from pytest_modelparity.theory.descent import VALUE_NOISE, NewtonResult, line_search
from pytest_modelparity.theory.design import UNIT, FloatArray
from pytest_modelparity.theory.expansion import Expansion
from pytest_modelparity.theory.factor import ScaledFactor, scaled_factor
from pytest_modelparity.theory.objective import LinearObjective

#: Predicted decrease of F, relative to it, above which the next point surely needs its own Hessian.
FAR = 1e-3
#: Squared contraction of a step that no rounding explains.
FAST = 1e-2


def newton(
    objective: LinearObjective,
    begin: Expansion,
    gauge: FloatArray,
    *,
    stop: Callable[[FloatArray], bool] | None = None,
    max_steps: int,
) -> NewtonResult:
    """Minimise the smooth objective by factorised Newton steps.

    Near the minimum a factor serves several steps, where they contract so fast that this costs
    less than a Hessian at the new point.

    Parameters
    ----------
    objective : LinearObjective
        Without L1 penalties.
    begin : Expansion
        Of the point to begin from.
    gauge : array, (d, g)
        Directions along which F is constant; the steps have no part along them.
    stop : callable, optional
        Ends the iteration where it returns true for the point.
    max_steps : int
        Limit.
    """
    here, contraction = _fresh(objective, begin, gauge), 1.0
    for step in range(max_steps):
        next_step()
        if here.arrived or (stop is not None and stop(here.theta)):
            return here.result(step)
        there = _next(objective, here, gauge)
        if there is None:
            # Right after a fast step it is rounding that lets nothing get better; else the factor
            # may be too old.
            if here.is_fresh or contraction < FAST:
                return here.result(step)
            here, contraction = _fresh(objective, objective.expansion(here.theta), gauge), 1.0
            continue
        contraction = there.decrement / here.decrement
        if not there.is_fresh and there.decrement * contraction <= there.floor:
            # One step more arrives, as sure as the steps before it contracted: what gradient it has
            # there is for the certificate to see.
            return there.stepped.result(step + 2)
        if not there.is_fresh and _worth_renewing(objective, there, contraction):
            there = _fresh(objective, objective.expansion(there.theta), gauge)
        here = there
    return here.result(max_steps)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Place:
    """A point, and the step from it by the factor of an expansion here or a little before.

    ``noise`` is the number of additions that a row goes through in a gradient, over that of rows:
    as the variance of a row's part in it is about its part in the Hessian, each parameter adds
    that often the square of the unit roundoff to the decrement.
    """

    theta: FloatArray
    value: float
    gradient: FloatArray
    expansion: Expansion
    factor: ScaledFactor
    move: FloatArray
    noise: float

    @property
    def decrement(self) -> float:
        """Twice the decrease of F that the factor's quadratic predicts."""
        return -float(self.gradient @ self.move)

    @property
    def floor(self) -> float:
        """The decrement of rounding: of the parameters, or of the gradient's sum over rows."""
        of_parameters = (UNIT * self.factor.norm(self.theta)) ** 2
        return max(of_parameters, 4 * UNIT**2 * len(self.theta) * self.noise * abs(self.value))

    @property
    def arrived(self) -> bool:
        """Whether no step can get nearer; NaN can't."""
        return not self.decrement > self.floor

    @property
    def is_fresh(self) -> bool:
        """Whether the factor is of this very point."""
        return self.expansion.theta is self.theta

    @property
    def stepped(self) -> _Place:
        """The end of the step, with what is known here."""
        return replace(self, theta=self.theta + self.move)

    def result(self, n_iter: int) -> NewtonResult:
        """Return the point as the end of the iteration."""
        return NewtonResult(theta=self.theta, n_iter=n_iter, expansion=self.expansion)

    def moved(self, theta: FloatArray, value: float, gradient: FloatArray) -> _Place:
        """Return another point with the same factor."""
        return replace(
            self, theta=theta, value=value, gradient=gradient, move=self.factor.solve(-gradient)
        )


def _fresh(objective: LinearObjective, expansion: Expansion, gauge: FloatArray) -> _Place:
    """Return the point of an expansion with its own factor."""
    factor = scaled_factor(expansion.hessian, gauge)
    assert factor is not None
    return _Place(
        theta=expansion.theta,
        value=expansion.value,
        gradient=expansion.gradient,
        expansion=expansion,
        factor=factor,
        move=factor.solve(-expansion.gradient),
        noise=objective.mean_loss.longest_sum / objective.n_samples,
    )


def _next(objective: LinearObjective, here: _Place, gauge: FloatArray) -> _Place | None:
    """Return the next point; None where no step gets nearer."""
    target = here.theta + here.move
    if not here.decrement > VALUE_NOISE * abs(here.value):
        # The value is rounding; a Newton step squares the error of the gradient.
        there = here.moved(target, here.value, objective.gradient(target))
        return there if there.decrement < 0.5 * here.decrement else None
    if here.decrement > FAR * abs(here.value):
        # One pass for all, as nearly every full step is taken.
        expansion = objective.expansion(target)
        if expansion.value <= here.value - 1e-4 * here.decrement:
            return _fresh(objective, expansion, gauge)
    better = line_search(objective, here.theta, here.value, here.move, here.decrement)
    return None if better is None else here.moved(*better)


def _worth_renewing(objective: LinearObjective, there: _Place, contraction: float) -> bool:
    """Whether a Hessian at the point costs less than the steps that the old factor needs."""
    if there.arrived:
        return False
    if not contraction < 0.25:
        return True
    floor = max(there.floor, UNIT**2 * there.decrement)
    steps = np.log(there.decrement / floor) / -np.log(contraction)
    # Two passes follow a new Hessian, too.
    return bool(steps > objective.mean_loss.hessian_passes + 2.0)

"""The minimum of a Keras model's own objective, by its value and gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.linalg
import scipy.optimize

from pytest_modelparity.theory.class_by_class import gauge_directions, whitening_factor
from pytest_modelparity.theory.clock import next_step
from pytest_modelparity.theory.composite import proximal_newton
from pytest_modelparity.theory.one_vs_rest import Objective
from pytest_modelparity.theory.optimum import Optimum

#: Largest element of the whitened gradient at which L-BFGS stops. In whitened coordinates the
#: gradient's norm is the Newton decrement, whose square is twice the objective's excess.
GRADIENT_TOLERANCE = 1e-11
#: The coordinates are whitened afresh at most this often, at the point reached so far: those of one
#: point are round near it alone.
N_WHITENINGS = 6

ValueAndGradient = Callable[[np.ndarray], tuple[float, np.ndarray]]


class OwnObjective(Protocol):
    """The smooth part of what is minimised, of which L1 penalties are told apart."""

    @property
    def l1_weights(self) -> np.ndarray:
        """The L1 strength of every parameter."""

    def value_and_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Return value and gradient without the L1 penalties, float64."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelledObjective:
    """The canonical objective in place of Keras's own, where Keras computes in float32 alone."""

    objective: Objective

    @property
    def l1_weights(self) -> np.ndarray:
        """The L1 strength of every parameter."""
        return self.objective.l1_weights

    def value_and_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Return value and gradient without the L1 penalties."""
        value = self.objective.value(theta) - float(self.l1_weights @ np.abs(theta))
        return value, self.objective.gradient(theta)


def minimise(own: OwnObjective, objective: Objective, optimum: Optimum) -> tuple[np.ndarray, int]:
    """Return the minimiser of a model's objective, and the iterations made from zeros.

    Parameters
    ----------
    own : OwnObjective
        Keras's where that is exact.
    objective : Objective
        The canonical form, for the curvature only.
    optimum : Optimum
        Of the canonical form, where the iteration begins if it is finite.
    """
    # Not from the model's weights: in a saturated start the curvature is nearly 0.
    start, steps = np.zeros(objective.n_parameters), 0
    if optimum.finite is not False:
        start, steps = objective.pack(optimum.coef, optimum.intercept), optimum.n_iter
    theta, more = _minimise(own, objective, start)
    return theta, steps + more


def _minimise(own: OwnObjective, objective: Objective, start: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the minimiser, and the iterations made from ``start``."""
    if own.l1_weights.any():
        return proximal_newton(
            own.value_and_gradient,
            objective.hessian,
            own.l1_weights,
            start,
            # Directions that change no prediction have no curvature, and a Newton step none to
            # divide by.
            gauge=gauge_directions(objective),
        )
    return _minimise_smooth(own.value_and_gradient, objective, start)


def _minimise_smooth(
    value_and_gradient: ValueAndGradient, objective: Objective, theta: np.ndarray
) -> tuple[np.ndarray, int]:
    """Minimise by L-BFGS in whitened coordinates, whitened again where progress ends."""
    n_iter, best = 0, np.inf
    for _ in range(N_WHITENINGS):
        factor = whitening_factor(objective, theta)

        def whitened(u: np.ndarray, factor: np.ndarray = factor) -> tuple[float, np.ndarray]:
            next_step()
            value, gradient = value_and_gradient(
                scipy.linalg.solve_triangular(factor.T, u, lower=False)
            )
            return value, scipy.linalg.solve_triangular(factor, gradient, lower=True)

        result = scipy.optimize.minimize(
            whitened,
            factor.T @ theta,
            jac=True,
            method="L-BFGS-B",
            options={
                "maxiter": 300,
                "maxcor": 30,
                # Progress in F ends at its rounding, long before the gradient does: only gtol may
                # stop it.
                "ftol": 0.0,
                "gtol": GRADIENT_TOLERANCE,
                "maxls": 50,
            },
        )
        n_iter += int(result.nit)
        size = float(np.abs(result.jac).max())
        # NaN ends it too.
        if not size < best:
            break
        theta, best = scipy.linalg.solve_triangular(factor.T, result.x, lower=False), size
        if size <= GRADIENT_TOLERANCE:
            break
    return theta, n_iter

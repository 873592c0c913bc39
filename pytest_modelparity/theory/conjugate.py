"""Damped Newton for the smooth objective by Hessian products, where a Hessian costs too much."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

from pytest_modelparity.theory.descent import Limits, NewtonResult, Solver, descend
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.objective import LinearObjective

#: Columns up to which one factor preconditions all outputs; beyond it the diagonal does.
FACTORED_COLUMNS = 1500


def newton_cg(
    objective: LinearObjective,
    start: FloatArray,
    *,
    stop: Callable[[FloatArray], bool] | None = None,
    limits: Limits = Limits(),  # noqa: B008  it is frozen
) -> NewtonResult:
    """Minimise the smooth objective by Newton steps from preconditioned conjugate gradients.

    No gauge is needed: a gradient without a part along the gauge gives steps without one.

    Parameters
    ----------
    objective : LinearObjective
        Without L1 penalties.
    start : array, (d,)
        Where to begin.
    stop : callable, optional
        Ends the iteration where it returns true for the point.
    limits : Limits
        When to stop otherwise.
    """

    def solver_at(theta: FloatArray, step: int) -> Solver:
        product, condition = objective.hessian_product(theta), _preconditioner(objective, theta)
        # Superlinear: each system is solved ten times more exactly than the one before.
        tolerance = max(10.0 ** -(step + 1), 1e-8)
        return lambda right: conjugate_gradients(product, right, condition, tolerance=tolerance)

    return descend(objective, start, solver_at, stop, limits)


def _preconditioner(objective: LinearObjective, theta: FloatArray) -> Solver:
    """Return an approximate solver of the Hessian's system.

    Where there are several outputs of few columns: the factor of the mean of their diagonal
    blocks, which knows the scales of the features and how they correlate.
    """
    K, q = objective.n_outputs, objective.n_columns
    if K > 1 and q <= FACTORED_COLUMNS and not sparse.issparse(objective.X):
        block = objective.mean_loss.mean_gram(theta.reshape(K, q))
        block[np.diag_indices(q)] += objective.l2_weights[:q]
        factor = scaled_factor(block, np.zeros((q, 0)))
        assert factor is not None
        return lambda right: factor.solve(right.reshape(K, q).T).T.ravel()
    diagonal = objective.hessian_diagonal(theta)
    # A feature of zeros has no curvature, and its parameter no step.
    inverse = 1.0 / np.where(diagonal > 0, diagonal, 1.0)
    return lambda right: inverse * right


def conjugate_gradients(
    product: Callable[[FloatArray], FloatArray],
    right: FloatArray,
    precondition: Solver,
    *,
    tolerance: float,
    max_steps: int = 1000,
) -> FloatArray:
    """Solve ``H x = right`` to a relative residual in the norm of the preconditioner."""
    solution, residual = np.zeros_like(right), right.copy()
    conditioned = precondition(residual)
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
        conditioned = precondition(residual)
        square, previous = float(residual @ conditioned), square
        search = conditioned + (square / previous) * search
    return solution

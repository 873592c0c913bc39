"""Whether the rows can be separated, which leaves unpenalised coefficients without an optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from pytest_modelparity.theory.blas import single_threaded
from pytest_modelparity.theory.design import BoolArray, FloatArray
from pytest_modelparity.theory.objective import LinearObjective

#: Numbers in the constraint matrix beyond which no linear programme is tried.
LARGEST_PROGRAMME = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Separation:
    """How the rows of an objective are separated.

    Parameters
    ----------
    kind : str
        ``"complete"``: a direction gives every weighted row a positive margin over every other
        class. ``"quasi-complete"``: no margin is negative and some are positive. ``"none"``:
        neither. ``"unknown"``: not decided.
    theta : array, (d,), optional
        The direction.
    separated : array of bool, (n, n_classes), optional
        Which classes' probabilities vanish in which rows along it.
    """

    kind: str
    theta: FloatArray | None = None
    separated: BoolArray | None = None


def separation(objective: LinearObjective) -> str:
    """Return ``"none"``, ``"complete"``, ``"quasi-complete"`` or ``"unknown"``.

    See `find_separation`.
    """
    return find_separation(objective).kind


def separating_direction(objective: LinearObjective) -> tuple[FloatArray, FloatArray] | None:
    """Return ``coef`` and ``intercept`` along which the loss only falls; None if none is known."""
    found = find_separation(objective)
    return None if found.theta is None else objective.unpack(found.theta)


@single_threaded
def find_separation(objective: LinearObjective) -> Separation:
    """Look for a direction along which no row's loss rises and some row's vanishes.

    Such a direction exists if and only if the unpenalised objective has no finite minimiser
    (Albert and Anderson 1984). Rows without weight take no part; an intercept that is penalised,
    or absent, takes none in the direction. Penalties on the coefficients are disregarded.

    Notes
    -----
    The linear programme is that of Konis (2007, R's ``detectseparation``) with every margin
    counted up to 1: its solution separates all that can be separated at once. The solver's
    answer is only a proposal: its direction is projected onto the margins that are to be zero
    and judged by the margins themselves, on the data as they are. A complete separation is thus
    proven; a quasi-complete one up to rounding, and ``"none"`` is the solver's word (a
    certificate of a finite optimum proves it).
    """
    if objective.label_smoothing > 0:
        return Separation(kind="none")
    n_margins = objective.n_samples * max(objective.n_outputs - 1, 1)
    if n_margins * objective.n_parameters > LARGEST_PROGRAMME:
        return Separation(kind="unknown")
    margins = _margin_matrix(objective)
    scale = np.sqrt(np.mean(margins**2, axis=0))
    # A zero scale also switches off the intercept of a direction that may have none.
    scaled = margins / np.where(scale > 0, scale, 1.0)
    direction = _propose(scaled)
    if direction is None:
        return Separation(kind="unknown")
    positive = scaled @ direction > 0.5
    if not positive.any():
        return Separation(kind="none")
    direction = _with_zero_margins(scaled[~positive], direction)
    return _judge(objective, np.where(scale > 0, direction / np.where(scale > 0, scale, 1.0), 0.0))


def separates_completely(objective: LinearObjective, theta: FloatArray) -> bool:
    """Return whether ``theta`` itself proves complete separation, rounding allowed for."""
    if objective.label_smoothing > 0:
        return False
    margin, noise = _margins(objective, _as_direction(objective, theta))
    return bool(np.all((margin > noise)[objective.row_weight > 0]))


def _judge(objective: LinearObjective, theta: FloatArray) -> Separation:
    """Name the separation that the direction ``theta`` really makes."""
    margin, noise = _margins(objective, theta)
    weighted = objective.row_weight > 0
    separated = np.isfinite(margin) & (margin > noise)
    if not np.all((margin >= -noise)[weighted]) or not np.any(separated[weighted]):
        return Separation(kind="unknown")
    complete = np.all((separated | np.isinf(margin))[weighted])
    return Separation(
        kind="complete" if complete else "quasi-complete", theta=theta, separated=separated
    )


def _as_direction(objective: LinearObjective, theta: FloatArray) -> FloatArray:
    """Return ``theta`` without its intercept where that is penalised and cannot grow."""
    coef, intercept = objective.unpack(theta)
    return objective.pack(coef, intercept * float(_intercept_is_free(objective)))


def _intercept_is_free(objective: LinearObjective) -> bool:
    """Return whether there is an intercept without penalty."""
    penalty = objective.intercept_l2_strength + objective.intercept_l1_strength
    return objective.fit_intercept and penalty == 0


def _margins(objective: LinearObjective, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return margins (n, n_classes) over every other class, inf for the own, and their rounding."""
    coef, intercept = objective.unpack(theta)
    z = objective.decision_function(coef, intercept)
    if objective.output_head == "sigmoid":
        z = np.hstack([np.zeros_like(z), z])
    rows = np.arange(objective.n_samples)
    margin = z[rows, objective.y][:, None] - z
    margin[rows, objective.y] = np.inf
    table = np.abs(theta).reshape(objective.n_outputs, -1)
    noise = np.empty((objective.n_samples, 1))
    for part, block in objective.row_blocks(objective.n_columns):
        noise[part] = (np.abs(block) @ table.T).max(axis=1, keepdims=True)
    return margin, (objective.n_columns + 2) * float(np.finfo(np.float64).eps) * noise


def _margin_matrix(objective: LinearObjective) -> FloatArray:
    """Return the matrix (m, d) whose product with a direction are the weighted rows' margins."""
    K, q = objective.n_outputs, objective.n_columns
    dense = np.vstack([block for _, block in objective.row_blocks(q)])
    if objective.fit_intercept and not _intercept_is_free(objective):
        dense[:, -1] = 0.0
    weighted = objective.row_weight > 0
    dense, y = dense[weighted], objective.y[weighted]
    if objective.output_head == "sigmoid":
        return np.where(y == 1, 1.0, -1.0)[:, None] * dense
    parts = []
    for k in range(K):
        rows = y != k
        signs = np.eye(K)[y[rows]] - np.eye(K)[k]
        parts.append((signs[:, :, None] * dense[rows, None, :]).reshape(-1, K * q))
    return np.vstack(parts)


def _propose(margins: FloatArray) -> FloatArray | None:
    """Return the linear programme's direction; None where the solver gives up."""
    m, d = margins.shape
    constraints = sparse.hstack([sparse.csr_array(-margins), sparse.eye_array(m)], format="csr")
    gain = np.concatenate([np.zeros(d), -np.ones(m)])
    bounds = [(None, None)] * d + [(0.0, 1.0)] * m
    solved = linprog(gain, A_ub=constraints, b_ub=np.zeros(m), bounds=bounds, method="highs")
    if solved.x is None or solved.status != 0:
        return None
    return np.asarray(solved.x[:d], dtype=np.float64)


def _with_zero_margins(margins: FloatArray, direction: FloatArray) -> FloatArray:
    """Project ``direction`` onto the directions that leave ``margins`` at zero."""
    for _ in range(2 * bool(len(margins))):
        direction = direction - np.linalg.lstsq(margins, margins @ direction, rcond=None)[0]
    return direction

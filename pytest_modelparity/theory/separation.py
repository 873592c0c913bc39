"""Whether the rows can be separated, which leaves unpenalised coefficients without an optimum.

Which margins a loss has, the loss itself defines (`losses.Recession`); the words here are those
of classes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.theory.design import UNIT, BoolArray, FloatArray
from pytest_modelparity.theory.losses import Recession
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.rows import RowBlock

#: Rows squared times columns of the constraint matrix beyond which no linear programme is tried, as
#: nothing can interrupt one: about 3 s at 3 ns each (HiGHS of scipy 1.16: 0.7 to 6 ns on 1000 x 31
#: to 5400 x 610).
LARGEST_PROGRAMME = 1e9
#: Seconds after which the solver is to give up where that was reckoned wrongly.
LONGEST_PROGRAMME = 10.0
#: Steps of Newton's method whose common direction is tried as one that separates.
DRIFTING_STEPS = 5
#: Margin of a step of it, of about 1 on separated rows, below which it may be that of another row,
#: which has not come to rest.
LEAST_MARGIN = 0.1
#: Rows times squared columns of margins beyond which none are projected away: about a second.
LARGEST_PROJECTION = 3e8
#: Part of the largest below which an element of a direction is rounding.
ROUNDING = 1e-9


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
    separated : array of bool, (n, m), optional
        Which predictions (probabilities of classes) vanish in which rows along it; where rows are
        held.
    """

    kind: str
    theta: FloatArray | None = None
    separated: BoolArray | None = None


class Watch:
    """Stops where the point proves that there is no minimum, and remembers the last points."""

    def __init__(self, objective: LinearObjective) -> None:
        self._objective = objective
        self._last: deque[FloatArray] = deque(maxlen=DRIFTING_STEPS + 1)

    def __call__(self, theta: FloatArray) -> bool:
        """Whether the point separates all rows."""
        self._last.append(theta)
        return separates_completely(self._objective, theta)

    @property
    def drift(self) -> FloatArray | None:
        """The mean of the last steps."""
        steps = len(self._last) - 1
        return (self._last[-1] - self._last[0]) / steps if steps > 0 else None


@single_threaded
def find_separation(objective: LinearObjective, along: FloatArray | None = None) -> Separation:
    """Look for a direction along which no row's loss rises and some row's vanishes.

    Such a direction exists if and only if the unpenalised objective has no finite minimiser
    (Albert and Anderson 1984). Rows without weight take no part; an intercept that is penalised,
    or absent, takes none in the direction. Penalties on the coefficients are disregarded.

    Parameters
    ----------
    objective : LinearObjective
        With the rows.
    along : array, (d,), optional
        A direction to try first: the mean of Newton's last steps.

    Notes
    -----
    Newton's steps on separated rows end in such a direction: each adds about 1 to the margins of
    all rows that can be separated, and nothing to the others'. Where the margins do not confirm
    that, a linear programme is solved, unless it is too large.

    The linear programme is that of Konis (2007, R's ``detectseparation``) with every margin
    counted up to 1: its solution separates all that can be separated at once. The solver's
    answer is only a proposal: its direction is projected onto the margins that are to be zero
    and judged by the margins themselves, on the data as they are. A complete separation is thus
    proven; a quasi-complete one up to rounding. ``"none"`` rests on the solver alone (a
    certificate of a finite optimum proves it).
    """
    recession = objective.loss.recession
    if recession is None:
        return Separation(kind="none")
    for proposal in () if along is None else _proposals(objective, recession, along):
        found = _judge(objective, recession, proposal, least=LEAST_MARGIN)
        if found.kind != "unknown":
            return found
    n_margins = objective.n_samples * max(objective.n_outputs - 1, 1)
    if n_margins**2 * objective.n_parameters > LARGEST_PROGRAMME:
        return Separation(kind="unknown")
    margins = _margin_matrix(objective, recession)
    scale = np.sqrt(np.mean(margins**2, axis=0))
    # A zero scale also switches off the intercept of a direction that may have none.
    scaled = margins / np.where(scale > 0, scale, 1.0)
    direction = _propose(scaled)
    if direction is None:
        return Separation(kind="unknown")
    # The programme's margins are 0 or 1 up to the solver's tolerance.
    positive = scaled @ direction > 0.5
    if not positive.any():
        return Separation(kind="none")
    direction = _with_zero_margins(scaled[~positive], direction)
    unscaled = np.where(scale > 0, direction / np.where(scale > 0, scale, 1.0), 0.0)
    return _judge(objective, recession, unscaled)


def _proposals(
    objective: LinearObjective, recession: Recession, along: FloatArray
) -> Iterator[FloatArray]:
    """Yield a direction as it is, without its rounding, and without its smallest margins."""
    direction = _as_direction(objective, along)
    yield direction
    # A row that is zero where the direction counts sees its rounding alone.
    yield np.where(np.abs(direction) > ROUNDING * np.abs(direction).max(), direction, 0.0)
    n_margins = objective.n_samples * max(objective.n_outputs - 1, 1)
    if n_margins * objective.n_parameters**2 <= LARGEST_PROJECTION:
        margins = _margin_matrix(objective, recession)
        yield _with_zero_margins(margins[margins @ direction <= LEAST_MARGIN], direction)


def separates_completely(objective: LinearObjective, theta: FloatArray) -> bool:
    """Return whether ``theta`` itself proves complete separation, rounding allowed for."""
    recession = objective.loss.recession
    if recession is None:
        return False
    return not _margins(objective, recession, _as_direction(objective, theta)).is_left


def separated_along(objective: LinearObjective, theta: FloatArray) -> BoolArray:
    """Return which predictions (n, m) of rows in memory vanish along a direction."""
    assert objective.loss.recession is not None
    separated = _margins(objective, objective.loss.recession, theta).separated
    assert separated is not None
    return separated


def _judge(
    objective: LinearObjective, recession: Recession, theta: FloatArray, *, least: float = 0.0
) -> Separation:
    """Name the separation that the direction ``theta`` really makes.

    Margins between their rounding and ``least`` leave it unknown.
    """
    found = _margins(objective, recession, theta, least)
    # Without any positive margin the direction is one that no row sees, not a separation.
    if found.is_early or found.is_negative or not found.is_positive:
        return Separation(kind="unknown")
    kind = "quasi-complete" if found.is_left else "complete"
    return Separation(kind=kind, theta=theta, separated=found.separated)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Margins:
    """What the margins of all weighted rows along a direction are, each beside its rounding.

    Parameters
    ----------
    is_early, is_negative, is_positive, is_left : bool
        Whether some margin is positive and below what counts, negative, positive, and neither
        positive nor infinite.
    separated : array of bool, (n, m), optional
        Which are positive, where rows are held.
    """

    is_early: bool
    is_negative: bool
    is_positive: bool
    is_left: bool
    separated: BoolArray | None


def _margins(
    objective: LinearObjective, recession: Recession, theta: FloatArray, least: float = 0.0
) -> _Margins:
    """Return what a direction's margins are, from one pass over the rows."""
    rows, table = objective.mean_loss.rows, theta.reshape(objective.n_outputs, -1)
    # Relative to the sizes of what a margin is summed of.
    unit = (objective.n_columns + 2) * 2 * UNIT
    held: list[BoolArray] = []
    are_held = rows.are_held

    def part(block: RowBlock) -> list[FloatArray]:
        margin = recession.margins(block.design.decision(table), block.y)
        noise = unit * block.design.absolute.decision(np.abs(table)).max(axis=1, keepdims=True)
        positive = np.isfinite(margin) & (margin > noise)
        if are_held:
            held.append(positive)
        tests = (
            positive & (margin < least),
            ~(margin >= -noise),
            positive,
            ~(positive | np.isposinf(margin)),
        )
        return [np.array([test[block.weight > 0].any() for test in tests], dtype=np.float64)]

    # In this thread alone: the blocks come in their order.
    flags = rows.total(part, objective.mean_loss.width, joins=[np.maximum], dense=False)[0] > 0
    early, negative, positive, left = map(bool, flags)
    return _Margins(
        is_early=early,
        is_negative=negative,
        is_positive=positive,
        is_left=left,
        separated=np.vstack(held) if are_held else None,
    )


def _as_direction(objective: LinearObjective, theta: FloatArray) -> FloatArray:
    """Return ``theta`` without its intercept where that is penalised and cannot grow."""
    coef, intercept = objective.unpack(theta)
    return objective.pack(coef, intercept * float(_intercept_is_free(objective)))


def _intercept_is_free(objective: LinearObjective) -> bool:
    """Return whether there is an intercept without penalty."""
    penalty = objective.intercept_l2_strength + objective.intercept_l1_strength
    return objective.fit_intercept and penalty == 0


def _margin_matrix(objective: LinearObjective, recession: Recession) -> FloatArray:
    """Return the matrix (r, d) whose product with a direction is the weighted rows' margins."""
    blocks = objective.mean_loss.rows.blocks(objective.n_columns)
    dense = np.vstack([block.design.dense for block in blocks])
    if objective.fit_intercept and not _intercept_is_free(objective):
        # A penalised intercept cannot grow for ever, and so takes no part.
        dense[:, -1] = 0.0
    weighted = objective.row_weight > 0
    return recession.margin_matrix(dense[weighted], objective.y[weighted])


def _propose(margins: FloatArray) -> FloatArray | None:
    """Return the linear programme's direction; None where the solver gives up."""
    m, d = margins.shape
    constraints = sparse.hstack([sparse.csr_array(-margins), sparse.eye_array(m)], format="csr")
    gain = np.concatenate([np.zeros(d), -np.ones(m)])
    bounds = [(None, None)] * d + [(0.0, 1.0)] * m
    solved = linprog(
        gain,
        A_ub=constraints,
        b_ub=np.zeros(m),
        bounds=bounds,
        method="highs",
        options={"time_limit": LONGEST_PROGRAMME},
    )
    # At its time or iteration limit the solver returns a point that separates nothing.
    if solved.x is None or solved.status != 0:
        return None
    return np.asarray(solved.x[:d], dtype=np.float64)


def _with_zero_margins(margins: FloatArray, direction: FloatArray) -> FloatArray:
    """Project ``direction`` onto the directions that leave ``margins`` at zero."""
    # Twice, as the first projection is exact only to the rounding of the direction's size.
    for _ in range(2 * bool(len(margins))):
        direction = direction - np.linalg.lstsq(margins, margins @ direction, rcond=None)[0]
    return direction

"""Whether rounding decides where a training ends.

The weights that float32 leaves are those of exact arithmetic and, on top, what becomes of the
rounding of every step. Some trainings forget it, others magnify it until nothing else counts: then
another machine, another order of the same sums, ends elsewhere with the same program.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.training.loop import Stack
from pytest_modelparity.training.problem import Problem, Variant

#: Of the signs with which the starts are moved.
_SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoundingSpread:
    """Where a training ends from starts that differ by one rounding.

    Parameters
    ----------
    relative : float
        Largest distance of a weight from that of the unmoved start, relative to the largest
        weight; NaN where a training overflows.
    kernels : ndarray of shape (3, n_features, n_outputs)
        From the start itself and from the two moved ones.
    biases : ndarray of shape (3, n_outputs)
        The same.
    """

    relative: float
    kernels: np.ndarray
    biases: np.ndarray


def rounding_spread(
    problem: Problem,
    variant: Variant,
    epochs: int,
    reached: tuple[np.ndarray, np.ndarray] | None = None,
) -> RoundingSpread:
    """Train a variant from its start and from two that are a rounding away.

    Parameters
    ----------
    problem : Problem
        What it is trained on.
    variant : Variant
        How it is trained.
    epochs : int
        As for ``fit``.
    reached : tuple of ndarray, optional
        Where the variant itself ends, of shapes (1, n_features, n_outputs) and (1, n_outputs), if
        that is known.

    Returns
    -------
    RoundingSpread
        Each weight is moved by one unit in the last place that it has at the start or at the end,
        whichever is larger: that is what a step rounds by. One start is moved up where the other
        is moved down.
    """
    start = variant.start
    kernels, biases = reached or Stack(problem, [variant]).train(epochs)[epochs]
    moved = []
    # Two: one alone may end near the first by chance.
    for sign in (1, -1):
        generator = np.random.default_rng(_SEED)
        kernel, bias = (
            weights + sign * generator.choice((-1.0, 1.0), weights.shape) * _unit(weights, end)
            for weights, end in ((start.kernel, kernels[0]), (start.bias, biases[0]))
        )
        # A layer without a bias has nothing to move.
        bias = bias if problem.settings.fit_intercept else start.bias
        moved.append(replace(variant, start=replace(start, kernel=kernel, bias=bias)))
    others = Stack(problem, moved).train(epochs)[epochs]
    kernels, biases = np.concatenate([kernels, others[0]]), np.concatenate([biases, others[1]])
    return RoundingSpread(relative=_relative(kernels, biases), kernels=kernels, biases=biases)


def _unit(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return one unit in the last place of each weight; one that overflowed has its start's."""
    # The unit of the start alone may be far below what each step rounds by once the weight has
    # grown, and the unit of zero is 1e-45.
    size = np.maximum(np.abs(start), np.where(np.isfinite(end), np.abs(end), 0.0))
    unit: np.ndarray = np.spacing(size.astype(np.float32))
    return unit


def _relative(kernels: np.ndarray, biases: np.ndarray) -> float:
    """Return the largest distance from the first parameters, relative to their size."""
    parameters = np.concatenate([kernels.reshape(3, -1), biases.reshape(3, -1)], axis=1)
    # Infinity minus infinity is NaN, which fails every comparison of the caller.
    with np.errstate(invalid="ignore"):
        distance = np.abs(parameters[1:] - parameters[0]).max()
    size = np.abs(parameters[0]).max()
    return float(distance / size) if distance else 0.0

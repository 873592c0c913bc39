"""One change that may have made the candidate of the reference, and how likely chance does it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import betainc

from pytest_modelparity.structure.ground import AffineMap


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hypothesis:
    """The reference with one change made.

    Parameters
    ----------
    name : str
        One of `report.relations.RELATIONS`.
    made : AffineMap
        The reference, changed.
    detail : str
        Which one of its kind, in words.
    columns : tuple of str
        The columns that it concerns, where it does not concern all.
    n_free : int
        Numbers that were taken from the candidate.
    log_tried : float
        Logarithm of how many of its kind there were to choose from.
    """

    name: str
    made: AffineMap
    detail: str = ""
    columns: tuple[str, ...] = ()
    n_free: int = 0
    log_tried: float = 0.0


def log_chance(hypothesis: Hypothesis, ratio: float, n_parameters: int) -> float:
    """Return the logarithm of the probability that chance leaves so little of a difference.

    A random direction in d dimensions leaves less than a part q of its length after m free numbers
    with probability I_{q^2}((d - m) / 2, m / 2); the volume of a ball says q^d without any.

    Parameters
    ----------
    ratio : float
        What is left, as a part of the difference.
    n_parameters : int
        The dimensions.
    """
    d, m = n_parameters, hypothesis.n_free
    if d <= m:
        return 0.0
    if m == 0:
        return hypothesis.log_tried + d * math.log(max(ratio, 1e-300))
    leaves = float(betainc((d - m) / 2, m / 2, min(1.0, ratio**2)))
    return hypothesis.log_tried + math.log(max(leaves, 1e-300))

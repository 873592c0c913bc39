"""Which strengths of a penalty the data cannot tell apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pytest_modelparity.inference.objectives.metric import Metric
from pytest_modelparity.inference.objectives.scan import CHEAP
from pytest_modelparity.inference.objectives.solution import Solution
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.theory.proof import certificate_at

#: Factors of C that are tried at first, and the largest.
STEP, FURTHEST = 2.0, 1e7
#: Halvings of the last step, in its logarithm.
HALVINGS = 8


def resolution(
    subject: Subject, solution: Solution, metric: Metric, tolerance: float
) -> tuple[float, float] | None:
    """Return the least and the largest C whose optimum is as near as the tolerance.

    Proven by certificates at the model where these are cheap, else to first order:
    ``dC/C = tau / max_i |l2 p_i (1 - p_i) x_i' H^-1 (w, 0)|``. None where L2 is not all there is
    of a penalty, or C has no part in it.
    """
    settings = solution.settings
    if not settings.l2_strength > 0 or settings.l1_strength > 0:
        return None
    C = 1.0 / (settings.l2_strength * subject.n)
    objective = subject.objective(settings)
    if objective.mean_loss.second_work > CHEAP:
        direction = solution.table.copy()
        direction[:, -1] = 0.0
        (moved,) = subject.moved([metric.step(metric.whiten(direction.reshape(-1)))])
        change = tolerance / max(settings.l2_strength * moved, 1e-300)
        return C / (1.0 + change), C * (1.0 + change)
    theta = subject.parameters_for(settings, solution.table)

    def holds(factor: float) -> bool:
        there = replace(objective, l2_strength=settings.l2_strength / factor)
        bound = certificate_at(there, theta, conditioned=False).distance
        return bound is not None and bound / subject.spread + subject.gap <= tolerance

    if not holds(1.0):
        return None
    return C * _last(holds, 1.0 / STEP), C * _last(holds, STEP)


def _last(holds: Callable[[float], bool], step: float) -> float:
    """Return the last factor that holds, going on by factors of ``step``."""
    known = 1.0
    while 1.0 / FURTHEST < known * step < FURTHEST and holds(known * step):
        known *= step
    if not 1.0 / FURTHEST < known * step < FURTHEST:
        return known
    width = float(np.log(step)) / 2.0
    for _ in range(HALVINGS):
        if holds(known * float(np.exp(width))):
            known *= float(np.exp(width))
        width /= 2.0
    return known

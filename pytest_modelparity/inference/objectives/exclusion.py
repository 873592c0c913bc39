"""Objectives whose optimum a model is proven not to be."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.inference.objectives.solution import Solution
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.inference.objectives.words import text_of, words_of
from pytest_modelparity.report.inference import ExcludedObjective
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.gauge import gauge_directions
from pytest_modelparity.theory.spread import exact_spread

#: Rounding of the bound's own evaluation.
SAFETY = 1.0 + 1e-6


def excluded(subject: Subject, solution: Solution) -> ExcludedObjective | None:
    """Return the proof that a model is not the optimum of a solution; None where there is none.

    Notes
    -----
    Along the segment to a minimiser, ``-g = int_0^1 H(theta + t d) d dt`` and
    ``H(theta + t d) <= exp(rho t |d|) H`` (self-concordance; norms are those of H, the Hessian at
    the model), so that ``nu <= (exp(rho |d|) - 1) / rho``: ``|d| >= ln(1 + rho nu) / rho``.
    """
    objective = subject.objective(solution.settings)
    if np.any(objective.l1_weights > 0):
        return None
    theta = subject.parameters_for(solution.settings, subject.table)
    near = subject.expansion(solution.settings, theta, objective)
    factor = scaled_factor(near.hessian, gauge_directions(objective))
    assert factor is not None
    lower = factor.inverse_lower()
    widest = exact_spread(objective, lower).widest * SAFETY
    rho = objective.loss.self_concordance * float(widest)
    decrement = float(np.linalg.norm(lower @ near.gradient)) / SAFETY
    at_least = float(np.log1p(rho * decrement) / rho) if rho > 0 else decrement
    noise = 0.0
    if subject.noise_factor is not None:
        F = _in(subject, solution, subject.noise_factor)
        noise = float(np.sqrt(np.einsum("ij,ij->", F, near.hessian @ F)))
    if not at_least > noise:
        return None
    return ExcludedObjective(
        text=text_of(words_of(subject, solution).settings), at_least=at_least, noise=noise
    )


def _in(subject: Subject, solution: Solution, factor: FloatArray) -> FloatArray:
    """Return the noise of the parameters in the coordinates of an objective."""
    columns = [
        subject.parameters_for(solution.settings, column.reshape(subject.table.shape))
        for column in factor.T
    ]
    return np.stack(columns, axis=1)

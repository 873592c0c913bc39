"""A candidate whose every output was held against every target, where the shapes differed.

An output of shape (n, 1) less a target of shape (n,) is a table of n times n differences, without
an error in NumPy, torch and JAX. The mean of its squares is ``mean((f_i - mean(y))²)`` and what
does not depend on the model: it is fitted to the mean of y, and no training setting mends that.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.side import TRAINING
from pytest_modelparity.report.parts import Cause
from pytest_modelparity.theory.class_by_class import find_optimum

ON_THE_MEAN = (
    "the candidate is the fit to the mean of y, as a loss makes it that holds outputs of shape "
    "(n, 1) against targets of shape (n,), each against all; pass targets of shape (n, 1)"
)
#: How near a candidate must be to the fit to the mean, as a part of what is allowed.
NEAR = 0.1


def fits_the_mean(pair: Pair) -> bool:
    """Whether the candidate is the reference's objective with the mean of y as every target."""
    reference, candidate, data = pair.reference, pair.candidate, pair.data
    of_numbers = not data.n_classes and data.sample_weight is None and data.is_held
    if not of_numbers or candidate.objective is not None or reference.objective is None:
        return False
    settings, coef = reference.objective.settings, candidate.fitted.coef
    if settings.output_head != "identity" or coef is None:
        return False
    predicted = candidate.predictions(TRAINING)
    # A constant has many reasons; a module of torch, whose losses broadcast, mostly this one.
    if np.ptp(predicted) <= pair.allowed and candidate.settings.framework != "torch":
        return False
    onto_mean = replace(data, y=np.full_like(data.y, data.y.mean()))
    objective = replace(reference.objective, sample_weight=None).on(onto_mean)
    fitted = find_optimum(objective).predictions
    return bool(np.abs(fitted - predicted).max() <= NEAR * pair.allowed)


def mean_target_causes(pair: Pair) -> tuple[Cause, ...]:
    """Return the cause where targets were broadcast."""
    if not fits_the_mean(pair):
        return ()
    return (
        Cause(
            setting="loss",
            reference=pair.reference.settings.word("loss"),
            candidate="every output against every target",
            kind="objective",
            role="must",
            note="it is fitted to the mean of y: pass targets of shape (n, 1)",
        ),
    )

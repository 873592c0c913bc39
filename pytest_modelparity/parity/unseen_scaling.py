"""A scaling of the features that differs from the reference's on rows that no training saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.side import EVALUATION, TRAINING, scaled_rows
from pytest_modelparity.report.parts import Cause
from pytest_modelparity.settings import ObjectiveSettings, same_setting
from pytest_modelparity.sides.objective import SideObjective

#: What may move on the training rows, in parts of what moves on those compared: there the two
#: scalings are alike. Keras's Normalization maps a constant 3.7 to -1 on the training rows and to
#: 7e4 half a unit away (measured, Keras 3.15 on TensorFlow), scikit-learn to 0 and 0.5.
ALIKE = 0.1


def unseen_scaling(pair: Pair) -> Cause | None:
    """Return the cause that the candidate's scaling is on the rows compared alone.

    An optimum does not see it: a column that is constant in training has no effect there. The
    candidate's own coefficients, behind the reference's scaling, do.
    """
    first, second = pair.reference.objective, pair.candidate.objective
    if pair.data.evaluates_training_rows or first is None or second is None:
        return None
    if same_setting("feature_scaling", first.settings, second.settings):
        return None
    moved = {rows: _behind(pair, second, first.settings, rows) for rows in (TRAINING, EVALUATION)}
    own = pair.candidate.predictions
    target, tolerance = pair.reference.predictions(EVALUATION), pair.tolerance.probability
    steps = {
        rows: np.inf if there is None else largest(there - own(rows))
        for rows, there in moved.items()
    }
    there = moved[EVALUATION]
    if there is None or not steps[TRAINING] <= ALIKE * steps[EVALUATION]:
        return None
    before, left = largest(own(EVALUATION) - target), largest(there - target)
    if not before - left > tolerance:
        return None
    return Cause(
        setting="feature_scaling",
        reference=pair.reference.settings.word("feature_scaling"),
        candidate=pair.candidate.settings.word("feature_scaling"),
        kind="objective",
        role="must",
        last=before - left,
        left=left,
        note="alike on the training rows, and not on those compared",
    )


def _behind(
    pair: Pair, candidate: SideObjective, scaling: ObjectiveSettings, rows: str
) -> np.ndarray | None:
    """Return what the candidate's own coefficients predict behind another scaling."""
    fitted = pair.candidate.fitted
    if fitted.coef is None or fitted.intercept is None:
        return None
    parameters = candidate.layer_parameters(fitted.coef, fitted.intercept)
    settings = replace(
        candidate.settings,
        feature_shift=scaling.feature_shift,
        feature_scale=scaling.feature_scale,
    )
    moved = SideObjective(settings=settings, sample_weight=candidate.sample_weight)
    X = scaled_rows(moved, pair.data, rows)
    return moved.on(pair.data).predictions(*parameters, X)

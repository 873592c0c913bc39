"""A scaling of the features that differs from the reference's on rows that no training saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.sparse import issparse

from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.side import EVALUATION, TRAINING, scaled_rows
from pytest_modelparity.report.numbers import counted, listed, number
from pytest_modelparity.report.parts import Cause, Finding
from pytest_modelparity.settings import ObjectiveSettings, same_setting
from pytest_modelparity.sides.objective import SideObjective

#: What may move on the training rows, in parts of what moves on those compared: there the two
#: scalings are alike. Keras's Normalization maps a constant 3.7 to -1 on the training rows and to
#: 7e4 half a unit away (measured, Keras 3.15 on TensorFlow), scikit-learn to 0 and 0.5.
ALIKE = 0.1
#: Times as large as on the training rows, and as on the other side, a scaled value is enormous.
ENORMOUS = 1000.0
#: Columns that are named in a sentence.
MOST_NAMED = 3


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
    target, tolerance = pair.reference.predictions(EVALUATION), pair.allowed
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


def constant_columns(pair: Pair) -> Iterator[Finding]:
    """Say which columns one side's scaling makes enormous on the rows compared alone."""
    first, second = pair.reference.objective, pair.candidate.objective
    data = pair.data
    if data.evaluates_training_rows or first is None or second is None or issparse(data.X):
        return
    if same_setting("feature_scaling", first.settings, second.settings):
        return
    if first.settings.feature_map is not None or second.settings.feature_map is not None:
        # Behind a matrix no column is one of X.
        return
    largest_values = {
        side.name: [_largest_by_column(objective, pair, rows) for rows in (TRAINING, EVALUATION)]
        for side, objective in ((pair.reference, first), (pair.candidate, second))
    }
    for name, other in (("candidate", "reference"), ("reference", "candidate")):
        own, others = largest_values[name], largest_values[other]
        far = (own[1] > ENORMOUS * (1 + own[0])) & (own[1] > ENORMOUS * (1 + others[1]))
        if far.any():
            columns = [data.feature_names[column] for column in np.flatnonzero(far)]
            yield Finding(
                slug="constant-column",
                text=f"the {name} scales {listed(_few(columns), 'and')}, constant or nearly "
                f"so on the training rows, to {number(float(own[1][far].max()))} on the rows "
                f"compared, the {other} to {number(float(others[1][far].max()))} at most",
            )


def _few(columns: list[str]) -> list[str]:
    """Return the first columns by name, and how many others there are."""
    more = len(columns) - MOST_NAMED
    return columns if more <= 0 else [*columns[:MOST_NAMED], counted(more, "other column")]


def _largest_by_column(objective: SideObjective, pair: Pair, rows: str) -> np.ndarray:
    """Return the largest absolute value of each column behind a side's scaling."""
    behind = np.asarray(scaled_rows(objective, pair.data, rows))
    return np.asarray(np.abs(behind).max(axis=0))


def _behind(
    pair: Pair, candidate: SideObjective, scaling: ObjectiveSettings, rows: str
) -> np.ndarray | None:
    """Return what the candidate's own coefficients predict behind another scaling."""
    fitted = pair.candidate.fitted
    if fitted.coef is None or fitted.intercept is None:
        return None
    parameters = candidate.layer_parameters(fitted.coef, fitted.intercept)
    n_behind = scaling.feature_map.size if scaling.feature_map else pair.data.n_features
    if parameters[0].shape[1] != n_behind:
        return None
    settings = replace(
        candidate.settings,
        feature_shift=scaling.feature_shift,
        feature_scale=scaling.feature_scale,
        feature_map=scaling.feature_map,
    )
    moved = SideObjective(settings=settings, sample_weight=candidate.sample_weight)
    X = scaled_rows(moved, pair.data, rows)
    return moved.on(pair.data).predictions(*parameters, X)

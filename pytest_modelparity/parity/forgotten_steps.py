"""Whether a candidate is the last step of the reference's pipeline, given what the first gets."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.verdict import Verdict
from pytest_modelparity.report.relations import STEPS_FORGOTTEN, Relation

#: What weights that were exported in float32 leave of a probability, or of the spread of y.
EXPORTED = 1e-4


def forgotten_steps(pair: Pair, verdict: Verdict) -> Relation | None:
    """Return the relation of a port of the last step alone; ``None`` where it is none.

    The candidate is asked about what the steps before the last make of the rows: where it predicts
    there what the reference predicts of the rows as given, those steps are what it lacks. Steps
    that only scale are told from the coefficients; this also sees others.
    """
    if pair.data.features is None:
        return None
    try:
        predicted = pair.candidate.fitted.predict(pair.data.X_eval)
    # Whatever it raises: it was made for the rows of the check.
    except Exception:
        return None
    wanted = verdict.predictions.reference
    if np.shape(predicted) != wanted.shape:
        return None
    before = largest(verdict.predictions.candidate - wanted)
    left = largest(predicted - wanted)
    # False for a NaN.
    if not left <= min(EXPORTED / 0.01 * pair.allowed, 0.1 * before):
        return None
    return Relation(name=STEPS_FORGOTTEN, detail="", before=before, left=left, exact=True)

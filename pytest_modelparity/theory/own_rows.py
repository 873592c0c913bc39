"""What an optimum determines on the rows that it was made of, some perhaps without weight."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.theory.new_rows import Determined, determined
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import Optimum


def determined_in_training(objective: LinearObjective, optimum: Optimum) -> Determined:
    """Return what an optimum predicts on its own rows, and where that is determined.

    Parameters
    ----------
    objective : LinearObjective
        With the rows.
    optimum : Optimum
        Of this objective.

    Notes
    -----
    On rows with a weight it is, whether a minimiser is finite or not. The others take no part in
    the objective: where none is finite they are rows like any new ones.
    """
    known = np.ones(objective.n_samples, dtype=bool)
    predictions, unweighted = optimum.predictions, objective.row_weight == 0
    if optimum.finite is False and unweighted.any():
        found = determined(objective, optimum, objective.X[unweighted])
        predictions = predictions.copy()
        known[unweighted], predictions[unweighted] = found.known, found.predictions
    return Determined(predictions=predictions, known=known, distance=optimum.certificate.distance)

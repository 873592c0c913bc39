"""What an optimum determines on the rows that it was made of, some perhaps without weight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.theory.design import DesignMatrix, IntArray
from pytest_modelparity.theory.new_rows import Determined, determined
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import Optimum
from pytest_modelparity.theory.separation import separated_along


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


def determined_on_sample(
    objective: LinearObjective, optimum: Optimum, X: DesignMatrix, rows: IntArray
) -> Determined:
    """Return what an optimum predicts on some of its own rows, which are not all held.

    Parameters
    ----------
    objective : LinearObjective
        With all rows.
    optimum : Optimum
        Of this objective.
    X : array, (m, p)
        The features of some of them.
    rows : array, (m,)
        Their numbers.
    """
    own = replace(objective, X=X, y=objective.y[rows], row_weight=objective.row_weight[rows])
    recession, known = objective.loss.recession, own.row_weight > 0
    if optimum.finite is False and optimum.certificate.distance == 0.0:
        # All rows are separated: the limit of each is in its label.
        assert recession is not None
        return Determined(predictions=recession.limit(own.y), known=known, distance=0.0)
    if optimum.direction is not None:
        assert recession is not None
        predictions = own.predictions(optimum.coef, optimum.intercept)
        vanished = separated_along(own, optimum.direction)
        return Determined(predictions=recession.without(predictions, vanished), known=known)
    return determined(objective, optimum, X)

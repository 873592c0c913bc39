"""What inferring an objective is reckoned to take, in seconds on an idle machine, one BLAS thread.

Measured on wine, breast_cancer, 800 x 20 x 4 classes, 20000 x 20 and digits; of many rows on
1e6 x 20 and 1e7 x 20.
"""

from __future__ import annotations

from pytest_modelparity.inference.objectives.split_search import may_rank
from pytest_modelparity.theory.class_by_class import optimum_seconds
from pytest_modelparity.theory.one_vs_rest import Objective

#: Beside all arithmetic; where sets of rows are searched, for a value of X, and so many steps of
#: Newton's method.
FIXED, A_VALUE, STEPS = 0.12, 2e-6, 60
#: Where none are: passes over the rows, for a decision and a value of X in each, and steps.
PASSES, A_DECISION, A_PASSED_VALUE, FEW_STEPS = 24, 5e-8, 1e-9, 16


def inference_seconds(objective: Objective, n_classes: int, *, are_held: bool) -> float:
    """Return the seconds of telling which objective a model is the optimum of.

    Parameters
    ----------
    objective : Objective
        The one that is expected of it.
    n_classes : int
        Number of classes; 0 where numbers are predicted.
    are_held : bool
        Whether the rows are in memory, and not passed over.
    """
    n, p = (int(size) for size in objective.X.shape)
    if are_held and may_rank(n, objective.n_parameters, max(n_classes, 1)):
        return FIXED + A_VALUE * n * p + optimum_seconds(objective, STEPS)
    a_pass = n * (A_DECISION * objective.n_outputs + A_PASSED_VALUE * p)
    return FIXED + PASSES * a_pass + optimum_seconds(objective, FEW_STEPS)

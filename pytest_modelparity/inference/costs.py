"""What inferring an objective is reckoned to take, in seconds on an idle machine, one BLAS thread.

Measured on wine, breast_cancer, 800 x 20 x 4 classes, 20000 x 20 and digits.
"""

from __future__ import annotations

from pytest_modelparity.theory.class_by_class import optimum_seconds
from pytest_modelparity.theory.one_vs_rest import Objective

#: Beside all arithmetic, for a value of X, and so many steps of Newton's method.
FIXED, A_VALUE, STEPS = 0.12, 2e-6, 60


def inference_seconds(objective: Objective) -> float:
    """Return the seconds of telling which objective a model is the optimum of.

    Parameters
    ----------
    objective : Objective
        The one that is expected of it.
    """
    n_values = int(objective.X.shape[0]) * int(objective.X.shape[1])
    return FIXED + A_VALUE * n_values + optimum_seconds(objective, STEPS)

"""What exact optima are reckoned to take, in seconds on an idle machine, one BLAS thread.

Reckoned, not measured: what a check tries must not depend on how busy the machine is. Measured on
600 x 60 x 10 classes, digits, 300 x 30 x 20, 1e5 x 50 and 5000 x 200, with numpy 2.4.
"""

from __future__ import annotations

import numpy as np

from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.proof import DENSE_LIMIT

#: A Newton step beside its arithmetic, and a multiplication of its Hessian or factor: 0.07 to 0.2
#: ns, the more the smaller the blocks.
STEP, MULTIPLICATION = 3e-4, 1.5e-10
#: The same of a proximal step, which solves for the support again and again: 0.4 to 2 ns.
L1_MULTIPLICATION = 1.5e-9
#: Products with the rows in a step without a Hessian, and a multiplication of theirs.
PRODUCTS, PRODUCT_MULTIPLICATION = 60, 4e-10


def optimum_seconds(objective: LinearObjective, steps: int) -> float:
    """Return the seconds of so many steps of Newton's method on an objective."""
    rows, d = objective.mean_loss, objective.n_parameters
    if d > DENSE_LIMIT:
        return steps * (STEP + PRODUCTS * PRODUCT_MULTIPLICATION * rows.first_work)
    each = L1_MULTIPLICATION if np.any(objective.l1_weights > 0) else MULTIPLICATION
    return steps * (STEP + each * (rows.second_work + d**3 / 3.0))

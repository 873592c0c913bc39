"""What trainings are reckoned to take, in seconds on an idle machine of two cores.

Reckoned, not measured: what a check tries must not depend on how busy the machine is.
"""

from __future__ import annotations

#: Keras's ``fit`` in one pass (3.15 on TensorFlow 2.21): to begin, and a step.
FIT_START, FIT_STEP = 0.4, 0.0008
#: What an ordinary ``fit`` takes more for each epoch.
FIT_EPOCH = 0.035
#: A pass of one of scikit-learn's solvers: of one stored value of X and one output.
SOLVER_VALUE = 1e-9


def fit_seconds(steps: int, epochs: int = 0) -> float:
    """Return the seconds of a ``fit`` of so many steps.

    Parameters
    ----------
    epochs : int
        Those that are paid for one by one; 0: all batches of all epochs make one epoch.
    """
    return FIT_START + FIT_STEP * steps + FIT_EPOCH * epochs

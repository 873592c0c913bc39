"""What scikit-learn warns of in an estimator's parameters, whatever the data."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.multiclass import OneVsRestClassifier

from pytest_modelparity.rows.blas import one_blas_thread
from pytest_modelparity.sides.random_state import global_state_kept
from pytest_modelparity.sides.recording import recorded_warnings

#: Changed so that a fit on four rows takes one step, is quiet, and knows its classes.
_CHANGED = {"max_iter": 1, "verbose": 0, "class_weight": None}
_ROWS, _LABELS = np.arange(4.0).reshape(-1, 1), np.array([0, 1, 0, 1])


def parameter_warnings(estimator: Any) -> tuple[Warning, ...]:
    """Return what ``fit`` of one of scikit-learn's linear models warns of its parameters.

    They are asked of scikit-learn itself, by a fit on four rows: what is deprecated or ignored
    differs between versions. Nothing is known of other estimators, nor where that fit fails.
    """
    if isinstance(estimator, OneVsRestClassifier):
        estimator = estimator.estimator
    if not type(estimator).__module__.startswith("sklearn.linear_model."):
        return ()
    asked = clone(estimator)
    known = asked.get_params(deep=False)
    asked.set_params(**{name: value for name, value in _CHANGED.items() if name in known})
    with recorded_warnings() as raised, global_state_kept(), one_blas_thread():
        try:
            asked.fit(_ROWS, _LABELS)
        # What it refuses is refused with the user's own rows too.
        except Exception:
            return ()
    return tuple(each for each in raised if not isinstance(each, ConvergenceWarning))

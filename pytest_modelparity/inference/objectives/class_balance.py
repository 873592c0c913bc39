"""The class weights that the intercept alone tells of."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.inference.objectives.subject import Subject

#: Ratio of two class weights above which nothing is told.
MOST_RATIO = 1e3


def class_balance(subject: Subject) -> tuple[float, ...]:
    """Return class weights, the least of them 1, whose intercept is the model's; empty where none.

    Numbers have none.

    An intercept without a penalty makes ``sum_j M_kj c_j = 0`` with
    ``M_kj = sum_{y_i=j} (p_ik - [k = j])``, whatever the penalty on the coefficients. It is the
    first to get there in a training: a hint of class weights, of models that were stopped early.
    """
    K = subject.n_classes
    if not K:
        return ()
    M = subject.look.by_label.T - np.diag(np.bincount(subject.y, minlength=K))
    c = np.linalg.svd(M)[2][-1]
    c = c / c[np.argmax(np.abs(c))]
    if not (c > 1.0 / MOST_RATIO).all():
        return ()
    return tuple(map(float, c / c.min()))

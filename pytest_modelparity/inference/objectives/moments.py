"""Sums over the rows of each class, of which every hypothesis makes its gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.theory.design import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Gradients by class: of the rows' losses, and of what smoothing adds; and the weight of each.

    Numbers are all of one class.

    Parameters
    ----------
    G, S : ndarray of shape (K, d)
        Divided by n.
    N : ndarray of shape (K,)
        Sums of the weights of each class's rows, divided by n.
    """

    G: FloatArray
    S: FloatArray
    N: FloatArray

    @property
    def largest(self) -> int:
        """The class whose weight is eliminated by the mean weight of 1."""
        return int(np.argmax(self.N))


def moments_of(subject: Subject, w: FloatArray) -> Moments:
    """Return the sums over rows with weights w (n,)."""
    r = subject.slopes * w[:, None] / subject.n
    s = subject.smoothed * w[:, None] / subject.n
    of = [subject.codes == k for k in range(subject.n_groups)]
    return Moments(
        G=np.stack([(r[rows].T @ subject.A[rows]).reshape(-1) for rows in of]),
        S=np.stack([(s[rows].T @ subject.A[rows]).reshape(-1) for rows in of]),
        N=np.array([w[rows].sum() / subject.n for rows in of]),
    )


def balanced(subject: Subject) -> FloatArray:
    """Return ``n / (K n_k)``, scikit-learn's ``"balanced"``; 1 for a class without rows."""
    counts = np.bincount(subject.codes, minlength=subject.n_classes)
    weights = subject.n / (subject.n_classes * np.maximum(counts, 1))
    return np.asarray(np.where(counts > 0, weights, 1.0))

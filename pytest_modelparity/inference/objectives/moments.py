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
    slopes, features = subject.on_rows.by_class(w)
    smoothed = subject.smoothed[:, :, None] * features[:, None, :]
    K, n = len(features), subject.n
    return Moments(
        G=slopes.reshape(K, -1) / n, S=smoothed.reshape(K, -1) / n, N=features[:, -1] / n
    )


def balanced(subject: Subject) -> FloatArray:
    """Return ``n / (K n_k)``, scikit-learn's ``"balanced"``; 1 for a class without rows."""
    counts = np.bincount(subject.codes, minlength=subject.n_classes)
    weights = subject.n / (subject.n_classes * np.maximum(counts, 1))
    return np.asarray(np.where(counts > 0, weights, 1.0))

"""Boxes of inputs, with columns of whole numbers, of two values, and one-hot groups of columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Box:
    """What the columns of an input may hold, each for itself but for one-hot groups.

    Parameters
    ----------
    low, high : ndarray of shape (n_features,)
        The ends of each column.
    steps : ndarray of int of shape (n_features,)
        0: any number between them; N: only the ``N + 1`` evenly spaced ones, ends among them.
    groups : tuple of ndarray of int
        Columns of which exactly one is at its high end and all others are at their low one, two
        at least in each group; each column is in one group at most.
    """

    low: np.ndarray
    high: np.ndarray
    steps: np.ndarray
    groups: tuple[np.ndarray, ...] = ()

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return len(self.low)

    @property
    def width(self) -> np.ndarray:
        """What lies between the ends of each column."""
        return np.asarray(self.high - self.low)

    @property
    def grouped(self) -> np.ndarray:
        """Whether each column is in a group."""
        inside = np.zeros(self.n_features, dtype=bool)
        if self.groups:
            inside[np.concatenate(self.groups)] = True
        return inside

    @property
    def discrete(self) -> np.ndarray:
        """Whether each column holds some numbers only."""
        return np.asarray((self.steps > 0) | self.grouped)

    def nearest(self, x: np.ndarray) -> np.ndarray:
        """Return the inputs of the box that are near to others, of shape (n, n_features)."""
        near, width = np.clip(x, self.low, self.high), self.width
        lattice = np.flatnonzero((self.steps > 0) & (width > 0))
        step, low = width[lattice] / self.steps[lattice], self.low[lattice]
        near[:, lattice] = low + np.rint((near[:, lattice] - low) / step) * step
        for group in self.groups:
            chosen = group[np.argmax((near[:, group] - self.low[group]) / width[group], axis=1)]
            near[:, group] = self.low[group]
            near[np.arange(len(near)), chosen] = self.high[chosen]
        return np.asarray(near)

    def sample(self, n: int, random: np.random.Generator) -> np.ndarray:
        """Return random inputs of the box, half of them with every column at an end."""
        share = random.random((n, self.n_features))
        share[n // 2 :] = np.rint(share[n // 2 :])
        return self.nearest(self.low + share * self.width)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plane:
    """Two logits that are affine in the input: ``u = first @ x + first_0``, ``v`` likewise.

    Parameters
    ----------
    coef : ndarray of shape (2, n_features)
        Of u and of v.
    intercept : ndarray of shape (2,)
        Of u and of v.
    """

    coef: np.ndarray
    intercept: np.ndarray

    @property
    def swapped(self) -> Plane:
        """The same with u and v in each other's place."""
        return Plane(coef=self.coef[::-1], intercept=self.intercept[::-1])

    def of(self, x: np.ndarray) -> np.ndarray:
        """Return u and v of one input."""
        return np.asarray(self.coef @ x + self.intercept)

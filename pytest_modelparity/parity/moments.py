"""Count, mean and spread of numbers that arrive in parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Count, mean and centred sum of squares of numbers.

    Parameters
    ----------
    count : int
        How many there are.
    mean : float
        Their mean.
    squares : float
        The sum of the squares of their distances to it.
    """

    count: int
    mean: float
    squares: float

    @property
    def deviation(self) -> float:
        """Their standard deviation."""
        return float(np.sqrt(self.squares / self.count))

    def with_next(self, second: Moments) -> Moments:
        """Return the moments of both parts together."""
        # Chan, Golub and LeVeque, Algorithms for Computing the Sample Variance (1983), (2.1): a sum
        # of plain squares would cancel where the mean is far from 0.
        count, apart = self.count + second.count, second.mean - self.mean
        return Moments(
            count=count,
            mean=self.mean + apart * (second.count / count),
            squares=self.squares
            + second.squares
            + apart * apart * (self.count * (second.count / count)),
        )


def moments_of(numbers: np.ndarray) -> Moments:
    """Return the moments of numbers (n,), of which there is one at least."""
    mean = numbers.mean()
    return Moments(
        count=len(numbers), mean=float(mean), squares=float(((numbers - mean) ** 2).sum())
    )

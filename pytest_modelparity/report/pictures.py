"""What only a picture of a check needs: coefficients, predictions, the way over epochs, seeds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """Both sides' coefficients and intercepts, centred over classes, for a picture."""

    names: tuple[str, ...] = ()
    reference: tuple[tuple[float, ...], ...] = ()
    candidate: tuple[tuple[float, ...], ...] = ()
    reference_intercept: tuple[float, ...] = ()
    candidate_intercept: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionRow:
    """One row's predictions on both sides, one for each class or output."""

    row: int
    # Tuples of floats, not arrays: a report is carried between processes and written as JSON.
    reference: tuple[float, ...]
    candidate: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryPoint:
    """The candidate's distance to its own optimum after some epochs, in the report's quantity."""

    epoch: int
    distance: float

    @property
    def probability(self) -> float:
        """The distance, under its name of format version 1."""
        return self.distance


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadPoint:
    """The smallest and the largest distance to the candidate's optimum over all seeds."""

    epoch: int
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """The candidate's spread over seeds.

    Parameters
    ----------
    seeds : tuple of int
        The seeds it was trained with.
    distances : tuple of float
        The largest difference of a prediction from the reference, for each seed.
    mean, lower, upper : float, optional
        Their mean, and the one-sided 95 % confidence bounds of the mean.
    outcome : str
        ``"equivalent"`` (the upper bound is within the tolerance), ``"diverged"`` (the lower
        one is beyond it) or ``"undecided"``.
    trajectory : tuple of SpreadPoint
        How the spread goes over epochs.
    """

    seeds: tuple[int, ...] = ()
    distances: tuple[float, ...] = ()
    mean: float | None = None
    lower: float | None = None
    upper: float | None = None
    # Undecided until the bounds say otherwise: few seeds prove nothing.
    outcome: str = "undecided"
    trajectory: tuple[SpreadPoint, ...] = ()

    @property
    def probability(self) -> tuple[float, ...]:
        """The distances, under their name of format version 1."""
        return self.distances

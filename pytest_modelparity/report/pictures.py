"""What only a picture needs: coefficients, predictions, the way over epochs, seeds, the map."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_modelparity.report.parts import Change


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPoint:
    """One training on a `TrainingMap`.

    Parameters
    ----------
    learning_rate : float
        Constant over the training.
    epochs : int
        After so many.
    left : float
        The largest difference of a prediction from the reference that it leaves.
    beside : str
        What it changes beside learning rate and epochs; empty: it is one of the map's trainings.
    """

    learning_rate: float
    epochs: int
    left: float
    beside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLine:
    """What other values of one setting leave, all others as the user wrote them.

    Parameters
    ----------
    setting : str
        ``"batch_size"`` or ``"solver"``.
    values : tuple of str
        As they are written.
    left : tuple of float
        What each of them leaves.
    own : int
        Which of them is the user's, from 0.
    """

    setting: str
    values: tuple[str, ...] = ()
    left: tuple[float, ...] = ()
    own: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingMap:
    """What the candidate's training would leave of the divergence with other settings.

    Parameters
    ----------
    learning_rates : tuple of float
        Constant ones, ascending.
    epochs : tuple of int
        Ascending: the same trainings, looked at on their way.
    left : tuple of tuple of float
        For each learning rate, after each number of epochs: the largest difference of a prediction
        from the reference on the rows compared, with the check's own seed.
    own : MapPoint, optional
        The user's training; ``None`` where its learning rate is a schedule.
    repair : MapPoint, optional
        The repair's, where it has the same optimizer with a constant learning rate.
    lines : tuple of MapLine
        Of batch size and optimizer.
    changes : tuple of Change
        What was repaired before, and holds for the whole map: the candidate's objective, and the
        reference where it needed it.
    """

    learning_rates: tuple[float, ...]
    epochs: tuple[int, ...]
    left: tuple[tuple[float, ...], ...]
    own: MapPoint | None = None
    repair: MapPoint | None = None
    lines: tuple[MapLine, ...] = ()
    changes: tuple[Change, ...] = ()

"""Training a side again with something changed: the values, and who does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pytest_modelparity.report.parts import Change
from pytest_modelparity.sides.fitted import FittedModel

#: How much further a training is taken to see whether it still moves.
LONGER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A changed training that may bring a side to its own optimum: data, trained by a `Retraining`.

    Parameters
    ----------
    changes : tuple of Change
        What the user would write, of each setting that changes; none: trained as before.
    recipe : object
        How it is trained: a `training.recipe.Recipe`, an estimator with other parameters, or
        whatever else whoever made the remedy trains by. It pickles and compares by value.
    size : float
        How large a change it is, beside the others.
    by_fit : bool
        Whether the framework's own ``fit`` trains it; else it is minimised by other means.
    last_resort : bool
        Whether it is for where no other change closes by ``fit``.
    """

    changes: tuple[Change, ...]
    # Open: each family trains by values of its own, and only whoever made one reads it.
    recipe: Any
    size: float = 0.0
    by_fit: bool = True
    last_resort: bool = False

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that it changes, each once, in the order of its changes."""
        return tuple(dict.fromkeys(change.setting for change in self.changes))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """The same training with several seeds.

    Parameters
    ----------
    seeds : tuple of int
        The check's own first.
    fitted : tuple of FittedModel
        One for each seed, with its trajectory.
    longer : tuple of FittedModel
        The same, trained on to `LONGER` times the iterations.
    """

    seeds: tuple[int, ...]
    fitted: tuple[FittedModel, ...]
    longer: tuple[FittedModel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verification:
    """A remedy that was trained for real.

    Parameters
    ----------
    fitted : tuple of FittedModel
        What it leaves, one for each seed; one alone where no seed matters.
    by : str
        Who trained it, in words: ``"fit with 3 seeds"``.
    note : str
        Why this is no verification, in words; empty where it is one.
    """

    fitted: tuple[FittedModel, ...]
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Values of one setting, each as a recipe that is the side's own otherwise.

    Parameters
    ----------
    setting : str
        Which one.
    values : tuple of str
        As their user would write them.
    recipes : tuple of object
        One for each, as in `Remedy`.
    own : int
        Which of them is the side's own, from 0.
    """

    setting: str
    values: tuple[str, ...]
    recipes: tuple[Any, ...]
    own: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a map of a training is made of.

    Parameters
    ----------
    rates : tuple of float
        Learning rates, ascending.
    recipes : tuple of object
        One for each of them.
    epochs : tuple of int
        When each is looked at, ascending.
    own, repair : tuple of (int, int), optional
        Which rate and which epochs are the side's own, and those of the remedy that was asked
        about; ``None`` where it is no point of the map.
    beside : str
        What that remedy changes beside these, in words: it is then none of the map's trainings.
    sweeps : tuple of Sweep
        Of other settings, looked at after ``own_epochs``.
    own_epochs : int
        The side's own.
    seconds : float
        What all of it is reckoned to take.
    """

    rates: tuple[float, ...]
    recipes: tuple[Any, ...]
    epochs: tuple[int, ...]
    own: tuple[int, int] | None
    repair: tuple[int, int] | None
    beside: str
    sweeps: tuple[Sweep, ...]
    own_epochs: int
    seconds: float


class Retraining(Protocol):
    """Who can train one side again.

    One whose ``takes_batches`` is true trains on rows that are not held, too, batch by batch.
    """

    def remedies(self) -> Iterable[Remedy]:
        """Return changed trainings of the same objective, in the order to try them.

        Of each setting the smallest change comes first. Those that change two settings are for
        where no change of one is enough.
        """

    def unchanged(self) -> Remedy | None:
        """Return its own training once more; ``None``: how it was trained is not known."""

    def train(self, remedy: Remedy, seeds: range) -> tuple[FittedModel, ...]:
        """Return what a remedy leaves with the seeds of these numbers, 0 being the check's own.

        By the fastest way that is proven to be equal to the real one. A training that draws no
        random numbers is made once, whatever is asked.
        """

    # What a user runs is `fit`, so nothing is verified without it.
    def verify(self, remedy: Remedy, n_seeds: int, seconds: float) -> Verification:
        """Train a remedy for real, as its user would, from a fresh model.

        Wholly by the framework's own ``fit`` where that is reckoned to take no more than
        ``seconds``. Else by ``fit`` for its first part and from there by what is then proven to do
        the same; where nothing is, by ``fit`` whatever it takes.

        Raises `ModelParityError` where it cannot be trained.
        """

    def cost(self, remedy: Remedy) -> float:
        """Return the seconds that `train` is reckoned to take now, on an idle machine of two cores.

        Reckoned, not measured, so that what is afforded does not depend on the machine.
        """

    def verifying_cost(self, remedy: Remedy, n_seeds: int, seconds: float) -> float:
        """Return the seconds that `verify` is reckoned to take; 0: `train` is real."""

    def source(self, remedy: Remedy) -> str:
        """Return a program that trains a remedy on ``X`` and ``y``."""

    def without_shortcut(self) -> str:
        """Say why its variants are trained for real, which takes long; empty where they are not."""

    def spread(self, n_seeds: int) -> Spread | None:
        """Return its own training with several seeds; ``None``: there is no such thing."""

    def spread_cost(self, n_seeds: int) -> float:
        """Return the seconds that `spread` is reckoned to take."""

    def survey(self, seconds: float, remedy: Remedy | None) -> Survey | None:
        """Lay out the largest map of its training within so many reckoned seconds.

        Else the smallest one, which tells what it takes; ``None``: only real trainings could make
        it, one for each of its points.

        Parameters
        ----------
        remedy : Remedy, optional
            What is wanted on the map too, where it has a place there.
        """

    def on_the_way(
        self, recipes: Sequence[Any], epochs: Sequence[int]
    ) -> Iterator[tuple[FittedModel, ...]]:
        """Yield what the recipes of a survey leave, after each of some ascending epochs."""

    @property
    def seconds(self) -> float | None:
        """Seconds of its own training, reckoned; ``None`` where it was trained before."""

"""What a training step by step depends on, whichever framework makes the steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import numpy as np
import scipy.sparse

from pytest_modelparity.report.parts import Change
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.training.recipe import Recipe

#: Epochs that a model which was trained before is trained on, where nothing says how many.
EPOCHS = 100
#: Values of X, as dense float32, up to which sparse rows are trained on in plain arrays.
DENSE_VALUES = 5e7

M = TypeVar("M")


class StepSetup(Protocol):
    """A linear model that is trained step by step, and how."""

    @property
    def data(self) -> Dataset:
        """What it is trained and compared on."""

    @property
    def seed(self) -> int | None:
        """The seed of number 0; ``None``: its framework draws one."""

    @property
    def sample_weight(self) -> np.ndarray | None:
        """Its per-row weights, class weights not included."""

    @property
    def settings(self) -> ModelSettings:
        """What was read of it."""

    @property
    def objective(self) -> SideObjective | None:
        """Its objective; ``None`` where that is not modelled."""

    @property
    def recipe(self) -> Recipe:
        """How it is trained, or would be trained on."""

    @property
    def n_rows(self) -> int:
        """Rows that are trained on."""

    @property
    def row_seconds(self) -> float:
        """Seconds that gathering a row for a step is reckoned to take; 0 where rows are held."""

    @property
    def n_outputs(self) -> int:
        """Outputs of its layer."""

    @property
    def is_trained_here(self) -> bool:
        """Whether it is trained in the check; else it was before."""

    @property
    def trainable(self) -> bool:
        """Whether its objective is one that can be trained on."""

    @property
    def callbacks(self) -> tuple[Change, ...]:
        """The change of each setting that leaves out what has a say in its training."""

    @property
    def is_summed(self) -> bool:
        """Whether its loss is summed over a batch: that is then no training setting."""

    @property
    def feeds_plain_batches(self) -> bool:
        """Whether it is fed batches of dense rows, each of them once an epoch."""

    @property
    def can_standardise(self) -> bool:
        """Whether its features can be standardised inside the model, and are not yet."""

    @property
    def scales_are_apart(self) -> bool:
        """Whether features are so unlike in size that steps of one size do not suit them all."""


class Starts(Generic[M]):
    """The model at the start that each seed gives it, made once; never trained.

    Parameters
    ----------
    make : callable
        Maps the number of a seed, from 0, to a model.
    alike : bool
        Whether all seeds start alike: one model then serves all.
    """

    def __init__(self, make: Callable[[int], M], *, alike: bool = False) -> None:
        self._make, self.alike = make, alike
        self._made: dict[int, M] = {}

    def __call__(self, number: int) -> M:
        """Return the model of a seed's number."""
        number = 0 if self.alike else number
        if number not in self._made:
            self._made[number] = self._make(number)
        return self._made[number]


def nth_seed(seed: int, number: int) -> int:
    """Return the seed of a number, 0 being the check's own."""
    # numpy's global generator takes seeds below 2**32.
    return (seed + number) % 2**32


def can_be_dense(data: Dataset) -> bool:
    """Whether all rows can be held densely."""
    sparse = scipy.sparse.issparse(data.X)
    return not sparse or data.n_samples * data.n_features <= DENSE_VALUES


def steps_an_epoch(setup: StepSetup, batch_size: int) -> int:
    """Return the optimizer's steps of an epoch; a short last batch counts."""
    return -(-setup.n_rows // batch_size)


def total_steps(setup: StepSetup, recipe: Recipe) -> int:
    """Return the optimizer's steps of a recipe."""
    return recipe.epochs * steps_an_epoch(setup, recipe.batch_size)

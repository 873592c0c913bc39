"""What is asked of a backend of Keras; its modules are named as Keras names them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np

from pytest_modelparity.sides.finite import Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class FullBatch:
    """How a program trains a model on all its rows in every step, by Adam.

    Parameters
    ----------
    schedules : tuple of (float, int)
        Learning rates and over how many steps each falls to nothing, in the order to try them.
    imports, options : str
        Lines that it needs beside the others: imports, and arguments of ``compile``.
    fit : str
        Lines that train ``model`` on ``rows``, ``targets`` and ``weights`` for ``{steps}`` steps.
    """

    schedules: tuple[tuple[float, int], ...]
    fit: str
    imports: str = ""
    options: str = ""

    def words(self, schedule: tuple[float, int]) -> dict[str, str]:
        """Return the parts of a program with one of the schedules, by their names in a template."""
        rate, steps = schedule
        return {
            "rate": repr(rate),
            "steps": str(steps),
            "imports": self.imports,
            "options": self.options,
            "fit": self.fit.format(steps=steps),
        }


class Backend(Protocol):
    """What every backend does in its own way."""

    #: How it is called in a sentence.
    NAME: str
    #: Where a crossentropy of probabilities clips them: what passes of a gradient at the bound
    #: itself, between all of it and none; ``None``: nothing is clipped.
    CLIP_EDGE: float | None
    #: The slope of ``|x|`` at 0: what an L1 penalty does to weights that start there.
    SLOPE_AT_ZERO: float
    #: How a twin's program trains on all rows in every step.
    FULL_BATCH: FullBatch

    def random_state_kept(self, seed: int | None = None) -> AbstractContextManager[None]:
        """Put all global random states back afterwards; seed Python's and numpy's where asked.

        Keras draws the seed of every initializer without one from Python's ``random``
        (keras 3.15, src/random/seed_generator.py): that is all a fresh start depends on.
        """

    def replays_one_permutation(self) -> bool:
        """Whether ``fit`` now shuffles the rows of every epoch alike."""

    def array(self, value: Any) -> np.ndarray:
        """Return a variable or a tensor as an array of its own, which no training changes."""

    def loss_and_gradients(
        self,
        model: keras.Model,
        variables: Sequence[keras.Variable],
        rows: tuple[np.ndarray, np.ndarray],
        *,
        training: bool,
    ) -> tuple[float, list[np.ndarray | None]]:
        """Return a compiled model's loss and its gradients by some trainable variables.

        Parameters
        ----------
        rows : tuple of ndarray
            Features, taken in float32, and targets.
        training : bool
            Whether the layers behave as in training.

        Returns
        -------
        tuple
            A gradient is ``None`` where the loss ignores the variable.
        """

    def one_long_epoch(
        self,
        arrays: Sequence[np.ndarray],
        next_order: Callable[[], np.ndarray],
        size: int,
        epochs: int,
    ) -> Any:
        """Return all batches of all epochs as one data set that Keras takes for one epoch.

        Parameters
        ----------
        arrays : sequence of ndarray
            Rows, targets and perhaps weights.
        next_order : callable
            Draws the order of the rows, int32, of the next epoch.
        size, epochs : int
            Rows a step, the last of an epoch being short; and how many epochs.
        """

    def steps_a_call(self, total: int) -> int:
        """Return how many of so many steps Keras makes in one call, without making more."""


class Float64(Protocol):
    """A backend on which Keras computes in float64 what it says it does, and what that takes."""

    def constant(self, values: Any, dtype: str | None = None) -> Any:
        """Return values as a tensor."""

    def float64_rows(self, X: Matrix) -> Any:
        """Return rows as a float64 tensor; sparse stays sparse."""

    def float64(self, value: Any) -> Any:
        """Return a tensor in float64."""

    def weighted_mean(self, values: Any, weights: Any) -> Any:
        """Return the mean of values, each times its weight where there are weights."""

    def half_square_sum(self, strength: float, variable: Any) -> Any:
        """Return an L2 penalty in float64."""

    def traced_value_and_gradients(
        self, compute: Callable[[], Any], variables: Sequence[Any]
    ) -> Callable[[], tuple[Any, Any]]:
        """Return a compiled function of no arguments: value and gradients at the variables."""

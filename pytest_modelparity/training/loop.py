"""Many trainings of one linear model at once, step by step in plain arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.training.recipe import Optimizer, Start


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """The rows and the objective that all variants share.

    Parameters
    ----------
    settings : ObjectiveSettings
        The objective as the compiled loss has it: ``rows_used`` applied to the rows already, the
        optimizer's own decay left to the optimizer.
    X : ndarray of shape (n_samples, n_features)
        Rows as the Dense layer sees them.
    y : ndarray of shape (n_samples,)
        Class codes.
    row_weight : ndarray of shape (n_samples,), optional
        Class weights included.
    n_outputs : int
        1 for a sigmoid, the number of classes for softmax.
    summed_over : int, optional
        For a loss that is summed over a batch: the rows a step that ``settings.loss_scale`` was
        read with, by which each batch is divided whatever its own size. ``None``: a batch is
        divided by its own size, or as ``settings.weights_normalised`` says.
    penalty_scale : ndarray of shape (n_features,), optional
        The penalties act on the coefficients divided by these: those of the features before they
        were divided by them.
    replay : bool
        Whether each seed's first permutation is used in every epoch, as ``fit`` does where
        TensorFlow's global seed is set.
    decayed : tuple of bool
        Whether the optimizer's weight decay, where it has one, acts on kernel and bias.
    """

    settings: ObjectiveSettings
    X: np.ndarray
    y: np.ndarray
    row_weight: np.ndarray | None = None
    n_outputs: int = 1
    summed_over: int | None = None
    penalty_scale: np.ndarray | None = None
    replay: bool = False
    decayed: tuple[bool, bool] = (True, True)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Variant:
    """One training of the model.

    Parameters
    ----------
    optimizer : Optimizer
        One with a formula (`optimizers.formula_of`).
    batch_size : int
        Rows a step; the last batch may be short.
    seed : int, optional
        Of the permutations; ``None`` leaves the rows in their order.
    start : Start
        Where it starts.
    settings : ObjectiveSettings, optional
        An objective of its own; ``None``: that of the problem.
    """

    optimizer: Optimizer
    batch_size: int
    seed: int | None
    start: Start
    settings: ObjectiveSettings | None = None


class Stack:
    """Variants of one linear model, trained together, each exactly as it would be alone.

    Parameters
    ----------
    problem : Problem
        What they are trained on.
    variants : sequence of Variant
        What is trained.
    losses : bool
        Whether the losses are wanted too.
    """

    def __init__(
        self, problem: Problem, variants: Sequence[Variant], *, losses: bool = False
    ) -> None:
        self.epochs_run = 0

    @property
    def losses(self) -> np.ndarray:
        """The loss of each epoch and variant as ``fit``'s history has it.

        Shape (epochs_run, n_variants): the mean over an epoch's batches, penalty included, while
        the weights move. Equal to ``fit``'s to the rounding of float32.
        """
        raise NotImplementedError

    def train(
        self, epochs: int, snapshots: Iterable[int] = ()
    ) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Train on to ``epochs`` in all.

        Parameters
        ----------
        epochs : int
            Epochs since the start, those of earlier calls included.
        snapshots : iterable of int
            Epochs on the way whose weights are wanted too.

        Returns
        -------
        dict
            Kernels of shape (n_variants, n_features, n_outputs) and biases of shape (n_variants,
            n_outputs) by epoch: those that a ``fit`` of so many epochs ends with.
        """
        raise NotImplementedError


def cost(problem: Problem, n_variants: int, steps: int, batch_size: int) -> float:
    """Return about how many seconds a training takes."""
    raise NotImplementedError

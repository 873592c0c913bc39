"""Many trainings of one linear Keras model at once, by the model's own optimizer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pytest_modelparity.frameworks.keras.train.stack import Problem, Stack, Variant, stack_key
from pytest_modelparity.settings import ObjectiveSettings

#: Epochs whose permutations are handed over in one call of the compiled loop, at most.
EPOCHS_A_CALL = 64
#: Row numbers of one such call, at most: 32 MB.
ROWS_A_CALL = 2**23
#: Features of one step's batches, all variants together, at most: 80 MB; else more stacks.
GATHERED_A_STEP = 2 * 10**7


class StackedTrainer:
    """Variants of one linear model, trained together exactly as ``fit`` trains each.

    Variants that agree in batch size, optimizer and its options are one stack: one weight tensor
    and one compiled loop, to which one copy of the candidate's Keras optimizer is applied. Their
    learning rates, starts and seeds may differ.

    Parameters
    ----------
    variants : sequence of Variant
        What is trained; each optimizer one that `can_stack`.
    settings : ObjectiveSettings
        The objective of all variants as the compiled loss has it: ``rows_used`` applied to the
        rows already, the optimizer's own decay left to the optimizer.
    X : ndarray of shape (n_samples, n_features)
        Rows as the Dense layer sees them.
    y : ndarray of shape (n_samples,)
        Class codes.
    row_weight : ndarray of shape (n_samples,), optional
        Class weights included.
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
    compiled : bool, optional
        Whether XLA compiles the loops; ``None``: where a training is long enough to gain by it.
    """

    def __init__(
        self,
        variants: Sequence[Variant],
        settings: ObjectiveSettings,
        X: np.ndarray,
        y: np.ndarray,
        row_weight: np.ndarray | None = None,
        *,
        summed_over: int | None = None,
        penalty_scale: np.ndarray | None = None,
        replay: bool = False,
        compiled: bool | None = None,
    ) -> None:
        self._variants = tuple(variants)
        self._problem = Problem(
            settings, X, y, row_weight, len(variants[0].bias), summed_over, penalty_scale
        )
        self._permutations = Permutations(len(y), [v.seed for v in variants], replay=replay)
        self._chunk = self._permutations.epochs_within(ROWS_A_CALL, EPOCHS_A_CALL)
        self._stacks = [
            (
                members,
                self._permutations.columns[members],
                Stack([variants[i] for i in members], self._problem, self._chunk, compiled),
            )
            for members in _groups(self._variants, *X.shape)
        ]
        self._losses = [np.zeros((0, len(variants)))]
        self.epochs_run = 0

    @property
    def losses(self) -> np.ndarray:
        """The loss of each epoch and variant as ``fit``'s history has it.

        Shape (epochs_run, n_variants): the mean over an epoch's batches, penalty included, while
        the weights move. Equal to ``fit``'s to the rounding of float32.
        """
        return np.concatenate(self._losses)

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
        wanted = sorted({*snapshots, epochs})
        assert self.epochs_run <= wanted[0], f"{self.epochs_run} epochs are made already"
        assert wanted[-1] == epochs, f"a snapshot lies beyond the end, {epochs} epochs"
        found = {}
        for epoch in wanted:
            while self.epochs_run < epoch:
                n_epochs = min(self._chunk, epoch - self.epochs_run)
                self._run(n_epochs, epochs - self.epochs_run)
            found[epoch] = self._weights()
        return found

    def _run(self, n_epochs: int, ahead: int) -> None:
        """Make some epochs, of the epochs that are ahead."""
        orders = self._permutations.draw(n_epochs)
        losses = np.empty((n_epochs, len(self._variants)))
        for members, columns, stack in self._stacks:
            losses[:, members] = stack.run(orders, columns, ahead)
        self._losses.append(losses)
        self.epochs_run += n_epochs

    def _weights(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all variants' kernels and biases, as ``fit`` would leave them now."""
        start = self._variants[0]
        kernels = np.empty((len(self._variants), *start.kernel.shape))
        biases = np.empty((len(self._variants), *start.bias.shape))
        for members, _, stack in self._stacks:
            kernels[members], biases[members] = stack.weights()
        return kernels, biases


class Permutations:
    """The rows' order of each epoch, one for each distinct seed.

    Draws exactly those of ``keras_fit.Batches``: a generator of its own for each seed, shuffling
    its own order again and again.

    Parameters
    ----------
    n_samples : int
        Rows.
    seeds : sequence of int or None
        One a variant; ``None`` leaves the rows in their order.
    replay : bool
        Whether the first permutation serves all epochs.
    """

    def __init__(self, n_samples: int, seeds: Sequence[int | None], *, replay: bool) -> None:
        distinct = list(dict.fromkeys(seeds))
        #: Which of the orders is each variant's.
        self.columns = np.array([distinct.index(seed) for seed in seeds], dtype=np.int32)
        self._orders = np.tile(np.arange(n_samples, dtype=np.int32), (len(distinct), 1))
        shuffled = [
            (order, np.random.default_rng(seed))
            for order, seed in zip(self._orders, distinct, strict=True)
            if seed is not None
        ]
        if replay:
            for order, generator in shuffled:
                generator.shuffle(order)
        self._shuffled = [] if replay else shuffled

    def epochs_within(self, n_rows: int, most: int) -> int:
        """Return how many epochs' orders have at most ``n_rows`` entries; one at least."""
        return max(1, min(most, n_rows // self._orders.size))

    def draw(self, n_epochs: int) -> np.ndarray:
        """Return the orders of the next epochs, of shape (n_epochs, n_distinct, n_samples)."""
        drawn = np.empty((n_epochs, *self._orders.shape), dtype=np.int32)
        for epoch in range(n_epochs):
            for order, generator in self._shuffled:
                generator.shuffle(order)
            drawn[epoch] = self._orders
        return drawn


def _groups(variants: Sequence[Variant], n_samples: int, n_features: int) -> list[np.ndarray]:
    """Return the variants of each stack, as positions."""
    found: dict[Any, list[int]] = {}
    for index, variant in enumerate(variants):
        found.setdefault(stack_key(variant), []).append(index)
    groups = []
    for members in found.values():
        batch = min(variants[members[0]].batch_size, n_samples) * n_features
        most = max(1, GATHERED_A_STEP // batch)
        groups += [np.array(members[i : i + most]) for i in range(0, len(members), most)]
    return groups

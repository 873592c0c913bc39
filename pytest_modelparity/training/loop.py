"""Many trainings of one linear model at once, step by step in plain arrays.

Variants of one optimizer and its options, one batch size and one kind of objective form a group,
whose weights are one array: a step costs about the same for one variant as for ten. Kernel and
bias are packed together, the bias as the coefficient of a column of ones. Each variant has its own
matrix product and BLAS runs on one thread, so that its weights are the same to the last bit
whatever it is trained beside, and in every process of one machine.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

import numpy as np

from pytest_modelparity.progress import count
from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.rows.orders import shuffled_parts
from pytest_modelparity.training.batches import Permutations
from pytest_modelparity.training.group import Group, clip_of, group_key, settings_of
from pytest_modelparity.training.losses import encode_rows
from pytest_modelparity.training.problem import Problem, Variant
from pytest_modelparity.training.rows import Rows

#: Epochs whose permutations are drawn at a time, at most.
_EPOCHS_A_CALL = 64
#: Row numbers of these permutations, at most: 64 MB.
_ROWS_A_CALL = 2**23
#: Features of one step's batches, all variants together, at most: 80 MB; else more groups.
_GATHERED_A_STEP = 2 * 10**7


class Stack:
    """Variants of one linear model, trained together, each exactly as it would be alone.

    Parameters
    ----------
    problem : Problem
        What they are trained on.
    variants : sequence of Variant
        What is trained; each optimizer one that has a formula (`optimizers.formula_of`).
    losses : bool
        Whether the losses are wanted too; they cost about half as much again.
    """

    def __init__(
        self, problem: Problem, variants: Sequence[Variant], *, losses: bool = False
    ) -> None:
        self._problem, self._variants = problem, tuple(variants)
        self._permutations = Permutations(
            len(problem.y),
            [variant.seed for variant in variants],
            replay=problem.replay,
            parts=shuffled_parts(problem.X),
        )
        self._groups = self._grouped()
        self._losses = [np.zeros((0, len(variants)))] if losses else None
        self.epochs_run = 0

    @property
    def losses(self) -> np.ndarray:
        """The loss of each epoch and variant as ``fit``'s history has it.

        Shape (epochs_run, n_variants): the mean over an epoch's batches, penalty included, while
        the weights move. Equal to ``fit``'s to the rounding of float32.
        """
        assert self._losses is not None, "no losses were asked for"
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
        return dict(zip(wanted, self.on_the_way(wanted), strict=True))

    def on_the_way(self, epochs: Sequence[int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield kernels and biases, as `train` returns them, after each of some ascending epochs.

        None of them is kept: whoever looks often need not hold all that was seen.
        """
        for epoch in epochs:
            self._train_to(epoch, epochs[-1])
            yield self._weights()

    @single_threaded
    def _train_to(self, epochs: int, of: int) -> None:
        """Make the epochs up to ``epochs`` in all, of those that are wanted."""
        at_once = self._permutations.epochs_within(_ROWS_A_CALL, _EPOCHS_A_CALL)
        while self.epochs_run < epochs:
            # A group makes all these epochs before the next one begins: its arrays stay in cache.
            n_epochs = min(at_once, epochs - self.epochs_run)
            losses = np.zeros((n_epochs, len(self._variants)))
            orders = self._permutations.draw(n_epochs)
            for members, group in self._groups:
                of_group = None if self._losses is None else losses[:, members]
                group.run(orders, of_group)
                if of_group is not None:
                    # What was indexed by positions is a copy.
                    losses[:, members] = of_group
            if self._losses is not None:
                self._losses.append(losses)
            self.epochs_run += n_epochs
            count(self.epochs_run, of, "epoch")

    def _weights(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all variants' kernels and biases, as ``fit`` would leave them now."""
        start = self._variants[0].start
        # In float64, which whoever judges them computes in.
        kernels = np.empty((len(self._variants), *start.kernel.shape))
        biases = np.empty((len(self._variants), *start.bias.shape))
        for members, group in self._groups:
            kernels[members], biases[members] = group.weights()
        return kernels, biases

    def _grouped(self) -> list[tuple[np.ndarray, Group]]:
        """Return the groups, with the positions of their variants."""
        problem, n_features = self._problem, self._problem.X.shape[1]
        # Variants of one seed stand side by side, so that a product can share their rows.
        alike: dict[Hashable, list[int]] = {}
        for index, variant in enumerate(self._variants):
            alike.setdefault(group_key(problem, variant), []).append(index)
        encoded: dict[Hashable, Rows] = {}
        groups = []
        for positions in alike.values():
            columns = self._permutations.columns
            positions.sort(key=lambda index: columns[index])
            first = self._variants[positions[0]]
            rows = self._encoded(first, encoded)
            batch = min(first.batch_size, len(problem.y)) * n_features
            # Of rows that are not held a step is gathered in pieces, and once for all variants.
            held = isinstance(problem.X, np.ndarray)
            most = max(1, _GATHERED_A_STEP // batch) if held else len(positions)
            for start in range(0, len(positions), most):
                members = np.array(positions[start : start + most])
                variants = [self._variants[member] for member in members]
                groups.append((members, Group(problem, rows, variants, columns[members])))
        return groups

    def _encoded(self, variant: Variant, encoded: dict[Hashable, Rows]) -> Rows:
        """Return the rows as a variant's loss needs them; one encoding serves all alike."""
        problem = self._problem
        settings, clip = settings_of(problem, variant), clip_of(problem, variant)
        key = (
            settings.output_head,
            settings.label_smoothing,
            settings.fit_intercept,
            settings.binary_weight,
            clip,
        )
        if key not in encoded:
            encoded[key] = encode_rows(problem, settings, clip)
        return encoded[key]

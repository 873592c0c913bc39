"""The plain training loop: what users of torch write, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.torch.losses import CATEGORICAL, OTHER, TorchLoss
from pytest_modelparity.frameworks.torch.session import torch_state_kept
from pytest_modelparity.progress import count
from pytest_modelparity.theory.clock import OutOfTimeError, next_step
from pytest_modelparity.training.batches import Permutations

#: What is added to the loss of a batch.
Penalty = Callable[[], torch.Tensor]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoopRows:
    """What a loop is trained on.

    Parameters
    ----------
    X : Tensor of shape (n_rows, n_features)
        In the module's floating type.
    targets : Tensor
        As the loss needs them.
    weights : Tensor of shape (n_rows,), optional
        Of the rows.
    """

    X: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor | None

    def part(self, rows: torch.Tensor) -> LoopRows:
        """Return some of the rows."""
        weights = None if self.weights is None else self.weights[rows]
        return LoopRows(X=self.X[rows], targets=self.targets[rows], weights=weights)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loop:
    """A module with all that trains it; the module is trained in place.

    Parameters
    ----------
    module : torch.nn.Module
        At its start.
    optimizer : torch.optim.Optimizer
        Of its parameters.
    loss : TorchLoss
        As read.
    rows : LoopRows
        What it is trained on.
    batch_size : int
        Rows a step.
    seed : int, optional
        Of the permutations; ``None``: the rows stay in their order.
    scheduler : LRScheduler, optional
        Stepped after every batch.
    penalty : callable, optional
        What is added to the loss.
    """

    module: torch.nn.Module
    optimizer: torch.optim.Optimizer
    loss: TorchLoss
    rows: LoopRows
    batch_size: int
    seed: int | None
    scheduler: torch.optim.lr_scheduler.LRScheduler | None = None
    penalty: Penalty | None = None

    def train(self, epochs: int, look: Callable[[int], None] | None = None) -> float:
        """Make so many epochs, and return the seconds that they took.

        Parameters
        ----------
        look : callable, optional
            Called with the number of each epoch that was made.

        Raises
        ------
        ModelParityError
            If torch cannot train it; the message holds what torch says.
        """
        began, n_rows = time.perf_counter(), len(self.rows.X)
        # The orders of the array loop, so that weights may be compared with its own.
        orders = Permutations(n_rows, [self.seed], replay=False)
        self.module.train()
        try:
            with torch_state_kept(self.seed or 0):
                for epoch in range(1, epochs + 1):
                    order = torch.from_numpy(orders.draw(1)[0, 0].astype(np.int64))
                    for batch in order.split(self.batch_size):
                        self._step(self.rows.part(batch))
                    count(epoch, epochs, "epoch")
                    if look is not None:
                        look(epoch)
                    if epoch < epochs:
                        next_step()
        except OutOfTimeError:
            raise
        # torch raises all kinds; a training that failed is no divergence.
        except Exception as error:
            raise ModelParityError(
                f"the candidate could not be trained: torch raised {type(error).__name__}: {error}"
            ) from error
        finally:
            self.module.eval()
        return time.perf_counter() - began

    def _step(self, batch: LoopRows) -> None:
        """Make one step."""

        def closure() -> torch.Tensor:
            self.optimizer.zero_grad()
            value = self.value(batch)
            value.backward()
            return value

        # Only L-BFGS asks for the loss several times.
        self.optimizer.step(closure)
        if self.scheduler is not None:
            self.scheduler.step()

    def value(self, batch: LoopRows) -> torch.Tensor:
        """Return loss and penalty of a batch."""
        value = self.loss.value(self.module(batch.X), batch.targets, batch.weights)
        return value if self.penalty is None else value + self.penalty()


def targets_of(
    y: np.ndarray, shape: Sequence[int], loss: TorchLoss, dtype: torch.dtype
) -> torch.Tensor:
    """Return class codes, or numbers, as a loss needs them beside outputs of a shape."""
    width = 1 if len(shape) == 1 else int(shape[1])
    if loss.kind == CATEGORICAL or (loss.kind == OTHER and width > 1):
        return torch.as_tensor(y.astype(np.int64))
    if width > 1:
        return torch.as_tensor(np.eye(width)[y]).to(dtype)
    numbers = torch.as_tensor(np.asarray(y, dtype=np.float64)).to(dtype)
    # A column against a row would be broadcast to a table.
    return numbers if len(shape) == 1 else numbers.reshape(-1, 1)

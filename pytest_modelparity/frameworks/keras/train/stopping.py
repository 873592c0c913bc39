"""Where ``EarlyStopping`` would end a training whose losses are known."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What ``fit`` would do.

    Parameters
    ----------
    epochs_run : int
        Epochs that it makes.
    weights_of : int
        The epoch at whose end the weights are the final ones: an earlier one where the best
        weights are restored.
    """

    epochs_run: int
    weights_of: int


def can_replay(callback: Any, optimizer: Any) -> bool:
    """Whether a callback's decisions follow from the training loss alone.

    Not for one that restores weights that the optimizer averages: ``fit`` restores those that
    were not averaged yet.
    """
    return (
        type(callback) is keras.callbacks.EarlyStopping
        and callback.monitor == "loss"
        and not (callback.restore_best_weights and optimizer.use_ema)
    )


def replay(callback: Any, losses: np.ndarray) -> Stop:
    """Return where a callback would end the training.

    The callback decides itself, a copy of it, told the epochs one by one. The losses are
    ``fit``'s to the rounding of float32 (`StackedTrainer.losses`): where two epochs differ by no
    more than 1e-6 of the loss, or miss ``min_delta`` or ``baseline`` by as little, ``fit`` may
    stop elsewhere. So this shortens a search, whose result is to be trained for real.

    Parameters
    ----------
    callback : keras.callbacks.EarlyStopping
        One that `can_replay`; not changed.
    losses : ndarray of shape (n_epochs,)
        Of one variant; ``epochs_run`` equals their number where the callback lets all pass.
    """
    model, callback = _Epochs(), copy.copy(callback)
    callback.verbose = 0
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        model.epoch = epoch + 1
        # Keras's history has the float that a float32 becomes.
        callback.on_epoch_end(epoch, {"loss": float(np.float32(loss))})
        if model.stop_training:
            break
    epochs_run = model.epoch
    callback.on_train_end()
    return Stop(epochs_run=epochs_run, weights_of=model.epoch)


class _Epochs:
    """What a callback sees as the model: its weights are the number of the epoch."""

    def __init__(self) -> None:
        self.stop_training = False
        self.epoch = 0

    def get_weights(self) -> list[int]:
        """Return the epoch, as weights to be restored later."""
        return [self.epoch]

    def set_weights(self, weights: list[int]) -> None:
        """Go back to an epoch."""
        (self.epoch,) = weights

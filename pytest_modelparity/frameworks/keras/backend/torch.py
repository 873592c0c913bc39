"""What is done in torch itself: gradients, random state and arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import torch

from pytest_modelparity.frameworks.keras.backend.steps import EPOCHS_OF_ALL_ROWS, AllEpochs
from pytest_modelparity.sides.random_state import global_state_kept

NAME = "torch"
#: `torch.clip` passes all of a gradient at its bounds.
CLIP_EDGE: float | None = 1.0
SLOPE_AT_ZERO = 0.0

one_long_epoch = AllEpochs
FULL_BATCH = EPOCHS_OF_ALL_ROWS


@contextmanager
def random_state_kept(seed: int | None = None) -> Iterator[None]:
    """Put all global random states back afterwards; seed Python's and numpy's where asked."""
    # `fit` shuffles by torch's global generator on the processor (keras 3.15, array_data_adapter).
    with torch.random.fork_rng(devices=()), global_state_kept(seed):
        yield


def replays_one_permutation() -> bool:
    """Return False: every epoch draws another order, whatever was seeded (measured)."""
    return False


def array(value: Any) -> np.ndarray:
    """Return a variable or a tensor as an array of its own."""
    tensor = value.value if isinstance(value, keras.Variable) else value
    if not torch.is_tensor(tensor):
        return np.asarray(tensor)
    tensor = tensor.detach().cpu()
    # numpy has no bfloat16.
    tensor = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
    # Keras assigns in place, and a tensor's array shares its memory.
    copied: np.ndarray = tensor.numpy().copy()
    return copied


def loss_and_gradients(
    model: keras.Model,
    variables: Sequence[keras.Variable],
    rows: tuple[np.ndarray, np.ndarray],
    *,
    training: bool,
) -> tuple[float, list[np.ndarray | None]]:
    """Return a compiled model's loss and its gradients by some trainable variables."""
    X, targets = (
        keras.ops.convert_to_tensor(rows[0], "float32"),
        keras.ops.convert_to_tensor(rows[1]),
    )
    more = {"training": True} if training else {}
    loss = model.compute_loss(x=X, y=targets, y_pred=model(X, training=training), **more)
    value = float(loss.detach())
    if not loss.requires_grad:
        return value, [None] * len(variables)
    owned = [variable.value for variable in variables]
    gradients = torch.autograd.grad(loss, owned, allow_unused=True)
    return value, [None if item is None else array(item) for item in gradients]


def steps_a_call(total: int) -> int:
    """Return 1: Keras refuses more on torch (``steps_per_execution``, keras 3.15)."""
    return 1

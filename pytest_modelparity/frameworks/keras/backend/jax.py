"""What is done in JAX itself: gradients and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import keras
import numpy as np

from pytest_modelparity.frameworks.keras.backend.steps import EPOCHS_OF_ALL_ROWS, AllEpochs
from pytest_modelparity.sides.random_state import global_state_kept

NAME = "JAX"
#: `jnp.clip` is a minimum of a maximum, and JAX shares the slope of equal arguments (measured).
CLIP_EDGE: float | None = 0.5
#: JAX takes it from the right (jax 0.10, `lax.abs_p`).
SLOPE_AT_ZERO = 1.0

# ``fit`` shuffles by numpy's global generator, and JAX keeps no random state of its own.
random_state_kept = global_state_kept
one_long_epoch = AllEpochs
FULL_BATCH = EPOCHS_OF_ALL_ROWS


def replays_one_permutation() -> bool:
    """Return False: every epoch draws another order, whatever was seeded (measured)."""
    return False


def array(value: Any) -> np.ndarray:
    """Return a variable or a tensor as an array of its own."""
    # JAX gives the memory of what a training begins with away (``donate_argnums``): whoever shares
    # it, be it another variable, has lost its values then.
    return np.array(value.value if isinstance(value, keras.Variable) else value)


def loss_and_gradients(
    model: keras.Model,
    variables: Sequence[keras.Variable],
    rows: tuple[np.ndarray, np.ndarray],
    *,
    training: bool,
) -> tuple[float, list[np.ndarray | None]]:
    """Return a compiled model's loss and its gradients by some trainable variables."""
    X, targets = keras.ops.convert_to_tensor(rows[0], "float32"), jax.numpy.asarray(rows[1])
    more = {"training": True} if training else {}

    def loss(values: list[Any]) -> Any:
        # Penalties and losses of layers are collected in the scope, as in Keras's own `fit`.
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(mapping, collect_losses=True):
            y_pred = model(X, training=training)
            return model.compute_loss(x=X, y=targets, y_pred=y_pred, **more)

    value, gradients = jax.value_and_grad(loss)([variable.value for variable in variables])
    # A variable that the loss ignores has a gradient of zeros here.
    return float(value), [np.asarray(gradient) for gradient in gradients]


def steps_a_call(total: int) -> int:
    """Return 1: a step costs Keras 0.5 ms here, and nothing of that is saved in longer calls."""
    return 1

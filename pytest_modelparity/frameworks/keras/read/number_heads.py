"""The heads of one number: how Keras spells each, and what its loss is beside the canonical one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from scipy.special import xlogy


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberHead:
    """An output head of numbers (`theory.losses`) in Keras.

    Parameters
    ----------
    activation : str
        Of the last layer.
    loss : type
        Its stock loss.
    function : str
        The name of that loss's function.
    kind : str
        As `CompiledLoss` has it.
    short : str
        What a user writes for the loss.
    words : str
        The loss in words.
    factor : float
        How many times the canonical loss Keras's is.
    constant : callable
        What the canonical loss of targets (n,) has beside that (n,), whatever the parameters.
    """

    activation: str
    loss: type[keras.losses.Loss]
    function: str
    kind: str
    short: str
    words: str
    factor: float
    constant: Callable[[np.ndarray], np.ndarray]

    @property
    def layer(self) -> str:
        """The layer that a user writes."""
        linear = self.activation == "linear"
        return "Dense(1)" if linear else f'Dense(1, activation="{self.activation}")'


#: By the name of the output head (keras 3.15, losses/losses.py): ``mean_squared_error`` has no ½,
#: and ``poisson``, ``p - y log(p + 1e-7)``, lacks what of the deviance depends on y alone.
NUMBER_HEADS = {
    "identity": NumberHead(
        activation="linear",
        loss=keras.losses.MeanSquaredError,
        function="mean_squared_error",
        kind="squared",
        short="mse",
        words="squared error",
        factor=2.0,
        constant=np.zeros_like,
    ),
    "exponential": NumberHead(
        activation="exponential",
        loss=keras.losses.Poisson,
        function="poisson",
        kind="poisson",
        short="poisson",
        words="Poisson loss",
        factor=1.0,
        constant=lambda y: np.asarray(xlogy(y, y) - y),
    ),
}


def head_of_kind(kind: str) -> str:
    """Return the output head that a kind of loss belongs to; nothing for one of classes."""
    return next((name for name, head in NUMBER_HEADS.items() if head.kind == kind), "")

"""Losses that take logits in place of probabilities."""

from __future__ import annotations

import keras

from pytest_modelparity.frameworks.keras.read.loss import CompiledLoss

_CLASSES = {
    "binary": keras.losses.BinaryCrossentropy,
    "categorical": keras.losses.CategoricalCrossentropy,
    "sparse": keras.losses.SparseCategoricalCrossentropy,
}


def on_logits(kind: str) -> type[keras.Loss]:
    """Return the class of a crossentropy, as `CompiledLoss` names its kind."""
    return _CLASSES[kind]


def loss_on_logits(loss: CompiledLoss) -> keras.Loss:
    """Return the same crossentropy of logits."""
    options = {"reduction": loss.reduction, "from_logits": True}
    # The one of class codes has none.
    if loss.label_smoothing:
        options["label_smoothing"] = loss.label_smoothing
    return on_logits(loss.kind)(**options)

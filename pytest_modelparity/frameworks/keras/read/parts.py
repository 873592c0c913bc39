"""A built Keras model beside what was read of it."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.read.loss import CompiledLoss, read_loss
from pytest_modelparity.frameworks.keras.read.model import LinearModel, read_linear_model
from pytest_modelparity.frameworks.keras.read.targets import encode_targets


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelParts:
    """A built model, its linear layer and its loss.

    Parameters
    ----------
    model : keras.Model
        Built.
    linear : LinearModel
        Its structure.
    loss : CompiledLoss, optional
        ``None``: it is not compiled.
    """

    model: keras.Model
    linear: LinearModel
    loss: CompiledLoss | None
    numbers: bool = False

    @property
    def loss_kind(self) -> str:
        """The kind of its loss, which says how labels are to be written."""
        return self.loss.kind if self.loss is not None else "other"

    def targets(self, y: np.ndarray, n_classes: int) -> np.ndarray:
        """Return class codes, or numbers, as its head and its loss need them."""
        linear = self.linear
        return encode_targets(
            y, n_classes, linear.width, self.loss_kind, unit_rows=linear.unit_rows
        )


def read_parts(model: keras.Model, n_features: int, *, numbers: bool = False) -> ModelParts:
    """Read structure and loss of a built model.

    Raises
    ------
    ModelParityError
        If it does not take rows of ``n_features`` features to one row of outputs, or was compiled
        without a loss, or with several, or with what Keras cannot write down.
    """
    _refuse_what_is_not_written(model)
    return ModelParts(
        model=model,
        linear=read_linear_model(model, n_features, numbers=numbers),
        loss=read_loss(model, numbers=numbers),
        numbers=numbers,
    )


def _refuse_what_is_not_written(model: keras.Model) -> None:
    """Refuse what Keras cannot describe: nothing of it could be read, copied or changed."""
    if not model.compiled:
        return
    try:
        model.get_compile_config()
    except NotImplementedError as error:
        raise ModelParityError(
            f"the candidate is compiled with what Keras cannot write down, and so nobody can read: "
            f"{str(error).splitlines()[0]}; give it get_config"
        ) from error

"""What the outputs of a module mean: probabilities, their logarithms, logits, numbers or labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.torch.affine import (
    IDENTITY,
    LOG_SIGMOID,
    LOG_SOFTMAX,
    SIGMOID,
    SOFTMAX,
    AffineMap,
    affine_map_of,
    sums_to_one,
)
from pytest_modelparity.frameworks.torch.running import copy_of, dtype_of, outputs_of
from pytest_modelparity.settings import ONE_VS_REST
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.theory.one_vs_rest import class_probabilities, normalised

#: What makes probabilities of outputs, by the link behind them.
PROBABILITIES, LOGARITHMS, LOGITS, NUMBERS = "probabilities", "logarithms", "logits", "numbers"
#: Sigmoids, one a class, or their logits, which their sum divides.
SIGMOIDS, SIGMOID_LOGITS = "sigmoids", "logits of sigmoids"
_MEANINGS = {
    IDENTITY: LOGITS,
    SIGMOID: PROBABILITIES,
    SOFTMAX: PROBABILITIES,
    LOG_SOFTMAX: LOGARITHMS,
    LOG_SIGMOID: LOGARITHMS,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadModule:
    """A copy of a module, and what was found out by asking it.

    Parameters
    ----------
    module : torch.nn.Module
        The copy, in ``eval()`` mode.
    affine : AffineMap, optional
        The linear map that it amounts to; ``None``: it is not linear.
    n_outputs : int
        Numbers that it puts out for a row.
    meaning : str
        ``"probabilities"``, ``"logarithms"`` of them, ``"logits"``, ``"numbers"``, or of one
        sigmoid a class ``"sigmoids"`` or ``"logits of sigmoids"``.
    data : Dataset
        What it is compared on.
    """

    module: torch.nn.Module
    affine: AffineMap | None
    n_outputs: int
    meaning: str
    data: Dataset

    def predict(self, X: Any) -> np.ndarray:
        """Return a column a class, or numbers, in float64."""
        predicted = self._probabilities(self._outputs(X)).astype(np.float64)
        if predicted.shape[1] == 1 and self.data.n_classes:
            return np.hstack([1.0 - predicted, predicted])
        return predicted

    def raw(self, X: Any) -> np.ndarray:
        """Return its probabilities, or numbers, in the floating type that it computes in."""
        outputs = self._outputs(X)
        return self._probabilities(outputs).astype(outputs.dtype)

    def _outputs(self, X: Any) -> np.ndarray:
        """Return its outputs, of shape (n_rows, n_outputs)."""
        outputs = outputs_of(self.module, self.data.matrix_of(X), dtype_of(self.module))
        return outputs.reshape(len(outputs), -1)

    def _probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probabilities of outputs; numbers as they are."""
        if self.meaning == LOGARITHMS:
            probabilities: np.ndarray = np.exp(outputs)
            return probabilities
        if self.meaning == LOGITS:
            return class_probabilities(outputs, self.data.n_classes, "")
        if self.meaning == SIGMOID_LOGITS:
            return class_probabilities(outputs, self.data.n_classes, ONE_VS_REST)
        if self.meaning == SIGMOIDS:
            return normalised(outputs)
        return outputs


def read_module(given: torch.nn.Module, data: Dataset) -> ReadModule:
    """Ask a copy of a module what it amounts to.

    Raises
    ------
    ModelParityError
        If it cannot be copied or called with rows, or puts out what the classes are not told by.
    """
    module = copy_of(given).eval()
    raw = outputs_of(module, data.held_rows, dtype_of(module))
    if data.n_classes and raw.dtype.kind != "f":
        raise ModelParityError(
            f"the candidate {type(given).__name__} returns labels ({raw.dtype}), which tell no "
            f"probabilities; return the outputs that argmax or a threshold is taken of"
        )
    outputs = raw.reshape(len(raw), -1).astype(np.float64)
    _check_width(type(given).__name__, outputs.shape[1], data.n_classes)
    affine = affine_map_of(module, data)
    meaning = NUMBERS
    if data.n_classes:
        linked = None if affine is None else _MEANINGS.get(affine.link)
        meaning = linked or _meaning_of(outputs)
    return ReadModule(
        module=module, affine=affine, n_outputs=outputs.shape[1], meaning=meaning, data=data
    )


def _check_width(name: str, width: int, n_classes: int) -> None:
    """Refuse outputs of which there are not as many as there are classes."""
    if width in ((1,) if not n_classes else (1, 2) if n_classes == 2 else (n_classes,)):
        return
    if not n_classes:
        raise ModelParityError(
            f"the candidate {name} must put out one number a row, got {width}; end it with one "
            f"output"
        )
    allowed = "1 or 2 outputs" if n_classes == 2 else f"{n_classes} outputs"
    raise ModelParityError(
        f"the candidate {name} must have {allowed} for {n_classes} classes, got {width}; change "
        f"out_features of its last layer"
    )


def _meaning_of(outputs: np.ndarray) -> str:
    """Return what outputs (n_rows, n_outputs) of a module that is not linear are."""
    several = outputs.shape[1] > 1
    if (outputs >= 0).all() and (outputs <= 1).all() and (not several or sums_to_one(outputs)):
        return PROBABILITIES
    if several and (outputs <= 0).all() and sums_to_one(np.exp(outputs)):
        return LOGARITHMS
    return LOGITS


def is_linear_model(read: ReadModule) -> bool:
    """Whether a module is a linear model as an objective has it: its head included."""
    if read.affine is None:
        return False
    # Numbers behind another link have the coefficients of that one's decision, and several
    # sigmoids are divided by their sum.
    if not read.data.n_classes:
        return read.affine.link == IDENTITY
    return not (read.affine.link == SIGMOID and read.n_outputs > 1)

"""A trained module of torch as a candidate: read where it is linear, else compared on outputs."""

from __future__ import annotations

import numpy as np
import torch

from pytest_modelparity.frameworks.torch.outputs import (
    LOGITS,
    ReadModule,
    is_linear_model,
    read_module,
)
from pytest_modelparity.frameworks.torch.words import module_words
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.opaque import OpaqueCandidate

#: What is not known of a module that came trained.
UNKNOWN = "only its weights can be seen: its settings are unknown"


class ModuleCandidate:
    """A module that was trained elsewhere; what its user passed is never run or changed.

    Parameters
    ----------
    given : torch.nn.Module
        Trained.
    data : Dataset
        What it is compared on.

    Raises
    ------
    ModelParityError
        If it cannot be copied, called with rows, or compared.
    """

    objective = None
    training = None

    def __init__(self, given: torch.nn.Module, data: Dataset) -> None:
        self._read, self._data = read_module(given, data), data
        self._title = f"torch {module_words(given)} ({_how(self._read)})"
        self._seen: OpaqueCandidate | None = None
        if not is_linear_model(self._read):
            self._seen = OpaqueCandidate(_Predictor(self._read), data, title=self._title)
            # Now, and remembered: the reference would be trained first.
            self._seen.check()

    def train(self) -> FittedModel:
        """Take the module as it is."""
        if self._seen is not None:
            return self._seen.train()
        affine = self._read.affine
        assert affine is not None
        return FittedModel(
            settings=ModelSettings(framework="torch", model=self._title, unmodelled=(UNKNOWN,)),
            predict=self._read.predict,
            coef=affine.coef,
            intercept=affine.intercept,
        )

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> None:
        """Return nothing: which weights of a module its map is made of is not asked."""


def _how(read: ReadModule) -> str:
    """Return how a module was taken, in words."""
    logits = ", its outputs read as logits" if read.meaning == LOGITS else ""
    return f"taken as trained{logits}"


class _Predictor:
    """A module as something that predicts."""

    def __init__(self, read: ReadModule) -> None:
        self.predict_proba = self.predict = read.raw

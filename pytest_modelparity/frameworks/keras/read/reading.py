"""A built Keras model, read: structure, loss, settings, and whether it does what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from pytest_modelparity.frameworks.keras.fingerprint import THRESHOLD, fingerprint_mismatch
from pytest_modelparity.frameworks.keras.read.model import (
    CompiledLoss,
    LinearModel,
    check_head,
    link_of,
    read_linear_model,
    read_loss,
)
from pytest_modelparity.frameworks.keras.read.settings import (
    read_objective,
    read_settings,
    read_training,
)
from pytest_modelparity.frameworks.keras.train.fit import DEFAULT_BATCH_SIZE, FitArguments
from pytest_modelparity.settings import ModelSettings, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What was read of a built model."""

    linear: LinearModel
    loss: CompiledLoss | None
    link: str
    settings: ModelSettings

    @property
    def objective(self) -> ObjectiveSettings | None:
        """The canonical objective, where it is modelled."""
        return self.settings.objective


def read_candidate(
    model: Any, data: Dataset, arguments: FitArguments | None, sample_weight: np.ndarray | None
) -> Reading:
    """Read structure, loss and settings; check them against what the model does.

    Parameters
    ----------
    model : keras.Model
        Built.
    data : Dataset
        What it is trained on.
    arguments : FitArguments, optional
        How.
    sample_weight : ndarray of shape (n_samples,), optional
        Its per-row weights, class weights not included.

    Raises
    ------
    ModelParityError
        If the head cannot predict the classes, or nothing tells the link of its output.
    """
    linear, loss = read_linear_model(model, data.n_features), read_loss(model)
    check_head(linear, loss, data.n_classes)
    link = link_of(linear, loss)
    objective = read_objective(
        model,
        linear,
        loss,
        batch_size=rows_a_step(arguments, data),
        arguments=arguments,
        sample_weight=sample_weight is not None,
        n_samples=data.n_samples,
    )
    unmodelled = [*linear.unmodelled, *_unmodelled(model, linear, loss)]
    if objective is not None and loss is not None:
        mismatch = fingerprint_mismatch(model, linear, loss, objective, data)
        if not mismatch <= THRESHOLD or unmodelled:
            objective = None
        if not mismatch <= THRESHOLD:
            unmodelled.append(
                f"the compiled loss or its gradient is {mismatch:.2g} away from log-loss plus "
                f"penalty as its settings say: it has a term that is not modelled"
            )
    training = read_training(model, linear, arguments)
    settings = read_settings(model, linear, loss, objective, training, data, tuple(unmodelled))
    return Reading(linear=linear, loss=loss, link=link, settings=settings)


def rows_a_step(arguments: FitArguments | None, data: Dataset) -> int:
    """Return the rows of a full batch."""
    rows = arguments.rows_used(data.n_samples) if arguments else data.n_samples
    return min(batch_size_of(arguments), rows)


def batch_size_of(arguments: FitArguments | None) -> int:
    """Return the rows a step."""
    return arguments.batch_size if arguments else DEFAULT_BATCH_SIZE


def _unmodelled(model: Any, linear: LinearModel, loss: CompiledLoss | None) -> list[str]:
    """Return what keeps the objective from being read, beside the layers."""
    found = list(loss.unmodelled) if loss else []
    if loss is None:
        found.append("the model is not compiled: its objective cannot be read")
    elif loss.kind == "other":
        found.append(f"the loss {loss.name} is not a log-loss")
    elif linear.activation == "linear" and not loss.from_logits:
        found.append(
            f"the output is linear but {loss.name} has from_logits=False: what the model gives "
            f"are no probabilities"
        )
    if type(model).train_step is not keras.Model.train_step:
        found.append("the model has a train_step of its own")
    return found

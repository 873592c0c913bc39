"""A built Keras model, read: structure, loss, settings, and whether it does what they say."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from pytest_modelparity.frameworks.keras.fingerprint import THRESHOLD, fingerprint_mismatch
from pytest_modelparity.frameworks.keras.read.arguments import DEFAULT_BATCH_SIZE, FitArguments
from pytest_modelparity.frameworks.keras.read.callbacks import with_callbacks
from pytest_modelparity.frameworks.keras.read.head import (
    check_head,
    link_of,
    what_is_no_head,
)
from pytest_modelparity.frameworks.keras.read.loss import CompiledLoss
from pytest_modelparity.frameworks.keras.read.model import LinearModel
from pytest_modelparity.frameworks.keras.read.number_heads import NUMBER_HEADS, head_of_kind
from pytest_modelparity.frameworks.keras.read.objective import read_objective
from pytest_modelparity.frameworks.keras.read.parts import ModelParts
from pytest_modelparity.frameworks.keras.read.settings import read_settings, read_training
from pytest_modelparity.settings import ModelSettings, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What was read of a built model.

    Parameters
    ----------
    parts : ModelParts
        The model, its layer and its loss.
    link : str
        How outputs become probabilities, as `head.link_of` names it.
    settings : ModelSettings
        By meaning.
    """

    parts: ModelParts
    link: str
    settings: ModelSettings

    @property
    def linear(self) -> LinearModel:
        """Its structure."""
        return self.parts.linear

    @property
    def loss(self) -> CompiledLoss | None:
        """Its loss; ``None``: it is not compiled."""
        return self.parts.loss

    @property
    def objective(self) -> ObjectiveSettings | None:
        """The canonical objective, where it is modelled."""
        return self.settings.objective


def read_candidate(
    parts: ModelParts,
    data: Dataset,
    arguments: FitArguments | None,
    sample_weight: np.ndarray | None,
) -> Reading:
    """Read the settings of a model, and check them against what the model does.

    Parameters
    ----------
    parts : ModelParts
        The built model.
    data : Dataset
        What it is trained on.
    arguments : FitArguments, optional
        How.
    sample_weight : ndarray of shape (n_samples,), optional
        Its per-row weights, class weights not included.

    Raises
    ------
    ModelParityError
        If the head cannot predict the classes, or the link of its output cannot be known.
    """
    check_head(parts.linear, parts.loss, data.n_classes)
    link = link_of(parts.linear, parts.loss, data.n_classes)
    objective = read_objective(
        parts,
        batch_size=rows_a_step(arguments, data),
        arguments=arguments,
        sample_weight=sample_weight is not None,
        n_samples=data.n_samples,
    )
    unmodelled = [*parts.linear.unmodelled, *_unmodelled(parts)]
    if objective is not None and objective.output_head == "exponential" and data.y.min() < 0:
        # Its minimum may be at minus infinity, and no theorem is about it.
        unmodelled.append("the Poisson loss is one of numbers >= 0, and y holds a negative one")
        objective = None
    if objective is not None:
        # What was read is checked, not trusted: add_loss, a custom call or a subclass can add terms
        # that no attribute shows.
        mismatch = fingerprint_mismatch(parts, objective, data)
        # A NaN is a mismatch.
        if not mismatch <= THRESHOLD or unmodelled:
            objective = None
        if not mismatch <= THRESHOLD:
            unmodelled.append(
                f"the compiled loss or its gradient is {mismatch:.2g} away from {_stock(parts)} "
                f"plus penalty as its settings say: it has a term that is not modelled"
            )
    training = read_training(parts, arguments)
    settings = read_settings(parts, objective, training, data, tuple(unmodelled))
    return Reading(parts=parts, link=link, settings=with_callbacks(settings, arguments))


def rows_a_step(arguments: FitArguments | None, data: Dataset) -> int:
    """Return the rows of one optimizer step; a short last batch has fewer."""
    rows = arguments.rows_used(data.n_samples) if arguments else data.n_samples
    # A batch that is larger than the data holds all rows.
    return min(batch_size_of(arguments), rows)


def batch_size_of(arguments: FitArguments | None) -> int:
    """Return ``batch_size`` as asked for, or Keras's default."""
    return arguments.batch_size if arguments else DEFAULT_BATCH_SIZE


def _stock(parts: ModelParts) -> str:
    """Return the loss that is modelled, in words."""
    head = head_of_kind(parts.loss_kind)
    return f"the {NUMBER_HEADS[head].words}" if head else "log-loss"


def _unmodelled(parts: ModelParts) -> list[str]:
    """Return what keeps the objective from being read, beside the layers."""
    loss, head = parts.loss, head_of_kind(parts.loss_kind)
    sentences = list(loss.unmodelled) if loss else []
    if loss is None:
        sentences.append("the model is not compiled: its objective cannot be read")
    elif loss.kind == "other":
        known = " or ".join(f"the {head.words}" for head in NUMBER_HEADS.values())
        sentences.append(f"the loss {loss.name} is not {known if parts.numbers else 'a log-loss'}")
    elif head:
        activation = parts.linear.activation
        # Of a model that is not linear its layers were named.
        if parts.linear.linear and activation != NUMBER_HEADS[head].activation:
            sentences.append(f"the output goes through {activation!r} beside the loss {loss.name}")
    elif why := what_is_no_head(parts.linear, loss):
        sentences.append(why)
    elif parts.linear.activation == "linear" and not loss.from_logits:
        sentences.append(
            f"the output is linear but {loss.name} has from_logits=False: what the model gives "
            f"are no probabilities"
        )
    # The fingerprint evaluates compute_loss, which such a step need not call.
    if type(parts.model).train_step is not keras.Model.train_step:
        sentences.append("the model has a train_step of its own")
    return sentences

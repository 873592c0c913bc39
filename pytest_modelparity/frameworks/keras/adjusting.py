"""A Keras candidate's objective: changed to another one, read under a custom loss, minimised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import keras

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras import internals
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.copying import metrics_of
from pytest_modelparity.frameworks.keras.build.model import Style, build_linear_model
from pytest_modelparity.frameworks.keras.build.optimizer import clone_optimizer
from pytest_modelparity.frameworks.keras.read.arguments import FitArguments
from pytest_modelparity.frameworks.keras.read.head import (
    NORMALISE,
    head_of_loss,
    stock_loss_of,
    what_is_no_head,
)
from pytest_modelparity.frameworks.keras.read.loss import CompiledLoss
from pytest_modelparity.frameworks.keras.read.model import LinearModel, read_linear_model
from pytest_modelparity.frameworks.keras.read.number_heads import NUMBER_HEADS, head_of_kind
from pytest_modelparity.frameworks.keras.read.objective import as_if_stock
from pytest_modelparity.frameworks.keras.read.parts import read_parts
from pytest_modelparity.frameworks.keras.read.penalty import hidden_l2, without_decay
from pytest_modelparity.frameworks.keras.read.reading import Reading, read_candidate
from pytest_modelparity.frameworks.keras.read.settings import objective_words
from pytest_modelparity.frameworks.keras.train.callbacks import arguments_for
from pytest_modelparity.frameworks.keras.train.own_optimum import train_to_its_optimum
from pytest_modelparity.frameworks.keras.train.setup import Setup
from pytest_modelparity.frameworks.keras.write.changes import changes_between
from pytest_modelparity.frameworks.steps.setup import Starts
from pytest_modelparity.report.parts import Change
from pytest_modelparity.settings import ModelSettings, ObjectiveSettings
from pytest_modelparity.sides.candidate import Candidate, candidate_change
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.sides.weights import same_weights


class KerasAdjustable:
    """The objective of a Keras candidate.

    Parameters
    ----------
    setup : Setup
        The candidate.
    make : callable
        Makes a candidate of another setup.
    """

    def __init__(self, setup: Setup, make: Callable[[Setup], Candidate]) -> None:
        self._setup, self._make = setup, make

    def repaired(self, wanted: SideObjective) -> tuple[Candidate, tuple[Change, ...]] | None:
        """Return the candidate with its objective settings changed, and what was changed.

        Optimizer, ``fit`` arguments, starting weights and the kind of output stay. ``None`` where
        it is not linear.
        """
        setup, objective = self._setup, wanted.settings
        # A mean by weight over rows and units is no mean over the rows by their weight.
        if objective.binary_weight is not None and objective.weights_normalised:
            return None
        now, changes = self._objective_and_what_hides_it(objective.output_head)
        if now is None:
            return None
        arguments, of_arguments = arguments_for(
            setup.arguments, wanted, metrics=metrics_of(setup.start) is not None
        )
        # From the candidate's own starts: a repair must not owe its success to a luckier start.
        starts = Starts(
            lambda number: self._rebuilt(objective, setup.starts(number)),
            alike=setup.starts.alike,
        )
        reading = _read(setup, starts, arguments, wanted)
        repaired = replace(
            setup,
            starts=starts,
            arguments=arguments,
            sample_weight=wanted.sample_weight,
            reading=reading,
        )
        dense, model = setup.reading.linear.dense, setup.start
        both_weigh = objective.sample_weight and now.sample_weight
        if both_weigh and not same_weights(setup.sample_weight, wanted.sample_weight):
            changes.append(
                candidate_change("sample_weight", "fit(..., sample_weight=sample_weight)")
            )
        if _policy(dense, objective) != dense.dtype_policy.name:
            changes.append(candidate_change("dtype", 'dtype="float32"'))
        if any(hidden_l2(model, dense)):
            # First, since the others are counted from an objective without the decay.
            changes.insert(0, candidate_change("weight_decay", "weight_decay=None"))
            now = without_decay(now, model, dense)
        if now.output_head != objective.output_head:
            # Another head comes with its own activation and loss.
            changes = [one for one in changes if not one.text.startswith(("loss=", "activation="))]
        changes += [*changes_between(now, objective, setup.data), *of_arguments]
        return self._make(repaired), tuple(changes)

    def as_modelled(self) -> ModelSettings | None:
        """Return its settings with the log-loss for a loss that is not modelled."""
        reading, own = self._setup.reading, self._setup.reading.settings
        head = head_of_kind(reading.parts.loss_kind) or "identity"
        if reading.linear.activation == "exponential":
            head = "exponential"
        # No objective of counts is one of negative numbers.
        if self._setup.data.y.min() < 0:
            head = "identity"
        objective = self._objective_and_what_hides_it(head)[0]
        if objective is None:
            return None
        words = objective_words(objective, self._setup.data)
        return replace(own, objective=objective, written={**own.written, **words})

    def own_optimum(self) -> FittedModel | None:
        """Return the minimiser of the model's own loss, modelled or not; ``None``: there is none.

        Without a model of the loss there is no certificate either.
        """
        reading = self._setup.reading
        if not reading.linear.linear or reading.loss is None:
            return None
        try:
            return train_to_its_optimum(self._setup)
        # A frozen layer, say: no optimum to compare with, but no reason to stop the check either.
        except ModelParityError:
            return None

    def _objective_and_what_hides_it(
        self, of_numbers: str
    ) -> tuple[ObjectiveSettings | None, list[Change]]:
        """Return the objective, or that of the stock loss and how to get there.

        ``of_numbers``: the head whose stock loss that is, where numbers are predicted.
        """
        setup, reading = self._setup, self._setup.reading
        loss, linear = reading.loss, reading.linear
        if reading.objective is not None or loss is None:
            return reading.objective, []
        now = as_if_stock(
            reading.parts,
            setup.arguments,
            sample_weight=setup.sample_weight is not None,
            n_samples=setup.data.n_samples,
            of_numbers=of_numbers if reading.parts.numbers else "",
        )
        if reading.parts.numbers:
            return now, self._of_numbers(now, of_numbers)
        if linear.activation == "linear" and not loss.from_logits:
            softmax = head_of_loss(loss.kind, linear.n_outputs) == "softmax"
            head = "softmax" if softmax else "sigmoid"
            return now, [candidate_change("output_head", f'activation="{head}"')]
        if head_change := _to_a_head(linear, loss):
            return now, [head_change]
        options = _without_options(linear) if now is not None else []
        # The log-loss whose labels the head takes as they are.
        kind = stock_loss_of(linear, loss)
        stock = "binary" if kind == "binary" and not linear.pair else "sparse_categorical"
        return now, options or [candidate_change("loss", f'loss="{stock}_crossentropy"')]

    def _of_numbers(self, now: ObjectiveSettings | None, name: str) -> list[Change]:
        """Return what hides the stock loss of a model of numbers."""
        linear, loss = self._setup.reading.linear, self._setup.reading.loss
        head = NUMBER_HEADS[name]
        own_loss = loss is not None and loss.kind == head.kind
        if linear.activation != head.activation:
            # A head is its activation and its loss.
            text = f'activation="{head.activation}"' + f', loss="{head.short}"' * (not own_loss)
            return [candidate_change("output_head", text)]
        options = _without_options(linear) if now is not None else []
        return options or [candidate_change("loss", f'loss="{head.short}"')]

    def _rebuilt(self, objective: ObjectiveSettings, start: keras.Model) -> keras.Model:
        """Return a stock model of another objective, with the start's weights where they fit."""
        setup, reading = self._setup, self._setup.reading
        dense = reading.linear.dense
        style = Style(
            output="probability" if reading.link in ("none", NORMALISE) else "logits",
            optimizer=_optimizer_without_hidden_l2(start.optimizer),
            dtype=_policy(dense, objective),
            initializer=dense.kernel_initializer,
            # EarlyStopping cannot tell by itself whether an accuracy is to rise or to fall.
            metrics=metrics_of(start) if setup.has_callbacks else None,
        )
        with BACKEND.random_state_kept(setup.seed or 0):
            model = build_linear_model(
                objective, setup.data.n_features, setup.data.n_classes, style
            )
        old, new = (
            read_linear_model(item, setup.data.n_features, numbers=not setup.data.n_classes).dense
            for item in (start, model)
        )
        # Another head has another shape, and keeps what its initializer drew.
        if old.kernel.shape == new.kernel.shape:
            new.kernel.assign(BACKEND.array(old.kernel))
            if old.use_bias and new.use_bias:
                new.bias.assign(BACKEND.array(old.bias))
        return model


def _to_a_head(linear: LinearModel, loss: CompiledLoss) -> Change | None:
    """Return how outputs become probabilities for their loss; nothing where they are."""
    if not what_is_no_head(linear, loss):
        return None
    if linear.activation == "softmax":
        return candidate_change("loss", 'loss="categorical_crossentropy"')
    if loss.kind in ("categorical", "sparse"):
        # The loss makes a softmax of logits by itself.
        text = "activation=None" if loss.from_logits else 'activation="softmax"'
        return candidate_change("output_head", text)
    text = 'activation="softmax", loss="sparse_categorical_crossentropy"'
    return candidate_change("output_head", text)


def _without_options(linear: LinearModel) -> list[Change]:
    """Return how a layer loses what makes its loss another one."""
    return [
        candidate_change("loss", f"{option}=None")
        for option in ("kernel_constraint", "bias_constraint", "activity_regularizer")
        if getattr(linear.dense, option, None) is not None
    ]


def _read(
    setup: Setup, starts: Starts[keras.Model], arguments: FitArguments | None, wanted: SideObjective
) -> Reading:
    """Return what is read of the changed model."""
    parts = read_parts(starts(0), setup.data.n_features, numbers=not setup.data.n_classes)
    reading = read_candidate(parts, setup.data, arguments, wanted.sample_weight)
    # Without ``fit`` arguments nothing of the model says its class weights and rows.
    settings = replace(reading.settings, objective=wanted.settings)
    return replace(reading, settings=settings)


def _optimizer_without_hidden_l2(optimizer: keras.Optimizer) -> keras.Optimizer:
    """Return a fresh optimizer; the decay of SGD is part of the objective, and in it already."""
    plain = getattr(optimizer, "inner_optimizer", optimizer)
    decays = internals.class_of(plain) is keras.optimizers.SGD
    return clone_optimizer(plain, **({"weight_decay": None} if decays else {}))


def _policy(dense: keras.layers.Dense, objective: ObjectiveSettings) -> str:
    """Return the dtype policy of a layer of another objective.

    Keras 3.15 on TensorFlow adds a penalty in the weights' type to a loss in float32, and cannot
    train where they differ.
    """
    penalised = objective.strength or objective.intercept_l2_strength
    if dense.variable_dtype != "float32" and (penalised or objective.intercept_l1_strength):
        return "float32"
    return str(dense.dtype_policy.name)

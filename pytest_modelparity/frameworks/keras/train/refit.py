"""Trainings of one Keras candidate by its own ``fit``, and what they leave, free of Keras."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras import internals
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.copying import weights_of
from pytest_modelparity.frameworks.keras.build.parameters import parameters_of, predictor
from pytest_modelparity.frameworks.keras.read.arguments import FitArguments
from pytest_modelparity.frameworks.keras.read.callbacks import with_callbacks
from pytest_modelparity.frameworks.keras.read.content import content_of
from pytest_modelparity.frameworks.keras.read.head import NORMALISE, link_of
from pytest_modelparity.frameworks.keras.read.loss import read_loss
from pytest_modelparity.frameworks.keras.read.model import (
    NOT_LINEAR,
    LinearModel,
    read_linear_model,
)
from pytest_modelparity.frameworks.keras.read.settings import read_settings, read_training
from pytest_modelparity.frameworks.keras.train.batches import FitRows
from pytest_modelparity.frameworks.keras.train.fit import FitResult, train, train_in_one_pass
from pytest_modelparity.frameworks.keras.train.recipe import model_for
from pytest_modelparity.frameworks.keras.train.setup import Setup, layer_arrays, seed_of
from pytest_modelparity.settings import ModelSettings, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.memory import remembered
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.sides.recording import as_records, recorded_warnings
from pytest_modelparity.sides.seen import Seen, seen_model
from pytest_modelparity.sides.seen_regressor import seen_regressor
from pytest_modelparity.theory.clock import OutOfTimeError
from pytest_modelparity.training.recipe import Recipe


def fit_model(
    setup: Setup,
    model: keras.Model,
    arguments: FitArguments,
    seed: int | None,
    *,
    in_one_pass: bool = False,
    snapshots: bool = True,
) -> FitResult:
    """Train a copy of the candidate in place by its own ``fit``.

    Parameters
    ----------
    in_one_pass : bool
        Whether all epochs are to be one of Keras's, where that leaves the same weights
        (`Setup.has_plain_epochs`).
    snapshots : bool
        Whether weights on the way are wanted of such a pass; others have them.

    Raises
    ------
    ModelParityError
        If Keras cannot train it; the message holds what Keras says.
    """
    # Keras costs about 40 ms an epoch on TensorFlow however small its batches: 200 full-batch
    # epochs took 11.3 CPU s, one epoch of 200 steps 0.96, with equal weights (measured).
    # Of rows that are gathered an epoch costs more than that.
    quick = in_one_pass and setup.has_plain_epochs and setup.feeds_from_memory
    quick = quick and (seed is not None or not arguments.shuffle)
    fit = partial(train_in_one_pass, snapshots=snapshots) if quick else train
    optimizer = model.optimizer
    try:
        # Built in the traced step its variables become branches of the graph: 0.3 CPU s more, and
        # 1.7 MB that TensorFlow never frees (Keras 3.15, TensorFlow 2.21, Adam on one layer).
        if model.built and not getattr(optimizer, "built", True):
            optimizer.build(model.trainable_variables)
        # Whatever state `fit` draws from is the user's, whose own tests may depend on it.
        with BACKEND.random_state_kept():
            return fit(model, arguments, rows_of(setup, arguments), seed)
    except OutOfTimeError:
        raise
    # Keras raises all kinds; a training that failed is no divergence.
    except Exception as error:
        raise ModelParityError(
            f"the candidate could not be trained: fit raised {type(error).__name__}: {error}"
        ) from error


def fit_again(
    setup: Setup,
    model: keras.Model,
    arguments: FitArguments,
    seed: int | None,
    *,
    in_one_pass: bool = False,
) -> FitResult:
    """Do what `fit_model` does, for a training that its user did not ask for.

    What an equal one left is remembered: its weights, not the state of its optimizer.
    """

    def trained() -> tuple[FitResult, list[np.ndarray]]:
        result = fit_model(setup, model, arguments, seed, in_one_pass=in_one_pass, snapshots=False)
        return result, weights_of(model)

    decides = _what_decides(setup, model, arguments, seed)
    result, weights = remembered(decides and (*decides, in_one_pass), trained)
    model.set_weights(weights)
    return result


def _what_decides(
    setup: Setup, model: keras.Model, arguments: FitArguments, seed: int | None
) -> tuple[Any, ...] | None:
    """Return what a training depends on; ``None``: not on values alone."""
    content, others = content_of(model), arguments.others
    # Batches that `fit` draws itself, and callbacks, which are the user's.
    drawn = seed is None or others.get("steps_per_epoch") or others.get("callbacks")
    if content is None or drawn or not setup.trainable:
        return None
    if not setup.data.is_held:
        return None
    rows, replay = rows_of(setup, arguments), BACKEND.replays_one_permutation()
    # Class weights are in those of the rows.
    taken = (arguments.epochs, arguments.batch_size, arguments.shuffle, arguments.validation_split)
    return "fit", content, taken, others, rows.X, rows.targets, rows.weights, seed, replay


def rows_of(setup: Setup, arguments: FitArguments) -> FitRows:
    """Return what ``fit`` is given."""
    data, reading = setup.data, setup.reading
    targets = reading.parts.targets(data.y, data.n_classes)
    settings = reading.objective or ObjectiveSettings(
        class_weight=arguments.class_weight, sample_weight=setup.sample_weight is not None
    )
    # Multiplied here, since Keras refuses class_weight beside sample_weight (keras 3.15,
    # array_data_adapter.py) where scikit-learn multiplies them.
    objective = SideObjective(settings=settings, sample_weight=setup.sample_weight)
    return FitRows(setup.rows, targets, objective.fit_weights(data))


def retrained(setup: Setup, recipe: Recipe, number: int, *, callbacks: bool = False) -> FittedModel:
    """Train a recipe by Keras's own ``fit``, with the seed of a number.

    Parameters
    ----------
    callbacks : bool
        Whether the user's callbacks take part.
    """
    model = model_for(setup, recipe, number)
    # A model that came trained has no arguments of its own.
    arguments = setup.arguments or FitArguments(others={"verbose": 0})
    others = arguments.others if callbacks else _without_callbacks(arguments.others)
    arguments = replace(
        arguments, epochs=recipe.epochs, batch_size=recipe.batch_size, others=others
    )
    # They were reported when the candidate was trained first.
    with recorded_warnings(frameworks=internals.INNER_PACKAGES):
        result = fit_again(
            setup, model, arguments, seed_of(setup.seed, number), in_one_pass=not callbacks
        )
    return fitted_model(setup, model, settings_after(setup, result), [])


def trained_for(
    setup: Setup, recipe: Recipe, epochs: int, *, in_one_pass: bool
) -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """Train a fresh model by ``fit`` for the first epochs of a recipe, without callbacks.

    Returns
    -------
    tuple
        The model, and the kernel and bias of its layer, which the array loop is compared with.
    """
    model = model_for(setup, recipe, 0)
    arguments = setup.arguments or FitArguments(others={})
    arguments = replace(
        arguments, epochs=epochs, batch_size=recipe.batch_size, others={"verbose": 0}
    )
    # They were reported when the candidate was trained first.
    with recorded_warnings(frameworks=internals.INNER_PACKAGES):
        fit_again(setup, model, arguments, setup.seed or 0, in_one_pass=in_one_pass)
    dense = read_linear_model(model, setup.data.n_features, numbers=not setup.data.n_classes).dense
    return (model, *layer_arrays(dense))


def settings_after(setup: Setup, result: FitResult) -> ModelSettings:
    """Return the settings with what a training added."""
    reading = setup.reading
    settings = read_settings(
        reading.parts,
        reading.objective,
        read_training(reading.parts, setup.arguments, result.epochs_run),
        setup.data,
        reading.settings.unmodelled,
    )
    return with_callbacks(settings, setup.arguments)


def fitted_model(
    setup: Setup, model: keras.Model, settings: ModelSettings, raised: list[Warning]
) -> FittedModel:
    """Return a trained model, free of Keras."""
    coef = intercept = None
    linear = read_linear_model(model, setup.data.n_features, numbers=not setup.data.n_classes)
    link = _link(setup, model, linear)
    if linear.linear:
        coef, intercept = parameters_of(linear)
    fitted = FittedModel(
        settings=settings,
        predict=predictor(model, link, setup.data),
        coef=coef,
        intercept=intercept,
        sample_weight=setup.sample_weight,
        warnings=as_records(raised, "candidate"),
        raised=tuple(raised),
        # Logits are none of its own probabilities, so only sigmoids that it makes itself.
        returned=predictor(model, "none", setup.data) if link == NORMALISE else None,
    )
    return fitted if linear.linear else told_by_predictions(fitted, setup.data)


_LINEAR_ALL_THE_SAME = "its predictions are linear in X, what it minimises is not read"


def told_by_predictions(fitted: FittedModel, data: Dataset) -> FittedModel:
    """Return a model whose layers are not read with what its predictions tell of a linear one."""
    seen = Seen(
        title=fitted.settings.model,
        # In the floating type that the model computes in: by its rounding a model is linear.
        raw=lambda X: fitted.predict(X).astype(np.float32),
        predict=fitted.predict,
        rows=data.X_given,
        can_be_asked=True,
    )
    try:
        told = seen_model(seen, data) if data.n_classes else seen_regressor(seen, data)
    # Outputs that are no probabilities are compared as they are, and say no more.
    except ModelParityError:
        return fitted
    settings = fitted.settings
    if told.recovered is not None and told.recovered.linear:
        # Its layers may be linear together, such as several Dense layers in a row.
        sentences = (one.replace(NOT_LINEAR, _LINEAR_ALL_THE_SAME) for one in settings.unmodelled)
        settings = replace(settings, unmodelled=tuple(sentences))
    return replace(
        fitted,
        settings=settings,
        coef=told.coef,
        intercept=told.intercept,
        recovered=told.recovered,
        findings=told.findings,
    )


def _link(setup: Setup, model: keras.Model, linear: LinearModel) -> str:
    """Return what a trained model's outputs still need; a remedy may have made them logits."""
    reading = setup.reading
    if linear.activation == reading.linear.activation:
        return reading.link
    return link_of(linear, read_loss(model), setup.data.n_classes)


def _without_callbacks(others: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``fit`` without the callbacks."""
    return {name: value for name, value in others.items() if name != "callbacks"}

"""The trainings of one Keras candidate: by its own ``fit``, in compiled loops, to its optimum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.build.model import (
    build_linear_model,
    copy_model,
    global_random_state_kept,
    recompiled,
    standardisation,
)
from pytest_modelparity.frameworks.keras.build.parameters import (
    parameters_of,
    predictor,
    set_parameters,
)
from pytest_modelparity.frameworks.keras.read.model import read_linear_model
from pytest_modelparity.frameworks.keras.read.reading import Reading, batch_size_of
from pytest_modelparity.frameworks.keras.read.settings import read_settings, read_training
from pytest_modelparity.frameworks.keras.train.fit import (
    FitArguments,
    Training,
    encode_targets,
    train,
    train_in_one_pass,
)
from pytest_modelparity.frameworks.keras.train.optimum import optimise, row_weights
from pytest_modelparity.frameworks.keras.train.recipe import EPOCH_FACTORS, Recipe
from pytest_modelparity.frameworks.keras.train.trials import (
    OneByOne,
    Start,
    Sweep,
    can_sweep,
    stackable,
)
from pytest_modelparity.frameworks.keras.write.program import program
from pytest_modelparity.settings import ModelSettings, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset, as_matrix, is_standardised
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.recording import as_records, recorded_warnings
from pytest_modelparity.theory.objective import decision_to_probabilities

#: Seconds of Keras's ``fit`` in one pass on an idle machine of two cores: to begin, and a step.
START_SECONDS, STEP_SECONDS = 0.4, 0.0008
#: The same of an epoch of an ordinary ``fit``.
EPOCH_SECONDS = 0.035
#: Root mean square of the largest feature over the standard deviation of the smallest from which
#: on one step size does not suit all of them; iris has 14.
SCALES_APART = 30.0
#: Epochs that a model which was trained before is trained on, where nothing says how many.
EPOCHS = 100


class KerasTrainer:
    """Trains copies of one candidate; the candidate itself stays at its start.

    Parameters
    ----------
    fresh_start : callable
        Maps the number of a seed, from 0, to the model at the start it gives.
    arguments : FitArguments, optional
        How it is trained; ``None``: it was trained before.
    data : Dataset
        On what.
    sample_weight : ndarray of shape (n_samples,), optional
        Class weights not included.
    seed : int, optional
        Of number 0; ``None``: plain ``fit``.
    """

    def __init__(
        self,
        fresh_start: Callable[[int], Any],
        arguments: FitArguments | None,
        data: Dataset,
        sample_weight: np.ndarray | None,
        seed: int | None,
    ) -> None:
        self._fresh_start = fresh_start
        self._started: dict[int, Any] = {}
        self.arguments, self.data = arguments, data
        self.sample_weight, self.seed = sample_weight, seed
        self._reading: Reading | None = None

    @property
    def reading(self) -> Reading:
        """What was read of the model at its start."""
        assert self._reading is not None
        return self._reading

    @reading.setter
    def reading(self, reading: Reading) -> None:
        self._reading = reading

    @property
    def start(self) -> Any:
        """The model at the start of the check's own seed."""
        return self.start_of(0)

    @cached_property
    def recipe(self) -> Recipe:
        """How it is trained, or would be trained on."""
        arguments, training = self.arguments, self.reading.settings.training
        epochs = arguments.epochs if arguments else max(training.iterations_run or 0, EPOCHS)
        return Recipe(
            optimizer=self.start.optimizer,
            epochs=epochs,
            batch_size=batch_size_of(arguments),
            dtype=training.dtype or "float32",
        )

    @property
    def n_rows(self) -> int:
        """Rows that are trained on."""
        arguments = self.arguments
        return arguments.rows_used(self.data.n_samples) if arguments else self.data.n_samples

    @property
    def steps_an_epoch(self) -> int:
        """Optimizer steps of one epoch; a short last batch counts."""
        return -(-self.n_rows // self.recipe.batch_size)

    @property
    def watched(self) -> bool:
        """Whether callbacks have a say in its training."""
        return bool(self.arguments and self.arguments.others.get("callbacks"))

    @property
    def summed(self) -> bool:
        """Whether its loss is summed over a batch: the batch size is then no training setting."""
        return self.reading.loss is not None and self.reading.loss.reduction == "sum"

    @cached_property
    def can_standardise(self) -> bool:
        """Whether its features can be standardised inside the model, and are not yet."""
        return self.reading.linear.scale is None and not is_standardised(self.data.X)

    @cached_property
    def scales_are_apart(self) -> bool:
        """Whether features are so unlike in size that steps of one size do not suit them all."""
        if not self.can_standardise:
            return False
        X = self.data.X[: self.n_rows]
        spread, size = X.std(axis=0), np.sqrt((X**2).mean(axis=0))
        return bool(size.max() > SCALES_APART * np.where(spread > 0, spread, np.inf).min())

    def starts_at_zero(self) -> bool:
        """Whether the weights of the first seed start at zero."""
        return not any(np.any(part) for part in self._start_of_layer(0))

    def together(self, recipes: Sequence[Recipe], n_seeds: int) -> Sweep | OneByOne:
        """Return the trainings of some recipes: in one compiled loop where that is exact."""
        if not all(map(self.sweeps, recipes)):
            return OneByOne(self._real_parameters, self.seconds_of, recipes, n_seeds)
        return Sweep(
            self.start,
            self.reading,
            self.arguments,
            self.data,
            self.sample_weight,
            recipes,
            [self._start_of_layer(index) for index in range(n_seeds)],
            self.seeds(n_seeds),
            [self.recipe.epochs * factor for factor in (1, *EPOCH_FACTORS)],
        )

    def sweeps(self, recipe: Recipe) -> bool:
        """Whether the compiled loop can stand for ``fit``."""
        return stackable(recipe) and can_sweep(self.reading, self.arguments, self.data)

    def retrain(self, recipe: Recipe, index: int, *, callbacks: bool = False) -> FittedModel:
        """Train by Keras's own ``fit``, with the seed of this number.

        Parameters
        ----------
        recipe : Recipe
            How.
        index : int
            Number of the seed, from 0.
        callbacks : bool
            Whether the user's callbacks take part.
        """
        model = self._prepared(recipe, index)
        arguments = self.arguments or FitArguments(others={"verbose": 0})
        others = arguments.others if callbacks else _without_callbacks(arguments.others)
        arguments = replace(
            arguments, epochs=recipe.epochs, batch_size=recipe.batch_size, others=others
        )
        with recorded_warnings():
            training = self.fit(model, arguments, self.seed_of(index), in_one_pass=not callbacks)
        return self.fitted(model, self.settings(training), [])

    def optimise(self) -> FittedModel:
        """Train a copy to the optimum of its own objective by L-BFGS."""
        model, reading = copy_model(self.start), self.reading
        linear = read_linear_model(model, self.data.n_features)
        assert reading.loss is not None
        coef, intercept, certificate, _ = optimise(
            model, linear, reading.loss, reading.objective, self.data, self.sample_weight
        )
        fitted = self.fitted(model, reading.settings, [])
        return replace(fitted, coef=coef, intercept=intercept, certificate=certificate)

    def linear(self, coef: np.ndarray, intercept: np.ndarray) -> FittedModel:
        """Return a linear model with these parameters, on the features as given."""
        n_classes = self.data.n_classes

        def predict_proba(X: Any) -> np.ndarray:
            decision = np.asarray(as_matrix(X, "X") @ coef.T) + intercept
            return decision_to_probabilities(decision, n_classes)

        return FittedModel(
            settings=self.reading.settings,
            predict_proba=predict_proba,
            coef=coef,
            intercept=intercept,
            sample_weight=self.sample_weight,
        )

    def fitted(self, model: Any, settings: ModelSettings, raised: list[Warning]) -> FittedModel:
        """Return a trained model, free of Keras."""
        coef = intercept = None
        linear = read_linear_model(model, self.data.n_features)
        if linear.linear:
            coef, intercept = parameters_of(linear)
        return FittedModel(
            settings=settings,
            predict_proba=predictor(model, self.reading.link, self.data.n_classes),
            coef=coef,
            intercept=intercept,
            sample_weight=self.sample_weight,
            warnings=as_records(raised, "candidate"),
            raised=tuple(raised),
        )

    def seconds_of(self, recipe: Recipe, *, callbacks: bool = False) -> float:
        """Return what one real training is expected to cost."""
        steps = recipe.epochs * -(-self.n_rows // recipe.batch_size)
        quick = START_SECONDS + STEP_SECONDS * steps
        return quick + EPOCH_SECONDS * recipe.epochs * callbacks

    @property
    def reckoned_seconds(self) -> float:
        """Seconds of its own ``fit`` on an idle machine of two cores: reckoned, not measured."""
        recipe = self.recipe
        return self.seconds_of(recipe) + EPOCH_SECONDS * recipe.epochs

    def program(self, recipe: Recipe | None) -> str:
        """Return stock code that trains it so; ``None``: to the optimum by L-BFGS."""
        return program(self.start, self.reading, self.data, self.arguments, recipe)

    def settings(self, training: Training) -> ModelSettings:
        """Return the settings with what the training added."""
        reading = self.reading
        return read_settings(
            self.start,
            reading.linear,
            reading.loss,
            reading.objective,
            read_training(self.start, reading.linear, self.arguments, training.epochs_run),
            self.data,
            reading.settings.unmodelled,
        )

    def fit(
        self,
        model: Any,
        arguments: FitArguments,
        seed: int | None,
        *,
        in_one_pass: bool = False,
    ) -> Training:
        """Train a model in place by its own ``fit``."""
        data, reading = self.data, self.reading
        kind = reading.loss.kind if reading.loss else "other"
        targets = encode_targets(data.y, data.n_classes, reading.linear.n_outputs, kind)
        settings = reading.objective or ObjectiveSettings(
            class_weight=arguments.class_weight, sample_weight=self.sample_weight is not None
        )
        weights = row_weights(settings, data, self.sample_weight)
        quick = in_one_pass and seed is not None and can_sweep(reading, arguments, data)
        fit = train_in_one_pass if quick else train
        try:
            with global_random_state_kept():
                return fit(model, arguments, data.X, targets, weights, seed)
        except Exception as error:
            raise ModelParityError(
                f"the candidate could not be trained: fit raised {type(error).__name__}: {error}"
            ) from error

    def start_of(self, index: int) -> Any:
        """Return the model at the start that a seed gives it, made once."""
        if index not in self._started:
            self._started[index] = self._fresh_start(index)
        return self._started[index]

    def _start_of_layer(self, index: int) -> Start:
        """Return kernel and bias of a seed's start."""
        dense = read_linear_model(self.start_of(index), self.data.n_features).dense
        kernel = np.asarray(dense.kernel)
        bias = np.asarray(dense.bias) if dense.use_bias else np.zeros(kernel.shape[1])
        return kernel.astype(np.float32), bias.astype(np.float32)

    def seed_of(self, index: int) -> int | None:
        """Return the seed of a number; ``None``: plain ``fit``."""
        return None if self.seed is None else (self.seed + index) % 2**32

    def seeds(self, n_seeds: int) -> tuple[int, ...]:
        """Return so many seeds, the check's own first."""
        return tuple(((self.seed or 0) + index) % 2**32 for index in range(n_seeds))

    def _real_parameters(
        self, recipe: Recipe, epochs: int, index: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the parameters that a real training leaves."""
        fitted = self.retrain(replace(recipe, epochs=epochs), index)
        assert fitted.coef is not None
        assert fitted.intercept is not None
        return fitted.coef, fitted.intercept

    def _prepared(self, recipe: Recipe, index: int) -> Any:
        """Return a copy at its start, compiled for a recipe."""
        start = self.start_of(index)
        if recipe.standardised:
            return self._standardised(recipe, start)
        lower = self.recipe.dtype != "float32" and recipe.dtype == "float32"
        model = copy_model(start, dtype="float32" if lower else None)
        linear = read_linear_model(model, self.data.n_features)
        if recipe.zeros:
            set_parameters(
                linear,
                np.zeros((linear.n_outputs, self.data.n_features)),
                np.zeros(linear.n_outputs),
            )
        if recipe.optimizer is not self.start.optimizer or lower:
            optimizer = getattr(recipe.optimizer, "inner_optimizer", recipe.optimizer)
            acts = self.start.optimizer._use_weight_decay
            exempt = [
                new
                for old, new in zip(
                    start.trainable_variables, model.trainable_variables, strict=True
                )
                if not acts(old)
            ]
            model = recompiled(model, optimizer, exempt)
        return model

    def _standardised(self, recipe: Recipe, start: Any) -> Any:
        """Return a model of the same objective that standardises its features."""
        objective, data = self.reading.objective, self.data
        assert objective is not None
        shift, scale = standardisation(objective, data.X[: self.n_rows])
        model = build_linear_model(
            replace(
                objective,
                feature_shift=tuple(shift.tolist()),
                feature_scale=tuple(scale.tolist()),
            ),
            data.n_features,
            data.n_classes,
            output="logits" if self.reading.link != "none" else "probability",
            penalty_scale=scale,
        )
        model.compile(
            optimizer=type(recipe.optimizer).from_config(recipe.optimizer.get_config()),
            loss=start.loss,
            loss_weights=start.get_compile_config().get("loss_weights"),
        )
        old, new = (read_linear_model(item, data.n_features).dense for item in (start, model))
        new.kernel.assign(old.kernel)
        if old.use_bias:
            new.bias.assign(old.bias)
        return model


def _without_callbacks(others: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``fit`` less what watches or stops it."""
    return {name: value for name, value in others.items() if name != "callbacks"}

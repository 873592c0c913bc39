"""The candidate in Keras: read, trained as its user asked, changed, and trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import keras
import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.dataset import Dataset
from pytest_modelparity.frameworks.fitted import FittedModel, Remedy
from pytest_modelparity.frameworks.keras_build import (
    build_linear_model,
    copy_model,
    global_random_state_kept,
    weights_of,
)
from pytest_modelparity.frameworks.keras_changes import changes_between
from pytest_modelparity.frameworks.keras_fingerprint import gradient_norm
from pytest_modelparity.frameworks.keras_fit import (
    FitArguments,
    Training,
    encode_targets,
    read_fit_arguments,
    replays_one_permutation,
    train,
)
from pytest_modelparity.frameworks.keras_model import check_backend, read_linear_model
from pytest_modelparity.frameworks.keras_predict import (
    for_width,
    parameters_of,
    predictor,
    set_parameters,
    to_given_features,
    to_layer_features,
)
from pytest_modelparity.frameworks.keras_reading import batch_size_of, read_candidate
from pytest_modelparity.frameworks.keras_settings import (
    hidden_l2,
    read_settings,
    read_training,
    without_decay,
)
from pytest_modelparity.frameworks.keras_sweep import EpochSweep, can_sweep
from pytest_modelparity.frameworks.lbfgs import optimise, row_weights
from pytest_modelparity.frameworks.recording import as_records, recorded_warnings
from pytest_modelparity.result import Certificate, Change, Finding
from pytest_modelparity.settings import LogisticSettings, ObjectiveSettings

#: Training on is tried up to these multiples of the epochs, ...
EPOCH_FACTORS = (3, 10, 30, 100, 300)
#: ... and no further than this many optimizer steps in all (a few seconds).
MAX_STEPS = 60_000


class KerasCandidate:
    """A Keras model under test; what the user passed is never trained or changed.

    Parameters
    ----------
    given : keras.Model or callable
        The model, or a function that returns a fresh one.
    fit : dict, optional
        Arguments of ``fit``; ``None``: the model is taken as it is.
    data : Dataset
        What it is trained and compared on.
    seed : int, optional
        Of initialisation and shuffling; ``None``: plain ``fit``.
    """

    def __init__(self, given: Any, fit: Any, data: Dataset, seed: int | None) -> None:
        check_backend()
        self._data, self._seed = data, seed
        self._arguments = None if fit is None else read_fit_arguments(fit, data)
        with recorded_warnings() as raised:
            self._start = self._fresh(given)
        self._raised = tuple(raised)
        if self._arguments is not None and not self._start.compiled:
            raise ModelParityError(
                "fit was given but the candidate is not compiled; call "
                'model.compile(optimizer=..., loss="binary_crossentropy") or pass fit=None'
            )
        self._sample_weight = data.sample_weight
        if self._arguments is not None and self._arguments.sample_weight is not None:
            self._sample_weight = self._arguments.sample_weight
        self.reading = read_candidate(self._start, data, self._arguments, self._sample_weight)

    def train(self) -> FittedModel:
        """Train a copy by its own ``fit`` where arguments were given, else take it as it is."""
        model, training = self._start, None
        with recorded_warnings() as raised:
            if self._arguments is not None:
                model = copy_model(self._start)
                training = self._fit(model, self._arguments)
        settings = self.reading.settings
        if training is not None:
            settings = self._settings(training)
        fitted = self._fitted(model, settings, raised)
        # Those of building the model are raised again, but say nothing about its training.
        fitted = replace(fitted, raised=(*self._raised, *raised))
        if settings.objective is None and model.compiled:
            fitted = replace(fitted, certificate=self._gradient_only(model))
        return replace(
            fitted,
            trajectory=self._trajectory(training),
            seconds=_seconds(training),
            findings=self._training_findings(model, training),
        )

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> Callable[[Any], np.ndarray] | None:
        """Return what a copy with the given parameters predicts; ``None``: it cannot hold them.

        Parameters
        ----------
        coef : ndarray of shape (n_outputs, n_features)
            The reference's, of either head.
        intercept : ndarray of shape (n_outputs,)
            The reference's.
        """
        linear = self.reading.linear
        if not linear.linear or (np.any(intercept) and not linear.dense.use_bias):
            return None
        coef, intercept = for_width(coef, intercept, linear.n_outputs)
        coef, intercept = to_layer_features(linear, coef, intercept)
        return predictor(self._copy_at(coef, intercept), self.reading.link, self._data.n_classes)

    def repaired(
        self, objective: ObjectiveSettings, sample_weight: np.ndarray | None
    ) -> tuple[KerasCandidate, tuple[Change, ...]]:
        """Return the candidate with its objective settings changed, and what was changed.

        Optimizer, ``fit`` arguments, starting weights and the kind of output stay.
        """
        now = self.reading.objective
        assert now is not None
        other = object.__new__(KerasCandidate)
        other._data, other._seed, other._raised = self._data, self._seed, ()
        other._sample_weight = sample_weight
        other._arguments = self._arguments and replace(
            self._arguments,
            class_weight=objective.class_weight,
            sample_weight=sample_weight,
            validation_split=self._arguments.validation_split if objective.rows_used else 0.0,
        )
        other._start = self._rebuilt(objective)
        reading = read_candidate(other._start, self._data, other._arguments, sample_weight)
        # Without ``fit`` arguments nothing of the model says its class weights and rows.
        settings = replace(reading.settings, objective=objective)
        other.reading = replace(reading, settings=settings)
        linear = self.reading.linear
        if not any(hidden_l2(self._start, linear)):
            return other, changes_between(now, objective, self._data)
        stopped = Change(side="candidate", setting="weight_decay", text="weight_decay=None")
        own = without_decay(now, self._start, linear)
        return other, (stopped, *changes_between(own, objective, self._data))

    def optimise(self) -> FittedModel:
        """Train a copy to the optimum of its own objective by L-BFGS."""
        model, reading = copy_model(self._start), self.reading
        linear = read_linear_model(model, self._data.n_features)
        assert reading.loss is not None
        coef, intercept, certificate, _ = optimise(
            model, linear, reading.loss, reading.objective, self._data, self._sample_weight
        )
        fitted = self._fitted(model, reading.settings, [])
        return replace(fitted, coef=coef, intercept=intercept, certificate=certificate)

    def train_again(self) -> FittedModel | None:
        """Train by the same recipe: in the compiled loop, or by ``fit`` where it has callbacks."""
        if self._arguments is None:
            return None
        if self._arguments.others.get("callbacks") or not self._sweeps:
            return self.refit(self._arguments.epochs)
        return self._swept(self._arguments.epochs)

    def own_optimum(self) -> FittedModel | None:
        """Return the minimiser of the model's own loss, modelled or not; ``None``: cannot be had.

        Without a model of the loss there is no certificate either.
        """
        if not self.reading.linear.linear or self.reading.loss is None:
            return None
        try:
            return self.optimise()
        except ModelParityError:
            return None

    def remedies(self) -> tuple[Remedy, ...]:
        """Return changed trainings of the same objective, the smallest change first."""
        reading = self.reading
        if not reading.linear.linear or reading.loss is None or reading.objective is None:
            return ()
        lbfgs = Remedy(
            setting="solver",
            changes=(
                Change(
                    side="candidate",
                    setting="solver",
                    text="train_to_optimum(model, X, y)",
                ),
            ),
            train=self.optimise,
            real=True,
        )
        return (*self._longer_trainings(), lbfgs)

    def refit(self, epochs: int) -> FittedModel:
        """Train a copy by its own ``fit`` for another number of epochs."""
        assert self._arguments is not None
        model = copy_model(self._start)
        with recorded_warnings():
            training = self._fit(model, replace(self._arguments, epochs=epochs))
        return self._fitted(model, self._settings(training), [])

    # -- reading ---------------------------------------------------------------------------

    def _fresh(self, given: Any) -> Any:
        """Return a built copy of the model, or what the user's function makes for the seed."""
        if isinstance(given, keras.Model):
            model = copy_model(given)
            # A copy forgets; how long it was trained is read from here.
            model.history = getattr(given, "history", None)
        else:
            with global_random_state_kept(self._seed):
                model = given()
            if not isinstance(model, keras.Model):
                raise ModelParityError(
                    f"a candidate function must return a keras.Model, got {type(model).__name__}; "
                    f"a model that predicts by itself needs predict_proba"
                )
        if not model.built:
            with global_random_state_kept(self._seed or 0):
                model.build((None, self._data.n_features))
        return model

    def _settings(self, training: Training) -> LogisticSettings:
        """Return the settings with what the training added."""
        reading = self.reading
        return read_settings(
            self._start,
            reading.linear,
            reading.loss,
            reading.objective,
            read_training(self._start, self._arguments, training.epochs_run),
            self._data,
            reading.settings.unmodelled,
        )

    # -- training --------------------------------------------------------------------------

    def _fit(self, model: Any, arguments: FitArguments) -> Training:
        """Train a model in place by its own ``fit``."""
        data, reading = self._data, self.reading
        kind = reading.loss.kind if reading.loss else "other"
        targets = encode_targets(data.y, data.n_classes, reading.linear.n_outputs, kind)
        settings = reading.objective or ObjectiveSettings(
            class_weight=arguments.class_weight, sample_weight=self._sample_weight is not None
        )
        weights = row_weights(settings, data, self._sample_weight)
        try:
            with global_random_state_kept():
                return train(model, arguments, data.X, targets, weights, self._seed)
        except Exception as error:
            raise ModelParityError(
                f"the candidate could not be trained: fit raised {type(error).__name__}: {error}"
            ) from error

    def _gradient_only(self, model: Any) -> Certificate:
        """Return how flat a model's own loss is where it stopped: all that can be said of it."""
        reading, data = self.reading, self._data
        kind = reading.loss.kind if reading.loss else "other"
        targets = encode_targets(data.y, data.n_classes, reading.linear.n_outputs, kind)
        return Certificate(gradient_norm=gradient_norm(model, data.X, targets))

    def _longer_trainings(self) -> tuple[Remedy, ...]:
        """Return trainings with more epochs, made in one compiled loop as they are asked for."""
        data, arguments = self._data, self._arguments
        if not self._sweeps:
            return ()
        base = arguments.epochs if arguments else max(self._epochs_so_far(), 100)
        steps = -(-data.n_samples // batch_size_of(arguments))
        return tuple(
            Remedy(
                setting="iterations",
                changes=(
                    Change(
                        side="candidate",
                        setting="iterations",
                        text=f"epochs={base * factor}"
                        if arguments
                        else f"train for {base * factor} more epochs",
                    ),
                ),
                train=lambda epochs=base * factor: self._swept(epochs),  # type: ignore[misc]
                real=False,
                iterations=base * factor if arguments else None,
            )
            for factor in EPOCH_FACTORS
            if base * factor * steps <= MAX_STEPS
        )

    @property
    def _sweeps(self) -> bool:
        """Whether the compiled loop can stand for ``fit``."""
        return can_sweep(self._start, self.reading, self._arguments, self._data)

    @cached_property
    def _sweep(self) -> EpochSweep:
        """One training that is taken further each time more epochs are asked for."""
        return EpochSweep(
            self._start,
            self.reading,
            self._arguments,
            self._data,
            self._sample_weight,
            self._seed,
        )

    def _swept(self, epochs: int) -> FittedModel:
        """Return the model after so many epochs of the compiled loop."""
        return self._fitted(self._copy_at(*self._sweep.until(epochs)), self.reading.settings, [])

    def _copy_at(self, coef: np.ndarray, intercept: np.ndarray) -> Any:
        """Return a copy whose Dense layer has these parameters, in its own coordinates."""
        model = copy_model(self._start)
        set_parameters(read_linear_model(model, self._data.n_features), coef, intercept)
        return model

    def _epochs_so_far(self) -> int:
        """Return the epochs of the model's last fit, where it had one."""
        return self.reading.settings.training.iterations_run or 0

    def _rebuilt(self, objective: ObjectiveSettings) -> Any:
        """Return a stock model of another objective, with this one's start where shapes allow."""
        reading, data = self.reading, self._data
        optimizer = self._start.optimizer
        config = optimizer.get_config()
        if type(optimizer) is keras.optimizers.SGD:
            config["weight_decay"] = None
        # The decay is part of the objective, which the regularizers now hold whole.
        with global_random_state_kept(self._seed or 0):
            model = build_linear_model(
                objective,
                data.n_features,
                data.n_classes,
                output="logits" if reading.link != "none" else "probability",
                optimizer=type(optimizer).from_config(config),
            )
        old, new = reading.linear.dense, read_linear_model(model, data.n_features).dense
        if old.kernel.shape == new.kernel.shape:
            new.kernel.assign(old.kernel)
            if old.use_bias and new.use_bias:
                new.bias.assign(old.bias)
        return model

    # -- results ---------------------------------------------------------------------------

    def _fitted(self, model: Any, settings: LogisticSettings, raised: list[Warning]) -> FittedModel:
        """Return a trained model, free of Keras."""
        coef = intercept = None
        linear = read_linear_model(model, self._data.n_features)
        if linear.linear:
            coef, intercept = parameters_of(linear)
        return FittedModel(
            settings=settings,
            predict_proba=predictor(model, self.reading.link, self._data.n_classes),
            coef=coef,
            intercept=intercept,
            sample_weight=self._sample_weight,
            warnings=as_records(raised, "candidate"),
            raised=tuple(raised),
        )

    def _training_findings(self, model: Any, training: Training | None) -> tuple[Finding, ...]:
        """Say what went wrong in a training that only its weights and batches show."""
        if training is None or self._arguments is None:
            return ()
        found = []
        before, after = weights_of(self._start), weights_of(model)
        if all(map(np.array_equal, before, after)):
            found.append(
                Finding(
                    slug="saturated",
                    text=f"after {training.epochs_run} epochs every weight is where it started: "
                    f"the loss is flat there, and no number of epochs will help",
                )
            )
        rows, size = self._arguments.rows_used(self._data.n_samples), self._arguments.batch_size
        if self._arguments.shuffle and replays_one_permutation() and rows % size and rows > size:
            found.append(
                Finding(
                    slug="seeded-shuffle",
                    text=f"TensorFlow's global seed is set, so fit replays one permutation: the "
                    f"same {rows % size} rows make the short last batch of every epoch and weigh "
                    f"{size / (rows % size):.3g} times as much; shuffle by hand, or use a "
                    f"batch_size that divides {rows}",
                )
            )
        return tuple(found)

    def _trajectory(
        self, training: Training | None
    ) -> tuple[tuple[int, np.ndarray, np.ndarray], ...]:
        """Return epoch, coef and intercept at the snapshots of a linear model."""
        linear = self.reading.linear
        if training is None or not linear.linear:
            return ()
        points = []
        kernel_at = _index_of(self._start.weights, linear.dense.kernel)
        for epoch, weights in training.snapshots:
            coef = weights[kernel_at].astype(np.float64).T
            intercept = np.zeros(linear.n_outputs)
            if linear.dense.use_bias:
                bias_at = _index_of(self._start.weights, linear.dense.bias)
                intercept = weights[bias_at].astype(np.float64)
            points.append((epoch, *to_given_features(linear, coef, intercept)))
        return tuple(points)


def _seconds(training: Training | None) -> float | None:
    """Return how long the training took."""
    return training.seconds if training else None


def _index_of(variables: list[Any], wanted: Any) -> int:
    """Return the place of a variable, by identity: Keras variables overload ``==``."""
    return next(index for index, variable in enumerate(variables) if variable is wanted)

"""The candidate in Keras: read, trained as its user asked, changed, and trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import keras
import numpy as np
import scipy.sparse
from scipy.special import expit, softmax

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.dataset import Dataset, Matrix, as_matrix
from pytest_modelparity.frameworks.fitted import FittedModel, Remedy
from pytest_modelparity.frameworks.keras_build import (
    build_linear_model,
    copy_model,
    global_random_state_kept,
)
from pytest_modelparity.frameworks.keras_changes import changes_between
from pytest_modelparity.frameworks.keras_fingerprint import (
    THRESHOLD,
    fingerprint_mismatch,
    gradient_norm,
)
from pytest_modelparity.frameworks.keras_fit import (
    DEFAULT_BATCH_SIZE,
    FitArguments,
    Training,
    encode_targets,
    read_fit_arguments,
    train,
)
from pytest_modelparity.frameworks.keras_model import (
    CompiledLoss,
    LinearModel,
    check_backend,
    check_head,
    dense_rows,
    link_of,
    read_linear_model,
    read_loss,
)
from pytest_modelparity.frameworks.keras_settings import (
    read_objective,
    read_settings,
    read_training,
    without_decay,
)
from pytest_modelparity.frameworks.lbfgs import (
    optimise,
    row_weights,
    to_given_features,
    to_layer_features,
)
from pytest_modelparity.frameworks.recording import as_records, recorded_warnings
from pytest_modelparity.frameworks.stacked import StackedTrainer, can_stack
from pytest_modelparity.result import Certificate, Change
from pytest_modelparity.settings import LogisticSettings, ObjectiveSettings

#: Rows predicted in one call.
PREDICTION_ROWS = 8192
#: Training on is tried up to these multiples of the epochs, ...
EPOCH_FACTORS = (3, 10, 30, 100, 300)
#: ... and no further than this many optimizer steps in all (a few seconds).
MAX_STEPS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What was read of a built model."""

    linear: LinearModel
    loss: CompiledLoss | None
    link: str
    settings: LogisticSettings

    @property
    def objective(self) -> ObjectiveSettings | None:
        """The canonical objective, where it is modelled."""
        return self.settings.objective


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
        self.reading = self._read(self._start)

    def train(self) -> FittedModel:
        """Train a copy by its own ``fit`` where arguments were given, else take it as it is."""
        model, training = self._start, None
        with recorded_warnings() as raised:
            if self._arguments is not None:
                model = copy_model(self._start)
                training = self._fit(model, self._arguments)
        settings = self.reading.settings
        if training is not None:
            settings = self._settings(model, training)
        fitted = self._fitted(model, settings, [*self._raised, *raised])
        if settings.objective is None and model.compiled:
            fitted = replace(fitted, certificate=self._gradient_only(model))
        return replace(fitted, trajectory=self._trajectory(training), seconds=_seconds(training))

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
        model = copy_model(self._start)
        dense = read_linear_model(model, self._data.n_features).dense
        dense.kernel.assign(coef.T)
        if dense.use_bias:
            dense.bias.assign(intercept)
        return predictor(model, self.reading.link, self._data.n_classes)

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
        other.reading = other._read(other._start)
        return other, changes_between(now, objective, self._data)

    def optimise(self) -> FittedModel:
        """Train a copy to the optimum of its own objective by L-BFGS."""
        model = copy_model(self._start)
        reading = self._read(model)
        assert reading.loss is not None
        coef, intercept, certificate, _ = optimise(
            model,
            reading.linear,
            reading.loss,
            reading.objective,
            self._data,
            self._sample_weight,
        )
        fitted = self._fitted(model, reading.settings, [])
        return replace(fitted, coef=coef, intercept=intercept, certificate=certificate)

    def train_again(self) -> FittedModel | None:
        """Train by the same recipe: in the compiled loop, or by ``fit`` where it has callbacks."""
        if self._arguments is None:
            return None
        if self._arguments.others.get("callbacks") or not self._sweeps:
            return self.refit(self._arguments.epochs)
        return self._sweep.until(self._arguments.epochs)

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
        return self._fitted(model, self._settings(model, training), [])

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

    def _read(self, model: Any) -> Reading:
        """Read structure, loss and settings; check them against what the model does."""
        data = self._data
        linear, loss = read_linear_model(model, data.n_features), read_loss(model)
        check_head(linear, loss, data.n_classes)
        link = link_of(linear, loss)
        arguments = self._arguments
        objective = read_objective(
            model,
            linear,
            loss,
            batch_size=_rows_a_step(arguments, data),
            arguments=arguments,
            sample_weight=self._sample_weight is not None,
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
        settings = read_settings(
            model,
            linear,
            loss,
            objective,
            read_training(model, arguments),
            data,
            tuple(unmodelled),
        )
        return Reading(linear=linear, loss=loss, link=link, settings=settings)

    def _settings(self, model: Any, training: Training) -> LogisticSettings:
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
        steps = -(-data.n_samples // _batch_size(arguments))
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
                train=lambda epochs=base * factor: self._sweep.until(epochs),  # type: ignore[misc]
                real=False,
                iterations=base * factor if arguments else None,
            )
            for factor in EPOCH_FACTORS
            if base * factor * steps <= MAX_STEPS
        )

    @property
    def _sweeps(self) -> bool:
        """Whether the compiled loop can stand for ``fit``."""
        return (
            self.reading.objective is not None
            and not (self._arguments and self._arguments.others.get("steps_per_epoch"))
            and can_stack(self._start.optimizer)
            and not scipy.sparse.issparse(self._data.X)
        )

    @cached_property
    def _sweep(self) -> _EpochSweep:
        """One training that is taken further each time more epochs are asked for."""
        return _EpochSweep(self)

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
            coef, intercept = _parameters(linear)
        return FittedModel(
            settings=settings,
            predict_proba=predictor(model, self.reading.link, self._data.n_classes),
            coef=coef,
            intercept=intercept,
            sample_weight=self._sample_weight,
            warnings=as_records(raised, "candidate"),
            raised=tuple(raised),
        )

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


class _EpochSweep:
    """One training in a compiled loop, taken further each time more epochs are asked for."""

    def __init__(self, candidate: KerasCandidate) -> None:
        self._candidate = candidate
        self._trainer: StackedTrainer | None = None

    def until(self, epochs: int) -> FittedModel:
        """Return the model after ``epochs`` epochs in all."""
        candidate = self._candidate
        linear = candidate.reading.linear
        if self._trainer is None:
            self._trainer = self._start()
        kernel, bias = self._trainer.train_until(epochs)
        model = copy_model(candidate._start)
        dense = read_linear_model(model, candidate._data.n_features).dense
        dense.kernel.assign(kernel[0])
        if linear.dense.use_bias:
            dense.bias.assign(bias[0])
        return candidate._fitted(model, candidate.reading.settings, [])

    def _start(self) -> StackedTrainer:
        """Return a trainer of one variant, at the candidate's start."""
        candidate = self._candidate
        data, linear = candidate._data, candidate.reading.linear
        settings, arguments = candidate.reading.objective, candidate._arguments
        loss, optimizer = candidate.reading.loss, candidate._start.optimizer
        assert settings is not None
        assert loss is not None
        variables = [linear.dense.kernel, linear.dense.bias][: 1 + linear.dense.use_bias]
        rows = slice(settings.rows_used)
        weights = row_weights(settings, data, candidate._sample_weight)
        X = data.X[rows]
        if linear.scale is not None:
            X = (X - linear.shift) / linear.scale
        bias = (
            np.asarray(linear.dense.bias) if linear.dense.use_bias else np.zeros(linear.n_outputs)
        )
        return StackedTrainer(
            kernel=np.asarray(linear.dense.kernel)[None],
            bias=bias[None],
            settings=without_decay(settings, candidate._start, linear),
            optimizer=optimizer,
            X=X,
            y=data.y[rows],
            row_weight=None if weights is None else weights[rows],
            batch_size=_batch_size(arguments),
            summed=loss.reduction == "sum",
            decayed=tuple(map(optimizer._use_weight_decay, variables)),
            seeds=(None if arguments and not arguments.shuffle else candidate._seed or 0,),
        )


def _rows_a_step(arguments: FitArguments | None, data: Dataset) -> int:
    """Return the rows of a full batch."""
    rows = arguments.rows_used(data.n_samples) if arguments else data.n_samples
    return min(_batch_size(arguments), rows)


def _batch_size(arguments: FitArguments | None) -> int:
    """Return the rows a step."""
    return arguments.batch_size if arguments else DEFAULT_BATCH_SIZE


def _seconds(training: Training | None) -> float | None:
    """Return how long the training took."""
    return training.seconds if training else None


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


def predictor(model: Any, link: str, n_classes: int) -> Callable[[Any], np.ndarray]:
    """Return a function from rows to the model's probabilities of every class.

    Parameters
    ----------
    model : keras.Model
        Trained.
    link : str
        What its outputs still need: ``"none"``, ``"sigmoid"`` or ``"softmax"``.
    n_classes : int
        Number of columns.
    """

    def predict(X: Any) -> np.ndarray:
        outputs = _outputs(model, as_matrix(X, "X"))
        if link == "sigmoid":
            # expit(-z), not 1 - expit(z): the small probability keeps its digits.
            return np.hstack([expit(-outputs), expit(outputs)])
        if link == "softmax":
            return np.asarray(softmax(outputs, axis=1))
        if outputs.shape[1] == 1 and n_classes == 2:
            return np.hstack([1.0 - outputs, outputs])
        return outputs

    return predict


def _outputs(model: Any, rows: Matrix) -> np.ndarray:
    """Return the model's outputs as float64, in chunks."""
    parts = []
    for start in range(0, rows.shape[0], PREDICTION_ROWS):
        part = rows[start : start + PREDICTION_ROWS]
        outputs = model(dense_rows(part).astype(np.float32), training=False)
        parts.append(np.asarray(outputs).astype(np.float64))
    return np.concatenate(parts)


def _parameters(linear: LinearModel) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and intercept on the features as given, float64."""
    coef = np.asarray(linear.dense.kernel).astype(np.float64).T
    intercept = np.zeros(linear.n_outputs)
    if linear.dense.use_bias:
        intercept = np.asarray(linear.dense.bias).astype(np.float64)
    return to_given_features(linear, coef, intercept)


def for_width(
    coef: np.ndarray, intercept: np.ndarray, n_outputs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters of one head as those of the other: both give the same probabilities."""
    if coef.shape[0] == n_outputs:
        return coef, intercept
    if n_outputs == 1:
        return coef[1:] - coef[:1], intercept[1:] - intercept[:1]
    return np.vstack([-coef / 2, coef / 2]), np.concatenate([-intercept / 2, intercept / 2])


def _index_of(variables: list[Any], wanted: Any) -> int:
    """Return the place of a variable, by identity: Keras variables overload ``==``."""
    return next(index for index, variable in enumerate(variables) if variable is wanted)

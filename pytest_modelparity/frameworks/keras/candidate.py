"""The candidate in Keras: read, trained as its user asked, changed, and trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.build.model import (
    build_linear_model,
    copy_model,
    global_random_state_kept,
    made_by,
    weights_of,
)
from pytest_modelparity.frameworks.keras.build.parameters import (
    for_width,
    predictor,
    set_parameters,
    to_given_features,
    to_layer_features,
)
from pytest_modelparity.frameworks.keras.fingerprint import gradient_norm
from pytest_modelparity.frameworks.keras.read.model import check_backend, read_linear_model
from pytest_modelparity.frameworks.keras.read.reading import Reading, read_candidate
from pytest_modelparity.frameworks.keras.read.settings import (
    as_if_log_loss,
    hidden_l2,
    objective_words,
    without_decay,
)
from pytest_modelparity.frameworks.keras.train.fit import (
    Training,
    encode_targets,
    read_fit_arguments,
    replays_one_permutation,
    snapshot_epochs,
)
from pytest_modelparity.frameworks.keras.train.remedies import KerasRemedies
from pytest_modelparity.frameworks.keras.train.trainer import KerasTrainer
from pytest_modelparity.frameworks.keras.train.trials import Sweep
from pytest_modelparity.frameworks.keras.write.changes import changes_between
from pytest_modelparity.report.parts import Certificate, Change, Finding
from pytest_modelparity.settings import ModelSettings, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import LONGER, FittedModel, Remedy, Spread
from pytest_modelparity.sides.recording import recorded_warnings


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
        arguments = None if fit is None else read_fit_arguments(fit, data)
        weights = data.sample_weight
        if arguments is not None and arguments.sample_weight is not None:
            weights = arguments.sample_weight
        trainer = KerasTrainer(
            lambda index: _fresh(given, data, trainer.seed_of(index)),
            arguments,
            data,
            weights,
            seed,
        )
        with recorded_warnings() as raised:
            start = trainer.start
        self._raised = tuple(raised)
        if arguments is not None and not start.compiled:
            raise ModelParityError(
                "fit was given but the candidate is not compiled; call "
                'model.compile(optimizer=..., loss="binary_crossentropy") or pass fit=None'
            )
        trainer.reading = read_candidate(start, data, arguments, weights)
        self._trainer, self._data = trainer, data
        self._remedies = KerasRemedies(trainer)

    @property
    def start(self) -> Any:
        """The model as it is before the check's training."""
        return self._trainer.start

    @property
    def reading(self) -> Reading:
        """What was read of the model."""
        return self._trainer.reading

    def train(self) -> FittedModel:
        """Train a copy by its own ``fit`` where arguments were given, else take it as it is."""
        trainer = self._trainer
        model, training = trainer.start, None
        with recorded_warnings() as raised:
            if trainer.arguments is not None:
                model = copy_model(trainer.start)
                training = trainer.fit(model, trainer.arguments, trainer.seed)
        settings = self.reading.settings
        if training is not None:
            settings = trainer.settings(training)
        fitted = trainer.fitted(model, settings, raised)
        # Those of building the model are raised again, but say nothing about its training.
        fitted = replace(fitted, raised=(*self._raised, *raised))
        if settings.objective is None and model.compiled:
            fitted = replace(fitted, certificate=self._gradient_only(model))
        return replace(
            fitted,
            trajectory=self._trajectory(training),
            seconds=_seconds(training),
            findings=self._training_findings(model, training),
            replayed_weight=self._replayed_weight(),
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
        model = copy_model(self._trainer.start)
        set_parameters(read_linear_model(model, self._data.n_features), coef, intercept)
        return predictor(model, self.reading.link, self._data.n_classes)

    def repaired(
        self, objective: ObjectiveSettings, sample_weight: np.ndarray | None
    ) -> tuple[KerasCandidate, tuple[Change, ...]] | None:
        """Return the candidate with its objective settings changed, and what was changed.

        Optimizer, ``fit`` arguments, starting weights and the kind of output stay. ``None`` where
        it is not linear.
        """
        own, data = self._trainer, self._data
        now, further = self._objective_and_what_hides_it()
        if now is None:
            return None
        arguments = own.arguments and replace(
            own.arguments,
            class_weight=objective.class_weight,
            sample_weight=sample_weight,
            validation_split=own.arguments.validation_split if objective.rows_used else 0.0,
        )
        trainer = KerasTrainer(
            lambda index: self._rebuilt(objective, own.start_of(index)),
            arguments,
            data,
            sample_weight,
            own.seed,
        )
        reading = read_candidate(trainer.start, data, arguments, sample_weight)
        # Without ``fit`` arguments nothing of the model says its class weights and rows.
        settings = replace(reading.settings, objective=objective)
        trainer.reading = replace(reading, settings=settings)
        other = object.__new__(KerasCandidate)
        other._trainer, other._data, other._raised = trainer, data, ()
        other._remedies = KerasRemedies(trainer)
        linear = self.reading.linear
        if objective.sample_weight and now.sample_weight and not _same(own, sample_weight):
            text = "fit(..., sample_weight=sample_weight)"
            further.append(Change(side="candidate", setting="sample_weight", text=text))
        if _policy(linear.dense, objective) != linear.dense.dtype_policy.name:
            further.append(Change(side="candidate", setting="dtype", text='dtype="float32"'))
        if not any(hidden_l2(own.start, linear)):
            return other, (*further, *changes_between(now, objective, data))
        stopped = Change(side="candidate", setting="weight_decay", text="weight_decay=None")
        plain = without_decay(now, own.start, linear)
        return other, (stopped, *further, *changes_between(plain, objective, data))

    def _objective_and_what_hides_it(self) -> tuple[ObjectiveSettings | None, list[Change]]:
        """Return the objective; where it is not modelled, the log-loss's, and how to get there."""
        trainer, reading = self._trainer, self.reading
        if reading.objective is not None or reading.loss is None:
            return reading.objective, []
        now = as_if_log_loss(
            trainer.start,
            reading.linear,
            trainer.arguments,
            sample_weight=trainer.sample_weight is not None,
            n_samples=self._data.n_samples,
        )
        loss = "binary" if reading.linear.n_outputs == 1 else "sparse_categorical"
        changes = [
            Change(side="candidate", setting="loss", text=f"{option}=None")
            for option in ("kernel_constraint", "bias_constraint", "activity_regularizer")
            if now is not None and getattr(reading.linear.dense, option, None) is not None
        ]
        if reading.linear.activation == "linear" and not reading.loss.from_logits:
            head = "sigmoid" if reading.linear.n_outputs == 1 else "softmax"
            text = f'activation="{head}"'
            changes = [Change(side="candidate", setting="output_head", text=text)]
        elif not changes:
            text = f'loss="{loss}_crossentropy"'
            changes = [Change(side="candidate", setting="loss", text=text)]
        return now, changes

    def as_modelled(self) -> ModelSettings | None:
        """Return its settings with the log-loss for a loss that is not modelled."""
        objective, own = self._objective_and_what_hides_it()[0], self.reading.settings
        if objective is None:
            return None
        words = objective_words(objective, self._data)
        return replace(own, objective=objective, written={**own.written, **words})

    def own_optimum(self) -> FittedModel | None:
        """Return the minimiser of the model's own loss, modelled or not; ``None``: cannot be had.

        Without a model of the loss there is no certificate either.
        """
        if not self.reading.linear.linear or self.reading.loss is None:
            return None
        try:
            return self._trainer.optimise()
        except ModelParityError:
            return None

    def unchanged(self) -> Remedy | None:
        """Return the same training once more; ``None``: how it was trained is not known."""
        if self._trainer.arguments is None or not self._trainable:
            return None
        return self._remedies.unchanged()

    def remedies(self) -> Iterable[Remedy]:
        """Return changed trainings of the same objective, in the order to try them."""
        return self._remedies.remedies() if self._trainable else ()

    def spread(self, n_seeds: int) -> Spread | None:
        """Return the same training with several seeds; ``None``: it cannot be had in short."""
        trainer = self._trainer
        if trainer.arguments is None or trainer.watched or not trainer.sweeps(trainer.recipe):
            return None
        epochs, sweep = trainer.recipe.epochs, trainer.together((trainer.recipe,), n_seeds)
        assert isinstance(sweep, Sweep)
        points = snapshot_epochs(epochs)
        sweep.until(epochs, points)
        fitted = tuple(
            replace(
                trainer.linear(*sweep.parameters(0, index, epochs)),
                trajectory=tuple((epoch, *sweep.parameters(0, index, epoch)) for epoch in points),
            )
            for index in range(n_seeds)
        )
        longer = tuple(
            trainer.linear(*sweep.parameters(0, index, LONGER * epochs)) for index in range(n_seeds)
        )
        return Spread(seeds=trainer.seeds(n_seeds), fitted=fitted, longer=longer)

    @property
    def reckoned_seconds(self) -> float | None:
        """Seconds of its own training, reckoned; ``None`` where it was trained before."""
        return self._trainer.reckoned_seconds if self._trainer.arguments else None

    @property
    def _trainable(self) -> bool:
        """Whether its objective is one that can be trained on."""
        reading = self.reading
        return reading.linear.linear and reading.loss is not None and reading.objective is not None

    def _gradient_only(self, model: Any) -> Certificate:
        """Return how flat a model's own loss is where it stopped: all that can be said of it."""
        reading, data = self.reading, self._data
        kind = reading.loss.kind if reading.loss else "other"
        targets = encode_targets(data.y, data.n_classes, reading.linear.n_outputs, kind)
        return Certificate(gradient_norm=gradient_norm(model, data.X, targets))

    def _rebuilt(self, objective: ObjectiveSettings, start: Any) -> Any:
        """Return a stock model of another objective, with ``start``'s where shapes allow."""
        reading, data = self.reading, self._data
        optimizer = getattr(start.optimizer, "inner_optimizer", start.optimizer)
        config = optimizer.get_config()
        if type(optimizer) is keras.optimizers.SGD:
            config["weight_decay"] = None
        # The decay is part of the objective, which the regularizers now hold whole.
        with global_random_state_kept(self._trainer.seed or 0):
            model = build_linear_model(
                objective,
                data.n_features,
                data.n_classes,
                output="logits" if reading.link != "none" else "probability",
                optimizer=type(optimizer).from_config(config),
                dtype=_policy(reading.linear.dense, objective),
                initializer=reading.linear.dense.kernel_initializer,
            )
        old = read_linear_model(start, data.n_features).dense
        new = read_linear_model(model, data.n_features).dense
        if old.kernel.shape == new.kernel.shape:
            new.kernel.assign(old.kernel)
            if old.use_bias and new.use_bias:
                new.bias.assign(old.bias)
        return model

    # -- results ---------------------------------------------------------------------------

    def _training_findings(self, model: Any, training: Training | None) -> tuple[Finding, ...]:
        """Say what went wrong in a training that only its weights and batches show."""
        if training is None:
            return ()
        found = []
        before, after = weights_of(self._trainer.start), weights_of(model)
        if all(map(np.array_equal, before, after)):
            flat = self._gradient_only(model).gradient_norm == 0
            why = (
                "the loss is flat there, and no number of epochs will help"
                if flat
                else "the loss is not flat there, so its learning rate is 0 or its layer is frozen"
            )
            found.append(
                Finding(
                    slug="saturated",
                    text=f"after {training.epochs_run} epochs every weight is where it started: "
                    f"{why}",
                )
            )
        return tuple(found)

    def _replayed_weight(self) -> np.ndarray | None:
        """Return what rows weigh where ``fit`` replays one permutation with a short last batch.

        A step divides by its own rows: of S steps an epoch, one of r rows in place of B makes its
        rows weigh n / (S r), the others n / (S B).
        """
        trainer = self._trainer
        arguments, seed = trainer.arguments, trainer.seed
        if arguments is None or seed is None or not arguments.shuffle:
            return None
        n_rows, size = trainer.n_rows, arguments.batch_size
        short = n_rows % size
        if not replays_one_permutation() or not short or n_rows < size or trainer.summed:
            return None
        order = np.arange(n_rows)
        np.random.default_rng(seed).shuffle(order)
        steps = -(-n_rows // size)
        weights = np.ones(self._data.n_samples)
        weights[order[:-short]] = n_rows / (steps * size)
        weights[order[-short:]] = n_rows / (steps * short)
        return weights

    def _trajectory(
        self, training: Training | None
    ) -> tuple[tuple[int, np.ndarray, np.ndarray], ...]:
        """Return epoch, coef and intercept at the snapshots of a linear model."""
        linear = self.reading.linear
        if training is None or not linear.linear:
            return ()
        points = []
        kernel_at = _index_of(self._trainer.start.weights, linear.dense.kernel)
        for epoch, weights in training.snapshots:
            coef = weights[kernel_at].astype(np.float64).T
            intercept = np.zeros(linear.n_outputs)
            if linear.dense.use_bias:
                bias_at = _index_of(self._trainer.start.weights, linear.dense.bias)
                intercept = weights[bias_at].astype(np.float64)
            points.append((epoch, *to_given_features(linear, coef, intercept)))
        return tuple(points)


def _fresh(given: Any, data: Dataset, seed: int | None) -> Any:
    """Return a built copy of the model, or what the user's function makes for a seed."""
    if isinstance(given, keras.Model):
        model = copy_model(given)
        # A copy forgets; how long it was trained is read from here.
        model.history = getattr(given, "history", None)
        return _built(model, data, seed)
    return made_by(lambda: _made(given, data, seed))


def _made(given: Callable[[], Any], data: Dataset, seed: int | None) -> Any:
    """Return what the user's function makes for a seed."""
    with global_random_state_kept(seed):
        model = given()
    if not isinstance(model, keras.Model):
        raise ModelParityError(
            f"a candidate function must return a keras.Model, got {type(model).__name__}; "
            f"a model that predicts by itself needs predict_proba"
        )
    return _built(model, data, seed)


def _built(model: Any, data: Dataset, seed: int | None) -> Any:
    """Return a model with its weights."""
    if not model.built:
        with global_random_state_kept(seed or 0):
            if isinstance(model, keras.Sequential):
                model.build((None, data.n_features))
            else:
                # A subclass of keras.Model makes its weights when it is called.
                model(np.zeros((1, data.n_features), dtype=np.float32))
    return model


def _same(trainer: KerasTrainer, sample_weight: np.ndarray | None) -> bool:
    """Whether the candidate is trained with these weights already."""
    own = trainer.sample_weight
    if own is None or sample_weight is None:
        return own is sample_weight
    return bool(np.array_equal(own, sample_weight))


def _policy(dense: Any, objective: ObjectiveSettings) -> str:
    """Return the dtype policy of a layer of another objective.

    Keras 3.15 on TensorFlow adds a penalty in the weights' type to a loss in float32, and cannot
    train where they differ.
    """
    penalised = objective.strength or objective.intercept_l2_strength
    if dense.variable_dtype != "float32" and (penalised or objective.intercept_l1_strength):
        return "float32"
    return str(dense.dtype_policy.name)


def _seconds(training: Training | None) -> float | None:
    """Return how long the training took."""
    return training.seconds if training else None


def _index_of(variables: list[Any], wanted: Any) -> int:
    """Return the place of a variable, by identity: Keras variables overload ``==``."""
    return next(index for index, variable in enumerate(variables) if variable is wanted)

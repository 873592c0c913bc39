"""What of a training is a finding: what only its weights show."""

from __future__ import annotations

from dataclasses import dataclass, replace

import keras
import numpy as np
import scipy.special

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.copying import weights_of
from pytest_modelparity.frameworks.keras.build.parameters import to_given_features
from pytest_modelparity.frameworks.keras.fingerprint import gradient_norm
from pytest_modelparity.frameworks.keras.train.setup import Setup, layer_weights
from pytest_modelparity.frameworks.keras.train.shortcut import TrainedAsAsked
from pytest_modelparity.frameworks.keras.train.trainee import KerasTrainee
from pytest_modelparity.frameworks.steps.agreement import Agreement
from pytest_modelparity.frameworks.steps.fitted import predictions_of
from pytest_modelparity.frameworks.steps.loop import variant_of
from pytest_modelparity.frameworks.steps.rounding import DECIDED, decided
from pytest_modelparity.report.numbers import counted, number
from pytest_modelparity.report.parts import Certificate, Finding
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.training.loop import Stack


def gradient_only(setup: Setup, model: keras.Model) -> Certificate:
    """Return how flat a model's own loss is where it stopped: all that can be said of it."""
    targets = setup.reading.parts.targets(setup.data.y, setup.data.n_classes)
    return Certificate(gradient_norm=gradient_norm(model, setup.data.X, targets))


def training_findings(
    setup: Setup, agreement: Agreement, trained: TrainedAsAsked
) -> tuple[Finding, ...]:
    """Say what went wrong in a training that only its weights show.

    Parameters
    ----------
    agreement : Agreement
        Says whether the array loop may stand for ``fit``.
    trained : TrainedAsAsked
        What the user asked for.
    """
    if trained.rounding > DECIDED:
        text = decided(trained.rounding, setup.data)
        return (Finding(slug="decided-by-rounding", text=text),)
    text = _still(setup, trained) or _clipped(setup, agreement, trained)
    return (Finding(slug="saturated", text=text),) if text else ()


def _still(setup: Setup, trained: TrainedAsAsked) -> str:
    """Say that a training moved nothing, and why."""
    # By equal bits: a gradient or a learning rate of exactly 0 moves nothing at all.
    before, after = weights_of(setup.start), weights_of(trained.model)
    if not all(map(np.array_equal, before, after)):
        return ""
    clip, wrong = setup.clip, 0
    if clip is not None and setup.trainable:
        (wrong,) = _wrong_beyond(setup, [before], clip.epsilon)
    if clip is not None and wrong:
        # But for a penalty, whose slope may be too small to move a weight.
        why = (
            f"the loss is flat there, since Keras on {BACKEND.NAME} clips probabilities, of "
            f"{counted(wrong, 'row')} all wrong; logits (from_logits=True) are not clipped"
        )
    elif gradient_only(setup, trained.model).gradient_norm == 0:
        why = "the loss is flat there, and no number of epochs will help"
    else:
        why = "the loss is not flat there, so its learning rate is 0 or its layer is frozen"
    epochs = counted(trained.result.epochs_run, "epoch")
    return f"after {epochs} every weight is where it started: {why}"


def _clipped(setup: Setup, agreement: Agreement, trained: TrainedAsAsked) -> str:
    """Say that rows were so wrong that their probabilities were clipped, and what that changed."""
    clip, result = setup.clip, trained.result
    if clip is None or not setup.trainable:
        return ""
    # A look at what was kept anyhow; most trainings come nowhere near.
    kept = [weights_of(setup.start), *(weights for _, weights in result.snapshots)]
    wrong = _wrong_beyond(setup, kept, clip.epsilon)
    # In this order: the proof may cost an epoch of `fit`.
    if not any(wrong) or agreement.reason_against(setup.recipe):
        return ""
    apart = _apart_on_logits(setup, result.epochs_run)
    # What ended right by itself needs no word.
    if not (apart > DECIDED or wrong[-1]):
        return ""
    return (
        f"up to {counted(max(wrong), 'row')} of {setup.n_rows} at once had a probability below "
        f"{clip.epsilon:g} for their own class: Keras on {BACKEND.NAME} clips it, and they had no "
        f"gradient. On logits (from_logits=True) the same training ends {number(apart, 2)} apart "
        f"in probability"
    )


def _apart_on_logits(setup: Setup, epochs: int) -> float:
    """Return how far a training ends from the same one on logits."""
    trainee, data = KerasTrainee(setup), setup.data
    task, own = trainee.task(), variant_of(trainee, setup.recipe, 0)
    ends = Stack(task.problem, [own, replace(own, logits=True)]).train(epochs)[epochs]
    first, second = (
        predictions_of(
            np.asarray(data.held_rows @ coef.T) + intercept, data, setup.reading.objective
        )
        for coef, intercept in map(task.given_parameters, *ends)
    )
    apart = float(np.abs(first - second).max())
    # What left the numbers on one side is as far as can be.
    return apart if np.isfinite(apart) else 1.0


def _wrong_beyond(setup: Setup, kept: list[list[np.ndarray]], epsilon: float) -> list[int]:
    """Return how many rows give their own class a probability below a bound, with some weights."""
    objective, rows = setup.reading.objective, setup.trained_rows
    assert objective is not None
    layers = [layer_weights(setup, weights) for weights in kept]
    given = [
        to_given_features(
            setup.reading.linear, kernel.T.astype(np.float64), bias.astype(np.float64)
        )
        for kernel, bias in layers
    ]
    wrong = _Wrong(parameters=given, softmax=objective.output_head == "softmax", epsilon=epsilon)
    codes = setup.data.y[: setup.n_rows]
    if isinstance(rows, RowMatrix):
        (counts,) = rows.total(wrong, (codes,))
    else:
        (counts,) = wrong(rows, slice(0, len(codes)), codes)
    return [int(count) for count in counts]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Wrong:
    """Counts rows whose own class has a probability below a bound, with each of some parameters."""

    parameters: list[tuple[np.ndarray, np.ndarray]]
    softmax: bool
    epsilon: float

    def __call__(self, X: Matrix, rows: slice, codes: np.ndarray) -> list[np.ndarray]:
        """Return the counts of some rows."""
        counts = [
            (self._own(np.asarray(X @ coef.T) + intercept, codes) < np.log(self.epsilon)).sum()
            for coef, intercept in self.parameters
        ]
        return [np.array(counts, dtype=np.float64)]

    def _own(self, decision: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Return the logarithm of the probability that each row gives its own class."""
        if self.softmax:
            return np.asarray(
                scipy.special.log_softmax(decision, axis=1)[np.arange(len(codes)), codes]
            )
        # One sigmoid is that of the second class; of several each has its own.
        classes = np.arange(decision.shape[1]) if decision.shape[1] > 1 else np.array([1])
        signs = np.where(codes[:, None] == classes, 1.0, -1.0)
        return np.asarray(scipy.special.log_expit(signs * decision).min(axis=1))

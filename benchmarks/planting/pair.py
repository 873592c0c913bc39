"""One pair of models as plain values, and the estimator and Keras model that they stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from sklearn.base import BaseEstimator

from planting.estimators import ESTIMATORS
from planting.layers import scaling_layers
from planting.rows import Rows, rows
from pytest_modelparity import train_to_optimum

#: Losses that take numbers.
LOSSES = {
    "squared": keras.losses.MeanSquaredError,
    "absolute": keras.losses.MeanAbsoluteError,
    "poisson": keras.losses.Poisson,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A reference and a candidate; a plant changes one entry.

    Parameters
    ----------
    data : str
        Name of the rows.
    estimator : str
        Name of the reference's class, one of `estimators.ESTIMATORS`.
    reference : dict
        The estimator's parameters; ``penalised`` apart, it is what its constructor takes.
    weighted : bool
        Whether the check is given row weights.
    l2, l1, bias_l2 : float
        λ2, λ1 and β2 of the candidate's penalty.
    use_bias, units, logits, sparse : bool, int, bool, bool
        Its head, and whether its loss takes class codes.
    loss : str
        ``"log"``, ``"squared"`` or ``"focal"``; of numbers a name in `LOSSES`.
    link : str
        What is behind the output of a candidate that predicts numbers; ``"sigmoids"``: one behind
        each unit of a one-vs-rest candidate.
    loss_weight, reduction, label_smoothing
        Options of the loss.
    scaling : str
        What is before the Dense layer, one of `layers.SCALINGS`.
    optimizer : str
        Name of the Keras optimizer, with its ``rate`` and ``options``.
    falling : int
        Steps over which the learning rate falls to zero; 0: it stays.
    start : str
        ``"zeros"``, ``"glorot"``, or the standard deviation of normal weights as a number.
    dtype : str
        Of the Dense layer.
    trained : str
        ``"fit"``, or ``"optimum"``: trained to the optimum of its objective beforehand.
    epochs, batch_size, shuffle, class_weight, validation_split
        Arguments of ``fit``.
    own_weights : str
        ``fit``'s own sample_weight: ``"none"``, ``"ones"``, ``"rows"`` or ``"class"`` (what
        `class_weight` would multiply).
    patience : float
        Where > 0: an EarlyStopping with this ``min_delta`` and no patience.
    """

    data: str
    estimator: str = "LogisticRegression"
    reference: dict[str, Any]
    weighted: bool = False
    l2: float = 0.0
    l1: float = 0.0
    bias_l2: float = 0.0
    use_bias: bool = True
    units: int = 1
    logits: bool = False
    sparse: bool = True
    loss: str = "log"
    link: str = "linear"
    loss_weight: float | None = None
    reduction: str = "sum_over_batch_size"
    label_smoothing: float = 0.0
    scaling: str = "none"
    optimizer: str = "SGD"
    rate: float = 0.1
    options: dict[str, Any] = field(default_factory=dict)
    falling: int = 0
    start: str = "zeros"
    dtype: str = "float32"
    trained: str = "fit"
    epochs: int = 1
    batch_size: int = 32
    shuffle: bool = True
    class_weight: tuple[float, ...] | None = None
    validation_split: float = 0.0
    own_weights: str = "none"
    patience: float = 0.0

    @property
    def rows(self) -> Rows:
        """Return the data."""
        return rows(self.data)


def estimator_of(pair: Pair) -> BaseEstimator:
    """Return the unfitted reference."""
    return ESTIMATORS[pair.estimator](dict(pair.reference))


def model_of(pair: Pair) -> keras.Model:
    """Return the compiled candidate at its start."""
    head = "sigmoid" if pair.units == 1 else "softmax"
    if not pair.rows.n_classes:
        head = pair.link
    elif pair.link == "sigmoids":
        head = "sigmoid"
    dense = keras.layers.Dense(
        pair.units,
        activation=None if pair.logits else head,
        use_bias=pair.use_bias,
        kernel_initializer=_start(pair.start),
        kernel_regularizer=_regularizer(pair, pair.l2, pair.l1),
        bias_regularizer=_regularizer(pair, pair.bias_l2, 0.0),
        dtype=pair.dtype,
    )
    layers = scaling_layers(pair.scaling, pair.rows.X)
    model = keras.Sequential([keras.Input((pair.rows.X.shape[1],)), *layers, dense])
    model.compile(
        optimizer=_optimizer(pair),
        loss=_loss(pair),
        loss_weights=None if pair.loss_weight is None else [pair.loss_weight],
    )
    return model


def fit_arguments(pair: Pair) -> dict[str, Any] | None:
    """Return what ``fit`` is given beside rows and labels; ``None``: it is trained already."""
    if pair.trained == "optimum":
        return None
    arguments: dict[str, Any] = {"epochs": pair.epochs, "batch_size": pair.batch_size}
    if not pair.shuffle:
        arguments["shuffle"] = False
    if pair.class_weight is not None and pair.own_weights != "class":
        arguments["class_weight"] = dict(enumerate(pair.class_weight))
    if pair.validation_split:
        arguments["validation_split"] = pair.validation_split
    if pair.own_weights != "none":
        arguments["sample_weight"] = _own_weights(pair)
    if pair.patience:
        stop = keras.callbacks.EarlyStopping(monitor="loss", min_delta=pair.patience)
        arguments["callbacks"] = [stop]
    return arguments


def candidate_of(pair: Pair) -> keras.Model | Callable[[], keras.Model]:
    """Return the candidate as the check takes it."""
    if pair.trained == "fit":
        return lambda: model_of(pair)
    data = pair.rows
    weights = data.weights if pair.weighted else None
    return train_to_optimum(model_of(pair), data.X, data.y, sample_weight=weights).model


def _own_weights(pair: Pair) -> np.ndarray:
    """Return the row weights that ``fit`` alone is given."""
    data = pair.rows
    if pair.own_weights == "class":
        return np.asarray(pair.class_weight)[np.unique(data.y, return_inverse=True)[1]]
    return data.weights if pair.own_weights == "rows" else np.ones(data.n)


def _start(name: str) -> keras.initializers.Initializer:
    """Return the kernel's initializer."""
    if name == "zeros":
        return keras.initializers.Zeros()
    if name == "glorot":
        return keras.initializers.GlorotUniform(seed=1)
    return keras.initializers.RandomNormal(stddev=float(name), seed=1)


def _regularizer(pair: Pair, l2: float, l1: float) -> keras.regularizers.Regularizer | None:
    """Return the Keras regularizer of λ2 and λ1: L2(l) has no factor 1/2, nor has Keras's MSE."""
    if not pair.rows.n_classes and pair.link == "linear":
        l2, l1 = 2 * l2, 2 * l1
    if pair.link == "sigmoids":
        # Keras averages over the units.
        l2, l1 = l2 / pair.units, l1 / pair.units
    if l2 and l1:
        return keras.regularizers.L1L2(l1=l1, l2=l2 / 2)
    if l1:
        return keras.regularizers.L1(l1)
    return keras.regularizers.L2(l2 / 2) if l2 else None


def _optimizer(pair: Pair) -> keras.optimizers.Optimizer:
    """Return the optimizer."""
    rate: Any = pair.rate
    if pair.falling:
        rate = keras.optimizers.schedules.CosineDecay(pair.rate, pair.falling)
    return getattr(keras.optimizers, pair.optimizer)(learning_rate=rate, **pair.options)


def _loss(pair: Pair) -> keras.losses.Loss:
    """Return the loss."""
    options: dict[str, Any] = {"reduction": pair.reduction}
    if pair.loss in LOSSES:
        return LOSSES[pair.loss](**options)
    options["from_logits"] = pair.logits
    of_sigmoids = pair.units == 1 or pair.link == "sigmoids"
    if pair.loss == "log" and not of_sigmoids and pair.sparse and not pair.label_smoothing:
        return keras.losses.SparseCategoricalCrossentropy(**options)
    name = "Binary" if of_sigmoids else "Categorical"
    middle = "Focal" if pair.loss == "focal" else ""
    kind = getattr(keras.losses, f"{name}{middle}Crossentropy")
    return kind(label_smoothing=pair.label_smoothing, **options)

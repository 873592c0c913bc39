"""Full-batch training of a Keras linear model to the optimum of its own objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND, FLOAT64
from pytest_modelparity.frameworks.keras.build.copying import copy_model
from pytest_modelparity.frameworks.keras.build.parameters import set_parameters, to_given_features
from pytest_modelparity.frameworks.keras.build.stock_form import stock_form
from pytest_modelparity.frameworks.keras.fingerprint import THRESHOLD, fingerprint_mismatch
from pytest_modelparity.frameworks.keras.internals import tensorflow_left_out
from pytest_modelparity.frameworks.keras.read.by_value import see_linear_model
from pytest_modelparity.frameworks.keras.read.content import content_of
from pytest_modelparity.frameworks.keras.read.head import (
    check_head,
    head_of_loss,
    stock_loss_of,
)
from pytest_modelparity.frameworks.keras.read.loss import trains_on_numbers
from pytest_modelparity.frameworks.keras.read.objective import read_objective
from pytest_modelparity.frameworks.keras.read.parts import ModelParts, read_parts
from pytest_modelparity.frameworks.keras.read.penalty import hidden_l2
from pytest_modelparity.frameworks.keras.train.batches import FitRows
from pytest_modelparity.frameworks.keras.train.minimise import (
    ModelledObjective,
    OwnObjective,
    minimise,
)
from pytest_modelparity.frameworks.keras.train.objective import KerasObjective
from pytest_modelparity.report.parts import Certificate
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset, read_dataset
from pytest_modelparity.sides.memory import remembered
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.sides.optimum import optimum_of
from pytest_modelparity.sides.regression import read_numbers
from pytest_modelparity.theory.class_by_class import certify

#: Why a loss that is not modelled has no minimum here.
_NEEDS_FLOAT64 = (
    f"Keras computes in float32 on {BACKEND.NAME}, where a loss that is not modelled has no known "
    f"optimum: use a stock loss and layer, or KERAS_BACKEND=tensorflow"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedModel:
    """A Keras linear model at the optimum of its own objective.

    Parameters
    ----------
    model : keras.Model
        A copy of the one given, trained; in the dtype that it had.
    coef : ndarray of shape (n_outputs, n_features)
        float64, on the features as given.
    intercept : ndarray of shape (n_outputs,)
        float64.
    certificate : Certificate
        Proven bounds on the distance of ``coef`` and ``intercept`` to the exact optimum.
    n_iter : int
        Iterations made.
    """

    model: keras.Model
    coef: np.ndarray
    intercept: np.ndarray
    certificate: Certificate
    n_iter: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Minimum:
    """Where the minimisation of a model's own objective ended.

    Parameters
    ----------
    coef : ndarray of shape (n_outputs, n_features)
        float64, on the features as given.
    intercept : ndarray of shape (n_outputs,)
        float64.
    certificate : Certificate
        What is proven of it.
    n_iter : int
        Iterations made.
    """

    coef: np.ndarray
    intercept: np.ndarray
    certificate: Certificate
    n_iter: int


@tensorflow_left_out()
def train_to_optimum(model: keras.Model, X: Any, y: Any, sample_weight: Any = None) -> TrainedModel:
    """Train a copy of a compiled Keras linear model to the optimum of its own objective.

    The objective is the model's compiled loss over all rows plus its regularizers, evaluated by
    Keras in float64; on JAX and torch, where Keras has no float64, its closed form, with which the
    compiled loss is compared first. It is minimised from the exact optimum of the objective as it
    was read, so that Keras's own gradient decides whether that is the minimum: smooth ones by
    L-BFGS in coordinates whitened by the Hessian's Cholesky factor, those with an L1 part by a
    proximal Newton method.

    Parameters
    ----------
    model : keras.Model
        Compiled, linear (one Dense layer; scaling and fixed matrices before it); never modified.
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,)
        Class labels; the sorted classes are the outputs in order.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the rows.

    Returns
    -------
    TrainedModel
        ``model``, ``coef``, ``intercept``, ``certificate``, ``n_iter``.

    Raises
    ------
    ModelParityError
        If the data are not usable, or the model is not compiled, not linear, or its head does
        not fit the classes or the loss.
    """
    if not isinstance(model, keras.Model):
        raise ModelParityError(
            f"train_to_optimum takes a keras.Model, got {type(model).__name__}; the twin of a "
            f"scikit-learn estimator is KerasTwin(estimator).fit(X, y)"
        )
    numbers = trains_on_numbers(model)
    data = (read_numbers if numbers else read_dataset)(X, y, sample_weight=sample_weight)
    trained = copy_model(model)
    # Building draws weights, and the user's own random state must not notice.
    if not trained.built:
        with BACKEND.random_state_kept():
            trained.build((None, data.n_features))
    see_linear_model(trained, data)
    parts = read_parts(trained, data.n_features, numbers=not data.n_classes)
    if parts.linear.noise or not parts.linear.linear:
        raise ModelParityError(
            f"train_to_optimum takes a linear model: {'; '.join(parts.linear.unmodelled)}; "
            f"only a convex objective has an optimum that can be certified"
        )
    if parts.loss is None:
        raise ModelParityError(
            "train_to_optimum takes a compiled model, got an uncompiled one; "
            'call model.compile(loss="binary_crossentropy") or the like first'
        )
    check_head(parts.linear, parts.loss, data.n_classes)
    settings = read_objective(
        parts, batch_size=data.n_samples, sample_weight=data.sample_weight is not None
    )
    if FLOAT64 is None and settings is not None:
        _check_is_modelled(parts, settings, data)
    reached = optimise(parts, settings, data, data.sample_weight)
    return TrainedModel(
        model=trained,
        coef=reached.coef,
        intercept=reached.intercept,
        certificate=reached.certificate,
        n_iter=reached.n_iter,
    )


def _check_is_modelled(parts: ModelParts, settings: ObjectiveSettings, data: Dataset) -> None:
    """Refuse a model that does something else than its settings say.

    Where Keras's own gradient cannot decide what the minimum is, the closed form does.
    """
    mismatch = fingerprint_mismatch(parts, settings, data)
    # A NaN is a mismatch.
    if not mismatch <= THRESHOLD:
        raise ModelParityError(
            f"the compiled loss or its gradient is {mismatch:.2g} away from what its settings say; "
            f"{_NEEDS_FLOAT64}"
        )


def optimise(
    parts: ModelParts,
    settings: ObjectiveSettings | None,
    data: Dataset,
    sample_weight: np.ndarray | None,
) -> Minimum:
    """Minimise the model's own objective and set its weights there.

    Parameters
    ----------
    parts : ModelParts
        Compiled and linear; trained in place.
    settings : ObjectiveSettings, optional
        Its objective, with the class weights and rows of its training; ``None`` where it is not
        modelled: the model's loss is minimised all the same, without a certificate.
    data : Dataset
        On what.
    sample_weight : ndarray of shape (n_samples,), optional
        Per-row weights, class weights not included.
    """
    content = content_of(parts.model, start=False)
    values = (settings, sample_weight, data.X, data.y, data.n_classes)
    minimum, layer = remembered(
        None if content is None else ("minimum", content, *values),
        lambda: _minimum(parts, settings, data, sample_weight),
    )
    set_parameters(parts.linear, *layer)
    return minimum


def _minimum(
    parts: ModelParts,
    settings: ObjectiveSettings | None,
    data: Dataset,
    sample_weight: np.ndarray | None,
) -> tuple[Minimum, tuple[np.ndarray, np.ndarray]]:
    """Return the minimum, and the Dense layer's parameters there."""
    linear = parts.linear
    known = settings or ObjectiveSettings(
        fit_intercept=bool(linear.dense.use_bias),
        output_head=head_of_loss(_stock_loss(parts, data), linear.n_outputs, linear.activation),
        sample_weight=sample_weight is not None,
    )
    side = SideObjective(settings=known, sample_weight=sample_weight)
    objective = side.on(data)
    own = _own_objective(parts, settings, side, data)
    optimum = optimum_of(side, data)
    theta, n_iter = minimise(own, objective, optimum)
    layer = objective.unpack(theta)
    if settings is None:
        gradient = own.value_and_gradient(theta)[1]
        certificate = Certificate(gradient_norm=float(np.abs(gradient).max()))
    else:
        certificate = certify(objective, *layer, optimum)
    coef, intercept = to_given_features(linear, *layer)
    return Minimum(coef=coef, intercept=intercept, certificate=certificate, n_iter=n_iter), layer


def _stock_loss(parts: ModelParts, data: Dataset) -> str:
    """Return the kind of the stock loss of a model's outputs."""
    return stock_loss_of(parts.linear, parts.loss) if data.n_classes else "squared"


def _own_objective(
    parts: ModelParts, settings: ObjectiveSettings | None, side: SideObjective, data: Dataset
) -> OwnObjective:
    """Return the model's objective over the rows that are trained on, by Keras where it can.

    ``settings`` are ``None`` where it is not modelled.
    """
    if FLOAT64 is None and settings is None:
        raise ModelParityError(_NEEDS_FLOAT64)
    # Keras would take rows that are passed over into memory, as float64 and twice.
    if settings is not None and (FLOAT64 is None or not data.is_held):
        return ModelledObjective(side.on(data))
    rows, loss = slice(side.settings.rows_used), parts.loss
    assert loss is not None
    targets = parts.targets(data.y, data.n_classes)
    used = FitRows(data.X, targets, side.fit_weights(data)).part(rows)
    # A summed loss weighs batch_size rows against the penalty once a step, here all of them.
    # Keras's loss applies its own weight and sum already; what is left is the ratio.
    by_loss = loss.weight * (len(used) if loss.reduction == "sum" else 1.0)
    return KerasObjective(
        stock_form(parts) if parts.linear.by_value else parts.model,
        loss,
        used,
        scale=side.settings.loss_scale / by_loss,
        decay=hidden_l2(parts.model, parts.linear.dense),
    )

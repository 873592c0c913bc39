"""A Keras model's objective in canonical form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.frameworks.keras.read.arguments import FitArguments
from pytest_modelparity.frameworks.keras.read.head import (
    head_of_loss,
    stock_loss_of,
    what_is_no_head,
)
from pytest_modelparity.frameworks.keras.read.loss import CompiledLoss
from pytest_modelparity.frameworks.keras.read.model import LinearModel
from pytest_modelparity.frameworks.keras.read.number_heads import NUMBER_HEADS, head_of_kind
from pytest_modelparity.frameworks.keras.read.parts import ModelParts
from pytest_modelparity.frameworks.keras.read.penalty import hidden_l2, penalty_strengths
from pytest_modelparity.frameworks.keras.read.scale import canonical, factor_of
from pytest_modelparity.settings import ObjectiveSettings


def read_objective(
    parts: ModelParts,
    *,
    batch_size: int,
    arguments: FitArguments | None = None,
    sample_weight: bool = False,
    n_samples: int | None = None,
) -> ObjectiveSettings | None:
    """Return the canonical objective of a linear model; ``None`` where it is not modelled.

    Parameters
    ----------
    batch_size : int
        Rows a step: what a summed loss weighs against the penalty.
    arguments : FitArguments, optional
        Where class weights and a validation split come from.
    sample_weight : bool
        Whether the training has per-row weights.
    n_samples : int, optional
        Needed with ``arguments``.
    """
    linear, loss = parts.linear, parts.loss
    if loss is None or not _is_modelled(linear, loss):
        return None
    # A regularizer that is not modelled counts as none: for `as_if_stock`, which asks all the
    # same.
    kernel = penalty_strengths(linear.dense.kernel_regularizer) or (0.0, 0.0)
    bias = penalty_strengths(linear.dense.bias_regularizer) or (0.0, 0.0)
    kernel_decay, bias_decay = hidden_l2(parts.model, linear.dense)
    class_weight = arguments.class_weight if arguments else None
    used = arguments.rows_used(n_samples) if arguments and n_samples else None
    head = head_of_loss(loss.kind, linear.n_outputs, linear.activation)
    loss_scale = loss.weight * factor_of(head, linear.n_outputs)
    as_keras_has_it = ObjectiveSettings(
        l2_strength=kernel[0] + kernel_decay,
        l1_strength=kernel[1],
        # A bias_regularizer without a bias acts on nothing.
        intercept_l2_strength=bias[0] + bias_decay if linear.dense.use_bias else 0.0,
        intercept_l1_strength=bias[1] if linear.dense.use_bias else 0.0,
        fit_intercept=bool(linear.dense.use_bias),
        class_weight=class_weight,
        sample_weight=sample_weight,
        rows_used=None if used == n_samples else used,
        # A summed loss grows with the rows of a step while the penalty does not: batch size is then
        # a setting of the objective.
        loss_scale=loss_scale * (batch_size if loss.reduction == "sum" else 1),
        # Without weights that reduction divides by the rows like any other (keras 3.15,
        # losses/loss.py, reduce_values).
        weights_normalised=loss.reduction == "mean_with_sample_weight"
        and (sample_weight or class_weight is not None),
        label_smoothing=loss.label_smoothing,
        output_head=head,
        feature_shift=_numbers(linear.shift),
        feature_scale=_numbers(linear.scale),
        feature_map=linear.then,
    )
    return canonical(as_keras_has_it, linear.n_outputs)


def _is_modelled(linear: LinearModel, loss: CompiledLoss) -> bool:
    """Whether layer, head and loss have a canonical form."""
    if loss.kind == "other" or loss.unmodelled or linear.unmodelled:
        return False
    if head := head_of_kind(loss.kind):
        return linear.activation == NUMBER_HEADS[head].activation
    # What a log-loss takes for probabilities must be some.
    links = linear.activation != "linear" or loss.from_logits
    return links and not what_is_no_head(linear, loss)


def as_if_stock(
    parts: ModelParts,
    arguments: FitArguments | None,
    *,
    sample_weight: bool,
    n_samples: int,
    of_numbers: str = "",
) -> ObjectiveSettings | None:
    """Return what the model's objective would be with the stock loss in place of its own.

    The log-loss of its head, or that of a head ``of_numbers``, with its activation.

    ``None`` where it is not linear.
    """
    linear = parts.linear
    if not linear.linear:
        return None
    head = NUMBER_HEADS.get(of_numbers)
    kind = stock_loss_of(linear, parts.loss) if head is None else head.kind
    activation = linear.activation if head is None else head.activation
    # Sigmoids that are no head.
    if kind == "sparse" and activation == "sigmoid":
        activation = "softmax"
    stock = CompiledLoss(
        kind=kind,
        name="stock",
        from_logits=activation == "linear",
        label_smoothing=0.0,
        reduction="sum_over_batch_size",
        weight=1.0,
        given=None,
        unmodelled=(),
    )
    return read_objective(
        replace(parts, linear=replace(linear, unmodelled=(), activation=activation), loss=stock),
        # Of no effect on a loss that is averaged.
        batch_size=1,
        arguments=arguments,
        sample_weight=sample_weight,
        n_samples=n_samples,
    )


def _numbers(values: np.ndarray | None) -> tuple[float, ...] | None:
    """Return an array as plain floats."""
    return None if values is None else tuple(float(value) for value in values)

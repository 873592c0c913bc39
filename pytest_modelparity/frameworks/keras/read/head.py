"""The head of a Keras model: whether it can predict the classes, and what its outputs mean."""

from __future__ import annotations

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.read.loss import CompiledLoss
from pytest_modelparity.frameworks.keras.read.model import LinearModel
from pytest_modelparity.frameworks.keras.read.number_heads import head_of_kind
from pytest_modelparity.settings import ONE_VS_REST

#: The link of sigmoids, one a class, that are divided by their sum.
NORMALISE = "normalise"


def head_of_loss(loss_kind: str, n_outputs: int, activation: str = "linear") -> str:
    """Return the output head of a model by its loss, as `ObjectiveSettings` names it.

    ``activation``: what its outputs have gone through.
    """
    if of_numbers := head_of_kind(loss_kind):
        return of_numbers
    if n_outputs == 1:
        return "sigmoid"
    # The binary crossentropy of several units is that of each against all other classes.
    return ONE_VS_REST if loss_kind == "binary" and activation != "softmax" else "softmax"


def is_one_vs_rest(linear: LinearModel, loss: CompiledLoss | None) -> bool:
    """Whether outputs are sigmoids, one for each class, each trained against all others.

    As far as activation and loss say; with a loss of one choice sigmoids are no head at all.
    """
    of_each = linear.activation == "sigmoid" and linear.n_outputs > 1
    return of_each and (loss is None or loss.kind not in ("categorical", "sparse"))


def stock_loss_of(linear: LinearModel, loss: CompiledLoss | None) -> str:
    """Return the kind of the log-loss that goes with the outputs of a model of classes."""
    return "binary" if linear.n_outputs == 1 or is_one_vs_rest(linear, loss) else "sparse"


def what_is_no_head(linear: LinearModel, loss: CompiledLoss) -> str:
    """Say why outputs are no probabilities for their loss; nothing where they are."""
    width, activation = linear.width, linear.activation
    if width == 1 or linear.pair:
        return ""
    if activation == "sigmoid" and not is_one_vs_rest(linear, loss):
        return f"{width} sigmoids are no distribution over the classes"
    if activation == "softmax" and loss.kind == "binary" and width > 2:
        return f"{loss.name} asks of each output of a softmax by itself whether it is the class"
    return ""


def check_head(linear: LinearModel, loss: CompiledLoss | None, n_classes: int) -> None:
    """Refuse a head or loss that cannot predict the classes.

    Raises
    ------
    ModelParityError
        If the width, the activation and the loss do not fit each other and the classes.
    """
    width, activation = linear.width, linear.activation
    if not n_classes:
        _check_number(width, loss)
        return
    # Two outputs do for two classes: their softmax is the sigmoid of their difference.
    if width not in ((1, 2) if n_classes == 2 else (n_classes,)):
        allowed = "1 (sigmoid) or 2 (softmax)" if n_classes == 2 else str(n_classes)
        raise ModelParityError(
            f"the candidate's head must have {allowed} outputs for {n_classes} classes, "
            f"got {width}; change the units of its last Dense layer"
        )
    # [1 - p, p] is a distribution over two classes, for whatever loss takes one.
    if linear.pair:
        return
    if width == 1 and activation == "softmax":
        raise ModelParityError(
            "a softmax over one output is always 1, got a head of one unit with softmax; "
            'use activation="sigmoid", or two units'
        )
    if loss is None:
        return
    if width == 1 and loss.kind in ("categorical", "sparse"):
        raise ModelParityError(
            f"{loss.name} needs one output for each class, got a head of one unit; "
            f'use loss="binary_crossentropy", or {n_classes} units with softmax'
        )


def _check_number(width: int, loss: CompiledLoss | None) -> None:
    """Refuse a head that does not give one number a row, and a loss of classes."""
    if width != 1:
        raise ModelParityError(
            f"the candidate's head must have one output for numbers, got {width}; end the model "
            f"with Dense(1)"
        )
    if loss is not None and loss.kind in ("binary", "categorical", "sparse"):
        raise ModelParityError(
            f"{loss.name} is a loss of classes, and the reference predicts numbers; use "
            f'loss="mse", or loss="poisson" behind an exponential'
        )


def link_of(linear: LinearModel, loss: CompiledLoss | None, n_classes: int) -> str:
    """Return how outputs become probabilities.

    ``"none"``, ``"sigmoid"``, ``"softmax"``, ``"one_vs_rest"``, or ``"normalise"`` for sigmoids
    that are to be divided by their sum.

    Raises
    ------
    ModelParityError
        If the model is uncompiled and its output is linear: the link cannot be known.
    """
    if linear.activation != "linear" or not n_classes:
        return NORMALISE if is_one_vs_rest(linear, loss) else "none"
    if loss is None:
        raise ModelParityError(
            "the link of the candidate's output cannot be told: the model is uncompiled and its "
            "output is linear; compile it with a loss that has from_logits=True, or end it with "
            "a sigmoid or softmax activation"
        )
    # The loss takes the output for a probability then, however it came about, and so does the
    # comparison.
    if not loss.from_logits:
        return "none"
    return head_of_loss(loss.kind, linear.n_outputs, linear.activation)

"""The loss that a Keras model was compiled with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.read.number_heads import NUMBER_HEADS

#: Losses of numbers that have a canonical form, by the name of Keras's function.
_OF_NUMBERS = {head.function: head.kind for head in NUMBER_HEADS.values()}

#: Losses whose canonical form is the log-loss, likewise.
_LOG_LOSSES = {
    "binary_crossentropy": "binary",
    "categorical_crossentropy": "categorical",
    "sparse_categorical_crossentropy": "sparse",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledLoss:
    """The loss that a model was compiled with.

    Parameters
    ----------
    kind : str
        ``"binary"``, ``"categorical"``, ``"sparse"``, of numbers ``"squared"`` or ``"poisson"``, or
        ``"other"``.
    name : str
        As the user would recognise it.
    from_logits : bool
        Whether the loss takes the output for a decision function.
    label_smoothing : float
        As given.
    reduction : str
        Keras's name of the reduction.
    weight : float
        ``loss_weights``.
    given : object
        What was passed to ``compile``.
    unmodelled : tuple of str
        Options that are not modelled, one sentence each.
    """

    kind: str
    name: str
    from_logits: bool
    label_smoothing: float
    reduction: str
    weight: float
    given: Any
    unmodelled: tuple[str, ...]

    @property
    def is_log_loss(self) -> bool:
        """Whether it is one of classes that is modelled here."""
        return self.kind in _LOG_LOSSES.values()

    @property
    def clips(self) -> bool:
        """Whether it clips the probabilities that it is given."""
        return BACKEND.CLIP_EDGE is not None and self.is_log_loss and not self.from_logits


def read_loss(model: keras.Model, *, numbers: bool = False) -> CompiledLoss | None:
    """Read the compiled loss; ``None`` for an uncompiled model.

    Parameters
    ----------
    model : keras.Model
        Built or not.
    numbers : bool
        Whether it is trained on numbers, not on classes.

    Raises
    ------
    ModelParityError
        If the model was compiled without a loss, or with several.
    """
    if not model.compiled:
        return None
    # `compile` keeps what it was given: a list or a dict for a single output is as good as the
    # loss.
    given, weight = model.loss, model.get_compile_config().get("loss_weights")
    if isinstance(given, (list, tuple)) and len(given) == 1:
        given = given[0]
    if isinstance(given, dict) and len(given) == 1:
        given = next(iter(given.values()))
    if isinstance(weight, (list, tuple)):
        weight = weight[0]
    if isinstance(weight, dict):
        weight = next(iter(weight.values()))
    if given is None or isinstance(given, (list, tuple, dict)):
        raise ModelParityError(
            f"the candidate must be compiled with one loss, got loss={model.loss!r}; "
            f'compile it with loss="{"mse" if numbers else "binary_crossentropy"}" or another '
            f"single loss"
        )
    # A string or a function has no options before it is resolved, which Keras does in the first
    # `fit`, under private names. It means probabilities, averaged over the batch.
    resolved = keras.losses.get(given)
    is_object = isinstance(resolved, keras.losses.Loss)
    config = _loss_config(resolved) if is_object else {}
    function = resolved.fn if hasattr(resolved, "fn") else resolved
    name = getattr(function, "__name__", type(resolved).__name__)
    # By identity: a function of the user's may have the name of one of Keras's.
    stock = getattr(keras.losses, name, None) is function
    # On classes the squared error is no loss that is modelled here.
    kinds = {**_LOG_LOSSES, **_OF_NUMBERS} if numbers else _LOG_LOSSES
    return CompiledLoss(
        kind=kinds.get(name, "other") if stock else "other",
        name=type(resolved).__name__ if type(resolved).__module__ != "builtins" else name,
        from_logits=bool(config.get("from_logits", False)),
        label_smoothing=float(config.get("label_smoothing", 0.0) or 0.0),
        reduction=str(getattr(resolved, "reduction", "sum_over_batch_size")),
        weight=1.0 if weight is None else float(weight),
        given=given,
        unmodelled=_loss_options(config, resolved if is_object else None),
    )


def trains_on_numbers(model: keras.Model) -> bool:
    """Whether a model is compiled with a loss of numbers that is modelled here."""
    if not model.compiled or model.loss is None:
        return False
    loss = read_loss(model, numbers=True)
    return loss is not None and loss.kind in _OF_NUMBERS.values()


def _loss_config(loss: keras.Loss) -> dict[str, Any]:
    """Return a loss object's options; a custom one need not have any."""
    try:
        return dict(loss.get_config())
    except NotImplementedError:
        return {}


def _loss_options(config: dict[str, Any], loss: keras.Loss | None) -> tuple[str, ...]:
    """Return the options of a loss that are not modelled."""
    found = []
    if config.get("axis", -1) != -1:
        found.append(f"the loss's axis={config['axis']} is not modelled")
    if config.get("ignore_class") is not None:
        found.append(f"the loss's ignore_class={config['ignore_class']} is not modelled")
    reduction = getattr(loss, "reduction", "sum_over_batch_size")
    if reduction not in ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight"):
        found.append(f"the loss's reduction={reduction!r} is not modelled")
    return tuple(found)

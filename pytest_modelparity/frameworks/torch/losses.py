"""The losses of torch: what each takes, and what it means beside the canonical one."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from pytest_modelparity.frameworks.torch.affine import (
    IDENTITY,
    LOG_SOFTMAX,
    SIGMOID,
    SOFTMAX,
)

#: Kinds of losses: of a sigmoid, of a softmax, of numbers, any other.
BINARY, CATEGORICAL, SQUARED, OTHER = "binary", "categorical", "squared", "other"


class NLLOfProbabilities(nn.NLLLoss):
    """``NLLLoss`` as skorch calls it: of probabilities, whose logarithm it takes."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the loss."""
        # skorch 1.4, classifier.py, NeuralNetClassifier.get_loss
        return super().forward(torch.log(input + torch.finfo(input.dtype).eps), target)


def of_probabilities(loss: Any) -> Any:
    """Return a loss as skorch calls it."""
    if type(loss) is not nn.NLLLoss:
        return loss
    return NLLOfProbabilities(loss.weight, ignore_index=loss.ignore_index, reduction=loss.reduction)


#: Kind, and the link of the outputs that a loss takes (torch 2.13, nn/modules/loss.py).
STOCK: Mapping[type, tuple[str, str]] = {
    nn.BCEWithLogitsLoss: (BINARY, IDENTITY),
    nn.BCELoss: (BINARY, SIGMOID),
    nn.CrossEntropyLoss: (CATEGORICAL, IDENTITY),
    nn.NLLLoss: (CATEGORICAL, LOG_SOFTMAX),
    NLLOfProbabilities: (CATEGORICAL, SOFTMAX),
    nn.MSELoss: (SQUARED, IDENTITY),
}
#: The same as functions.
_FUNCTIONS = {
    functional.binary_cross_entropy_with_logits: nn.BCEWithLogitsLoss,
    functional.binary_cross_entropy: nn.BCELoss,
    functional.cross_entropy: nn.CrossEntropyLoss,
    functional.nll_loss: nn.NLLLoss,
    functional.mse_loss: nn.MSELoss,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TorchLoss:
    """A loss as it was read.

    Parameters
    ----------
    given : callable
        As its user wrote it.
    kind : str
        ``"binary"``, ``"categorical"``, ``"squared"`` or ``"other"``.
    takes : str
        The link of the outputs that it takes.
    name : str
        What to call it.
    reduction : str
        ``"mean"`` or ``"sum"``.
    class_weight : tuple of float, optional
        Of the classes.
    scale : float
        Factor of every row.
    label_smoothing : float
        As the loss has it.
    unmodelled : tuple of str
        What keeps it from being a loss that is modelled, one sentence each.
    """

    given: Any
    kind: str
    takes: str
    name: str
    reduction: str = "mean"
    class_weight: tuple[float, ...] | None = None
    scale: float = 1.0
    label_smoothing: float = 0.0
    unmodelled: tuple[str, ...] = ()

    @property
    def divides_by_weights(self) -> bool:
        """Whether its mean is divided by the sum of the rows' weights, not by their number."""
        # nn/functional.py, nll_loss, with targets that are class numbers.
        return self.kind == CATEGORICAL and self.reduction == "mean" and bool(self.class_weight)

    def value(
        self, outputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None
    ) -> torch.Tensor:
        """Return the loss of a batch, each row times its weight before the mean or sum."""
        if weights is None:
            return self.given(outputs, targets)
        each = self._of_each_row(outputs, targets).reshape(len(outputs), -1).mean(dim=1) * weights
        return each.sum() if self.reduction == "sum" else each.mean()

    def _of_each_row(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the loss before it is averaged."""
        loss = copy.copy(self.given)
        loss.reduction = "none"
        return loss(outputs, targets)


def read_loss(given: Any, n_classes: int) -> TorchLoss:
    """Read a loss.

    Parameters
    ----------
    given : callable
        As its user wrote it.
    n_classes : int
        0 where numbers are predicted.
    """
    if given in _FUNCTIONS:
        given = _FUNCTIONS[given]()
    # A subclass may compute something else.
    if type(given) not in STOCK:
        name = getattr(given, "__name__", type(given).__name__)
        sentence = f"the loss {name} is none that is modelled"
        return TorchLoss(given=given, kind=OTHER, takes="", name=name, unmodelled=(sentence,))
    kind, takes = STOCK[type(given)]
    name, sentences = type(given).__name__.replace("NLLOfProbabilities", "NLLLoss"), []
    if (kind == SQUARED) == bool(n_classes):
        what = "classes" if n_classes else "numbers"
        sentences.append(f"the loss {name} is none of {what}")
    weights, scale, of_weights = _read_weights(given, kind, name)
    sentences += of_weights
    smoothing = float(getattr(given, "label_smoothing", 0.0))
    if smoothing and weights is not None:
        sentences.append(f"{name} smooths labels by the weights of the classes")
    if getattr(given, "ignore_index", -100) in range(max(n_classes, 0)):
        sentences.append(f"{name} ignores the class {given.ignore_index}")
    if given.reduction not in ("mean", "sum"):
        sentences.append(f"{name} has reduction={given.reduction!r}, which is no number")
    return TorchLoss(
        given=given,
        kind=kind,
        takes=takes,
        name=name,
        reduction=given.reduction,
        class_weight=weights,
        scale=scale,
        label_smoothing=smoothing,
        unmodelled=tuple(sentences),
    )


def _read_weights(
    given: Any, kind: str, name: str
) -> tuple[tuple[float, ...] | None, float, list[str]]:
    """Return weights of classes, the factor of every row, and what of both is not modelled."""
    weights = None if getattr(given, "weight", None) is None else _numbers(given.weight)
    if kind != BINARY:
        return weights, 1.0, []
    # Here `weight` scales the elements of a batch, and `pos_weight` alone is one of classes.
    sentences = []
    if weights is not None and len(set(weights)) > 1:
        sentences.append(f"{name} has a weight for each element of a batch")
    scale = weights[0] if weights else 1.0
    if getattr(given, "pos_weight", None) is None:
        return None, scale, sentences
    of_classes = (1.0, *_numbers(given.pos_weight))
    if len(of_classes) > 2:
        sentences.append(f"{name} has a pos_weight for each of several outputs")
    return of_classes, scale, sentences


def _numbers(tensor: torch.Tensor) -> tuple[float, ...]:
    """Return a tensor as plain floats."""
    return tuple(float(value) for value in tensor.detach().reshape(-1))

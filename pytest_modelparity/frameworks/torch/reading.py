"""What is read of a module with its loss and its optimizer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from pytest_modelparity.frameworks.torch.affine import IDENTITY, LOG_SOFTMAX, SIGMOID
from pytest_modelparity.frameworks.torch.layer import Layer, find_layer
from pytest_modelparity.frameworks.torch.losses import (
    BINARY,
    CATEGORICAL,
    OTHER,
    SQUARED,
    TorchLoss,
    read_loss,
)
from pytest_modelparity.frameworks.torch.optimizers import ReadOptimizer, read_optimizer
from pytest_modelparity.frameworks.torch.outputs import (
    LOGARITHMS,
    LOGITS,
    PROBABILITIES,
    SIGMOID_LOGITS,
    SIGMOIDS,
    ReadModule,
    read_module,
)
from pytest_modelparity.frameworks.torch.torch_fit import TorchFit
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TorchReading:
    """What was read.

    Parameters
    ----------
    outputs : ReadModule
        The module at its start, and what its outputs mean.
    layer : Layer, optional
        In which it is trained; ``None``: it is not linear, or not so by one layer.
    loss : TorchLoss
        As read.
    optimizer : ReadOptimizer
        As read.
    objective : ObjectiveSettings, optional
        The canonical objective, where it is modelled.
    unmodelled : tuple of str
        Why it is not, one sentence each.
    """

    outputs: ReadModule
    layer: Layer | None
    loss: TorchLoss
    optimizer: ReadOptimizer
    objective: ObjectiveSettings | None
    unmodelled: tuple[str, ...]

    @property
    def has_a_link_too_many(self) -> bool:
        """Whether the loss takes logits, and the module ends with the link already."""
        taken = self.loss.takes == IDENTITY and self.loss.kind in (BINARY, CATEGORICAL)
        return taken and self.layer is not None and self.layer.link != IDENTITY


def factor_of(output_head: str, n_outputs: int) -> float:
    """Return how many times the canonical objective torch's own is.

    ``MSELoss`` has no ½, and a binary loss is a mean over the outputs too (torch 2.13,
    nn/functional.py).
    """
    return {"identity": 2.0, ONE_VS_REST: 1.0 / n_outputs}.get(output_head, 1.0)


def in_torch(settings: ObjectiveSettings, n_outputs: int) -> ObjectiveSettings:
    """Return settings whose canonical objective is what torch computes."""
    return settings.times(factor_of(settings.output_head, n_outputs))


def read_fit(
    fit: TorchFit,
    module: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    data: Dataset,
    *,
    sample_weight: bool,
) -> TorchReading:
    """Read a module with its loss and its optimizer.

    Raises
    ------
    ModelParityError
        If the module cannot be called with rows, or puts out what the classes are not told by.
    """
    outputs, loss = read_module(module, data), read_loss(fit.loss, data.n_classes)
    found = find_layer(module, data)
    layer = found if isinstance(found, Layer) else None
    parameters = layer.parameters(module) if layer is not None else list(module.parameters())[:1]
    read = read_optimizer(optimizer, parameters)
    unmodelled = [*loss.unmodelled, *read.unmodelled]
    if isinstance(found, str):
        unmodelled.append(found)
    else:
        unmodelled += _mismatch(found, loss, data.n_classes)
    outputs = replace(outputs, meaning=_meaning(outputs, layer, loss))
    rows = data.n_samples if fit.batch_size is None else min(fit.batch_size, data.n_samples)
    objective = None
    if layer is not None and not unmodelled:
        objective = objective_of(layer, loss, read, rows, sample_weight=sample_weight)
    return TorchReading(
        outputs=outputs,
        layer=layer,
        loss=loss,
        optimizer=read,
        objective=objective,
        unmodelled=tuple(unmodelled),
    )


def objective_of(
    layer: Layer, loss: TorchLoss, read: ReadOptimizer, rows_a_step: int, *, sample_weight: bool
) -> ObjectiveSettings:
    """Return the canonical objective of a layer with a loss that is modelled."""
    head = head_of(loss.kind, layer.n_outputs)
    as_torch_has_it = ObjectiveSettings(
        l2_strength=read.l2[0],
        intercept_l2_strength=read.l2[1] if layer.bias is not None else 0.0,
        fit_intercept=layer.bias is not None,
        class_weight=loss.class_weight,
        sample_weight=sample_weight,
        # A sum grows with the rows of a step while the penalty does not.
        loss_scale=loss.scale
        * factor_of(head, layer.n_outputs)
        * (rows_a_step if loss.reduction == "sum" else 1),
        weights_normalised=loss.divides_by_weights and not sample_weight,
        label_smoothing=loss.label_smoothing,
        output_head=head,
    )
    return as_torch_has_it.times(1.0 / factor_of(head, layer.n_outputs))


def head_of(kind: str, n_outputs: int) -> str:
    """Return the output head of a loss that is modelled."""
    if kind == SQUARED:
        return "identity"
    if kind == CATEGORICAL:
        return "softmax"
    return "sigmoid" if n_outputs == 1 else ONE_VS_REST


def _meaning(outputs: ReadModule, layer: Layer | None, loss: TorchLoss) -> str:
    """Return what outputs are beside a loss, which says more than the numbers do."""
    if not outputs.data.n_classes or loss.kind not in (BINARY, CATEGORICAL):
        return outputs.meaning
    # What a link too many makes is what its user predicts with.
    link = loss.takes if layer is None else layer.link
    if loss.kind == BINARY and outputs.n_outputs > 1:
        return SIGMOIDS if link == SIGMOID else SIGMOID_LOGITS
    meanings = {IDENTITY: LOGITS, LOG_SOFTMAX: LOGARITHMS}
    return meanings.get(link, PROBABILITIES)


def _mismatch(layer: Layer, loss: TorchLoss, n_classes: int) -> list[str]:
    """Return what is wrong between the outputs of a layer and what a loss takes."""
    if loss.kind == OTHER or loss.unmodelled:
        return []
    if layer.link != loss.takes:
        is_bare = layer.link == IDENTITY
        ends = "is linear" if is_bare else f"goes through a {layer.link}"
        wants = "takes logits" if loss.takes == IDENTITY else f"wants a {loss.takes}"
        return [f"the output {ends}, and {loss.name} {wants}"]
    if loss.kind == BINARY and n_classes == 2 and layer.n_outputs == 2:
        return [f"{loss.name} holds each of two outputs against its own class"]
    return []

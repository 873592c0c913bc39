"""Where the penalties of an objective stand: in the optimizer's decay, or in the loss."""

from __future__ import annotations

import numpy as np
import torch

from pytest_modelparity.frameworks.torch.optimizers import PENALISING
from pytest_modelparity.frameworks.torch.reading import TorchReading, in_torch
from pytest_modelparity.frameworks.torch.running import dtype_of
from pytest_modelparity.training.recipe import Recipe


def decays_of(reading: TorchReading, recipe: Recipe) -> tuple[tuple[float, float], bool]:
    """Return ``weight_decay`` of weight and bias for a recipe.

    And whether the penalties of the objective are in the loss: those that no decay can be.
    """
    objective, optimizer, layer = reading.objective, recipe.optimizer, reading.layer
    decoupled = float(optimizer.option("weight_decay") or 0.0)
    acts = reading.optimizer.decayed
    hidden = (decoupled * acts[0], decoupled * acts[1])
    if objective is None or layer is None:
        return hidden, False
    spelled = in_torch(objective, layer.n_outputs)
    l2 = spelled.l2_strength, spelled.intercept_l2_strength
    has_l1 = bool(spelled.l1_strength or spelled.intercept_l1_strength)
    by_decay = optimizer.name in PENALISING and not decoupled
    # A decay adds λ w to the gradient: no L1, nor an L2 of coefficients that are scaled.
    if by_decay and not has_l1 and not recipe.standardised:
        return l2, False
    return hidden, any(l2) or has_l1


def penalty_of(
    reading: TorchReading,
    module: torch.nn.Module,
    scaling: tuple[np.ndarray, np.ndarray] | None = None,
) -> torch.Tensor:
    """Return the penalties of an objective as torch has them beside its loss.

    Of one that is not modelled what the optimizer's decay amounts to.

    Parameters
    ----------
    scaling : tuple of ndarray, optional
        Shift and scale of the features: the penalties act on coefficients of those as given.
    """
    layer, total = reading.layer, torch.zeros((), dtype=dtype_of(module))
    if layer is None:
        return total
    first, *rest = layer.parameters(module)
    l2, l1 = reading.optimizer.l2, (0.0, 0.0)
    if reading.objective is not None:
        spelled = in_torch(reading.objective, layer.n_outputs)
        l2 = spelled.l2_strength, spelled.intercept_l2_strength
        l1 = spelled.l1_strength, spelled.intercept_l1_strength
    coef: torch.Tensor = first
    if scaling is not None:
        scale = torch.as_tensor(scaling[1]).to(first.dtype)
        # A feature is a row of a transposed weight, a column of any other.
        by_row = layer.transposed and first.ndim > 1
        coef = first / (scale[:, None] if by_row else scale)
    total = total + 0.5 * l2[0] * coef.square().sum() + l1[0] * coef.abs().sum()
    for bias in rest:
        total = total + 0.5 * l2[1] * bias.square().sum() + l1[1] * bias.abs().sum()
    return total

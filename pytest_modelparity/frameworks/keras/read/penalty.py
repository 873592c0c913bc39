"""The penalties of a Keras model, in its regularizers and in its optimizer."""

from __future__ import annotations

from dataclasses import replace

import keras

from pytest_modelparity.frameworks.keras import internals
from pytest_modelparity.frameworks.keras.read.scale import factor_of
from pytest_modelparity.settings import ObjectiveSettings


def penalty_strengths(regularizer: keras.Regularizer | None) -> tuple[float, float] | None:
    """Return (λ2, λ1) of a Keras regularizer, or ``None`` for one that is not modelled.

    Keras's ``L2(l)`` adds ``l * sum(w**2)`` (keras 3.15, src/regularizers/regularizers.py):
    there is no factor ½, hence λ2 = 2 l.
    """
    if regularizer is None:
        return 0.0, 0.0
    # By type: a subclass may add to what its l1 and l2 say.
    if type(regularizer) is keras.regularizers.L2:
        return 2.0 * float(regularizer.l2), 0.0
    if type(regularizer) is keras.regularizers.L1:
        # A float32 tensor there (keras 3.15), so a strength of 0.1 reads 0.10000000149; L2 and L1L2
        # keep Python's float.
        return 0.0, float(regularizer.l1)
    if type(regularizer) is keras.regularizers.L1L2:
        return 2.0 * float(regularizer.l2 or 0.0), float(regularizer.l1 or 0.0)
    return None


def hidden_l2(model: keras.Model, dense: keras.layers.Dense) -> tuple[float, float]:
    """Return the λ2 of kernel and bias that SGD's ``weight_decay`` amounts to.

    At a fixed point of Keras 3.15's SGD (src/optimizers/sgd.py, base_optimizer.py) the step
    ``lr * g / (1 - m)`` balances the decay ``lr * wd * w``: an L2 of strength ``(1 - m) wd``.
    The decay of adaptive optimizers has no such objective.
    """
    optimizer: keras.Optimizer = model.optimizer if model.compiled else None
    if optimizer is None or not optimizer.weight_decay:
        return 0.0, 0.0
    if internals.class_of(optimizer) is not keras.optimizers.SGD:
        return 0.0, 0.0
    strength = (1.0 - float(optimizer.momentum)) * float(optimizer.weight_decay)
    decays = [
        strength if internals.is_decayed(optimizer, variable) else 0.0
        # The bias decays too, unless it was excluded: a penalty that the reference does not have.
        for variable in (dense.kernel, dense.bias)
        if variable is not None
    ]
    return decays[0], decays[1] if len(decays) > 1 else 0.0


def without_decay(
    settings: ObjectiveSettings, model: keras.Model, dense: keras.layers.Dense
) -> ObjectiveSettings:
    """Return the settings less what the optimizer's decay adds: what the compiled loss says."""
    # The gradient of the compiled loss does not contain the decay, which the optimizer applies to
    # the weights by itself (keras 3.15, base_optimizer.py, _apply_weight_decay).
    factor = factor_of(settings.output_head, int(dense.units))
    kernel, bias = (strength / factor for strength in hidden_l2(model, dense))
    return replace(
        settings,
        l2_strength=settings.l2_strength - kernel,
        intercept_l2_strength=settings.intercept_l2_strength - bias,
    )

"""How Keras spells a penalty; nothing of Keras is imported for that."""

from __future__ import annotations

import math
from dataclasses import replace

from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings


def number_text(value: float, *, digits: int | None = 3) -> str:
    """Return a number in some digits, or in all of them: ``8.79e-4``, ``0.25``."""
    if digits is None or value == 0 or not math.isfinite(value):
        return repr(float(value))
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:.{digits}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(exponent)}"


def class_weight_text(settings: ObjectiveSettings) -> str:
    """Return what ``fit`` is given for the weights of classes."""
    if settings.binary_weight is not None:
        pairs = ", ".join(
            f"{code}: {number_text(inside)} (rest {number_text(rest)})"
            for code, (rest, inside) in enumerate(settings.binary_weight)
        )
        return f"sample_weight of each unit: {{{pairs}}}"
    if settings.class_weight is None:
        return "class_weight=None"
    pairs = ", ".join(
        f"{i}: {number_text(weight)}" for i, weight in enumerate(settings.class_weight)
    )
    return f"class_weight={{{pairs}}}"


def penalties_of_a_unit(settings: ObjectiveSettings, n_outputs: int) -> ObjectiveSettings:
    """Return settings of classes with their penalties as they stand beside Keras's loss.

    Keras averages a binary crossentropy over the units (keras 3.15, losses/losses.py).
    """
    if settings.output_head != ONE_VS_REST:
        return settings
    return replace(
        settings,
        l2_strength=settings.l2_strength / n_outputs,
        l1_strength=settings.l1_strength / n_outputs,
        intercept_l2_strength=settings.intercept_l2_strength / n_outputs,
        intercept_l1_strength=settings.intercept_l1_strength / n_outputs,
    )


def kernel_regularizer_text(
    l2_strength: float, l1_strength: float, *, digits: int | None = 3
) -> str:
    """Return the Keras regularizer that adds ``l2_strength/2 ‖W‖² + l1_strength ‖W‖₁``.

    Parameters
    ----------
    l2_strength, l1_strength : float
        λ2 and λ1 of the canonical objective.
    digits : int, optional
        Of the numbers; ``None``: all, for code.

    Returns
    -------
    str
        ``"L2(8.79e-4)"``, ``"L1(..)"``, ``"L1L2(l1=.., l2=..)"`` or ``"None"``.

    Notes
    -----
    Keras's ``L2(l)`` adds ``l ‖W‖²``, without ½ (keras 3.15, src/regularizers), hence
    ``l = l2_strength / 2``.
    """
    l2, l1 = number_text(l2_strength / 2, digits=digits), number_text(l1_strength, digits=digits)
    if l2_strength and l1_strength:
        return f"L1L2(l1={l1}, l2={l2})"
    if l2_strength:
        return f"L2({l2})"
    return f"L1({l1})" if l1_strength else "None"

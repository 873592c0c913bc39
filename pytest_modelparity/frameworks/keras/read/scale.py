"""How many times the canonical objective Keras's own is: its losses of numbers have no ½."""

from __future__ import annotations

from dataclasses import replace

from pytest_modelparity.settings import ObjectiveSettings

#: By output head: what Keras's stock loss is, over the canonical one. ``mean_squared_error`` is
#: twice `theory.squared.SquaredLoss` (keras 3.15, losses/losses.py).
_FACTORS = {"identity": 2.0}


def factor_of(output_head: str) -> float:
    """Return by what Keras's objective of a head is to be divided for the canonical one."""
    return _FACTORS.get(output_head, 1.0)


def in_keras(settings: ObjectiveSettings) -> ObjectiveSettings:
    """Return settings whose canonical objective is what Keras computes: loss and penalties alike.

    Their strengths are those of the regularizers. Steps of a training are steps on them.
    """
    return _times(settings, factor_of(settings.output_head))


def canonical(settings: ObjectiveSettings) -> ObjectiveSettings:
    """Return the settings of which `in_keras` makes these."""
    return _times(settings, 1.0 / factor_of(settings.output_head))


def _times(settings: ObjectiveSettings, factor: float) -> ObjectiveSettings:
    """Return the settings of an objective that is so many times as large."""
    if factor == 1.0:
        return settings
    return replace(
        settings,
        l2_strength=settings.l2_strength * factor,
        l1_strength=settings.l1_strength * factor,
        intercept_l2_strength=settings.intercept_l2_strength * factor,
        intercept_l1_strength=settings.intercept_l1_strength * factor,
        loss_scale=settings.loss_scale * factor,
    )

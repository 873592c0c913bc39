"""How many times the canonical objective Keras's own is: its losses of numbers have no ½."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.frameworks.keras.read.number_heads import NUMBER_HEADS
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.objective import LinearObjective


def factor_of(output_head: str) -> float:
    """Return by what Keras's objective of a head is to be divided for the canonical one."""
    return NUMBER_HEADS[output_head].factor if output_head in NUMBER_HEADS else 1.0


def constant_of(objective: LinearObjective) -> float:
    """Return by how much an objective is larger than Keras's own, whatever the parameters."""
    if objective.output_head not in NUMBER_HEADS:
        return 0.0
    constant = NUMBER_HEADS[objective.output_head].constant(np.asarray(objective.y, np.float64))
    return float(objective.row_weight @ constant) / objective.n_samples


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

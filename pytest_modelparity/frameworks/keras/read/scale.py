"""How many times the canonical objective Keras's own is.

Its losses of numbers have no ½, and its binary crossentropy is a mean over the units.
"""

from __future__ import annotations

import numpy as np

from pytest_modelparity.frameworks.keras.read.number_heads import NUMBER_HEADS
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.theory.one_vs_rest import Objective, OneVsRestObjective


def factor_of(output_head: str, n_outputs: int) -> float:
    """Return by what Keras's objective of a head is to be divided for the canonical one."""
    # keras 3.15, losses/losses.py, binary_crossentropy: the mean over the last axis.
    if output_head == ONE_VS_REST:
        return 1.0 / n_outputs
    return NUMBER_HEADS[output_head].factor if output_head in NUMBER_HEADS else 1.0


def constant_of(objective: Objective) -> float:
    """Return by how much an objective is larger than Keras's own, whatever the parameters."""
    if isinstance(objective, OneVsRestObjective) or objective.output_head not in NUMBER_HEADS:
        return 0.0
    constant = NUMBER_HEADS[objective.output_head].constant(np.asarray(objective.y, np.float64))
    return float(objective.row_weight @ constant) / objective.n_samples


def in_keras(settings: ObjectiveSettings, n_outputs: int) -> ObjectiveSettings:
    """Return settings whose canonical objective is what Keras computes: loss and penalties alike.

    Their strengths are those of the regularizers. Steps of a training are steps on them.
    """
    return settings.times(factor_of(settings.output_head, n_outputs))


def canonical(settings: ObjectiveSettings, n_outputs: int) -> ObjectiveSettings:
    """Return the settings of which `in_keras` makes these."""
    return settings.times(1.0 / factor_of(settings.output_head, n_outputs))

"""The settings that a hypothesis with its numbers stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from pytest_modelparity.inference.objectives.hypotheses import GIVEN, RATIOS
from pytest_modelparity.inference.objectives.moments import Moments
from pytest_modelparity.inference.objectives.solution import Number
from pytest_modelparity.inference.objectives.system import System
from pytest_modelparity.settings import SAME_NUMBER, ObjectiveSettings
from pytest_modelparity.theory.design import STRENGTHS, FloatArray

#: Standard errors up to which a number is another one.
ERRORS = 2.0


def settings_of(
    system: System, numbers: Mapping[str, Number], *, regularizer_known: bool
) -> ObjectiveSettings | None:
    """Return the settings; None where a number is out of its range, or another hypothesis'.

    Parameters
    ----------
    regularizer_known : bool
        Whether the strength of the penalty was read, and class weights are told at that.
    """
    h, settings = system.hypothesis, system.subject.base
    smoothing = numbers["smoothing"].value if "smoothing" in numbers else system.smoothing
    if not smoothing < 1:
        return None
    settings = replace(settings, label_smoothing=smoothing, fit_intercept=bool(system.kept[0, -1]))
    if h.frees_classes:
        free = _free_weights(system.moments, numbers)
        if free is None:
            return None
        settings = replace(settings, class_weight=tuple(map(float, free)))
        mean = 1.0 / numbers["scale"].value if "scale" in numbers else 1.0
    else:
        weights = system.class_weights
        mean = float(weights @ system.moments.N)
        if h.classes != GIVEN:
            named = tuple(map(float, weights)) if h.classes == "balanced" else None
            settings = replace(settings, class_weight=named)
    if h.classes == RATIOS:
        weights = np.array(settings.class_weight)
        return replace(settings, class_weight=tuple(map(float, weights / weights.min())))
    settings = _with_strengths(settings, system, numbers, mean)
    if h.classes == "free" and not (regularizer_known and "scale" in numbers):
        return _in_usual_units(settings, numbers)
    return settings


def _with_strengths(
    settings: ObjectiveSettings, system: System, numbers: Mapping[str, Number], mean: float
) -> ObjectiveSettings:
    """Return settings with the strengths that were solved for at mean row weight 1."""
    if system.hypothesis.penalty != GIVEN:
        settings = replace(settings, l2_strength=0.0, l1_strength=0.0)
    strengths = {name: getattr(settings, name) for name in STRENGTHS}
    strengths |= {name: numbers[name].value * mean for name in STRENGTHS if name in numbers}
    if system.ties_intercept:
        strengths["intercept_l2_strength"] = strengths["l2_strength"]
    return with_strengths(settings, strengths)


def with_strengths(
    settings: ObjectiveSettings, strengths: Mapping[str, float]
) -> ObjectiveSettings:
    """Return settings with all four strengths."""
    return replace(
        settings,
        l2_strength=strengths["l2_strength"],
        l1_strength=strengths["l1_strength"],
        intercept_l2_strength=strengths["intercept_l2_strength"],
        intercept_l1_strength=strengths["intercept_l1_strength"],
    )


def times(settings: ObjectiveSettings, factor: float) -> ObjectiveSettings:
    """Return settings with all strengths multiplied."""
    return with_strengths(settings, {name: getattr(settings, name) * factor for name in STRENGTHS})


def _free_weights(moments: Moments, numbers: Mapping[str, Number]) -> FloatArray | None:
    """Return the class weights (K,) that were solved for; None where they are none, or equal."""
    N, L = moments.N, moments.largest
    c = np.array([numbers[f"class {k}"].value if k != L else 0.0 for k in range(len(N))])
    c[L] = (1.0 - c @ N) / N[L]
    if "scale" in numbers:
        c = c / numbers["scale"].value
    if not (c > 0).all():
        return None
    # Classes that weigh the same are a simpler hypothesis.
    error = ERRORS * max(one.relative for one in numbers.values()) + SAME_NUMBER
    return None if np.ptp(c) <= error * c.max() else c


def _in_usual_units(
    settings: ObjectiveSettings, numbers: Mapping[str, Number]
) -> ObjectiveSettings:
    """Return the same objective in the units that a user would write it in.

    Class weights and the penalty may be divided by one number. At the expected strength where one
    of the weights is 1 there; else the least of them is 1.
    """
    weights = np.array(settings.class_weight)
    error = ERRORS * max(one.relative for one in numbers.values()) + SAME_NUMBER
    if "scale" in numbers and np.abs(weights - 1.0).min() <= error:
        return settings
    unit = float(weights.min())
    return replace(times(settings, 1.0 / unit), class_weight=tuple(map(float, weights / unit)))

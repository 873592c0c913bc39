"""A solution in words: which settings differ, and their values with their errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.inference.objectives.hypotheses import GIVEN
from pytest_modelparity.inference.objectives.solution import Number, Solution
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.report.inference import ALPHA, InferredValue
from pytest_modelparity.settings import ObjectiveSettings

#: Standard errors that an interval is wide.
ERRORS = 2.0
#: Most digits that a number is written with.
MOST_DIGITS = 8
#: Relative error of a number that is known to rounding: of float32 predictions, mostly.
LEAST_ERROR = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The settings that differ, and how many digits they take."""

    settings: tuple[InferredValue, ...]
    digits: int


def text_of(settings: Sequence[InferredValue]) -> str:
    """Return all settings that differ; of none that it is the expected objective."""
    words = ", ".join(one.words for one in settings)
    return words or "the objective that is expected"


def shortest(value: float, error: float) -> str:
    """Return the number with the fewest digits within two errors of a value."""
    width = ERRORS * error
    for digits in range(1, MOST_DIGITS + 1):
        rounded = float(f"{value:.{digits}g}")
        if abs(rounded - value) <= width:
            break
    # Written anew: 10, not 1e+01.
    return f"{rounded:.{MOST_DIGITS}g}"


def words_of(subject: Subject, solution: Solution) -> Words:
    """Return a solution in words."""
    h, settings = solution.hypothesis, solution.settings
    found: list[InferredValue] = []
    if h.penalty != GIVEN and _type(settings) != _type(subject.base):
        found.append(InferredValue(setting="penalty", text=_type(settings)))
    found += _strengths(subject, solution)
    if h.intercept in ("absent", "present"):
        text = str(h.intercept == "present")
        found.append(InferredValue(setting="fit_intercept", text=text))
    if h.intercept == "as coefficients":
        found.append(InferredValue(setting="intercept_penalty", text="as the coefficients"))
    if h.intercept == "penalised":
        number = solution.numbers["intercept_l2_strength"]
        strength = Number(value=settings.intercept_l2_strength, error=number.error)
        found.append(_numbered("intercept_penalty", (strength,), "L2({})"))
    if h.classes == "none":
        found.append(InferredValue(setting="class_weight", text="None"))
    if h.classes == "balanced":
        values = tuple(settings.class_weight or ())
        found.append(InferredValue(setting="class_weight", text="balanced", values=values))
    if h.weights != GIVEN:
        found.append(InferredValue(setting="sample_weight", text=h.weights))
    if h.smoothing == "none":
        found.append(InferredValue(setting="label_smoothing", text="0", values=(0.0,)))
    if h.smoothing == "free":
        found.append(_numbered("label_smoothing", (solution.numbers["smoothing"],), "{}"))
    if h.scaling != GIVEN:
        found.append(InferredValue(setting="feature_scaling", text=h.scaling))
    digits = sum(len(one.text) for one in found if one.low)
    return Words(settings=tuple(found), digits=digits)


def _strengths(subject: Subject, solution: Solution) -> list[InferredValue]:
    """Return the strength of the penalty, its mixture, and class weights that were solved for."""
    h, settings, found = solution.hypothesis, subject.told(solution.settings), []
    error = max((_relative(solution, name) for name in solution.numbers), default=0.0)
    if h.frees_classes and settings.class_weight is not None:
        errors = (_relative(solution, f"class {k}") for k in range(subject.n_classes))
        # The class that was eliminated is known as well as the others are.
        numbers = tuple(
            Number(value=c, error=c * (one or error))
            for c, one in zip(settings.class_weight, errors, strict=True)
        )
        words = ", ".join(f"{k}: {{}}" for k in range(len(numbers)))
        found.append(_numbered("class_weight", numbers, f"{{{{{words}}}}}"))
    base = subject.told(subject.base).strength
    same = np.isclose(settings.strength, base, rtol=1e-12)
    if settings.strength > 0 and (h.penalty != GIVEN or not same):
        value, words = _as_written(subject, settings)
        found.append(_numbered("C", (Number(value=value, error=value * error),), words))
    if h.penalty == "elasticnet":
        ratio = settings.l1_ratio
        found.append(_numbered("l1_ratio", (Number(value=ratio, error=ratio * error),), "{}"))
    return found


def _as_written(subject: Subject, settings: ObjectiveSettings) -> tuple[float, str]:
    """Return the strength of a penalty as its user writes it, and the words around it."""
    if not subject.of_numbers:
        return 1.0 / (subject.n * settings.strength), "{}"
    # As of the families that have such a penalty and no other (scikit-learn 1.9, user guide): a
    # Ridge's stands beside a sum, the others' beside a mean over the weights.
    is_squared = settings.output_head == "identity"
    if is_squared and _type(settings) == "l2":
        return subject.n * settings.strength, f"{ALPHA}{{}} (Ridge)"
    mean = float(subject.objective(settings).row_weight.mean())
    name = "Lasso" if _type(settings) == "l1" else "ElasticNet"
    if not is_squared:
        name = "PoissonRegressor" if _type(settings) == "l2" else _type(settings)
    return settings.strength / mean, f"{ALPHA}{{}} ({name})"


def _relative(solution: Solution, name: str) -> float:
    """Return the relative error of a number; 0 where it has none."""
    number = solution.numbers.get(name)
    return number.error / number.value if number is not None else 0.0


def _numbered(setting: str, numbers: tuple[Number, ...], words: str) -> InferredValue:
    """Return a setting that has numbers, with its words around them."""
    numbers = tuple(
        replace(one, error=max(one.error, LEAST_ERROR * abs(one.value))) for one in numbers
    )
    return InferredValue(
        setting=setting,
        text=words.format(*(shortest(one.value, one.error) for one in numbers)),
        values=tuple(one.value for one in numbers),
        low=tuple(one.value - ERRORS * one.error for one in numbers),
        high=tuple(one.value + ERRORS * one.error for one in numbers),
    )


def _type(settings: ObjectiveSettings) -> str:
    """Return the type of a penalty, as a message writes it."""
    if settings.l1_strength > 0:
        return "elasticnet" if settings.l2_strength > 0 else "l1"
    return "l2" if settings.l2_strength > 0 else "None"

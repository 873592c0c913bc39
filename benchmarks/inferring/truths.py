"""The objectives that models were trained for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import train_test_split

from pytest_modelparity.settings import ObjectiveSettings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """An objective with its name.

    Parameters
    ----------
    name : str
        In words.
    settings : ObjectiveSettings
        What it is, on the rows that it had.
    kept : ndarray of int, optional
        These rows; None for all.
    """

    name: str
    settings: ObjectiveSettings
    kept: np.ndarray | None = None


def expected(y: np.ndarray, C: float = 1.0) -> ObjectiveSettings:
    """Return the objective of scikit-learn's defaults, with another C."""
    head = "sigmoid" if y.max() == 1 else "softmax"
    return ObjectiveSettings(l2_strength=1 / (C * len(y)), output_head=head)


def balanced(y: np.ndarray) -> tuple[float, ...]:
    """Return scikit-learn's ``class_weight="balanced"``."""
    return tuple(len(y) / (len(np.bincount(y)) * np.bincount(y)))


def uneven(y: np.ndarray) -> tuple[float, ...]:
    """Return class weights that a user wrote down: 1, 3, 2, 1."""
    return (1.0, 3.0, 2.0, 1.0)[: int(y.max()) + 1]


def truths(y: np.ndarray) -> Iterator[Truth]:
    """Yield the objectives of which exact optima are made."""
    base, n = expected(y), len(y)
    strength = base.l2_strength
    yield Truth(name="C=0.1", settings=expected(y, 0.1))
    yield Truth(name="C=10", settings=expected(y, 10.0))
    yield Truth(name="no penalty", settings=replace(base, l2_strength=0.0))
    yield Truth(name="l1", settings=replace(base, l2_strength=0.0, l1_strength=strength))
    half = replace(base, l2_strength=strength / 2, l1_strength=strength / 2)
    yield Truth(name="elastic net", settings=half)
    yield Truth(name="liblinear", settings=replace(base, intercept_l2_strength=strength))
    yield Truth(name="no intercept", settings=replace(base, fit_intercept=False))
    yield Truth(name="balanced", settings=replace(base, class_weight=balanced(y)))
    yield Truth(name="class weights", settings=replace(base, class_weight=uneven(y)))
    both = replace(expected(y, 0.1), class_weight=uneven(y))
    yield Truth(name="C=0.1 and class weights", settings=both)
    yield Truth(name="smoothing", settings=replace(base, label_smoothing=0.1))
    m = int(0.8 * n)
    yield Truth(name="validation_split", settings=base, kept=np.arange(m))
    kept, _ = train_test_split(np.arange(n), random_state=42)
    yield Truth(name="split by a seed", settings=expected(y[kept]), kept=kept)
    weights = replace(expected(y[kept]), class_weight=balanced(y[kept]))
    yield Truth(name="split, balanced", settings=weights, kept=kept)


def trained_truths(y: np.ndarray) -> Iterator[Truth]:
    """Yield the objectives that trainings were stopped short of."""
    base = expected(y)
    yield Truth(name="no penalty", settings=replace(base, l2_strength=0.0))
    yield Truth(name="C=0.01", settings=expected(y, 0.01))
    # The stronger the penalty, the more trainings get near their optimum.
    for C in (1.0, 0.03, 0.01):
        base, more = expected(y, C), "" if C == 1 else f", C={C}"
        weights = replace(base, class_weight=balanced(y))
        yield Truth(name=f"balanced{more}", settings=weights)
        yield Truth(name=f"class weights{more}", settings=replace(base, class_weight=uneven(y)))
        yield Truth(name=f"smoothing{more}", settings=replace(base, label_smoothing=0.1))

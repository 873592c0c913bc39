"""Rows that were normalised in training, and are not at prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from pytest_modelparity.inference.objectives.choice import Candidate
from pytest_modelparity.inference.objectives.hypotheses import Choices
from pytest_modelparity.inference.objectives.scan import scan
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.theory.design import FloatArray

#: Sizes of a row, by the name that `sklearn.preprocessing.Normalizer` has for them.
NORMS: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "l2": lambda X: np.linalg.norm(X, axis=1),
    "l1": lambda X: np.abs(X).sum(axis=1),
    "max": lambda X: np.abs(X).max(axis=1),
}
#: Relative difference up to which all rows have the same size already.
SAME = 1e-6


def normalised_candidates(
    subject: Subject, choices: Choices, *, regularizer_known: bool
) -> list[Candidate]:
    """Return what explains the model on normalised rows."""
    few = Choices(classes=choices.classes, penalty=("l2",) if "l2" in choices.penalty else ())
    found = []
    for name, size in NORMS.items():
        sizes = size(subject.X)
        if np.ptp(sizes) <= SAME * sizes.max():
            continue
        X = subject.X / np.where(sizes > 0, sizes, 1.0)[:, None]
        one = scan(replace(subject, X=X), few, regularizer_known=regularizer_known)
        found += [
            Candidate(whole=one.whole, solution=solution, prepared=f"rows normalised ({name})")
            for solution in (one.expected, *one.solutions)
        ]
    return found

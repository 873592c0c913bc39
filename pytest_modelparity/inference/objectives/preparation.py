"""Rows that were normalised in training, and are not at prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from pytest_modelparity.inference.objectives.choice import Candidate
from pytest_modelparity.inference.objectives.hypotheses import Choices
from pytest_modelparity.inference.objectives.scan import Scan, scan
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.rows import RowBlock

#: Sizes of a row, by the name that `sklearn.preprocessing.Normalizer` has for them.
NORMS: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "l2": lambda X: np.linalg.norm(X, axis=1),
    "l1": lambda X: np.abs(X).sum(axis=1),
    "max": lambda X: np.abs(X).max(axis=1),
}
#: Relative difference up to which all rows have the same size already.
SAME = 1e-6


def normalised_candidates(
    subject: Subject, whole: Scan, choices: Choices, *, regularizer_known: bool
) -> list[Candidate]:
    """Return what explains the model on normalised rows."""
    few = Choices(classes=choices.classes, penalty=("l2",) if "l2" in choices.penalty else ())
    found = []
    for name in NORMS:
        least, most = _ends(subject, name)
        if most - least <= SAME * most:
            continue
        one = scan(
            replace(subject, X=_normalised(subject.X, name)),
            few,
            regularizer_known=regularizer_known,
            decrement=whole.decrement,
        )
        found += [
            Candidate(whole=one.whole, solution=solution, prepared=f"rows normalised ({name})")
            for solution in (one.expected, *one.solutions)
        ]
    return found


def _ends(subject: Subject, name: str) -> tuple[float, float]:
    """Return the least and the largest size of a row."""

    def part(block: RowBlock) -> list[FloatArray]:
        sizes = NORMS[name](block.design.dense[:, :-1])
        return [sizes.min(), sizes.max()]

    rows = subject.on_rows.rows
    least, most = rows.total(part, rows.n_columns, joins=[np.minimum, np.maximum])
    return float(least), float(most)


def _normalised(X: FloatArray | RowMatrix, name: str) -> FloatArray | RowMatrix:
    """Return rows of size 1, but for those of zeros; of rows that are passed over when read."""
    if isinstance(X, RowMatrix):
        return X.mapped(partial(_of_size_one, name=name), X.shape[1])
    return _of_size_one(X, name)


def _of_size_one(X: FloatArray, name: str) -> FloatArray:
    """Return rows in memory of size 1, but for those of zeros."""
    sizes = NORMS[name](X)
    return np.asarray(X / np.where(sizes > 0, sizes, 1.0)[:, None])

"""Sets of rows whose optimum a model may be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.inference.objectives.choice import PART_OF_ROWS, Candidate
from pytest_modelparity.inference.objectives.hypotheses import Choices
from pytest_modelparity.inference.objectives.row_weights import rows_left
from pytest_modelparity.inference.objectives.scan import Scan, scan
from pytest_modelparity.inference.objectives.solved_settings import times
from pytest_modelparity.inference.objectives.split_search import may_rank, rank_sets
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.inference.objectives.subsets import RowSet, row_sets
from pytest_modelparity.settings import ObjectiveSettings

#: Sets that are looked at more closely: neighbours of the right one are nearly as good.
MOST_SETS = 4


def row_candidates(
    subject: Subject, whole: Scan, *, regularizer_known: bool
) -> tuple[list[Candidate], int]:
    """Return what explains the model on a part of the rows, and how many sets were tried.

    None of rows that are passed over: a set of them takes a pass of its own.
    """
    if not subject.are_held:
        return [], 0
    left, decrement = rows_left(subject), whole.decrement
    if left is not None:
        return _on(subject, left, decrement, regularizer_known=regularizer_known), 1
    if not may_rank(subject.n, subject.table.size, subject.n_groups):
        return [], 0
    sets = list(row_sets(subject.y))
    direction = subject.table.copy()
    direction[:, -1] = 0.0
    if not subject.base.strength and regularizer_known:
        direction = np.zeros_like(direction)
    metric = whole.whole.metrics.of(np.ones(subject.table.size, dtype=bool))
    ranked = rank_sets(subject, metric, sets, direction.reshape(-1))
    near = [one for one in ranked[:MOST_SETS] if one.decrement <= PART_OF_ROWS * decrement]
    found = []
    for one in near:
        found += _on(subject, one.rows, decrement, regularizer_known=regularizer_known)
    return found, len(sets)


def _on(
    subject: Subject, rows: RowSet, decrement: float, *, regularizer_known: bool
) -> list[Candidate]:
    """Return what explains the model on one set of rows."""
    given = subject.sample_weight
    part = replace(
        subject,
        X=subject.X[rows.rows],
        y=subject.y[rows.rows],
        sample_weight=None if given is None else given[rows.rows],
        base=replace(subject.base, rows_used=None),
    )
    if len(np.unique(part.codes)) < subject.n_groups:
        return []
    classes = ("balanced", "free") if subject.n_classes else ()
    penalty = () if regularizer_known else ("l2",) if subject.base.l2_strength else ()
    choices = Choices(classes=classes, penalty=penalty)
    found = []
    for base in _bases(part, subject.n):
        one = scan(
            replace(part, base=base),
            choices,
            regularizer_known=regularizer_known,
            decrement=decrement,
        )
        found += [
            Candidate(whole=one.whole, solution=solution, rows=rows)
            for solution in (one.expected, *one.solutions)
        ]
    return found


def _bases(part: Subject, n: int) -> list[ObjectiveSettings]:
    """Return what is expected on a part of the rows: one factor, or one C.

    Keras keeps the factor of a penalty, which multiplies a mean; scikit-learn keeps C, which
    multiplies a sum. What was read may be either.
    """
    base = part.base
    if not base.strength:
        return [base]
    return [base, times(base, n / part.n)]

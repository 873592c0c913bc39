"""Which rows of a question are held in memory, and which are passed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_modelparity.parity.question import Question
from pytest_modelparity.sides.passed import PassedRows, RowsKind


def with_opened_rows(question: Question, kinds: Sequence[RowsKind]) -> Question:
    """Return the question with rows that can be held in memory, or are passed over.

    Parameters
    ----------
    question : Question
        As asked.
    kinds : sequence of RowsKind
        What X may be besides rows in memory; the first that knows X opens it.

    Raises
    ------
    ModelParityError
        If X, y or the weights cannot be opened.
    """
    kind = next((one for one in kinds if one.knows(question.X)), None)
    if kind is None:
        return question
    opened = kind.open(question.X, question.y, question.sample_weight)
    matrix = opened.rows.matrix
    fits = matrix.size * 8 <= question.memory * 1e6
    X = _held(opened.rows) if fits else opened.rows
    return replace(question, X=X, y=opened.y, sample_weight=opened.sample_weight)


def _held(rows: PassedRows) -> object:
    """Return rows that fit in memory: as given, where they are there already."""
    if rows.is_held:
        return rows.given
    return rows.matrix.as_given(rows.matrix[0 : len(rows.matrix)])

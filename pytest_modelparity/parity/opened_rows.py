"""Which rows of a question are held in memory, and what is left out of those that are not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pytest_modelparity.parity.candidate_rows import TRANSFORMED
from pytest_modelparity.parity.pair import Explaining, Pair
from pytest_modelparity.parity.question import Question
from pytest_modelparity.sides.candidate import Candidate
from pytest_modelparity.sides.fitted import FittedModel, Predict
from pytest_modelparity.sides.mapping import BlockPreparation, EstimatorMapping, RowPreparation
from pytest_modelparity.sides.passed import PassedRows, RowsKind


def with_opened_rows(
    question: Question, kinds: Sequence[RowsKind], mapping: EstimatorMapping | None
) -> Question:
    """Return the question with rows that can be held in memory, or are passed over.

    Parameters
    ----------
    question : Question
        As asked.
    kinds : sequence of RowsKind
        What X may be besides rows in memory; the first that knows X opens it.
    mapping : EstimatorMapping, optional
        Of the reference, where there are labels.

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
    why = "" if fits else _why_whole(question, mapping, opened.rows)
    if why:
        opened.rows.refuse_whole(why)
    passed = replace(opened.rows, memory=question.memory * 1e6)
    X = _held(opened.rows) if fits or why else passed
    return replace(question, X=X, y=opened.y, sample_weight=opened.sample_weight)


def _why_whole(question: Question, mapping: EstimatorMapping | None, X: PassedRows) -> str:
    """Return why X must fit in memory; nothing where it need not."""
    if question.y is None:
        return "without labels (y=None), where compare_stream takes blocks of rows,"
    if question.candidate_rows == TRANSFORMED:
        return f"with candidate_rows={TRANSFORMED!r}"
    if not isinstance(mapping, RowPreparation):
        return ""
    if isinstance(mapping, BlockPreparation):
        return mapping.why_whole(question.reference, X, question.y, question.X_eval)
    return f"behind the steps of a {type(question.reference).__name__}"


def _held(rows: PassedRows) -> object:
    """Return rows that fit in memory: as given, where they are there already."""
    if rows.is_held:
        return rows.given
    return rows.matrix.as_given(rows.matrix[0 : len(rows.matrix)])


class TrainedOnce:
    """A candidate that is not trained again, which would take all rows in memory.

    Parameters
    ----------
    inner : Candidate
        The model.
    """

    objective = None
    training = None

    def __init__(self, inner: Candidate) -> None:
        self.inner = inner

    def train(self) -> FittedModel:
        """Train it as its user asked, or take it as it is."""
        return self.inner.train()

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> Predict | None:
        """Return what it predicts with these parameters; ``None``: it cannot hold them."""
        return self.inner.inject(coef, intercept)


def is_trainable(model: Candidate) -> bool:
    """Whether a candidate could be trained again, were its rows in memory."""
    return (model.inner if isinstance(model, TrainedOnce) else model).training is not None


def trained_once(pair: Pair) -> Pair:
    """Return a pair of which no side is trained again that would take all rows in memory.

    It does not matter what holds the rows: a report is the same of an array and of a file.
    """
    if pair.data.is_held:
        return pair
    model = pair.model if trains_on_batches(pair.model) else TrainedOnce(pair.model)
    return replace(pair, model=model, reference_training=None)


def trains_on_batches(model: Candidate) -> bool:
    """Whether what trains a candidate again takes batches of rows that are not held."""
    # Trainings that others contribute need not say so.
    return bool(getattr(model.training, "takes_batches", False))


def leave_out_trainings(explaining: Explaining) -> None:
    """Note what was left out of rows that are not held, and the memory that it wants."""
    data = explaining.pair.data
    if not data.is_held:
        model = explaining.pair.model
        both = is_trainable(model) and not trains_on_batches(model)
        side = "either side" if both else "the reference"
        megabytes = math.ceil(8 * data.n_samples * data.n_features / 1e6)
        explaining.journal.left_out(
            f"training {side} again, which takes rows in memory: {megabytes} MB "
            f"(memory={megabytes}, --parity-memory={megabytes})"
        )

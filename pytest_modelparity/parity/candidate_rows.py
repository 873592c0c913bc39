"""Which rows the candidate takes: those of a pipeline, or those that its last step gets."""

from __future__ import annotations

from dataclasses import replace

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.question import Question
from pytest_modelparity.sides.mapping import EstimatorMapping, RowPreparation

#: What `check_values.read_candidate_rows` lets through beside ``"pipeline"``.
TRANSFORMED = "transformed"


def with_candidate_rows(question: Question, mapping: EstimatorMapping) -> Question:
    """Return the question of a pipeline's last step, where the candidate takes its rows.

    Raises
    ------
    ModelParityError
        If transformed rows are asked for beside a reference that transforms none.
    """
    if question.candidate_rows != TRANSFORMED:
        return question
    if not isinstance(mapping, RowPreparation):
        raise ModelParityError(
            f"candidate_rows={TRANSFORMED!r} is for a reference that transforms rows, such as "
            f"a pipeline, got {type(question.reference).__name__}; leave it out"
        )
    last = mapping.last_step(question.reference, question.X, question.y, question.X_eval)
    X_eval = None if question.X_eval is None else last.transform(question.X_eval)
    return replace(question, reference=last.estimator, X=last.transform(question.X), X_eval=X_eval)

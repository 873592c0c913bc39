"""Two models as they are given, without labels: nothing is trained, no objective is compared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.question import Question, Wiring
from pytest_modelparity.parity.side import Side
from pytest_modelparity.sides.artefact import Artefact, opened
from pytest_modelparity.sides.candidate import Candidate, CandidateRequest, find_candidate
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel, Predict
from pytest_modelparity.sides.mapping import predicts_numbers
from pytest_modelparity.sides.unlabelled import (
    is_regressor,
    read_unlabelled,
    read_unlabelled_numbers,
)

#: What there is no saying of without labels.
WITHOUT_LABELS = (
    "without labels (y=None) both sides are as given: nothing was trained, and objectives, optima, "
    "settings and scores are not compared"
)
#: Arguments that mean something only beside labels, with what to do.
NEEDING_LABELS = {
    "fit": "it trains the candidate on labels: pass y, or leave fit out",
    "sample_weight": "weights are for training: pass y, or leave them out",
    "X_eval": "X is the rows compared: pass them as X",
    "y_eval": "pass the labels as y, or leave them out",
}


class AsGiven:
    """A model that is neither trained nor changed.

    Parameters
    ----------
    inner : Candidate
        The model.
    unmodelled : tuple of str
        What is said in place of what its kind says of its settings.
    """

    objective = None
    training = None

    def __init__(self, inner: Candidate, *unmodelled: str) -> None:
        self._inner, self._unmodelled = inner, unmodelled

    def train(self) -> FittedModel:
        """Take it as it is, without what only labels give a meaning."""
        fitted = self._inner.train()
        settings = replace(fitted.settings, objective=None, unmodelled=self._unmodelled)
        return replace(fitted, settings=settings, certificate=None, sample_weight=None)

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> Predict | None:
        """Return what it predicts with these parameters; ``None``: it cannot hold them."""
        return self._inner.inject(coef, intercept)


def read_rows(question: Question, wiring: Wiring) -> Dataset:
    """Return the rows of a check without y: of regressors where one of the two is one.

    Raises
    ------
    ModelParityError
        If an argument needs labels, or a model is missing.
    """
    for name, advice in NEEDING_LABELS.items():
        if getattr(question, name) is not None:
            raise ModelParityError(f"{name} was given without labels (y=None); {advice}")
    for name in ("reference", "candidate"):
        if getattr(question, name) is None:
            raise ModelParityError(
                f"without labels (y=None) nothing is trained, so both models must be given, got "
                f"{name}=None; pass the trained {name}, or y"
            )
    both = [
        opened(one, wiring.kinds, allow_pickle=question.allow_pickle)
        for one in (question.reference, question.candidate)
    ]
    for model in both:
        if _predicts_numbers(model, question.X, wiring):
            return read_unlabelled_numbers(question.X, model)
    return read_unlabelled(question.X, *both)


def _predicts_numbers(model: Any, X: Any, wiring: Wiring) -> bool:
    """Whether a model is a regressor: as it says, as a mapping knows, or by what it predicts."""
    if is_regressor(model):
        return True
    if isinstance(model, Artefact):
        return model.predicts_numbers(X)
    return any(one.knows(model) and predicts_numbers(one, model) for one in wiring.mappings)


def pair_as_given(question: Question, wiring: Wiring, data: Dataset) -> Pair:
    """Return the two models, each of a kind that a candidate may have.

    Raises
    ------
    ModelParityError
        If a model is of no such kind, or is not trained.
    """
    candidate = AsGiven(_made(question.candidate, question, wiring, data))
    try:
        inner = _made(question.reference, question, wiring, data)
        reference = AsGiven(inner, WITHOUT_LABELS).train()
    except ModelParityError as error:
        raise ModelParityError(of_reference(str(error))) from error
    findings = (replace(one, text=of_reference(one.text)) for one in reference.findings)
    reference = replace(reference, findings=tuple(findings))
    return Pair(
        data=data,
        reference=Side(name="reference", data=data, fitted=reference),
        candidate=Side(name="candidate", data=data, fitted=candidate.train()),
        model=candidate,
        reference_training=None,
        tolerance=question.tolerance,
    )


def of_reference(text: str) -> str:
    """Return what is said of a candidate, as every kind does, for the reference."""
    return text.replace("candidate", "reference")


def _made(given: Any, question: Question, wiring: Wiring, data: Dataset) -> Candidate:
    """Return a model as a candidate."""
    return find_candidate(request_of(given, question, data), wiring.kinds)


def request_of(given: Any, question: Question, data: Dataset) -> CandidateRequest:
    """Return what is asked of the kinds of candidates for a model as it is given."""
    return CandidateRequest(
        given=given,
        fit=None,
        reference=None,
        mapping=None,
        data=data,
        seed=question.seed,
        kind=question.kind if given is question.candidate else None,
        allow_pickle=question.allow_pickle,
    )

"""What becomes of each kind of candidate beside each reference: found by making the checks.

Every reference of `tools/supported.py` is compared with what was trained on other rows, handed over
in each way that a candidate can be known by. What the report then holds says which way it was.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression, Ridge

from pytest_modelparity import ModelParityError, compare_models
from pytest_modelparity.frameworks.registry import candidate_kinds, mappings
from pytest_modelparity.sides.candidate import COEFFICIENTS, PREDICTIONS, SETTINGS, TABLE
from pytest_modelparity.sides.mapping import EstimatorMapping, predicts_numbers
from pytest_modelparity.sides.opaque import EstimatorKind

#: What is told of a candidate, by what is known of it.
EXACT, INFERRED, COMPARED, REFUSED = "exact", "by inference", "compared only", "refused"
#: The ways of the table, in its order, with what each is in words.
WAYS = {
    SETTINGS: "its settings are read",
    COEFFICIENTS: "its coefficients are read",
    PREDICTIONS: "it predicts, and can be asked",
    TABLE: "its predictions of the rows compared",
}

HEAD = """## References and candidates

What is told of a candidate's objective where it differs from the reference's, by what can be seen
of the candidate: each cell is a check that was made.

| word | meaning |
| --- | --- |
| exact | its settings are read, and set against the reference's one by one |
| by inference | it is told from coefficients or predictions ([`inference.md`](inference.md)) |
| compared only | predictions are compared, and one change of structure is looked for |
| refused | the check cannot be made, for the reason given |
"""


class Predictor:
    """A fitted estimator of which only predictions can be seen, or coefficients as well."""

    def __init__(self, fitted: Any, method: str, *, shows: bool) -> None:
        setattr(self, method, getattr(fitted, method))
        if shows and hasattr(fitted, "coef_"):
            self.coef_, self.intercept_ = fitted.coef_, fitted.intercept_


def pair_lines(subjects: Iterable[tuple[BaseEstimator, EstimatorMapping]]) -> Iterator[str]:
    """Yield the lines of both tables: of references by ways, and of kinds of candidates."""
    yield HEAD
    yield "| reference | " + " | ".join(WAYS.values()) + " |"
    yield "| --- " * (len(WAYS) + 1) + "|"
    # One mapping reads all its estimators in one way.
    by_mapping: dict[str, list[tuple[BaseEstimator, EstimatorMapping]]] = {}
    for example, mapping in subjects:
        by_mapping.setdefault(mapping.name, []).append((example, mapping))
    for alike in by_mapping.values():
        cells = [told(*alike[0], way) for way in WAYS]
        names = ", ".join(f"`{type(example).__name__}`" for example, _ in alike)
        yield f"| {names} | " + " | ".join(cells) + " |"
    yield ""
    yield f"A candidate of the other kind is {refusal()}."
    yield ""
    yield "| candidate | what is known of it |"
    yield "| --- | --- |"
    for kind in candidate_kinds(mappings()):
        yield f"| {_named(kind)} | {_known(kind)} |"
    yield ""


def refusal() -> str:
    """Return what is said of a regressor beside a classifier."""
    X, y = _rows(2)
    try:
        compare_models(LogisticRegression(), X, y, candidate=Ridge().fit(X, y))
    except ModelParityError as error:
        return f"{REFUSED}: {error}"
    return COMPARED


def _named(kind: Any) -> str:
    """Return what to pass; of estimators, of which the table above has the names, in short."""
    return "an estimator of the table above" if isinstance(kind, EstimatorKind) else kind.name


def _known(kind: Any) -> str:
    """Return what is known of a kind of candidate, in words."""
    return WAYS.get(kind.reads, kind.reads)


def told(example: BaseEstimator, mapping: EstimatorMapping, way: str) -> str:
    """Return what is told of a candidate that is known in one way, beside a reference."""
    if predicts_numbers(mapping, example):
        return _told(example, "predict", way, *_rows(0))
    two, three = (_told(example, "predict_proba", way, *_rows(n)) for n in (2, 3))
    return two if two == three else f"{two}; of three classes {three}"


def _told(example: BaseEstimator, method: str, way: str, X: np.ndarray, y: np.ndarray) -> str:
    """Return what is told on some rows."""
    reference = clone(example)
    # Unequal, so that the two diverge whatever the reference is.
    other = _fitted(example, X, y, np.arange(len(y)) % 3 > 0)
    candidate = {
        SETTINGS: other,
        COEFFICIENTS: Predictor(other, method, shows=True),
        PREDICTIONS: Predictor(other, method, shows=False),
        TABLE: getattr(other, method)(X),
    }[way]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report = compare_models(
                reference, X, y, candidate=candidate, tolerance=1e-9, explain=False
            )
    except ModelParityError as error:
        return f"{REFUSED}: {error}"
    if report.settings["candidate"].objective is not None:
        return EXACT
    return INFERRED if "candidate" in report.inference else COMPARED


def _rows(n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows with the labels of so many classes; 0: with numbers above zero."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(90, 4))
    if not n_classes:
        return X, np.exp(0.5 * X[:, 0] + 0.3 * rng.normal(size=90))
    return X, (X[:, :n_classes] + rng.gumbel(size=(90, n_classes))).argmax(axis=1)


def _fitted(example: BaseEstimator, X: np.ndarray, y: np.ndarray, part: np.ndarray) -> Any:
    """Return an estimator that was trained on a part of the rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return clone(example).fit(X[part], y[part])

"""A model from elsewhere, opened: a file, or an object of a framework that trains nothing here."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.sides.candidate import (
    PREDICTIONS,
    Candidate,
    CandidateKind,
    CandidateRequest,
)
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.opaque import OpaqueCandidate, refuse_fit
from pytest_modelparity.structure.whole_numbers import WholeNumbers


# Not slotted: what it shows of classes and parameters is found under scikit-learn's names.
@dataclass(frozen=True, kw_only=True, eq=False)
class Artefact:
    """A model that was opened: it predicts, and tells what can be read of it.

    Parameters
    ----------
    title : str
        What to call it: ``"ONNX file (port.onnx)"``.
    ask : callable
        Maps rows as the user gave them to its predictions, in the floating type that it makes.
    classes : ndarray, optional
        Those of its columns, in their order.
    findings : tuple of Finding
        What only the file shows.
    whole_numbers : WholeNumbers, optional
        How it computes, where it computes in int8 or int16.
    advice : str
        What to do where it predicts no probabilities.
    """

    title: str
    ask: Callable[[Any], np.ndarray]
    classes: np.ndarray | None = None
    findings: tuple[Finding, ...] = ()
    whole_numbers: WholeNumbers | None = None
    advice: str = ""

    @property
    def classes_(self) -> np.ndarray | None:
        """Its classes, as scikit-learn's estimators have them."""
        return self.classes

    def predict(self, X: Any) -> np.ndarray:
        """Return what it predicts, of whatever is compared."""
        return self.ask(X)

    predict_proba = predict

    def predicts_numbers(self, X: Any) -> bool:
        """Whether what it predicts of rows cannot be probabilities; it does not say what it is."""
        if self.classes is not None:
            return False
        try:
            predicted = np.asarray(self.ask(X))
        # It is asked again as what it is, and then it is said what is wrong.
        except ModelParityError:
            return False
        is_column = predicted.ndim == 1 or predicted.shape[1:] == (1,)
        return is_column and bool(((predicted < 0) | (predicted > 1)).any())


class ArtefactKind:
    """A kind of model that is opened, and then known by what it predicts.

    Parameters
    ----------
    name : str
        What to pass, as error messages list it.
    word : str
        What ``kind`` calls it.
    is_one : callable
        Whether something is of this kind, without its framework.
    open : callable
        Returns it opened; raises `ModelParityError` where that cannot be.
    """

    def __init__(
        self,
        *,
        name: str,
        word: str,
        is_one: Callable[[Any], bool],
        open: Callable[[Any], Artefact],
    ) -> None:
        self.name, self.word, self.is_one, self.open = name, word, is_one, open
        self.reads = PREDICTIONS

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is of this kind, or is said to be."""
        return request.kind == self.word or self.is_one(request.given)

    def opened(self, given: Any, *, allow_pickle: bool) -> Artefact:
        """Return it opened; no file of this kind runs code."""
        return self.open(given)

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; refuses ``fit`` and other classes than those of y."""
        refuse_fit(request)
        candidate = OpenedCandidate(self.open(request.given), request.data)
        # Now, and remembered: the reference would be trained first.
        candidate.check()
        return candidate


class OpenedCandidate:
    """An artefact under test: what it predicts, and what was read of it."""

    objective = None
    training = None

    def __init__(self, artefact: Artefact, data: Dataset) -> None:
        self._artefact = artefact
        self._inner = OpaqueCandidate(artefact, data, title=artefact.title, advice=artefact.advice)

    def check(self) -> None:
        """Refuse it now where it does not predict what is compared."""
        self._inner.check()

    def train(self) -> FittedModel:
        """Take it as it is."""
        fitted, artefact = self._inner.train(), self._artefact
        return replace(
            fitted,
            findings=(*artefact.findings, *fitted.findings),
            whole_numbers=artefact.whole_numbers,
        )

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> None:
        """Return nothing: parameters cannot be set."""


def opened(given: Any, kinds: tuple[CandidateKind, ...], *, allow_pickle: bool) -> Any:
    """Return a model opened, where it is in a file; else as it was given."""
    for kind in kinds:
        is_one, open_it = getattr(kind, "is_one", None), getattr(kind, "opened", None)
        if is_one is not None and open_it is not None and is_one(given):
            return open_it(given, allow_pickle=allow_pickle)
    return given


def is_path(given: Any, *suffixes: str) -> bool:
    """Whether it is the path of a file with one of some suffixes, such as ``".onnx"``."""
    return isinstance(given, (str, os.PathLike)) and Path(given).suffix.lower() in suffixes


def content_of(given: Any, what: str) -> tuple[bytes, str]:
    """Return the bytes of a file, given as such or by its path, and what to call it.

    Parameters
    ----------
    given : bytes or path
        As the user gave it.
    what : str
        What it is a file of: ``"ONNX"``.

    Raises
    ------
    ModelParityError
        If there is no such file, or nothing in it.
    """
    if isinstance(given, (bytes, bytearray)):
        content, name = bytes(given), f"the {what} model"
    elif not isinstance(given, (str, os.PathLike)):
        raise ModelParityError(
            f"kind={what.lower()!r} takes the path of a file or its bytes, got "
            f"{type(given).__name__}; leave kind out where the candidate is something else"
        )
    else:
        path = Path(given)
        name = f"the {what} file {str(path)!r}"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelParityError(
                f"{name} cannot be read: {error.strerror or error}; pass the path of a file that "
                f"is there"
            ) from error
    if not content:
        raise ModelParityError(f"{name} is empty; write it again")
    return content, name


def title_of(given: Any, what: str) -> str:
    """Return what to call an artefact: by the name of its file where it has one."""
    if isinstance(given, (str, os.PathLike)):
        return f"{what} file ({Path(given).name})"
    return f"{what} model ({type(given).__name__})"


def dense_of(X: Any) -> np.ndarray:
    """Return rows as an array; sparse ones made dense."""
    return np.asarray(X.toarray() if hasattr(X, "toarray") else X)


def shaped(X: Any, sizes: Sequence[int], name: str) -> np.ndarray:
    """Return rows in the shape that a model takes them in; images are flat rows in X.

    Parameters
    ----------
    sizes : sequence of int
        Of one row.
    name : str
        What to call the model in a sentence.

    Raises
    ------
    ModelParityError
        If X has another number of columns.
    """
    rows = dense_of(X)
    wanted, got = math.prod(sizes), math.prod(rows.shape[1:])
    if wanted != got:
        raise ModelParityError(
            f"{name} takes {wanted} columns, X has {got}; pass the rows that it was exported for"
        )
    return rows.reshape(len(rows), *sizes)


def error_line(error: BaseException) -> str:
    """Return the type of an error and what it says, in one line that fits in a sentence."""
    return f"{type(error).__name__}: {first_line(error)}"


def first_line(error: BaseException) -> str:
    """Return what an error says, in one line that fits in a sentence."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[0].rstrip(".")[:300]

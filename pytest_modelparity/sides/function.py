"""Functions as candidates, told by what they require: nothing, X, or X and y."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.candidate import (
    INSIDE,
    PREDICTIONS,
    Candidate,
    CandidateRequest,
    find_candidate,
)
from pytest_modelparity.sides.opaque import OpaqueCandidate, refuse_fit
from pytest_modelparity.sides.random_state import global_state_kept
from pytest_modelparity.sides.recording import recorded_warnings
from pytest_modelparity.sides.signature import MAKE, PREDICT, name_of, role_of


class MakerKind:
    """A function without arguments that makes a candidate."""

    name = "a function without arguments that returns one of these"
    word = MAKE
    reads = INSIDE

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it requires no argument, or it is not clear what it requires."""
        if request.kind is not None:
            return callable(request.given)
        role = role_of(request.given)
        return role is not None and (role.word == MAKE or bool(role.unclear))

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate that it makes; refuses a function that may be two things."""
        function = request.given
        if request.kind is None:
            _refuse_unclear(function)
        again: list[None] = []

        # A kind that starts every seed afresh calls it itself, and records what it warns of.
        @functools.wraps(function, updated=())
        def maker() -> Any:
            again.append(None)
            return function()

        with recorded_warnings() as raised, global_state_kept(request.seed):
            made = function()
        _refuse_returned(function, made)
        candidate = find_candidate(
            replace(request, given=made, kind=None, maker=maker), request.kinds
        )
        for warning in () if again else raised:
            warnings.warn(warning, stacklevel=2)
        return candidate


class FunctionOfXKind:
    """A function that maps rows of X to probabilities."""

    name = "a function of X that returns probabilities"
    word = PREDICT
    reads = PREDICTIONS

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is a function or a method that requires one argument."""
        if request.kind is not None:
            return callable(request.given)
        role = role_of(request.given)
        return role is not None and role.word == PREDICT

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; refuses ``fit``, and a function that predicts something else."""
        refuse_fit(request)
        function, data = request.given, request.data
        name = name_of(function)
        # Of regressors there is nothing to apply.
        link = "expit" if data.n_classes == 2 else "softmax"
        columns = "" if data.n_classes == 2 else ", axis=1"
        candidate = OpaqueCandidate(
            _Function(function),
            data,
            title=f"{name} (a function of X)",
            advice=(
                f"apply the sigmoid or softmax that belongs to its outputs: "
                f"candidate=lambda X: scipy.special.{link}({name}(X){columns})"
            ),
        )
        # Now, and remembered: the reference would be trained first.
        candidate.check()
        return candidate


class _Function:
    """A function as something that predicts."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def predict(self, X: Any) -> Any:
        """Return what the function does."""
        try:
            return self._function(X)
        except ModelParityError:
            raise
        except Exception as error:
            raise ModelParityError(
                f"the candidate function {name_of(self._function)} raised {type(error).__name__}: "
                f"{error}; pass a function that takes X as you gave it and returns probabilities"
            ) from error


def _refuse_unclear(function: Any) -> None:
    """Refuse a function that may be two things."""
    role = role_of(function)
    if role is not None and role.unclear:
        raise ModelParityError(
            f"what the candidate function {name_of(function)} is cannot be told: {role.unclear}; "
            f"say kind='make' (it is called without arguments), kind='predict' (with X) or "
            f"kind='train' (with X and y)"
        )


def _refuse_returned(function: Any, made: Any) -> None:
    """Refuse what no candidate can be made of, though it may be one where it was given itself."""
    role = role_of(made)
    # None as a candidate is the twin, and a function that makes functions never ends.
    if made is None or (role is not None and role.word == MAKE):
        raise ModelParityError(
            f"the candidate function {name_of(function)} must return a model, got "
            f"{type(made).__name__}; end it with: return model"
        )

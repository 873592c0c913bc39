"""A function of X as a candidate: whatever predicts, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.candidate import Candidate, CandidateRequest
from pytest_modelparity.sides.opaque import OpaqueCandidate, refuse_fit
from pytest_modelparity.sides.signature import is_function, takes


class FunctionOfXKind:
    """A function that maps rows of X to probabilities."""

    name = "a function of X that returns probabilities"

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is a function or a method that can be called with one argument."""
        return is_function(request.given) and takes(request.given, 1)

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; refuses ``fit``, and a function that predicts something else."""
        refuse_fit(request)
        function, data = request.given, request.data
        candidate = OpaqueCandidate(
            _Function(function), data, title=f"{_name(function)} (a function of X)"
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
                f"the candidate function {_name(self._function)} raised {type(error).__name__}: "
                f"{error}; pass a function that takes X as you gave it and returns probabilities"
            ) from error


def _name(function: Any) -> str:
    """Return what a function is called, also one that binds its arguments."""
    own = getattr(function, "func", function)
    return str(getattr(own, "__name__", type(own).__name__))

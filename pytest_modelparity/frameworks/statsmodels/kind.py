"""What is known as a result of statsmodels, without statsmodels: nobody can hold one without it."""

from __future__ import annotations

from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.statsmodels.candidate import ResultCandidate
from pytest_modelparity.sides.candidate import COEFFICIENTS, Candidate, CandidateRequest
from pytest_modelparity.sides.opaque import refuse_fit


class StatsmodelsKind:
    """What a model of statsmodels returns when it is fitted."""

    name = "a result of statsmodels"
    reads = COEFFICIENTS
    word = "statsmodels"

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is one, or a model that is not fitted."""
        return is_of_statsmodels(request.given)

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; refuses a model that is not fitted, and ``fit``."""
        refuse_fit(request)
        result = request.given
        if not hasattr(result, "params"):
            raise ModelParityError(
                f"a candidate of statsmodels must be a result, got the model "
                f"{type(result).__name__}; pass model.fit()"
            )
        candidate = ResultCandidate(result, request.data)
        # Now, and remembered: the reference would be trained first.
        candidate.check()
        return candidate


def is_of_statsmodels(given: Any) -> bool:
    """Whether it is a result or a model of statsmodels."""
    kinds = type(given).__mro__
    return hasattr(given, "predict") and any(
        kind.__module__.partition(".")[0] == "statsmodels" for kind in kinds
    )

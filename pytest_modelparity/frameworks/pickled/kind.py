"""A pickle as a candidate: what is in it, where the user allows that its code is run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.loading import load
from pytest_modelparity.sides.artefact import is_path
from pytest_modelparity.sides.candidate import INSIDE, Candidate, CandidateRequest, find_candidate


class PickleKind:
    """The path of a pickle, of pickle itself or of joblib."""

    name = "the path of a .pkl, .pickle or .joblib file (with allow_pickle=True)"
    word = "pickle"
    reads = INSIDE

    def is_one(self, given: Any) -> bool:
        """Whether it is the path of a pickle."""
        return is_path(given, ".pkl", ".pickle", ".joblib")

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is the path of a pickle, or is said to be."""
        return request.kind == self.word or self.is_one(request.given)

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate in it; refuses to load one that the user did not allow."""
        made = self.opened(request.given, allow_pickle=request.allow_pickle)
        return find_candidate(replace(request, given=made, kind=None), request.kinds)

    def opened(self, given: Any, *, allow_pickle: bool) -> Any:
        """Return what is in it."""
        name = f"the pickle {str(given)!r}"
        if not allow_pickle:
            raise ModelParityError(
                f"{name} is not loaded, since loading a pickle runs the code in it; pass "
                f"allow_pickle=True (or --parity-allow-pickle) if you trust who wrote it, or load "
                f"it yourself and pass the object"
            )
        return load("pickled.reading", "run: pip install joblib").read_pickle(Path(given), name)

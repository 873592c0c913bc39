"""What is known as a candidate in torch, without torch: it is imported when one is made."""

from __future__ import annotations

import sys
from types import ModuleType

from pytest_modelparity.frameworks.loading import installing, load
from pytest_modelparity.sides.candidate import COEFFICIENTS, Candidate, CandidateRequest
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.given_rows import OnGivenRows


class TorchModuleKind:
    """A module of torch, read as it is."""

    name = "a trained torch.nn.Module"
    reads = COEFFICIENTS

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is a module; nobody can hold one unless torch is loaded."""
        torch = sys.modules.get("torch")
        return torch is not None and isinstance(request.given, torch.nn.Module)

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; of one on other features than the check's its predictions."""

        def on(data: Dataset) -> Candidate:
            made: Candidate = _load("candidate").ModuleCandidate(request.given, data)
            return made

        if request.data.features is not None:
            return OnGivenRows(on, request.data)
        return on(request.data)


def _load(module: str) -> ModuleType:
    """Import a module of this folder, with torch."""
    return load(f"torch.{module}", installing("torch"))

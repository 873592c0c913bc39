"""What is known as a candidate in torch, without torch: it is imported when one is made."""

from __future__ import annotations

import sys
from types import ModuleType

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.loading import installing, load
from pytest_modelparity.frameworks.torch.torch_fit import TorchFit, checked_arguments
from pytest_modelparity.sides.candidate import (
    COEFFICIENTS,
    SETTINGS,
    Candidate,
    CandidateRequest,
)
from pytest_modelparity.sides.given_rows import on_its_rows


class TorchModuleKind:
    """A module of torch: read as it is, or trained where ``fit`` has a loss and an optimizer."""

    name = "a trained torch.nn.Module"
    reads = COEFFICIENTS

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is a module; nobody can hold one unless torch is loaded."""
        # A folder of tests named torch can be imported too, and has no such class.
        nn = getattr(sys.modules.get("torch"), "nn", None)
        return isinstance(request.given, getattr(nn, "Module", ()))

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; of one on other features than the check's its predictions."""
        if request.fit is None:
            return on_its_rows(
                lambda data: _load("candidate").ModuleCandidate(request.given, data), request.data
            )
        given = checked_arguments(request.fit)
        missing = {"loss", "optimizer", "epochs"} - {*given}
        if missing:
            raise ModelParityError(
                f"a torch.nn.Module that fit is to train needs {', '.join(sorted(missing))} there "
                f"too; pass fit={{'loss': nn.BCEWithLogitsLoss(), 'optimizer': lambda ps: "
                f"torch.optim.SGD(ps, lr=0.1), 'epochs': 50}}, or fit=None if it is trained"
            )
        return _trained(request, TorchFit(**{"module": request.given, **given}))


class TorchFitKind:
    """A module with its loss and optimizer, trained in the check."""

    name = "a TorchFit"
    reads = SETTINGS

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is one."""
        return isinstance(request.given, TorchFit)

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; ``fit`` may change its fields."""
        return _trained(request, request.given.with_arguments(request.fit))


class SkorchKind:
    """A fitted net of skorch, around a module of torch."""

    name = "a fitted net of skorch"
    reads = SETTINGS

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is one; nobody can hold one unless skorch is loaded."""
        skorch = sys.modules.get("skorch")
        return skorch is not None and isinstance(request.given, skorch.NeuralNet)

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; refuses ``fit``."""
        if request.fit is not None:
            raise ModelParityError(
                "a net of skorch has max_epochs and batch_size of its own; pass fit=None, and "
                "candidate=net.set_params(max_epochs=...).fit(X, y)"
            )
        return on_its_rows(
            lambda data: _load("skorch_net").SkorchCandidate(request.given, data, request.seed),
            request.data,
        )


def _trained(request: CandidateRequest, fit: TorchFit) -> Candidate:
    """Return a candidate that is trained in the check."""
    return on_its_rows(
        lambda data: _load("fit_candidate").TorchFitCandidate(fit, data, request.seed),
        request.data,
    )


def _load(module: str) -> ModuleType:
    """Import a module of this folder, with torch."""
    return load(f"torch.{module}", installing("torch"))

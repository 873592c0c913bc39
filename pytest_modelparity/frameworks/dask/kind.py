"""What is known as rows of dask, and as a model that takes them, without dask."""

from __future__ import annotations

from typing import Any

from pytest_modelparity.frameworks.loading import installing, load
from pytest_modelparity.sides.candidate import PREDICTIONS, Candidate, CandidateRequest
from pytest_modelparity.sides.opaque import has_method, refuse_fit
from pytest_modelparity.sides.passed import OpenedRows


class DaskKind:
    """Arrays and DataFrames of dask."""

    def knows(self, X: Any) -> bool:
        """Whether X is one of dask's."""
        module = type(X).__module__
        return module.startswith(("dask.", "dask_expr")) and hasattr(X, "dask")

    def open(self, X: Any, y: Any, sample_weight: Any) -> OpenedRows:
        """Return its rows, with what belongs to each of them brought home."""
        opened: OpenedRows = load("dask.opening", installing("dask")).open_rows(X, y, sample_weight)
        return opened


class CollectionModelKind:
    """A model of dask-ml, or of a module of another package that is called ``dask``."""

    name = "an estimator whose methods take dask's collections (of dask-ml, lightgbm.dask ...)"
    word = "dask"
    reads = PREDICTIONS

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is one, with the method that predicts what is compared."""
        package, *rest = type(request.given).__module__.split(".")
        return (package == "dask_ml" or "dask" in rest) and has_method(request)

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; refuses ``fit``."""
        refuse_fit(request)
        module = load("dask.collections", installing("dask"))
        made: Candidate = module.CollectionCandidate(request.given, request.data)
        return made

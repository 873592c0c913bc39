"""A kind of candidate: coefficients that somebody wrote down."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from pytest_modelparity.extend import (
    Candidate,
    CandidateRequest,
    ModelParityError,
    OpaqueCandidate,
)

KEYS = {"coef", "intercept"}


class CoefficientsKind:
    """Knows ``{"coef": [0.3, 1.2], "intercept": -0.5}``."""

    name = "a dict with coef and intercept"

    def knows(self, request: CandidateRequest) -> bool:
        return isinstance(request.given, dict) and request.given.keys() == KEYS

    def make(self, request: CandidateRequest) -> Candidate:
        coef = np.asarray(request.given["coef"], dtype=float)
        if coef.shape != (request.data.n_features,):
            raise ModelParityError(
                f"coef must hold one number for each of {request.data.n_features} features, "
                f"got shape {coef.shape}"
            )
        return OpaqueCandidate(Linear(coef, request.given["intercept"]), request.data)


class Linear:
    """What the coefficients predict; the check reads ``coef_`` and ``intercept_`` too."""

    def __init__(self, coef: np.ndarray, intercept: float) -> None:
        self.coef_, self.intercept_ = coef[None, :], np.array([intercept], dtype=float)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        p = expit(X @ self.coef_[0] + self.intercept_)
        return np.column_stack([1 - p, p])

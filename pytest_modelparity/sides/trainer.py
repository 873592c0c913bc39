"""A function of X and y as a candidate: it trains, and returns a candidate of any kind."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.sides.candidate import (
    INSIDE,
    AdjustableObjective,
    Candidate,
    CandidateRequest,
    find_candidate,
)
from pytest_modelparity.sides.fitted import FittedModel, Predict
from pytest_modelparity.sides.opaque import refuse_fit
from pytest_modelparity.sides.random_state import global_state_kept
from pytest_modelparity.sides.recording import as_records, recorded_warnings
from pytest_modelparity.sides.signature import SEEDS, TRAIN, WEIGHTS, Role, name_of, role_of
from pytest_modelparity.sides.training import Retraining
from pytest_modelparity.sides.unlabelled import has_labels


class TrainerKind:
    """A function that is given X and y, and returns what it trained.

    Parameters
    ----------
    before : callable
        Called before the user's code may load whatever it trains with; raises `ModelParityError`
        where that must not be.
    """

    name = "a function of X and y that trains and returns one of these"
    word = TRAIN
    reads = INSIDE

    def __init__(self, before: Callable[[], None]) -> None:
        self._before = before

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is a function or a method that requires two arguments."""
        if request.kind is not None:
            return callable(request.given)
        role = role_of(request.given)
        return role is not None and role.word == TRAIN

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; refuses ``fit``, and weights that the function does not take."""
        refuse_fit(request)
        self._before()
        name = name_of(request.given)
        if not has_labels(request.data):
            raise ModelParityError(
                f"the candidate function {name} trains on X and y, and y was not given; pass y, or "
                f"what it returned"
            )
        role = role_of(request.given) or Role()
        if request.data.sample_weight is not None and WEIGHTS not in role.extras:
            raise ModelParityError(
                f"sample_weight was given, and the candidate function {name} takes none: it would "
                f"train on other weights than the reference; write {name}(X, y, sample_weight), or "
                f"leave the weights out"
            )
        return TrainedByFunction(request, role)


class TrainedByFunction:
    """What a user's function trains on the data of the check.

    How it trains is its own: what it returns is taken as trained.
    """

    def __init__(self, request: CandidateRequest, role: Role) -> None:
        self._request, self._role = request, role
        self._made: Candidate | None = None

    @property
    def objective(self) -> AdjustableObjective | None:
        """That of what was trained."""
        return None if self._made is None else self._made.objective

    @property
    def training(self) -> Retraining | None:
        """That of what was trained."""
        return None if self._made is None else self._made.training

    def train(self) -> FittedModel:
        """Call the function, and take what it returns as it is."""
        request = self._request
        with recorded_warnings() as raised, global_state_kept(request.seed):
            model = self._trained()
        self._made = find_candidate(
            replace(request, given=model, kind=None, maker=None), request.kinds
        )
        fitted = self._made.train()
        return replace(
            fitted,
            warnings=(*as_records(raised, "candidate"), *fitted.warnings),
            raised=(*raised, *fitted.raised),
        )

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> Predict | None:
        """Return what was trained with these parameters, where it can hold them."""
        return None if self._made is None else self._made.inject(coef, intercept)

    def _trained(self) -> Any:
        """Return what the function returns."""
        function, data, name = self._request.given, self._request.data, name_of(self._request.given)
        # What it does to them in place must not change those of the reference.
        X, y = data.X_given, copy.deepcopy(data.y_given)
        X, y = X.for_training(y) if isinstance(X, RowMatrix) else (copy.deepcopy(X), y)
        try:
            model = function(X, y, **self._extras())
        except ModelParityError:
            raise
        except Exception as error:
            raise ModelParityError(
                f"the candidate function {name} raised {type(error).__name__}: {error}; it is "
                f"called with X and y as you gave them"
            ) from error
        role = role_of(model)
        # None as a candidate is the twin.
        if model is None or (role is not None and role.word == TRAIN):
            raise ModelParityError(
                f"the candidate function {name} must return what it trained, got "
                f"{type(model).__name__}; end it with: return model"
            )
        return model

    def _extras(self) -> dict[str, Any]:
        """Return what is passed by name: the weights, and a seed."""
        request, found = self._request, dict[str, Any]()
        for name in self._role.extras:
            if name == WEIGHTS and request.data.sample_weight is not None:
                found[name] = request.data.sample_weight.copy()
            elif name in SEEDS and request.seed is not None:
                found[name] = request.seed
        return found

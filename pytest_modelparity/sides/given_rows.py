"""A candidate that takes the rows as given, beside a pipeline that makes other features of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.errors import InvalidDataError
from pytest_modelparity.sides.candidate import Candidate
from pytest_modelparity.sides.dataset import Dataset, GivenRows, feature_names_of
from pytest_modelparity.sides.finite import as_matrix
from pytest_modelparity.sides.fitted import FittedModel, Predict
from pytest_modelparity.sides.opaque import OpaqueCandidate


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trained:
    """A trained model as something that predicts.

    Parameters
    ----------
    predict : callable
        As a side has it, in float64.
    """

    predict: Predict

    def predict_proba(self, X: GivenRows) -> np.ndarray:
        """Return its predictions in the format that it computes in, which tells their rounding."""
        return self.predict(X).astype(np.float32)


def on_its_rows(make: Callable[[Dataset], Candidate], data: Dataset) -> Candidate:
    """Return a candidate; of one on other features than the check's its predictions."""
    return make(data) if data.features is None else OnGivenRows(make, data)


class OnGivenRows:
    """A candidate of which the features of the check see only what it predicts.

    Its settings are those of an objective of the rows as given, which has no place beside one of
    what the steps of a pipeline make of them.

    Parameters
    ----------
    make : callable
        Returns the candidate on data whose features are the rows as given.
    data : Dataset
        With features that the steps of a pipeline make.

    Raises
    ------
    InvalidDataError
        If the rows as given hold anything but numbers.
    """

    objective = None
    training = None

    def __init__(self, make: Callable[[Dataset], Candidate], data: Dataset) -> None:
        self._inner, self._data = make(_with_given_rows(data)), data

    def train(self) -> FittedModel:
        """Train it as its user asked, and look at its predictions."""
        made = self._inner.train()
        seen = OpaqueCandidate(
            _Trained(predict=made.predict),
            self._data,
            title=made.settings.model,
            can_be_asked=False,
        ).train()
        return replace(
            seen,
            warnings=made.warnings,
            raised=made.raised,
            seconds=made.seconds,
            trained_by=made.trained_by,
            findings=(*made.findings, *seen.findings),
        )

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> None:
        """Return nothing: the parameters are those of other features."""


def _with_given_rows(data: Dataset) -> Dataset:
    """Return data whose features are the rows as given."""
    try:
        X = as_matrix(data.X_given, "X")
        same = data.evaluates_training_rows
        X_eval = X if same else as_matrix(data.X_eval_given, "X_eval")
    except InvalidDataError as error:
        raise InvalidDataError(
            f"the candidate takes the rows as given, and these are no numbers ({error}); pass "
            f"candidate_rows='transformed' if it takes those that the last step gets"
        ) from error
    names = feature_names_of(data.X_given, int(X.shape[1]))
    return replace(data, X=X, X_eval=X_eval, features=None, feature_names=names)

"""A reference and its data, beside which tests put candidates that came trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ModelParityError, ParityReport, compare_models


class Sides:
    """A reference and its data.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows.
    y : ndarray of shape (n_samples,)
        Labels.
    reference : LogisticRegression
        Not fitted; ``fitted`` is another of the same settings that is.
    """

    def __init__(self, X: np.ndarray, y: np.ndarray, reference: LogisticRegression) -> None:
        self.X, self.y, self.reference = X, y, reference
        self.fitted = clone(reference).fit(X, y)

    def compare(self, candidate: Any, **arguments: Any) -> ParityReport:
        arguments = {"explain": False, **arguments}
        return compare_models(self.reference, self.X, self.y, candidate=candidate, **arguments)

    def refused(self, candidate: Any, words: str, **arguments: Any) -> None:
        """Expect one sentence."""
        with pytest.raises(ModelParityError, match=words) as caught:
            self.compare(candidate, **arguments)
        assert "\n" not in str(caught.value)

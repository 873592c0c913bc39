"""Sigmoids, one a class: what a model returns, and what that is divided by its sum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.side import EVALUATION
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.theory.one_vs_rest import normalised

#: How far from 1 the probabilities of a row may sum to by rounding.
ROUNDED = 1e-3


def no_distribution(pair: Pair) -> Iterator[Finding]:
    """Say that rows of the candidate's own predictions do not sum to 1, and what that makes."""
    returned, compared = pair.candidate.fitted.returned, pair.candidate.predictions(EVALUATION)
    own = compared if returned is None else returned(pair.data.X_eval_given)
    sums = own.sum(axis=1)
    if not pair.data.n_classes or not np.abs(sums - 1).max() > ROUNDED:
        return
    reference = pair.reference.predictions(EVALUATION)
    divided = largest(normalised(own) - reference)
    if returned is not None and not largest(own - reference) > pair.allowed:
        return
    low, high = number(float(sums.min()), 2), number(float(sums.max()), 2)
    yield Finding(
        slug="no-distribution",
        text=f"what the candidate's predict returns sums to {low} to {high} a row: as it is it is "
        f"{number(largest(own - reference), 2)} away from the reference, divided by its sum "
        f"{number(divided, 2)}"
        + ("" if returned is None else "; it is divided before it is compared"),
    )

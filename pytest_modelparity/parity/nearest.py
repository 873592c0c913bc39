"""The linear model that comes nearest to a candidate which is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse

from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.pair import Explaining, Pair
from pytest_modelparity.parity.side import EVALUATION, TRAINING
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.optimum import AtOptimum
from pytest_modelparity.theory.class_by_class import find_optimum, optimum_seconds
from pytest_modelparity.theory.objective import LinearObjective, objective_from_settings

#: Newton's steps that such a model is reckoned to take: 8 to 14 were made (measured).
STEPS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestLinear:
    """How far the nearest linear model is from both sides, where they are compared.

    Parameters
    ----------
    candidate, reference : float
        The largest difference of a prediction.
    """

    candidate: float
    reference: float


def with_nearest(finding: Finding, nearest: NearestLinear | None, quantity: str) -> Finding:
    """Return the finding of a model that is not linear, with how much of a divergence that is."""
    if nearest is None:
        return finding
    text = (
        f"{finding.text}; the linear model that comes nearest to it on these rows is "
        f"{number(nearest.candidate, 2)} in {quantity} away from it, and "
        f"{number(nearest.reference, 2)} from the reference"
    )
    return replace(finding, text=text)


def nearest_linear(explaining: Explaining) -> NearestLinear | None:
    """Return the nearest linear model; ``None`` for a linear candidate, or where that is too dear.

    It is the one without a penalty that loses least on the candidate's own predictions: of classes
    the maximum likelihood of labels that are drawn from its probabilities, which are the optimum of
    no other model than itself. A penalty, such as the reference's, would move it towards zero also
    from a candidate that is linear.
    """
    pair = explaining.pair
    if not any(one.slug == "not-linear" for one in pair.candidate.fitted.findings):
        return None
    objective = _own_objective(pair)
    if objective is None:
        return None
    cost = optimum_seconds(objective, STEPS)
    if not explaining.budget.affords("optima", cost):
        explaining.journal.left_out("the linear model that comes nearest to the candidate")
        return None
    explaining.budget.book("optima", cost)
    explaining.journal.doing("finding the nearest linear model")
    optimum = find_optimum(objective)
    # Where predictions are exactly 0 and 1 its coefficients may have no end.
    if optimum.finite is False:
        return None
    at_optimum = AtOptimum(
        settings=ObjectiveSettings(output_head=objective.output_head),
        coef=optimum.coef,
        intercept=optimum.intercept,
        n_classes=pair.data.n_classes,
    )
    predictions = at_optimum(pair.data.X_eval)
    return NearestLinear(
        candidate=largest(predictions - pair.candidate.predictions(EVALUATION)),
        reference=largest(predictions - pair.reference.predictions(EVALUATION)),
    )


def _own_objective(pair: Pair) -> LinearObjective | None:
    """Return the loss on the candidate's own predictions; ``None`` where they are no targets."""
    data = pair.data
    X, predictions = data.held_rows, pair.candidate.predictions(TRAINING)
    if not np.isfinite(predictions).all():
        # A table has the rows compared only.
        X, predictions = data.X_eval, pair.candidate.predictions(EVALUATION)
    if not np.isfinite(predictions).all():
        return None
    if data.n_classes:
        return _of_probabilities(X, predictions)
    reference = pair.reference.objective
    head = "identity" if reference is None else reference.settings.output_head
    targets = predictions[:, 0]
    # Counts are never negative, and some must be above 0.
    if head == "exponential" and not (targets.min() >= 0 < targets.max()):
        return None
    settings = ObjectiveSettings(output_head=head)
    return objective_from_settings(settings, X, targets, 0)


def _of_probabilities(X: Matrix, P: np.ndarray) -> LinearObjective | None:
    """Return the log-loss of each row as each class, by the weight of its probability."""
    n_rows, n_classes = P.shape
    sums = P.sum(axis=1)
    if not (P.min() >= 0 and sums.min() > 0):
        return None
    head = "sigmoid" if n_classes == 2 else "softmax"
    return objective_from_settings(
        ObjectiveSettings(output_head=head, sample_weight=True),
        np.vstack([X] * n_classes) if isinstance(X, np.ndarray) else _stacked(X, n_classes),
        np.repeat(np.arange(n_classes), n_rows),
        n_classes,
        (P / sums[:, None]).T.reshape(-1),
    )


def _stacked(X: Matrix, times: int) -> Any:
    """Return sparse rows so many times."""
    return scipy.sparse.csr_array(scipy.sparse.vstack([X] * times))

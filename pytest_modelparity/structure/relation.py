"""Which change makes the candidate's linear model of the reference's, if one does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.report.relations import Relation
from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.structure.columns import of_columns
from pytest_modelparity.structure.ground import AffineMap, Ground, Head
from pytest_modelparity.structure.hypothesis import Hypothesis, log_chance
from pytest_modelparity.structure.orders import reordered
from pytest_modelparity.structure.outputs import of_outputs
from pytest_modelparity.structure.rounding import rounded
from pytest_modelparity.structure.scaling import scaled
from pytest_modelparity.structure.target import of_target
from pytest_modelparity.structure.told import Told
from pytest_modelparity.theory.design import DesignMatrix, FloatArray

#: What may be left of a difference: of models that stopped early and have no such relation, the
#: nearest relation left 0.118 and more.
LEFT = 0.1
#: The same of an exact one.
LEFT_EXACT = 0.01
#: Probability with which chance may seem to be a relation.
CHANCE = 1e-3
#: Rows whose every p (1 - p) is below this say on which side they are, and no more; so many numbers
#: more than parameters must be above it.
SATURATED, BESIDE = 1e-6, 3
#: What is left is noise: factors below this say nothing.
AS_GOOD = 3.0
#: What rounding leaves of a difference of decision functions; recovered coefficients have less.
ROUNDED_RATIO = 1e-5
#: Unit roundoff of the arithmetic that a port is made in.
UNIT = 2.0**-24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Judged:
    """A hypothesis with what it leaves."""

    hypothesis: Hypothesis
    left: float
    ratio: float
    exact: bool

    @property
    def order(self) -> tuple[int, float, float]:
        """Sort key: few numbers of the candidate's own first, then what there are few of."""
        return self.hypothesis.n_free, self.hypothesis.log_tried, self.left


@single_threaded
def find_relation(
    ground: Ground, tolerance: float, rounding: float = 0.0, *, own_numbers: bool = True
) -> Told | None:
    """Return the change that makes the candidate of the reference, the simplest that does.

    It leaves at most a tenth of the difference and no more than the tolerance, and is no chance.
    One with numbers of the candidate's own must leave no more than rounding: class weights, too,
    look like another intercept, from afar. Of a candidate that predicts the same of every row none
    is told: too many changes make a constant.

    Parameters
    ----------
    tolerance : float
        The largest difference of a prediction that is none.
    rounding : float
        How far the candidate's predictions were rounded, at most.
    own_numbers : bool
        Whether changes with numbers of the candidate's own are tried.
    """
    before = float(np.abs(ground.difference).max())
    # False for a NaN, which no change explains.
    if not before > 0 or not (ground.is_known or shows_enough(ground, ground.P)):
        return None
    judged = (
        _judged(ground, hypothesis, min(LEFT * before, tolerance), rounding)
        for hypothesis in _hypotheses(ground)
        if own_numbers or not hypothesis.n_free
    )
    accepted = [item for item in judged if item is not None]
    if not accepted:
        return None
    best = min(_as_good(ground, accepted), key=lambda item: item.order)
    if _constant_explains(ground, best):
        return None
    # Whoever holds it against others need not hold the rows that told it.
    made, head = best.hypothesis.made, ground.head
    return Told(
        relation=Relation(
            name=best.hypothesis.name,
            detail=best.hypothesis.detail,
            columns=best.hypothesis.columns,
            before=before,
            left=best.left,
            exact=best.exact,
        ),
        left=lambda rows, P: float(np.abs(P - head.predictions(made, rows)).max()),
        rounding=lambda rows: rounding + float32_rounding(head, rows, made),
    )


def shows_enough(ground: Ground, P: FloatArray) -> bool:
    """Whether there are more predictions off 0 and 1 than the reference has parameters.

    Of numbers every one counts.
    """
    informative = len(P)
    if ground.y is None:
        informative = int(np.count_nonzero((P * (1.0 - P)).max(axis=1) > SATURATED))
    n_numbers = informative * max(1, int(P.shape[1]) - 1)
    return n_numbers >= ground.reference.n_parameters + BESIDE


def exact_within(ground: Ground, made: AffineMap, before: float, rounding: float) -> float:
    """Return what an exact change may leave of a difference: rounding, and little of it.

    Parameters
    ----------
    made : AffineMap
        The model with the change.
    before : float
        The largest difference without it.
    rounding : float
        How far predictions were rounded.
    """
    return min(LEFT_EXACT * before, rounding + float32_rounding(ground.head, ground.rows, made))


def _judged(
    ground: Ground, hypothesis: Hypothesis, limit: float, rounding: float
) -> _Judged | None:
    """Return a hypothesis with what it leaves; ``None`` where that is too much, or chance."""
    some, predicted = ground.few
    # What some rows leave, all do: no change is lost by it.
    if not float(np.abs(predicted - ground.predictions(hypothesis.made, some)).max()) <= limit:
        return None
    made, difference = ground.predictions(hypothesis.made, ground.rows), ground.difference
    error = ground.P - made
    left = float(np.abs(error).max())
    if not left <= limit:
        return None
    before = float(np.abs(difference).max())
    exact = left <= exact_within(ground, hypothesis.made, before, rounding)
    exact = exact and _holds_on_training_rows(ground, hypothesis.made)
    ratio = _logit_ratio(ground, hypothesis) if ground.is_known else _ratio(error, difference)
    chance = log_chance(hypothesis, ratio, ground.reference.n_parameters)
    # Without parameters a change that is nearly right proves little: of digits, C=100 seems to be
    # twice the logit.
    enough = exact or (ground.is_known and not hypothesis.n_free)
    if not (enough and ratio <= LEFT and chance <= math.log(CHANCE)):
        return None
    return _Judged(hypothesis=hypothesis, left=left, ratio=ratio, exact=exact)


def _as_good(ground: Ground, accepted: list[_Judged]) -> list[_Judged]:
    """Return those that leave hardly more than the best does, in each of the two measures."""
    # Below rounding none is better than another.
    left = AS_GOOD * max(min(item.left for item in accepted), UNIT * ground.head.size)
    ratio = AS_GOOD * max(min(item.ratio for item in accepted), ROUNDED_RATIO)
    near = [item for item in accepted if item.left <= left and item.ratio <= ratio]
    return near or [min(accepted, key=lambda item: item.ratio)]


def _constant_explains(ground: Ground, best: _Judged) -> bool:
    """Whether a model that predicts the same of every row is hardly worse than a change."""
    if not ground.is_known:
        left, ratio = _constant(ground.P, ground.difference)
    else:
        # One row compared is always like itself; those of the training are not.
        assert ground.candidate is not None
        own = ground.predictions(ground.candidate, ground.X)
        left = float(np.abs(own - own.mean(axis=0)).max())
        z = ground.candidate.decision_function(ground.X)
        ratio = _constant(z, z - ground.reference.decision_function(ground.X))[1]
    # As in `_as_good`.
    return left <= AS_GOOD * max(best.left, UNIT * ground.head.size) and ratio <= AS_GOOD * max(
        best.ratio, ROUNDED_RATIO
    )


def _constant(values: FloatArray, difference: FloatArray) -> tuple[float, float]:
    """Return what the mean of values leaves of them, and that as a part of a difference."""
    apart = values - values.mean(axis=0)
    return float(np.abs(apart).max()), _ratio(apart, difference)


def _logit_ratio(ground: Ground, hypothesis: Hypothesis) -> float:
    """Return what is left of the difference of the decision functions.

    Of models that are certain of every row predictions say nothing, these do.
    """
    assert ground.candidate is not None
    wanted = ground.candidate.decision_function(ground.rows)
    made = _centred(hypothesis.made.decision_function(ground.rows))
    return _ratio(wanted - made, wanted - ground.reference.decision_function(ground.rows))


def _ratio(left: FloatArray, before: FloatArray) -> float:
    """Return what is left as a part of a difference, in the mean over rows."""
    length = float(np.linalg.norm(before))
    return float(np.linalg.norm(left)) / length if length > 0 else math.inf


def _centred(z: FloatArray) -> FloatArray:
    """Return a decision function free of the softmax gauge."""
    if z.shape[1] == 2:
        return z[:, 1:] - z[:, :1]
    return z - z.mean(axis=1, keepdims=True) if z.shape[1] > 2 else z


def _hypotheses(ground: Ground) -> Iterator[Hypothesis]:
    """Yield every change that is tried."""
    yield from scaled(ground)
    yield from of_outputs(ground)
    yield from of_target(ground)
    yield from reordered(ground)
    yield from of_columns(ground)
    yield from rounded(ground)


def _holds_on_training_rows(ground: Ground, made: AffineMap) -> bool:
    """Whether parameters that are known predict the same of the rows that were trained on.

    A few rows to compare do not see which coefficients differ: of one row any difference is one of
    intercepts.
    """
    if not ground.is_known or ground.rows is ground.X:
        return True
    assert ground.candidate is not None
    apart = ground.predictions(ground.candidate, ground.X) - ground.predictions(made, ground.X)
    return float(np.abs(apart).max()) <= float32_rounding(ground.head, ground.X, made)


def float32_rounding(head: Head, rows: DesignMatrix, made: AffineMap) -> float:
    """Return how far float32 may move a prediction of a model.

    As in a dot product of p products (Higham, Accuracy and Stability, section 3.1); a logit error
    d moves a probability p by at most p (1 - p) d e^d.
    """
    sizes: FloatArray = np.asarray(abs(rows) @ np.abs(made.coef).T) + np.abs(made.intercept)
    logit = (made.coef.shape[1] + 4) * UNIT * sizes.max(axis=1)
    if head.is_exponential:
        # Its own rounding beside that of its logarithm.
        moved = (logit + 4.0 * UNIT) * head.predictions(made, rows)[:, 0]
        return float(np.minimum(moved, head.size).max())
    if not head.of_classes:
        return float(logit.max())
    P = made.probabilities(rows)
    slope = (P * (1.0 - P)).max(axis=1)
    with np.errstate(over="ignore"):
        moved = slope * logit * np.exp(np.minimum(logit, 50.0))
    return float(2.0 * UNIT + np.minimum(moved, 1.0).max())

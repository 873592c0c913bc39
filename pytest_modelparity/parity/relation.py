"""Whether one change of structure makes the candidate of the reference; its cause."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.inference.number_model import EXPONENTIAL, IDENTITY
from pytest_modelparity.parity.divergence import comparable, largest
from pytest_modelparity.parity.forgotten_steps import forgotten_steps
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.side import EVALUATION, Side
from pytest_modelparity.parity.verdict import Verdict
from pytest_modelparity.report.parts import Cause
from pytest_modelparity.report.relations import SCALINGS, STEPS_FORGOTTEN, Relation
from pytest_modelparity.sides.dataset import GivenRows
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.fitted import Predict
from pytest_modelparity.sides.regression import spread_of
from pytest_modelparity.sides.row_parts import as_container, rows_at
from pytest_modelparity.sides.seen import as_given
from pytest_modelparity.structure.asking import ask_relation
from pytest_modelparity.structure.ground import AffineMap, Ground
from pytest_modelparity.structure.quantization import find_quantization
from pytest_modelparity.structure.relation import find_relation, shows_enough
from pytest_modelparity.structure.told import Told
from pytest_modelparity.structure.whole_numbers import whole_number_relation

#: Predictions that parameters must make: what float32 and bfloat16 leave is less, what another
#: link makes is more. Of numbers a part of y's spread.
LINK = 5e-3
#: Elements of X for which all changes are tried within a second.
MOST_ELEMENTS = 1e7
#: Formats of quantised outputs; so many of their numbers are seen at least.
EIGHT_BITS, FEWEST_LEVELS = ("n/255", "n/256"), 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Looked:
    """The rows that a change is told from, with what both sides predict of them."""

    X: Matrix
    reference: np.ndarray
    candidate: np.ndarray

    @classmethod
    def at_compared(cls, pair: Pair, verdict: Verdict) -> Looked:
        """Return the rows compared."""
        both = verdict.predictions
        return cls(X=pair.data.X_eval, reference=both.reference, candidate=both.candidate)


def relation_of(pair: Pair, verdict: Verdict) -> Relation | None:
    """Return the change of structure that explains a divergence; ``None`` where none does."""
    told = told_of(pair, Looked.at_compared(pair, verdict))
    return forgotten_steps(pair, verdict) if told is None else told.relation


def told_of(pair: Pair, looked: Looked) -> Told | None:
    """Return the change of one affine map that explains a divergence."""
    fitted = pair.reference.fitted
    if fitted.coef is None or fitted.intercept is None:
        return None
    # A NaN is no prediction of a linear model.
    if not np.isfinite(looked.candidate).all() or _size(pair, looked) > MOST_ELEMENTS:
        return None
    ground = _ground(pair, looked, AffineMap(coef=fitted.coef, intercept=fitted.intercept))
    if not largest(ground.predicted - looked.reference) <= _link(pair):
        return None
    whole = pair.candidate.fitted.whole_numbers
    computed = whole_number_relation(ground, whole) if whole else None
    if computed is not None:
        return computed
    grid = eight_bit_step(pair.candidate)
    quantised = find_quantization(ground, grid) if grid else None
    if quantised is not None:
        return quantised
    rounding = sum(_rounding(side, ground.P) for side in (pair.reference, pair.candidate))
    # A model that was trained in this check has no factor or shift that its training did not make.
    candidate = pair.candidate.fitted
    came_trained = candidate.seconds is None and not candidate.trained_by
    found = find_relation(ground, pair.allowed, rounding, own_numbers=came_trained)
    if found is None and not ground.is_known and not shows_enough(ground, ground.P):
        return ask_relation(ground, _Asked.of(pair), rounding)
    if found is None or pair.blends is None or not pair.blends.differing:
        return found
    # Settings that are read explain it then; a change that is nearly right only looks like them,
    # and so does an exact one of two models that are both where their settings lead.
    return found if found.relation.exact and not _both_arrived(pair) else None


def eight_bit_step(side: Side) -> float:
    """Return the step of predictions that 8 bits hold, and fewer do not; 0 where it is none."""
    found = side.fitted.recovered
    if found is None or found.form.name not in EIGHT_BITS:
        return 0.0
    n = np.rint(np.clip(side.predictions(EVALUATION), 0.0, 1.0) / found.form.step)
    levels = np.unique(n[:, :-1])
    # Votes of 16 neighbours are multiples of 1/256 as well.
    return found.form.step if len(levels) >= FEWEST_LEVELS and (levels % 2).any() else 0.0


def _both_arrived(pair: Pair) -> bool:
    """Whether each side is proven to be as good as at the optimum of its own objective."""
    distances = [item.distance for item in pair.certificates.values()]
    return len(distances) == 2 and all(
        distance is not None and distance <= pair.allowed for distance in distances
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asked:
    """A candidate that is asked for rows of our own.

    Parameters
    ----------
    predict : callable
        What it predicts of rows as given.
    like : object
        A row as given.
    n_columns : int
        Columns of a prediction.
    """

    predict: Predict
    like: GivenRows
    n_columns: int

    @classmethod
    def of(cls, pair: Pair) -> _Asked:
        """Return the candidate of a pair."""
        data = pair.data
        like = rows_at(as_container(data.X_eval_given), np.arange(1))
        return cls(predict=pair.candidate.fitted.predict, like=like, n_columns=data.n_columns)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Return what it predicts; NaN where it does not."""
        no_answer = np.full((len(rows), self.n_columns), np.nan)
        try:
            predicted = self.predict(as_given(rows, self.like))
        # Whatever it raises: it was made for the rows of the check.
        except Exception:
            return no_answer
        return predicted if predicted.shape == no_answer.shape else no_answer


def _size(pair: Pair, looked: Looked) -> int:
    """Return the elements of the rows that are looked at."""
    rows = max(int(pair.data.held_rows.shape[0]), int(looked.X.shape[0]))
    return rows * pair.data.n_features


def _ground(pair: Pair, looked: Looked, held: AffineMap) -> Ground:
    """Return what the two sides are known by."""
    rows, P = looked.X, looked.candidate
    candidate = _map_of(pair.candidate, _head_of(pair))
    ground = Ground(
        held=held,
        reference=_comparable(held.coef, held.intercept),
        candidate=candidate,
        P=P,
        rows=rows,
        X=pair.data.held_rows,
        all_rows=None if pair.data.is_held else pair.data.X,
        names=pair.data.feature_names,
        y=None if pair.data.n_classes else pair.data.y,
        is_exponential=_head_of(pair) == EXPONENTIAL,
    )
    if candidate is None or pair.candidate.fitted.coef is None:
        return ground
    agrees = largest(ground.predictions(candidate, rows) - P) <= _link(pair)
    return replace(ground, is_known=agrees)


def _head_of(pair: Pair) -> str:
    """Return what is behind the reference's decisions; without an objective nothing is known."""
    objective = pair.reference.objective
    return IDENTITY if objective is None else objective.settings.output_head


def _link(pair: Pair) -> float:
    """Return how far predictions may be from those of the parameters behind them."""
    return LINK * spread_of(pair.data)


def _map_of(side: Side, head: str) -> AffineMap | None:
    """Return a side's parameters behind a head, also where they are known only roughly."""
    fitted, found = side.fitted, side.fitted.recovered
    if fitted.coef is not None and fitted.intercept is not None:
        return _comparable(fitted.coef, fitted.intercept)
    if found is None or found.coef is None or found.intercept is None:
        return None
    if not (found.is_logistic if side.data.n_classes else found.head == head):
        return None
    return _comparable(found.coef, found.intercept)


def _comparable(coef: np.ndarray, intercept: np.ndarray) -> AffineMap:
    """Return a map free of the softmax gauge."""
    coef, intercept = comparable(coef, intercept)
    return AffineMap(coef=coef, intercept=intercept)


def _rounding(side: Side, P: np.ndarray) -> float:
    """Return how far a side's predictions were rounded, where that is known."""
    found = side.fitted.recovered
    sizes = np.clip(P, 0.0, 1.0) if side.data.n_classes else np.abs(P)
    return 0.0 if found is None else float(found.form.rounding(sizes).max())


def relation_cause(relation: Relation, pair: Pair) -> Cause:
    """Return the cause that an exact relation is."""
    setting, reference = relation.name, "no"
    candidate = ": ".join(filter(None, ("yes", relation.which)))
    objective = pair.reference.objective
    if relation.name == STEPS_FORGOTTEN:
        setting, reference, candidate = "feature_scaling", "by the pipeline's steps", relation.name
    # Beside a pipeline a scaling is a setting, which has a name of its own already.
    if relation.name in SCALINGS and objective and objective.settings.maps_features:
        setting = "feature_scaling"
        reference = pair.reference.settings.word(setting)
        candidate = ": ".join(filter(None, (relation.name, relation.which)))
    return Cause(
        setting=setting,
        reference=reference,
        candidate=candidate,
        kind="structure",
        role="must",
        last=relation.before,
        left=relation.left,
        note=relation.meaning,
    )

"""The two trained sides of a check, and what lies between their objectives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.blends import Blends
from pytest_modelparity.parity.budget import Budget
from pytest_modelparity.parity.journal import Journal
from pytest_modelparity.parity.own_errors import OwnErrors
from pytest_modelparity.parity.side import EVALUATION, TRAINING, Side, Target, predict
from pytest_modelparity.parity.split import Part, Parts, SplitPoints
from pytest_modelparity.report.inference import InferredObjective
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Certificate, Effort
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.sides.candidate import Candidate
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.inputs import Inputs
from pytest_modelparity.sides.regression import quantity_of
from pytest_modelparity.sides.training import Retraining
from pytest_modelparity.tolerance import Tolerance


# Not slotted: cached properties need a dictionary. Compared by identity, as all that holds arrays
# here: an equality of arrays is an array, with no truth value.
@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """Reference and candidate, and what may be done to make them agree.

    Parameters
    ----------
    data : Dataset
        What both were trained on, and the rows they are compared on.
    reference, candidate : Side
        As trained.
    model : Candidate
        The side under test, for changing and training it again.
    reference_training : Retraining, optional
        Trains the reference again; ``None`` where it cannot be.
    tolerance : Tolerance
        What is allowed.
    inputs : Inputs, optional
        What columns of an input may hold; ``None`` where no worst case is wanted.
    inference : mapping of str to InferredObjective
        By side: what its parameters tell of its objective, where that is not known otherwise.
    with_rows : tuple of str
        As `Blends` takes it.
    own : OwnErrors
        How far both are from their own optima on all rows that are passed over, once it is known.
    """

    data: Dataset
    reference: Side
    candidate: Side
    model: Candidate
    reference_training: Retraining | None
    tolerance: Tolerance
    inputs: Inputs | None = None
    inference: Mapping[str, InferredObjective] = field(default_factory=dict)
    with_rows: tuple[str, ...] = ()
    own: OwnErrors = field(default_factory=OwnErrors)

    @cached_property
    def blends(self) -> Blends | None:
        """The objectives between the two; ``None`` where either is not modelled."""
        if self.reference.objective is None or self.candidate.objective is None:
            return None
        return Blends(self.reference, self.candidate, self.with_rows)

    @property
    def quantity(self) -> Quantity:
        """What both sides predict."""
        return quantity_of(self.data)

    @property
    def allowed(self) -> float:
        """The largest difference of a prediction that is allowed."""
        allowed = self.tolerance.of_quantity(self.quantity.name)
        assert allowed is not None, "the tolerance of a regressor was settled with its data"
        return allowed

    @property
    def certificates(self) -> dict[str, Certificate]:
        """What is proven of each side, by its name."""
        sides = (self.reference, self.candidate)
        return {side.name: side.certificate for side in sides if side.certificate is not None}

    def takes_the_place(self, name: str) -> bool:
        """Whether what was inferred of a side stands for what was read of it."""
        return name in self.inference and self.inference[name].takes_the_place

    def named(self, rows: str) -> str:
        """Return the name of a set of rows, where there are two of them; else nothing."""
        if self.data.sampled is not None:
            return SAMPLED
        return "" if self.data.evaluates_training_rows else rows

    @property
    def may_train(self) -> bool:
        """Whether either side may be trained again."""
        return self.model.training is not None or self.reference_training is not None

    @property
    def optima_seconds(self) -> float:
        """Seconds that the sides' own optima are reckoned to have taken."""
        both = (self.reference.optimum_seconds, self.candidate.optimum_seconds)
        # One objective has one optimum.
        return max(both) if self.blends is not None and not self.blends.differing else sum(both)

    @property
    def one_is_infinite(self) -> bool:
        """Whether one side's objective has a finite optimum and the other's has none."""
        if self.blends is None:
            return False
        return self.reference.may_be_finite != self.candidate.may_be_finite

    def predict(self, fitted: FittedModel, rows: str = EVALUATION) -> np.ndarray:
        """Return what a model that was trained again predicts on a set of rows."""
        # By identity: a model that was predicted with once is not asked again.
        for side in (self.reference, self.candidate):
            if fitted is side.fitted:
                return side.predictions(rows)
        return predict(fitted, self.data, rows)

    @cached_property
    def parts(self) -> Parts | None:
        """The parts of the divergence; ``None`` where an optimum cannot be had.

        A candidate whose loss is not modelled has the optimum that is found of its own loss.
        """
        if self.own.parts is not None:
            return self.own.parts
        compared = self._points(EVALUATION)
        if compared is None:
            return None
        if compared.is_known_throughout:
            return compared.parts
        # What no row compared determines is told of the training rows.
        return replace(compared, elsewhere=self._points(TRAINING)).parts

    @property
    def own_errors(self) -> dict[str, Part]:
        """How far each side is from its own optimum, where that is known, by its name."""
        if self.parts is not None:
            both = self.parts.reference_error, self.parts.candidate_error
            return dict(zip(("reference", "candidate"), both, strict=True))
        if self.own.reference is not None:
            return {"reference": self.own.reference}
        target = self.reference.target
        if target is None:
            return {}
        moved = self.reference.predictions(target.rows) - target.predictions
        return {"reference": Part.of(moved, self.named(target.rows), target.known)}

    def _points(self, rows: str) -> SplitPoints | None:
        """Return the corners on one set of rows."""
        reference, candidate = self.reference.target_on(rows), self._candidate_target(rows)
        if reference is None or candidate is None:
            return None
        return SplitPoints(
            reference=self.reference.predictions(rows),
            candidate=self.candidate.predictions(rows),
            reference_optimum=reference.predictions,
            candidate_optimum=candidate.predictions,
            reference_known=reference.known,
            candidate_known=candidate.known,
            rows=self.named(rows),
            # Each optimum is known only up to its certificate. Shares of a divergence below both
            # are shares of rounding.
            resolution=self.reference.resolution(rows) + self.candidate.resolution(rows),
        )

    def _candidate_target(self, rows: str) -> Target | None:
        """Return what the candidate's optimum predicts, be it only found and of no formula."""
        if self.candidate.objective is not None:
            return self.candidate.target_on(rows)
        own = self._own_optimum
        return None if own is None else Target(predictions=self.predict(own, rows), rows=rows)

    @cached_property
    def _own_optimum(self) -> FittedModel | None:
        """The candidate at the optimum of its own loss, which is not modelled."""
        # The split needs a corner, not a formula: a focal loss has an optimum too.
        return self.model.objective.own_optimum() if self.model.objective is not None else None


#: The name of rows that stand for those that are passed over.
SAMPLED = "sampled"

#: What a step of an explanation returns.
Found = TypeVar("Found")


class StepInterruptedError(ModelParityError):
    """An interrupt ended one step of an explanation; what is known by then is reported."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explaining:
    """One explanation under way.

    Parameters
    ----------
    pair : Pair
        What is explained.
    budget : Budget
        How long it may take.
    journal : Journal
        What it is doing, and what it leaves out.
    draws_map : bool
        Whether a map of the training is wanted.
    """

    pair: Pair
    budget: Budget
    journal: Journal = field(default_factory=Journal)
    draws_map: bool = False

    @property
    def is_interrupted(self) -> bool:
        """Whether an interrupt ended one of its steps."""
        return self.journal.interruption is not None

    @property
    def effort(self) -> Effort:
        """What explaining took until now, and what it left out."""
        budget, journal = self.budget, self.journal
        return Effort(
            budget=budget.seconds,
            explaining=budget.spent - budget.spent_verifying,
            verifying=budget.spent_verifying,
            left_out=journal.sentences,
            stopped_by_the_clock=budget.stopped_by_the_clock,
            interrupted_while=journal.interrupted_while,
        )

    def taking(self, seconds: float) -> str:
        """Say what something takes, of rows that are passed over; of others it is seldom much."""
        return "" if self.pair.data.is_held else f" (about {number(seconds, 2)} s)"

    def step(self, find: Callable[[], Found], otherwise: Found) -> Found:
        """Return what a step finds; something else where an interrupt ends it, or came before."""
        if self.is_interrupted:
            return otherwise
        try:
            with self.interruptible():
                return find()
        except StepInterruptedError:
            return otherwise

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Raise `StepInterruptedError` for an interrupt; nothing more is afforded then."""
        try:
            yield
        except Exception:
            raise
        # Ctrl-C, an exit, or what a plugin ends a test with that takes too long.
        except BaseException as error:
            self.journal.interrupt(error)
            self.budget.stop()
            raise StepInterruptedError(f"interrupted by {type(error).__name__}") from error

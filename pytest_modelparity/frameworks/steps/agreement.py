"""Whether the array loop does what a framework's own training does: compared in every check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.steps.loop import variant_of
from pytest_modelparity.frameworks.steps.trainee import Trainee, is_rough
from pytest_modelparity.report.numbers import number
from pytest_modelparity.theory.clock import OutOfTimeError
from pytest_modelparity.training.loop import Stack
from pytest_modelparity.training.optimizers import formula_of
from pytest_modelparity.training.problem import Problem, Variant
from pytest_modelparity.training.recipe import Optimizer, Recipe
from pytest_modelparity.training.sensitivity import rounding_spread

#: Real epochs that are compared, at most: later ones differ by rounding rather than by rules.
FIRST_EPOCHS = 3
#: Real steps that prove the loop, about; of long epochs fewer than `FIRST_EPOCHS` are made.
FIRST_STEPS = 600
#: Difference of a weight, relative to the largest, that is rounding: 6e-7 was the largest that was
#: measured over 216 steps, 4e-6 for RMSprop on digits; the smallest wrong rule that was tried, eps
#: inside the root, makes 1e-4.
ROUNDING = 1e-5
#: Of rows that are not held the loop is proven where that is reckoned to take no longer.
PROOF_SECONDS = 3.0
#: Where a start moved by one unit in the last place changes more than that, so many times as much.
SPREADS = 8.0

#: Epoch, kernel and bias.
Snapshot: TypeAlias = tuple[int, np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How the array loop's weights compare with those of the framework.

    Parameters
    ----------
    apart : float
        Largest difference, relative to the largest weight, or to 1 where that is smaller.
    disagreement : str
        Where it is more than rounding, in words.
    """

    apart: float = 0.0
    disagreement: str = ""


def compare_with_real(
    problem: Problem, variant: Variant, snapshots: Sequence[Snapshot], trainer: str
) -> Compared:
    """Train a variant by the array loop, and compare its weights with those of its framework.

    Parameters
    ----------
    snapshots : sequence of Snapshot
        What the framework had after some epochs, from the same start and on the same batches:
        whatever is left is the rule, or rounding.
    trainer : str
        Who trained these, in words.
    """
    epochs = [epoch for epoch, *_ in snapshots]
    reached = Stack(problem, [variant]).train(epochs[-1], epochs)
    largest = 0.0
    for epoch, *layer in snapshots:
        loop = [weights[0] for weights in reached[epoch]]
        # Relative to the largest weight of the layer: a weight near 0 carries the rounding of the
        # others, and below 1 differences count as they are.
        size = max(1.0, *(_largest(weights) for weights in layer))
        off = max(_apart(mine, its) for mine, its in zip(loop, layer, strict=True))
        largest = max(largest, off / size)
        if off <= ROUNDING * size:
            continue
        # Only now: it trains twice more. Where a start moved by one unit in the last place
        # changes as much, `fit` would differ from itself on another machine.
        spread = rounding_spread(problem, variant, epoch).relative
        if not off <= SPREADS * spread * size:
            words = f"after epoch {epoch} the array loop was {off:.1g} off {trainer}"
            return Compared(apart=largest, disagreement=words)
    return Compared(apart=largest)


class Agreement:
    """The proof that the array loop may stand for the framework in this check.

    The first epochs of a real training and of the loop are compared, from the same start and on the
    same batches: only where they agree to rounding does the loop stand for the framework.

    Parameters
    ----------
    trainee : Trainee
        Whose training is compared.
    """

    def __init__(self, trainee: Trainee) -> None:
        self._trainee = trainee
        self._snapshots: tuple[Snapshot, ...] = ()
        #: Epochs that the candidate's own training made, where that was seen.
        self.epochs_run: int | None = None

    def see(self, epochs_run: int, snapshots: Sequence[Snapshot]) -> None:
        """Take a training that was made anyhow, of the candidate's own recipe, for the proof.

        Not where its batches are unknown or a callback may have changed its steps, nor where it
        ends with averaged weights, which snapshots on the way do not have.
        """
        self.epochs_run = epochs_run
        trainee, recipe = self._trainee, self._trainee.setup.recipe
        known = trainee.setup.seed is not None or not recipe.shuffle
        averaged = dict(recipe.optimizer.options).get("use_ema", False)
        if known and not trainee.setup.callbacks and not averaged:
            self._snapshots = tuple(one for one in snapshots if one[0] <= FIRST_EPOCHS)

    def reason_against(self, recipe: Recipe) -> str:
        """Say why a recipe is trained by the framework; nothing where the loop stands for it."""
        return self.out_of_reach(recipe) or self._disagreement

    def out_of_reach(self, recipe: Recipe) -> str:
        """Say what the loop cannot do of a recipe, whatever a comparison says."""
        # The loop computes in float32, and cannot round where the kernels of half precision do.
        if is_rough(self._trainee, recipe):
            return f"it computes in {recipe.dtype}"
        if formula_of(recipe.optimizer) is None:
            return f"{recipe.optimizer.code()} has no formula here"
        if not self._trainee.setup.feeds_plain_batches:
            return "its batches are not those of dense rows"
        seconds = self._proof_seconds
        if seconds > PROOF_SECONDS:
            return f"comparing both reads rows for about {number(seconds, 2)} s"
        return ""

    @property
    def _proof_seconds(self) -> float:
        """Seconds that the comparison is reckoned to take of rows that are not held; else 0."""
        setup, own = self._trainee.setup, self._trainee.setup.recipe
        if not setup.row_seconds:
            return 0.0
        epochs = self._snapshots[-1][0] if self._snapshots else 1
        made = 0.0 if self._snapshots else self._trainee.seconds(own, 1)
        return made + epochs * setup.n_rows * setup.row_seconds

    @property
    def has_seen(self) -> bool:
        """Whether a training of the candidate's own recipe serves as proof."""
        return bool(self._snapshots)

    @property
    def apart(self) -> float:
        """The largest difference of a weight from the real one, relative to the largest."""
        return self._compared.apart

    @property
    def _disagreement(self) -> str:
        """What the comparison says; nothing where both agree."""
        return self._compared.disagreement

    @cached_property
    def _compared(self) -> Compared:
        """The comparison, made when it is first asked for."""
        try:
            recipe, snapshots = self._seen()
        except ModelParityError as error:
            # What `fit` cannot train it cannot be compared with.
            return Compared(disagreement=str(error))
        trainee = self._trainee
        problem, variant = trainee.task().problem, variant_of(trainee, recipe, 0)
        try:
            return compare_with_real(problem, variant, snapshots, trainee.words.trainer)
        except OutOfTimeError:
            return Compared(disagreement="the time was up before both were compared")

    def _seen(self) -> tuple[Recipe, Sequence[Snapshot]]:
        """Return a recipe, and epoch, kernel and bias of its first epochs by the framework."""
        trainee, recipe, seen = self._trainee, self._trainee.setup.recipe, self._snapshots
        if is_rough(trainee, recipe) or formula_of(recipe.optimizer) is None:
            # What would replace its optimizer is compared then.
            stock = Optimizer(name="Adam", rate=0.001, framework=trainee.words.framework)
            recipe, seen = replace(recipe, optimizer=stock, dtype="float32"), ()
        if seen:
            return recipe, seen
        recipe = replace(recipe, epochs=1)
        made = trainee.first_epochs(recipe, 1, many=True)
        return recipe, [(1, made.kernel, made.bias)]


def proving_epochs(steps: int) -> int:
    """Return how many real epochs of so many steps prove the loop."""
    return max(1, min(FIRST_EPOCHS, FIRST_STEPS // steps))


def _largest(weights: np.ndarray) -> float:
    """Return the largest of some weights that are numbers yet."""
    return float(np.abs(weights[np.isfinite(weights)]).max(initial=0.0))


def _apart(first: np.ndarray, second: np.ndarray) -> float:
    """Return the largest difference; what left the numbers on both sides is the same."""
    with np.errstate(invalid="ignore"):
        difference = np.abs(first - second)
    lost = ~np.isfinite(first) & ~np.isfinite(second)
    return float(difference[~lost].max(initial=0.0))

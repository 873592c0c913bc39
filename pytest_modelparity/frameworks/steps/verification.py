"""A repair, trained by its framework from a fresh model: wholly, or to prove the loop."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_modelparity.frameworks.steps.agreement import (
    FIRST_EPOCHS,
    compare_with_real,
    proving_epochs,
)
from pytest_modelparity.frameworks.steps.loop import variant_of
from pytest_modelparity.frameworks.steps.rounding import DECIDED, rounding_of
from pytest_modelparity.frameworks.steps.setup import steps_an_epoch
from pytest_modelparity.frameworks.steps.trainee import Trainee
from pytest_modelparity.report.numbers import number
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.training.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proof:
    """What a real training by a recipe showed.

    Parameters
    ----------
    epochs, of : int
        Epochs that the framework made, and epochs of the recipe.
    apart : float
        How far its weights were from the loop's, relative to the largest weight.
    note : str
        Why the loop may not stand for it; empty where it may.
    fitted : FittedModel, optional
        What it left, where it made all epochs.
    """

    epochs: int
    of: int
    apart: float
    note: str = ""
    fitted: FittedModel | None = None

    def words(self, n_seeds: int, by: str) -> str:
        """Say who trained the recipe with so many seeds, where the framework is called ``by``."""
        agreed = f"a loop that agreed to {number(self.apart, 1)}"
        if self.epochs == self.of:
            return f"{by}, and with {n_seeds - 1} more seeds by {agreed}"
        return f"{by} for {self.epochs} of {self.of} epochs, then {agreed}; {n_seeds} seeds"


def prove(trainee: Trainee, recipe: Recipe, seconds: float) -> Proof:
    """Train a recipe from a fresh model by its framework, and compare the loop with it.

    Parameters
    ----------
    seconds : float
        Reckoned seconds within which it makes all epochs, not only those of the proof.

    Raises
    ------
    ModelParityError
        If it cannot be trained.
    """
    epochs = _epochs_within(trainee, recipe, seconds)
    # Keras takes 1 CPU s to compile a pass over many epochs, 0.7 for an ordinary fit.
    made = trainee.first_epochs(recipe, epochs, many=epochs > FIRST_EPOCHS)
    task, variant = trainee.task(standardised=recipe.standardised), variant_of(trainee, recipe, 0)
    real = [(epochs, made.kernel, made.bias)]
    compared = compare_with_real(task.problem, variant, real, trainee.words.trainer)
    note, fitted = compared.disagreement, None
    if epochs == recipe.epochs:
        fitted = made.fitted
    elif not note:
        # Equal rules end apart where rounding decides: the loop's end would then prove nothing.
        rounding = rounding_of(trainee.setup, task, variant, recipe.epochs)
        if not rounding <= DECIDED:
            note = f"rounding alone moves its end by {number(rounding, 2)}"
    return Proof(epochs=epochs, of=recipe.epochs, apart=compared.apart, note=note, fitted=fitted)


def proving_seconds(trainee: Trainee, recipe: Recipe, seconds: float) -> float:
    """Return the seconds that `prove` is reckoned to take."""
    epochs, setup = _epochs_within(trainee, recipe, seconds), trainee.setup
    # The loop makes them too, and where they are not all, the whole training from three starts.
    looped = epochs if epochs == recipe.epochs else epochs + 3 * recipe.epochs
    return trainee.seconds(recipe, epochs) + looped * setup.n_rows * setup.row_seconds


def _epochs_within(trainee: Trainee, recipe: Recipe, seconds: float) -> int:
    """Return how many real epochs are made: all where the seconds allow it, else a proof's."""
    # More of them than it needs would make the proof dearer, and no repair wholly trained.
    if trainee.seconds(recipe, recipe.epochs) <= seconds:
        return recipe.epochs
    return min(recipe.epochs, proving_epochs(steps_an_epoch(trainee.setup, recipe.batch_size)))

"""A repair, trained by Keras's own ``fit`` from a fresh model: wholly, or to prove the loop."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_modelparity.frameworks.keras.train.agreement import (
    FIRST_EPOCHS,
    compare_with_fit,
    proving_epochs,
)
from pytest_modelparity.frameworks.keras.train.loop import task_of, variant_of
from pytest_modelparity.frameworks.keras.train.refit import fitted_model, trained_for
from pytest_modelparity.frameworks.keras.train.setup import Setup
from pytest_modelparity.frameworks.keras.train.shortcut import DECIDED, rounding_of
from pytest_modelparity.report.numbers import number
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.training.costs import fit_seconds
from pytest_modelparity.training.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proof:
    """What a real ``fit`` of a recipe showed.

    Parameters
    ----------
    epochs, of : int
        Epochs that ``fit`` made, and epochs of the recipe.
    apart : float
        How far its weights were from the loop's, relative to the largest weight.
    note : str
        Why the loop may not stand for it; empty where it may.
    fitted : FittedModel, optional
        What ``fit`` left, where it made all epochs.
    """

    epochs: int
    of: int
    apart: float
    note: str = ""
    fitted: FittedModel | None = None

    def words(self, n_seeds: int) -> str:
        """Say who trained the recipe with so many seeds."""
        agreed = f"a loop that agreed to {number(self.apart, 1)}"
        if self.epochs == self.of:
            return f"fit, and with {n_seeds - 1} more seeds by {agreed}"
        return f"fit for {self.epochs} of {self.of} epochs, then {agreed}; {n_seeds} seeds"


def prove(setup: Setup, recipe: Recipe, seconds: float) -> Proof:
    """Train a recipe from a fresh model by ``fit``, and compare the loop with it.

    Parameters
    ----------
    seconds : float
        Reckoned seconds within which ``fit`` makes all epochs, not only those of the proof.

    Raises
    ------
    ModelParityError
        If Keras cannot train it.
    """
    epochs = _epochs_within(setup, recipe, seconds)
    # Keras takes 1 CPU s to compile a pass over many epochs, 0.7 for an ordinary fit.
    many = epochs > FIRST_EPOCHS
    model, kernel, bias = trained_for(setup, recipe, epochs, in_one_pass=many)
    task = task_of(setup, standardised=recipe.standardised)
    variant = variant_of(setup, recipe, 0)
    compared = compare_with_fit(task.problem, variant, [(epochs, kernel, bias)])
    note, fitted = compared.disagreement, None
    if epochs == recipe.epochs:
        fitted = fitted_model(setup, model, setup.reading.settings, [])
    elif not note:
        # Equal rules end apart where rounding decides: the loop's end would then prove nothing.
        rounding = rounding_of(setup, task, variant, recipe.epochs)
        if not rounding <= DECIDED:
            note = f"rounding alone moves its end by {number(rounding, 2)}"
    return Proof(epochs=epochs, of=recipe.epochs, apart=compared.apart, note=note, fitted=fitted)


def proving_seconds(setup: Setup, recipe: Recipe, seconds: float) -> float:
    """Return the seconds that `prove` is reckoned to take."""
    steps = setup.steps_an_epoch(recipe.batch_size)
    return fit_seconds(steps * _epochs_within(setup, recipe, seconds))


def _epochs_within(setup: Setup, recipe: Recipe, seconds: float) -> int:
    """Return how many epochs ``fit`` makes: all where the seconds allow it, else a proof's."""
    steps = setup.steps_an_epoch(recipe.batch_size)
    # More of them than it needs would make the proof dearer, and no repair wholly trained.
    whole = fit_seconds(steps * recipe.epochs) <= seconds
    return recipe.epochs if whole else min(recipe.epochs, proving_epochs(steps))

"""Changes of one Keras candidate's training, as remedies: by setting, the smallest first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from pytest_modelparity.frameworks.fitted import FittedModel, Remedy
from pytest_modelparity.frameworks.keras_recipe import (
    EPOCH_FACTORS,
    Recipe,
    RecipeChange,
    falling_rates,
    recipe_changes,
    standardised_changes,
)
from pytest_modelparity.frameworks.keras_trainer import KerasTrainer
from pytest_modelparity.frameworks.keras_trials import OneByOne, Sweep
from pytest_modelparity.result import Change

#: A change must close with this many seeds: batches fall otherwise for each.
N_SEEDS = 3
#: Steps up to which more epochs are tried before anything else.
FEW_STEPS = 25_000
_SIZE_OF_OPTIMUM = math.log(2000)


@dataclass(eq=False)
class _Family:
    """Recipes that are trained together, when the first of them is asked for."""

    trainer: KerasTrainer
    recipes: tuple[Recipe, ...]
    changes: tuple[RecipeChange, ...] = ()

    @cached_property
    def trainings(self) -> Sweep | OneByOne:
        """Their trainings."""
        return self.trainer.together(self.recipes, N_SEEDS)

    def remedy(self, index: int, epochs: int, changes: tuple[Change, ...], size: float) -> Remedy:
        """Return the training of one of them for so many epochs."""
        trainer, recipe = self.trainer, replace(self.recipes[index], epochs=epochs)

        def trained(seed: int) -> FittedModel:
            return trainer.linear(*self.trainings.parameters(index, seed, epochs))

        settings = [change.setting for change in changes]
        return Remedy(
            setting=settings[0] if settings else "",
            others=tuple(settings[1:]),
            changes=changes,
            train=lambda: trained(0),
            repeats=lambda: tuple(trained(seed) for seed in range(1, N_SEEDS)),
            retrain=lambda seed: trainer.retrain(recipe, seed),
            seconds=trainer.seconds_of(recipe),
            cost=lambda: self.trainings.cost(epochs),
            size=size,
            iterations=epochs,
            source=lambda: trainer.program(recipe),
        )


class KerasRemedies:
    """The remedies of one candidate.

    Parameters
    ----------
    trainer : KerasTrainer
        Trains its recipes.
    """

    def __init__(self, trainer: KerasTrainer) -> None:
        self._trainer = trainer

    def unchanged(self) -> Remedy:
        """Return the training as it is."""
        trainer = self._trainer
        recipe = trainer.recipe
        if trainer.watched:
            return Remedy(
                setting="",
                changes=(),
                train=lambda: trainer.retrain(recipe, 0, callbacks=True),
                retrain=lambda seed: trainer.retrain(recipe, seed, callbacks=True),
                seconds=trainer.seconds_of(recipe, callbacks=True),
                source=lambda: trainer.program(recipe),
            )
        return self._own.remedy(0, recipe.epochs, (), 0.0)

    def singles(self) -> Iterator[Remedy]:
        """Yield one changed setting after the other; the cheapest trainings first."""
        steps = self._trainer.recipe.epochs * self._trainer.steps_an_epoch
        few = tuple(factor for factor in EPOCH_FACTORS if factor * steps <= FEW_STEPS)
        many = EPOCH_FACTORS[len(few) :]
        if self._trainer.arguments is not None:
            families = self._families
            if self._trainer.recipe.dtype != "float32":
                # All others are then trained one by one, which takes long.
                yield from self._of(families[0])
                families = families[1:]
            yield from self._longer(few)
            for family in families:
                yield from self._of(family)
            yield from self._longer(many)
        else:
            yield from self._longer(EPOCH_FACTORS)
        yield self._to_optimum()

    def pairs(self) -> Iterator[Remedy]:
        """Yield more epochs together with another change."""
        if self._trainer.arguments is None:
            return
        for factor in EPOCH_FACTORS:
            yield from self._of(self._falling(factor), factor)
            for family in self._families:
                yield from self._of(family, factor)

    def _falling(self, factor: int) -> _Family:
        """Return learning rates that fall to nothing over ``factor`` times the epochs."""
        trainer = self._trainer
        longer = replace(trainer.recipe, epochs=trainer.recipe.epochs * factor)
        changes = tuple(replace(c, ends=False) for c in falling_rates(longer, trainer.n_rows))
        return _Family(trainer, tuple(change.recipe for change in changes), changes)

    @cached_property
    def _own(self) -> _Family:
        """Its own recipe alone: it is taken further than any other."""
        return _Family(self._trainer, (self._trainer.recipe,))

    @cached_property
    def _families(self) -> tuple[_Family, ...]:
        """Changed recipes, those that one loop trains together."""
        trainer = self._trainer
        recipe, n_rows = trainer.recipe, trainer.n_rows
        groups = [*recipe_changes(recipe, n_rows, starts_at_zero=trainer.starts_at_zero())]
        if trainer.can_standardise:
            groups += [(change,) for change in standardised_changes(recipe, n_rows)]
        return tuple(
            _Family(trainer, tuple(change.recipe for change in changes), changes)
            for changes in groups
            # A summed loss weighs the penalty by the batch size: another objective.
            if changes and not (trainer.summed and changes[0].setting == "batch_size")
        )

    def _longer(self, factors: tuple[int, ...]) -> Iterator[Remedy]:
        """Yield trainings with more epochs."""
        trainer = self._trainer
        for factor in factors:
            epochs = trainer.recipe.epochs * factor
            text = f"epochs={epochs}"
            if trainer.arguments is None:
                text = f"train for {epochs} more epochs"
            elif trainer.watched:
                text += ", callbacks=None"
            change = Change(side="candidate", setting="iterations", text=text)
            yield self._own.remedy(0, epochs, (change,), math.log(factor))

    def _of(self, family: _Family, factor: int = 1) -> Iterator[Remedy]:
        """Yield the trainings of a family's changes, for ``factor`` times the epochs."""
        epochs = self._trainer.recipe.epochs * factor
        for index, change in enumerate(family.changes):
            if change.ends and factor > 1:
                continue
            told = [Change(side="candidate", setting=change.setting, text=change.text)]
            if factor > 1:
                told.append(Change(side="candidate", setting="iterations", text=f"epochs={epochs}"))
            yield family.remedy(index, epochs, tuple(told), change.size + math.log(factor))

    def _to_optimum(self) -> Remedy:
        """Return the full-batch training to the optimum."""
        change = Change(side="candidate", setting="solver", text="train_to_optimum(model, X, y)")
        return Remedy(
            setting="solver",
            changes=(change,),
            train=self._trainer.optimise,
            size=_SIZE_OF_OPTIMUM,
            source=lambda: self._trainer.program(None),
        )

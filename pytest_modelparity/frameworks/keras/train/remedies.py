"""Changes of one Keras candidate's training, as remedies: by setting, the smallest first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from pytest_modelparity.frameworks.keras.train.recipe import (
    EPOCH_FACTORS,
    Recipe,
    RecipeChange,
    falling_rates,
    full_batch_changes,
    paired_changes,
    recipe_changes,
    standardised_changes,
)
from pytest_modelparity.frameworks.keras.train.trainer import KerasTrainer
from pytest_modelparity.frameworks.keras.train.trials import OneByOne, Sweep
from pytest_modelparity.report.parts import Change
from pytest_modelparity.sides.fitted import FittedModel, Remedy

#: A change must close with this many seeds: batches fall otherwise for each.
N_SEEDS = 3
#: Steps up to which more epochs are tried before anything else.
FEW_STEPS = 25_000
_SIZE_OF_OPTIMUM = math.log(20_000)


@dataclass(eq=False)
class _Family:
    """Recipes that are trained together, when the first of them is asked for."""

    trainer: KerasTrainer
    recipes: tuple[Recipe, ...]
    #: What makes each of them of the candidate's own.
    changes: tuple[tuple[RecipeChange, ...], ...] = ()

    @classmethod
    def of(cls, trainer: KerasTrainer, changes: Iterable[tuple[RecipeChange, ...]]) -> _Family:
        """Return the recipes that some changes lead to, the last one of each tuple."""
        changes = tuple(changes)
        return cls(trainer, tuple(item[-1].recipe for item in changes), changes)

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

    def remedies(self) -> Iterator[Remedy]:
        """Yield the changed trainings, those that cost little and help often before others."""
        if self._trainer.arguments is None:
            yield from self._longer(EPOCH_FACTORS)
        else:
            yield from self._retrained()
        yield self._to_optimum()

    def _retrained(self) -> Iterator[Remedy]:
        """Yield the trainings by ``fit`` with other arguments or another optimizer."""
        steps = self._trainer.recipe.epochs * self._trainer.steps_an_epoch
        few = tuple(factor for factor in EPOCH_FACTORS if factor * steps <= FEW_STEPS)
        first, *others = self._families
        if self._trainer.recipe.dtype != "float32":
            # All others are then trained one by one, which takes long; not in single precision.
            yield from self._of(first)
            yield from self._pairs(of_dtype=True)
            first, *others = others
        yield from self._longer(few)
        yield from self._of(first)
        for family in others:
            yield from self._of(family)
        yield from self._longer(EPOCH_FACTORS[len(few) :])
        yield from self._full_batch()
        yield from self._pairs(of_dtype=False)

    def _pairs(self, *, of_dtype: bool) -> Iterator[Remedy]:
        """Yield two changed settings at once, the smallest change first.

        Parameters
        ----------
        of_dtype : bool
            Whether those that change the precision are wanted, or the others.
        """
        trainer = self._trainer
        recipe, n_rows = trainer.recipe, trainer.n_rows
        families = [
            _Family.of(trainer, changes)
            for changes in paired_changes(recipe, n_rows, starts_at_zero=trainer.starts_at_zero())
            if changes and self._in_objective(changes[0])
        ]
        found = [remedy for family in families for remedy in self._of(family)]
        for factor in EPOCH_FACTORS:
            longer = (self._falling(factor), *self._families)
            found += [remedy for family in longer for remedy in self._of(family, factor)]
        wanted = [remedy for remedy in found if (remedy.setting == "dtype") == of_dtype]
        yield from sorted(wanted, key=lambda remedy: remedy.size)

    def _falling(self, factor: int) -> _Family:
        """Return learning rates that fall to nothing over ``factor`` times the epochs."""
        trainer = self._trainer
        longer = replace(trainer.recipe, epochs=trainer.recipe.epochs * factor)
        changes = falling_rates(longer, trainer.n_rows)
        return _Family.of(trainer, ((replace(change, ends=False),) for change in changes))

    def _full_batch(self) -> Iterator[Remedy]:
        """Yield trainings on all rows at once, on standardised features where that helps."""
        trainer = self._trainer
        if trainer.recipe.dtype != "float32" or trainer.summed:
            return
        changes = full_batch_changes(
            trainer.recipe, trainer.n_rows, standardised=trainer.scales_are_apart
        )
        family = _Family.of(trainer, ((change,) for change in changes))
        for index, change in enumerate(changes):
            remedy = family.remedy(index, change.recipe.epochs, (_told(change),), change.size)
            yield replace(remedy, last_resort=True)

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
            _Family.of(trainer, ((change,) for change in changes))
            for changes in groups
            if changes and self._in_objective(changes[:1])
        )

    def _in_objective(self, changes: tuple[RecipeChange, ...]) -> bool:
        """Whether some changes leave the objective as it is.

        A summed loss weighs the penalty by the batch size.
        """
        sizes = any(change.setting == "batch_size" for change in changes)
        return not (sizes and self._trainer.summed)

    def _longer(self, factors: tuple[int, ...]) -> Iterator[Remedy]:
        """Yield trainings with more epochs."""
        trainer = self._trainer
        for factor in factors:
            epochs = trainer.recipe.epochs * factor
            change = _epochs(epochs)
            if trainer.arguments is None:
                change = replace(change, text=f"train for {epochs} more epochs")
            elif trainer.watched:
                change = replace(change, text=f"{change.text}, callbacks=None")
            yield self._own.remedy(0, epochs, (change,), math.log(factor))

    def _of(self, family: _Family, factor: int = 1) -> Iterator[Remedy]:
        """Yield the trainings of a family's changes, for ``factor`` times the epochs."""
        epochs = self._trainer.recipe.epochs * factor
        for index, changes in enumerate(family.changes):
            if changes[-1].ends and factor > 1:
                continue
            told = [_told(change) for change in changes]
            if factor > 1:
                told.append(_epochs(epochs))
            size = sum(change.size for change in changes) + math.log(factor)
            yield family.remedy(index, epochs, tuple(told), size)

    def _to_optimum(self) -> Remedy:
        """Return the full-batch training to the optimum."""
        change = Change(side="candidate", setting="solver", text="train_to_optimum(model, X, y)")
        return Remedy(
            setting="solver",
            changes=(change,),
            train=self._trainer.optimise,
            size=_SIZE_OF_OPTIMUM,
            by_fit=False,
            source=lambda: self._trainer.program(None),
        )


def _told(change: RecipeChange) -> Change:
    """Return a change as its user would make it."""
    return Change(side="candidate", setting=change.setting, text=change.text)


def _epochs(epochs: int) -> Change:
    """Return the change to so many epochs."""
    return Change(side="candidate", setting="iterations", text=f"epochs={epochs}")

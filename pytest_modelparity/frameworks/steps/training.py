"""Who trains a candidate again: in plain arrays where that is proven, else by its framework."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial

from pytest_modelparity.frameworks.steps.agreement import Agreement
from pytest_modelparity.frameworks.steps.fitted import fitted_parameters
from pytest_modelparity.frameworks.steps.loop import (
    LoopRun,
    key_of,
    seeds_of,
    snapshot_epochs,
)
from pytest_modelparity.frameworks.steps.remedies import groups
from pytest_modelparity.frameworks.steps.single import is_raised
from pytest_modelparity.frameworks.steps.survey import survey_of, taken
from pytest_modelparity.frameworks.steps.trainee import Trainee
from pytest_modelparity.frameworks.steps.verification import prove, proving_seconds
from pytest_modelparity.progress import each_counted
from pytest_modelparity.report.numbers import counted
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.optimum import optimum_of
from pytest_modelparity.sides.training import LONGER, Remedy, Spread, Survey, Verification
from pytest_modelparity.theory.clock import OutOfTimeError
from pytest_modelparity.theory.coordinates import of_given_features
from pytest_modelparity.training.recipe import Recipe

#: Seeds that are trained side by side, whatever is asked first.
N_SEEDS = 3


class StepTraining:
    """The trainings of one candidate.

    Parameters
    ----------
    trainee : Trainee
        The candidate.
    agreement : Agreement
        Says what the array loop may stand for.
    """

    def __init__(self, trainee: Trainee, agreement: Agreement) -> None:
        self._trainee, self._agreement = trainee, agreement
        self._own = trainee.setup.recipe
        self._optimum: FittedModel | None = None
        # Recipes compare by value, so equal trainings are made once, whoever asks for them.
        self._runs: dict[Recipe, LoopRun] = {}
        self._fits: dict[tuple[Recipe, int, bool], FittedModel] = {}

    @property
    def seconds(self) -> float | None:
        """Seconds of its own training, reckoned; ``None`` where it was trained before."""
        if not self._trainee.setup.is_trained_here:
            return None
        return self._seconds_of(self._own, by_epochs=True)

    @property
    def takes_batches(self) -> bool:
        """Whether it trains on rows that are not held."""
        return self._trainee.takes_batches

    def unchanged(self) -> Remedy | None:
        """Return the same training once more; ``None``: how it was trained is not known."""
        setup = self._trainee.setup
        if not (setup.is_trained_here and setup.trainable):
            return None
        return Remedy(changes=(), recipe=self._own)

    def remedies(self) -> Iterator[Remedy]:
        """Yield changed trainings of the same objective, in the order to try them."""
        if not self._trainee.setup.trainable:
            return
        for group in groups(self._trainee):
            self._share_a_run(group)
            yield from group

    def train(self, remedy: Remedy, seeds: range) -> tuple[FittedModel, ...]:
        """Return what a remedy leaves with the seeds of these numbers."""
        if not remedy.by_fit:
            return (self._known_optimum or self._at_optimum(),)
        # A callback may stop or change a training by what it sees of Keras: no loop can stand for
        # that. One `fit` is all that is spent on it.
        if self._needs_callbacks(remedy):
            return tuple(self._whole(remedy, number) for number in seeds if number == 0)
        if self._agreement.reason_against(remedy.recipe):
            return each_counted(partial(self._whole, remedy), seeds)
        run, epochs = self._run(remedy.recipe), remedy.recipe.epochs
        return tuple(
            fitted_parameters(self._trainee.setup, *run.parameters(remedy.recipe, number, epochs))
            for number in seeds
        )

    def verify(self, remedy: Remedy, n_seeds: int, seconds: float) -> Verification:
        """Train a remedy for real, wholly or as far as proves that the array loop does the same.

        Raises
        ------
        ModelParityError
            If its framework cannot train it.
        """
        if not remedy.by_fit:
            return Verification(fitted=(self._at_optimum(),), by="the training to the optimum")
        if self._only_fit_can(remedy):
            fitted = each_counted(partial(self._whole, remedy), range(n_seeds))
            by = f"{self._trainee.words.by} with {counted(n_seeds, 'seed')}"
            return Verification(fitted=fitted, by=by)
        proof = prove(self._trainee, remedy.recipe, seconds)
        others = self.train(remedy, range(n_seeds))
        fitted = others if proof.fitted is None else (proof.fitted, *others[1:])
        by = proof.words(n_seeds, self._trainee.words.by)
        return Verification(fitted=fitted, by=by, note=proof.note)

    def cost(self, remedy: Remedy) -> float:
        """Return the seconds that `train` is reckoned to take now."""
        if not remedy.by_fit:
            # Of rows that are not held the optimum is found by passes, once.
            if not self._trainee.setup.data.is_held and "_known_optimum" not in vars(self):
                return self._minimising_seconds()
            try:
                known = self._known_optimum is not None
            except OutOfTimeError:
                return math.inf
            return 0.0 if known else self._minimising_seconds()
        if self._needs_callbacks(remedy):
            return 0.0 if (remedy.recipe, 0, True) in self._fits else self._seconds_with_callbacks()
        if self._agreement.reason_against(remedy.recipe):
            return N_SEEDS * self._seconds_of(remedy.recipe)
        return self._run(remedy.recipe).cost(remedy.recipe.epochs)

    def verifying_cost(self, remedy: Remedy, n_seeds: int, seconds: float) -> float:
        """Return the seconds that `verify` is reckoned to take."""
        if not remedy.by_fit:
            return self._minimising_seconds()
        if self._only_fit_can(remedy):
            callbacks = self._needs_callbacks(remedy)
            keys = ((remedy.recipe, number, callbacks) for number in range(n_seeds))
            missing = sum(key not in self._fits for key in keys)
            if callbacks:
                return missing * self._seconds_with_callbacks()
            return missing * self._seconds_of(remedy.recipe)
        return proving_seconds(self._trainee, remedy.recipe, seconds)

    def source(self, remedy: Remedy) -> str:
        """Return code that trains a remedy."""
        recipe = remedy.recipe if remedy.by_fit else None
        return self._trainee.program(recipe, callbacks=self._needs_callbacks(remedy))

    def without_shortcut(self) -> str:
        """Say why its framework trains its variants, and not the array loop."""
        return self._agreement.reason_against(self._own)

    def spread_cost(self, n_seeds: int) -> float:
        """Return the seconds that `spread` is reckoned to take."""
        if not self._has_spread:
            return 0.0
        return LoopRun(self._trainee, [self._own], n_seeds).cost(LONGER * self._own.epochs)

    @property
    def _has_spread(self) -> bool:
        """Whether the array loop can train it with other seeds."""
        setup = self._trainee.setup
        if not setup.is_trained_here or setup.callbacks or not setup.trainable:
            return False
        # For real several seeds would cost as many trainings as seeds, of Keras none under 0.7 s.
        return not self._agreement.reason_against(self._own)

    def spread(self, n_seeds: int) -> Spread | None:
        """Return the same training with several seeds; ``None``: the loop cannot make it."""
        if not self._has_spread:
            return None
        trainee, setup, own = self._trainee, self._trainee.setup, self._own
        run, points = LoopRun(trainee, [own], n_seeds), snapshot_epochs(own.epochs)
        # Before the longer training, which would run past the epochs that the trajectory needs.
        run.until(own.epochs, points)
        fitted = tuple(
            replace(
                fitted_parameters(setup, *run.parameters(own, number, own.epochs)),
                trajectory=tuple((epoch, *run.parameters(own, number, epoch)) for epoch in points),
            )
            for number in range(n_seeds)
        )
        longer = tuple(
            fitted_parameters(setup, *run.parameters(own, number, LONGER * own.epochs))
            for number in range(n_seeds)
        )
        return Spread(seeds=seeds_of(setup, n_seeds), fitted=fitted, longer=longer)

    def survey(self, seconds: float, remedy: Remedy | None) -> Survey | None:
        """Lay out a map of its training; ``None``: only its framework could make it."""
        return survey_of(self._trainee, self._agreement, seconds, remedy)

    def on_the_way(
        self, recipes: Sequence[Recipe], epochs: Sequence[int]
    ) -> Iterator[tuple[FittedModel, ...]]:
        """Yield what the recipes of a survey leave, after each of some epochs."""
        return taken(self._trainee, recipes, epochs)

    def _only_fit_can(self, remedy: Remedy) -> bool:
        """Whether the array loop cannot stand for its framework."""
        by_loop = not self._agreement.reason_against(remedy.recipe)
        return self._needs_callbacks(remedy) or not by_loop

    def _whole(self, remedy: Remedy, number: int) -> FittedModel:
        """Return what a real training leaves of a remedy with the seed of a number."""
        callbacks = self._needs_callbacks(remedy)
        key = remedy.recipe, number, callbacks
        # Trained once: what tried a remedy verifies it too.
        if key not in self._fits:
            made = self._trainee.retrained(remedy.recipe, number, callbacks=callbacks)
            self._fits[key] = made
        return self._fits[key]

    def _needs_callbacks(self, remedy: Remedy) -> bool:
        """Whether a remedy is the candidate's own training, in which callbacks have a say."""
        return not remedy.changes and bool(self._trainee.setup.callbacks)

    def _share_a_run(self, group: tuple[Remedy, ...]) -> None:
        """Note which recipes are to be trained side by side once the first is asked for."""
        wanted = {key_of(remedy.recipe): remedy.recipe for remedy in group if remedy.by_fit}
        usable = {
            key: recipe
            for key, recipe in wanted.items()
            if key not in self._runs and not self._agreement.reason_against(recipe)
        }
        # Larger learning rates may be taken further later, with more epochs: without the others.
        raised = {key for key, recipe in usable.items() if is_raised(self._own, recipe)}
        for keys in (raised, usable.keys() - raised):
            # Side by side: 32 variants cost 0.035 s where one costs 0.03 (569 x 30, 216 steps of
            # Adam, measured).
            recipes = [usable[key] for key in usable if key in keys]
            if recipes:
                run = LoopRun(self._trainee, recipes, N_SEEDS)
                self._runs.update(dict.fromkeys(keys, run))

    def _run(self, recipe: Recipe) -> LoopRun:
        """Return the trainings that a recipe is part of."""
        key = key_of(recipe)
        if key not in self._runs:
            self._runs[key] = LoopRun(self._trainee, [recipe], N_SEEDS)
        return self._runs[key]

    def _seconds_of(self, recipe: Recipe, *, by_epochs: bool = False) -> float:
        """Return what one real training is reckoned to take."""
        return self._trainee.seconds(recipe, recipe.epochs, by_epochs=by_epochs)

    def _seconds_with_callbacks(self) -> float:
        """Return what its own training with its callbacks is reckoned to take."""
        own, epochs = self._own, self._agreement.epochs_run
        # They are not known to stop another training elsewhere than the first.
        recipe = own if epochs is None else replace(own, epochs=epochs)
        return self._seconds_of(recipe, by_epochs=True)

    def _minimising_seconds(self) -> float:
        """Return what the training to the optimum is reckoned to take, once."""
        return 0.0 if self._optimum is not None else self._trainee.minimising_seconds()

    @cached_property
    def _known_optimum(self) -> FittedModel | None:
        """The exact optimum of its own objective; ``None`` where there is none to reach."""
        setup, objective = self._trainee.setup, self._trainee.setup.objective
        if objective is None:
            return None
        # The training to the optimum is proven to end there, so nothing is trained to try it.
        optimum = optimum_of(objective, setup.data)
        if optimum.finite is False:
            return None
        own = objective.settings
        given = of_given_features(
            own.feature_shift,
            own.feature_scale,
            optimum.coef,
            optimum.intercept,
            own.feature_map,
        )
        return fitted_parameters(setup, *given)

    def _at_optimum(self) -> FittedModel:
        """Return the minimiser of the candidate's own objective."""
        if self._optimum is None:
            self._optimum = self._trainee.at_optimum()
        return self._optimum

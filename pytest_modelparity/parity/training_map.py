"""What the candidate's training would leave with other settings: the map of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.objective import Repaired
from pytest_modelparity.parity.pair import Explaining, Pair
from pytest_modelparity.parity.side import EVALUATION, predict
from pytest_modelparity.parity.trials import Trial
from pytest_modelparity.parity.ways import Way
from pytest_modelparity.report.parts import Change
from pytest_modelparity.report.pictures import MapLine, MapPoint, TrainingMap
from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.training import Retraining, Survey
from pytest_modelparity.theory.clock import OutOfTimeError

#: Yields what recipes leave, after each of some epochs.
Left = Callable[[Sequence[Any], Sequence[int]], Iterator[tuple[float, ...]]]
#: What a map is called among what was left out.
MAP = "a map of the training"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """What all of a map rests on.

    Parameters
    ----------
    repaired : Repaired
        The candidate, its objective repaired.
    goal : FittedModel
        The reference, repaired where it needed it.
    changes : tuple of Change
        What was changed of the reference.
    way : Way, optional
        What the repair does to the candidate.
    """

    repaired: Repaired
    goal: FittedModel
    changes: tuple[Change, ...]
    way: Way | None

    @property
    def trial(self) -> Trial | None:
        """The repair, where it has the objective of the map."""
        same = self.way is not None and self.way.changes == self.repaired.changes
        return self.way.trial if same and self.way is not None else None


def draw_map(explaining: Explaining, ground: Ground) -> TrainingMap | None:
    """Return the map of a candidate's training; what there is no room for is noted."""
    training = ground.repaired.candidate.training
    budget, journal = explaining.budget, explaining.journal
    if training is None:
        return None
    survey = training.survey(budget.for_a_map, ground.trial.remedy if ground.trial else None)
    if survey is None:
        # Where it was trained before there is nothing to draw, and nothing is missed.
        if training.unchanged() is not None:
            journal.left_out(f"{MAP}, which only fit itself could make")
        return None
    if not budget.affords_map(survey.seconds):
        journal.left_out(MAP)
        return None
    if not survey.sweeps:
        journal.left_out(f"batch sizes and optimizers beside {MAP.removeprefix('a ')}")
    journal.doing("drawing a map of the training")
    try:
        return _drawn(explaining.pair, ground, training, survey)
    except OutOfTimeError:
        journal.left_out(f"{MAP}, for which the time was up")
        return None


def _drawn(pair: Pair, ground: Ground, training: Retraining, survey: Survey) -> TrainingMap:
    """Train what a survey lays out, and measure it."""
    # On the rows of the verdict, so that the user's own point is what the verdict says.
    goal = predict(ground.goal, pair.data, EVALUATION)

    # A thousand small products: two threads would wait for each other more than they compute.
    @single_threaded
    def distance(model: FittedModel) -> float:
        return largest(predict(model, pair.data, EVALUATION) - goal)

    def left(recipes: Sequence[Any], epochs: Sequence[int]) -> Iterator[tuple[float, ...]]:
        for models in training.on_the_way(recipes, epochs):
            yield tuple(map(distance, models))

    by_epochs = list(left(survey.recipes, survey.epochs))
    rows = tuple(zip(*by_epochs, strict=True))
    return TrainingMap(
        learning_rates=survey.rates,
        epochs=survey.epochs,
        left=rows,
        own=_point(survey, rows, survey.own),
        repair=_repair(ground, _point(survey, rows, survey.repair), survey.beside),
        lines=_lines(survey, left),
        changes=(*ground.changes, *ground.repaired.changes),
    )


def _point(
    survey: Survey, rows: Sequence[Sequence[float]], place: tuple[int, int] | None
) -> MapPoint | None:
    """Return one training of the map."""
    if place is None:
        return None
    rate, epochs = place
    return MapPoint(
        learning_rate=survey.rates[rate], epochs=survey.epochs[epochs], left=rows[rate][epochs]
    )


def _repair(ground: Ground, point: MapPoint | None, beside: str) -> MapPoint | None:
    """Return the repair's point; where it changes more, with what was left when it was tried."""
    if point is None or ground.trial is None or not beside:
        return point
    return replace(point, left=ground.trial.left, beside=beside)


def _lines(survey: Survey, left: Left) -> tuple[MapLine, ...]:
    """Return what the values of other settings leave."""
    # Side by side, each once: the user's own is among the values of every setting.
    recipes = tuple(dict.fromkeys(item for sweep in survey.sweeps for item in sweep.recipes))
    if not recipes:
        return ()
    (reached,) = left(recipes, (survey.own_epochs,))
    known = dict(zip(recipes, reached, strict=True))
    return tuple(
        MapLine(
            setting=sweep.setting,
            values=sweep.values,
            left=tuple(known[recipe] for recipe in sweep.recipes),
            own=sweep.own,
        )
        for sweep in survey.sweeps
    )

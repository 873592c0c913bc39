"""Which remedies are tried, in which order, and when one counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity import budget as budget_module
from pytest_modelparity.parity.budget import (
    EXPLAINING_SECONDS,
    EXPLAINING_TRAININGS,
    FIT_SECONDS,
    KEPT_BACK,
    MAP_SHARE,
    SHARES,
    WHOLE_FIT_SHARE,
    Budget,
)
from pytest_modelparity.parity.pair import Explaining
from pytest_modelparity.parity.side import Target
from pytest_modelparity.parity.trials import Goal, Trial, try_remedies
from pytest_modelparity.report.parts import Change
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.training import Remedy

#: What variants of a candidate may cost within the usual budget, beside its own training.
MOST = EXPLAINING_SECONDS
GOAL = Goal(side="candidate", target=Target(predictions=np.zeros((1, 1))), limit=0.01)


def model(left: float) -> FittedModel:
    return FittedModel(
        settings=ModelSettings(framework="other", model=str(left)),
        predict=lambda X: np.full((1, 1), left),
    )


@dataclass(frozen=True)
class Planned:
    """A recipe that says what its training leaves, and costs."""

    left: float
    repeats: tuple[float, ...] = ()
    cost: float = 0.0
    seconds: float = 0.0
    fails: bool = False


def remedy(setting: str, left: float, *, others: tuple[str, ...] = (), **more: Any) -> Remedy:
    remedies = {name: more.pop(name) for name in ("by_fit", "last_resort") if name in more}
    changes = [Change(side="candidate", setting=name, text=name) for name in (setting, *others)]
    return Remedy(changes=tuple(changes), recipe=Planned(left, **more), **remedies)


@dataclass
class Training:
    """Trains as planned."""

    planned: tuple[Remedy, ...]
    trained: list[float] = field(default_factory=list)

    def remedies(self) -> tuple[Remedy, ...]:
        return self.planned

    def train(self, remedy: Remedy, seeds: range) -> tuple[FittedModel, ...]:
        recipe = remedy.recipe
        if recipe.fails:
            raise ModelParityError("no such combination")
        if 0 in seeds:
            self.trained.append(recipe.left)
        planned = (recipe.left, *recipe.repeats)
        return tuple(model(planned[number]) for number in seeds if number < len(planned))

    def cost(self, remedy: Remedy) -> float:
        return float(remedy.recipe.cost)

    def verifying_cost(self, remedy: Remedy, n_seeds: int, seconds: float) -> float:
        return float(remedy.recipe.seconds)


def attempt(
    *remedies: Remedy, budget: Budget | None = None, goal: Goal = GOAL, **more: Any
) -> tuple[tuple[Trial, ...], Training, Explaining]:
    training = Training(remedies)
    pair: Any = SimpleNamespace(predict=lambda fitted, rows: fitted.predict(None))
    explaining = Explaining(pair=pair, budget=budget or Budget(10.0))
    trials = try_remedies(explaining, training, goal, **more)  # type: ignore[arg-type]
    return trials, training, explaining


def test_remedies_of_a_setting_are_tried_until_one_closes() -> None:
    steps = [("iterations", 0.5), ("iterations", 0.005), ("iterations", 0.001), ("solver", 0.0)]
    trials, training, _ = attempt(*(remedy(*step) for step in steps))
    assert training.trained == [0.5, 0.005, 0.0]
    assert [trial.closes for trial in trials] == [False, True, True]


def test_a_remedy_that_leaves_nan_does_not_close() -> None:
    trials, _, _ = attempt(remedy("solver", float("nan")))
    assert not trials[0].closes


def test_a_remedy_counts_only_if_every_seed_closes() -> None:
    lucky = remedy("iterations", 0.005, repeats=(0.004, 0.02))
    (trial,), _, _ = attempt(lucky)
    assert not trial.closes
    assert trial.left == 0.02


def test_a_nan_of_any_seed_does_not_close() -> None:
    (trial,), _, _ = attempt(remedy("solver", 0.0, repeats=(float("nan"),)))
    assert not trial.closes


def test_what_the_budget_cannot_afford_is_left_out_and_said() -> None:
    _, training, explaining = attempt(
        remedy("batch_size", 0.5, cost=0.9 * MOST),
        remedy("iterations", 0.4, cost=0.9 * MOST),
        remedy("solver", 0.3),
    )
    # The candidate's own training took no time; what costs nothing goes on.
    assert training.trained == [0.5, 0.3]
    assert explaining.journal.sentences == ("more values of iterations",)


def test_what_cannot_be_trained_is_left_out_and_said() -> None:
    trials, _, explaining = attempt(remedy("dtype", 0.1, fails=True), remedy("solver", 0.0))
    assert [trial.remedy.settings for trial in trials] == [("solver",)]
    assert explaining.journal.sentences == (
        "one way to change dtype, which failed: no such combination",
    )


def test_a_longer_training_affords_a_longer_explanation() -> None:
    longer = 0.95 * EXPLAINING_TRAININGS
    remedies = (remedy("batch_size", 0.5, cost=MOST), remedy("x", 0.4, cost=longer))
    assert attempt(*remedies, budget=Budget(10.0))[1].trained == [0.5]
    _, training, _ = attempt(*remedies, budget=Budget(10.0, training=1.0))
    assert training.trained == [0.5, 0.4]


def test_a_budget_of_nothing_affords_nothing() -> None:
    trials, _, explaining = attempt(remedy("x", 0.0, cost=0.1), budget=Budget(0.0, training=100.0))
    assert trials == ()
    assert explaining.journal.sentences


def test_a_budget_of_nothing_affords_nothing_of_the_reference_either() -> None:
    goal = Goal(side="reference", target=GOAL.target, limit=GOAL.limit)
    slow = remedy("iterations", 0.0, cost=0.1)
    trials, training, explaining = attempt(slow, goal=goal, budget=Budget(0.0))
    assert (trials, training.trained) == ((), [])
    assert explaining.journal.sentences == ("more values of iterations",)


def test_a_slow_reference_takes_nothing_from_the_candidate() -> None:
    goal = Goal(side="reference", target=GOAL.target, limit=GOAL.limit)
    budget = Budget(10.0)
    most = SHARES["reference"] * budget.seconds
    assert len(attempt(remedy("iterations", 0.5, cost=most), goal=goal, budget=budget)[0]) == 1
    assert attempt(remedy("iterations", 0.4, cost=0.1), goal=goal, budget=budget)[0] == ()
    assert len(attempt(remedy("batch_size", 0.5, cost=MOST), budget=budget)[0]) == 1


def test_a_larger_budget_tries_more() -> None:
    planned = remedy("batch_size", 0.5, cost=2.5 * MOST)
    assert attempt(planned, budget=Budget(10.0))[0] == ()
    assert len(attempt(planned, budget=Budget(30.0))[0]) == 1


@pytest.mark.parametrize(
    ("first", "repeats", "robust"),
    [
        (0.005, (0.001, 0.005), True),  # no more than a half
        (0.0051, (0.001, 0.005), False),  # the seeds are too far apart
        (0.0079, (0.007, 0.0078), True),  # two ranges from the limit
        (0.0079, (0.0068, 0.007), False),
        (0.0081, (0.0081, 0.0081), False),  # too near to the limit
    ],
)
def test_what_closes_by_a_margin_closes_with_other_seeds_too(
    first: float, repeats: tuple[float, ...], robust: bool
) -> None:
    (trial,), _, _ = attempt(remedy("x", first, repeats=repeats))
    assert trial.closes
    assert trial.robust is robust


def test_two_settings_are_changed_only_where_no_one_closes_by_a_margin() -> None:
    pair = remedy("batch_size", 0.002, others=("learning_rate",))
    for left, tried in ((0.5, True), (0.009, True), (0.001, False)):
        _, training, _ = attempt(remedy("iterations", left), pair)
        assert (0.002 in training.trained) is tried, left


def test_another_solver_does_not_stand_for_a_change_that_keeps_it() -> None:
    solver = remedy("solver", 0.001)
    keeps = remedy("batch_size", 0.002, others=("learning_rate",))
    replaces = remedy("solver", 0.003, others=("iterations",))
    _, training, _ = attempt(solver, keeps, replaces)
    assert training.trained == [0.001, 0.002]


def test_pairs_can_be_left_out() -> None:
    pair = remedy("batch_size", 0.001, others=("learning_rate",))
    assert attempt(pair, pairs=False)[0] == ()


def test_the_last_resort_is_for_where_nothing_else_closes_by_fit() -> None:
    resort = remedy("solver", 0.002, last_resort=True)
    for other, tried in (
        (remedy("iterations", 0.5), True),
        (remedy("iterations", 0.001), False),
        (remedy("solver", 0.001, by_fit=False), True),
        # What takes longer than the budget will never be verified.
        (remedy("iterations", 0.001, seconds=11.0), True),
    ):
        _, training, _ = attempt(other, resort)
        assert (0.002 in training.trained) is tried


def test_time_is_kept_back_for_the_last_resort() -> None:
    resort = remedy("solver", 0.002, cost=0.9 * KEPT_BACK, last_resort=True)
    spent = remedy("iterations", 0.5, cost=MOST)
    other = remedy("batch_size", 0.5, cost=0.1 * MOST)
    trials, _, _ = attempt(spent, other, resort)
    assert [trial.remedy for trial in trials] == [spent, resort]


def test_further_pairs_are_left_out_in_one_sentence() -> None:
    pairs = [
        remedy(name, 0.5, cost=5.0, others=("iterations",)) for name in ("dtype", "batch_size")
    ]
    trials, _, explaining = attempt(*pairs)
    assert trials == ()
    assert explaining.journal.sentences == ("more pairs of settings",)


def test_trainings_by_fit_alone_may_take_longer() -> None:
    planned = remedy("iterations", 0.5, cost=FIT_SECONDS)
    budget = Budget(10.0)
    assert attempt(planned, budget=budget)[0] == ()
    budget.allow_fit()
    assert len(attempt(planned, budget=budget)[0]) == 1
    nothing = Budget(0.0)
    nothing.allow_fit()
    assert attempt(planned, budget=nothing)[0] == ()


def test_what_costs_nothing_is_tried_after_the_last_resort_too() -> None:
    spent = remedy("iterations", 0.5, cost=MOST)
    resort = remedy("solver", 0.4, cost=0.9 * KEPT_BACK, last_resort=True)
    optimum = remedy("solver", 0.002, by_fit=False)
    trials, training, explaining = attempt(spent, resort, optimum)
    assert training.trained == [0.5, 0.4, 0.002]
    assert trials[-1].closes
    assert explaining.journal.sentences == ()


def test_what_the_clock_stopped_is_told_from_what_was_reckoned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SimpleNamespace(perf_counter=lambda: 0.0)
    monkeypatch.setattr(budget_module, "time", clock)
    budget = Budget(10.0)
    assert not budget.affords("candidate", 5.0)
    assert not budget.affords_verification(11.0)
    assert not budget.stopped_by_the_clock
    clock.perf_counter = lambda: 6.9
    assert budget.affords("candidate", 0.1)
    assert not budget.stopped_by_the_clock
    clock.perf_counter = lambda: 7.1
    # What is left is for verifying what was found.
    assert not budget.affords("candidate", 0.1)
    assert budget.affords_verification(2.5)
    # One long call: it must not begin where its end lies beyond the budget.
    assert not budget.affords_verification(3.0)
    assert budget.stopped_by_the_clock


def test_every_account_together_leaves_time_to_verify() -> None:
    budget = Budget(10.0, training=1000.0)
    for account, share in SHARES.items():
        most = share * budget.seconds
        assert Budget(10.0, training=1000.0).affords(account, most)
        assert not budget.affords(account, 1.01 * most)
        while budget.affords(account, 0.25 * most):
            budget.book(account, 0.25 * most)
    assert budget.affords_verification(1.0)
    assert not budget.affords_verification(3.0)


def test_no_time_at_all_is_no_slow_machine() -> None:
    budget = Budget(0.0)
    assert not budget.affords("reference", 0.1)
    assert not budget.affords("seeds", 0.0)
    assert not budget.stopped_by_the_clock


def test_only_a_short_repair_is_trained_wholly_unless_fit_alone_is_wanted() -> None:
    assert Budget(10.0).for_whole_fit == WHOLE_FIT_SHARE * 10.0
    assert Budget(10.0, by_fit_alone=True).for_whole_fit == math.inf


def test_a_map_is_drawn_from_its_own_share_and_after_all_else() -> None:
    budget = Budget(10.0)
    share = 10.0 * MAP_SHARE
    assert budget.for_a_map == share
    assert budget.affords_map(share)
    assert not budget.affords_map(share + 0.01)
    budget.book("candidate", 10.0 - share)
    assert budget.affords_map(share)
    budget.book("candidate", 0.01)
    assert not budget.affords_map(share)
    assert not Budget(0.0).affords_map(0.001)


def test_what_the_sides_own_optima_took_is_not_there_to_try_with() -> None:
    budget = Budget(10.0)
    assert budget.affords("reference", 2.0)
    budget.begin_with(8.0)
    assert not budget.affords("reference", 2.0)
    assert budget.affords("reference", 1.0)
    assert budget.affords_verification(1.0)
    assert not budget.affords_verification(2.1)


def test_a_budget_of_nothing_names_causes_by_optima_of_a_second() -> None:
    budget = Budget(0.0)
    assert budget.affords("optima", 0.9)
    budget.book("optima", 0.9)
    assert not budget.affords("optima", 0.2)
    assert not budget.affords("candidate", 0.1)


def test_an_iteration_goes_on_for_no_more_than_a_tenth_of_the_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(budget_module, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    budget = Budget(20.0)
    now[0] = 21.9
    assert budget.allows_step()
    now[0] = 22.1
    assert not budget.allows_step()
    assert budget.stopped_by_the_clock


def test_a_stopped_budget_affords_nothing_and_blames_no_clock() -> None:
    budget = Budget(10.0)
    budget.stop()
    assert not budget.affords("candidate", 0.0)
    assert not budget.affords("optima", 0.0)
    assert not budget.affords_verification(0.0)
    assert not budget.allows_step()
    assert not budget.stopped_by_the_clock

"""Which remedies are tried, in which order, and when one counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pytest_modelparity.parity.budget import Budget
from pytest_modelparity.parity.trials import try_remedies
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.fitted import FittedModel, Remedy


def model(left: float) -> FittedModel:
    return FittedModel(
        settings=ModelSettings(framework="other", model=str(left)),
        predict_proba=lambda X: np.full((1, 1), left),
    )


def distance(fitted: FittedModel) -> float:
    return float(fitted.predict_proba(None)[0, 0])


def remedy(
    setting: str,
    left: float,
    trained: list[float],
    repeats: tuple[float, ...] = (),
    cost: float | None = None,
    **more: Any,
) -> Remedy:
    def train() -> FittedModel:
        trained.append(left)
        return model(left)

    return Remedy(
        setting=setting,
        changes=(),
        train=train,
        repeats=lambda: tuple(map(model, repeats)),
        cost=None if cost is None else lambda: cost,
        **more,
    )


def test_remedies_of_a_setting_are_tried_until_one_closes() -> None:
    trained: list[float] = []
    steps = [("iterations", 0.5), ("iterations", 0.005), ("iterations", 0.001), ("solver", 0.0)]
    trials = try_remedies(
        tuple(remedy(*step, trained) for step in steps),
        distance,
        0.01,
    )
    assert trained == [0.5, 0.005, 0.0]
    assert [trial.closes for trial in trials] == [False, True, True]


def test_a_remedy_that_leaves_nan_does_not_close() -> None:
    trials = try_remedies((remedy("solver", float("nan"), []),), lambda fitted: float("nan"), 0.01)
    assert not trials[0].closes


def test_a_remedy_counts_only_if_every_seed_closes() -> None:
    lucky = remedy("iterations", 0.005, [], repeats=(0.004, 0.02))
    (trial,) = try_remedies((lucky,), distance, 0.01)
    assert not trial.closes
    assert trial.left == 0.02


def test_a_nan_of_any_seed_does_not_close() -> None:
    (trial,) = try_remedies((remedy("solver", 0.0, [], (float("nan"),)),), distance, 0.01)
    assert not trial.closes


def test_what_the_budget_cannot_afford_is_left_out_and_said() -> None:
    trained: list[float] = []
    budget = Budget(30.0)
    remedies = (
        remedy("batch_size", 0.5, trained, cost=0.7),
        remedy("iterations", 0.4, trained, cost=0.7),
        remedy("solver", 0.3, trained),
    )
    try_remedies(remedies, distance, 0.01, budget)
    # 0.8 s and 1.6 times the candidate's own training, which took none; what costs nothing goes on.
    assert trained == [0.5, 0.3]
    assert budget.effort().left_out == ("more values of iterations",)


def test_a_longer_training_affords_a_longer_explanation() -> None:
    trained: list[float] = []
    remedies = (remedy("batch_size", 0.5, trained, cost=0.8), remedy("x", 0.4, trained, cost=1.5))
    try_remedies(remedies, distance, 0.01, Budget(30.0, training=1.0))
    assert trained == [0.5, 0.4]


def test_a_budget_of_nothing_affords_nothing() -> None:
    budget = Budget(0.0, training=100.0)
    assert try_remedies((remedy("x", 0.0, [], cost=0.1),), distance, 0.01, budget) == ()
    assert budget.effort().left_out


def test_a_larger_budget_tries_more() -> None:
    remedies = (remedy("batch_size", 0.5, [], cost=2.0),)
    assert try_remedies(remedies, distance, 0.01, Budget(30.0)) == ()
    assert len(try_remedies(remedies, distance, 0.01, Budget(90.0))) == 1


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
    (trial,) = try_remedies((remedy("x", first, [], repeats),), distance, 0.01)
    assert trial.closes
    assert trial.robust is robust


def test_two_settings_are_changed_only_where_no_one_closes_by_a_margin() -> None:
    def pair(trained: list[float]) -> Remedy:
        return remedy("batch_size", 0.001, trained, others=("learning_rate",))

    for left, tried in ((0.5, True), (0.009, True), (0.001, False)):
        trained: list[float] = []
        try_remedies((remedy("iterations", left, []), pair(trained)), distance, 0.01)
        assert bool(trained) is tried, left


def test_another_solver_does_not_stand_for_a_change_that_keeps_it() -> None:
    trained: list[float] = []
    solver = remedy("solver", 0.001, [])
    keeps = remedy("batch_size", 0.002, trained, others=("learning_rate",))
    replaces = remedy("solver", 0.003, trained, others=("iterations",))
    try_remedies((solver, keeps, replaces), distance, 0.01)
    assert trained == [0.002]


def test_pairs_can_be_left_out() -> None:
    pair = remedy("batch_size", 0.001, [], others=("learning_rate",))
    assert try_remedies((pair,), distance, 0.01, pairs=False) == ()


def test_the_last_resort_is_for_where_nothing_else_closes_by_fit() -> None:
    def resort(trained: list[float]) -> Remedy:
        return remedy("solver", 0.002, trained, last_resort=True)

    for other, tried in (
        (remedy("iterations", 0.5, []), True),
        (remedy("iterations", 0.001, []), False),
        (remedy("solver", 0.001, [], by_fit=False), True),
        # What takes longer than the budget will never be verified.
        (remedy("iterations", 0.001, [], seconds=11.0), True),
    ):
        trained: list[float] = []
        try_remedies((other, resort(trained)), distance, 0.01, Budget(30.0))
        assert bool(trained) is tried


def test_time_is_kept_back_for_the_last_resort() -> None:
    resort = remedy("solver", 0.002, [], cost=0.6, last_resort=True)
    spent = remedy("iterations", 0.5, [], cost=0.8)
    other = remedy("batch_size", 0.5, [], cost=0.1)
    trials = try_remedies((spent, other, resort), distance, 0.01, Budget(30.0))
    assert [trial.remedy for trial in trials] == [spent, resort]


def test_further_pairs_are_left_out_in_one_sentence() -> None:
    budget = Budget(30.0)
    pairs = [
        remedy(name, 0.5, [], cost=5.0, others=("iterations",)) for name in ("dtype", "batch_size")
    ]
    assert try_remedies(pairs, distance, 0.01, budget) == ()
    assert budget.effort().left_out == ("more pairs of settings",)

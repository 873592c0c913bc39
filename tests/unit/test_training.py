"""Which remedies are tried, in which order, and when one counts."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.frameworks.fitted import FittedModel, Remedy
from pytest_modelparity.parity.budget import Budget
from pytest_modelparity.parity.training import try_remedies
from pytest_modelparity.settings import LogisticSettings


def model(left: float) -> FittedModel:
    return FittedModel(
        settings=LogisticSettings(framework="other", model=str(left)),
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
        remedy("batch_size", 0.5, trained, cost=1.0),
        remedy("iterations", 0.4, trained, cost=1.0),
        remedy("solver", 0.3, trained),
    )
    try_remedies(remedies, distance, 0.01, budget)
    # 1.5 s and twice the candidate's own training, which took none; what costs nothing goes on.
    assert trained == [0.5, 0.3]
    assert budget.effort().left_out == ("further values of iterations",)


def test_a_longer_training_affords_a_longer_explanation() -> None:
    trained: list[float] = []
    remedies = (remedy("batch_size", 0.5, trained, cost=1.0), remedy("x", 0.4, trained, cost=2.0))
    try_remedies(remedies, distance, 0.01, Budget(30.0, training=1.0))
    assert trained == [0.5, 0.4]


def test_a_budget_of_nothing_affords_nothing() -> None:
    budget = Budget(0.0, training=100.0)
    assert try_remedies((remedy("x", 0.0, [], cost=0.1),), distance, 0.01, budget) == ()
    assert budget.effort().left_out


def test_a_larger_budget_tries_more() -> None:
    remedies = (remedy("batch_size", 0.5, [], cost=4.0),)
    assert try_remedies(remedies, distance, 0.01, Budget(30.0)) == ()
    assert len(try_remedies(remedies, distance, 0.01, Budget(90.0))) == 1

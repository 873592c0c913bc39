"""The finding that a test of scores would have passed: equal scores, and nearly equal ones."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_modelparity import Tolerance
from pytest_modelparity.parity.every_row import EveryRow
from pytest_modelparity.parity.findings import scaling_clause
from pytest_modelparity.parity.predictions import Predictions
from pytest_modelparity.parity.same_score import same_score
from pytest_modelparity.parity.tally import tally_of
from pytest_modelparity.parity.verdict import Verdict
from pytest_modelparity.report.parts import Divergence


def told(right: tuple[int, int], other: int, n: int = 1000, *, apart: float = 0.35) -> list[str]:
    """Return the findings of two models of so many right rows, that label others differently."""
    y = np.zeros(n, dtype=int)
    reference, candidate = np.zeros(n), np.zeros(n)
    # Wrong rows first on both sides, then those on which only one is wrong.
    reference[: n - right[0]] = 1.0
    candidate[: n - right[1]] = 1.0
    # Rows that each gets wrong alone, on both sides as many: scores stay, labels differ.
    reference[n - other : n] = 1.0
    candidate[n - 2 * other : n - other] = 1.0
    columns = [np.column_stack([1.0 - side, side]) for side in (reference, candidate)]
    predictions = Predictions(
        reference=columns[0], candidate=columns[1], classes=np.array([0, 1]), y=y
    )
    verdict = Verdict(
        predictions=predictions,
        measured=EveryRow(tally=tally_of(predictions, Tolerance())),
        parameters=None,
        divergences={"probability": Divergence(value=apart, allowed=0.01)},
    )
    return [finding.text for finding in same_score(verdict)]


def test_nearly_equal_scores_of_another_model_are_told() -> None:
    assert told((995, 993), 0) == [
        "accuracies are 0.995 and 0.993 and labels differ on only 0.2 % of the rows, "
        "yet probabilities differ by up to 0.35"
    ]


@pytest.mark.parametrize(
    "right,other,count",
    [
        # Ten of a thousand rows are one percentage point: still near.
        ((990, 980), 0, 1),
        ((990, 979), 0, 0),
        # As near in scores, but labels differ on more rows than 1 %.
        ((990, 985), 3, 0),
        ((990, 985), 2, 1),
        # Equal scores are told whatever the labels are.
        ((980, 980), 50, 1),
    ],
)
def test_near_is_one_percentage_point_and_one_row_in_a_hundred(
    right: tuple[int, int], other: int, count: int
) -> None:
    assert len(told(right, other)) == count


def test_nothing_is_told_of_models_that_agree() -> None:
    assert told((995, 993), 0, apart=0.005) == []


@pytest.mark.parametrize(
    "scaled,said",
    [
        (64.0, " (64 once they are standardised)"),
        (8.4e5, " (8.4e5 once they are standardised)"),
        (8.5e5, ", and standardising them does not help"),
        (6.7e12, ", and standardising them does not help"),
        (float("nan"), ", and standardising them does not help"),
        (None, ""),
    ],
)
def test_standardising_is_advised_only_where_it_helps(scaled: float | None, said: str) -> None:
    assert scaling_clause(8.4e6, scaled) == said

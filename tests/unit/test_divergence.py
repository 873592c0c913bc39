"""Distances between two sides' predictions and parameters, with their place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from pytest_modelparity import ModelParityError, Tolerance
from pytest_modelparity.parity.divergence import (
    Parameters,
    comparable,
    measure,
    scores,
)
from pytest_modelparity.parity.predictions import Predictions
from pytest_modelparity.parity.side import Side
from pytest_modelparity.parity.tally import Tally, tally_of
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.sides.fitted import FittedModel

CLASSES = np.array(["a", "b", "c"])


def tally(reference: Any, candidate: Any, y: Any = None) -> Tally:
    predictions = Predictions(
        reference=np.array(reference),
        candidate=np.array(candidate),
        classes=CLASSES[: np.shape(reference)[1]],
        y=y,
    )
    return tally_of(predictions, Tolerance())


def test_largest_probability_difference_has_its_place_and_values() -> None:
    found = measure(
        tally([[0.9, 0.1, 0.0], [0.4, 0.3, 0.3]], [[0.9, 0.1, 0.0], [0.7, 0.2, 0.1]]),
        None,
        None,
        Tolerance(),
    )["probability"]
    assert found.value == pytest.approx(0.3)
    assert found.place == "row 1, class 'a'"
    assert (found.reference, found.candidate) == (0.4, 0.7)
    assert not found.within


@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_nan_is_never_within(side: str) -> None:
    good, bad = [[0.9, 0.1], [0.5, 0.5]], [[0.9, 0.1], [math.nan, math.nan]]
    pair = (bad, good) if side == "reference" else (good, bad)
    found = measure(tally(*pair), None, None, Tolerance(probability=1e9, labels=1.0))
    assert not found["probability"].within
    assert found["probability"].place.startswith("row 1")
    assert found["labels"].value == 0.5


def test_labels_near_the_boundary_are_counted_apart() -> None:
    reference = [[0.505, 0.495], [0.9, 0.1], [0.2, 0.8]]
    candidate = [[0.495, 0.505], [0.1, 0.9], [0.2, 0.8]]
    found = measure(tally(reference, candidate), None, None, Tolerance())["labels"]
    assert found.value == pytest.approx(1 / 3)
    assert found.place == "first at row 1"
    assert found.note.startswith("1 more within 0.02")


def test_scores_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    reference, candidate = generator.dirichlet(np.ones(3), size=(2, 50))
    y = generator.integers(0, 3, 50)
    found = scores(tally(reference, candidate, y))
    assert found["accuracy"] == tuple(
        accuracy_score(y, side.argmax(axis=1)) for side in (reference, candidate)
    )
    assert found["log_loss"] == pytest.approx([log_loss(y, reference), log_loss(y, candidate)])


def test_score_differences_are_judged_by_their_tolerance() -> None:
    pair = tally([[0.9, 0.1], [0.8, 0.2]], [[0.9, 0.1], [0.2, 0.8]], np.array([0, 0]))
    found = measure(pair, None, None, Tolerance(probability=1.0, score=0.4))
    assert found["score"].value == 0.5
    assert not found["score"].within


def test_unlabelled_rows_have_no_scores() -> None:
    assert scores(tally([[1.0, 0.0]], [[1.0, 0.0]])) == {}


def test_softmax_parameters_are_compared_free_of_their_gauge() -> None:
    generator = np.random.default_rng(1)
    coef, intercept = generator.normal(size=(3, 4)), generator.normal(size=3)
    first = comparable(coef, intercept)
    second = comparable(coef + generator.normal(size=4), intercept + 7.0)
    np.testing.assert_allclose(first[0], second[0], atol=1e-14)
    np.testing.assert_allclose(first[1], second[1], atol=1e-14)


def test_two_unit_softmax_is_compared_as_a_sigmoid() -> None:
    coef, intercept = comparable(np.array([[-1.0, 2.0], [3.0, 1.0]]), np.array([0.5, 1.0]))
    np.testing.assert_array_equal(coef, [[4.0, -1.0]])
    np.testing.assert_array_equal(intercept, [0.5])


def test_largest_coefficient_difference_names_the_feature() -> None:
    parameters = Parameters(
        reference_coef=np.array([[1.0, 2.0]]),
        candidate_coef=np.array([[1.0, -2.0]]),
        reference_intercept=np.array([0.5]),
        candidate_intercept=np.array([0.25]),
        names=("age", "dose"),
    )
    pair = tally([[1.0, 0.0]], [[1.0, 0.0]])
    found = measure(pair, parameters, None, Tolerance(coef=1.0))
    assert found["coef"].place == "feature 'dose'"
    assert (found["coef"].value, found["coef"].within) == (4.0, False)
    assert found["intercept"].value == 0.25


def test_wrong_shape_is_refused() -> None:
    side = Side(
        name="candidate",
        data=read_dataset(np.eye(5), [0, 1, 0, 1, 0]),
        fitted=FittedModel(
            settings=ModelSettings(framework="other", model="constant"),
            predict=lambda X: np.ones((len(X), 1)),
        ),
    )
    with pytest.raises(ModelParityError, match=r"candidate .*shape \(5, 2\).*got \(5, 1\)"):
        side.predictions("training")

"""What an optimum determines on rows that it was not made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from pytest_modelparity.theory.new_rows import determined
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import find_optimum
from pytest_modelparity.theory.own_rows import determined_in_training

LINE = [-2.0, -1.0, 1.0, 2.0]


def unpenalised(X: Any, y: Any, **more: Any) -> LinearObjective:
    X = np.asarray(X, dtype=float)
    y = np.asarray(y)
    more = {"n_classes": int(y.max()) + 1, "row_weight": np.ones(len(X)), **more}
    return LinearObjective(X=X, y=y, **more)


def asked(objective: LinearObjective, X: Any) -> Any:
    X = np.asarray(X, dtype=float)
    return determined(objective, find_optimum(objective), X.reshape(-1, objective.n_features))


def of_a_line(X: Any, y: Any, new: Any, **more: Any) -> list[float | None]:
    """Return the probability of the second class of each new row; None: not determined."""
    found = asked(unpenalised(np.reshape(X, (-1, 1)), y, **more), new)
    return [
        round(float(p), 6) if known else None
        for p, known in zip(found.predictions[:, 1], found.known, strict=True)
    ]


def test_only_the_rows_beyond_both_classes_are_certain() -> None:
    assert of_a_line(LINE, [0, 0, 1, 1], [-3, -1, -0.9, 0, 0.9, 1, 3]) == [
        *(0.0, 0.0, None, None, None, 1.0, 1.0)
    ]


def test_without_an_intercept_the_direction_alone_decides() -> None:
    assert of_a_line(LINE, [0, 0, 1, 1], [-0.1, 0.1], fit_intercept=False) == [0.0, 1.0]


def test_an_intercept_that_is_penalised_does_not_grow_with_the_rest() -> None:
    more = {"intercept_l2_strength": 0.1}
    assert of_a_line(LINE, [0, 0, 1, 1], [-0.1, 0.1], **more) == [0.0, 1.0]


def test_rows_that_touch_keep_a_finite_limit_and_decide_all_others() -> None:
    found = of_a_line([-1, 0, 0, 0, 1], [0, 0, 1, 1, 1], [-0.5, 0, 0.5])
    assert found == [0.0, pytest.approx(2 / 3, abs=1e-5), 1.0]


def test_a_row_without_weight_separates_nothing() -> None:
    weight = np.array([1.0, 0.0, 1.0, 1.0])
    assert of_a_line(LINE, [0, 0, 1, 1], [-1.5, -2, 1], row_weight=weight) == [None, 0.0, 1.0]


@pytest.mark.parametrize("n_features", [2, 4])
def test_it_is_known_exactly_where_no_separating_direction_turns_the_row(n_features: int) -> None:
    generator = np.random.default_rng(n_features)
    X = generator.normal(size=(40, n_features))
    y = (X @ generator.normal(size=n_features) > 0.2).astype(int)
    new = 1.5 * generator.normal(size=(60, n_features))
    found = asked(unpenalised(X, y), new)
    ones = np.ones((40, 1))
    margins = np.where(y == 1, 1, -1)[:, None] * np.hstack([X, ones])
    for row, known, predicted in zip(new, found.known, found.predictions, strict=True):
        lowest, highest = (
            sign
            * linprog(
                sign * np.append(row, 1.0),
                A_ub=-margins,
                b_ub=np.zeros(40),
                bounds=[(-1, 1)] * (n_features + 1),
            ).fun
            for sign in (1, -1)
        )
        assert known == (lowest > -1e-9 or highest < 1e-9)
        if known:
            assert predicted.tolist() == ([0.0, 1.0] if lowest > -1e-9 else [1.0, 0.0])
    assert 5 < found.known.sum() < 60


def test_of_several_classes_those_between_rows_of_one_are_certain() -> None:
    corners = np.array([[0.0, 3.0], [3.0, -2.0], [-3.0, -2.0]])
    X = np.repeat(corners, 3, axis=0) + np.tile([[0.5, 0.0], [-0.5, 0.5], [0.0, -0.5]], (3, 1))
    objective = unpenalised(X, np.repeat([0, 1, 2], 3), output_head="softmax")
    found = asked(objective, [*corners, [0.0, 0.0], [1.5, 0.5]])
    assert found.known.tolist() == [True, True, True, False, False]
    assert found.predictions[:3].tolist() == np.eye(3).tolist()


def test_a_finite_optimum_says_nothing_of_what_no_training_row_shows() -> None:
    X = [[-1.0, 0.0], [1.0, 0.0], [-0.5, 0.0], [0.7, 0.0]]
    found = asked(unpenalised(X, [0, 0, 1, 1]), [[0.3, 0.0], [0.3, 1.0]])
    assert found.known.tolist() == [True, False]
    # A penalty says something of every column.
    assert asked(unpenalised(X, [0, 0, 1, 1], l2_strength=0.1), [[0.3, 1.0]]).known.all()


@pytest.mark.parametrize("head", ["sigmoid", "softmax"])
@pytest.mark.parametrize("strength", ["l2_strength", "l1_strength"])
def test_the_bound_covers_every_optimum_that_the_certificate_allows(
    head: str, strength: str
) -> None:
    generator = np.random.default_rng(0)
    X, new = generator.normal(size=(50, 3)), 5 * generator.normal(size=(200, 3))
    y = (X[:, 0] + generator.normal(size=50) > 0).astype(int)
    objective = unpenalised(X, y, output_head=head, **{strength: 0.02})
    optimum = find_optimum(objective)
    found = determined(objective, optimum, new)
    assert found.distance is not None
    assert found.distance < 1e-7
    element = np.full(objective.n_parameters, 0.01)
    bound = determined(objective, replace(optimum, element=element), new).distance
    assert bound is not None
    worst = 0.0
    for _ in range(300):
        step = 0.01 * np.sign(generator.normal(size=objective.n_parameters))
        theta = objective.pack(optimum.coef, optimum.intercept) + step
        moved = objective.predictions(*objective.unpack(theta), new) - found.predictions
        worst = max(worst, float(np.abs(moved).max()))
    assert worst <= bound < 3 * worst


def test_an_optimum_that_is_not_certified_bounds_nothing() -> None:
    objective = unpenalised([[-1.0], [1.0], [0.0]], [0, 1, 1], l2_strength=0.1)
    optimum = replace(find_optimum(objective), element=None)
    assert determined(objective, optimum, np.array([[0.5]])).distance is None


# --- classes without weight ---


def without_the_last_class(n_classes: int, **more: Any) -> LinearObjective:
    """Rows of classes that overlap, the last of which has no weight."""
    rng = np.random.default_rng(n_classes)
    y = np.arange(60) % n_classes
    head = "sigmoid" if n_classes == 2 else "softmax"
    more = {"row_weight": (y != n_classes - 1).astype(float), "output_head": head, **more}
    return unpenalised(rng.normal(size=(60, 2)) + y[:, None], y, **more)


def test_behind_a_penalty_a_class_without_weight_leaves_the_others_to_themselves() -> None:
    objective = without_the_last_class(3, l2_strength=0.1)
    new = np.random.default_rng(5).normal(size=(20, 2)) * 3
    found = asked(objective, new)
    rest = objective.y < 2
    # The rows without weight still count in the mean: the penalty is as strong beside fewer rows.
    left = replace(
        objective,
        X=objective.X[rest],
        y=objective.y[rest],
        n_classes=2,
        row_weight=np.ones(rest.sum()),
        l2_strength=0.1 * 60 / rest.sum(),
    )
    expected = find_optimum(left)
    assert found.known.all()
    np.testing.assert_array_equal(found.predictions[:, 2], 0.0)
    np.testing.assert_allclose(
        found.predictions[:, :2],
        left.predictions(expected.coef, expected.intercept, new),
        atol=1e-9,
    )
    assert found.distance is not None
    assert found.distance < 1e-9


def test_behind_a_penalty_the_only_class_with_weight_is_certain_everywhere() -> None:
    found = asked(without_the_last_class(2, l2_strength=0.1), [[-9.0, 9.0], [0.0, 0.0]])
    assert found.known.all()
    np.testing.assert_array_equal(found.predictions, [[1.0, 0.0], [1.0, 0.0]])
    assert found.distance == 0.0


@pytest.mark.parametrize("strength", [0.0, 0.1], ids=["no penalty", "penalty"])
def test_own_rows_without_weight_are_determined_by_a_penalty_alone(strength: float) -> None:
    objective = without_the_last_class(2, l2_strength=strength)
    found = determined_in_training(objective, find_optimum(objective))
    weighted = objective.row_weight > 0
    assert found.known[weighted].all()
    np.testing.assert_allclose(found.predictions[weighted], [[1.0, 0.0]] * 30, atol=1e-9)
    if strength:
        np.testing.assert_array_equal(found.predictions[~weighted], [[1.0, 0.0]] * 30)
    assert found.known.all() == bool(strength)


def test_own_rows_of_a_finite_optimum_are_all_determined() -> None:
    objective = without_the_last_class(2, l2_strength=0.1, fit_intercept=False)
    optimum = find_optimum(objective)
    found = determined_in_training(objective, optimum)
    assert found.known.all()
    assert found.predictions is optimum.predictions

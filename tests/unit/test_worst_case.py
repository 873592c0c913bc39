"""The largest difference of two linear classifiers of two classes over a set of inputs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from sampling import counted
from scipy.special import expit

from pytest_modelparity.theory.box import Box, Plane
from pytest_modelparity.theory.chain import Edges, highest, peaks_of
from pytest_modelparity.theory.ellipsoid import radius_of, worst_in_ellipsoid
from pytest_modelparity.theory.worst_case import Worst, worst_in_box, worst_mixture

N_POINTS = 1_000_000


def box_of(low, high, steps=None, groups=()) -> Box:
    """Return a box; of any numbers unless steps say otherwise."""
    low = np.array(low, dtype=float)
    steps = np.zeros(len(low), dtype=int) if steps is None else np.array(steps)
    return Box(low=low, high=np.array(high, dtype=float), steps=steps, groups=groups)


def difference(plane: Plane, X: np.ndarray) -> np.ndarray:
    """Return how far apart the two probabilities are at inputs."""
    first, second = (X @ plane.coef.T + plane.intercept).T
    return np.abs(expit(first) - expit(second))


def random_plane(random: np.random.Generator, n_features: int) -> Plane:
    """Return two models from nearly equal to unlike, and from flat to steep."""
    scale = 10 ** random.uniform(-1, 1)
    first = random.normal(size=n_features) * scale
    second = first + random.normal(size=n_features) * scale * 10 ** random.uniform(-3, 0.3)
    return Plane(coef=np.stack([first, second]), intercept=random.normal(size=2))


def test_no_point_of_an_edge_is_above_its_bound() -> None:
    random = np.random.default_rng(0)
    size = 10 ** random.uniform(-2, 1.5, (4, 3000))
    sign = random.choice([-1.0, 1.0], (2, 3000))
    edges = Edges(u=size[0] * sign[0], v=size[1] * sign[1], du=size[2], dv=size[3])
    peaks = peaks_of(edges)
    grid = np.max([edges.value(share) for share in np.linspace(0, 1, 1001)], axis=0)
    assert (peaks.bound - grid).min() > -1e-15
    np.testing.assert_allclose(edges.value(peaks.t), peaks.value, rtol=0, atol=0)
    assert (peaks.bound - peaks.value).max() < 1e-13
    # Where the grid is fine enough the two agree: the peak is no more than the edge has.
    gentle = np.maximum(edges.du, edges.dv) < 1
    assert np.abs(peaks.value - grid)[gentle].max() < 1e-6


def test_an_edge_that_falls_at_both_ends_has_its_peak_between_them() -> None:
    random = np.random.default_rng(7)
    u, v = random.uniform(-20, 30, (2, 20_000))
    du, dv = 10 ** random.uniform(-1, 2, (2, 20_000))
    edges = Edges(u=u, v=v, du=du, dv=dv)
    # Two stationary points: the derivative has one sign at both ends, and the other between them.
    alike = (edges.slope(0.0) > 0) == (edges.slope(1.0) > 0)
    grid = np.max([edges.value(share) for share in np.linspace(0, 1, 1001)], axis=0)
    two = alike & (grid > np.maximum(edges.value(0.0), edges.value(1.0)) + 0.01)
    assert two.sum() > 100
    for place in np.flatnonzero(two):
        peak = highest(edges.take(np.array([place])))
        assert peak.value >= grid[place] - 1e-12
        assert peak.bound - peak.value < 1e-12


@pytest.mark.parametrize(
    "coef,intercept,worst,at",
    [
        # s(x) against s(x - 1): half way between the two steps.
        ([[1.0], [1.0]], [0.0, -1.0], np.tanh(0.25), 0.5),
        ([[2.0], [1.0]], [0.0, 0.0], 0.1501415530003889, 1.06127506),
    ],
)
def test_known_maxima(coef, intercept, worst, at) -> None:
    found = worst_in_box(
        box_of([-5], [5]), Plane(coef=np.array(coef), intercept=np.array(intercept))
    )
    assert found.x is not None
    assert found.value == pytest.approx(worst, abs=1e-15)
    assert abs(found.x[0]) == pytest.approx(at, abs=1e-7)
    assert found.bound == pytest.approx(worst, abs=1e-14)


@pytest.mark.parametrize("n_boxes", counted(80, 300))
def test_boxes_have_bound_and_value_together_and_no_point_above(n_boxes: int) -> None:
    random = np.random.default_rng(1)
    # The same points in each box, scaled to it: making them anew would take most of the time.
    shares = random.random((N_POINTS, 6), dtype=np.float32)
    for _ in range(n_boxes):
        n_features = int(random.integers(1, 7))
        plane = random_plane(random, n_features)
        low = random.normal(size=n_features)
        box = box_of(low, low + random.exponential(size=n_features))
        found = worst_in_box(box, plane)
        assert found.x is not None
        assert found.bound - found.value <= 1e-12
        assert difference(plane, found.x[None])[0] == pytest.approx(found.value, abs=1e-12)
        assert (found.x >= box.low).all()
        assert (found.x <= box.high).all()
        assert largest_of(plane, box, shares[:, :n_features]) <= found.value + 1e-12


def largest_of(plane: Plane, box: Box, shares: np.ndarray) -> float:
    """Return the largest difference at many points: roughly at all, exactly at the best."""
    reach = (plane.coef * (box.high - box.low)).astype(np.float32) / 2
    start = ((plane.coef @ box.low + plane.intercept) / 2).astype(np.float32)
    first, second = np.tanh(reach @ shares.T + start[:, None])
    rough = np.abs(first - second)
    best = np.flatnonzero(rough >= rough.max() - 1e-4)
    return float(difference(plane, box.low + (box.high - box.low) * shares[best]).max())


def all_inputs(box: Box) -> Iterator[np.ndarray]:
    """Yield every input of a box of discrete columns."""
    free = np.flatnonzero(~box.grouped)
    values = [np.linspace(box.low[j], box.high[j], box.steps[j] + 1) for j in free]
    for members in itertools.product(*box.groups):
        x = box.low.copy()
        x[list(members)] = box.high[list(members)]
        for chosen in itertools.product(*values):
            x[free] = chosen
            yield x.copy()


def discrete_box(random: np.random.Generator) -> Box:
    """Return a box of one-hot groups, two-valued and whole columns in any order."""
    sizes = random.integers(2, 5, size=int(random.integers(0, 4)))
    n_two, n_whole = int(random.integers(1, 4)), int(random.integers(0, 2))
    n = int(sizes.sum()) + n_two + n_whole
    columns = random.permutation(n)
    ends = np.cumsum(sizes)
    groups = tuple(columns[end - size : end] for end, size in zip(ends, sizes, strict=True))
    low, high, steps = np.zeros(n), np.ones(n), np.zeros(n, dtype=int)
    two, whole = np.split(columns[int(sizes.sum()) :], [n_two])
    low[two], high[two], steps[two] = -0.7, 1.9, 1
    low[whole], high[whole], steps[whole] = -2, 3, 5
    return box_of(low, high, steps, groups)


def test_discrete_columns_are_exact_against_enumeration() -> None:
    random = np.random.default_rng(2)
    for _ in range(60):
        box = discrete_box(random)
        plane = random_plane(random, box.n_features)
        found = worst_in_box(box, plane)
        inputs = np.stack(list(all_inputs(box)))
        assert found.value == pytest.approx(difference(plane, inputs).max(), abs=1e-12)
        assert found.bound - found.value <= 1e-12
        # It is one of them.
        assert np.abs(inputs - found.x).max(axis=1).min() < 1e-12


def test_columns_of_any_number_beside_discrete_ones() -> None:
    random = np.random.default_rng(3)
    for _ in range(12):
        discrete = discrete_box(random)
        n = discrete.n_features
        low, high = np.append(discrete.low, [-1, 0]), np.append(discrete.high, [0.5, 2])
        box = box_of(low, high, np.append(discrete.steps, [0, 0]), discrete.groups)
        plane = random_plane(random, n + 2)
        found = worst_in_box(box, plane)
        # With the discrete columns fixed what is left is a box of any numbers.
        fixed = []
        for x in all_inputs(discrete):
            rest = Plane(coef=plane.coef[:, n:], intercept=plane.intercept + plane.coef[:, :n] @ x)
            fixed.append(worst_in_box(box_of([-1, 0], [0.5, 2]), rest).value)
        assert found.value == pytest.approx(max(fixed), abs=1e-12)
        assert found.bound - found.value <= 1e-12


def test_many_columns_have_a_bound_that_holds() -> None:
    random = np.random.default_rng(4)
    n = 3000
    coef = random.normal(size=(2, n)) / np.sqrt(n)
    plane = Plane(coef=np.stack([coef[0], coef[0] + 0.1 * coef[1]]), intercept=np.zeros(2))
    groups = tuple(np.arange(first, first + 10) for first in range(0, n, 10))
    for box in (
        box_of(np.zeros(n), np.ones(n)),
        box_of(np.zeros(n), np.ones(n), np.ones(n, dtype=int)),
        box_of(np.zeros(n), np.ones(n), groups=groups),
    ):
        found = worst_in_box(box, plane)
        assert found.x is not None
        assert found.value == pytest.approx(difference(plane, found.x[None])[0], abs=1e-12)
        assert found.value <= found.bound <= found.value + 1e-4
        np.testing.assert_array_equal(box.nearest(found.x[None])[0], found.x)


@pytest.mark.parametrize("steps", [0, 1], ids=["any", "two values"])
def test_a_box_in_which_nothing_moves_is_its_one_input(steps: int) -> None:
    plane = Plane(coef=np.array([[1.0, 2.0], [-1.0, 0.5]]), intercept=np.array([0.3, 0.1]))
    found = worst_in_box(box_of([1, 2], [1, 2], [steps, steps]), plane)
    assert found.value == found.bound == difference(plane, np.array([[1.0, 2.0]]))[0]
    np.testing.assert_array_equal(found.x, [1, 2])


def test_no_mixture_is_above_the_worst_one() -> None:
    random = np.random.default_rng(5)
    for n_rows in [1, 2, 3, *random.integers(4, 60, size=40)]:
        plane = random_plane(random, 3)
        X = random.normal(size=(n_rows, 3))
        logits = X @ plane.coef.T + plane.intercept
        found = worst_mixture(logits)
        shares = np.concatenate([np.eye(n_rows), random.dirichlet(np.full(n_rows, 0.1), 5000)])
        assert difference(plane, shares @ X).max() <= found.value + 1e-12
        assert found.bound - found.value <= 1e-12
        assert difference(plane, mixture(found, X)[None])[0] == pytest.approx(
            found.value, abs=1e-12
        )


def mixture(found: Worst, X: np.ndarray) -> np.ndarray:
    """Return a mixture of rows as an input."""
    assert found.rows is not None
    assert found.shares is not None
    assert found.shares.sum() == pytest.approx(1)
    return np.asarray(found.shares @ X[found.rows])


def test_no_input_of_an_ellipsoid_is_above_the_worst_one() -> None:
    random = np.random.default_rng(6)
    for number in range(60):
        n_features, n_rows = int(random.integers(1, 5)), int(random.integers(8, 60))
        plane = random_plane(random, n_features)
        # Nearly parallel ones are what a good port gives; there the ellipse is all but a line.
        if number % 3 == 0:
            coef = plane.coef[0] + 1e-12 * random.normal(size=(2, n_features))
            plane = Plane(coef=coef, intercept=plane.intercept)
        X = random.normal(size=(n_rows, n_features)) @ random.normal(size=(n_features, n_features))
        radius = radius_of(n_rows, n_features)
        found = worst_in_ellipsoid(X, X @ plane.coef.T + plane.intercept, radius)
        assert found.x is not None
        assert found.bound - found.value <= 1e-12
        assert difference(plane, found.x[None])[0] == pytest.approx(found.value, abs=1e-9)
        root = np.linalg.cholesky(np.cov(X.T).reshape(n_features, n_features))
        length = np.linalg.norm(np.linalg.solve(root, found.x - X.mean(axis=0)))
        assert length <= radius * (1 + 1e-6)
        ball = random.normal(size=(20_000, n_features))
        ball /= np.linalg.norm(ball, axis=1, keepdims=True)
        ball[::2] *= random.random((10_000, 1))
        assert (
            difference(plane, X.mean(axis=0) + radius * ball @ root.T).max() <= found.value + 1e-9
        )


@pytest.mark.parametrize("n_rows,columns,degrees", [(569, 30, 30), (10, 30, 9), (1, 3, 1)])
def test_the_radius_is_the_quantile_of_a_normal_distribution(n_rows, columns, degrees) -> None:
    from scipy.stats import chi2

    assert radius_of(n_rows, columns) ** 2 == pytest.approx(chi2.ppf(0.99, degrees), rel=1e-10)

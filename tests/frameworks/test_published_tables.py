"""Published tables of linear and Poisson models: what others print is the optimum certified here.

The rows are in ``tests/published``, with where they come from. Every table was compared with the
file that is named beside it: of statsmodels 0.15, scipy 1.17, or an example of R itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    PoissonRegressor,
    Ridge,
    SGDRegressor,
)

from pytest_modelparity import compare_models
from pytest_modelparity.frameworks.sklearn.mappings import mappings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.mapping import find_mapping
from pytest_modelparity.sides.regression import read_numbers, spread_of
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import Optimum, find_optimum

PUBLISHED = Path(__file__).resolve().parents[1] / "published"


def rows_of(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of a data set, and its numbers."""
    table = np.genfromtxt(PUBLISHED / f"{name}.csv", delimiter=",", skip_header=1)
    return table[:, 1:], table[:, 0]


def punished() -> tuple[np.ndarray, np.ndarray]:
    """Return ``cpunish`` as both programs fit it: the rate of violent crime as a logarithm."""
    X, y = rows_of("cpunish")
    X[:, 3] = np.log(X[:, 3])
    return X, y


def in_stata() -> tuple[np.ndarray, np.ndarray]:
    """Return the same as Stata keeps numbers: in float32, which moves the table by 1e-6."""
    X, y = punished()
    return X.astype(np.float32).astype(np.float64), y


def standardised(name: str, *, y_too: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return rows as R's ``(x - mean(x)) / sd(x)`` leaves them."""
    X, y = rows_of(name)
    X = (X - X.mean(axis=0)) / X.std(axis=0, ddof=1)
    return X, (y - y.mean()) / y.std(ddof=1) if y_too else y


def optimum_of(estimator: Any, data: Dataset) -> Optimum:
    """Return the optimum of what a reference minimises, certified."""
    objective = find_mapping(estimator, mappings()).fit(estimator, data).objective
    assert objective is not None
    optimum = find_optimum(objective.on(data))
    assert optimum.certificate.distance is not None
    assert optimum.certificate.distance < 1e-6 * spread_of(data)
    return optimum


def half(*digits: int) -> np.ndarray:
    """Return half a unit of the last digit printed, of each number, and a little."""
    return 0.501 * 10.0 ** -np.array(digits)


#: Rows, table with its intercept first, what the digits printed allow.
LINEAR: dict[str, tuple[tuple[np.ndarray, np.ndarray], list[float], Any]] = {
    # NIST's certified values; statsmodels/regression/tests/results/results_regression.py, Longley.
    # The condition number of these rows is 5e9: scikit-learn itself ends 2e-8 from the table.
    "longley": (
        rows_of("longley"),
        [
            -3482258.63459582,
            15.0618722713733,
            -0.358191792925910e-1,
            -2.02022980381683,
            -1.03322686717359,
            -0.511041056535807e-1,
            1829.15146461355,
        ],
        1e-6 * np.array([3482258.6, 15.06, 0.0358, 2.02, 1.03, 0.0511, 1829.2]),
    ),
    # NIST's certified values; scipy/stats/tests/test_stats.py, test_nist_norris.
    "norris": (rows_of("norris"), [-0.262323073774029, 1.00211681802045], 1e-10),
    # R, summary(lm(dist ~ speed, cars)).
    "cars": (rows_of("cars"), [-17.5791, 3.9324], half(4, 4)),
    # R, example(stackloss): summary(lm(stack.loss ~ stack.x)).
    "stackloss": (rows_of("stackloss"), [-39.9197, 0.7156, 1.2953, -0.1521], half(4, 4, 4, 4)),
}


@pytest.mark.parametrize("name", LINEAR)
def test_least_squares_are_the_published_table(name: str) -> None:
    (X, y), table, allowed = LINEAR[name]
    optimum = optimum_of(LinearRegression(), read_numbers(X, y))
    found = np.array([*optimum.intercept, *optimum.coef[0]])
    np.testing.assert_array_less(np.abs(found - table), allowed)


FREQUENCIES = [1, 1, 1, 2, 2, 2, 3, 3, 3, 1, 1, 1, 2, 2, 2, 3, 3]

#: Rows, weights, table with its intercept first, what the digits printed allow.
POISSON: dict[str, tuple[tuple[np.ndarray, np.ndarray], Any, list[float], Any]] = {
    # R, example(glm), from Dobson (1990), page 93: glm(counts ~ outcome + treatment, poisson()).
    "dobson": (
        (
            np.stack(
                [np.tile(row, 3) for row in ([0, 1, 0], [0, 0, 1])]
                + [np.repeat(row, 3) for row in ([0, 1, 0], [0, 0, 1])],
                axis=1,
            ).astype(float),
            np.array([18.0, 17, 15, 20, 10, 20, 25, 13, 12]),
        ),
        None,
        [3.045, -0.4543, -0.2930, 0.0, 0.0],
        half(3, 4, 4, 9, 9),
    ),
    # R, summary(glm(breaks ~ wool + tension, poisson, warpbreaks)).
    "warpbreaks": (
        rows_of("warpbreaks"),
        None,
        [3.69196, -0.20599, -0.32132, -0.51849],
        half(5, 5, 5, 5),
    ),
    # Stata; statsmodels/genmod/tests/results/results_glm_poisson_weights.py, params_table.
    "cpunish": (
        in_stata(),
        None,
        [
            -6.8014789919532,
            0.00026110166569,
            0.07781804809828,
            -0.09493110013466,
            0.29693462055586,
            2.3011832004524,
            -18.722067603077,
        ],
        1e-8 * np.array([6.8, 0.00026, 0.078, 0.095, 0.30, 2.3, 18.7]),
    ),
    # The same with [fweight]: weights of rows are counts of them.
    "cpunish, weighted": (
        in_stata(),
        np.array(FREQUENCIES, dtype=float),
        [
            -6.5630017977416,
            0.00025343868829,
            0.09081422305585,
            -0.09416451429381,
            0.27652273809506,
            2.239890838384,
            -18.842583191417,
        ],
        1e-8 * np.array([6.6, 0.00025, 0.091, 0.094, 0.28, 2.2, 18.8]),
    ),
}


@pytest.mark.parametrize("name", POISSON)
def test_counts_are_the_published_table(name: str) -> None:
    (X, y), weights, table, allowed = POISSON[name]
    reference = PoissonRegressor(alpha=0.0, solver="newton-cholesky", tol=1e-8)
    optimum = optimum_of(reference, read_numbers(X, y, sample_weight=weights))
    found = np.array([*optimum.intercept, *optimum.coef[0]])
    np.testing.assert_array_less(np.abs(found - table), allowed)


def test_the_deviance_and_the_fitted_values_of_counts_are_those_of_r() -> None:
    X, y = punished()
    optimum = optimum_of(PoissonRegressor(alpha=0.0), read_numbers(X, y))
    # R; statsmodels/genmod/tests/results/results_glm.py, Cpunish.
    assert 2 * len(y) * optimum.value == pytest.approx(18.591641759528944, rel=1e-7)
    fitted = [35.2263655, 8.1965744, 1.3118966, 3.6862982, 2.0823003, 1.0650316, 1.9260424]
    np.testing.assert_allclose(optimum.predictions[:7, 0], fitted, rtol=2e-5)


#: glmnet; statsmodels/regression/tests/results/glmnet_r_results.py, rslt_10, 12, 14, 15: share of
#: L1, lambda, coefficients.
GLMNET_GAUSSIAN = [
    (0.0, 5.991962, [-0.00177573, -0.08193033, 0.05812813]),
    (0.5, 0.2143504, [0.0, -0.4350311, 0.2878706]),
    (0.5, 0.02298409, [-0.007207869, -0.5779581, 0.417658]),
    (1.0, 0.1176247, [0.0, -0.4728138, 0.3103276]),
]


@pytest.mark.parametrize("share,strength,table", GLMNET_GAUSSIAN)
def test_penalised_least_squares_are_those_of_glmnet(
    share: float, strength: float, table: list[float]
) -> None:
    X, y = standardised("glmnet_gaussian", y_too=True)
    n = len(y)
    # glmnet divides y by its standard deviation (1/n), and what it is given of an L2 with it.
    l2, l1 = strength * (1 - share) / y.std(), strength * share
    estimators: list[Any] = [ElasticNet(alpha=l1 + l2, l1_ratio=l1 / (l1 + l2))]
    if share == 0.0:
        estimators = [Ridge(alpha=n * l2), SGDRegressor(alpha=l2, random_state=0)]
    elif share == 1.0:
        estimators += [Lasso(alpha=l1)]
    for estimator in estimators:
        estimator.set_params(fit_intercept=False)
        optimum = optimum_of(estimator, read_numbers(X, y))
        np.testing.assert_allclose(optimum.coef[0], table, atol=1e-7)


#: glmnet; statsmodels/genmod/tests/results/glmnet_r_results.py, rslt_poisson_0, 2, 3, 7.
GLMNET_POISSON = [
    (0.0, 23.5349, [0.009251658, 0.003730997, 0.01266164, 0.003439135, 0.0141719]),
    (0.0, 0.5695749, [0.1440462, 0.07208017, 0.182649, 0.07511376, 0.2018242]),
    (0.5, 0.1577593, [0.1247603, 0.02857521, 0.185693, 0.03840622, 0.2200925]),
    (1.0, 0.02834788, [0.1927163, 0.09160406, 0.2398164, 0.1010126, 0.2682158]),
]


@pytest.mark.parametrize("share,strength,table", GLMNET_POISSON)
def test_penalised_counts_are_those_of_glmnet(
    share: float, strength: float, table: list[float]
) -> None:
    X, y = standardised("glmnet_poisson", y_too=False)
    l2, l1 = strength * (1 - share), strength * share
    objective = LinearObjective(
        X=X,
        y=y,
        row_weight=np.ones(len(y)),
        l2_strength=l2,
        l1_strength=l1,
        fit_intercept=False,
        output_head="exponential",
    )
    optimum = find_optimum(objective)
    # Its own threshold is 1e-7 of the deviance.
    np.testing.assert_allclose(optimum.coef[0], table, atol=1e-5)
    if not l1:
        reference = PoissonRegressor(alpha=l2, fit_intercept=False)
        found = optimum_of(reference, read_numbers(X, y))
        np.testing.assert_allclose(found.coef, optimum.coef, rtol=1e-12)


def test_an_estimator_is_equivalent_to_a_published_table() -> None:
    (X, y), _, table, _ = POISSON["cpunish"]

    def port(rows: np.ndarray) -> np.ndarray:
        return np.exp(rows @ table[1:] + table[0])

    exact = PoissonRegressor(alpha=0.0, solver="newton-cholesky", tol=1e-8)
    report = compare_models(exact, X, y, candidate=port, tolerance=1e-4)
    assert report.equivalent

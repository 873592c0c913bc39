"""Published tables of linear models: what R and NIST print is the optimum certified here."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from pytest_modelparity.frameworks.sklearn.mappings import mappings
from pytest_modelparity.sides.mapping import find_mapping
from pytest_modelparity.sides.regression import read_numbers
from pytest_modelparity.theory.optimum import find_optimum

# NIST StRD, "Longley" (www.itl.nist.gov/div898/strd/lls/data/Longley.shtml): total employment on
# GNP deflator, GNP, unemployed, armed forces, population, year. R's `longley` has the same rows.
LONGLEY = np.array(
    [
        [60323, 83.0, 234289, 2356, 1590, 107608, 1947],
        [61122, 88.5, 259426, 2325, 1456, 108632, 1948],
        [60171, 88.2, 258054, 3682, 1616, 109773, 1949],
        [61187, 89.5, 284599, 3351, 1650, 110929, 1950],
        [63221, 96.2, 328975, 2099, 3099, 112075, 1951],
        [63639, 98.1, 346999, 1932, 3594, 113270, 1952],
        [64989, 99.0, 365385, 1870, 3547, 115094, 1953],
        [63761, 100.0, 363112, 3578, 3350, 116219, 1954],
        [66019, 101.2, 397469, 2904, 3048, 117388, 1955],
        [67857, 104.6, 419180, 2822, 2857, 118734, 1956],
        [68169, 108.4, 442769, 2936, 2798, 120445, 1957],
        [66513, 110.8, 444546, 4681, 2637, 121950, 1958],
        [68655, 112.6, 482704, 3813, 2552, 123366, 1959],
        [69564, 114.2, 502601, 3931, 2514, 125368, 1960],
        [69331, 115.7, 518173, 4806, 2572, 127852, 1961],
        [70551, 116.9, 554894, 4007, 2827, 130081, 1962],
    ]
)
# The certified values there, 15 digits, intercept first; residual standard deviation 304.854.
LONGLEY_CERTIFIED = np.array(
    [
        -3482258.63459582,
        15.0618722713733,
        -0.358191792925910e-1,
        -2.02022980381683,
        -1.03322686717359,
        -0.511041056535807e-1,
        1829.15146461355,
    ]
)

# R's `cars` (Ezekiel 1930): speed and stopping distance.
SPEED = np.repeat(
    [4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25],
    [2, 2, 1, 1, 3, 2, 4, 4, 4, 3, 2, 3, 4, 3, 5, 1, 1, 4, 1],
)
DISTANCE = np.fromstring(
    "2 10 4 22 16 10 18 26 34 17 28 14 20 24 28 26 34 34 46 26 36 60 80 20 26 54 32 40 32 40 50 42 "
    "56 76 84 36 46 68 32 48 52 56 64 66 54 70 92 93 120 85",
    sep=" ",
)


@pytest.mark.parametrize(
    "X,y,table,rtol",
    [
        # The condition number of these rows is 5e9: scikit-learn itself ends 2e-8 from the table.
        pytest.param(LONGLEY[:, 1:], LONGLEY[:, 0], LONGLEY_CERTIFIED, 1e-6, id="longley"),
        # `summary(lm(dist ~ speed, cars))`, four decimals.
        pytest.param(SPEED[:, None], DISTANCE, [-17.5791, 3.9324], 2e-5, id="cars"),
    ],
)
def test_the_optimum_is_the_published_table(X, y, table, rtol) -> None:
    data = read_numbers(X, y)
    settings = find_mapping(LinearRegression(), mappings()).fit(LinearRegression(), data)
    assert settings.objective is not None
    optimum = find_optimum(settings.objective.on(data))
    np.testing.assert_allclose([*optimum.intercept, *optimum.coef[0]], table, rtol=rtol)
    assert optimum.certificate.distance is not None
    assert optimum.certificate.distance < 1e-6 * y.std()

"""The data sets for linear regressions and for models of counts; every target is of floats."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pytest_modelparity.hard_data import designs
from pytest_modelparity.hard_data.arrays import FloatArray, Random
from pytest_modelparity.hard_data.recipe import Parts, Recipe, on
from pytest_modelparity.hard_data.targets import measurements, poisson, weights_of


def _measured(rng: Random, X: designs.Features) -> FloatArray:
    """Return measurements with normal errors."""
    return measurements(rng, X)


def _weighted(rng: Random) -> Parts:
    X = designs.normal(rng, 90, 3)
    weights = 10.0 ** rng.uniform(-3, 2, 90)
    weights[::9] = 0.0
    return X, measurements(rng, X), weights


def _heavy_tails(rng: Random) -> Parts:
    X = designs.normal(rng, 120, 3)
    return X, measurements(rng, X, rng.standard_t(1.2, 120)), None


def _leverage(rng: Random) -> Parts:
    X = designs.normal(rng, 80, 3)
    y = measurements(rng, X)
    X[:2] = 50.0 * X[:2]
    y[:2] = -20.0
    return X, y, None


def _tiny_target(rng: Random) -> Parts:
    X = designs.normal(rng, 80, 3)
    return X, 1e-8 * measurements(rng, X), None


def _distant_target(rng: Random) -> Parts:
    X = designs.normal(rng, 80, 3)
    return X, 1e6 + measurements(rng, X), None


def _counted(rng: Random, X: FloatArray) -> FloatArray:
    """Return counts of a few."""
    return poisson(rng, X, 3.0)


def _counts(rng: Random) -> Parts:
    X = designs.normal(rng, 120, 3)
    return X, poisson(rng, X, 3.0), None


def _many_zeros(rng: Random) -> Parts:
    X = designs.normal(rng, 200, 3)
    return X, poisson(rng, X, 1.0) * (rng.random_sample(200) < 0.3), None


def _large_counts(rng: Random) -> Parts:
    X = designs.normal(rng, 100, 3)
    return X, poisson(rng, X, 20_000.0), None


def _heavy_tailed_counts(rng: Random) -> Parts:
    X = designs.normal(rng, 150, 3)
    # A Poisson count whose mean is drawn from a gamma distribution is a negative binomial.
    mean = 5.0 * np.exp(X @ weights_of(rng, 3, 0.5)) * rng.gamma(0.4, 1 / 0.4, 150)
    return X, rng.poisson(mean).astype(np.float64), None


REGRESSION: Mapping[str, Recipe] = {
    "collinear": Recipe(
        on(designs.collinear, _measured),
        "Two columns differ by a millionth, so their normal equations lose every digit.",
    ),
    "rank_deficient": Recipe(
        on(designs.rank_deficient, _measured),
        "A column is the sum of two others, so without a penalty coefficients are not determined.",
    ),
    "unscaled": Recipe(
        on(designs.unscaled, _measured),
        "Age, income, a rate and a year: columns far from 0 with ranges from 0.01 to 100000.",
    ),
    "scales": Recipe(
        on(designs.scales, _measured),
        "Columns have standard deviations from 1e-8 to 1e8, and each decides as much as another.",
    ),
    "constant_column": Recipe(
        on(designs.constant_column, _measured),
        "A column is 3.7 in every row: it has no standard deviation and stands for the intercept.",
    ),
    "wide": Recipe(
        on(designs.wide, _measured), "80 columns and 30 rows: any target can be met exactly."
    ),
    "sparse": Recipe(
        on(designs.sparse_counts, _measured),
        "A sparse matrix of counts of which 4 % are not zero: centring would fill it.",
    ),
    "weighted": Recipe(
        _weighted, "Rows weigh from 0.001 to 100, every ninth nothing: n is not the sum of weights."
    ),
    "rare_levels": Recipe(
        on(designs.one_hot, _measured),
        "One-hot columns that add up to 1, four of which are 1 in a single row.",
    ),
    "heavy_tails": Recipe(
        _heavy_tails, "Errors have no variance: a few rows decide the sum of squares."
    ),
    "leverage": Recipe(
        _leverage, "Two rows are fifty times as far out as the others and lie off their line."
    ),
    "tiny_target": Recipe(
        _tiny_target, "The target is of the size 1e-8, below what many a solver's tolerance is."
    ),
    "distant_target": Recipe(
        _distant_target, "The target is a million plus or minus 1, which float32 has no digits for."
    ),
}

COUNTS: Mapping[str, Recipe] = {
    "counts": Recipe(_counts, "Counts of about 3, some of them 0, whose logarithm does not exist."),
    "many_zeros": Recipe(_many_zeros, "Four of five counts are 0: most rows say little."),
    "large_counts": Recipe(
        _large_counts, "Counts of about 20000: a start at 0 is far away, and exp may overflow."
    ),
    "heavy_tailed_counts": Recipe(
        _heavy_tailed_counts, "Counts vary far more than a Poisson model allows; a few are large."
    ),
    "unscaled_counts": Recipe(
        on(designs.unscaled, _counted),
        "Columns far from 0 with ranges from 0.01 to 100000: one step too long and exp overflows.",
    ),
}

"""Features that are hard for a solver, each for one reason; both tasks use them.

All of them take a ``numpy.random.RandomState``, whose streams are frozen (NEP 19): the same seed
is the same numbers in every version of numpy.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from scipy import sparse

from pytest_modelparity.hard_data.arrays import FloatArray, Random

Features: TypeAlias = FloatArray | sparse.csr_matrix

#: Standard deviations of the columns of `scales`.
SCALES = (1e-8, 1e-4, 1.0, 1e4, 1e8)
#: Part of a column of `collinear` that is not the other one.
APART = 1e-6
#: The constant column; float32 has no such number.
CONSTANT = 3.7


def normal(rng: Random, n: int, p: int) -> FloatArray:
    """Return independent columns of mean 0 and standard deviation 1."""
    return np.asarray(rng.standard_normal((n, p)))


def collinear(rng: Random) -> FloatArray:
    """Return 80 rows whose last column is the first but for a millionth."""
    X = normal(rng, 80, 4)
    return np.column_stack([X, X[:, 0] + APART * rng.standard_normal(80)])


def rank_deficient(rng: Random) -> FloatArray:
    """Return 80 rows of whole numbers whose last column is the sum of the first two, exactly."""
    X = rng.randint(-3, 4, (80, 4)).astype(np.float64)
    return np.column_stack([X, X[:, 0] + X[:, 1]])


def unscaled(rng: Random) -> FloatArray:
    """Return 120 rows of age, income, a rate below a hundredth and a year."""
    return np.column_stack(
        [
            rng.randint(18, 90, 120),
            np.round(np.exp(10.3 + 0.6 * rng.standard_normal(120))),
            rng.uniform(0, 0.01, 120),
            rng.randint(1990, 2021, 120),
        ]
    ).astype(np.float64)


def scales(rng: Random) -> FloatArray:
    """Return 100 rows of five columns whose standard deviations are 1e-8 to 1e8."""
    return np.asarray(normal(rng, 100, len(SCALES)) * np.array(SCALES))


def constant_column(rng: Random) -> FloatArray:
    """Return 60 rows whose third column is 3.7."""
    X = normal(rng, 60, 4)
    X[:, 2] = CONSTANT
    return X


def wide(rng: Random) -> FloatArray:
    """Return 30 rows of 80 columns."""
    return normal(rng, 30, 80)


def sparse_counts(rng: Random) -> sparse.csr_matrix:
    """Return 150 rows of 120 columns of small counts, 4 % of them not zero, in compressed rows."""
    dense = np.where(rng.random_sample((150, 120)) < 0.04, 1 + rng.poisson(0.5, (150, 120)), 0)
    return sparse.csr_matrix(dense.astype(np.float64))


def one_hot(rng: Random) -> FloatArray:
    """Return 120 rows of a category with twelve levels, four of which are in one row each."""
    level = np.concatenate([np.arange(8, 12), rng.randint(0, 8, 116)])
    return np.asarray(np.eye(12)[rng.permutation(level)])


def standardised(X: Features) -> FloatArray:
    """Return features that decide a target as much as each other, whatever their scales are."""
    dense = X.toarray() if sparse.issparse(X) else np.asarray(X)
    spread = dense.std(axis=0)
    return np.asarray((dense - dense.mean(axis=0)) / np.where(spread > 0, spread, 1.0))

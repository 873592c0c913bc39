"""The data: INFERENCE's names, and four sets that it does not have."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import numpy as np
from sklearn import datasets
from sklearn.preprocessing import StandardScaler

Data = tuple[np.ndarray, np.ndarray]


def _bundled(name: str, *, raw: bool = False) -> Data:
    """Return a data set that scikit-learn brings along, its rows shuffled."""
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X = X if raw else StandardScaler().fit_transform(X)
    return X[order], y[order]


def _made(n: int, p: int, **how: object) -> Data:
    return datasets.make_classification(n, p, random_state=0, **how)


def _three_or_eight() -> Data:
    """Return the digits 3 and 8, some of whose pixels are constant."""
    X, y = datasets.load_digits(return_X_y=True)
    kept = np.isin(y, (3, 8))
    return X[kept] / 16.0, (y[kept] == 8).astype(int)


def _diabetes() -> Data:
    """Return diabetes, its progression in thirds."""
    X, progress = datasets.load_diabetes(return_X_y=True)
    thirds = np.digitize(progress, np.quantile(progress, (1 / 3, 2 / 3)))
    return StandardScaler().fit_transform(X), thirds


def _gaussians() -> Data:
    """Return three shells that no linear model tells apart, moved apart a little."""
    X, y = datasets.make_gaussian_quantiles(
        n_samples=600, n_features=6, n_classes=3, random_state=1
    )
    return X + 0.4 * y[:, None] * np.array([1.0, 0, 1, 0, 0, -1]), y


def _unbalanced() -> Data:
    """Return 900 rows of four classes, half of them in the first."""
    return _made(900, 14, n_informative=6, n_classes=4, weights=[0.5, 0.25, 0.15], flip_y=0.05)


#: Those of INFERENCE.
KNOWN: Mapping[str, Callable[[], Data]] = {
    "breast_cancer": lambda: _bundled("breast_cancer"),
    "wine": lambda: _bundled("wine"),
    "iris raw": lambda: _bundled("iris", raw=True),
    "2000 x 5": lambda: _made(2000, 5, n_redundant=0),
    "500 x 20, rank 18": lambda: _made(500, 20),
    "1000 x 12, 11 % positives": lambda: _made(1000, 12, weights=[0.9], flip_y=0.02),
    "800 x 20, four classes": lambda: _made(800, 20, n_informative=8, n_classes=4),
    "100 x 300": lambda: _made(100, 300),
}
#: Others.
NEW: Mapping[str, Callable[[], Data]] = {
    "digits 3 or 8": _three_or_eight,
    "diabetes in thirds": _diabetes,
    "600 x 6, three shells": _gaussians,
    "900 x 14, half in one class": _unbalanced,
}


@functools.cache
def rows(name: str) -> Data:
    """Return X and y by name."""
    return {**KNOWN, **NEW}[name]()

"""The data of the planted pairs, moved off zero so that intercepts matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_regression,
)
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

#: Added to standardised features.
SHIFT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """One data set.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Labels: numbers or strings; or what a regressor predicts.
    weights : ndarray of shape (n_samples,)
        Row weights, for the pairs that use them; their mean is not 1.
    overlaps : bool
        Whether the classes overlap, so that there is an optimum without a penalty.
    is_numbers : bool
        Whether y is what a regressor predicts.
    """

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    overlaps: bool
    is_numbers: bool = False

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return len(self.y)

    @property
    def n_classes(self) -> int:
        """Return the number of classes; 0 of numbers."""
        return 0 if self.is_numbers else len(np.unique(self.y))


@cache
def rows(name: str) -> Rows:
    """Return a data set by its name, one of `DATA_SETS` or those of the families."""
    X, y = {**DATA_SETS, **FAMILY_SETS, **NUMBER_SETS}[name]()
    # Shuffled, since validation_split takes the last rows.
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order], y[order]
    draw = np.random.default_rng(1).exponential(size=len(y))
    weights = (0.2 + draw) * np.where(X[:, 0] > np.median(X[:, 0]), 3.0, 1.0)
    overlaps, is_numbers = name in OVERLAPPING, name in NUMBER_SETS
    return Rows(X=X, y=y, weights=weights, overlaps=overlaps, is_numbers=is_numbers)


def _standardised(X: np.ndarray) -> np.ndarray:
    """Return standardised features, moved off zero."""
    return np.asarray(StandardScaler().fit_transform(X)) + SHIFT


def _breast_cancer() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_breast_cancer(return_X_y=True)
    return _standardised(X), y


def _iris() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_iris(return_X_y=True)
    return _standardised(X), y


def _iris_two() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_iris(return_X_y=True)
    kept = y > 0
    return _standardised(X[kept]), np.array(["versicolor", "virginica"])[y[kept] - 1]


def _wine() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_wine(return_X_y=True)
    return _standardised(X), y


def _wine_two() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_wine(return_X_y=True)
    return _standardised(X[y < 2]), y[y < 2]


def _wine_raw() -> tuple[np.ndarray, np.ndarray]:
    return load_wine(return_X_y=True)


def _digits() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_digits(return_X_y=True)
    kept = np.random.default_rng(2).permutation(len(y))[:400]
    return _standardised(PCA(8, random_state=0).fit_transform(X[kept])), y[kept]


def _noisy() -> tuple[np.ndarray, np.ndarray]:
    X, y = make_classification(
        397, 5, n_informative=4, n_redundant=0, flip_y=0.2, class_sep=0.7, random_state=3
    )
    return _standardised(X), y


def _imbalanced() -> tuple[np.ndarray, np.ndarray]:
    X, y = make_classification(
        333, 12, n_informative=5, n_redundant=4, weights=[0.8], flip_y=0.1, random_state=4
    )
    return _standardised(X), np.array(["no", "yes"])[y]


def _four_classes() -> tuple[np.ndarray, np.ndarray]:
    X, y = make_classification(
        251, 6, n_informative=4, n_redundant=2, n_classes=4, flip_y=0.1, random_state=5
    )
    return _standardised(X), y


def _uneven_scales() -> tuple[np.ndarray, np.ndarray]:
    X, y = make_classification(
        240, 6, n_informative=4, n_redundant=1, flip_y=0.1, class_sep=0.8, random_state=6
    )
    return _standardised(X) * np.array([0.4, 2.5, 1.0, 0.6, 1.6, 0.3]), y


def _few_rows() -> tuple[np.ndarray, np.ndarray]:
    X, y = make_classification(
        61, 3, n_informative=3, n_redundant=0, flip_y=0.2, class_sep=0.6, random_state=7
    )
    return _standardised(X), y.astype(bool)


def _cancer_raw() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_breast_cancer(return_X_y=True)
    return X[:, [0, 1, 4, 8, 15, 24]], y


def _imbalanced_raw() -> tuple[np.ndarray, np.ndarray]:
    X, y = _imbalanced()
    return X * np.geomspace(0.01, 200.0, X.shape[1]) + 7.0, y


def _diabetes() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_diabetes(return_X_y=True)
    # Those that hardly depend on each other: gradient descent arrives.
    return _standardised(X[:, [0, 1, 2, 3, 8, 9]]), y


def _made() -> tuple[np.ndarray, np.ndarray]:
    X, y = make_regression(151, 5, n_informative=5, noise=20.0, random_state=8)
    return _standardised(X), y / 50.0 - 3.0


def _counts() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(9)
    X = _standardised(random.normal(size=(211, 4)))
    return X, random.poisson(np.exp(0.5 + X @ [0.4, -0.3, 0.2, 0.1])).astype(float)


def _many_counts() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(10)
    X = _standardised(random.uniform(size=(301, 6)))
    return X, random.poisson(np.exp(2.0 + 0.2 * X[:, 0] - 0.3 * X[:, 3])).astype(float)


def _diabetes_raw() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_diabetes(return_X_y=True, scaled=False)
    return X[:, [0, 1, 2, 3, 8, 9]], y


def _made_raw() -> tuple[np.ndarray, np.ndarray]:
    X, y = _made()
    return X * np.array([0.01, 1.0, 30.0, 5.0, 200.0]) + 7.0, y


#: By name: what makes X and y.
DATA_SETS: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
    "breast_cancer": _breast_cancer,
    "iris": _iris,
    "iris two": _iris_two,
    "wine": _wine,
    "wine two": _wine_two,
    "wine raw": _wine_raw,
    "digits": _digits,
    "noisy": _noisy,
    "imbalanced": _imbalanced,
    "four classes": _four_classes,
    "uneven scales": _uneven_scales,
    "few rows": _few_rows,
}
OVERLAPPING = ("noisy", "imbalanced", "four classes", "uneven scales", "few rows")

#: Further ones of `families.py`: of features as they come, and of numbers.
FAMILY_SETS: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
    "breast_cancer raw": _cancer_raw,
    "imbalanced raw": _imbalanced_raw,
}
NUMBER_SETS: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
    "diabetes": _diabetes,
    "made": _made,
    "counts": _counts,
    "many counts": _many_counts,
    "diabetes raw": _diabetes_raw,
    "made raw": _made_raw,
}


def narrow_rows(iris_from: int) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
    """Return data sets of few columns, whose models are far from certain.

    Parameters
    ----------
    iris_from : int
        The first row of iris that is kept: with 50 it has two classes.
    """
    cancer, wine, iris = (
        load(return_X_y=True) for load in (load_breast_cancer, load_wine, load_iris)
    )
    scaled = StandardScaler().fit_transform
    return {
        "breast_cancer": (scaled(cancer[0][:, :10]), cancer[1]),
        "wine": (scaled(wine[0][:, :6]), wine[1]),
        "iris": (scaled(iris[0][iris_from:]), iris[1][iris_from:]),
    }

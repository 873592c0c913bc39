"""The data sets for classifiers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pytest_modelparity.hard_data import designs
from pytest_modelparity.hard_data.arrays import Array, FloatArray, Random
from pytest_modelparity.hard_data.recipe import Builder, Parts, Recipe, on
from pytest_modelparity.hard_data.targets import many_classes, two_classes, weights_of

#: Half of the gap between the classes of `separable`.
GAP = 0.25


def _clouds(rng: Random) -> tuple[FloatArray, Array]:
    """Return two clouds of 30 rows with a gap between them."""
    X, w = designs.normal(rng, 60, 3), weights_of(rng, 3)
    z = X @ w
    y = (z > np.median(z)).astype(np.int64)
    return X + np.outer((2 * y - 1) * GAP - np.median(z), w), y


def _separable(rng: Random) -> Parts:
    return *_clouds(rng), None


def _nearly_separable(rng: Random) -> Parts:
    X, y = _clouds(rng)
    # Those in the middle of their class, which no plane can cut off.
    middle = [_nearest_to_mean(X, np.flatnonzero(y == label)) for label in (0, 1)]
    y[middle] = 1 - y[middle]
    return X, y, None


def _nearest_to_mean(X: FloatArray, rows: Array) -> int:
    """Return the row in the middle of some."""
    away = np.linalg.norm(X[rows] - X[rows].mean(axis=0), axis=1)
    return int(rows[np.argmin(away)])


def _quasi_separable(rng: Random) -> Parts:
    X = designs.normal(rng, 80, 3)
    y = two_classes(rng, X)
    group = np.zeros(80)
    group[np.flatnonzero(y == 1)[:8]] = 1.0
    return np.column_stack([X, group]), y, None


def _imbalanced(rng: Random) -> Parts:
    X = designs.normal(rng, 300, 4)
    y = np.zeros(300, np.int64)
    y[np.argsort(X[:, 0] + 1.5 * rng.standard_normal(300))[-6:]] = 1
    return X, y, None


def _weighted(rng: Random) -> Parts:
    X = designs.normal(rng, 90, 3)
    y = two_classes(rng, X)
    weights = 10.0 ** rng.uniform(-3, 2, 90)
    weights[::9] = 0.0
    return X, y, weights


def _classes(n_classes: int, n: int, p: int) -> Builder:
    """Return what makes a set with so many classes."""

    def build(rng: Random) -> Parts:
        X = designs.normal(rng, n, p)
        return X, many_classes(rng, X, n_classes), None

    return build


def _rare_class(rng: Random) -> Parts:
    X = designs.normal(rng, 120, 3)
    y = two_classes(rng, X)
    y[rng.permutation(120)[:3]] = 2
    return X, y, None


def _labelled(n_classes: int, labels: Array) -> Builder:
    """Return what makes a set with labels of another kind."""

    def build(rng: Random) -> Parts:
        X, y, weights = _classes(n_classes, 80, 3)(rng)
        return X, labels[y], weights

    return build


def _drawn(rng: Random, X: designs.Features) -> Array:
    """Return labels of two classes of about one size."""
    return two_classes(rng, X)


CLASSIFICATION: Mapping[str, Recipe] = {
    "separable": Recipe(
        _separable, "A plane separates the classes, so without a penalty there is no optimum."
    ),
    "nearly_separable": Recipe(
        _nearly_separable,
        "But for two rows a plane separates the classes: coefficients are large, steps are long.",
    ),
    "quasi_separable": Recipe(
        _quasi_separable,
        "A group of rows has one class only: without a penalty its coefficient has no optimum, "
        "the others have.",
    ),
    "collinear": Recipe(
        on(designs.collinear, _drawn),
        "Two columns differ by a millionth, so first-order solvers never tell them apart.",
    ),
    "rank_deficient": Recipe(
        on(designs.rank_deficient, _drawn),
        "A column is the sum of two others, so without a penalty coefficients are not determined.",
    ),
    "imbalanced": Recipe(_imbalanced, "Six of 300 rows are of the second class."),
    "unscaled": Recipe(
        on(designs.unscaled, _drawn),
        "Age, income, a rate and a year: columns far from 0 with ranges from 0.01 to 100000.",
    ),
    "scales": Recipe(
        on(designs.scales, _drawn),
        "Columns have standard deviations from 1e-8 to 1e8, and each decides as much as another.",
    ),
    "constant_column": Recipe(
        on(designs.constant_column, _drawn),
        "A column is 3.7 in every row: it has no standard deviation and stands for the intercept.",
    ),
    "wide": Recipe(
        on(designs.wide, _drawn), "80 columns and 30 rows: any labels can be separated."
    ),
    "sparse": Recipe(
        on(designs.sparse_counts, _drawn),
        "A sparse matrix of counts of which 4 % are not zero: centring would fill it.",
    ),
    "weighted": Recipe(
        _weighted, "Rows weigh from 0.001 to 100, every ninth nothing: n is not the sum of weights."
    ),
    "rare_levels": Recipe(
        on(designs.one_hot, _drawn),
        "One-hot columns that add up to 1, four of which are 1 in a single row.",
    ),
    "three_classes": Recipe(_classes(3, 90, 3), "Three classes: softmax or one against the rest."),
    "twenty_classes": Recipe(
        _classes(20, 240, 6), "Twenty classes of few rows each: 140 coefficients to determine."
    ),
    "rare_class": Recipe(_rare_class, "The third of three classes has three rows."),
    "string_labels": Recipe(
        _labelled(3, np.array(["no", "yes", "maybe"])),
        "Labels are strings, whose sorted order is not the order of their meaning.",
    ),
    "boolean_labels": Recipe(
        _labelled(2, np.array([False, True])), "Labels are False and True, and no numbers."
    ),
    "signed_labels": Recipe(
        _labelled(2, np.array([-1, 1])),
        "Labels are -1 and 1: a crossentropy takes them as they are.",
    ),
}

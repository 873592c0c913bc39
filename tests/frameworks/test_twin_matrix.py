"""Every distinct objective on real data: the twin stands at the certified exact optimum.

A plain run takes a sample that touches every value of every axis; ``-m matrix`` takes all.
"""

from __future__ import annotations

import itertools
import math
import random
from typing import NamedTuple

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import KerasTwin, compare_models
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.objective import objective_from_settings
from pytest_modelparity.theory.optimum import find_optimum

#: What the twin promises, and its certificate proves.
ALLOWED = 1e-6
C, L1_RATIO, INTERCEPT_SCALING = 0.5, 0.3, 2.0
N_SAMPLED = 22

NEW = LogisticRegression().get_params().get("penalty", "deprecated") == "deprecated"

DATA = ("breast_cancer, 2 classes", "iris, 2", "wine, 2", "iris, 3 classes", "wine, 3")
PENALTIES = ("l2", "l1", "elasticnet", "none")
INTERCEPTS = ("free", "penalised", "absent")
WEIGHTS = ("unweighted", "sample_weight", "balanced")
SCALINGS = ("raw", "standardised")


class Case(NamedTuple):
    """One objective on one data set."""

    data: str
    penalty: str
    intercept: str
    weights: str
    scaling: str

    @property
    def possible(self) -> bool:
        """Whether scikit-learn can train it (liblinear) and it has a finite optimum (none)."""
        if self.intercept == "penalised":
            return self.penalty in ("l1", "l2") and "2" in self.data
        return (self.data, self.penalty) != ("iris, 3 classes", "none")

    def __str__(self) -> str:
        return "-".join(self).replace(", ", "_").replace(" classes", "")


ALL = [
    case
    for case in itertools.starmap(
        Case, itertools.product(DATA, PENALTIES, INTERCEPTS, WEIGHTS, SCALINGS)
    )
    if case.possible
]
DIGITS = [
    Case("digits", "l2", "free", "unweighted", "standardised"),
    Case("digits", "l2", "free", "balanced", "raw"),
    Case("digits", "l1", "free", "unweighted", "standardised"),
    Case("digits", "elasticnet", "absent", "sample_weight", "standardised"),
]


def sample(cases, size, seed=20):
    """Return cases in which every value of every axis stands at least twice."""
    generator = random.Random(seed)
    while True:
        found = generator.sample(cases, size)
        counts = [list(column) for column in zip(*found, strict=True)]
        axes = zip(counts, (DATA, PENALTIES, INTERCEPTS, WEIGHTS, SCALINGS), strict=True)
        if all(column.count(value) >= 2 for column, axis in axes for value in axis):
            return found


def rows_of(case, bundled):
    """Return X and y; those of an unpenalised case overlap."""
    name = case.data.partition(",")[0]
    X, y = bundled(name)
    if case.penalty == "none":
        X = X[:, : {"breast_cancer": 10, "wine": 4, "iris": 4}[name]]
    if case.data.endswith("2") and name != "breast_cancer":
        kept = y > 0
        X, y = X[kept], y[kept]
    if case.scaling == "standardised":
        X = (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1)
    return X, y


def estimator_of(case):
    """Return the LogisticRegression, spelled for the installed version."""
    options = {"C": C, "fit_intercept": case.intercept != "absent"}
    if case.penalty == "none":
        options |= {"C": math.inf} if NEW else {"penalty": None, "C": 1.0}
    elif case.penalty == "elasticnet":
        options |= {"l1_ratio": L1_RATIO, "solver": "saga"}
        options |= {} if NEW else {"penalty": "elasticnet"}
    elif case.penalty == "l1":
        options |= {"solver": "saga"} | ({"l1_ratio": 1.0} if NEW else {"penalty": "l1"})
    if case.intercept == "penalised":
        options |= {"solver": "liblinear", "intercept_scaling": INTERCEPT_SCALING}
    if case.weights == "balanced":
        options["class_weight"] = "balanced"
    return LogisticRegression(**options)


def weights_of(case, n):
    """Return the argument ``sample_weight``, a zero among it."""
    if case.weights != "sample_weight":
        return None
    weights = np.random.default_rng(5).uniform(0.2, 3.0, n)
    weights[3] = 0.0
    return weights


def objective_of(case, X, y, sample_weight):
    """Return the objective as DESIGN, section 3, states it: written down here once more."""
    n, counts = len(y), np.bincount(np.unique(y, return_inverse=True)[1])
    strength = 0.0 if case.penalty == "none" else 1 / (C * n)
    ratio = {"l1": 1.0, "elasticnet": L1_RATIO}.get(case.penalty, 0.0)
    l2, l1 = (1 - ratio) * strength, ratio * strength
    penalised = case.intercept == "penalised"
    settings = ObjectiveSettings(
        l2_strength=l2,
        l1_strength=l1,
        intercept_l2_strength=l2 / INTERCEPT_SCALING**2 if penalised else 0.0,
        intercept_l1_strength=l1 / INTERCEPT_SCALING if penalised else 0.0,
        fit_intercept=case.intercept != "absent",
        class_weight=tuple(n / (len(counts) * counts)) if case.weights == "balanced" else None,
        sample_weight=sample_weight is not None,
        output_head="sigmoid" if len(counts) == 2 else "softmax",
    )
    codes = np.unique(y, return_inverse=True)[1]
    return objective_from_settings(settings, X, codes, len(counts), sample_weight)


def check(case, bundled):
    """Train the twin and measure its distance to the exact optimum."""
    X, y = rows_of(case, bundled)
    sample_weight = weights_of(case, len(y))
    optimum = find_optimum(objective_of(case, X, y, sample_weight))
    assert optimum.certificate.probability <= ALLOWED
    twin = KerasTwin(estimator_of(case)).fit(X, y, sample_weight)
    distance = np.abs(twin.predict_proba(X) - optimum.predictions).max()
    print(f"distance {distance:.1e}, certificate {twin.certificate_.probability:.1e}")
    assert distance <= ALLOWED
    assert twin.certificate_.probability <= ALLOWED
    assert twin.certificate_.finite_optimum is True


@pytest.mark.parametrize("case", sample(ALL, N_SAMPLED), ids=str)
def test_twin_is_at_the_exact_optimum(case, bundled):
    check(case, bundled)


@pytest.mark.parametrize("case", DIGITS[:1], ids=str)
def test_twin_is_at_the_exact_optimum_of_digits(case, bundled):
    check(case, bundled)


@pytest.mark.matrix
@pytest.mark.parametrize("case", [*ALL, *DIGITS], ids=str)
def test_every_twin_is_at_the_exact_optimum(case, bundled):
    check(case, bundled)


def test_every_objective_is_among_the_cases():
    # 3 binary data sets x (4 penalties x 2 intercepts + liblinear's l1 and l2) and 2 of three
    # classes x 8, less iris without penalty, each x 3 weights x 2 scalings.
    assert len(ALL) == len(set(ALL)) == (3 * 10 + 2 * 8 - 2) * 6


SEPARABLE = [
    ("breast_cancer", None, "standardised"),
    ("iris", None, "raw"),
    ("iris", (0, 1), "standardised"),
    ("wine", None, "standardised"),
]


@pytest.mark.parametrize(("name", "classes", "scaling"), SEPARABLE, ids=str)
def test_separable_data_without_penalty_have_no_finite_optimum(name, classes, scaling, bundled):
    X, y = bundled(name, standardised=scaling == "standardised")
    if classes is not None:
        kept = np.isin(y, classes)
        X, y = X[kept], y[kept]
    case = Case(name, "none", "free", "unweighted", scaling)
    twin = KerasTwin(estimator_of(case)).fit(X, y)
    assert twin.certificate_.finite_optimum is False
    assert np.isfinite(twin.predict_proba(X)).all()


def test_report_says_that_there_is_no_finite_optimum(bundled):
    X, y = bundled("iris", standardised=True)
    case = Case("iris", "none", "free", "unweighted", "standardised")
    estimator = estimator_of(case).set_params(max_iter=5000)
    report = compare_models(estimator, X, y, explain=False)
    assert "no-finite-optimum" in {finding.slug for finding in report.findings}
    assert report.certificates["candidate"].finite_optimum is False

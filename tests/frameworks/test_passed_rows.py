"""Models of Keras, and of one class against the rest, on rows that are passed over."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from passed_reports import classes, cut_small
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from pytest_modelparity import compare_models


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Groups of some hundred rows, and few rows that stand for all."""
    cut_small(monkeypatch, group=1000, sample=500, fewest_samples=100)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_twin_is_found_by_passes(n_classes):
    X, y = classes(800, n_classes)
    report = compare_models(LogisticRegression(tol=1e-6), X, y, memory=0)
    assert report
    assert report.certificates["candidate"].distance < 1e-4


def test_one_vs_rest_is_compared_with_its_bound():
    X, y = classes(800, 3)
    reference = OneVsRestClassifier(LogisticRegression()).fit(X, y)
    candidate = OneVsRestClassifier(LogisticRegression(C=1e-3)).fit(X, y)
    report = compare_models(reference, X, y, candidate=candidate, memory=0)
    assert not report
    assert [cause.setting for cause in report.causes] == ["C"]
    assert report.certificates["reference"].distance < 1e-2


def test_the_reference_s_parameters_are_set_in_the_candidate_on_every_row():
    X, y = classes(800, 2)
    X = np.clip(X, -2.0, 2.0)
    sampled = np.linspace(0, 799, 100).astype(int)
    beyond = np.setdiff1d(np.arange(800), sampled)[[3, 400]]
    X[beyond, 1] = 4.0
    clipped = keras.layers.Lambda(lambda x: keras.ops.clip(x, -2.0, 2.0))
    head = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((5,)), clipped, head])
    reference = LogisticRegression(tol=1e-8).fit(X, y)
    head.set_weights([0.9 * reference.coef_.T, reference.intercept_])
    whole, over = (
        compare_models(reference, X, y, candidate=model, memory=memory) for memory in (np.inf, 0)
    )
    assert not over
    assert over.structure.agrees is False
    assert over.structure.distance == pytest.approx(whole.structure.distance, rel=1e-6)
    assert over.structure.note == whole.structure.note

"""Each side is asked for its predictions once for each set of rows, however much is explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import compare_models
from pytest_modelparity.frameworks.keras.candidate import KerasCandidate

N, N_EVAL = 90, 40


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(N + N_EVAL, 3))
    y = (X @ [1.0, -0.5, 0.2] + generator.normal(size=len(X)) > 0.3).astype(int)
    return X, y


def counted(predict: Callable[[Any], np.ndarray]) -> tuple[Callable[[Any], np.ndarray], list[int]]:
    """Return the function, and a list of how many rows it was asked for, a call each."""
    calls: list[int] = []

    def asked(X: Any) -> np.ndarray:
        calls.append(len(X))
        return predict(X)

    return asked, calls


class Predictor:
    """What only predicts."""

    def __init__(self, model: LogisticRegression) -> None:
        self.predict_proba = model.predict_proba


def port() -> keras.Model:
    """A Keras port that stopped early, with a penalty that is too weak."""
    dense = keras.layers.Dense(
        1, activation="sigmoid", kernel_regularizer=keras.regularizers.L2(0.001)
    )
    model = keras.Sequential([keras.Input((3,)), dense])
    model.compile(keras.optimizers.SGD(0.05), "binary_crossentropy")
    return model


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.parametrize("kind", ["only predicts", "estimator", "Keras"])
@pytest.mark.parametrize("evaluated", [False, True], ids=["training rows", "evaluation rows"])
def test_each_side_predicts_once_for_each_set_of_rows(
    kind: str, evaluated: bool, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = rows[0][:N], rows[1][:N]
    # Stopped early as well, so that all of the explanation is asked for.
    reference = LogisticRegression(C=0.05, max_iter=1).fit(X, y)
    reference.predict_proba, of_reference = counted(reference.predict_proba)
    fit = None
    of_candidate: list[int] = []
    if kind == "Keras":
        candidate, fit = port, {"epochs": 4}
        train = KerasCandidate.train

        def counting(self: KerasCandidate) -> Any:
            fitted = train(self)
            predict, calls = counted(fitted.predict)
            monkeypatch.setattr(f"{__name__}.CALLS", calls)
            return replace(fitted, predict=predict)

        monkeypatch.setattr(KerasCandidate, "train", counting)
    else:
        candidate = LogisticRegression(C=5.0, max_iter=2).fit(X, y)
        if kind == "only predicts":
            candidate = Predictor(candidate)
        candidate.predict_proba, of_candidate = counted(candidate.predict_proba)
    others = {"X_eval": rows[0][N:], "y_eval": rows[1][N:]} if evaluated else {}
    report = compare_models(reference, X, y, candidate=candidate, fit=fit, **others)
    assert report.verdict == "diverged"
    assert report.explained
    assert report.causes
    of_candidate = CALLS if kind == "Keras" else of_candidate
    once = [N, N_EVAL] if evaluated else [N]
    assert sorted(of_reference, reverse=True) == once[-len(of_reference) :]
    assert sorted(of_candidate, reverse=True) == once[-len(of_candidate) :]
    assert of_reference
    assert of_candidate


#: Of the Keras candidate under way.
CALLS: list[int] = []

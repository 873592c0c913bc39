"""The Keras twin, trained to its optimum, beside Keras's own ``fit`` to the same certificate."""

from __future__ import annotations

import keras
import numpy as np
from measuring.machine import Machine, seconds
from measuring.rows import OURS, Row, row_of
from optima import objective_of
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import KerasTwin
from pytest_modelparity.extend import nothing_remembered
from pytest_modelparity.theory.certificate import certify
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import find_optimum

DATA = {"breast_cancer": load_breast_cancer, "digits": load_digits}
#: How near its optimum ``fit`` must come in probability, and how long it may try.
ACCURACY, EPOCHS, MOST = 1e-5, 25, 600
ROUNDS = 3


def measure(part: str, machine: Machine) -> list[Row]:
    """Return the row of a data set and a strength."""
    name, _, strength = part.partition(", C=")
    X, y = DATA[name](return_X_y=True)
    X, reference = StandardScaler().fit_transform(X), LogisticRegression(C=float(strength))
    objective = objective_of(X, y, l2_strength=1.0 / (reference.C * len(y)))
    # The first loads Keras and compiles.
    KerasTwin(reference).fit(X[:100], y[:100])
    twins = []
    for _ in range(ROUNDS):
        with nothing_remembered():
            twins.append(seconds(KerasTwin(reference).fit, X, y))
    # Once: it has many epochs to be steady in.
    taken, epochs, off = _fit(objective, X, y)
    rounds = [{OURS: ours, "fit": taken} for ours, _ in twins]
    limit = machine.optimum(*X.shape, objective.n_classes)
    proven = twins[-1][1].certificate_.distance
    note = f"twin within {proven:.0e}; fit within {off:.0e} after {epochs} epochs"
    return [row_of(part, rounds, limit=limit, note=note)]


def _fit(objective: LinearObjective, X: np.ndarray, y: np.ndarray) -> tuple[float, int, float]:
    """Train by ``fit`` until it is near enough; return seconds, epochs and its distance."""
    model, found = _model(objective, X), find_optimum(objective)
    targets = y[:, None] if objective.n_classes == 2 else y
    rows, taken, distance, epochs = X.astype(np.float32), 0.0, float("inf"), 0
    while distance > ACCURACY and epochs < MOST:
        more, _ = seconds(model.fit, rows, targets, epochs=EPOCHS, batch_size=len(y), verbose=0)
        taken, epochs = taken + more, epochs + EPOCHS
        kernel, bias = (np.asarray(weights, np.float64) for weights in model.weights)
        distance = certify(objective, kernel.T, bias, found).distance or 0.0
    return taken, epochs, distance


def _model(objective: LinearObjective, X: np.ndarray) -> keras.Model:
    """Return the same model, compiled for what a person would train it by: momentum."""
    binary = objective.n_classes == 2
    penalty = keras.regularizers.L2(objective.l2_strength / 2)
    dense = keras.layers.Dense(
        1 if binary else objective.n_classes,
        activation="sigmoid" if binary else "softmax",
        kernel_regularizer=penalty,
    )
    model = keras.Sequential([keras.Input((X.shape[1],)), dense])
    # The largest steps that are safe: one over the largest curvature.
    curvature = np.linalg.norm(X, 2) ** 2 / len(X) * (0.25 if binary else 0.5)
    rate = 1.0 / (curvature + objective.l2_strength)
    model.compile(
        keras.optimizers.SGD(rate, momentum=0.9, nesterov=True),
        "binary_crossentropy" if binary else "sparse_categorical_crossentropy",
    )
    return model

"""Trainings that stop somewhere: mini-batches in float32, as a port would do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from pytest_modelparity.settings import ObjectiveSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Trainer:
    """An optimizer with its rate, batch size and epochs.

    Parameters
    ----------
    name : str
        ``"sgd"`` or ``"adam"``.
    rate : float
        The first learning rate.
    batch : int, optional
        Rows a step; None: all, from zeros.
    falling : bool
        Whether the rate falls to zero as a cosine does.
    """

    name: str
    rate: float
    batch: int | None = 32
    falling: bool = False

    @property
    def text(self) -> str:
        """In words."""
        how = "all rows a step" if self.batch is None else f"batches of {self.batch}"
        return f"{self.name} {self.rate:g}, {how}{', falling' if self.falling else ''}"


TRAINERS = (
    Trainer(name="sgd", rate=0.1),
    Trainer(name="sgd", rate=0.3, falling=True),
    Trainer(name="sgd", rate=0.5, batch=None),
    Trainer(name="adam", rate=1e-3),
    Trainer(name="adam", rate=1e-2),
    Trainer(name="adam", rate=3e-2, falling=True),
)
#: Where they stop.
EPOCHS = (10, 20, 40, 80, 150)
#: Those of trainings for no other objective.
MORE_EPOCHS = (5, 10, 15, 20, 40, 80, 150)


def train(
    X: np.ndarray, y: np.ndarray, settings: ObjectiveSettings, trainer: Trainer, epochs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return coef and intercept after some epochs of mini-batches."""
    random = np.random.default_rng(epochs)
    A = np.hstack([X, np.ones((len(y), 1))]).astype(np.float32)
    single = settings.output_head == "sigmoid"
    targets = (y[:, None] if single else np.eye(int(y.max()) + 1)[y]).astype(np.float32)
    K = targets.shape[1]
    smooth = settings.label_smoothing
    targets = ((1 - smooth) * targets + smooth / max(K, 2)).astype(np.float32)
    by_class = np.ones(int(y.max()) + 1) if settings.class_weight is None else settings.class_weight
    weights = np.asarray(by_class, dtype=np.float32)[y][:, None]
    batch = trainer.batch or len(y)
    start = random.uniform(-1, 1, (K, X.shape[1])) * np.sqrt(6 / (X.shape[1] + K))
    theta = np.zeros((K, A.shape[1]), dtype=np.float32)
    if trainer.batch is not None:
        theta[:, :-1] = start
    penalty = np.full(A.shape[1], settings.l2_strength, dtype=np.float32)
    penalty[-1] = 0.0
    step = _Step(trainer, theta.shape, epochs * int(np.ceil(len(y) / batch)))
    for _ in range(epochs):
        order = random.permutation(len(y))
        for first in range(0, len(y), batch):
            rows = order[first : first + batch]
            z = A[rows] @ theta.T
            p = expit(z) if single else softmax(z, axis=1)
            slope = (p - targets[rows]) * weights[rows]
            theta = theta - step(slope.T @ A[rows] / np.float32(len(rows)) + penalty * theta)
    return theta[:, :-1].astype(np.float64), theta[:, -1].astype(np.float64)


class _Step:
    """What an optimizer makes of a gradient."""

    def __init__(self, trainer: Trainer, shape: tuple[int, ...], steps: int) -> None:
        self._trainer, self._steps, self._made = trainer, steps, 0
        self._mean, self._square = (np.zeros(shape, dtype=np.float32) for _ in range(2))

    def __call__(self, gradient: np.ndarray) -> np.ndarray:
        rate = self._trainer.rate
        if self._trainer.falling:
            rate *= 0.5 * (1 + np.cos(np.pi * self._made / self._steps))
        self._made += 1
        if self._trainer.name == "sgd":
            return np.float32(rate) * gradient
        self._mean += np.float32(0.1) * (gradient - self._mean)
        self._square += np.float32(0.001) * (gradient**2 - self._square)
        scale = rate * np.sqrt(1 - 0.999**self._made) / (1 - 0.9**self._made)
        return np.float32(scale) * self._mean / (np.sqrt(self._square) + np.float32(1e-7))

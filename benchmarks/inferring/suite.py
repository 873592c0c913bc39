"""The models that are judged, by part and name."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from inferring.judging import inferred, judged, predicted
from inferring.rows import KNOWN, NEW, rows
from inferring.trainers import EPOCHS, MORE_EPOCHS, TRAINERS, Trainer, train
from inferring.truths import Truth, expected, trained_truths, truths
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.objective import objective_from_settings
from pytest_modelparity.theory.optimum import find_optimum

#: Data on which trainings take little time.
SMALL = (
    "breast_cancer",
    "wine",
    "500 x 20, rank 18",
    "diabetes in thirds",
    "600 x 6, three shells",
)
#: Distance of an exact optimum that is proven.
EXACT = 1e-8
#: Solvers that stop where they do by default.
SOLVERS = ("lbfgs", "newton-cg", "saga")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """A model to be judged.

    Parameters
    ----------
    part : str
        ``"exact"``, ``"scikit-learn"``, ``"early"`` or ``"half"``.
    data : str
        The rows' name.
    truth : Truth
        What it was trained for.
    how : str
        By whom.
    trainer, epochs
        Of the last two parts.
    """

    part: str
    data: str
    truth: Truth
    how: str = ""
    trainer: Trainer | None = None
    epochs: int = 0

    @property
    def name(self) -> str:
        """Unique among all."""
        return " | ".join(filter(None, (self.part, self.data, self.truth.name, self.how)))

    def result(self) -> list[dict[str, Any]]:
        """Return lines on it: what is told, and what is where its regularizer was read."""
        X, y = rows(self.data)
        trained = self._trained(X, y)
        if trained is None:
            return []
        P = predicted(X, *trained)
        of = {"part": self.part, "name": self.name, "new": self.data in NEW}
        base = expected(y)
        lines = [of | {"read": False} | judged(X, y, self.truth, base, inferred(X, y, P, base))]
        if self.part in ("early", "half"):
            own = _as_read(self.truth.settings)
            found = inferred(X, y, P, own, regularizer_known=True)
            lines.append(of | {"read": True} | judged(X, y, self.truth, own, found))
        return lines

    def _trained(self, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return coef and intercept; None where an optimum is at infinity, or not found."""
        kept = slice(None) if self.truth.kept is None else self.truth.kept
        X, y = X[kept], y[kept]
        if self.trainer is not None:
            return train(X, y, self.truth.settings, self.trainer, self.epochs)
        if self.part == "scikit-learn":
            return _fitted(X, y, self.truth.settings, self.how)
        K = int(y.max()) + 1
        found = find_optimum(objective_from_settings(self.truth.settings, X, y, K))
        bound = found.certificate.distance
        exact = found.finite and bound is not None and bound <= EXACT
        return (found.coef, found.intercept) if exact else None


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for data in (*KNOWN, *NEW):
        y = rows(data)[1]
        # With more columns than rows the exact optimum itself takes minutes.
        every = [one for one in truths(y) if one.settings.l1_strength == 0 or len(y) > 100]
        yield from (Case(part="exact", data=data, truth=one) for one in every)
        yield from (
            Case(part="scikit-learn", data=data, truth=one, how=solver)
            for one in every
            if one.name in FITTED
            for solver in SOLVERS
        )
    for data in SMALL:
        y = rows(data)[1]
        same = (
            Truth(name="C=1", settings=expected(y)),
            Truth(name="no penalty", settings=replace(expected(y), l2_strength=0.0)),
        )
        yield from _stopped("early", data, same)
        yield from _stopped("half", data, tuple(trained_truths(y)))


#: Objectives that `LogisticRegression` can be fitted to by each of these solvers.
FITTED = ("C=0.1", "C=10", "no intercept", "balanced", "class weights", "C=0.1 and class weights")


def _stopped(part: str, data: str, of: tuple[Truth, ...]) -> Iterator[Case]:
    """Yield trainings that were stopped."""
    for truth in of:
        for trainer in TRAINERS:
            for epochs in MORE_EPOCHS if part == "early" else EPOCHS:
                how = f"{trainer.text}, {epochs} epochs"
                yield Case(
                    part=part, data=data, truth=truth, how=how, trainer=trainer, epochs=epochs
                )


def _as_read(settings: ObjectiveSettings) -> ObjectiveSettings:
    """Return what can be read of a trained model: its penalty."""
    return replace(settings, class_weight=None, label_smoothing=0.0)


def _fitted(
    X: np.ndarray, y: np.ndarray, settings: ObjectiveSettings, solver: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return what scikit-learn makes of an objective at its default tolerance."""
    weights = settings.class_weight
    model = LogisticRegression(
        C=1 / (settings.l2_strength * len(y)),
        fit_intercept=settings.fit_intercept,
        class_weight=None if weights is None else dict(enumerate(weights)),
        solver=solver,
        random_state=0,
    )
    with warnings.catch_warnings():
        # Where it stops is what is looked at.
        warnings.simplefilter("ignore")
        model.fit(X, y)
    return model.coef_, model.intercept_

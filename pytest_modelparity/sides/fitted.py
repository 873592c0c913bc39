"""One side of a check once it is trained: what every framework hands to the comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_modelparity.report.report import Certificate, Change, Finding, RecordedWarning
from pytest_modelparity.settings import LogisticSettings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedModel:
    """A trained model, free of its framework.

    Parameters
    ----------
    settings : LogisticSettings
        As read.
    predict_proba : callable
        Maps rows as the user gave them to an array of shape (n_rows, n_classes), columns in the
        order of the sorted classes.
    coef : ndarray of shape (n_outputs, n_features), optional
        float64, on the features as given; ``None`` where the model is not linear.
    intercept : ndarray of shape (n_outputs,), optional
        float64; zeros where the model has none.
    sample_weight : ndarray of shape (n_samples,), optional
        The per-row weights that this side was trained with, class weights not included.
    warnings : tuple of RecordedWarning
        Raised while it was trained.
    raised : tuple of Warning
        The same warnings as objects, for the caller to raise again.
    converged : bool, optional
        What the framework itself claims.
    certificate : Certificate, optional
        Where the training itself proved how near its optimum it got.
    trajectory : tuple of (int, ndarray, ndarray)
        Epoch, coef and intercept at some points of the training.
    seconds : float, optional
        How long the training took.
    findings : tuple of Finding
        What only the framework can see.
    replayed_weight : ndarray of shape (n_samples,), optional
        What each row weighs where every epoch had the same batches and the last was short.
    """

    settings: LogisticSettings
    predict_proba: Callable[[Any], np.ndarray]
    coef: np.ndarray | None = None
    intercept: np.ndarray | None = None
    sample_weight: np.ndarray | None = None
    warnings: tuple[RecordedWarning, ...] = ()
    raised: tuple[Warning, ...] = ()
    converged: bool | None = None
    certificate: Certificate | None = None
    trajectory: tuple[tuple[int, np.ndarray, np.ndarray], ...] = ()
    seconds: float | None = None
    findings: tuple[Finding, ...] = ()
    replayed_weight: np.ndarray | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Remedy:
    """A change of a training that may bring a side to its own optimum.

    Parameters
    ----------
    setting : str
        One of `settings.TRAINING_SETTINGS`, or ``feature_scaling`` where the objective stays.
    changes : tuple of Change
        What the user would write; none: trained as before.
    train : callable
        Trains the changed model; nothing of the original is touched.
    others : tuple of str
        Further settings that are changed with it.
    repeats : callable, optional
        Returns the same training with other seeds; what a change leaves is the worst of all.
    retrain : callable, optional
        Takes the number of a seed, from 0, and trains for real what ``train`` trains by a faster
        and equal way; ``None``: ``train`` is real.
    seconds : float
        What one real training is expected to cost.
    cost : callable, optional
        Returns the seconds that ``train`` and ``repeats`` would cost now, on an idle machine of
        two cores; reckoned, not measured, so that what is afforded does not depend on the
        machine. ``None``: it is always afforded.
    size : float
        How large a change it is, beside the others.
    iterations : int, optional
        The number of iterations it sets.
    by_fit : bool
        Whether the framework's own ``fit`` trains it; else it is minimised by other means.
    last_resort : bool
        Whether it is for where no other change closes by ``fit``.
    source : callable, optional
        Returns a program that trains the changed model.
    """

    setting: str
    changes: tuple[Change, ...]
    train: Callable[[], FittedModel]
    others: tuple[str, ...] = ()
    repeats: Callable[[], tuple[FittedModel, ...]] | None = None
    retrain: Callable[[int], FittedModel] | None = None
    seconds: float = 0.0
    cost: Callable[[], float] | None = None
    size: float = 0.0
    iterations: int | None = None
    by_fit: bool = True
    last_resort: bool = False
    source: Callable[[], str] | None = None

    @property
    def real(self) -> bool:
        """Whether ``train`` is what the user would run."""
        return self.retrain is None

    @property
    def settings(self) -> tuple[str, ...]:
        """All settings that it changes."""
        return self.setting, *self.others


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """The same training with several seeds.

    Parameters
    ----------
    seeds : tuple of int
        The check's own first.
    fitted : tuple of FittedModel
        One for each seed, with its trajectory.
    longer : tuple of FittedModel
        The same, trained on to `LONGER` times the iterations.
    """

    seeds: tuple[int, ...]
    fitted: tuple[FittedModel, ...]
    longer: tuple[FittedModel, ...] = ()


#: How much further a training is taken to see whether it still moves.
LONGER = 4

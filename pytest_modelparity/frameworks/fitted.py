"""One side of a check once it is trained: what every framework hands to the comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_modelparity.result import Certificate, Change, Finding, RecordedWarning
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Remedy:
    """A change of one training setting that may bring a side to its own optimum.

    Parameters
    ----------
    setting : str
        One of `settings.TRAINING_SETTINGS`.
    changes : tuple of Change
        What the user would write.
    train : callable
        Trains the changed model; nothing of the original is touched.
    real : bool
        Whether ``train`` is what the user would run, and not a faster twin of it.
    iterations : int, optional
        The number of iterations it sets.
    """

    setting: str
    changes: tuple[Change, ...]
    train: Callable[[], FittedModel]
    real: bool = True
    iterations: int | None = None

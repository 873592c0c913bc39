"""One side of a check once it is trained: what every framework hands to the comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from pytest_modelparity.inference.recovery import Recovery
from pytest_modelparity.report.parts import Certificate, Finding, RecordedWarning
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.structure.whole_numbers import WholeNumbers

#: Maps rows as the user gave them to the predicted quantity, of shape (n_rows, n_columns).
Predict: TypeAlias = Callable[[Any], np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedModel:
    """A trained model, free of its framework.

    Parameters
    ----------
    settings : ModelSettings
        As read.
    predict : callable
        Maps rows as the user gave them to an array of shape (n_rows, n_columns): probabilities,
        columns in the order of the sorted classes.
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
    trained_by : str
        Who trained it here, in words, such as ``"fit"``; empty where nobody did.
    replayed_weight : ndarray of shape (n_samples,), optional
        What each row weighs where every epoch had the same batches and the last was short.
    with_rows : tuple of str
        Settings that differ only because it was trained on a part of the rows.
    recovered : Recovery, optional
        What its predictions say of a linear model, where nothing else can be seen of it.
    returned : callable, optional
        What its own ``predict`` returns of rows, where that is divided by its sum to be compared.
    of_rows : callable, optional
        Its predictions of some of the rows compared, by their places, where it is predictions and
        no model.
    whole_numbers : WholeNumbers, optional
        How it computes, where it computes in int8 or int16 and its file says so.
    """

    settings: ModelSettings
    predict: Predict
    coef: np.ndarray | None = None
    intercept: np.ndarray | None = None
    sample_weight: np.ndarray | None = None
    warnings: tuple[RecordedWarning, ...] = ()
    # Kept as they were raised: a text cannot be matched by a user's warning filter.
    raised: tuple[Warning, ...] = ()
    converged: bool | None = None
    certificate: Certificate | None = None
    # Parameters, not predictions: a few numbers an epoch, whatever the rows.
    trajectory: tuple[tuple[int, np.ndarray, np.ndarray], ...] = ()
    seconds: float | None = None
    findings: tuple[Finding, ...] = ()
    trained_by: str = ""
    replayed_weight: np.ndarray | None = None
    with_rows: tuple[str, ...] = ()
    recovered: Recovery | None = None
    returned: Predict | None = None
    of_rows: Callable[[slice], np.ndarray] | None = None
    whole_numbers: WholeNumbers | None = None

    @property
    def has_recovered_parameters(self) -> bool:
        """Whether its parameters are known from its predictions alone, and so only to rounding."""
        return self.recovered is not None and self.coef is self.recovered.coef is not None

    @property
    def objective(self) -> SideObjective | None:
        """Its objective with its row weights; ``None`` where that is not modelled."""
        settings = self.settings.objective
        if settings is None:
            return None
        return SideObjective(settings=settings, sample_weight=self.sample_weight)

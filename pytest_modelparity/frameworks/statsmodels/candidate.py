"""A result of statsmodels as a candidate: its coefficients, its objective where it kept that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pytest_modelparity.frameworks.statsmodels.design import Design, design_of
from pytest_modelparity.frameworks.statsmodels.objective import read_objective
from pytest_modelparity.frameworks.statsmodels.words import written
from pytest_modelparity.settings import ModelSettings, TrainingSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.opaque import OpaqueCandidate


class ResultCandidate:
    """A result of statsmodels, taken as it is.

    Parameters
    ----------
    result : object
        What ``fit`` or ``fit_regularized`` returned.
    data : Dataset
        What it is compared on.

    Raises
    ------
    ModelParityError
        If it was fitted on other columns.
    """

    objective = None
    training = None

    def __init__(self, result: Any, data: Dataset) -> None:
        self._result, self._data = result, data
        self._design = design_of(result, data)
        self._title = f"statsmodels {_title(result)}"
        self._seen = OpaqueCandidate(
            _Predictor(result, self._design, data), data, title=self._title
        )

    def check(self) -> None:
        """Refuse it now where it does not predict what is compared."""
        self._seen.check()

    def train(self) -> FittedModel:
        """Take the result as it is."""
        fitted = self._seen.train()
        found = read_objective(self._result, self._design, self._data)
        if found is None:
            settings = replace(fitted.settings, framework="statsmodels")
            return replace(fitted, settings=settings, converged=_converged(self._result))
        objective, weights = found
        n_run, limit = _iterations(self._result)
        settings = ModelSettings(
            framework="statsmodels",
            model=self._title,
            objective=objective,
            training=TrainingSettings(iterations=limit, iterations_run=n_run, dtype="float64"),
            written=written(objective, self._data.n_samples, n_run, limit),
        )
        return replace(
            fitted,
            settings=settings,
            coef=self._design.coef,
            intercept=self._design.intercept,
            sample_weight=weights,
            converged=_converged(self._result),
            # Nothing of it is known by its predictions alone.
            findings=(),
            recovered=None,
        )

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> None:
        """Return nothing: a result is not filled."""


class _Predictor:
    """A result as something that predicts rows of X, and shows coefficients of X."""

    def __init__(self, result: Any, design: Design, data: Dataset) -> None:
        self._result, self._design = result, design
        self.classes_ = _classes(result, data)
        if design.coef is not None:
            self.coef_, self.intercept_ = design.coef, design.intercept

    def predict(self, X: Any) -> np.ndarray:
        """Return what it predicts."""
        return np.asarray(self._result.predict(self._design.rows(X)))

    predict_proba = predict


def _classes(result: Any, data: Dataset) -> np.ndarray | None:
    """Return the classes of its columns, where it kept those of y (``MNLogit``)."""
    names = getattr(result.model, "_ynames_map", None)
    if not names or len(names) != data.n_classes:
        return None
    known = np.array([names[place] for place in sorted(names)])
    same = sorted(known.tolist()) == sorted(map(str, data.classes.tolist()))
    return known if same else None


def _title(result: Any) -> str:
    """Return what was fitted, in words: ``"GLM(Binomial, logit link)"``."""
    model = result.model
    name, family = type(model).__name__, getattr(model, "family", None)
    if family is not None:
        name += f"({type(family).__name__}, {type(family.link).__name__.lower()} link)"
    return f"{name} (taken as trained)"


def _converged(result: Any) -> bool | None:
    """Return what it says of its convergence; ``None``: nothing."""
    said = getattr(result, "converged", None)
    if said is None:
        said = (getattr(result, "mle_retvals", None) or {}).get("converged")
    return None if said is None else bool(said)


def _iterations(result: Any) -> tuple[int | None, int | None]:
    """Return the iterations that were made, and their limit, where it kept them."""
    kept = getattr(result, "mle_retvals", None) or {}
    # A GLM by iterated least squares has a history in place of an optimizer's return values.
    run = kept.get("iterations", getattr(result, "fit_history", {}).get("iteration"))
    limit = (getattr(result, "mle_settings", None) or {}).get("maxiter")
    return (None if run is None else int(run)), (None if limit is None else int(limit))

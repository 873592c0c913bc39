"""Whether a second fit of an estimator could only repeat the first, and what decides it."""

from __future__ import annotations

from typing import Any

import sklearn

from pytest_modelparity.sides.dataset import Dataset

#: Solvers of LogisticRegression that draw nothing (scikit-learn 1.9, _logistic.py), so that
#: ``random_state=None`` is no chance.
_WITHOUT_CHANCE = ("lbfgs", "newton-cg", "newton-cholesky")


def what_decides(estimator: Any, data: Dataset) -> tuple[Any, ...] | None:
    """Return all that the fit of an unfitted estimator depends on.

    ``None`` where a second fit may be another one, or does more than to return a model: by a
    class that is not scikit-learn's own, a random generator, threads, printing, a warm start.
    """
    described = _described(estimator)
    if described is None:
        return None
    # X as it came, whose type the solvers compute in; y by its codes, its labels and their type.
    rows = (data.X_given, data.y, data.classes, data.y_given.dtype.str, data.sample_weight)
    return (*described, rows, sklearn.get_config())


def _described(estimator: Any) -> tuple[Any, ...] | None:
    """Return class and parameters; ``None``: a second fit may be another one."""
    kind = type(estimator)
    # A subclass may do what it likes, and so may a `fit` that a test put in its place.
    if not all(_is_of_sklearn(item) for item in (kind, getattr(kind, "fit", None))):
        return None
    parameters = estimator.get_params(deep=False)
    # Beside its parameters: a request for metadata, or a method of this one object.
    if set(vars(estimator)) - set(parameters) or not _is_quiet(parameters):
        return None
    by_chance = parameters.get("random_state", 0) is None
    if by_chance and parameters.get("solver") not in _WITHOUT_CHANCE:
        return None
    return kind, parameters


def _is_of_sklearn(item: Any) -> bool:
    """Whether a class or method is scikit-learn's own."""
    return str(getattr(item, "__module__", "")).startswith("sklearn.")


def _is_quiet(parameters: dict[str, Any]) -> bool:
    """Whether a fit with these parameters only returns a model."""
    return (
        not parameters.get("verbose")
        and not parameters.get("warm_start")
        # joblib's backends are the user's to register.
        and parameters.get("n_jobs") in (None, 1)
    )

"""A mapping under test with one estimator, and what the rules ask of both."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.side import TRAINING, Side
from pytest_modelparity.settings import OBJECTIVE_SETTINGS, TRAINING_SETTINGS
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.mapping import EstimatorMapping, MappingRow
from pytest_modelparity.theory.class_by_class import certify

#: The names that words and changes may have.
SETTINGS = {*OBJECTIVE_SETTINGS, *TRAINING_SETTINGS}

#: What a long training may leave of the gradient, beside the mean loss; a strength that is read
#: wrong by a factor leaves more than 1e-3.
ZERO_GRADIENT = 1e-5
#: Predictions nearer to each other than this are equal.
SAME_PREDICTION = 1e-4


# Not slotted: it keeps which data the mapping takes.
@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A mapping, an estimator that it knows, and the data to fit it on.

    Parameters
    ----------
    mapping : EstimatorMapping
        Under test.
    estimator : object
        Unfitted.
    all_data : tuple of Dataset
        Some of which the mapping may refuse.
    """

    mapping: EstimatorMapping
    estimator: Any
    all_data: tuple[Dataset, ...]

    @cached_property
    def data(self) -> tuple[Dataset, ...]:
        """The data that the mapping takes this estimator on.

        Raises
        ------
        AssertionError
            If there is none.
        """
        taken, refused = [], ""
        for data in self.all_data:
            try:
                self.mapping.read(self.estimator, data)
            except ModelParityError as error:
                refused = str(error)
            else:
                taken.append(data)
        assert taken, f"read refuses the estimator on all data: {refused}"
        return tuple(taken)

    def is_refused(self, estimator: Any, data: Dataset) -> bool:
        """Whether the mapping refuses an estimator on these data."""
        try:
            self.mapping.read(estimator, data)
        except ModelParityError:
            return True
        return False

    def trained_long(self, data: Dataset, estimator: Any = None) -> Side:
        """Return what comes nearest to a gradient of zero: the plain fit, or a remedy's."""
        estimator = self.estimator if estimator is None else estimator
        fitted = self.mapping.fit(estimator, data)
        best = Side(name="reference", data=data, fitted=fitted)
        for remedy in self.mapping.remedies(estimator, data, fitted=fitted):
            # A good fit is taken as it is: remedies cost up to a thousand times as much.
            if gradient_norm(best) <= ZERO_GRADIENT:
                break
            trained = self.mapping.fit(remedy.recipe, data)
            side = Side(name="reference", data=data, fitted=trained)
            # The best, not the last: a stricter tol may end a solver where its line search fails.
            best = min(best, side, key=gradient_norm)
        return best

    def parameters(self) -> dict[str, Any]:
        """Return the constructor's parameters and their values, which attributes hold."""
        # Not get_params: an estimator need not be scikit-learn's, only keep what it is given, as
        # they do.
        names = inspect.signature(type(self.estimator)).parameters
        return {name: getattr(self.estimator, name) for name in names}

    def varied(self) -> Iterator[tuple[str, Any, Any]]:
        """Yield the name of each parameter, another value, and the estimator that has it."""
        parameters = self.parameters()
        for name, value in parameters.items():
            other = another(value)
            try:
                varied = type(self.estimator)(**{**parameters, name: other})
            except (TypeError, ValueError):  # refused by the constructor itself
                continue
            yield name, other, varied

    def row(self, estimator: Any, name: str, data: Dataset) -> MappingRow | None:
        """Return the mapping's row of a parameter."""
        rows = self.mapping.mapping_rows(estimator, data)
        return next((row for row in rows if row.name == name), None)


def gradient_norm(side: Side) -> float:
    """Return the largest element of the smallest subgradient of a side's objective.

    Raises
    ------
    AssertionError
        If the mapping leaves the objective or the parameters open.
    """
    fitted, objective = side.fitted, side.canonical
    assert side.objective is not None, "read must return an objective, got None"
    assert objective is not None
    assert fitted.coef is not None, "fit must return coef, got None"
    assert fitted.intercept is not None, "fit must return intercept, got None"
    # Not the certificate that the mapping itself may bring along.
    coef, intercept = side.objective.layer_parameters(fitted.coef, fitted.intercept)
    norm = certify(objective, coef, intercept, side.optimum).gradient_norm
    # Neither NaN nor infinity may win the comparison with others.
    return norm if np.isfinite(norm) else float("inf")


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """Return the largest difference of a prediction; infinite from NaN or another shape."""
    if np.shape(first) != np.shape(second):
        return float("inf")
    distance = float(np.abs(first - second).max())
    return distance if np.isfinite(distance) else float("inf")


def from_optimum(side: Side) -> float:
    """Return how far the predictions are from those of the exact optimum."""
    optimum = side.optimum
    assert optimum is not None, "read must return an objective, got None"
    return apart(side.predictions(TRAINING), optimum.predictions)


def another(value: Any) -> Any:
    """Return another value of a parameter, allowed or not."""
    if isinstance(value, (bool, np.bool_)):
        return not value
    if isinstance(value, (int, np.integer)):
        # Odd and larger: 0 and 1 change too, and a count of iterations or features stays one.
        return 2 * int(value) + 1
    if isinstance(value, (float, np.floating)):
        number = float(value)
        # Doubled, as a strength must move the optimum visibly; 0 and infinity have no double.
        return 2 * number if 0 < abs(number) < float("inf") else 0.5
    return f"{value}?" if isinstance(value, str) else 1

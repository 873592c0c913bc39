"""One trained side of a check: read once, asked once for each set of rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.report.parts import Certificate
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.sides.optimum import AtOptimum, optimum_of
from pytest_modelparity.theory.class_by_class import (
    certify,
    determined,
    determined_in_training,
    determined_on_sample,
    optimum_seconds,
)
from pytest_modelparity.theory.design import DesignMatrix, as_design_matrix, scaled_features
from pytest_modelparity.theory.new_rows import Determined
from pytest_modelparity.theory.one_vs_rest import Objective
from pytest_modelparity.theory.optimum import Optimum

#: The two sets of rows on which a side is measured.
TRAINING, EVALUATION = "training", "evaluation"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """What a model is to predict, and on which rows.

    Parameters
    ----------
    predictions : ndarray of shape (n_rows, n_columns)
        On a set of rows.
    rows : str
        Which set: `EVALUATION` or `TRAINING`.
    known : ndarray of bool of shape (n_rows,), optional
        The rows of the set that count; default: all.
    """

    predictions: np.ndarray
    rows: str = EVALUATION
    known: np.ndarray | None = None

    def difference(self, predictions: np.ndarray) -> np.ndarray:
        """Return how far other predictions on the same set of rows are away, where that counts."""
        moved: np.ndarray = predictions - self.predictions
        return moved if self.known is None else moved[self.known]

    def distance(self, predictions: np.ndarray) -> float:
        """Return the largest of these differences."""
        return largest(self.difference(predictions))


# Not slotted: its measurements are made when they are first asked for.
@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """A trained model with everything that is measured of it.

    Parameters
    ----------
    name : str
        ``"reference"`` or ``"candidate"``.
    data : Dataset
        What it was trained on, and the rows that the sides are compared on.
    fitted : FittedModel
        As trained.
    """

    name: str
    data: Dataset
    fitted: FittedModel
    _predictions: dict[str, np.ndarray] = field(default_factory=dict, init=False, repr=False)

    @property
    def settings(self) -> ModelSettings:
        """What was read of it."""
        return self.fitted.settings

    @cached_property
    def objective(self) -> SideObjective | None:
        """Its objective with its row weights; ``None`` where that is not modelled."""
        return self.fitted.objective

    @cached_property
    def canonical(self) -> Objective | None:
        """Its objective on the training rows."""
        return None if self.objective is None else self.objective.on(self.data)

    @cached_property
    def optimum(self) -> Optimum | None:
        """The exact optimum of its own objective."""
        # By a Newton method of our own: neither trainer may be the yardstick. scikit-learn's lbfgs
        # at tol=1e-10 ended 2.6e-2 from it in a coefficient on unscaled digits, and was silent.
        if self.objective is None:
            return None
        # From where the side already is: two steps instead of nine.
        return optimum_of(self.objective, self.data, self._layer_parameters)

    @property
    def came_trained(self) -> bool:
        """Whether it was trained elsewhere, nobody knows on what."""
        return self.fitted.seconds is None and not self.fitted.trained_by

    @property
    def at_optimum(self) -> AtOptimum | None:
        """It at its own optimum, where every row of the training determines what that predicts."""
        if self.objective is None or self.optimum is None or self.optimum.finite is False:
            return None
        return AtOptimum.of(self.objective, self.optimum, self.data.n_classes)

    @property
    def optimum_seconds(self) -> float:
        """Seconds that its optimum is reckoned to have taken."""
        if self.canonical is None or self.optimum is None:
            return 0.0
        return optimum_seconds(self.canonical, self.optimum.n_iter)

    @cached_property
    def certificate(self) -> Certificate | None:
        """The proven distance to the optimum of its own objective.

        On the training rows, and on those that are compared where these are others.
        """
        proven = self._proven
        if proven is None or self.data.evaluates_training_rows:
            return proven
        evaluation, target = None, self.target_on(EVALUATION)
        if target is not None and target.known is None and self._determined.distance is not None:
            evaluation = self.distance_to(target) + self._determined.distance
        return replace(proven, rows=TRAINING, evaluation=evaluation)

    @property
    def _proven(self) -> Certificate | None:
        """The proven distance to the optimum of its own objective, on the training rows."""
        fitted = self.fitted
        # Proven in float64 where it was trained; what is left of it in a float32 model proves less.
        if fitted.certificate is not None:
            return fitted.certificate
        if self.canonical is None or self._layer_parameters is None:
            return None
        return certify(self.canonical, *self._layer_parameters, self.optimum)

    @property
    def _layer_parameters(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Its coef and intercept as its penalty sees them; ``None`` where it has none."""
        fitted = self.fitted
        if self.objective is None or fitted.coef is None or fitted.intercept is None:
            return None
        # The penalty acts in the coordinates of the layer, behind whatever scaling the model does
        # itself.
        return self.objective.layer_parameters(fitted.coef, fitted.intercept)

    def described(self, fitted: FittedModel) -> Side:
        """Return the side with other words and settings of the same model."""
        side = Side(name=self.name, data=self.data, fitted=fitted)
        # What it predicts does not depend on them, and may take long.
        side._predictions.update(self._predictions)
        return side

    def predictions(self, rows: str) -> np.ndarray:
        """Return what the trained model predicts on a set of rows; it is asked once for each.

        Raises
        ------
        ModelParityError
            If it predicts an array of another shape. NaN is no error: it diverges.
        """
        # The evaluation rows are the training rows unless others were given, and stand for these
        # where they are passed over.
        key = TRAINING if self.data.evaluates_training_rows else rows
        key = key if self.data.is_held else EVALUATION
        if key not in self._predictions:
            self._predictions[key] = predict(self.fitted, self.data, key, self.name)
        return self._predictions[key]

    @property
    def target(self) -> Target | None:
        """What the exact optimum of its own objective predicts; ``None`` where it is not known.

        On those of the rows compared on which that is determined; where it is on none, on the
        training rows, if these are held.
        """
        compared = self.target_on(EVALUATION)
        if compared is None or compared.known is None or compared.known.any():
            return compared
        return self.target_on(TRAINING) if self.data.is_held else None

    def target_on(self, rows: str) -> Target | None:
        """Return what its optimum predicts on a set of rows, and where that is determined."""
        if self.objective is None or self.optimum is None:
            return None
        # The residuals of the training rows solve the dual problem, which is strictly concave on a
        # box: they are unique even where the coefficients are infinite.
        in_training = rows == TRAINING and self.data.is_held
        if in_training or self.data.evaluates_training_rows:
            assert self.canonical is not None
            found = determined_in_training(self.canonical, self.optimum)
        else:
            found = self._determined
        known = None if found.known.all() else found.known
        return Target(predictions=found.predictions, rows=rows, known=known)

    @cached_property
    def _determined(self) -> Determined:
        """What its optimum determines on the evaluation rows."""
        assert self.objective is not None
        assert self.optimum is not None
        X, objective = scaled_rows(self.objective, self.data), self.objective.on(self.data)
        if self.data.sampled is not None:
            return determined_on_sample(objective, self.optimum, X, self.data.sampled)
        return determined(objective, self.optimum, X)

    def distance_to(self, target: Target) -> float:
        """Return the largest difference between its predictions and a target."""
        return target.distance(self.predictions(target.rows))

    def resolution(self, rows: str) -> float:
        """Return what the certificate of its optimum leaves open on a set of rows."""
        if rows == EVALUATION and not self.data.evaluates_training_rows and self.optimum:
            return self._determined.distance or 0.0
        return self.training_resolution

    @property
    def training_resolution(self) -> float:
        """The same on all rows of the training, held or not."""
        return 0.0 if self.optimum is None else self.optimum.certificate.distance or 0.0

    @property
    def may_be_finite(self) -> bool:
        """Whether its objective is not proven to lack a finite minimiser."""
        # Only a proof counts: undecided (None) is taken for finite.
        return self.optimum is None or self.optimum.finite is not False


def predict(fitted: FittedModel, data: Dataset, rows: str, name: str = "model") -> np.ndarray:
    """Return what a trained model predicts on a set of rows, its shape checked.

    Raises
    ------
    ModelParityError
        If the shape is not one row of predictions for each row.
    """
    X = data.X_given if rows == TRAINING else data.X_eval_given
    n_rows = data.n_samples if rows == TRAINING else int(data.X_eval.shape[0])
    return refuse_shape(fitted.predict(X), n_rows, data, name)


def refuse_shape(predicted: np.ndarray, n_rows: int, data: Dataset, name: str) -> np.ndarray:
    """Return predictions of so many rows; refuses those of another shape.

    Raises
    ------
    ModelParityError
        If it is another.
    """
    # One column for two classes would broadcast against two, and every distance would be wrong.
    if predicted.shape != (n_rows, data.n_columns):
        what = "probabilities" if data.n_classes else "numbers"
        each = "one column for each class" if data.n_classes else "one for each row"
        raise ModelParityError(
            f"the {name} must predict {what} of shape ({n_rows}, {data.n_columns}), {each}, "
            f"got {predicted.shape}"
        )
    return predicted


def predict_at_optimum(
    objective: SideObjective, optimum: Optimum, data: Dataset, rows: str
) -> np.ndarray:
    """Return what an optimum predicts on a set of rows.

    Without a finite optimum only the predictions of the training rows are determined.
    """
    if data.evaluates_training_rows or (rows == TRAINING and data.is_held):
        return optimum.predictions
    X = scaled_rows(objective, data)
    return objective.on(data).predictions(optimum.coef, optimum.intercept, X)


def scaled_rows(objective: SideObjective, data: Dataset, rows: str = EVALUATION) -> DesignMatrix:
    """Return a set of rows as the layer of a side sees them."""
    # Settings of the layer, rows as given: a model that scales its features is asked behind its
    # scaling.
    given = data.held_rows if rows == TRAINING else data.X_eval
    X: DesignMatrix = scaled_features(objective.settings, as_design_matrix(given))
    return X

"""One side's objective: its settings, and the row weights that belong to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.theory.coordinates import of_scaled_features
from pytest_modelparity.theory.one_vs_rest import Objective, objective_of


def units_of(settings: ObjectiveSettings, n_classes: int) -> int:
    """Return how many outputs a layer has for the head of an objective."""
    return n_classes if settings.output_head in ("softmax", ONE_VS_REST) else 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SideObjective:
    """The settings of an objective with the row weights that they speak of.

    Parameters
    ----------
    settings : ObjectiveSettings
        As read.
    sample_weight : ndarray of shape (n_samples,), optional
        Weights of the training rows, class weights not included.
    """

    settings: ObjectiveSettings
    sample_weight: np.ndarray | None = None

    def on(self, data: Dataset) -> Objective:
        """Return the canonical objective on the training rows."""
        return objective_of(self.settings, data.X, data.y, data.n_classes, self.sample_weight)

    def fit_weights(self, data: Dataset) -> np.ndarray | None:
        """Return what ``fit`` is given as weights; ``None`` where all rows weigh 1.

        Of the rows, or of every unit of a row (n_samples, n_classes) where the binary problems of
        a one-vs-rest model weigh it each in its own way.
        """
        by_row, pairs = self.row_weights(data), self.settings.binary_weight
        if pairs is None:
            return by_row
        rest, inside = np.asarray(pairs).T
        by_unit: np.ndarray = np.where(np.eye(data.n_classes, dtype=bool)[data.y], inside, rest)
        return by_unit if by_row is None else by_unit * by_row[:, None]

    def row_weights(self, data: Dataset) -> np.ndarray | None:
        """Return the weights of the rows alone; ``None`` where they all weigh 1.

        Sample weights times class weights, as given: the canonical weights of
        `theory.design.canonical_weights` also hold what the loss makes of them.
        """
        # A blend may have the array without the setting: the setting decides.
        weights = self.sample_weight if self.settings.sample_weight else None
        if self.settings.class_weight is None:
            return weights
        # They multiply, as in scikit-learn; Keras's `fit` refuses both at once, so it is given the
        # product.
        by_class: np.ndarray = np.asarray(self.settings.class_weight)[data.y]
        return by_class if weights is None else by_class * weights

    def layer_parameters(
        self, coef: np.ndarray, intercept: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return parameters of the features as given in the coordinates of this objective."""
        settings = self.settings
        return of_scaled_features(
            settings.feature_shift,
            settings.feature_scale,
            coef,
            intercept,
            settings.feature_map,
        )

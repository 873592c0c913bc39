"""The model that is looked at, on the rows and in the coordinates of the expected objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from pytest_modelparity.inference.objectives.features import Features, features_of
from pytest_modelparity.inference.objectives.given import LinearModel, Rows, in_unit
from pytest_modelparity.inference.objectives.on_rows import Look, ModelOnRows, rank_of
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.coordinates import of_scaled_features
from pytest_modelparity.theory.design import (
    DesignMatrix,
    FloatArray,
    IntArray,
    Targets,
    as_codes,
    canonical_weights,
    scaled_features,
)
from pytest_modelparity.theory.expansion import Expansion
from pytest_modelparity.theory.logistic import on_outputs
from pytest_modelparity.theory.losses import Loss, loss_of
from pytest_modelparity.theory.objective import LinearObjective, objective_from_settings
from pytest_modelparity.theory.rows import RowTable

#: Standard deviations up to which an intercept is none.
NO_INTERCEPT = 6.0
#: What float64 makes of an intercept of 0, as a part of the largest decision.
ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """The model on the rows, features scaled as the expected objective scales them.

    Numbers are divided by their unit, which of an objective changes the strength of an L1 penalty
    alone; and differences of predictions by what is left of their spread, so that all of them
    compare with those of probabilities.

    Parameters
    ----------
    X : ndarray or RowMatrix of shape (n, p)
        The scaled features, in memory or passed over.
    y, n_classes, sample_weight
        As of `Rows`, y in its unit.
    base : ObjectiveSettings
        The expected objective, without the scaling.
    table : ndarray of shape (K', p + 1)
        The model's parameters, one row an output, centred over the outputs of a softmax.
    gap : float
        How far its predictions are from those of the parameters.
    noise_factor : ndarray, optional
        Of ``table.reshape(-1)``.
    as_given : tuple of ndarray, optional
        Shift and scale that undo the scaling of the expected objective.
    unit : float
        What y is divided by.
    spread : float
        That of y then; 1 of probabilities.
    """

    X: FloatArray | RowMatrix
    y: Targets
    n_classes: int
    sample_weight: FloatArray | None
    base: ObjectiveSettings
    table: FloatArray
    gap: float
    noise_factor: FloatArray | None
    as_given: tuple[FloatArray, FloatArray] | None = None
    unit: float = 1.0
    spread: float = 1.0

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.y)

    @property
    def codes(self) -> IntArray:
        """What tells the rows apart that may weigh otherwise: the classes; 0 where y is numbers."""
        return as_codes(self.y) if self.n_classes else np.zeros(self.n, dtype=np.intp)

    @property
    def n_groups(self) -> int:
        """How many such groups there are."""
        return max(self.n_classes, 1)

    @property
    def of_numbers(self) -> bool:
        """Whether numbers are predicted, not probabilities."""
        return not self.n_classes

    @property
    def n_outputs(self) -> int:
        """Outputs K'."""
        return len(self.table)

    @property
    def is_softmax(self) -> bool:
        """Whether there is one output a class."""
        return self.base.output_head == "softmax"

    @cached_property
    def loss(self) -> Loss:
        """The loss of a row, without smoothing."""
        return loss_of(self.base.output_head, self.n_classes)

    @cached_property
    def on_rows(self) -> ModelOnRows:
        """The model on all rows, each of which weighs 1."""
        weight = np.broadcast_to(np.float64(1.0), (self.n,))
        rows = RowTable(X=self.X, ones=True, y=self.loss.targets(self.y), weight=weight)
        return ModelOnRows(rows=rows, loss=self.loss, table=self.table, n_classes=self.n_classes)

    @cached_property
    def look(self) -> Look:
        """What is asked of it whatever the hypothesis."""
        return self.on_rows.look()

    @cached_property
    def features(self) -> Features:
        """What is asked of the features alone."""
        return features_of(self.X)

    @property
    def are_held(self) -> bool:
        """Whether the rows are in memory."""
        return self.on_rows.rows.are_held

    @cached_property
    def A(self) -> FloatArray:  # noqa: N802
        """The features with a last column of ones, of rows in memory."""
        return np.hstack([self.X, np.ones((self.n, 1))])

    @cached_property
    def decisions(self) -> FloatArray:
        """Return (n, K'), of rows in memory."""
        return np.asarray(self.A @ self.table.T)

    @cached_property
    def slopes(self) -> FloatArray:
        """Derivatives (n, K') of the losses of rows in memory, without smoothing."""
        return self.loss.slope(self.decisions, self.on_rows.rows.y)

    @property
    def smoothed(self) -> FloatArray:
        """What smoothing adds to the slopes of each class, (K, K'); nothing without labels."""
        if not self.n_classes:
            return np.zeros((1, 1))
        hard = np.eye(self.n_classes)
        return (hard if self.is_softmax else hard[:, 1:]) - 1.0 / self.n_classes

    @cached_property
    def gram(self) -> FloatArray:
        """``A'A`` (q, q)."""
        return self.on_rows.gram()

    @cached_property
    def rank(self) -> int:
        """Of ``A``: how many parameters of one output the rows can see."""
        return min(rank_of(self.gram), self.n)

    @cached_property
    def rank_without_intercept(self) -> int:
        """Of ``X``."""
        return min(rank_of(self.gram[:-1, :-1]), self.n)

    @cached_property
    def has_intercept(self) -> bool:
        """Whether the intercept is more than the noise of none."""
        size, deviation = np.abs(self.table[:, -1]).max(), 0.0
        if self.noise_factor is not None:
            each = np.linalg.norm(self.noise_factor, axis=1).reshape(self.table.shape)
            deviation = float(each[:, -1].max())
        return bool(size > max(NO_INTERCEPT * deviation, ROUNDING * self.look.decision))

    @cached_property
    def _expected(self) -> Expansion:
        """The expected objective around the model: a Hessian is the longest of passes."""
        theta = self.parameters_for(self.base, self.table)
        return self.objective(self.base).expansion(theta)

    def expansion(
        self,
        settings: ObjectiveSettings,
        theta: FloatArray,
        objective: LinearObjective | None = None,
    ) -> Expansion:
        """Return an objective around a point, the expected one at the model remembered.

        ``objective`` is that of the settings, where there is one: it may hold a weight of each row.
        """
        if settings == self.base and np.array_equal(theta, self._expected.theta):
            return self._expected
        return (objective or self.objective(settings)).expansion(theta)

    def objective(
        self, settings: ObjectiveSettings, sample_weight: FloatArray | None = None
    ) -> LinearObjective:
        """Return an objective on these rows; ``sample_weight`` takes the place of those given."""
        weights = self.sample_weight if sample_weight is None else sample_weight
        return objective_from_settings(settings, self.X, self.y, self.n_classes, weights)

    def told(self, settings: ObjectiveSettings) -> ObjectiveSettings:
        """Return settings of an objective of these rows in the units of those that were given."""
        return in_unit(settings, 1.0 / self.unit)

    def parameters_for(self, settings: ObjectiveSettings, table: FloatArray) -> FloatArray:
        """Return parameters (d,) in the coordinates of an objective that may scale the features."""
        coef, intercept = of_scaled_features(
            settings.feature_shift, settings.feature_scale, table[:, :-1], table[:, -1]
        )
        whole = np.hstack([coef, intercept[:, None]])
        return whole.reshape(-1) if settings.fit_intercept else coef.reshape(-1)

    def moved(self, steps: Sequence[FloatArray]) -> list[float]:
        """Return the largest change of a prediction, to first order, of each step of ``table``."""
        return [one / self.spread for one in self.on_rows.moved(steps)]

    def apart(self, table: FloatArray) -> float:
        """Return the largest difference of a prediction to that of other parameters."""
        return self.on_rows.apart(table) / self.spread


def subject_of(rows: Rows, model: LinearModel, base: ObjectiveSettings) -> Subject:
    """Return a model in the coordinates of an expected objective."""
    n_outputs = rows.n_classes if base.output_head == "softmax" else 1
    unit = rows.unit(base.output_head)
    coef, intercept = on_outputs(model.coef, model.intercept, n_outputs)
    factor = model.noise_factor
    if factor is not None and len(coef) != len(model.coef):
        factor = _noise_on_outputs(factor, n_outputs)
    X, p = _dense(scaled_features(base, rows.X)), int(rows.X.shape[1])
    coef, intercept = of_scaled_features(base.feature_shift, base.feature_scale, coef, intercept)
    table = np.hstack([coef, intercept[:, None]]) / unit
    scale = np.ones(p) if base.feature_scale is None else np.array(base.feature_scale)
    if factor is not None:
        factor = factor * np.tile(np.append(scale, 1.0), len(table))[:, None] / unit
    if n_outputs > 1:
        table = table - table.mean(axis=0)
    subject = Subject(
        X=X,
        y=rows.y if rows.n_classes else rows.y / unit,
        n_classes=rows.n_classes,
        sample_weight=rows.sample_weight,
        base=in_unit(_plain(base, rows), unit),
        table=table,
        gap=model.gap / rows.spread,
        noise_factor=factor,
        as_given=_undone(base, p),
        unit=unit,
        spread=rows.spread / unit,
    )
    if model.predictions is None:
        return subject
    here = subject.loss.response(subject.decisions)
    gap = float(np.abs(here - model.predictions / unit).max()) / subject.spread
    return replace(subject, gap=gap)


def _dense(X: DesignMatrix | RowMatrix) -> FloatArray | RowMatrix:
    """Return rows as an array; as they are where they are passed over."""
    if isinstance(X, RowMatrix):
        return X
    return X.toarray() if isinstance(X, sparse.csr_array) else np.asarray(X, dtype=np.float64)


def _undone(base: ObjectiveSettings, p: int) -> tuple[FloatArray, FloatArray] | None:
    """Return shift and scale that make features as given of scaled ones."""
    if base.feature_scale is None:
        return None
    scale = np.array(base.feature_scale)
    shift = np.zeros(p) if base.feature_shift is None else np.array(base.feature_shift)
    return -shift / scale, 1.0 / scale


def _plain(base: ObjectiveSettings, rows: Rows) -> ObjectiveSettings:
    """Return settings without a scaling, and with the normalisation of weights as a factor."""
    plain = replace(base, feature_shift=None, feature_scale=None)
    if not base.weights_normalised:
        return plain
    bare = replace(plain, weights_normalised=False)
    weights = canonical_weights(bare, rows.y, rows.n_classes, rows.sample_weight)
    return replace(bare, loss_scale=base.loss_scale**2 / float(weights.mean()))


def _noise_on_outputs(factor: FloatArray, n_outputs: int) -> FloatArray:
    """Return the noise of two classes' parameters with another number of outputs."""
    if n_outputs == 1:
        half = len(factor) // 2
        return np.asarray(factor[half:] - factor[:half])
    return np.vstack([-factor, factor]) / 2.0

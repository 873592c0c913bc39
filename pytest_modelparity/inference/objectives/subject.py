"""The model that is looked at, on the rows and in the coordinates of the expected objective."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.linalg
from scipy import sparse
from scipy.special import expit, softmax

from pytest_modelparity.inference.objectives.given import LinearModel, Rows, in_unit
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.design import (
    FloatArray,
    IntArray,
    Targets,
    as_codes,
    canonical_weights,
    scaled_features,
)
from pytest_modelparity.theory.logistic import on_outputs
from pytest_modelparity.theory.losses import loss_of
from pytest_modelparity.theory.objective import LinearObjective, objective_from_settings

#: Part of the largest squared singular value up to which a column is a mixture of the others.
DEPENDENT = 1e-14
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
    X : ndarray of shape (n, p)
        The scaled features.
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

    X: FloatArray
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
    def A(self) -> FloatArray:  # noqa: N802
        """The features with a last column of ones."""
        return np.hstack([self.X, np.ones((self.n, 1))])

    @cached_property
    def decisions(self) -> FloatArray:
        """Return (n, K')."""
        return np.asarray(self.A @ self.table.T)

    @cached_property
    def p(self) -> FloatArray:
        """Probabilities of the outputs, or numbers, (n, K')."""
        if self.of_numbers:
            return loss_of(self.base.output_head, 0).response(self.decisions)
        return np.asarray(
            softmax(self.decisions, axis=1) if self.is_softmax else expit(self.decisions)
        )

    @cached_property
    def slope_of_response(self) -> FloatArray:
        """How fast numbers move with their decisions, (n, 1)."""
        weight = np.ones((self.n, 1))
        curvature = loss_of(self.base.output_head, 0).curvature(self.decisions, weight)
        # With the canonical link that is the second derivative of the loss.
        return curvature.diagonal

    @property
    def predictions(self) -> FloatArray:
        """Probabilities of the classes, (n, n_classes), or numbers (n, 1)."""
        return self.p if self.is_softmax or self.of_numbers else np.hstack([1 - self.p, self.p])

    @cached_property
    def hard(self) -> FloatArray:
        """Targets without smoothing, (n, K')."""
        if not self.is_softmax:
            return self.y[:, None].astype(np.float64)
        return np.eye(self.n_classes)[self.codes]

    @property
    def smoothed(self) -> FloatArray:
        """What smoothing adds to the slopes, (n, K'); nothing where there are no labels."""
        return self.hard - 1.0 / self.n_classes if self.n_classes else np.zeros((self.n, 1))

    @cached_property
    def slopes(self) -> FloatArray:
        """Derivatives (n, K') of the rows' losses by their decisions, without smoothing."""
        loss = self.objective(replace(self.base, label_smoothing=0.0)).loss
        return loss.slope(self.decisions, self.y)

    @cached_property
    def rank(self) -> int:
        """Of ``A``: how many parameters of one output the rows can see."""
        return _rank(self.A)

    @cached_property
    def rank_without_intercept(self) -> int:
        """Of ``X``."""
        return _rank(self.X)

    @cached_property
    def has_intercept(self) -> bool:
        """Whether the intercept is more than the noise of none."""
        size = np.abs(self.table[:, -1]).max()
        rounding = ROUNDING * np.abs(self.decisions).max()
        deviation = 0.0
        if self.noise_factor is not None:
            each = np.linalg.norm(self.noise_factor, axis=1).reshape(self.table.shape)
            deviation = float(each[:, -1].max())
        return bool(size > max(NO_INTERCEPT * deviation, rounding))

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
        coef, intercept = table[:, :-1], table[:, -1]
        if settings.feature_shift is not None:
            intercept = intercept + coef @ np.asarray(settings.feature_shift)
        if settings.feature_scale is not None:
            coef = coef * np.asarray(settings.feature_scale)
        whole = np.hstack([coef, intercept[:, None]])
        return whole.reshape(-1) if settings.fit_intercept else coef.reshape(-1)

    def moved(self, step: FloatArray) -> float:
        """Return the largest change of a prediction, to first order, of a step of ``table``."""
        return float(np.abs(self._change(step)).max()) / self.spread

    def length(self, step: FloatArray) -> float:
        """Return the length of a step of ``table`` in the norm of the loss's Hessian."""
        dz = self.A @ step.reshape(self.table.shape).T
        return float(np.sqrt(max(np.sum(dz * self._change(step)) / self.n, 0.0)))

    def _change(self, step: FloatArray) -> FloatArray:
        """Return the change (n, K') of predictions, to first order."""
        dz = np.asarray(self.A @ step.reshape(self.table.shape).T)
        if self.of_numbers:
            return self.slope_of_response * dz
        if self.is_softmax:
            dz = dz - np.sum(self.p * dz, axis=1, keepdims=True)
            return np.asarray(self.p * dz)
        return np.asarray(self.p * (1 - self.p) * dz)


def subject_of(rows: Rows, model: LinearModel, base: ObjectiveSettings) -> Subject:
    """Return a model in the coordinates of an expected objective."""
    n_outputs = rows.n_classes if base.output_head == "softmax" else 1
    unit = rows.unit(base.output_head)
    coef, intercept = on_outputs(model.coef, model.intercept, n_outputs)
    factor = model.noise_factor
    if factor is not None and len(coef) != len(model.coef):
        factor = _noise_on_outputs(factor, n_outputs)
    X = scaled_features(base, rows.X)
    dense = X.toarray() if isinstance(X, sparse.csr_array) else np.asarray(X, dtype=np.float64)
    scale = np.ones(dense.shape[1]) if base.feature_scale is None else np.array(base.feature_scale)
    if base.feature_shift is not None:
        intercept = intercept + coef @ np.asarray(base.feature_shift)
    table = np.hstack([coef * scale, intercept[:, None]]) / unit
    if factor is not None:
        factor = factor * np.tile(np.append(scale, 1.0), len(table))[:, None] / unit
    if n_outputs > 1:
        table = table - table.mean(axis=0)
    subject = Subject(
        X=dense,
        y=rows.y if rows.n_classes else rows.y / unit,
        n_classes=rows.n_classes,
        sample_weight=rows.sample_weight,
        base=in_unit(_plain(base, rows), unit),
        table=table,
        gap=0.0,
        noise_factor=factor,
        as_given=_undone(base, dense.shape[1]),
        unit=unit,
        spread=rows.spread / unit,
    )
    if model.predictions is None:
        return subject
    gap = float(np.abs(subject.predictions - model.predictions / unit).max()) / subject.spread
    return replace(subject, gap=gap)


def _rank(matrix: FloatArray) -> int:
    """Return the rank of a matrix, whatever the units of its columns."""
    scaled = matrix / np.maximum(np.linalg.norm(matrix, axis=0), 1e-300)
    wide = scaled.shape[1] > len(scaled)
    values = scipy.linalg.eigvalsh(scaled @ scaled.T if wide else scaled.T @ scaled)
    return int(np.sum(values > values[-1] * DEPENDENT))


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

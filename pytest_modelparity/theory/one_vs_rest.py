"""One-vs-rest: a binary objective for each class, and one prediction of all their sigmoids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike
from scipy.special import expit

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.theory.design import DesignMatrix, FloatArray, IntArray
from pytest_modelparity.theory.logistic import decision_to_probabilities
from pytest_modelparity.theory.objective import LinearObjective, objective_from_settings


def normalised_sigmoids(decision: FloatArray) -> FloatArray:
    """Return the sigmoid (n, K) of each decision, divided by the sum over its row.

    As scikit-learn's one-vs-rest models do it (1.9, ``linear_model/_base.py``,
    ``_predict_proba_lr``): where all sigmoids are 0 in float64, every class gets 1/K.
    """
    return normalised(expit(decision))


def normalised(sigmoids: FloatArray) -> FloatArray:
    """Return the same of the sigmoids themselves."""
    total = sigmoids.sum(axis=1, keepdims=True)
    shares = np.where(total == 0, 1.0, sigmoids)
    return np.asarray(shares / np.where(total == 0, sigmoids.shape[1], total))


def class_probabilities(decision: ArrayLike, n_classes: int, output_head: str) -> FloatArray:
    """Return class probabilities (m, n_classes) of a decision function behind a head."""
    if output_head == ONE_VS_REST:
        return normalised_sigmoids(np.asarray(decision, dtype=np.float64))
    return decision_to_probabilities(decision, n_classes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneVsRestObjective:
    """The sum of K binary objectives that share nothing but their rows.

    The k-th is a `LinearObjective` with a sigmoid, whose second class is the class k and whose
    first is the rest. Parameters are packed as those of a `LinearObjective` of K outputs: the
    coefficients of a class, then its intercept, then those of the next.

    Parameters
    ----------
    X : array or CSR, (n, p)
        The rows.
    y : array, (n,)
        Class codes.
    parts : tuple of LinearObjective
        One a class, in the order of the classes; equal but for y and row weights.
    """

    X: DesignMatrix
    y: IntArray
    parts: tuple[LinearObjective, ...]

    @property
    def row_weight(self) -> FloatArray:
        """What each row weighs in the problem of its own class, (n,)."""
        weights = np.stack([part.row_weight for part in self.parts])
        return np.asarray(weights[self.y, np.arange(self.n_samples)])

    @property
    def n_samples(self) -> int:
        """Number of rows."""
        return self.parts[0].n_samples

    @property
    def n_features(self) -> int:
        """Number of features p."""
        return self.parts[0].n_features

    @property
    def n_outputs(self) -> int:
        """Number of classes K."""
        return len(self.parts)

    @property
    def n_parameters(self) -> int:
        """Length d of ``theta``."""
        return sum(part.n_parameters for part in self.parts)

    @property
    def fit_intercept(self) -> bool:
        """Whether there are intercepts."""
        return self.parts[0].fit_intercept

    @property
    def l2_weights(self) -> FloatArray:
        """L2 strength of every element of ``theta``, (d,)."""
        return np.concatenate([part.l2_weights for part in self.parts])

    @property
    def l1_weights(self) -> FloatArray:
        """L1 strength of every element of ``theta``, (d,)."""
        return np.concatenate([part.l1_weights for part in self.parts])

    def of_class(
        self, coef: ArrayLike, intercept: ArrayLike
    ) -> tuple[tuple[FloatArray, FloatArray], ...]:
        """Return ``coef`` (K, p) and ``intercept`` (K,) as those of each part.

        Raises
        ------
        ModelParityError
            If there are not as many as classes.
        """
        W, b = np.asarray(coef, dtype=np.float64), np.asarray(intercept, dtype=np.float64)
        if len(W) != self.n_outputs or b.shape != (self.n_outputs,):
            raise ModelParityError(
                f"coef and intercept must have {self.n_outputs} rows, one for each class, got "
                f"{len(W)} and {b.shape}"
            )
        return tuple((W[k : k + 1], b[k : k + 1]) for k in range(self.n_outputs))

    def pack(self, coef: ArrayLike, intercept: ArrayLike) -> FloatArray:
        """Return ``theta`` (d,) of ``coef`` (K, p) and ``intercept`` (K,)."""
        each = zip(self.parts, self.of_class(coef, intercept), strict=True)
        return np.concatenate([part.pack(*parameters) for part, parameters in each])

    def table(self, coef: ArrayLike, intercept: ArrayLike) -> FloatArray:
        """Return ``theta`` as a row (q,) for each class."""
        return self.pack(coef, intercept).reshape(self.n_outputs, -1)

    def unpack(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return ``coef`` (K, p) and ``intercept`` (K,), zeros where there is none."""
        each = [part.unpack(own) for part, own in self._each(theta)]
        return np.vstack([coef for coef, _ in each]), np.concatenate([b for _, b in each])

    def value(self, theta: FloatArray) -> float:
        """Return the sum of the objectives, their L1 penalties included."""
        return sum(part.value(own) for part, own in self._each(theta))

    def gradient(self, theta: FloatArray) -> FloatArray:
        """Return the gradient (d,) without the L1 penalties."""
        return np.concatenate([part.gradient(own) for part, own in self._each(theta)])

    def hessian(self, theta: FloatArray) -> FloatArray:
        """Return the Hessian (d, d) without the L1 penalties: a block for each class."""
        blocks = [part.hessian(own) for part, own in self._each(theta)]
        return np.asarray(scipy.linalg.block_diag(*blocks))

    def predictions(
        self, coef: FloatArray, intercept: FloatArray, X: DesignMatrix | None = None
    ) -> FloatArray:
        """Return the predictions (m, K) of X; of the training rows where it is None."""
        return normalised_sigmoids(self.parts[0].decision_function(coef, intercept, X))

    def _each(self, theta: FloatArray) -> list[tuple[LinearObjective, FloatArray]]:
        """Return each part with its own parameters."""
        return list(zip(self.parts, np.split(theta, self.n_outputs), strict=True))


#: What a side may minimise.
Objective: TypeAlias = LinearObjective | OneVsRestObjective


def objective_of(
    settings: ObjectiveSettings,
    X: DesignMatrix,
    y: ArrayLike,
    n_classes: int,
    sample_weight: ArrayLike | None = None,
) -> Objective:
    """Return the objective that ``settings`` describe, as `objective_from_settings` does.

    Raises
    ------
    ModelParityError
        As `objective_from_settings`, and for weights of binary problems that are not one a class.
    """
    if settings.output_head != ONE_VS_REST:
        return objective_from_settings(settings, X, y, n_classes, sample_weight)
    weights = settings.binary_weight or ((1.0, 1.0),) * n_classes
    if len(weights) != n_classes:
        raise ModelParityError(
            f"binary_weight must hold {n_classes} pairs, one for each class, got {len(weights)}"
        )
    # As a softmax first: it refuses what are no codes, scales X and weighs the rows once for all.
    whole = objective_from_settings(
        replace(settings, output_head="softmax", binary_weight=None), X, y, n_classes, sample_weight
    )
    codes = np.asarray(whole.y, dtype=np.intp)
    parts = tuple(
        replace(
            whole,
            y=(codes == k).astype(np.intp),
            n_classes=2,
            row_weight=whole.row_weight * np.where(codes == k, inside, rest),
            output_head="sigmoid",
        )
        for k, (rest, inside) in enumerate(weights)
    )
    return OneVsRestObjective(X=whole.X, y=codes, parts=parts)

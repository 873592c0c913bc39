"""The exact optimum of an objective, with its certificate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.report.parts import Certificate
from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.theory.descent import NewtonResult
from pytest_modelparity.theory.design import BoolArray, FloatArray
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.gauge import gauge_directions
from pytest_modelparity.theory.losses import Rest
from pytest_modelparity.theory.minimum import minimised
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.proof import DENSE_LIMIT, Known, is_penalised, proof_at
from pytest_modelparity.theory.separation import find_separation, separates_completely


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Optimum:
    """The minimiser of an objective, or the limit of its infimum.

    Parameters
    ----------
    coef : array, (n_outputs, n_features)
        Centred over classes where a common shift does not change the objective; without a finite
        optimum, the point at which the iteration stopped.
    intercept : array, (n_outputs,)
        Likewise.
    value : float
        F there.
    certificate : Certificate
        Of this very point.
    finite : bool, optional
        Whether a finite minimiser is proven to exist (True), or not to (False).
    of_rows : array, (n, n_classes) or (n, 1), optional
        Predictions of the training rows, where these are held. Without a finite optimum the limit
        of the fitted probabilities, which is unique: exact where rows are separated, else as near
        as Newton's method got.
    n_iter : int
        Newton steps.
    element : array, (d,), optional
        Bound on the distance of each packed parameter to that of some minimiser.
    direction : array, (d,), optional
        Along which some rows are separated, and others are not.
    """

    coef: FloatArray
    intercept: FloatArray
    value: float
    certificate: Certificate
    finite: bool | None
    of_rows: FloatArray | None
    n_iter: int
    element: FloatArray | None = None
    direction: FloatArray | None = None

    @property
    def predictions(self) -> FloatArray:
        """The predictions of the training rows.

        Raises
        ------
        ModelParityError
            If these are passed over, and not held.
        """
        if self.of_rows is None:
            raise ModelParityError(
                "this step needs the predictions of all training rows in memory, which are passed "
                "over in blocks; pass fewer rows, or raise the memory that they may take"
            )
        return self.of_rows


@single_threaded
def find_optimum(
    objective: LinearObjective,
    start: FloatArray | None = None,
    *,
    dense_limit: int = DENSE_LIMIT,
) -> Optimum:
    """Minimise ``objective`` as far as float64 allows.

    Parameters
    ----------
    objective : LinearObjective
        What to minimise.
    start : array, (d,), optional
        Packed parameters to begin from, such as a similar objective's optimum; zeros where they
        are worse than zeros.
    dense_limit : int
        Number of parameters beyond which Hessian products (smooth) or a working set (L1) take
        the place of the dense Hessian, and the duality gap that of the Newton decrement.
    """
    gauge = gauge_directions(objective) if objective.n_parameters <= dense_limit else None
    result = minimised(objective, start, gauge, dense_limit)
    # Before the certificate, which is of the very point that is returned.
    theta = _representative(objective, result.theta)
    near = result.expansion
    if near is not None:
        # A shift that changes no prediction changes no Hessian: what was near stays so.
        near = replace(near, theta=near.theta + (theta - result.theta))
    coef, intercept = objective.unpack(theta)
    known = Known(near=near, gauge=gauge)
    proof = proof_at(objective, theta, dense_limit=dense_limit, known=known)
    certificate = proof.certificate
    if proof.seen is None:
        value, _, predictions = objective.at(theta)
    else:
        # Only a smooth objective is seen whole: it has no L1 penalty to add.
        value, predictions = proof.seen.value, proof.seen.predictions
    limit = _Limit(certificate, predictions)
    if not certificate.finite_optimum:
        limit = _limit(objective, replace(result, theta=theta), limit)
    return Optimum(
        coef=coef,
        intercept=intercept,
        value=value,
        certificate=limit.certificate,
        finite=limit.certificate.finite_optimum,
        of_rows=limit.predictions,
        n_iter=result.n_iter,
        element=proof.element,
        direction=limit.direction,
    )


@single_threaded
def whitening_factor(objective: LinearObjective, theta: FloatArray) -> FloatArray:
    """Return the lower Cholesky factor L (d, d) of the smooth Hessian at ``theta``.

    In the coordinates ``u = L.T @ theta`` the Hessian is the identity there, and L-BFGS needs a
    few dozen steps where it needs thousands on raw features: minimise over u, with
    ``theta = solve(L.T, u)`` and gradient ``solve(L, gradient(theta))``. Gauge directions are
    given unit curvature relative to the Hessian's diagonal.
    """
    factor = scaled_factor(objective.hessian(theta), gauge_directions(objective))
    assert factor is not None
    return factor.scale[:, None] * factor.lower


def _representative(objective: LinearObjective, theta: FloatArray) -> FloatArray:
    """Shift columns of parameters over the classes where loss and penalty leave it free.

    Without any penalty to mean 0. With an L1 penalty alone every median serves as origin: an even
    number of classes takes the midpoint, where no element is on the verge of its sign.
    """
    if not objective.loss.shift_invariant:
        return theta
    table = theta.reshape(objective.n_outputs, objective.n_columns)
    l1, l2 = objective.l1_weights.reshape(table.shape), objective.l2_weights.reshape(table.shape)
    middle = np.median(table, axis=0)
    # A median that is rounding must not turn exact zeros into elements with a sign.
    middle = np.where(np.abs(middle) > 1e-9 * np.abs(table).max(axis=0), middle, 0.0)
    origin = np.where(l1[0] > 0, middle, table.mean(axis=0))
    return np.where(l2 == 0, table - origin, table).ravel()


@dataclass(frozen=True, slots=True, eq=False)
class _Limit:
    """What an optimum may be in the limit: its certificate, predictions and direction."""

    certificate: Certificate
    predictions: FloatArray | None
    direction: FloatArray | None = None


def _limit(objective: LinearObjective, result: NewtonResult, reached: _Limit) -> _Limit:
    """Return the limit where no finite minimiser is proven to exist; ``reached`` if unknown."""
    recession, y = objective.loss.recession, objective.y
    assert recession is not None
    certificate, predictions = reached.certificate, reached.predictions
    separated = replace(certificate, distance=0.0, coef=None, finite_optimum=False)
    separated = replace(separated, condition_number=None, method="separation")
    weighted = (objective.row_weight > 0)[:, None]
    # Rows without weight have no limit of their own and stay as they are.
    limit = None if predictions is None else np.where(weighted, recession.limit(y), predictions)
    rest = recession.rest(y, recession.vanishing(y[weighted[:, 0]]))
    if certificate.finite_optimum is False and rest is None:
        return _Limit(separated, limit)
    if rest is not None and is_penalised(objective):
        return _without_vanishing(objective, rest, separated)
    if separates_completely(objective, result.theta):
        return _Limit(separated, limit)
    # Seconds on large data, and so last.
    separation = find_separation(objective, result.drift)
    if separation.theta is None:
        return reached
    if separation.kind == "complete":
        return _Limit(separated, limit)
    # The rows that are left are as near to their limit as Newton's method got: unproven.
    unproven = replace(separated, distance=None)
    if predictions is None or separation.separated is None:
        return _Limit(unproven, None, separation.theta)
    if not objective.n_classes:
        return _without_zeros(objective, separation.separated[:, 0] & weighted[:, 0], separated)
    kept = recession.without(predictions, separation.separated & weighted)
    return _Limit(unproven, kept, separation.theta)


def _without_vanishing(objective: LinearObjective, rest: Rest, separated: Certificate) -> _Limit:
    """Return the limit in which the classes that no weighted row has have probability 0."""
    reduced = find_optimum(replace(objective, y=rest.targets, n_classes=rest.n_classes))
    separated = replace(separated, distance=reduced.certificate.distance)
    if reduced.of_rows is None:
        return _Limit(separated, None)
    predictions = np.zeros((objective.n_samples, objective.n_classes))
    predictions[:, rest.columns] = reduced.of_rows
    return _Limit(separated, predictions)


def _without_zeros(
    objective: LinearObjective, vanished: BoolArray, separated: Certificate
) -> _Limit:
    """Return the limit in which some rows of zero have the prediction 0, and the others their own.

    The vanished rows hold nothing back in the limit, and what is left has an optimum of its own.
    """
    kept = ~vanished
    # The mean stays one over all rows.
    share = float(kept.sum()) / objective.n_samples
    reduced = find_optimum(
        replace(
            objective,
            X=objective.X[kept],
            y=objective.y[kept],
            row_weight=objective.row_weight[kept] * share,
        )
    )
    predictions = np.zeros((objective.n_samples, 1))
    predictions[kept] = reduced.predictions
    distance = reduced.certificate.distance if reduced.finite is True else None
    return _Limit(replace(separated, distance=distance), predictions)

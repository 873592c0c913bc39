"""A model that is held to have been trained behind a matrix of features, in its coordinates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy import linalg, sparse

from pytest_modelparity.inference.inferred import Inference
from pytest_modelparity.inference.objectives.choice import EXACT
from pytest_modelparity.inference.objectives.given import LinearModel, Rows
from pytest_modelparity.inference.objectives.on_rows import ModelOnRows
from pytest_modelparity.report.inference import PROVEN, InferredValue
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.design import DesignMatrix, FloatArray, scaled_features
from pytest_modelparity.theory.gauge import triangular_factor
from pytest_modelparity.theory.losses import loss_of
from pytest_modelparity.theory.rows import RowTable

#: What is said of a model that is where it should be.
AT_THE_EXPECTED = "it is at the optimum that is expected"
#: Part of the tolerance that a model of the mapped features may leave of the one that is looked at.
BESIDE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mapped:
    """What an inference is given, on the features that the expected objective is one of.

    Parameters
    ----------
    rows : Rows
        Mapped.
    model : LinearModel
        On these.
    expected : ObjectiveSettings
        Without the map.
    unused : bool
        Whether the model is none of these features: it is then looked at as one of the features as
        given.
    """

    rows: Rows
    model: LinearModel
    expected: ObjectiveSettings
    unused: bool = False

    def told(self, found: Inference) -> Inference:
        """Return an inference that says where the map was not used."""
        if not self.unused:
            return found
        value = InferredValue(setting="feature_scaling", text="None")
        if found.why == AT_THE_EXPECTED and found.base_distance <= EXACT:
            # All else is as expected.
            return replace(
                found,
                grade=PROVEN,
                why="",
                changes=(value,),
                settings=self.expected,
                distance=found.base_distance,
            )
        names = [one.setting for one in found.changes]
        if not names or value.setting in names:
            return found
        return replace(found, changes=(value, *found.changes))


def mapped(rows: Rows, model: LinearModel, expected: ObjectiveSettings, tolerance: float) -> Mapped:
    """Return what is given, behind the map of the expected objective where that has one.

    Parameters
    ----------
    tolerance : float
        In the unit of the rows' predictions.
    """
    if expected.feature_map is None:
        return Mapped(rows=rows, model=model, expected=expected)
    plain = replace(expected, feature_shift=None, feature_scale=None, feature_map=None)
    Z, both = scaled_features(expected, rows.X), _beside_each_other(expected, rows.X)
    every = np.broadcast_to(np.float64(1.0), (len(rows.y),))
    table = RowTable(X=both, ones=False, y=rows.y, weight=every)
    width = int(Z.shape[1]) + 1
    moved = _least_squares(table, width)
    # By the decisions on the rows: along what no row shows, coefficients are noise.
    given = np.hstack([model.coef, model.intercept[:, None]])
    there = given @ moved.T
    here = np.zeros((len(given), table.n_columns))
    here[:, width:], here[:, width - 1] = model.coef, model.intercept
    loss = loss_of("softmax" if rows.n_classes else expected.output_head, rows.n_classes)
    on_rows = ModelOnRows(rows=table, loss=loss, table=here, n_classes=rows.n_classes)
    nothing = np.zeros((len(given), table.n_columns - width))
    # False for a NaN.
    if not on_rows.apart(np.hstack([there, nothing])) <= BESIDE * tolerance:
        # Of the features as given, nobody has looked for that optimum.
        own = replace(model, to_expected=None)
        return Mapped(rows=rows, model=own, expected=plain, unused=True)
    factor = model.noise_factor
    if factor is not None:
        factor = np.kron(np.eye(len(given)), moved) @ factor
    return Mapped(
        rows=replace(rows, X=Z),
        model=replace(model, coef=there[:, :-1], intercept=there[:, -1], noise_factor=factor),
        expected=plain,
    )


def _beside_each_other(
    settings: ObjectiveSettings, X: DesignMatrix | RowMatrix
) -> FloatArray | RowMatrix:
    """Return mapped features, a column of ones and the features as given."""
    if not isinstance(X, RowMatrix):
        return _beside(settings, X)
    assert settings.feature_map is not None
    return X.mapped(partial(_beside, settings), settings.feature_map.size + 1 + X.shape[1])


def _beside(settings: ObjectiveSettings, X: DesignMatrix) -> FloatArray:
    """Return the same of rows in memory."""
    dense = X.toarray() if isinstance(X, sparse.csr_array) else np.asarray(X)
    return np.hstack([scaled_features(settings, X), np.ones((len(dense), 1)), dense])


def _least_squares(rows: RowTable, width: int) -> FloatArray:
    """Return what the first columns, of which the last is 1, have to be times for all others and 1.

    Of shape (width, q), with q - 1 other columns.
    """
    triangle, scale = triangular_factor(rows, rows.n_columns)
    scaled = linalg.lstsq(triangle[:width, :width], triangle[:width, width:])[0]
    moved = scaled * scale[width:] / scale[:width, None]
    return np.hstack([moved, np.eye(width)[:, -1:]])

"""A model that is held to have been trained behind a matrix of features, in its coordinates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, sparse

from pytest_modelparity.inference.inferred import Inference
from pytest_modelparity.inference.objectives.choice import EXACT
from pytest_modelparity.inference.objectives.given import LinearModel, Rows
from pytest_modelparity.report.inference import PROVEN, InferredValue
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.design import FloatArray, scaled_features
from pytest_modelparity.theory.logistic import decision_to_probabilities
from pytest_modelparity.theory.losses import loss_of

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
    Z = _with_ones(scaled_features(expected, rows.X))
    X = _with_ones(rows.X.toarray() if sparse.issparse(rows.X) else np.asarray(rows.X))
    # By the decisions on the rows: along what no row shows, coefficients are noise.
    table = np.hstack([model.coef, model.intercept[:, None]])
    moved = np.asarray(linalg.lstsq(Z, X)[0])
    there = table @ moved.T
    head = expected.output_head
    apart = _predictions(X @ table.T, rows, head) - _predictions(Z @ there.T, rows, head)
    # False for a NaN.
    if not float(np.abs(apart).max()) <= BESIDE * tolerance:
        # Of the features as given, nobody has looked for that optimum.
        return Mapped(
            rows=rows, model=replace(model, to_expected=None), expected=plain, unused=True
        )
    factor = model.noise_factor
    if factor is not None:
        factor = np.kron(np.eye(len(table)), moved) @ factor
    return Mapped(
        rows=replace(rows, X=Z[:, :-1]),
        model=replace(model, coef=there[:, :-1], intercept=there[:, -1], noise_factor=factor),
        expected=plain,
    )


def _with_ones(X: FloatArray) -> FloatArray:
    """Return rows with a last column of ones."""
    return np.hstack([X, np.ones((len(X), 1))])


def _predictions(decisions: FloatArray, rows: Rows, head: str) -> FloatArray:
    """Return what decisions predict."""
    if rows.n_classes:
        return decision_to_probabilities(decisions, rows.n_classes)
    return loss_of(head, 0).response(decisions)

"""Whether two trained sides are equivalent: everything measured on the rows of the verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.parity.divergence import (
    Parameters,
    Predictions,
    check_probabilities,
    comparable,
    measure,
)
from pytest_modelparity.report.parts import Divergence
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.tolerance import Tolerance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """What two trained sides predict, and how far they are apart.

    Parameters
    ----------
    predictions : Predictions
        On the evaluation rows.
    parameters : Parameters, optional
        Where both sides are linear.
    divergences : dict of str to Divergence
        By name.
    """

    predictions: Predictions
    parameters: Parameters | None
    divergences: dict[str, Divergence]

    @property
    def equivalent(self) -> bool:
        """Whether every tolerance holds."""
        return all(divergence.within for divergence in self.divergences.values())

    @property
    def probability(self) -> float:
        """The largest difference of a probability."""
        return self.divergences["probability"].value


def judge(
    data: Dataset,
    reference: FittedModel,
    candidate: FittedModel,
    tolerance: Tolerance,
    *,
    with_parameters: bool,
) -> Judgement:
    """Compare two trained sides.

    Parameters
    ----------
    with_parameters : bool
        Whether parameters mean anything: not where an objective has no finite optimum.
    """
    predictions = Predictions(
        reference=predicted(reference, data, "reference"),
        candidate=predicted(candidate, data, "candidate"),
        classes=data.classes,
        y=data.y_eval,
    )
    parameters = parameters_of(data, reference, candidate)
    compared = parameters if with_parameters else None
    divergences = measure(predictions, compared, _decisions(data, compared), tolerance)
    return Judgement(predictions=predictions, parameters=parameters, divergences=divergences)


def predicted(fitted: FittedModel, data: Dataset, side: str) -> np.ndarray:
    """Return a side's probabilities on the evaluation rows."""
    found = fitted.predict_proba(data.X_eval_given)
    return check_probabilities(found, data.X_eval.shape[0], data.n_classes, side)


def parameters_of(
    data: Dataset, reference: FittedModel, candidate: FittedModel
) -> Parameters | None:
    """Return both sides' parameters in comparable form, where both are linear."""
    sides = (reference, candidate)
    if any(side.coef is None or side.intercept is None for side in sides):
        return None
    first, second = (
        comparable(side.coef, side.intercept)  # type: ignore[arg-type]
        for side in sides
    )
    return Parameters(
        reference_coef=first[0],
        reference_intercept=first[1],
        candidate_coef=second[0],
        candidate_intercept=second[1],
        names=data.feature_names,
    )


def _decisions(data: Dataset, parameters: Parameters | None) -> np.ndarray | None:
    """Return both decision functions on the evaluation rows, free of the softmax gauge."""
    if parameters is None:
        return None
    X = data.X_eval
    return np.stack(
        [
            np.asarray(X @ parameters.reference_coef.T) + parameters.reference_intercept,
            np.asarray(X @ parameters.candidate_coef.T) + parameters.candidate_intercept,
        ]
    )

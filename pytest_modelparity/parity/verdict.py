"""Whether two trained sides are equivalent: everything measured on the evaluation rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.divergence import Parameters, comparable, measure
from pytest_modelparity.parity.every_row import (
    EveryRow,
    measured_on_every_row,
    predictions_of,
)
from pytest_modelparity.parity.predictions import Predictions
from pytest_modelparity.parity.side import Side
from pytest_modelparity.parity.tally import Tally
from pytest_modelparity.parity.worst_case import judged_worst_case, worst_case_of
from pytest_modelparity.report.numbers import joined, number
from pytest_modelparity.report.parts import Divergence
from pytest_modelparity.report.worst_case import WorstCase
from pytest_modelparity.settings import ONE_VS_REST
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.inputs import Inputs
from pytest_modelparity.sides.regression import spread_of
from pytest_modelparity.sides.unlabelled import has_labels
from pytest_modelparity.structure.dependence import nearest_equal
from pytest_modelparity.structure.ground import AffineMap
from pytest_modelparity.tolerance import DEFAULT_PREDICTION, Tolerance

#: The divergences that there are only between parameters.
OF_PARAMETERS = ("coef", "intercept", "decision_function")
#: Standard deviations that a recovered parameter is said to be known to.
DEVIATIONS = 3.0

#: Note of parameters that the rows do not determine.
DEPENDENT = "columns depend on each other: of all coefficients that are one model, the nearest"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """What two trained sides predict, and how far they are apart.

    Parameters
    ----------
    predictions : Predictions
        On the evaluation rows; of rows that are passed over, on the sample that stands for them.
    measured : EveryRow
        On all of them.
    parameters : Parameters, optional
        Where both sides are linear.
    divergences : dict of str to Divergence
        By name.
    worst_case : WorstCase, optional
        Where a tolerance judges it.
    brought : tuple of str
        Why rows were predicted here that lie somewhere else, a sentence each.
    """

    predictions: Predictions
    measured: EveryRow
    parameters: Parameters | None
    divergences: dict[str, Divergence]
    worst_case: WorstCase | None = None
    brought: tuple[str, ...] = ()

    @property
    def tally(self) -> Tally:
        """That of all rows."""
        return self.measured.tally

    @property
    def equivalent(self) -> bool:
        """Whether every tolerance holds."""
        # Each for itself, and no average of them: one that fails is what the user asked to hear of.
        return all(divergence.within for divergence in self.divergences.values())

    @property
    def decisive(self) -> Divergence:
        """The divergence of what both predict."""
        return self.divergences[self.predictions.quantity.name]

    @property
    def largest(self) -> float:
        """The largest difference of a prediction."""
        # The maximum, not the RMS: a mean over a thousand rows hides the one that is decided
        # wrongly.
        return self.decisive.value


def refuse_unjudged(tolerance: Tolerance, parameters: Parameters | None) -> None:
    """Refuse a tolerance of parameters that are not known: it would judge nothing.

    Raises
    ------
    ModelParityError
        If there is one.
    """
    asked = [name for name in OF_PARAMETERS if getattr(tolerance, name) is not None]
    if asked and parameters is None:
        raise ModelParityError(
            f"tolerance {asked[0]} would judge nothing: the coefficients of both sides are not "
            f"known, and could not be recovered from predictions; leave it out"
        )


def judge(
    reference: Side,
    candidate: Side,
    tolerance: Tolerance,
    inputs: Inputs | None = None,
    *,
    with_parameters: bool,
) -> Verdict:
    """Compare two trained sides.

    Parameters
    ----------
    inputs : Inputs, optional
        What columns of an input may hold, for a tolerance of the worst case.
    with_parameters : bool
        Whether parameters mean anything: not where an objective has no finite optimum.
    """
    data = reference.data
    predictions = predictions_of(reference, candidate)
    parameters = parameters_of(reference, candidate)
    compared = _modulo_dependence(parameters, data) if parameters and with_parameters else None
    sides, brought = (reference, candidate), list[str]()
    measured = measured_on_every_row(predictions, sides, compared, tolerance, brought.append)
    divergences = measure(measured.tally, compared, measured.decisions, tolerance)
    name = predictions.quantity.name
    divergences[name] = replace(divergences[name], note=_derived(tolerance, data))
    worst_case = None
    # Beside a verdict that does not ask for it, it is worked out once, for the report.
    if tolerance.judges_worst_case:
        worst_case = worst_case_of(predictions, parameters, data, inputs)
        divergences |= judged_worst_case(worst_case, parameters, tolerance)
    return Verdict(
        predictions=predictions,
        measured=measured,
        parameters=parameters,
        divergences=divergences,
        worst_case=worst_case,
        brought=tuple(brought),
    )


def _derived(tolerance: Tolerance, data: Dataset) -> str:
    """Say what of y's spread is allowed, where nobody said what; nothing for probabilities."""
    if data.n_classes or tolerance.prediction != DEFAULT_PREDICTION * spread_of(data):
        return ""
    weighted = ", weighted as the rows are" if data.sample_weight is not None else ""
    of = "y" if has_labels(data) else "the predictions"
    return part_of_spread(spread_of(data), of) + weighted


def part_of_spread(spread: float, of: str) -> str:
    """Say what the default tolerance of numbers is a part of."""
    return f"{DEFAULT_PREDICTION:g} of the standard deviation of {of}, {number(spread)}"


def parameters_of(reference: Side, candidate: Side) -> Parameters | None:
    """Return both sides' parameters in comparable form, where both are linear."""
    pairs = []
    both = [side.objective for side in (reference, candidate)]
    one_vs_rest = all(one is not None and one.settings.output_head == ONE_VS_REST for one in both)
    for fitted in (reference.fitted, candidate.fitted):
        if fitted.coef is None or fitted.intercept is None:
            return None
        # Not the parameters as they are held: two units of a softmax and one of a sigmoid may be
        # one model.
        held = fitted.coef, fitted.intercept
        # Sigmoids of one-vs-rest have no shift in common.
        pairs.append(held if one_vs_rest else comparable(*held))
    (reference_coef, reference_intercept), (candidate_coef, candidate_intercept) = pairs
    return Parameters(
        reference_coef=reference_coef,
        reference_intercept=reference_intercept,
        candidate_coef=candidate_coef,
        candidate_intercept=candidate_intercept,
        names=reference.data.feature_names,
        coef_note=_recovered_note(candidate, slice(None, -1)),
        intercept_note=_recovered_note(candidate, slice(-1, None)),
    )


def _modulo_dependence(parameters: Parameters, data: Dataset) -> Parameters:
    """Return the candidate's parameters as those nearest to the reference's that are its model.

    Where columns depend on each other, as a full one-hot group does, many are.
    """
    matrices = [data.X_eval] if data.held_rows is data.X_eval else [data.X, data.X_eval]
    if not all(isinstance(X, np.ndarray) for X in matrices):
        return parameters
    found = nearest_equal(
        AffineMap(coef=parameters.candidate_coef, intercept=parameters.candidate_intercept),
        AffineMap(coef=parameters.reference_coef, intercept=parameters.reference_intercept),
        matrices,
    )
    if found is None:
        return parameters
    return replace(
        parameters,
        candidate_coef=found.coef,
        candidate_intercept=found.intercept,
        coef_note=joined(DEPENDENT, parameters.coef_note),
        intercept_note=joined(DEPENDENT, parameters.intercept_note),
    )


def _recovered_note(candidate: Side, which: slice) -> str:
    """Say how well parameters are known that were recovered from predictions."""
    found = candidate.fitted.recovered
    if found is None or found.deviation is None or not candidate.fitted.has_recovered_parameters:
        return ""
    known = number(DEVIATIONS * float(found.deviation[:, which].max()), 2)
    return f"recovered from {found.form.name} predictions, known to {known}"

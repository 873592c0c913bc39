"""Tolerances that would judge nothing, refused before anything is trained."""

from __future__ import annotations

from dataclasses import replace

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.question import Question
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.regression import spread_of
from pytest_modelparity.tolerance import DEFAULT_PREDICTION, DEFAULT_PROBABILITY, Tolerance

#: What is measured of regressors alone, and of classifiers alone.
OF_NUMBERS = ("prediction", "prediction_rms")
OF_CLASSES = (
    "probability_rms",
    "labels",
    "decision_function",
    "log_loss",
    "worst_case",
    "worst_case_box",
)
_NUMBERS = ("classifiers", "a regressor, which predicts numbers")


def refuse_what_judges_nothing(tolerance: Tolerance, data: Dataset) -> None:
    """Refuse a tolerance of what cannot be measured on these data.

    Raises
    ------
    ModelParityError
        If it is for other quantities, for a box of more classes than two, or for scores of rows
        without labels.
    """
    _refuse_worst_case_of_passed_rows(tolerance, data)
    _refuse_box_of_many_classes(tolerance, data)
    _refuse_scores_without_labels(tolerance, data)


def tolerance_on(question: Question, data: Dataset) -> Tolerance:
    """Return the tolerance of what is predicted on these data.

    Of numbers it allows, by default, `DEFAULT_PREDICTION` of the standard deviation of the
    training y.

    Raises
    ------
    ModelParityError
        If it is for what is not predicted here.
    """
    tolerance: Tolerance = question.tolerance
    prediction = question.prediction_tolerance
    if data.n_classes:
        _refuse(tolerance, OF_NUMBERS, "regressors", "classifiers, which predict probabilities")
        return tolerance
    # The run's number for classifiers is no mistake here; one that was written for this check is.
    if question.for_classifiers and tolerance.probability != DEFAULT_PROBABILITY:
        _refuse(tolerance, ("probability",), *_NUMBERS)
    _refuse(tolerance, OF_CLASSES, *_NUMBERS)
    if prediction is None:
        prediction = DEFAULT_PREDICTION * spread_of(data)
    return replace(tolerance, probability=DEFAULT_PROBABILITY, prediction=prediction)


def _refuse(tolerance: Tolerance, names: tuple[str, ...], kind: str, given: str) -> None:
    """Refuse a tolerance of what these models do not predict: it would judge nothing."""
    asked = [name for name in names if getattr(tolerance, name) is not None]
    if asked:
        own = "prediction" if names is not OF_NUMBERS else "probability"
        raise ModelParityError(
            f"tolerance {asked[0]} is for {kind}, got {asked[0]}="
            f"{getattr(tolerance, asked[0])!r} for {given}; write Tolerance({own}=...)"
        )


def _refuse_worst_case_of_passed_rows(tolerance: Tolerance, data: Dataset) -> None:
    """Refuse to judge inputs between rows that are not held."""
    if tolerance.judges_worst_case and not data.is_held:
        raise ModelParityError(
            f"tolerance worst_case judges inputs between all rows, which takes {data.n_samples} x "
            f"{data.n_features} numbers in memory; leave it out, or raise the memory that rows may "
            f"take (memory=, --parity-memory)"
        )


def _refuse_box_of_many_classes(tolerance: Tolerance, data: Dataset) -> None:
    """Refuse to judge by a search: that it found nothing worse proves nothing."""
    if tolerance.worst_case_box is not None and data.n_classes > 2:
        raise ModelParityError(
            f"tolerance worst_case_box is for two classes, whose worst input in a box is known "
            f"exactly, got worst_case_box={tolerance.worst_case_box!r} for {data.n_classes} "
            f"classes; write Tolerance(worst_case=...), which judges mixtures of the rows"
        )


def _refuse_scores_without_labels(tolerance: Tolerance, data: Dataset) -> None:
    """Refuse a tolerance of scores that nobody can work out: it would judge nothing."""
    asked = [name for name in ("score", "log_loss") if getattr(tolerance, name) is not None]
    if asked and data.y_eval is None:
        raise ModelParityError(
            f"tolerance {asked[0]} needs the labels of the rows compared, got X_eval without them; "
            f"pass y_eval"
        )

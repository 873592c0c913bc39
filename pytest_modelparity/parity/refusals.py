"""Tolerances that would judge nothing, refused before anything is trained."""

from __future__ import annotations

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.tolerance import Tolerance


def refuse_what_judges_nothing(tolerance: Tolerance, data: Dataset) -> None:
    """Refuse a tolerance of what cannot be measured on these data.

    Raises
    ------
    ModelParityError
        If it is for other quantities, for a box of more classes than two, or for scores of rows
        without labels.
    """
    _refuse_box_of_many_classes(tolerance, data)
    _refuse_scores_without_labels(tolerance, data)


def refuse_other_quantities(tolerance: Tolerance) -> None:
    """Refuse a tolerance of what a classifier does not predict: it would judge nothing."""
    if tolerance.prediction is not None:
        raise ModelParityError(
            f"tolerance prediction is for regressors, got prediction={tolerance.prediction!r} for "
            f"classifiers, which predict probabilities; write Tolerance(probability=...)"
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

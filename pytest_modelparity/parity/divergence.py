"""How far two models are apart: predictions, labels, parameters, scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from pytest_modelparity.parity.tally import Peak, Tally
from pytest_modelparity.report.parts import Divergence
from pytest_modelparity.tolerance import Tolerance

#: Maps the number of a row to words.
NameRow: TypeAlias = Callable[[int], str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parameters:
    """Both sides' parameters in the same form: one row for two classes, else centred rows.

    Those of two one-vs-rest models are as they are.

    Parameters
    ----------
    reference_coef, candidate_coef : ndarray of shape (n_rows, n_features)
        Coefficients.
    reference_intercept, candidate_intercept : ndarray of shape (n_rows,)
        Intercepts.
    names : tuple of str
        Of the features.
    coef_note, intercept_note : str
        How the candidate's are known, where they were not read.
    """

    reference_coef: np.ndarray
    candidate_coef: np.ndarray
    reference_intercept: np.ndarray
    candidate_intercept: np.ndarray
    names: tuple[str, ...]
    coef_note: str = ""
    intercept_note: str = ""


def comparable(coef: np.ndarray, intercept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters free of the softmax gauge.

    Two classes: the one row of the sigmoid form, whatever the head. More: rows centred over the
    classes, since adding one vector to all of them changes no prediction.
    """
    if coef.shape[0] == 1:
        return coef, intercept
    # Not centred: half the difference, as each row then holds, is no number that the sigmoid side
    # shows.
    if coef.shape[0] == 2:
        return coef[1:] - coef[:1], intercept[1:] - intercept[:1]
    # An L2 penalty fixes the gauge of the coefficients, nothing fixes that of the intercepts. Two
    # exact optima of one objective may have any two intercept vectors that differ by a constant.
    return coef - coef.mean(axis=0), intercept - intercept.mean()


def largest(difference: np.ndarray) -> float:
    """Return the largest absolute element; NaN if there is any."""
    # Not nanmax: a row that was lost must fail every "<=" that follows.
    return float(np.abs(difference).max()) if difference.size else 0.0


def measure(
    tally: Tally,
    parameters: Parameters | None,
    decisions: Peak | None,
    tolerance: Tolerance,
    name_row: NameRow = "row {}".format,
) -> dict[str, Divergence]:
    """Return every divergence by name.

    Parameters
    ----------
    tally : Tally
        Of the evaluation rows.
    parameters : Parameters, optional
        Where both sides are linear.
    decisions : Peak, optional
        Of both decision functions in comparable form.
    tolerance : Tolerance
        What is allowed.
    name_row : callable
        Returns the words for the row of a number.
    """
    name, classes = tally.quantity.name, tally.classes
    divergences = {
        name: _worst(
            tally.peak, tolerance.of_quantity(name), _place(tally.peak, classes, name_row)
        ),
        f"{name}_rms": Divergence(
            # Summed over classes: for two it is √2 times that of the positive class alone.
            value=float(np.sqrt(tally.squares / tally.rows)),
            allowed=getattr(tolerance, f"{name}_rms"),
        ),
    }
    if tally.labels is not None:
        # Measured whatever is allowed: a report shows them where no tolerance judges them.
        divergences["labels"] = _labels(tally, tolerance, name_row)
    if parameters is not None:
        divergences |= _of_parameters(parameters, classes, tolerance)
    # The decision of a regressor is its prediction.
    if parameters is not None and decisions is not None and len(classes):
        # One decision of two classes is of neither.
        own = classes if len(parameters.reference_coef) > 1 else classes[:0]
        divergences["decision_function"] = _worst(
            decisions, tolerance.decision_function, _place(decisions, own, name_row)
        )
    return divergences | _of_scores(tally, tolerance)


def scores(tally: Tally) -> dict[str, tuple[float, ...]]:
    """Return accuracy and log-loss of both sides, or R2, where the truth is known."""
    truth = tally.truth
    if truth is None:
        return {}
    if truth.numbers is not None:
        return {"R2": tuple(_r2(each, truth.numbers.squares) for each in truth.residuals)}
    return {
        "accuracy": tuple(right / tally.rows for right in truth.right),
        "log_loss": tuple(loss / tally.rows for loss in truth.losses),
    }


def _place(peak: Peak, classes: np.ndarray, name_row: NameRow) -> str:
    """Return where two arrays are furthest apart, in words."""
    row = name_row(peak.row)
    return f"{row}, class {classes[peak.column].item()!r}" if len(classes) else row


def _worst(peak: Peak, allowed: float | None, place: str) -> Divergence:
    """Return the largest difference of two arrays."""
    return Divergence(
        value=peak.value,
        allowed=allowed,
        place=place,
        reference=peak.reference,
        candidate=peak.candidate,
    )


def _labels(tally: Tally, tolerance: Tolerance, name_row: NameRow) -> Divergence:
    """Return the share of labels that differ, those near the boundary counted apart."""
    labels = tally.labels
    assert labels is not None
    place = "" if labels.first is None else f"first at {name_row(labels.first)}"
    note = ""
    if labels.near:
        note = f"{labels.near} more within {2.0 * tolerance.probability:.3g} of the boundary"
    return Divergence(
        value=labels.counted / tally.rows, allowed=tolerance.labels, place=place, note=note
    )


def _of_parameters(
    parameters: Parameters, classes: np.ndarray, tolerance: Tolerance
) -> dict[str, Divergence]:
    """Return the largest coefficient and intercept differences."""
    difference = np.abs(parameters.reference_coef - parameters.candidate_coef)
    row, column = np.unravel_index(int(np.argmax(difference)), difference.shape)
    place = f"feature {parameters.names[int(column)]!r}"
    if difference.shape[0] > 1:
        place += f", class {classes[int(row)].item()!r}"
    intercepts = (parameters.reference_intercept, parameters.candidate_intercept)
    at = int(np.argmax(np.abs(intercepts[0] - intercepts[1])))
    return {
        "coef": Divergence(
            value=float(difference[row, column]),
            allowed=tolerance.coef,
            place=place,
            reference=float(parameters.reference_coef[row, column]),
            candidate=float(parameters.candidate_coef[row, column]),
            note=parameters.coef_note,
        ),
        "intercept": Divergence(
            value=float(abs(intercepts[0][at] - intercepts[1][at])),
            allowed=tolerance.intercept,
            place=f"class {classes[at].item()!r}" if len(intercepts[0]) > 1 else "",
            reference=float(intercepts[0][at]),
            candidate=float(intercepts[1][at]),
            note=parameters.intercept_note,
        ),
    }


def _of_scores(tally: Tally, tolerance: Tolerance) -> dict[str, Divergence]:
    """Return the differences of accuracy and log-loss, or of R2."""
    # Judged only where a user asks. Equal scores prove nothing: of the seven rows of a public
    # question two models that had both not converged labelled four right, each in its own way.
    names = {"accuracy": "score", "R2": "score", "log_loss": "log_loss"}
    return {
        names[name]: Divergence(
            value=abs(values[0] - values[1]),
            allowed=getattr(tolerance, names[name]),
            reference=values[0],
            candidate=values[1],
        )
        for name, values in scores(tally).items()
    }


def _r2(residual: float, spread: float) -> float:
    """Return the share of the variance that predictions explain; NaN where there is none."""
    return 1.0 - residual / spread if spread > 0 else float("nan")

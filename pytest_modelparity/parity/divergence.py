"""How far two models are apart: predictions, labels, parameters, scores."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pytest_modelparity.report.parts import Divergence
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.tolerance import Tolerance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictions:
    """Both sides' predictions on the same rows.

    Parameters
    ----------
    reference, candidate : ndarray of shape (n_rows, n_columns)
        Probabilities, a column for each class, or numbers in one column.
    classes : ndarray of shape (n_classes,)
        Labels; empty where numbers are predicted.
    y : ndarray of shape (n_rows,), optional
        True class codes, or numbers.
    quantity : Quantity
        What they are.
    """

    reference: np.ndarray
    candidate: np.ndarray
    classes: np.ndarray
    y: np.ndarray | None
    quantity: Quantity = field(default_factory=Quantity)


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


def rms(difference: np.ndarray) -> float:
    """Return the root mean square over rows of the rows' lengths."""
    # Summed over classes: for two classes it is √2 times that of the positive class alone.
    return float(np.sqrt(np.mean(np.sum(difference**2, axis=1))))


def measure(
    predictions: Predictions,
    parameters: Parameters | None,
    decisions: np.ndarray | None,
    tolerance: Tolerance,
) -> dict[str, Divergence]:
    """Return every divergence by name.

    Parameters
    ----------
    predictions : Predictions
        On the evaluation rows.
    parameters : Parameters, optional
        Where both sides are linear.
    decisions : ndarray of shape (2, n_rows, n_columns), optional
        Both decision functions in comparable form.
    tolerance : Tolerance
        What is allowed.
    """
    name = predictions.quantity.name
    divergences = {
        name: _worst(
            predictions.reference,
            predictions.candidate,
            tolerance.of_quantity(name),
            predictions.classes,
            "row {}",
        ),
        f"{name}_rms": Divergence(
            value=rms(predictions.reference - predictions.candidate),
            allowed=getattr(tolerance, f"{name}_rms"),
        ),
    }
    if len(predictions.classes):
        # Measured whatever is allowed: a report shows them where no tolerance judges them.
        divergences["labels"] = _labels(predictions, tolerance)
    if parameters is not None:
        divergences |= _of_parameters(parameters, predictions.classes, tolerance)
    # The decision of a regressor is its prediction.
    if decisions is not None and len(predictions.classes):
        divergences["decision_function"] = _worst(
            decisions[0], decisions[1], tolerance.decision_function, predictions.classes, "row {}"
        )
    return divergences | _of_scores(predictions, tolerance)


def scores(predictions: Predictions) -> dict[str, tuple[float, ...]]:
    """Return accuracy and log-loss of both sides, or R2, where the truth is known."""
    if predictions.y is None:
        return {}
    sides = (predictions.reference, predictions.candidate)
    if not len(predictions.classes):
        return {"R2": tuple(_r2(side[:, 0], predictions.y) for side in sides)}
    return {
        "accuracy": tuple(_accuracy(side, predictions.y) for side in sides),
        "log_loss": tuple(_log_loss(side, predictions.y) for side in sides),
    }


def labels_of(probabilities: np.ndarray) -> np.ndarray:
    """Return the predicted class codes; the first of equals."""
    return np.asarray(np.argmax(probabilities, axis=1))


def _worst(
    reference: np.ndarray,
    candidate: np.ndarray,
    allowed: float | None,
    classes: np.ndarray,
    rows: str,
) -> Divergence:
    """Return the largest difference of two arrays; a NaN counts as the largest."""
    difference = np.abs(reference - candidate)
    # argmax puts NaN first: a NaN is never hidden.
    place = np.unravel_index(int(np.argmax(difference)), difference.shape)
    row, column = int(place[0]), int(place[1])
    text = rows.format(row)
    if difference.shape[1] == len(classes):
        text += f", class {classes[column].item()!r}"
    return Divergence(
        value=float(difference[row, column]),
        allowed=allowed,
        place=text,
        reference=float(reference[row, column]),
        candidate=float(candidate[row, column]),
    )


def _labels(predictions: Predictions, tolerance: Tolerance) -> Divergence:
    """Return the share of labels that differ, those near the boundary counted apart."""
    reference, candidate = predictions.reference, predictions.candidate
    differs = labels_of(reference) != labels_of(candidate)
    # By the reference's margin: a candidate may not choose which of its rows are excused.
    top = np.sort(reference, axis=1)
    # A difference of tol in each of two probabilities turns a margin of 2 tol.
    near = top[:, -1] - top[:, -2] <= 2.0 * tolerance.probability
    # The largest of a row of NaN is its first column, a label like any other.
    invalid = np.isnan(reference).any(axis=1) | np.isnan(candidate).any(axis=1)
    counted = (differs & ~near) | invalid
    apart = int((differs & near & ~invalid).sum())
    place = ""
    if counted.any():
        place = f"first at row {int(np.argmax(counted))}"
    note = f"{apart} more within {2.0 * tolerance.probability:.3g} of the boundary" if apart else ""
    return Divergence(value=float(counted.mean()), allowed=tolerance.labels, place=place, note=note)


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


def _of_scores(predictions: Predictions, tolerance: Tolerance) -> dict[str, Divergence]:
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
        for name, values in scores(predictions).items()
    }


def _accuracy(probabilities: np.ndarray, y: np.ndarray) -> float:
    """Return the share of right labels; NaN where a prediction is."""
    if np.isnan(probabilities).any():
        return float("nan")
    return float(np.mean(labels_of(probabilities) == y))


def _r2(predictions: np.ndarray, y: np.ndarray) -> float:
    """Return the share of the variance of y that predictions explain; NaN where there is none."""
    spread = float(((y - y.mean()) ** 2).sum())
    return 1.0 - float(((y - predictions) ** 2).sum()) / spread if spread > 0 else float("nan")


def _log_loss(probabilities: np.ndarray, y: np.ndarray) -> float:
    """Return the mean log-loss in nats, probabilities kept off zero by one rounding unit.

    The same guard as scikit-learn 1.9's ``log_loss`` has for float64.
    """
    true = probabilities[np.arange(len(y)), y]
    return float(-np.log(np.maximum(true, np.finfo(np.float64).eps)).mean())

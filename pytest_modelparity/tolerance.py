"""How far two models may be apart and still count as equivalent."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from pytest_modelparity.errors import ModelParityError

#: Default of ``Tolerance.prediction``, as a part of the standard deviation of the training y.
DEFAULT_PREDICTION = 0.01

#: Default of ``Tolerance.probability``. A scikit-learn fit at default ``tol`` on standardised
#: data is itself 0.004 (breast_cancer) to 0.011 (digits) from its own optimum.
DEFAULT_PROBABILITY = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """The largest divergences allowed, each absolute; ``None`` means: measured, not judged.

    Parameters
    ----------
    probability : float
        Largest difference of any predicted probability, over all evaluation rows and classes.
    prediction : float, optional
        Largest difference of any prediction of a regressor, in the unit of its target; default:
        `DEFAULT_PREDICTION` of the standard deviation of the training y. A check of classifiers
        refuses it, as one of regressors has no probability.
    probability_rms, prediction_rms : float, optional
        Root mean square over rows of the difference.
    labels : float, optional
        Share of rows whose predicted label differs, in [0, 1].
    decision_function : float, optional
        Largest difference of the decision function (centred over classes for softmax).
    coef, intercept : float, optional
        Largest difference of a coefficient or an intercept (centred over classes for softmax).
    score : float, optional
        Difference of the accuracies, or of a regressor's R2.
    log_loss : float, optional
        Difference of the mean log-losses, in nats.
    worst_case : float, optional
        Largest difference of a probability over all mixtures of the rows.
    worst_case_box : float, optional
        The same over the box: every input whose columns each lie in their range. Two classes only.

    Raises
    ------
    ModelParityError
        If a value is neither ``None`` nor a finite number >= 0.
    """

    probability: float = DEFAULT_PROBABILITY
    prediction: float | None = None
    probability_rms: float | None = None
    prediction_rms: float | None = None
    labels: float | None = None
    decision_function: float | None = None
    coef: float | None = None
    intercept: float | None = None
    score: float | None = None
    log_loss: float | None = None
    worst_case: float | None = None
    worst_case_box: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            # The verdict of a classifier always rests on the probability.
            if value is None and field.name != "probability":
                continue
            number = _as_number(field.name, value)
            object.__setattr__(self, field.name, number)

    def of_quantity(self, name: str) -> float | None:
        """Return what is allowed of a report's quantity: ``"probability"`` or ``"prediction"``.

        ``None`` for a prediction that no tolerance was given for, and for any other quantity.
        """
        return {"probability": self.probability, "prediction": self.prediction}.get(name)

    @property
    def judges_worst_case(self) -> bool:
        """Whether inputs are judged that no row shows."""
        return self.worst_case is not None or self.worst_case_box is not None

    def to_dict(self) -> dict[str, float | None]:
        """Return the tolerances by divergence name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Tolerance:
        """Build from the output of `to_dict`."""
        return cls(**values)

    @classmethod
    def of(cls, value: Tolerance | float | None) -> Tolerance:
        """Return a tolerance from what a user gave: one, the probability's number, or nothing.

        Raises
        ------
        ModelParityError
            If ``value`` is anything else.
        """
        if isinstance(value, Tolerance):
            return value
        # A bare number is what most users mean by a tolerance.
        return cls() if value is None else cls(probability=value)


def _as_number(name: str, value: object) -> float:
    """Return ``value`` as a finite float >= 0, or say what is allowed."""
    try:
        # float(True) and float("0.01") work, and hide a mistake.
        if isinstance(value, (bool, str, bytes)):
            raise TypeError
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise ModelParityError(
            f"tolerance {name} must be a finite number >= 0, got {name}={value!r}; "
            f"give a number such as 0.01, or Tolerance(probability=0.01, labels=0.0)"
        )
    return number

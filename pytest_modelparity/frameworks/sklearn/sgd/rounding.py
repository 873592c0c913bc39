"""Whether rounding decides where an SGD estimator ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pytest_modelparity.frameworks.sklearn.fit import fit_clone, number_predictor, predictor
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import seconds_an_iteration
from pytest_modelparity.sides.regression import quantity_of, spread_of

#: Rounding decides where it moves a probability, or a part of y's spread, by more than this; as for
#: a Keras model.
DECIDED = 1e-3
#: A second fit is made where it is reckoned to take no longer.
MOST_SECONDS = 5.0
#: By how many roundings the rows are moved. One multiplication may round most of them back.
ROUNDINGS = 4


def rounding_findings(
    model: Any, data: Dataset, *, epochs: int | None, side: str
) -> tuple[Finding, ...]:
    """Say that an equally right fit ends far away; nothing where it does not, or takes too long.

    Parameters
    ----------
    model : SGDClassifier or SGDRegressor
        Fitted here on the rows as given; a clone of it is fitted on the same rows times
        ``1 + 4 eps``, as another machine might have read them.
    epochs : int, optional
        That it made.

    Notes
    -----
    At ``alpha=1e-4`` on breast_cancer, standardised, the first steps are of length 10: rows times
    1 + 1e-15 end 0.63 away in a probability, after 43 epochs in place of 23 (measured,
    scikit-learn 1.9).
    """
    # A second copy of rows that are passed over has no room.
    too_long = (epochs or 0) * seconds_an_iteration(data, "sgd") > MOST_SECONDS
    if too_long or not data.is_held:
        return ()
    given: Any = data.X_given
    # SGD computes in float32 where X is float32, and there a rounding is a larger one.
    rows = given if str(getattr(given, "dtype", "")) == "float32" else data.X
    factor = rows.dtype.type(1 + ROUNDINGS * np.finfo(rows.dtype).eps)
    moved = replace(data, X_given=rows * factor)
    # `fit_clone` puts numpy's random state back, so that an open random_state draws the same again.
    of = predictor if data.n_classes else number_predictor
    other = of(fit_clone(model, moved, side=side).estimator)
    with np.errstate(invalid="ignore"):
        apart = float(np.abs(other(rows) - of(model)(rows)).max())
    if not apart > DECIDED * spread_of(data):
        return ()
    text = (
        f"the {side}'s training magnifies rounding: fitted on X times 1 + "
        f"{ROUNDINGS * np.finfo(rows.dtype).eps:.0e} it ends {number(apart, 2)} away in "
        f"{quantity_of(data).name}; a larger alpha, or learning_rate='adaptive' with a small eta0, "
        f"makes the end steady"
    )
    return (Finding(slug="decided-by-rounding", text=text),)

"""Rules of the objective: what is read of an estimator is what the estimator minimises."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pytest_modelparity.mapping_checks.planting import divergence_of
from pytest_modelparity.mapping_checks.subject import (
    SAME_PREDICTION,
    ZERO_GRADIENT,
    Subject,
    apart,
    from_optimum,
    gradient_norm,
)
from pytest_modelparity.parity.side import TRAINING, Side
from pytest_modelparity.settings import OBJECTIVE_SETTINGS
from pytest_modelparity.sides.dataset import read_dataset


def fit_returns_what_it_promises(subject: Subject) -> Iterator[str]:
    """Shapes are right, and the parameters and the settings are those that predict."""
    for data in subject.data:
        side = Side(
            name="reference", data=data, fitted=subject.mapping.fit(subject.estimator, data)
        )
        read = subject.mapping.read(subject.estimator, data)
        if side.settings.objective != read.objective:
            yield f"fit returns the objective {side.settings.objective}, read {read.objective}"
        coef, intercept, objective = side.fitted.coef, side.fitted.intercept, side.canonical
        assert side.objective is not None, "read must return an objective, got None"
        assert objective is not None
        assert coef is not None, "fit must return coef, got None"
        assert intercept is not None, "fit must return intercept, got None"
        shape = (objective.n_outputs, data.n_features)
        if np.shape(coef) != shape:
            yield f"coef must have the shape {shape}, got {np.shape(coef)}"
            continue
        # What predicts decides, not what is said of it: a transposed coef or a dropped intercept
        # shows here.
        layer = side.objective.layer_parameters(coef, intercept)
        distance = apart(side.predictions(TRAINING), objective.predictions(*layer))
        if not distance <= SAME_PREDICTION:
            yield f"predict is up to {distance:.2g} from what coef and intercept predict"


def long_training_reaches_the_optimum(subject: Subject) -> Iterator[str]:
    """The estimator, trained for long, predicts what the exact optimum of its settings does."""
    for data in subject.data:
        # The estimator itself is the witness: its own training, taken far enough, must end where
        # the formula says. Nothing here trusts the mapping.
        distance = from_optimum(subject.trained_long(data))
        if not distance <= SAME_PREDICTION:
            yield (
                f"trained for long, the estimator predicts up to {distance:.2g} away from the "
                f"optimum of the objective that read returns: a setting is read wrong, or no "
                f"remedy trains for long enough"
            )


def the_gradient_is_zero_there(subject: Subject) -> Iterator[str]:
    """Where long training ends, the gradient of the objective that was read is zero."""
    for data in subject.data:
        # Beside the distance, since a flat objective hides a wrong strength in the predictions; its
        # gradient does not.
        norm = gradient_norm(subject.trained_long(data))
        if not norm <= ZERO_GRADIENT:
            yield (
                f"where long training ends, the gradient of the objective that read returns is "
                f"{norm:.2g}, not zero"
            )


def what_is_inert_changes_nothing(subject: Subject) -> Iterator[str]:
    """A parameter that is called inert leaves the optimum where it is."""
    data = subject.data[0]
    # Both trained long: after a default fit two solvers differ without another optimum.
    plain = subject.trained_long(data).predictions(TRAINING)
    for name, value, varied in subject.varied():
        row = subject.row(varied, name, data)
        if subject.is_refused(varied, data) or row is None or row.status != "inert":
            continue
        distance = apart(subject.trained_long(data, varied).predictions(TRAINING), plain)
        if not distance <= SAME_PREDICTION:
            yield f"{name} is called inert, but {name}={value!r} moves the optimum {distance:.2g}"


def a_weight_of_2_equals_a_repeated_row(subject: Subject) -> Iterator[str]:
    """Row weights are refused, or weigh as the objective says."""
    for data in subject.data:
        # Ones and twos: the only weights that have a counterpart in plain rows.
        weights = 1.0 + np.arange(data.n_samples) % 2
        weighted = read_dataset(data.X_given, data.y_given, sample_weight=weights)
        if subject.is_refused(subject.estimator, weighted):
            continue
        twice = weights.astype(int)
        repeated = read_dataset(np.repeat(data.X, twice, axis=0), np.repeat(data.y_given, twice))
        sides = subject.trained_long(weighted), subject.trained_long(repeated)
        objective = sides[0].settings.objective
        if (
            objective is None
            or not objective.sample_weight
            or sides[0].fitted.sample_weight is None
        ):
            yield "sample_weight is neither refused nor among the settings that were read"
        for side, what in zip(sides, ("weights of 2", "repeated rows"), strict=True):
            distance = from_optimum(side)
            if not distance <= SAME_PREDICTION:
                yield f"with {what} the estimator ends {distance:.2g} away from its optimum"
        # Only with a penalty beside a sum is the optimum the same. Beside a mean n counts, and both
        # must only reach their own.
        if _equal_but_for_rows(*sides):
            repeats = np.repeat(sides[0].predictions(TRAINING), twice, axis=0)
            distance = apart(repeats, sides[1].predictions(TRAINING))
            if not distance <= 2 * SAME_PREDICTION:
                yield f"weights of 2 and repeated rows lead {distance:.2g} apart"


def _equal_but_for_rows(weighted: Side, repeated: Side) -> bool:
    """Whether two objectives are one, times their numbers of rows.

    Where the penalty stands beside a sum of losses; beside a mean, repeated rows weaken it.
    """
    first, second = weighted.canonical, repeated.canonical
    assert first is not None
    assert second is not None
    n, m = first.n_samples, second.n_samples
    return bool(
        np.allclose(n * first.l2_weights, m * second.l2_weights)
        and np.allclose(n * first.l1_weights, m * second.l1_weights)
    )


def a_planted_change_is_named(subject: Subject) -> Iterator[str]:
    """A check of the estimator against one with another objective names what differs."""
    data = subject.data[0]
    plain = subject.mapping.read(subject.estimator, data)
    for name, value, varied in subject.varied():
        if subject.is_refused(varied, data):
            continue
        read = subject.mapping.read(varied, data)
        if read.objective == plain.objective:
            continue
        report = divergence_of(subject, varied, data)
        # The optima are one to any tolerance: nothing could be named.
        if report is None:
            continue
        wanted = {
            key for key in OBJECTIVE_SETTINGS if read.written.get(key) != plain.written.get(key)
        }
        named = {cause.setting for cause in report.causes}
        # One is enough: with two penalties of another strength, C is named and not both of its
        # parts.
        if not wanted & named:
            yield (
                f"with {name}={value!r} on one side, a check names {sorted(named) or 'nothing'}; "
                f"the settings that are written otherwise are {sorted(wanted) or 'none'}"
            )

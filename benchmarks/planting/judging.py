"""What the check says of a pair, and whether its repair holds in a fresh ``fit``."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
from sklearn.base import clone

from planting.pair import Pair, candidate_of, estimator_of, fit_arguments, model_of
from planting.plants import Plant
from pytest_modelparity import ParityReport, compare_models

TOLERANCE = 0.01
#: A plant counts where it alone moves the result by more than this.
MOVES = 2 * TOLERANCE


def judged(
    pair: Pair, planted: Sequence[Plant] = (), *, explain: bool = True, afresh: bool = True
) -> dict[str, Any]:
    """Return what is told of a pair with these plants, and what is true of it.

    Parameters
    ----------
    pair : Pair
        The base.
    planted : sequence of Plant
        Made in it.
    explain : bool
        Whether causes and repairs are wanted.
    afresh : bool
        Whether a verified repair is trained once more, as a user would.
    """
    planted_pair = pair
    for plant in planted:
        planted_pair = plant.into(planted_pair)
    started = time.perf_counter()
    report = checked(planted_pair, explain=explain)
    seconds = time.perf_counter() - started
    found = told(report, planted)
    found["seconds"] = round(seconds, 2)
    if afresh and report.repair is not None and report.repair.verified:
        found["fresh"] = fresh(planted_pair, report)
    return found


def checked(pair: Pair, *, explain: bool = True) -> ParityReport:
    """Return the report on a pair."""
    data = pair.rows
    with warnings.catch_warnings():
        # A reference that stops early warns; the report tells.
        warnings.simplefilter("ignore")
        return compare_models(
            estimator_of(pair),
            data.X,
            data.y,
            candidate=candidate_of(pair),
            fit=fit_arguments(pair),
            sample_weight=data.weights if pair.weighted else None,
            # Of numbers the default: this part of the deviation of y.
            tolerance=TOLERANCE if data.n_classes else None,
            explain=explain,
        )


def told(report: ParityReport, planted: Sequence[Plant]) -> dict[str, Any]:
    """Return the parts of a report that are counted, as builtin types."""
    repair = report.repair
    named = {(cause.setting, cause.kind) for cause in report.causes}
    names = {plant.setting for plant in planted} | {name for p in planted for name in p.also}
    return {
        "verdict": report.verdict,
        "probability": _apart(report),
        "missed": [p.setting for p in planted if (p.setting, p.kind) not in named],
        "innocent": [
            cause.setting
            for cause in report.causes
            if cause.role == "must" and cause.setting not in names
        ],
        "musts": sum(cause.role == "must" for cause in report.causes),
        "causes": [asdict(cause) for cause in report.causes],
        "repair": None
        if repair is None
        else {
            "changes": [f"{c.side}: {c.setting}: {c.text}" for c in repair.changes],
            "verified": repair.verified,
            "left": repair.probability_after,
            "trained": list(repair.trained),
            "note": repair.note,
        },
        "left_out": list(report.effort.left_out) if report.effort else [],
        "findings": [finding.slug for finding in report.findings],
    }


def _apart(report: ParityReport) -> float:
    """Return the largest difference of a prediction in the unit of the tolerance."""
    found = report.divergences
    largest = found["probability"] if "probability" in found else found["prediction"]
    assert largest.allowed is not None
    return float(largest.value / largest.allowed * TOLERANCE)


def fresh(pair: Pair, report: ParityReport) -> dict[str, Any]:
    """Run a repair as a user would, and return how far apart the two sides then are."""
    assert report.repair is not None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            left = fresh_distance(pair, report)
    except Exception as error:
        return {"left": None, "error": f"{type(error).__name__}: {error}"}
    return {"left": left, "error": ""}


def fresh_distance(pair: Pair, report: ParityReport) -> float:
    """Return the largest distance, in the unit of the tolerance, after a repair made afresh.

    The candidate comes from the repair's program, by plain ``fit`` with no seed set; a side that
    the repair leaves alone is trained as it was given.
    """
    repair, data = report.repair, pair.rows
    assert repair is not None
    weights = data.weights if pair.weighted else None
    names: dict[str, Any] = {"X": data.X, "y": data.y, "sample_weight": weights}
    if repair.source:
        exec(compile(repair.source, "<source of a repair>", "exec"), names)
    reference = names.get("reference")
    if reference is None:
        reference = clone(estimator_of(pair))
        for change in repair.changes:
            if change.side == "reference":
                reference.set_params(**eval(f"dict({change.text})"))
        # A pipeline takes no weights of its own.
        reference.fit(data.X, data.y, **({} if weights is None else {"sample_weight": weights}))
    model = names.get("model")
    if model is None:
        model = _as_given(pair)
    own = predictions(model, data.X, numbers=data.is_numbers)
    if data.is_numbers:
        return float(np.abs(reference.predict(data.X) - own[:, 0]).max() / np.std(data.y))
    return float(np.abs(reference.predict_proba(data.X) - own).max())


def predictions(model: Any, X: np.ndarray, *, numbers: bool = False) -> np.ndarray:
    """Return a Keras model's probabilities of each class, or its numbers."""
    outputs = model(X.astype(np.float32), training=False)
    outputs = keras.ops.convert_to_numpy(outputs).astype(np.float64)
    if numbers:
        return outputs
    if model.layers[-1].activation is keras.activations.linear:
        if outputs.shape[1] == 1:
            outputs = np.hstack([np.zeros_like(outputs), outputs])
        outputs = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return outputs / outputs.sum(axis=1, keepdims=True)
    if outputs.shape[1] == 1:
        return np.hstack([1 - outputs, outputs])
    # Those of one-vs-rest sum to 1 in scikit-learn.
    return outputs / outputs.sum(axis=1, keepdims=True)


def _as_given(pair: Pair) -> Any:
    """Return the candidate trained as its user would."""
    arguments = fit_arguments(pair)
    if arguments is None:
        return candidate_of(pair)
    data, model = pair.rows, model_of(pair)
    codes = data.y if data.is_numbers else np.unique(data.y, return_inverse=True)[1]
    sparse = isinstance(model.loss, keras.losses.SparseCategoricalCrossentropy)
    if pair.units == 1:
        codes = codes.reshape(-1, 1).astype(np.float32)
    elif not sparse:
        codes = np.eye(pair.units, dtype=np.float32)[codes]
    if pair.weighted:
        arguments.setdefault("sample_weight", data.weights)
    model.fit(data.X.astype(np.float32), codes, verbose=0, **arguments)
    return model

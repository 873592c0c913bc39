"""Rules of conduct: a mapping is complete, changes nothing, and its remedies are data."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.mapping_checks.subject import SETTINGS, Subject
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.mapping import EstimatorMapping
from pytest_modelparity.sides.protocols import problems


def it_is_complete(subject: Subject) -> Iterator[str]:
    """It has every method, and knows its estimators and nothing else."""
    mapping, estimator = subject.mapping, subject.estimator
    for lacking in problems(mapping, EstimatorMapping):
        yield f"it lacks {lacking}"
    if not mapping.knows(estimator):
        yield "knows says no to the estimator"
    # The class too: who forgets the parentheses is to read that, not an error from inside the
    # mapping.
    for stranger in (object(), None, type(estimator)):
        if mapping.knows(stranger):
            yield f"knows says yes to {stranger!r}, which is no estimator of its kind"


def nothing_is_changed(subject: Subject) -> Iterator[str]:
    """No method changes the estimator, the rows or numpy's random state."""
    # The state of the user's run is no plaything of these checks either.
    kept = np.random.get_state()
    try:
        for data in subject.all_data:
            # A seed that no mapping sets: one that it sets twice is seen too.
            np.random.seed(719)
            for name, call in _calls(subject, data):
                before = _state(subject, data)
                # A refusal is allowed, and must leave everything as it was, like all else.
                refused = not _is_taken(call)
                for what, value in _state(subject, data).items():
                    if not _same(value, before[what]):
                        yield f"{name} changes {what}"
                if refused:
                    break
    finally:
        np.random.set_state(kept)


def _is_taken(call: Callable[[], object]) -> bool:
    """Whether a method takes what it is given."""
    try:
        call()
    except ModelParityError:
        return False
    return True


def _calls(subject: Subject, data: Dataset) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield each method that is given an estimator, ready to be called."""
    mapping, estimator = subject.mapping, subject.estimator
    yield "read", partial(mapping.read, estimator, data)
    yield "fit", partial(mapping.fit, estimator, data, side="candidate")
    fitted = mapping.fit(estimator, data)
    yield "remedies", partial(mapping.remedies, estimator, data, fitted=fitted)
    yield "source", partial(mapping.source, estimator, data)
    yield "mapping_rows", partial(mapping.mapping_rows, estimator, data)
    yield "inert_settings", partial(mapping.inert_settings, estimator, data)


def _state(subject: Subject, data: Dataset) -> dict[str, Any]:
    """Return a copy of all that a method could change."""
    # Of the attributes, not of the estimator: scikit-learn's estimators do not compare by value.
    attributes = copy.deepcopy(vars(subject.estimator))
    rows = {"X": data.X.copy(), "y": data.y_given.copy()}
    return {"the estimator": attributes, **rows, "numpy's random state": np.random.get_state()}


def _same(first: Any, second: Any) -> bool:
    """Whether two states are equal, arrays inside included."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_same(first[k], second[k]) for k in first)
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        return len(first) == len(second) and all(map(_same, first, second))
    if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
        return np.array_equal(first, second)
    # An object without an equality of its own is a copy here.
    return bool(first == second) or repr(first)[:200] == repr(second)[:200]


def remedies_are_data(subject: Subject) -> Iterator[str]:
    """Remedies compare, pickle, name their settings, and keep the objective."""
    mapping, estimator = subject.mapping, subject.estimator
    for data in subject.data:
        fitted = mapping.fit(estimator, data)
        for side in ("reference", "candidate"):
            once, again = (
                mapping.remedies(estimator, data, fitted=fitted, side=side) for _ in range(2)
            )
            if once != again:
                yield "two calls of remedies return remedies that are not equal"
            # A remedy may be trained in another process.
            if pickle.loads(pickle.dumps(once)) != once:
                yield "remedies are not equal to what their pickle holds"
            for change in (change for remedy in once for change in remedy.changes):
                if change.side != side or change.setting not in SETTINGS or not change.text:
                    yield f"a change must name its side {side!r}, a setting and a text: {change}"
        for remedy in once:
            # With another objective it would reach another optimum, and be called a cure of the
            # training.
            objective = mapping.read(remedy.recipe, data).objective
            if objective != fitted.settings.objective:
                yield f"{remedy.changes} changes the objective to {objective}"

"""Rules of the words: no parameter is passed over, and what is written is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pytest_modelparity.mapping_checks.subject import SAME_PREDICTION, SETTINGS, Subject, apart
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset


def each_parameter_is_used_inert_or_refused(subject: Subject) -> Iterator[str]:
    """Another value of a parameter changes what is read, is called inert, or is refused."""
    data = subject.data[0]
    plain = subject.mapping.read(subject.estimator, data)
    for name, value, varied in subject.varied():
        # To refuse is to have read.
        if subject.is_refused(varied, data):
            continue
        read, row = subject.mapping.read(varied, data), subject.row(varied, name, data)
        inert = row is not None and row.status == "inert"
        sentences = subject.mapping.inert_settings(varied, data)
        if inert and read.objective != plain.objective:
            yield f"{name} has an inert row, but {name}={value!r} changes the objective"
        named = inert or any(text.startswith(name) for text in sentences)
        # The model's line holds every parameter: it says nothing about whether one was understood.
        if not named and replace(read, model="") == replace(plain, model=""):
            yield f"{name}={value!r} is neither read, nor called inert, nor refused"


def words_make_sense(subject: Subject) -> Iterator[str]:
    """Every setting that has words is one, and every parameter has a row."""
    mapping, estimator = subject.mapping, subject.estimator
    for data in subject.data:
        yield from _wrong_words(mapping.read(estimator, data))
        for text in mapping.inert_settings(estimator, data):
            if not text or type(text) is not str:
                yield f"inert_settings must return sentences, got {text!r}"
        # Rows are also shown without data, before anything is fitted.
        for known in (data, None):
            rows = mapping.mapping_rows(estimator, known)
            # Parameters of an estimator within have names such as estimator__C.
            names = sorted(row.name for row in rows if "__" not in row.name)
            wanted = sorted(subject.parameters())
            if names != wanted:
                yield f"mapping_rows must have one row for each of {wanted}, got {names}"
            for row in rows:
                if not (row.value and row.keras and row.reason):
                    yield f"a row lacks a value, a counterpart or a reason: {row}"


def _wrong_words(settings: ModelSettings) -> Iterator[str]:
    """Yield what is wrong with the words of the settings."""
    if not settings.model or "\n" in settings.model:
        yield f"the model must be written in one line, got {settings.model!r}"
    for name, text in settings.written.items():
        if name not in SETTINGS:
            yield f"written holds {name!r}, which is no setting; settings are {sorted(SETTINGS)}"
        if not text or type(text) is not str:
            yield f"written must say {name!r} in words, got {text!r}"


def the_source_trains_the_same(subject: Subject) -> Iterator[str]:
    """The program of an estimator, or of a remedy, predicts what its fit does."""
    mapping, estimator = subject.mapping, subject.estimator
    for data in subject.data:
        fitted = mapping.fit(estimator, data)
        remedies = mapping.remedies(estimator, data, fitted=fitted)
        for recipe in (estimator, *(remedy.recipe for remedy in remedies)):
            for side in ("reference", "candidate"):
                yield from _wrong_program(subject, recipe, data, side)


def _wrong_program(subject: Subject, recipe: Any, data: Dataset, side: str) -> Iterator[str]:
    """Yield what is wrong with one program."""
    program = subject.mapping.source(recipe, data, side=side)
    names: dict[str, Any] = {"X": data.X_given, "y": data.y_given, "sample_weight": None}
    try:
        # Run, not compared with a text: what a user pastes must work.
        exec(compile(program, "<source>", "exec"), names)
    except Exception as error:
        yield f"the program that source returns fails: {type(error).__name__}: {error}\n{program}"
        return
    if side not in names:
        yield f"the program that source returns leaves nothing under the name {side!r}"
        return
    expected = subject.mapping.fit(recipe, data, side=side).predict(data.X_given)
    distance = apart(names[side].predict_proba(data.X_given), expected)
    if not distance <= SAME_PREDICTION:
        yield f"the program that source returns predicts up to {distance:.2g} away:\n{program}"

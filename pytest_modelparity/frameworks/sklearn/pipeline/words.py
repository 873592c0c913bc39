"""A pipeline in words: its steps, and the program that fits it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from pytest_modelparity.frameworks.sklearn.pipeline.maps import Affine, Map
from pytest_modelparity.frameworks.sklearn.pipeline.steps import Steps
from pytest_modelparity.report.numbers import counted
from pytest_modelparity.sides.mapping import MappingRow

#: What Python shows of an object that has no program, such as a function.
_NO_PROGRAM = re.compile(r"<[^>]*>")


def step_text(step: Any) -> str:
    """Return a step on one line, as its user would write it."""
    return re.sub(r"\s+", " ", repr(step)) if not isinstance(step, str) else step


def scaling_text(pipeline: Pipeline, steps: Steps) -> str:
    """Return how the features reach the coefficients."""
    texts = [step_text(step) for _, step in pipeline.steps[:-1]]
    outside, scaling = texts[: steps.n_outside], texts[steps.n_outside :]
    words = ", ".join(scaling) or "none"
    return f"{words} (behind {', '.join(outside)})" if outside else words


def model_text(pipeline: Pipeline, last: str) -> str:
    """Return the pipeline on one line; ``last`` is its last step in words."""
    texts = [step_text(step) for _, step in pipeline.steps[:-1]]
    return f"make_pipeline({', '.join([*texts, last])})"


def step_rows(pipeline: Pipeline, steps: Steps) -> Iterator[MappingRow]:
    """Yield a row for each step before the last."""
    for place, (name, step) in enumerate(pipeline.steps[:-1]):
        if step is None or step == "passthrough":
            keras, status, reason = "-", "inert", "it passes the rows on as they are"
        elif place < steps.n_outside:
            keras, status = "-", "outside"
            reason = (
                "it is no affine map, or one of too many numbers: the model takes the rows as it "
                "leaves them"
            )
        else:
            status = "exact"
            keras, reason = _map_words(steps.maps[place - steps.n_outside])
        yield MappingRow(
            name=name, value=step_text(step), keras=keras, status=status, reason=reason
        )


def _map_words(found: Map | None) -> tuple[str, str]:
    """Return a map of features in Keras's words, and in others."""
    if not isinstance(found, Affine):
        words = "z = (x - mean) / scale on these rows and outside them"
        return "Normalization(mean=..., variance=...)", words
    size = len(found.offset)
    words = f"{size} of the columns" if found.chooses else f"a matrix to {counted(size, 'feature')}"
    return f"Dense({size}, trainable=False)", f"{words}, on these rows and outside them"


def program(pipeline: Pipeline, side: str, *, weighted: bool) -> str:
    """Return the code that fits a pipeline to ``X`` and ``y``."""
    text = _code(pipeline)
    if _NO_PROGRAM.search(text):
        return _no_program(side, text)
    weights = f", {pipeline.steps[-1][0]}__sample_weight=sample_weight" if weighted else ""
    fit = f"{side}.fit(X, np.ravel(y){weights})"
    lines = ["import numpy as np", *_imports(pipeline), "", f"{side} = {text}", fit, ""]
    return "\n".join(lines)


def program_behind(front: Pipeline, side: str, last: str) -> str:
    """Return the code that fits steps to ``X`` and ``y``, and then what ``last`` fits to theirs."""
    text = _code(front)
    if not front.steps or _NO_PROGRAM.search(text):
        return last if not front.steps else _no_program(side, text)
    head, fit = last.split("\n\n", 1)
    steps = [f"steps = {text}", "X = steps.fit_transform(X, np.ravel(y))"]
    return "\n".join([head, *_imports(front), "", *steps, fit])


def _code(pipeline: Pipeline) -> str:
    """Return a pipeline as code on one line."""
    text = re.sub(r"\s+", " ", repr(pipeline))
    return text.replace("=inf", "=np.inf").replace("=nan", "=np.nan")


def _no_program(side: str, text: str) -> str:
    """Return what is said of a function, which has no program that could be written down."""
    return f"# {side}: {text}\n"


def _imports(pipeline: Pipeline) -> list[str]:
    """Return the lines that import all that a pipeline is made of."""
    kinds = sorted({(_module(kind), kind.__name__) for kind in _kinds(pipeline)})
    return [f"from {module} import {name}" for module, name in kinds]


def _kinds(pipeline: Pipeline) -> set[type]:
    """Return the classes of a pipeline and of all that it is made of."""
    parts = [pipeline, *pipeline.get_params(deep=True).values()]
    return {type(part) for part in parts if isinstance(part, BaseEstimator)}


def _module(kind: type) -> str:
    """Return where a class is imported from."""
    # scikit-learn's own are defined in private modules, such as sklearn.preprocessing._data.
    names = kind.__module__.split(".")
    public = [name for name in names if not name.startswith("_")]
    return ".".join(public if names[0] == "sklearn" else names)

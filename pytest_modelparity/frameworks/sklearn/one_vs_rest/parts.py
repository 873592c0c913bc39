"""What is read of the binary problems of a OneVsRestClassifier, as one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pytest_modelparity.frameworks.keras.write.words import number_text
from pytest_modelparity.frameworks.sklearn.logistic.settings import head_text
from pytest_modelparity.settings import ONE_VS_REST, ModelSettings, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel, Predict


def joined_objective(each: Sequence[ObjectiveSettings]) -> ObjectiveSettings:
    """Return the objectives of binary problems as one; they differ in their class weights alone.

    That of two classes has one problem, whose labels 0 and 1 are the classes.
    """
    first = each[0]
    if len(each) == 1:
        return first
    weights = [one.class_weight or (1.0, 1.0) for one in each]
    pairs = tuple((rest, inside) for rest, inside in weights)
    weighted = any(one.class_weight is not None for one in each)
    return replace(
        first,
        output_head=ONE_VS_REST,
        class_weight=None,
        binary_weight=pairs if weighted else None,
    )


def joined_settings(each: Sequence[ModelSettings], data: Dataset, model: str) -> ModelSettings:
    """Return the settings of binary problems as those of one model."""
    first = each[0]
    objectives = [one.objective for one in each if one.objective is not None]
    objective = joined_objective(objectives)
    counts = [run for one in each if (run := one.training.iterations_run) is not None]
    words = {
        **_slowest(each).written,
        "output_head": head_text(objective, data),
        "class_weight": _weights_text(first.written["class_weight"], objective),
    }
    return replace(
        first,
        model=model,
        objective=objective,
        training=replace(first.training, iterations_run=max(counts) if counts else None),
        written=words,
        unmodelled=tuple(dict.fromkeys(text for one in each for text in one.unmodelled)),
    )


def _slowest(each: Sequence[ModelSettings]) -> ModelSettings:
    """Return the settings of the problem that took the most iterations."""
    return max(each, key=lambda one: one.training.iterations_run or 0)


def _weights_text(written: str, objective: ObjectiveSettings) -> str:
    """Return the class weights in words: of labels 0 and 1, the rest and the class."""
    if objective.binary_weight is None:
        return written
    pairs = ", ".join(
        f"{number_text(inside)}:{number_text(rest)}" for rest, inside in objective.binary_weight
    )
    return f"{written}, each class against the rest {pairs}"


def joined_fit(
    each: Sequence[FittedModel], settings: ModelSettings, predict: Predict
) -> FittedModel:
    """Return the fitted binary problems as one model."""
    coefs = [one.coef for one in each if one.coef is not None]
    intercepts = [one.intercept for one in each if one.intercept is not None]
    claims = [one.converged for one in each]
    return replace(
        each[0],
        settings=settings,
        predict=predict,
        coef=np.vstack(coefs),
        intercept=np.concatenate(intercepts),
        converged=None if None in claims else all(claims),
    )

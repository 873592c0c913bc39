"""A Keras model made of an estimator's settings, trained to the optimum of its objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.model import Style, build_linear_model
from pytest_modelparity.frameworks.keras.read.parts import read_parts
from pytest_modelparity.frameworks.keras.train.optimum import Minimum, optimise
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.mapping import EstimatorMapping, MappingRow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedTwin:
    """A twin's model at its optimum.

    Parameters
    ----------
    settings : ObjectiveSettings
        What it minimises.
    rows : tuple of MappingRow
        How the estimator's parameters were mapped.
    model : keras.Model
        Stock, float32.
    reached : Minimum
        Its parameters in float64.
    """

    settings: ObjectiveSettings
    rows: tuple[MappingRow, ...]
    model: keras.Model
    reached: Minimum


def train_twin(
    estimator: Any, data: Dataset, mapping: EstimatorMapping, output: str = "logits"
) -> TrainedTwin:
    """Return the twin of an estimator on validated data.

    Parameters
    ----------
    output : str
        As of `Style`.

    Raises
    ------
    ModelParityError
        If the estimator has a setting that cannot be mapped.
    """
    settings = mapping.read(estimator, data).objective
    if settings is None:
        # What a search chooses is known once it was fitted.
        settings = mapping.fit(estimator, data).settings.objective
    if settings is None:
        raise ModelParityError(
            f"{type(estimator).__name__} has no objective that Keras can be given"
        )
    rows = mapping.mapping_rows(estimator, data)
    with BACKEND.random_state_kept():
        style = Style(output=output)
        model = build_linear_model(settings, data.n_features, data.n_classes, style)
    parts = read_parts(model, data.n_features, numbers=not data.n_classes)
    reached = optimise(parts, settings, data, data.sample_weight)
    return TrainedTwin(settings=settings, rows=rows, model=model, reached=reached)

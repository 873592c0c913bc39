"""A Keras candidate trained to the optimum of its own objective."""

from __future__ import annotations

from dataclasses import replace

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.build.copying import copy_model
from pytest_modelparity.frameworks.keras.read.parts import read_parts
from pytest_modelparity.frameworks.keras.train.optimum import optimise
from pytest_modelparity.frameworks.keras.train.refit import fitted_model
from pytest_modelparity.frameworks.keras.train.setup import Setup
from pytest_modelparity.sides.fitted import FittedModel


def train_to_its_optimum(setup: Setup) -> FittedModel:
    """Train a copy to the optimum of its own objective by L-BFGS.

    Raises
    ------
    ModelParityError
        If it cannot be trained so, such as a frozen layer.
    """
    # Its start does not matter to a convex objective, its layers and loss do.
    if setup.reading.linear.noise:
        raise ModelParityError(
            f"{setup.reading.linear.noise[0]} draws at random in training, so that no one loss is "
            f"minimised"
        )
    model = copy_model(setup.start)
    parts = read_parts(model, setup.data.n_features, numbers=not setup.data.n_classes)
    if parts.loss is None:
        raise ModelParityError("a model that is not compiled has no objective to minimise")
    settings = setup.reading.objective
    reached = optimise(parts, settings, setup.data, setup.sample_weight)
    fitted = fitted_model(setup, model, setup.reading.settings, [])
    return replace(
        fitted,
        coef=reached.coef,
        intercept=reached.intercept,
        certificate=reached.certificate,
    )

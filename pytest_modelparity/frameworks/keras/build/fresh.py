"""Fresh, built models of what the user gave: a model, or a function that makes one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.copying import copy_model, made_by
from pytest_modelparity.frameworks.keras.build.one_input import with_one_input
from pytest_modelparity.frameworks.keras.read.by_value import see_linear_model
from pytest_modelparity.sides.dataset import Dataset


def fresh_model(given: Any, data: Dataset, seed: int | None) -> keras.Model:
    """Return a built copy of a model that takes rows, or what the user's function makes for a seed.

    Raises
    ------
    ModelParityError
        If it cannot be copied, or does not take the rows.
    """
    if isinstance(given, keras.Model):
        model = copy_model(given)
        # A copy forgets; how long it was trained is read from here.
        history = getattr(given, "history", None)
        model = _built(model, data, seed)
        model.history = history
        return model
    # A subclass without get_config cannot be copied by Keras; the function makes it again.
    return made_by(partial(_made, given, data, seed))


def _made(given: Callable[[], keras.Model], data: Dataset, seed: int | None) -> keras.Model:
    """Return what the user's function makes for a seed."""
    with BACKEND.random_state_kept(seed):
        model = given()
    if not isinstance(model, keras.Model):
        raise ModelParityError(
            f"a candidate function must return a keras.Model, got {type(model).__name__}; "
            f"a model that predicts by itself needs predict_proba"
        )
    return _built(model, data, seed)


def _built(model: keras.Model, data: Dataset, seed: int | None) -> keras.Model:
    """Return a model of rows with its weights."""
    # Keras builds at the first batch of `fit`, but a start must have its weights before.
    if not model.built:
        with BACKEND.random_state_kept(seed or 0):
            if isinstance(model, keras.Sequential):
                model.build((None, data.n_features))
            else:
                _call(model, data.n_features)
    model = with_one_input(model, data)
    see_linear_model(model, data)
    return model


def _call(model: keras.Model, n_features: int) -> None:
    """Call a model once: a subclass of keras.Model makes its weights when it is called."""
    try:
        model(np.zeros((1, n_features), dtype=np.float32))
    except Exception as error:
        raise ModelParityError(
            f"the candidate must take rows of {n_features} features as X has them; its call "
            f"raised {type(error).__name__}: {str(error).splitlines()[0]}"
        ) from error

"""A Keras model in a file: loaded with its loss where that is known, else without."""

from __future__ import annotations

import os
import warnings
import zipfile
from pathlib import Path
from typing import Any

import keras

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.internals import INNER_PACKAGES
from pytest_modelparity.sides.artefact import first_line
from pytest_modelparity.sides.recording import recorded_warnings


def load_file(given: Any) -> tuple[keras.Model, str]:
    """Return the model in a file, and what of it could not be loaded.

    Parameters
    ----------
    given : path
        Of a ``.keras`` or ``.h5`` file.

    Raises
    ------
    ModelParityError
        If it cannot be loaded. Code in it is never run: lambdas of Lambda layers are refused.
    """
    path = Path(os.fspath(given))
    name = f"the Keras file {str(path)!r}"
    if not path.is_file():
        raise ModelParityError(f"{name} cannot be read: there is no such file; pass its path")
    # Keras 3.15 says of a file that is no archive that it was not found.
    if path.suffix.lower() == ".keras" and not zipfile.is_zipfile(path):
        raise ModelParityError(f"{name} is no Keras model, or is cut off; save it again")
    with recorded_warnings(frameworks=INNER_PACKAGES) as raised:
        model, lost = _loaded(path, name)
    for warning in raised:
        warnings.warn(warning, stacklevel=2)
    return model, lost


def _loaded(path: Path, name: str) -> tuple[keras.Model, str]:
    """Return the model in a file that is there, and what of it could not be loaded."""
    try:
        return keras.saving.load_model(path), ""
    except Exception as error:
        first = error
    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:
        raise ModelParityError(f"{name} {_why(error)}") from error
    return model, f"{name} was loaded without its loss ({first_line(first)})"


def _why(error: Exception) -> str:
    """Return why a file cannot be loaded, and what to do."""
    text = first_line(error)
    if "lambda" in text.lower():
        return (
            "holds a Lambda layer with code of its own, which loading would run; load it yourself "
            "with safe_mode=False if you trust it, and pass the model"
        )
    if "No model config" in text:
        return "holds weights alone; save the whole model with model.save(path)"
    if isinstance(error, TypeError):
        return (
            f"holds a class that is not known ({text}); load it yourself with "
            f"keras.saving.load_model(path, custom_objects={{...}}), and pass the model"
        )
    return f"is no Keras model, or is cut off ({text}); save it again"

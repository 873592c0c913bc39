"""The backend that Keras runs on: fixed when Keras is imported, and so asked for once."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

import keras

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.backend.protocol import Backend, Float64

if TYPE_CHECKING:
    from pytest_modelparity.frameworks.keras.backend import jax, tensorflow, torch

    # That each of them does what is asked is seen by the type checker.
    _ALL: tuple[Backend, ...] = (jax, tensorflow, torch)
    _EXACT: Float64 = tensorflow

#: As Keras names them.
KNOWN = ("tensorflow", "jax", "torch")


def backend_of(name: str) -> Backend:
    """Return a backend by Keras's name of it.

    Raises
    ------
    ModelParityError
        If it is not known here.
    """
    if name not in KNOWN:
        raise ModelParityError(
            f"Keras must run on one of {', '.join(KNOWN)} for this check, got the backend "
            f"{name!r}; set KERAS_BACKEND to one of them before Keras is imported"
        )
    # Each imports its own framework, of which one alone need be installed.
    return cast(Backend, import_module(f"{__package__}.{name}"))


BACKEND = backend_of(keras.backend.backend())

#: The same where Keras's float64 is float64; ``None`` where exact values are computed without it.
# Off TensorFlow `result_type("float64", "float64")` is "float32" (keras 3.15,
# backend/common/dtypes.py): a loss in float64 was 4.6e-7 off on torch, and no more than float32 is
# on JAX (measured).
FLOAT64 = cast(Float64, BACKEND) if keras.backend.backend() == "tensorflow" else None

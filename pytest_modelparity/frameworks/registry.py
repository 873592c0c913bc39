"""The frameworks: each is loaded by name, and only when a check needs it."""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType

from pytest_modelparity.errors import ModelParityError

_MODULES = {
    "scikit-learn": "pytest_modelparity.frameworks.sklearn.logistic.mapping",
    "keras": "pytest_modelparity.frameworks.keras.candidate",
    "twin": "pytest_modelparity.frameworks.keras.twin",
}


def load_backend(name: str) -> ModuleType:
    """Import one framework's module; TensorFlow alone costs eight seconds.

    Parameters
    ----------
    name : str
        ``"scikit-learn"``, ``"keras"`` or ``"twin"``.

    Raises
    ------
    ModelParityError
        If Keras cannot be imported, such as with a ``KERAS_BACKEND`` that is not installed.
    """
    try:
        return import_module(_MODULES[name])
    except ImportError as error:
        backend = os.environ.get("KERAS_BACKEND", "tensorflow")
        raise ModelParityError(
            f"{name} cannot be imported ({error}); KERAS_BACKEND is {backend!r}: this package "
            f"needs Keras on TensorFlow, so unset it or set it to 'tensorflow'"
        ) from error

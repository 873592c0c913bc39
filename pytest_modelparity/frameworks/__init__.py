"""The frameworks: each is loaded by name, and only when a check needs it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

_MODULES = {
    "scikit-learn": "pytest_modelparity.frameworks.sklearn_backend",
    "keras": "pytest_modelparity.frameworks.keras_backend",
    "twin": "pytest_modelparity.frameworks.twin",
}


def load_backend(name: str) -> ModuleType:
    """Import one framework's module; TensorFlow alone costs eight seconds.

    Parameters
    ----------
    name : str
        ``"scikit-learn"``, ``"keras"`` or ``"twin"``.
    """
    return import_module(_MODULES[name])

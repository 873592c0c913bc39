"""Importing what works with a framework, once a candidate needs it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from pytest_modelparity.errors import ModelParityError


def load(module: str, advice: str) -> ModuleType:
    """Import a module of this folder that imports a framework; TensorFlow alone costs 8 s.

    Parameters
    ----------
    module : str
        Below ``pytest_modelparity.frameworks``: ``"keras.candidate"``.
    advice : str
        What to do where the framework cannot be imported: `installing`, of most.

    Raises
    ------
    ModelParityError
        Where it cannot be.
    """
    try:
        return import_module(f"pytest_modelparity.frameworks.{module}")
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "pytest_modelparity":
            # A fault of this package's own is none of the framework's.
            raise
        framework = module.partition(".")[0]
        raise ModelParityError(f"{framework} cannot be imported ({error}); {advice}") from error


def installing(extra: str) -> str:
    """Return the command that installs what a kind of candidate needs."""
    return f"run: pip install 'pytest-modelparity[{extra}]'"

"""Model-equivalence testing for pytest: a scikit-learn estimator against its Keras port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_modelparity import hard_data
    from pytest_modelparity.check import assert_models_equivalent, compare_models
    from pytest_modelparity.check_stream import compare_stream
    from pytest_modelparity.errors import (
        InvalidDataError,
        InvalidParameterError,
        ModelParityError,
    )
    from pytest_modelparity.frameworks.keras.regressor_twin import KerasRegressorTwin
    from pytest_modelparity.frameworks.keras.train.optimum import train_to_optimum
    from pytest_modelparity.frameworks.keras.twin import KerasTwin
    from pytest_modelparity.frameworks.torch.torch_fit import TorchFit
    from pytest_modelparity.models_diverge import ModelsDivergeError
    from pytest_modelparity.plugin.parametrize import parametrize_parity
    from pytest_modelparity.report.report import ParityReport
    from pytest_modelparity.report.run import RunReport
    from pytest_modelparity.reporters.json import read_report
    from pytest_modelparity.suites.case import ParityCase
    from pytest_modelparity.tolerance import Tolerance

__all__ = [
    "InvalidDataError",
    "InvalidParameterError",
    "KerasRegressorTwin",
    "KerasTwin",
    "ModelParityError",
    "ModelsDivergeError",
    "ParityCase",
    "ParityReport",
    "RunReport",
    "Tolerance",
    "TorchFit",
    "assert_models_equivalent",
    "compare_models",
    "compare_stream",
    "hard_data",
    "parametrize_parity",
    "read_report",
    "train_to_optimum",
]

# Loading the plugin imports this module: numpy, scikit-learn and TensorFlow must not come with it.
_HOMES = {
    "InvalidDataError": "pytest_modelparity.errors",
    "InvalidParameterError": "pytest_modelparity.errors",
    "KerasRegressorTwin": "pytest_modelparity.frameworks.keras.regressor_twin",
    "KerasTwin": "pytest_modelparity.frameworks.keras.twin",
    "ModelParityError": "pytest_modelparity.errors",
    "ModelsDivergeError": "pytest_modelparity.models_diverge",
    "ParityCase": "pytest_modelparity.suites.case",
    "ParityReport": "pytest_modelparity.report.report",
    "RunReport": "pytest_modelparity.report.run",
    "Tolerance": "pytest_modelparity.tolerance",
    "TorchFit": "pytest_modelparity.frameworks.torch.torch_fit",
    "assert_models_equivalent": "pytest_modelparity.check",
    "compare_models": "pytest_modelparity.check",
    "compare_stream": "pytest_modelparity.check_stream",
    "parametrize_parity": "pytest_modelparity.plugin.parametrize",
    "read_report": "pytest_modelparity.reporters.json",
    "train_to_optimum": "pytest_modelparity.frameworks.keras.train.optimum",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        return version("pytest-modelparity")
    from importlib import import_module

    if name == "hard_data":
        return import_module("pytest_modelparity.hard_data")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*__all__, "__version__"])

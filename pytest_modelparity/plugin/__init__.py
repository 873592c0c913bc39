"""The pytest plugin: what pytest calls, and nothing else.

Loading it costs every pytest run of its environment: no import here leads to numpy, scikit-learn,
Keras or TensorFlow, and none to what only a check or an option needs.
"""

from __future__ import annotations

import pytest

from pytest_modelparity.plugin import hookspecs
from pytest_modelparity.plugin.fixtures import (
    assert_models_equivalent,
    compare_models,
    compare_stream,
    keras_twin,
    parity_case,
    parity_seed,
    parity_tolerance,
)
from pytest_modelparity.plugin.options import add_options
from pytest_modelparity.plugin.start import start_session

__all__ = [
    "assert_models_equivalent",
    "compare_models",
    "compare_stream",
    "keras_twin",
    "parity_case",
    "parity_seed",
    "parity_tolerance",
    "pytest_addhooks",
    "pytest_addoption",
    "pytest_configure",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and the ini settings."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks of this plugin."""
    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Read all settings, so that a wrong one ends the run before it starts."""
    start_session(config)

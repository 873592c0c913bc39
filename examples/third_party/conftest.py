"""Lets these tests run in pytest-modelparity's own suite, where the plugin is not installed."""

import sys
from pathlib import Path


def pytest_configure(config):
    if not config.pluginmanager.hasplugin("parity_newton"):
        sys.path.insert(0, str(Path(__file__).parent))
        from parity_newton import plugin

        config.pluginmanager.register(plugin, "parity_newton")

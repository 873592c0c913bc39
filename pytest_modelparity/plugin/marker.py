"""The marker ``parity``: settings of the checks of one test, class or module."""

from __future__ import annotations

import pytest

from pytest_modelparity.check_settings import SETTINGS, CheckSettings
from pytest_modelparity.errors import ModelParityError


def read_marker(item: pytest.Item) -> CheckSettings:
    """Return the settings of the test's markers; for each keyword the closest marker wins.

    Raises
    ------
    ModelParityError
        If a marker has positional arguments, an unknown keyword or a wrong value.
    """
    # iter_markers starts at the test and goes outwards, and the first wins.
    return CheckSettings().over(*(_settings(mark) for mark in item.iter_markers("parity")))


def _settings(mark: pytest.Mark) -> CheckSettings:
    """Return the settings of one marker."""
    # A misspelt keyword would leave the default in force without a word.
    unknown = [name for name in mark.kwargs if name not in SETTINGS]
    if mark.args or unknown:
        given = [*map(repr, mark.args), *(f"{name}={mark.kwargs[name]!r}" for name in unknown)]
        raise ModelParityError(
            f"the marker parity takes the keywords {', '.join(SETTINGS)}, "
            f"got {', '.join(given)}; write for example @pytest.mark.parity(tolerance=0.05)"
        )
    return CheckSettings.of_arguments(**mark.kwargs)

"""What a format needs that is not installed with this package."""

from __future__ import annotations

import importlib.util

from pytest_modelparity.errors import ModelParityError


def check_jinja2() -> None:
    """Refuse to make the page without its template engine, before a run is spent on it.

    Raises
    ------
    ModelParityError
        With the command that installs it.
    """
    if importlib.util.find_spec("jinja2") is None:
        raise ModelParityError(
            "the HTML report needs Jinja2, which is not installed; "
            "run: pip install 'pytest-modelparity[html]'"
        )

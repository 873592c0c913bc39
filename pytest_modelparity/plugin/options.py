"""The options and ini settings of the plugin, read once at the start of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from pytest_modelparity.assertion import UNSET, CheckSettings, Unset, read_seed
from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.tolerance import Tolerance

#: pytest 9.2 can say that a setting is text or a number; before, a number is read from text.
#: Only there may a TOML file hold a bare number.
TEXT_OR_NUMBER: Any = str | int | float if pytest.version_tuple >= (9, 2) else "string"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityOptions:
    """What the command line and the configuration file say.

    Parameters
    ----------
    report : bool
        Whether the terminal section is printed.
    checks : CheckSettings
        The run's settings of a check.
    """

    report: bool
    checks: CheckSettings


def add_options(parser: pytest.Parser) -> None:
    """Declare the options and the ini settings."""
    parser.getgroup("modelparity", "model parity").addoption(
        "--parity-report",
        action="store_true",
        default=None,
        help="print a section on every check of the run that compared two models, passed or not",
    )
    parser.addini(
        "parity_report", "print the section of --parity-report (bool)", type="bool", default=False
    )
    parser.addini(
        "parity_probability_tolerance",
        "largest difference of a predicted probability allowed (default: 0.01)",
        type=TEXT_OR_NUMBER,
        default="",
    )
    parser.addini(
        "parity_seed",
        "seed of a candidate's initialisation and shuffling, or 'none' (default: 0)",
        type=TEXT_OR_NUMBER,
        default="",
    )
    parser.addini(
        "parity_explain",
        "attribute a divergence to settings (bool, default: true)",
        type="bool",
        default=True,
    )


def read_options(config: pytest.Config) -> ParityOptions:
    """Return the run's options.

    Raises
    ------
    pytest.UsageError
        If a setting cannot be read; the message names it, its value and what is allowed.
    """
    on_command_line = config.getoption("parity_report")
    in_file = _bool_setting(config, "parity_report")
    return ParityOptions(
        report=in_file if on_command_line is None else bool(on_command_line),
        checks=CheckSettings(
            tolerance=_tolerance(config),
            seed=_seed(config),
            explain=_bool_setting(config, "parity_explain"),
        ),
    )


def _tolerance(config: pytest.Config) -> Tolerance | None:
    """Return the tolerance of the ini file."""
    text = str(config.getini("parity_probability_tolerance")).strip()
    try:
        return Tolerance(probability=float(text)) if text else None
    except (ValueError, ModelParityError):
        raise pytest.UsageError(
            f"parity_probability_tolerance must be a finite number >= 0 such as 0.01, got {text!r}"
        ) from None


def _seed(config: pytest.Config) -> int | Unset | None:
    """Return the seed of the ini file."""
    text = str(config.getini("parity_seed")).strip()
    if not text:
        return UNSET
    try:
        return None if text.lower() == "none" else read_seed(int(text))
    except (ValueError, ModelParityError):
        raise pytest.UsageError(
            f"parity_seed must be 'none' or an integer in [0, 2**32), got {text!r}"
        ) from None


def _bool_setting(config: pytest.Config, name: str) -> bool:
    """Return a bool of the ini file."""
    try:
        return bool(config.getini(name))
    except (TypeError, ValueError):
        # pytest before 9 shows an internal error here.
        raise pytest.UsageError(f"{name} must be true or false") from None

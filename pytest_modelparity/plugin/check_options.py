"""The options and ini settings of a check, such as its tolerance; they hold for the whole run."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_modelparity.context import (
    UNSET,
    CheckSettings,
    Unset,
    read_budget,
    read_seed,
    read_training,
)
from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.tolerance import Tolerance

#: pytest 9.2 can say that a setting is text or a number; before, a number is read from text.
#: Only there may a TOML file hold a bare number.
TEXT_OR_NUMBER: Any = str | int | float if pytest.version_tuple >= (9, 2) else "string"


def add_check_options(parser: pytest.Parser) -> None:
    """Declare the settings of a check."""
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
    parser.getgroup("modelparity", "model parity").addoption(
        "--parity-budget",
        metavar="SECONDS",
        help="seconds that explaining one divergence and verifying its repair may take together "
        "(default: 10)",
    )
    parser.addini("parity_budget", "seconds of --parity-budget", type=TEXT_OR_NUMBER, default="")
    parser.getgroup("modelparity", "model parity").addoption(
        "--parity-training",
        metavar="auto|fit",
        help="whether a long training may take a short cut that is proven to be equal (auto, the "
        "default), or every epoch is made by the candidate's own fit (fit)",
    )
    parser.addini("parity_training", "value of --parity-training", default="")


def read_check_options(config: pytest.Config) -> CheckSettings:
    """Return the run's settings of a check.

    Raises
    ------
    pytest.UsageError
        If one cannot be read; the message names it, its value and what is allowed.
    """
    return CheckSettings.of_arguments(
        _tolerance(config),
        _seed(config),
        bool_setting(config, "parity_explain"),
        _budget(config),
        _training(config),
    )


def _tolerance(config: pytest.Config) -> Tolerance | None:
    """Return the tolerance of the ini file."""
    # Text before pytest 9.2, later perhaps a number.
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


def _budget(config: pytest.Config) -> float | None:
    """Return the budget; the option wins over the ini setting."""
    name, text = _written(config, "parity_budget")
    try:
        return read_budget(float(text)) if text else None
    except (ValueError, ModelParityError):
        raise pytest.UsageError(
            f"{name} must be a finite number of seconds >= 0, got {text!r}"
        ) from None


def _training(config: pytest.Config) -> str | None:
    """Return how a training may be made; the option wins over the ini setting."""
    name, text = _written(config, "parity_training")
    try:
        return read_training(text) if text else None
    except ModelParityError:
        raise pytest.UsageError(f"{name} must be auto or fit, got {text!r}") from None


def _written(config: pytest.Config, setting: str) -> tuple[str, str]:
    """Return the name and the text of what the user wrote, the option or the ini setting."""
    given = config.getoption(setting)
    if given is None:
        return setting, str(config.getini(setting)).strip()
    return f"--{setting.replace('_', '-')}", str(given).strip()


def bool_setting(config: pytest.Config, name: str) -> bool:
    """Return a bool of the ini file."""
    try:
        return bool(config.getini(name))
    except (TypeError, ValueError):
        # pytest before 9 shows an internal error here.
        raise pytest.UsageError(f"{name} must be true or false") from None

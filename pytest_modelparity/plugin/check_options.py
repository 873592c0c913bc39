"""The options and ini settings of a check, such as its tolerance, read for the whole run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_modelparity.check_settings import UNSET, CheckSettings, Unset
from pytest_modelparity.check_values import read_budget, read_seed, read_training
from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.plugin.options import bool_setting, is_written
from pytest_modelparity.tolerance import Tolerance


def read_check_options(config: pytest.Config) -> CheckSettings:
    """Return the run's settings of a check.

    Raises
    ------
    pytest.UsageError
        If one cannot be read; the message names it, its value and what is allowed.
    """
    tolerance = _tolerance(config, "probability")
    prediction = _tolerance(config, "prediction")
    settings = CheckSettings.of_arguments(
        seed=_seed(config),
        explain=bool_setting(config, "parity_explain")
        if is_written(config, ("parity_explain",))
        else UNSET,
        budget=_budget(config),
        training=_training(config),
        allow_pickle=_allow_pickle(config),
    )
    # Each for the checks of its kind: neither is a mistake in those of the other.
    return replace(
        settings,
        tolerance=UNSET if tolerance is None else Tolerance(probability=tolerance),
        prediction_tolerance=UNSET if prediction is None else prediction,
    )


def _tolerance(config: pytest.Config, quantity: str) -> float | None:
    """Return what the ini file allows of a quantity."""
    name = f"parity_{quantity}_tolerance"
    # Text before pytest 9.2, later perhaps a number.
    text = str(config.getini(name)).strip()
    try:
        return Tolerance(prediction=float(text)).prediction if text else None
    except (ValueError, ModelParityError):
        raise pytest.UsageError(
            f"{name} must be a finite number >= 0 such as 0.01, got {text!r}"
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


def _allow_pickle(config: pytest.Config) -> bool | None:
    """Return whether pickles may be loaded; the option wins over the ini setting."""
    if config.getoption("parity_allow_pickle"):
        return True
    written = is_written(config, ("parity_allow_pickle",))
    return bool_setting(config, "parity_allow_pickle") if written else None


def _written(config: pytest.Config, setting: str) -> tuple[str, str]:
    """Return the name and the text of what the user wrote, the option or the ini setting."""
    given = config.getoption(setting)
    if given is None:
        return setting, str(config.getini(setting)).strip()
    return f"--{setting.replace('_', '-')}", str(given).strip()

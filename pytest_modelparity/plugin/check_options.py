"""The options and ini settings of a check, such as its tolerance, read for the whole run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import pytest

from pytest_modelparity.check_settings import UNSET, CheckSettings, Unset
from pytest_modelparity.check_values import (
    ALL_CORES,
    read_budget,
    read_memory,
    read_n_jobs,
    read_seed,
    read_training,
)
from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.plugin.options import bool_setting, is_written
from pytest_modelparity.tolerance import Tolerance


class Written(NamedTuple):
    """A setting that is written as the text of an option, or of the ini file.

    Parameters
    ----------
    option : str
        Its name on the command line.
    read : callable
        Returns the value of a text, or raises.
    allowed : str
        What the text may be, in words.
    """

    option: str
    read: Callable[[str], object]
    allowed: str


#: By the names of the arguments, which ini settings have too, behind ``parity_``.
WRITTEN: Final[Mapping[str, Written]] = {
    "budget": Written(
        "--parity-budget",
        lambda text: read_budget(float(text)),
        "a finite number of seconds >= 0",
    ),
    "training": Written("--parity-training", read_training, "auto or fit"),
    "n_jobs": Written(
        "--parity-jobs",
        lambda text: read_n_jobs(int(text)),
        f"a positive integer or {ALL_CORES}",
    ),
    "memory": Written(
        "--parity-memory",
        lambda text: read_memory(float(text)),
        "a number of megabytes >= 0",
    ),
}


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
        allow_pickle=_allow_pickle(config),
        **{name: _written(config, name) for name in WRITTEN},
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


def _allow_pickle(config: pytest.Config) -> bool | None:
    """Return whether pickles may be loaded; the option wins over the ini setting."""
    if config.getoption("parity_allow_pickle"):
        return True
    written = is_written(config, ("parity_allow_pickle",))
    return bool_setting(config, "parity_allow_pickle") if written else None


def _written(config: pytest.Config, name: str) -> object:
    """Return a setting that an option and the ini file may give; the option wins."""
    option, read, allowed = WRITTEN[name]
    given = config.getoption(f"parity_{name}")
    if given is None:
        option, given = f"parity_{name}", config.getini(f"parity_{name}")
    text = str(given).strip()
    try:
        return read(text) if text else None
    except (ValueError, ModelParityError):
        raise pytest.UsageError(f"{option} must be {allowed}, got {text!r}") from None

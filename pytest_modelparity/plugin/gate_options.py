"""The options of the gate and of the step summary, read, with the baseline that they name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.plugin.options import absolute_path, bool_setting
from pytest_modelparity.report.slugs import MEANINGS, is_contributed

if TYPE_CHECKING:
    from pytest_modelparity.baseline.known import Baseline

#: Key of a pytest-xdist worker's input: the baseline that the controller has read, as text.
WORKER_BASELINE = "modelparity_baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """What fails a run whose tests passed.

    Parameters
    ----------
    path : pathlib.Path, optional
        The baseline's; ``None``: there is none.
    baseline : mapping
        The known divergences.
    update : bool
        Whether the baseline is written at the end of the run.
    strict : bool
        Whether a known divergence that vanished fails the run.
    fail_on : tuple of str
        Slugs of the findings that do.
    step_summary : bool
        Whether the report is appended to the summary of a GitHub Actions step.
    """

    path: Path | None
    baseline: Baseline
    update: bool = False
    strict: bool = False
    fail_on: tuple[str, ...] = ()
    step_summary: bool = False

    @property
    def is_gate(self) -> bool:
        """Whether anything but a test may fail the run."""
        return self.path is not None or bool(self.fail_on)


def read_gate_options(config: pytest.Config) -> GateOptions:
    """Return the options of the gate, with the baseline read.

    Raises
    ------
    pytest.UsageError
        If the baseline cannot be read, a slug is not known, or an option lacks its fellow.
    """
    path = _path(config)
    update = bool(config.getoption("parity_update_baseline"))
    # Refused, not ignored: the user believes that a file was written.
    if path is None and update:
        raise pytest.UsageError(
            "--parity-update-baseline needs to know the file; add --parity-baseline=PATH"
        )
    return GateOptions(
        path=path,
        baseline={} if path is None else _baseline(config, path, update),
        update=update,
        strict=_flag(config, "parity_baseline_strict"),
        fail_on=_slugs(config),
        step_summary=_flag(config, "parity_step_summary"),
    )


def _flag(config: pytest.Config, name: str) -> bool:
    """Return a flag of the command line or the ini file."""
    in_file = bool_setting(config, name)
    return in_file if config.getoption(name) is None else bool(config.getoption(name))


def _path(config: pytest.Config) -> Path | None:
    """Return the baseline's path; an empty one on the command line switches the setting off."""
    given = config.getoption("parity_baseline")
    path = str(config.getini("parity_baseline") or "") if given is None else str(given)
    return absolute_path(config, path, in_file=given is None) if path.strip() else None


def _slugs(config: pytest.Config) -> tuple[str, ...]:
    """Return the findings that fail the run."""
    given = config.getoption("parity_fail_on")
    words = ",".join(config.getini("parity_fail_on")) if given is None else str(given)
    # Commas or spaces: an ini list is split at spaces, a command line usually at commas.
    slugs = tuple(dict.fromkeys(filter(None, re.split(r"[,\s]+", words))))
    # A misspelt slug would never fail anything. Which slugs plugins have is known only once they
    # are found.
    unknown = [slug for slug in slugs if slug not in MEANINGS and not is_contributed(slug)]
    if unknown:
        where = "parity_fail_on" if given is None else "--parity-fail-on"
        raise pytest.UsageError(
            f"{where}: there is no finding {', '.join(unknown)}; "
            f"known are {', '.join(sorted(MEANINGS))}"
        )
    return slugs


def _baseline(config: pytest.Config, path: Path, update: bool) -> Baseline:
    """Return the known divergences; a worker gets them from its controller."""
    from pytest_modelparity.baseline.file import read

    workerinput: Mapping[str, str] = getattr(config, "workerinput", {})
    # A worker may run on another machine, without the file.
    if WORKER_BASELINE in workerinput:
        return read(workerinput[WORKER_BASELINE])
    try:
        return read(path.read_text(encoding="utf-8"))
    # A missing file must not pass for an empty one, which knows no divergence at all.
    except FileNotFoundError:
        if update:
            return {}
        raise pytest.UsageError(
            f"the baseline {path} does not exist; "
            f"run once with --parity-update-baseline to write it, then commit it"
        ) from None
    except (OSError, UnicodeDecodeError, ModelParityError) as error:
        raise pytest.UsageError(f"the baseline {path} cannot be read: {error}") from None

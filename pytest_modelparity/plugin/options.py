"""The options and ini settings of the plugin, declared; `is_written` tells which of them hold.

Every run of pytest loads this module, and most write none of them: what reads a concern's options
(`check_options`, `file_options`, `gate_options`) is loaded where one of them is written.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

#: The ini settings of a check; the options of the same names are among them.
CHECK_SETTINGS = (
    "parity_probability_tolerance",
    "parity_prediction_tolerance",
    "parity_seed",
    "parity_explain",
    "parity_budget",
    "parity_training",
    "parity_allow_pickle",
    "parity_n_jobs",
    "parity_memory",
)
#: What the option's help calls each format that this package writes, by the ending of the option.
FORMATS = {"json": "JSON", "html": "one HTML page", "md": "Markdown"}
FILE_SETTINGS = (*(f"parity_report_{name}" for name in FORMATS), "parity_report_to")
GATE_SETTINGS = (
    "parity_baseline",
    "parity_baseline_strict",
    "parity_fail_on",
    "parity_step_summary",
)

#: pytest 9.2 can say that a setting is text or a number; before, a number is read from text.
#: Only there may a TOML file hold a bare number.
TEXT_OR_NUMBER: Any = str | int | float if pytest.version_tuple >= (9, 2) else "string"


def add_options(parser: pytest.Parser) -> None:
    """Declare the options and the ini settings; the default of each stands for "not written"."""
    group = parser.getgroup("modelparity", "model parity")
    _add_file_options(parser, group)
    group.addoption(
        "--parity-report",
        action="store_true",
        default=None,
        help="print a section on every check of the run that compared two models, passed or not",
    )
    parser.addini(
        "parity_report", "print the section of --parity-report (bool)", type="bool", default=None
    )
    _add_check_options(parser, group)
    _add_gate_options(parser, group)


def _add_file_options(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Declare the options that ask for report files."""
    for name, words in FORMATS.items():
        group.addoption(
            f"--parity-report-{name}",
            metavar="PATH",
            help=f"write every check of the run to this file, as {words}",
        )
        parser.addini(
            f"parity_report_{name}",
            f"file of --parity-report-{name}, relative to the configuration file",
            default="",
        )
    group.addoption(
        "--parity-report-to",
        action="append",
        metavar="NAME=PATH",
        help="write the checks with the reporter NAME that a plugin contributes; repeatable",
    )
    parser.addini(
        "parity_report_to",
        "files of --parity-report-to, a line each, relative to the configuration file",
        type="linelist",
        default=[],
    )


def _add_check_options(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Declare the settings of a check."""
    parser.addini(
        "parity_probability_tolerance",
        "largest difference of a predicted probability allowed (default: 0.01)",
        type=TEXT_OR_NUMBER,
        default="",
    )
    parser.addini(
        "parity_prediction_tolerance",
        "largest difference of a regressor's prediction allowed, in the unit of y (default: 0.01 "
        "of the standard deviation of y)",
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
        default=None,
    )
    _add_time_options(parser, group)
    _add_pickle_option(parser, group)
    _add_size_options(parser, group)


def _add_time_options(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Declare how long explaining may take, and by which way trainings are made."""
    group.addoption(
        "--parity-budget",
        metavar="SECONDS",
        help="seconds that explaining one divergence and verifying its repair may take together "
        "(default: 10)",
    )
    parser.addini("parity_budget", "seconds of --parity-budget", type=TEXT_OR_NUMBER, default="")
    group.addoption(
        "--parity-training",
        metavar="auto|fit",
        help="whether a long training may take a short cut that is proven to be equal (auto, the "
        "default), or every epoch is made by the candidate's own fit (fit)",
    )
    parser.addini("parity_training", "value of --parity-training", default="")


def _add_pickle_option(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Declare what lets a candidate be a pickle."""
    group.addoption(
        "--parity-allow-pickle",
        action="store_true",
        default=None,
        help="load candidates that are pickles; loading one runs the code in it",
    )
    parser.addini("parity_allow_pickle", "--parity-allow-pickle (bool)", type="bool", default=None)


def _add_size_options(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Declare what a check of many rows may take of the machine."""
    group.addoption(
        "--parity-jobs",
        dest="parity_n_jobs",
        metavar="N",
        help="cores that passes over rows use, -1 for all that the process may use (default: all, "
        "shared out among the workers of pytest-xdist)",
    )
    parser.addini("parity_n_jobs", "cores of --parity-jobs", type=TEXT_OR_NUMBER, default="")
    group.addoption(
        "--parity-memory",
        metavar="MEGABYTES",
        help="memory that the rows of a check may take as float64; rows that take more are passed "
        "over in blocks, with 0 all are (default: 160)",
    )
    parser.addini("parity_memory", "megabytes of --parity-memory", type=TEXT_OR_NUMBER, default="")


def _add_gate_options(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Declare the settings of the gate and of the step summary."""
    group.addoption(
        "--parity-baseline",
        metavar="PATH",
        help="file of the known divergences: they fail neither a test nor the run, others do",
    )
    group.addoption(
        "--parity-update-baseline",
        action="store_true",
        default=None,
        help="write what this run finds to the file of --parity-baseline",
    )
    group.addoption(
        "--parity-baseline-strict",
        action="store_true",
        default=None,
        help="fail the run on a known divergence that is there no more",
    )
    group.addoption(
        "--parity-fail-on",
        metavar="SLUG[,SLUG]",
        help="fail the run on these findings, such as candidate-not-converged",
    )
    group.addoption(
        "--parity-step-summary",
        action="store_true",
        default=None,
        help="append the report to the file that GITHUB_STEP_SUMMARY names",
    )
    parser.addini(
        "parity_baseline", "file of --parity-baseline, relative to the configuration file"
    )
    parser.addini(
        "parity_baseline_strict", "--parity-baseline-strict (bool)", type="bool", default=None
    )
    parser.addini("parity_fail_on", "findings of --parity-fail-on", type="args")
    parser.addini("parity_step_summary", "--parity-step-summary (bool)", type="bool", default=None)


def is_written(config: pytest.Config, settings: tuple[str, ...]) -> bool:
    """Return whether the command line or the configuration file says anything of these settings."""
    return any(
        config.getoption(name, None) is not None or _in_file(config, name) for name in settings
    )


def _in_file(config: pytest.Config, name: str) -> bool:
    """Return whether the configuration file says anything of a setting."""
    try:
        # Of these the first two are the default here, and the last is pytest 7's of a bool.
        return config.getini(name) not in (None, "", [])
    # It is no bool: whoever reads it says so.
    except (TypeError, ValueError):
        return True


def bool_setting(config: pytest.Config, name: str) -> bool:
    """Return a bool of the ini file."""
    try:
        return bool(config.getini(name))
    except (TypeError, ValueError):
        # pytest before 9 shows an internal error here.
        raise pytest.UsageError(f"{name} must be true or false") from None


def absolute_path(config: pytest.Config, path: str, *, in_file: bool) -> Path:
    """Return a path as the command line means it, or as the ini file in its folder does."""
    start = config.invocation_params.dir
    if in_file:
        start = config.inipath.parent if config.inipath else config.rootpath
    # A shell leaves the tilde of `--option=~/x` alone, and nothing expands an ini file.
    expanded = os.path.expanduser(os.path.expandvars(path.strip()))
    return Path(os.path.normpath(start / expanded))

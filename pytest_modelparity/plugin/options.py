"""The options and ini settings of the plugin, read once at the start of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_modelparity.context import CheckSettings
from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.plugin.check_options import (
    add_check_options,
    bool_setting,
    read_check_options,
)


# Here and in the modules beside it: a dataclass costs every run of pytest a millisecond.
class Format(NamedTuple):
    """A format that this package writes itself.

    Parameters
    ----------
    words : str
        What the option's help calls it.
    module : str
        Whose function ``render`` makes the text; imported when a file of it is written.
    """

    words: str
    module: str


#: By the ending of the option.
FORMATS = {
    "json": Format(words="JSON", module="pytest_modelparity.reporters.json"),
    "html": Format(words="one HTML page", module="pytest_modelparity.reporters.html"),
    "md": Format(words="Markdown", module="pytest_modelparity.reporters.markdown"),
}


class ReportFile(NamedTuple):
    """A file that is written at the end of the run.

    Parameters
    ----------
    reporter : str
        ``"json"``, ``"html"``, ``"md"`` or the name of a reporter that a plugin contributes.
    path : pathlib.Path
        Absolute.
    option : str
        Which option or ini setting asks for it, with its value; for messages.
    """

    reporter: str
    path: Path
    option: str


class ParityOptions(NamedTuple):
    """The options of the command line and of the configuration file.

    Parameters
    ----------
    report : bool
        Whether the terminal section is printed.
    checks : CheckSettings
        The run's settings of a check.
    files : tuple of ReportFile
        The report files to write.
    """

    report: bool
    checks: CheckSettings
    files: tuple[ReportFile, ...] = ()

    @property
    def draws_map(self) -> bool:
        """Whether one of the files shows a map of the training."""
        return any(file.reporter in ("json", "html") for file in self.files)


def add_options(parser: pytest.Parser) -> None:
    """Declare the options and the ini settings."""
    _add_file_options(parser)
    parser.getgroup("modelparity", "model parity").addoption(
        "--parity-report",
        action="store_true",
        # None is "not given": the ini setting then holds.
        default=None,
        help="print a section on every check of the run that compared two models, passed or not",
    )
    parser.addini(
        "parity_report", "print the section of --parity-report (bool)", type="bool", default=False
    )
    add_check_options(parser)


def _add_file_options(parser: pytest.Parser) -> None:
    """Declare the options that ask for report files."""
    group = parser.getgroup("modelparity", "model parity")
    for name, known in FORMATS.items():
        group.addoption(
            f"--parity-report-{name}",
            metavar="PATH",
            help=f"write every check of the run to this file, as {known.words}",
        )
        parser.addini(
            f"parity_report_{name}",
            f"file of --parity-report-{name}, relative to the configuration file",
            default="",
        )
    group.addoption(
        "--parity-report-to",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="write the checks with the reporter NAME that a plugin contributes; repeatable",
    )
    parser.addini(
        "parity_report_to",
        "files of --parity-report-to, a line each, relative to the configuration file",
        type="linelist",
        default=[],
    )


def read_options(config: pytest.Config) -> ParityOptions:
    """Return the run's options.

    Raises
    ------
    pytest.UsageError
        If a setting cannot be read; the message names it, its value and what is allowed.
    """
    on_command_line = config.getoption("parity_report")
    in_file = bool_setting(config, "parity_report")
    return ParityOptions(
        report=in_file if on_command_line is None else bool(on_command_line),
        checks=read_check_options(config),
        files=_report_files(config),
    )


def _report_files(config: pytest.Config) -> tuple[ReportFile, ...]:
    """Return the files that are asked for; an option on the command line wins over its setting.

    Raises
    ------
    pytest.UsageError
        If a path is empty or a folder, two files are one, or the page needs what is not there.
    """
    files = [*_own_files(config), *_contributed_files(config)]
    # Before the run: of two reports in one file the later would silently win.
    by_path: dict[Path, ReportFile] = {}
    for file in files:
        if file.path.is_dir():
            raise pytest.UsageError(f"{file.option} is a folder; give the path of a file")
        other = by_path.setdefault(file.path, file)
        if other is not file:
            raise pytest.UsageError(
                f"{other.option} and {file.option} are the same file; give each its own"
            )
    if any(file.reporter == "html" for file in files):
        from pytest_modelparity.reporters.needs import check_jinja2

        try:
            check_jinja2()
        except ModelParityError as error:
            raise pytest.UsageError(str(error)) from None
    return tuple(files)


def _own_files(config: pytest.Config) -> Iterator[ReportFile]:
    """Yield the files of the formats that this package writes."""
    for name in FORMATS:
        given = config.getoption(f"parity_report_{name}")
        # An empty path on the command line is a mistake, an empty setting is none.
        if given is not None:
            yield _report_file(config, name, given, f"--parity-report-{name}={given}")
        elif setting := str(config.getini(f"parity_report_{name}")).strip():
            yield _report_file(
                config, name, setting, f"parity_report_{name} = {setting}", in_file=True
            )


def _contributed_files(config: pytest.Config) -> Iterator[ReportFile]:
    """Yield the files of reporters that plugins contribute."""
    given = config.getoption("parity_report_to")
    # All of them from one place: a path of the ini file could not be switched off otherwise.
    in_file = not given
    for text in given or config.getini("parity_report_to"):
        option = f"parity_report_to = {text}" if in_file else f"--parity-report-to={text}"
        name, sign, path = (part.strip() for part in text.partition("="))
        if not (name and sign):
            raise pytest.UsageError(f"{option} must be NAME=PATH, such as csv=parity.csv")
        # Two options for one file would need a rule on which of them wins.
        if name in FORMATS:
            raise pytest.UsageError(f"{option} is written as --parity-report-{name}={path}")
        yield _report_file(config, name, path, option, in_file=in_file)


def _report_file(
    config: pytest.Config, reporter: str, path: str, option: str, *, in_file: bool = False
) -> ReportFile:
    """Return a file with its absolute path; a path of the ini file starts in that file's folder."""
    if not path.strip():
        raise pytest.UsageError(f"{option} must be the path of a file, got nothing")
    return ReportFile(
        reporter=reporter, path=absolute_path(config, path, in_file=in_file), option=option
    )


def absolute_path(config: pytest.Config, path: str, *, in_file: bool) -> Path:
    """Return a path as the command line means it, or as the ini file in its folder does."""
    start = config.invocation_params.dir
    if in_file:
        start = config.inipath.parent if config.inipath else config.rootpath
    # A shell leaves the tilde of `--option=~/x` alone, and nothing expands an ini file.
    expanded = os.path.expanduser(os.path.expandvars(path.strip()))
    return Path(os.path.normpath(start / expanded))

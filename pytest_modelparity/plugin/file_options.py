"""The options that ask for report files, read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.plugin.options import FORMATS, absolute_path


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
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

    @property
    def has_map(self) -> bool:
        """Whether it shows a map of the training."""
        return self.reporter in ("json", "html")


def read_report_files(config: pytest.Config) -> tuple[ReportFile, ...]:
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

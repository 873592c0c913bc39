"""The report of a run as strict JSON, and back."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any, NoReturn

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.report.run import KIND, CheckRecord, RunReport


def render(run: RunReport) -> str:
    """Return the run as JSON text, in ASCII; `read_report` reads it.

    JSON has no word for some numbers: they stand as ``"NaN"``, ``"Infinity"`` and
    ``"-Infinity"``.
    """
    # `allow_nan=False`: a NaN that slipped through must fail here, not in the reader of another
    # language.
    return json.dumps(strict(run.to_dict()), allow_nan=False, indent=2) + "\n"


def read_report(path: str | os.PathLike[str]) -> RunReport:
    """Read the report of a run from the file that ``--parity-report-json`` wrote.

    Parameters
    ----------
    path : str or path
        The file. One that holds a single report, as ``json.dumps(report.to_dict())`` writes it,
        is read as a run with one check, which no test made.

    Returns
    -------
    RunReport
        With every check of the run.

    Raises
    ------
    ModelParityError
        If the file cannot be read, is no report, or is one of another version.

    Examples
    --------
    >>> run = read_report("parity.json")  # doctest: +SKIP
    >>> [check.name for check in run.checks if not check.report.equivalent]  # doctest: +SKIP
    ['test_port.py::test_churn']
    """
    try:
        # With or without a byte order mark, which editors of Windows add.
        return parse(Path(path).read_text(encoding="utf-8-sig"), name=Path(path).name)
    except OSError as error:
        raise ModelParityError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ModelParityError(f"{path} is no report: it is not text in UTF-8") from None
    except ModelParityError as error:
        raise ModelParityError(f"{path} is no report that can be read: {error}") from None


def parse(text: str, *, name: str) -> RunReport:
    """Return the run that JSON text holds.

    Parameters
    ----------
    text : str
        What `render` returned, or the JSON of one `ParityReport.to_dict`.
    name : str
        Stands for the test where the text holds one report only.

    Raises
    ------
    ModelParityError
        If it holds neither.
    """
    try:
        values = json.loads(text, parse_constant=_refuse)
    # Not a ValueError, and raised by a file of nothing but brackets.
    except RecursionError:
        raise ModelParityError("it is nested too deeply") from None
    except ValueError as error:
        raise ModelParityError(f"it is not valid JSON, or ends too early: {error}") from None
    if not isinstance(values, dict):
        raise ModelParityError("it holds no object")
    if values.get("kind") == KIND:
        return RunReport.from_dict(values)
    # A single report has no kind; these two fields are in every one.
    if "kind" not in values and {"format_version", "verdict"} <= values.keys():
        report = ParityReport.from_dict(values)
        check = CheckRecord(test_id=name, outcome="unknown", asserted=False, report=report)
        return RunReport(checks=(check,), environment=report.environment)
    raise ModelParityError(f"it has no kind {KIND!r}")


def strict(value: Any) -> Any:
    """Return builtin types with text for the numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: strict(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _refuse(word: str) -> NoReturn:
    """Refuse a number that JSON does not have."""
    raise ValueError(f"{word} is no number of JSON")

"""Whole reports against the files in ``tests/golden``.

To renew them run ``PARITY_RENEW_GOLDEN=1 pytest tests/unit/test_golden.py``: each test writes its
file and fails once; then read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_modelparity import ParityReport
from pytest_modelparity.report.run import RunReport
from pytest_modelparity.report.section import section_lines
from pytest_modelparity.reporters import json, markdown

GOLDEN = Path(__file__).parent.parent / "golden"


def compare(name: str, found: str) -> None:
    """Fail where a text is not what its file holds."""
    path = GOLDEN / name
    if os.environ.get("PARITY_RENEW_GOLDEN"):
        path.write_bytes(found.encode("utf-8"))
        pytest.fail(f"renewed {path}")
    assert found == path.read_bytes().decode("utf-8")


@pytest.mark.parametrize(
    "name,verbosity", [("section.txt", 0), ("section_verbose.txt", 1), ("section_quiet.txt", -1)]
)
def test_the_terminal_section(sample_run: RunReport, name: str, verbosity: int) -> None:
    lines = section_lines(sample_run, verbosity)
    compare(name, "".join(f"[{line.tone:>4}] {line.text}".rstrip() + "\n" for line in lines))


def test_the_assertion_message(diverged_report: ParityReport) -> None:
    compare("message.txt", f"{diverged_report}\n")


def test_the_assertion_message_with_hostile_names(hostile_report: ParityReport) -> None:
    compare("message_hostile.txt", f"{hostile_report}\n")


def test_the_markdown(sample_run: RunReport) -> None:
    compare("report.md", markdown.render(sample_run))


def test_the_json(sample_run: RunReport) -> None:
    compare("report.json", json.render(sample_run))

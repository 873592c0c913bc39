"""Whole reports against the files in ``tests/golden``.

To renew them run ``PARITY_RENEW_GOLDEN=1 pytest tests/unit/test_golden.py``: each test writes its
file and fails once; then read the difference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from sample_tables import OUTCOMES, USUAL

from pytest_modelparity import ParityReport
from pytest_modelparity.report.run import RunReport
from pytest_modelparity.report.section import section_lines
from pytest_modelparity.report.text import PREFIX
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


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_message_of_every_outcome(columns: int) -> None:
    # pytest puts its own characters before each line.
    texts = {name: report.text(width=columns - PREFIX) for name, report in OUTCOMES.items()}
    compare(f"messages_{columns}.txt", "".join(f"# {n}\n{text}\n\n" for n, text in texts.items()))


def test_the_documentation_shows_messages_as_they_are() -> None:
    page = (GOLDEN.parents[1] / "docs" / "message.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```text\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)
    messages = {report.text(width=80 - PREFIX) for report in OUTCOMES.values()}
    assert len(shown) > 5
    assert [text for text in shown if text not in messages] == []


def test_the_message_with_everything() -> None:
    compare("message_verbose.txt", f"{USUAL.text(verbosity=2)}\n")


def test_the_assertion_message(diverged_report: ParityReport) -> None:
    compare("message.txt", f"{diverged_report}\n")


def test_the_assertion_message_with_hostile_names(hostile_report: ParityReport) -> None:
    compare("message_hostile.txt", f"{hostile_report}\n")


def test_the_markdown(sample_run: RunReport) -> None:
    compare("report.md", markdown.render(sample_run))


def test_the_json(sample_run: RunReport) -> None:
    compare("report.json", json.render(sample_run))

"""The workflow of the documentation: it is one, and every option in it exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCS = Path(__file__).parents[2] / "docs"


def steps() -> list[dict[str, Any]]:
    workflow = yaml.safe_load((DOCS / "ci-workflow.yml").read_text(encoding="utf-8"))
    # YAML takes the key "on" for a truth value.
    assert workflow.keys() == {"name", True, "permissions", "jobs"}
    return workflow["jobs"]["parity"]["steps"]


def command() -> list[str]:
    (line,) = [step["run"] for step in steps() if step.get("run", "").startswith("pytest")]
    return shlex.split(line)


def options(text: str) -> set[str]:
    return set(re.findall(r"--parity-[a-z-]+[a-z]", text))


def test_every_option_of_the_workflow_is_accepted(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    (pytester.path / "parity-baseline.json").write_text(
        '{"kind": "parity-baseline", "format_version": 1, "divergences": []}', encoding="utf-8"
    )
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_inprocess("-p", "no:hypothesispytest", *command()[1:])
    assert result.ret == 0
    result.assert_outcomes(passed=1)
    assert {path.name for path in (pytester.path / "parity").iterdir()} == {
        "report.html",
        "report.json",
    }


def test_the_reports_are_uploaded_after_a_failure_too() -> None:
    (upload,) = [step for step in steps() if "upload-artifact" in step.get("uses", "")]
    assert upload["if"] == "${{ !cancelled() }}"
    folder = upload["with"]["path"]
    written = [word.partition("=")[2] for word in command() if "-report-" in word]
    assert len(written) == 2
    assert all(path.startswith(folder) for path in written)


def test_the_workflow_shows_the_gate() -> None:
    assert options(" ".join(command())) >= {
        "--parity-baseline",
        "--parity-fail-on",
        "--parity-step-summary",
    }


def test_every_option_of_the_guide_exists(pytester: pytest.Pytester) -> None:
    shown = options(pytester.runpytest_inprocess("--help").stdout.str())
    named = options((DOCS / "gate.md").read_text(encoding="utf-8"))
    assert len(named) >= 5
    assert named <= shown

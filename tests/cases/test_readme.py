"""The README's example gives the README's output, but for the numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_modelparity import ModelsDivergeError

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"


def block(language: str) -> str:
    """Return the first block of a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", README.read_text("utf-8"), re.M | re.S)
    assert found is not None
    return found[1]


def shape(text: str) -> str:
    """Return a text without its numbers, which differ between processors, and its line breaks."""
    return " ".join(re.sub(r"[-+]?\d+(\.\d+)?(e-?\d+)?", "#", text).split())


def test_the_example_is_short() -> None:
    assert len([line for line in block("python").splitlines() if line]) <= 15


def test_the_example_fails_with_the_message_that_is_shown() -> None:
    names: dict = {}
    exec(compile(block("python"), "README.md", "exec"), names)
    with pytest.raises(ModelsDivergeError) as raised:
        names["test_the_port"]()
    # To renew it: put the example into a file and run pytest on that.
    assert shape(str(raised.value)) == shape(block("text"))


def test_every_slug_of_the_table_has_its_section() -> None:
    linked = re.findall(r"\(docs/findings\.md#([a-z-]+)\)", README.read_text("utf-8"))
    sections = re.findall(r"^## (.+)$", (ROOT / "docs/findings.md").read_text("utf-8"), re.M)
    assert [*linked, "Slugs of plugins"] == sections


def test_every_slug_of_the_code_is_documented() -> None:
    code = "\n".join(
        path.read_text("utf-8") for path in sorted((ROOT / "pytest_modelparity").rglob("*.py"))
    )
    made = set(re.findall(r'slug="([a-z-]+)"', code))
    made |= {"reference-not-converged", "candidate-not-converged"}
    assert made == set(re.findall(r"^## ([a-z-]+)$", (ROOT / "docs/findings.md").read_text(), re.M))

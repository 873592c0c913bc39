"""The usual plugin for GitHub's annotations tells a divergence at the user's own line, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

SOURCE = """
def test_port():
    pytest_modelparity.assert_models_equivalent(
        fitted(1.0), X, y, candidate=fitted(0.5), explain=False
    )


def test_known():
    pytest_modelparity.compare_models(
        fitted(1.0), X, y, candidate=fitted(0.5), explain=False
    )
"""


def test_a_divergence_is_annotated_once_with_its_first_line(
    pytester: pytest.Pytester,
    parity_tests: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("pytest_github_actions_annotate_failures")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(pytester.path))
    parity_tests(SOURCE)
    result = pytester.runpytest_subprocess("--parity-report", "-n", "1")
    result.assert_outcomes(passed=1, failed=1)
    told = [line for line in result.outlines + result.errlines if line.startswith("::")]
    assert len(told) == 1
    place, _, text = told[0].removeprefix("::error ").partition("::")
    where = dict(item.split("=", 1) for item in place.split(","))
    assert (where["file"], where["line"]) == ("test_port.py", "4")
    # The plugin puts the test's name and an empty line before the message.
    assert text.split("%0A")[2] == "models diverge: probability 0.104 > 0.01 (row 85, class 1)"

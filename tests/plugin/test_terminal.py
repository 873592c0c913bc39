"""The terminal section as pytest prints it; `test_section` has its lines."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

Write = Callable[..., None]

SUITE = """
def test_good(): equivalent()
def test_compared(): diverged(asserted=False)
def test_bad(): diverged(value=0.9)
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    without = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    return pytester.runpytest_inprocess(*without, "--parity-report", *arguments)


def section(result: pytest.RunResult) -> list[str]:
    """Return the lines of the section."""
    lines = result.outlines
    start = next(i for i, line in enumerate(lines) if "= model parity report =" in line)
    end = next(i for i in range(start + 1, len(lines)) if lines[i].startswith("==="))
    return lines[start + 1 : end]


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_diverged_checks_are_told_in_full_and_equivalent_ones_in_a_line(
    pytester: pytest.Pytester, made_tests: Write, arguments: tuple[str, ...]
) -> None:
    made_tests(SUITE)
    lines = section(run(pytester, *arguments))
    assert lines[0] == "DIVERGED  test_port.py::test_bad (test failed)"
    compared = "DIVERGED  test_port.py::test_compared (test passed, compared without asserting)"
    assert compared in lines[2:]
    assert lines[-2:] == [
        "EQUIVALENT  probability 0.001 <= 0.01  test_port.py::test_good",
        "3 checks: 1 equivalent, 2 diverged",
    ]


def test_quiet_is_a_line_for_each_check(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests(SUITE)
    assert section(run(pytester, "-q")) == [
        "DIVERGED    probability 0.9 > 0.01     test_port.py::test_bad (test failed)",
        "DIVERGED    probability 0.5 > 0.01     test_port.py::test_compared",
        "EQUIVALENT  probability 0.001 <= 0.01  test_port.py::test_good",
        "3 checks: 1 equivalent, 2 diverged",
    ]


def test_verbose_is_every_check_with_its_table(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests(SUITE)
    lines = section(run(pytester, "-v"))
    assert lines.count("  measure      apart  allowed  where") == 3
    assert "EQUIVALENT  test_port.py::test_good (test passed)" in lines


@pytest.mark.parametrize("colour,expected", [("yes", True), ("no", False)])
def test_colour_is_pytests_own(
    pytester: pytest.Pytester, made_tests: Write, colour: str, expected: bool
) -> None:
    made_tests(SUITE)
    # As the terminal gets it: lines that pytester has matched have lost their colour.
    text = run(pytester, f"--color={colour}").stdout.str()
    start = text.index("model parity report")
    part = text[start : text.index("checks:", start)]
    assert ("\x1b[31m\x1b[1mDIVERGED  test_port.py::test_bad" in part) is expected
    assert ("\x1b[32mEQUIVALENT" in part) is expected
    assert ("\x1b" in part) is expected


def test_hostile_names_are_harmless(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests(
        r"""
@pytest.mark.parametrize("name", ["\x1b[31mred\nline\u202eback" + "x" * 10_000])
def test_name(name):
    from dataclasses import replace
    from pytest_modelparity import ModelsDivergeError

    with pytest.raises(ModelsDivergeError) as caught:
        diverged(causes=[name])
    message = str(caught.value)
    assert all(line.isprintable() and len(line) < 700 for line in message.split("\n"))
"""
    )
    result = run(pytester)
    result.assert_outcomes(passed=1)
    for line in section(result):
        assert line.isascii()
        assert line.isprintable()
        assert len(line) < 700


@pytest.mark.skipif(sys.platform == "win32", reason="the encoding is set as on POSIX")
def test_a_terminal_without_unicode_shows_the_section(
    pytester: pytest.Pytester, made_tests: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_tests("def test_good(): equivalent(asserted=False, slugs=['na\u00efve \u732b'])")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    result = pytester.runpytest_subprocess("--parity-report", "-p", "no:hypothesispytest")
    assert result.ret == 0
    result.stdout.fnmatch_lines([r"*note *[[]na\xefve \u732b] said"])

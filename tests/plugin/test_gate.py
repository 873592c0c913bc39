"""The gate: which findings fail a run, and that banner, last line and exit status agree."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_modelparity.report.slugs import MEANINGS

Write = Callable[..., None]
ROOT = Path(__file__).parents[2]
FAIL_ON = "--parity-fail-on=saturated,class-order"
LAST = "model parity gate failed (exit status {}): {}"

SUITE = """
def test_one(): equivalent(slugs=["saturated", "target-shape"])
def test_two(): equivalent(slugs=["saturated"])
def test_three(): equivalent(slugs=["inert-setting"])
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    without = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    return pytester.runpytest_inprocess(*without, *arguments)


@pytest.mark.parametrize("arguments", [(), ("-n", "2"), ("-q",)], ids=["one", "xdist", "quiet"])
def test_a_finding_fails_the_run_with_its_own_status(
    pytester: pytest.Pytester, made_tests: Write, arguments: tuple[str, ...]
) -> None:
    made_tests(SUITE)
    result = run(pytester, FAIL_ON, *arguments)
    assert result.ret == 10
    result.stdout.fnmatch_lines(
        [
            "FINDING   test_port.py::test_one: [[]saturated] said",
            "FINDING   test_port.py::test_two: [[]saturated] said",
            "fail on saturated, class-order: 2 found",
            "*3 passed, 1 parity gate failed in *",
        ]
    )
    assert result.outlines[-1] == LAST.format(10, "2 x saturated")


def test_other_findings_do_not(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests("def test_three(): equivalent(slugs=['inert-setting'])")
    result = run(pytester, FAIL_ON)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["fail on saturated, class-order: 0 found", "*= 1 passed in *"])
    result.stdout.no_fnmatch_line("*gate failed*")


def test_a_failed_test_keeps_its_status(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests(SUITE + "\ndef test_bad(): assert False")
    result = run(pytester, FAIL_ON)
    assert result.ret == 1
    assert result.outlines[-1] == LAST.format(1, "2 x saturated")


def test_a_run_without_tests_keeps_its_status(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests("")
    assert run(pytester, FAIL_ON).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_collecting_judges_nothing(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests(SUITE)
    result = run(pytester, FAIL_ON, "--collect-only")
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*gate*")


@pytest.mark.parametrize("failing", [False, True])
@pytest.mark.parametrize("workers", ["0", "1"])
def test_other_plugins_and_files_see_that_the_run_failed(
    pytester: pytest.Pytester, made_tests: Write, failing: bool, workers: str
) -> None:
    made_tests(SUITE)
    pytester.makeconftest(
        """
        import pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_terminal_summary(terminalreporter, exitstatus):
            # As other plugins do, before and after.
            yield
            for reports in terminalreporter.stats.values():
                for report in reports:
                    report.__dict__
            terminalreporter.write_line(f"a plugin was told {bool(exitstatus)}")
        """
    )
    arguments = (FAIL_ON,) if failing else ()
    result = run(pytester, "-n", workers, "--parity-report-json=r.json", *arguments)
    assert result.ret == (10 if failing else 0)
    result.stdout.fnmatch_lines([f"a plugin was told {failing}"])
    text = (pytester.path / "r.json").read_text(encoding="utf-8")
    assert f'"exit_status": {10 if failing else 0},' in text


@pytest.mark.parametrize("ini", ["saturated class-order", "saturated, class-order"])
def test_the_ini_setting_does_the_same(
    pytester: pytest.Pytester, made_tests: Write, ini: str
) -> None:
    made_tests(SUITE, ini=f"parity_fail_on = {ini}")
    assert run(pytester).ret == 10
    assert run(pytester, "--parity-fail-on=").ret == 0


def test_an_unknown_finding_ends_the_run_at_its_start(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests("raise RuntimeError('collected')")
    result = run(pytester, "--parity-fail-on=saturated,nonsense")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --parity-fail-on: there is no finding nonsense; known are at-no-optimum, cand*"]
    )
    result.stdout.no_fnmatch_line("*collected*")


def test_findings_are_known_and_documented() -> None:
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^## ([a-z-]+)$", text, re.MULTILINE))
    source = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "pytest_modelparity").rglob("*.py")
    )
    raised = set(re.findall(r'slug="([a-z-]+)"', source))
    assert len(raised) >= 10
    assert raised <= set(MEANINGS)
    assert sections <= set(MEANINGS)
    assert all(f"`{slug}`" in text for slug in set(MEANINGS) - sections)


# --- the step summary


def test_the_report_is_appended_to_the_step_summary(
    pytester: pytest.Pytester, made_tests: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_tests(SUITE)
    path = pytester.path / "summary.md"
    path.write_text("earlier", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    result = run(pytester, FAIL_ON, "--parity-step-summary", "-n", "2")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("earlier\n\n## Model parity\n\n**3 checks: 3 equivalent, 0 diverged**")
    assert "- gate: 2 x saturated" in text
    assert text.count("## Model parity") == 1
    result.stdout.fnmatch_lines(["parity report added to the step summary *summary.md"])


def test_what_is_in_the_summary_counts(
    pytester: pytest.Pytester, made_tests: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_tests(SUITE)
    path = pytester.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    for size, added in [(999_900, False), (999_000, True)]:
        path.write_text("x" * size, encoding="utf-8")
        result = run(pytester, "--parity-step-summary")
        assert (path.stat().st_size > size) is added
        assert path.stat().st_size < 1_000_000
        assert result.ret == 0
    path.write_text("x" * 999_900, encoding="utf-8")
    run(pytester, "--parity-step-summary").stdout.fnmatch_lines(
        ["the parity report was not added to the step summary: *summary.md is full"]
    )


@pytest.mark.parametrize(
    "value,message",
    [
        (None, "the parity report was not added to a step summary: GITHUB_STEP_SUMMARY is not set"),
        ("no/such/folder", "the parity report was not added to the step summary: *no/such/folder*"),
    ],
)
def test_a_summary_that_cannot_be_written_changes_no_outcome(
    pytester: pytest.Pytester,
    made_tests: Write,
    monkeypatch: pytest.MonkeyPatch,
    value: str | None,
    message: str,
) -> None:
    made_tests(SUITE, ini="parity_step_summary = true")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    if value is not None:
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", value)
    result = run(pytester)
    assert result.ret == 0
    result.stdout.fnmatch_lines([message])
    assert result.stdout.str().count("the parity report was not added") == 1


def test_without_the_option_nothing_is_written(
    pytester: pytest.Pytester, made_tests: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_tests(SUITE)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    run(pytester)
    assert not (pytester.path / "summary.md").exists()

"""An interrupt loses nothing: what was found until then is reported, and pytest is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_modelparity import RunReport, read_report

Write = Callable[..., None]
JSON = "--parity-report-json=parity.json"

#: A check before and one that is broken off by the fit of a number, counted from its first; the
#: reference is far from its optimum, so its remedies are trained.
INTERRUPTED = """
@pytest.fixture
def broken_off(monkeypatch):
    fit, made = LogisticRegression.fit, []

    def counted(self, *args, **kwargs):
        made.append(self)
        if len(made) == AT:
            raise ERROR("enough")
        return fit(self, *args, **kwargs)

    def check():
        candidate = fitted(1.0)
        monkeypatch.setattr(LogisticRegression, "fit", counted)
        return pytest_modelparity.compare_models(
            LogisticRegression(C=1000.0, max_iter=5), X, y, candidate=candidate
        )

    return check

def test_first():
    same(pytest_modelparity.compare_models)

def test_broken_off(broken_off):
    same(pytest_modelparity.compare_models)
    broken_off()

def test_last():
    same(pytest_modelparity.compare_models)
"""


def interrupted(at: int, error: str = "KeyboardInterrupt") -> str:
    return INTERRUPTED.replace("AT", str(at)).replace("ERROR", error)


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess(
        "-p", "no:hypothesispytest", "-W", "ignore", JSON, *arguments, no_reraise_ctrlc=True
    )


def checks(run: RunReport) -> list[tuple[str, str, str]]:
    return [
        (check.name.partition("::")[2], check.outcome, check.report.verdict) for check in run.checks
    ]


def written(pytester: pytest.Pytester) -> RunReport:
    return read_report(pytester.path / "parity.json")


@pytest.mark.parametrize("mode", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_ctrl_c_while_a_side_is_trained_keeps_the_checks_before_and_names_this_one(
    pytester: pytest.Pytester, parity_tests: Write, mode: tuple[str, ...]
) -> None:
    parity_tests(interrupted(at=1))
    result = run(pytester, "--parity-report", *mode)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    found = written(pytester)
    ended = "interrupted" if not mode else "failed"
    assert checks(found) == [
        ("test_first", "passed", "equivalent"),
        ("test_broken_off", ended, "equivalent"),
    ]
    (refusal,) = found.refusals
    assert refusal.message == (
        "interrupted by KeyboardInterrupt while training the reference: this check has no result"
    )
    result.stdout.fnmatch_lines(["REFUSED *test_broken_off", "  interrupted by Keyboard*"])


@pytest.mark.parametrize("at", [2, 3], ids=["in the first of them", "after one of them"])
def test_ctrl_c_while_explaining_leaves_a_report_of_what_was_found(
    pytester: pytest.Pytester, parity_tests: Write, at: int
) -> None:
    parity_tests(interrupted(at=at))
    result = run(pytester, "--parity-report", "--parity-report-html=parity.html", "-v")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    found = written(pytester)
    assert [name for name, _, _ in checks(found)] == [
        "test_first",
        "test_broken_off #1",
        "test_broken_off #2",
    ]
    report = found.checks[-1].report
    assert (report.verdict, report.explained) == ("diverged", False)
    assert report.split is not None
    assert report.effort is not None
    assert report.effort.interrupted_while.startswith("training ")
    (cause,) = report.causes
    # What was tried by then counts; what was not come to is not said to have no effect.
    assert (cause.setting, bool(cause.changes)) == ("iterations", at == 3)
    assert not next(item for item in report.compared if item.setting == "C").looked_for
    assert found.refusals == ()
    result.stdout.fnmatch_lines(["interrupted  while training *"])
    page = (pytester.path / "parity.html").read_text(encoding="utf-8")
    assert "what would have been found after that is missing" in page


@pytest.mark.parametrize("error", ["SystemExit", "pytest.fail.Exception"])
@pytest.mark.parametrize("at", [1, 2], ids=["training", "explaining"])
def test_what_ends_a_test_alone_loses_nothing_either(
    pytester: pytest.Pytester, parity_tests: Write, at: int, error: str
) -> None:
    # pytest-timeout fails a test from a signal's handler.
    parity_tests(interrupted(at=at, error=error))
    result = run(pytester)
    result.assert_outcomes(passed=2, failed=1)
    found = written(pytester)
    ends = [name for name, outcome, _ in checks(found) if outcome == "failed"]
    if at == 1:
        assert ends == ["test_broken_off"]
        (refusal,) = found.refusals
        raised = "Failed" if error.startswith("pytest") else error
        assert refusal.message.startswith(f"interrupted by {raised} while training the reference")
    else:
        assert ends == ["test_broken_off #1", "test_broken_off #2"]
        assert found.refusals == ()


def test_what_an_interrupt_left_is_neither_judged_nor_written_to_a_baseline(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    known = ("--parity-baseline=known.json",)
    whole = "def test_one(): diverged(gap=0.3)\n"
    made_tests(whole)
    run(pytester, *known, "--parity-update-baseline")
    before = (pytester.path / "known.json").read_bytes()
    made_tests(
        """
from pytest_modelparity.report.parts import Effort

def test_one():
    diverged(asserted=False, gap=None, effort=Effort(budget=1.0, interrupted_while="training"))
    raise KeyboardInterrupt
"""
    )
    result = run(pytester, *known, "--parity-baseline-strict")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.no_fnmatch_line("CHANGED*")
    result.stdout.no_fnmatch_line("VANISHED*")
    run(pytester, *known, "--parity-update-baseline")
    assert (pytester.path / "known.json").read_bytes() == before
    assert len(written(pytester).checks) == 1


def test_outside_of_pytest_an_interrupt_goes_on(
    monkeypatch: pytest.MonkeyPatch, iris: tuple
) -> None:
    from sklearn.linear_model import LogisticRegression

    from pytest_modelparity import compare_models
    from pytest_modelparity.context import CURRENT

    X, y = iris
    candidate = LogisticRegression(max_iter=1000).fit(X, y)
    fit, made = LogisticRegression.fit, []

    def counted(self: LogisticRegression, *args: object) -> LogisticRegression:
        made.append(self)
        if len(made) == 2:
            raise KeyboardInterrupt
        return fit(self, *args)

    monkeypatch.setattr(LogisticRegression, "fit", counted)
    outer = CURRENT.set(None)
    try:
        with pytest.raises(KeyboardInterrupt):
            compare_models(LogisticRegression(C=1e3, max_iter=5), X, y, candidate=candidate)
    finally:
        CURRENT.reset(outer)
    assert len(made) == 2

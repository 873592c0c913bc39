"""What a long check is doing is shown to a person who watches, and to nobody else."""

from __future__ import annotations

import sys

import pytest

#: A test that says what a check would say, after the seconds that a check stays silent.
LONG = """
    import time
    from pytest_modelparity.context import CURRENT

    def test_long(monkeypatch):
        clock = iter([0.0, 0.0, 5.0, 6.0, 7.0])
        monkeypatch.setattr(
            "pytest_modelparity.plugin.progress.time.monotonic", lambda: next(clock)
        )
        say = CURRENT.get().progress
        say("training the reference")
        say("training with another learning_rate")
        say(None)
        print("own output")
"""

needs_terminal = pytest.mark.skipif(
    sys.platform == "win32", reason="a pseudo-terminal is needed: Windows has none"
)


def run_in_a_terminal(pytester: pytest.Pytester, *arguments: str, ci: bool = False) -> str:
    """Run pytest with a pseudo-terminal as its output and return what it wrote there."""
    import os
    import pty
    import subprocess

    environment = {k: v for k, v in os.environ.items() if k not in ("CI", "BUILD_NUMBER")}
    environment |= {"CI": "1"} if ci else {}
    theirs, ours = pty.openpty()
    command = [sys.executable, "-m", "pytest", "-p", "no:hypothesispytest", *arguments]
    process = subprocess.Popen(
        command, cwd=pytester.path, stdout=ours, stderr=ours, env=environment, close_fds=True
    )
    os.close(ours)
    parts = []
    while True:
        try:
            part = os.read(theirs, 65536)
        except OSError:
            # Linux says so where the other side is closed.
            break
        if not part:
            break
        parts.append(part)
    os.close(theirs)
    assert process.wait() == 0
    return b"".join(parts).decode()


@needs_terminal
def test_a_person_sees_what_takes_long(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LONG)
    shown = run_in_a_terminal(pytester)
    assert "model parity: training with another learning_rate (5 s)" in shown
    # Nothing within the first seconds, and what was shown is wiped.
    assert "training the reference" not in shown
    assert shown.index("learning_rate (5 s)") < shown.index("\r" + " " * 40)


@needs_terminal
def test_progress_is_not_the_output_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LONG + "        assert 'parity' not in 'own output'\n")
    shown = run_in_a_terminal(pytester, "-rP")
    captured = shown.partition("Captured stdout call")[2]
    assert "own output" in captured
    assert "model parity" not in captured


@needs_terminal
@pytest.mark.parametrize("case", ["quiet", "ci", "xdist"])
def test_nobody_else_sees_it(pytester: pytest.Pytester, case: str) -> None:
    pytester.makepyfile(LONG)
    arguments = {"quiet": ("-q",), "ci": (), "xdist": ("-n", "1")}[case]
    assert "model parity" not in run_in_a_terminal(pytester, *arguments, ci=case == "ci")


def test_a_log_has_no_progress(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LONG)
    result = pytester.runpytest_subprocess("-p", "no:hypothesispytest")
    result.assert_outcomes(passed=1)
    assert "model parity" not in result.stdout.str() + result.stderr.str()

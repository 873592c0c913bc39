"""What a long check is doing is shown to a person who watches, and to nobody else."""

from __future__ import annotations

import sys

import pytest

#: A test that says what a check would say, on a clock of its own.
LONG = """
    from pytest_modelparity.context import CURRENT
    from pytest_modelparity.plugin import progress
    from pytest_modelparity.progress import Steps

    def test_long(monkeypatch):
        now = [0.0]
        monkeypatch.setattr(progress, "monotonic", lambda: now[0])
        show = CURRENT.get().progress

        def say(seconds, said):
            now[0] = seconds
            if show is not None:
                show(said)

        say(0.0, "training the reference")
        say(1.0, "training the candidate")
        say(1.5, Steps(done=1, total=1000, unit="epoch"))
        say(5.5, Steps(done=201, total=1000, unit="epoch"))
        say(6.0, "verifying a repair")
        say(6.5, Steps(done=1, total=10, unit="epoch"))
        say(7.0, Steps(done=9, total=10, unit="epoch"))
        say(8.0, None)
        print("own output")
"""

#: What takes a line away.
WIPE = "\r\x1b[K"

needs_terminal = pytest.mark.skipif(
    sys.platform == "win32", reason="a pseudo-terminal is needed: Windows has none"
)


def run_in_a_terminal(
    pytester: pytest.Pytester,
    *arguments: str,
    columns: int = 120,
    exit_code: int = 0,
    **variables: str,
) -> str:
    """Run pytest with a pseudo-terminal as its output and return what it wrote there."""
    import fcntl
    import os
    import pty
    import struct
    import subprocess
    import termios

    unwanted = ("CI", "BUILD_NUMBER", "COLUMNS", "LINES")
    environment = {k: v for k, v in os.environ.items() if k not in unwanted}
    environment |= {"TERM": "xterm", **variables}
    theirs, ours = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
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
    assert process.wait() == exit_code
    return b"".join(parts).decode()


@needs_terminal
def test_a_person_sees_what_takes_long(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LONG)
    shown = run_in_a_terminal(pytester)
    assert "model parity: verifying a repair (6 s)" in shown
    # Nothing within the first seconds, and what was shown is wiped.
    assert "training the reference" not in shown
    assert shown.index("verifying a repair (7 s)") < shown.rindex(WIPE)


@needs_terminal
def test_what_is_counted_has_bar_rate_and_remaining_time(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LONG)
    shown = run_in_a_terminal(pytester)
    bar = "[######------------------------]"
    line = f"model parity: training the candidate {bar} 201/1000 epochs, 50 epochs/s, 0:16 left"
    assert line in shown
    # What takes less than two seconds from its first step to its last needs no bar.
    assert "/10 epochs" not in shown


@needs_terminal
@pytest.mark.parametrize("columns", [20, 60])
def test_the_line_is_no_wider_than_the_terminal(pytester: pytest.Pytester, columns: int) -> None:
    pytester.makepyfile(LONG)
    shown = run_in_a_terminal(pytester, columns=columns)
    lines = [part.partition("\r")[0] for part in shown.split(WIPE)[1:-1]]
    assert any("0:16 left" in line for line in lines)
    assert max(map(len, lines)) < columns


@needs_terminal
def test_the_line_of_the_test_stays(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=LONG)
    shown = run_in_a_terminal(pytester)
    # Up to where pytest's own line ends, which goes on with the test's point.
    assert "test_it.py \r\n" in shown
    assert shown.rpartition(WIPE)[2].startswith(f"\x1b[A\x1b[{len('test_it.py ')}C")


@needs_terminal
def test_the_cursor_stays_where_a_test_writes_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LONG)
    for arguments in (("-s",), ("--capture=tee-sys",), ("-o", "log_cli=true")):
        assert "201/1000" in (shown := run_in_a_terminal(pytester, *arguments))
        assert "\x1b[A" not in shown


@needs_terminal
def test_a_long_silence_is_no_standstill(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import threading
        import time
        from pytest_modelparity.context import CURRENT
        from pytest_modelparity.plugin import progress

        def test_silent(monkeypatch):
            monkeypatch.setattr(progress, "SILENT_SECONDS", 0.0)
            monkeypatch.setattr(progress, "TICK", 0.001)
            written = threading.Semaphore(0)
            show = CURRENT.get().progress
            send = show._send
            monkeypatch.setattr(show, "_send", lambda text: (send(text), written.release()))
            show("training the reference")
            # Written once by what was said, and twice more by nobody's word.
            assert all(written.acquire(timeout=60) for _ in range(3))
            show(None)
            assert "modelparity" not in [thread.name for thread in threading.enumerate()]
        """
    )
    assert run_in_a_terminal(pytester).count("training the reference (0 s)") >= 3


@needs_terminal
def test_progress_is_not_the_output_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LONG + "        assert 'parity' not in 'own output'\n")
    shown = run_in_a_terminal(pytester, "-rP")
    captured = shown.partition("Captured stdout call")[2]
    assert "own output" in captured
    assert "model parity" not in captured


@needs_terminal
@pytest.mark.parametrize("case", ["quiet", "ci", "dumb", "xdist"])
def test_nobody_else_sees_it(pytester: pytest.Pytester, case: str) -> None:
    pytester.makepyfile(LONG)
    arguments = {"quiet": ("-q",), "xdist": ("-n", "1")}.get(case, ())
    variables = {"ci": {"CI": "1"}, "dumb": {"TERM": "dumb"}}.get(case, {})
    assert "model parity" not in run_in_a_terminal(pytester, *arguments, **variables)


def test_a_log_has_no_progress(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LONG)
    result = pytester.runpytest_subprocess("-p", "no:hypothesispytest")
    result.assert_outcomes(passed=1)
    assert "model parity" not in result.stdout.str() + result.stderr.str()


@needs_terminal
def test_a_message_is_as_wide_as_the_terminal(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from pytest_modelparity.context import CURRENT

        class Report:
            def text(self, width, verbosity):
                return f"{width} columns"

        def test_message():
            raise AssertionError(CURRENT.get().message(Report()))
        """
    )
    # Less what pytest writes before each line.
    assert "92 columns" in run_in_a_terminal(pytester, "--color=no", columns=100, exit_code=1)

"""The files that a run writes: what is in them, and that nothing keeps them from being whole."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from interrupting import interrupt

from pytest_modelparity import RunReport, read_report
from pytest_modelparity.reporters.schema import schema

#: Records a check as `compare_models` does, without a model.
RECORDING = """
import os, signal

import pytest

import pytest_modelparity
from pytest_modelparity.context import CURRENT
from pytest_modelparity.report.parts import DataSummary, Divergence
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.tolerance import Tolerance


def check(value=0.001, asserted=True, **more):
    report = ParityReport(
        verdict="equivalent" if value <= 0.01 else "diverged",
        divergences={"probability": Divergence(value=value, allowed=0.01)},
        tolerance=Tolerance(),
        settings={},
        data=DataSummary(n_samples=4, n_features=2, classes=("a", "b"), n_eval=4),
        **more,
    )
    CURRENT.get().record(report, asserted)


def refused():
    with pytest.raises(pytest_modelparity.ModelParityError):
        pytest_modelparity.compare_models(1, 2, 3, tolerance="tight")
"""

Write = Callable[..., None]


@pytest.fixture
def recording_tests(pytester: pytest.Pytester) -> Write:
    """Write a test file that may call ``check(value)`` and ``refused()``."""
    pytester.makepyfile(recording=RECORDING)

    def write(source: str, name: str = "test_port") -> None:
        pytester.makepyfile(**{name: f"from recording import *\n{source}"})

    return write


def read(path: Path) -> RunReport:
    """Read a file as a user would, and check it against the schema."""
    text = path.read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(schema()).validate(json.loads(text, parse_constant=pytest.fail))
    return read_report(path)


def names(run: RunReport) -> list[tuple[str, str, float]]:
    """Return name, outcome and value of each check."""
    return [
        (check.name, check.outcome, check.report.divergences["probability"].value)
        for check in run.checks
    ]


SUITE = """
@pytest.fixture
def around():
    check(0.1)
    yield
    check(0.5)

def test_z(around):
    check(0.3, asserted=False)
    assert False

def test_refused():
    refused()
    check(0.002)

def test_skipped():
    check(0.003)
    pytest.skip("enough")

@pytest.mark.xfail
def test_known():
    check(0.6)
    assert False

@pytest.mark.parametrize("number", [float("nan"), float("inf"), 0.001], ids=["nan", "inf", "x]@y"])
def test_numbers(number):
    check(number)

def test_without():
    pass

def test_fails_in_teardown(request):
    check(0.004)
    request.addfinalizer(lambda: 1 / 0)
"""

MODES = pytest.mark.parametrize(
    "mode",
    [(), ("-n", "2"), ("-n", "2", "--dist", "loadgroup")],
    ids=["one process", "xdist", "loadgroup"],
)


@MODES
def test_every_check_is_in_the_file_with_the_outcome_of_its_test_in_the_end(
    pytester: pytest.Pytester, recording_tests: Write, mode: tuple[str, ...]
) -> None:
    recording_tests(SUITE + "\npytestmark = pytest.mark.xdist_group('b')\n", "test_b")
    recording_tests("def test_first(): check(0.0)", "test_a")
    result = pytester.runpytest_inprocess("--parity-report-json=parity.json", *mode)
    result.assert_outcomes(passed=7, failed=1, skipped=1, xfailed=1, errors=1)
    run = read(pytester.path / "parity.json")
    assert repr(names(run)) == repr(
        [
            ("test_a.py::test_first", "passed", 0.0),
            ("test_b.py::test_z #1", "failed", 0.1),
            ("test_b.py::test_z #2", "failed", 0.3),
            ("test_b.py::test_z #3", "failed", 0.5),
            ("test_b.py::test_refused", "passed", 0.002),
            ("test_b.py::test_skipped", "skipped", 0.003),
            ("test_b.py::test_known", "skipped", 0.6),
            ("test_b.py::test_numbers[nan]", "passed", float("nan")),
            ("test_b.py::test_numbers[inf]", "passed", float("inf")),
            ("test_b.py::test_numbers[x]@y]", "passed", 0.001),
            ("test_b.py::test_fails_in_teardown", "failed", 0.004),
        ]
    )
    assert [check.asserted for check in run.checks[1:4]] == [True, False, True]
    (refusal,) = run.refusals
    assert refusal.test_id == "test_b.py::test_refused"
    assert refusal.message.startswith("tolerance probability must be a finite number >= 0, got")
    assert run.problems == ()
    assert run.exit_status == 1
    assert run.duration > 0
    assert run.started.endswith("+00:00")
    assert run.environment["pytest"] == pytest.__version__
    assert {"python", "platform", "keras", "pytest-modelparity"} <= run.environment.keys()


def test_the_file_does_not_depend_on_the_number_of_processes(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests(SUITE, "test_b")
    recording_tests("def test_first(): check(0.0)", "test_a")
    texts = []
    for mode in ((), ("-n", "2"), ("-n", "2", "--dist", "loadfile")):
        pytester.runpytest_inprocess("--parity-report-json=parity.json", *mode)
        run = read(pytester.path / "parity.json")
        texts.append(repr(replace(run, started="", duration=0.0, environment={})))
    assert texts[0] == texts[1] == texts[2]


def test_a_run_on_every_worker_keeps_the_checks_of_each(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests(
        """
def test_one(worker_id):
    check(0.1)
    assert worker_id == "gw1"

def test_two(): check(0.2)
"""
    )
    pytester.runpytest_inprocess("--parity-report-json=p.json", "--dist=each", "--tx=2*popen")
    assert names(read(pytester.path / "p.json")) == [
        ("test_port.py::test_one #1", "failed", 0.1),
        ("test_port.py::test_one #2", "passed", 0.1),
        ("test_port.py::test_two #1", "passed", 0.2),
        ("test_port.py::test_two #2", "passed", 0.2),
    ]


#: What pytest-rerunfailures does: the phases of the first attempt end with the outcome "rerun".
RERUN = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in runtestprotocol(item, nextitem=nextitem, log=False):
        if report.failed:
            report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
            break
        item.ihook.pytest_runtest_logreport(report=report)
    item._initrequest()
    runtestprotocol(item, nextitem=nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""


@pytest.mark.parametrize("mode", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_of_a_test_that_is_run_again_the_last_attempt_counts(
    pytester: pytest.Pytester, recording_tests: Write, mode: tuple[str, ...]
) -> None:
    pytester.makeconftest(RERUN)
    recording_tests(
        """
attempts = []

@pytest.fixture
def around():
    check(0.1)

def test_flaky(around):
    attempts.append(1)
    check(len(attempts) * 0.2)
    if len(attempts) == 1:
        refused()
    assert len(attempts) == 2
"""
    )
    pytester.runpytest_inprocess("--parity-report-json=p.json", "--junitxml=j.xml", *mode)
    run = read(pytester.path / "p.json")
    assert names(run) == [
        ("test_port.py::test_flaky #1", "passed", 0.1),
        ("test_port.py::test_flaky #2", "passed", 0.4),
    ]
    assert run.refusals == ()


@pytest.mark.skipif(pytest.version_tuple < (9, 0), reason="pytest 9.0 brought subtests")
def test_a_skipped_subtest_does_not_skip_its_test_and_a_failed_one_fails_it(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests(
        """
@pytest.mark.parametrize("how", ["skip", "fail"])
def test_parts(subtests, how):
    with subtests.test():
        check(0.1)
        getattr(pytest, how)("enough")
    check(0.2)
"""
    )
    pytester.runpytest_inprocess("--parity-report-json=p.json")
    assert names(read(pytester.path / "p.json")) == [
        ("test_port.py::test_parts[skip] #1", "passed", 0.1),
        ("test_port.py::test_parts[skip] #2", "passed", 0.2),
        ("test_port.py::test_parts[fail] #1", "failed", 0.1),
        ("test_port.py::test_parts[fail] #2", "failed", 0.2),
    ]


def test_what_happens_outside_of_a_test_is_nobodys(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests("check(0.1)\nrefused()\ndef test_empty(): pass")
    pytester.runpytest_inprocess("--parity-report-json=parity.json").assert_outcomes(passed=1)
    run = read(pytester.path / "parity.json")
    assert (run.checks, run.refusals, run.exit_status) == ((), (), 0)


# ------------------------------------------------------------------------- what goes wrong


def test_a_worker_that_dies_is_told_and_the_others_checks_are_kept(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests(
        """
def test_before(): check(0.1)

@pytest.fixture
def prepared(): check(0.2)

def test_dies(prepared):
    check(0.3)
    os.kill(os.getpid(), signal.SIGKILL)

def test_after(): check(0.4)
"""
    )
    result = pytester.runpytest_subprocess("--parity-report-json=parity.json", "-n", "2")
    result.assert_outcomes(passed=2, failed=1)
    run = read(pytester.path / "parity.json")
    assert names(run) == [
        ("test_port.py::test_before", "passed", 0.1),
        ("test_port.py::test_dies", "failed", 0.2),
        ("test_port.py::test_after", "passed", 0.4),
    ]
    (problem,) = run.problems
    assert problem in [
        f"worker {worker} died while it ran test_port.py::test_dies; its checks are lost"
        for worker in ("gw0", "gw1")
    ]
    assert run.exit_status == 1


def test_a_worker_that_dies_between_tests_is_told(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests("def test_one(): check(0.1)")
    pytester.makeconftest(
        """
        import os

        def pytest_sessionstart(session):
            if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
                os._exit(1)
        """
    )
    pytester.runpytest_subprocess("--parity-report-json=p.json", "-n", "2")
    run = read(pytester.path / "p.json")
    assert names(run) == [("test_port.py::test_one", "passed", 0.1)]
    assert run.problems == ("worker gw0 died",)


#: Tells the outer test, through a pipe, that the process which reports has the first test's checks,
#: and the test that hangs in a worker that it may end.
TELL = """
import contextlib
import os
import pytest

def pytest_keyboard_interrupt():
    with contextlib.suppress(OSError):
        os.close(os.open("interrupted", os.O_WRONLY | os.O_NONBLOCK))

@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    if report.when == "teardown" and "PYTEST_XDIST_WORKER" not in os.environ:
        os.write(int(os.environ["FIRST_HAS_ENDED"]), b"yes")
"""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes and signals")
@pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_an_interrupted_run_writes_what_has_ended(
    pytester: pytest.Pytester, recording_tests: Write, mode: tuple[str, ...]
) -> None:
    pytester.makeconftest(TELL)
    recording_tests(
        """
def test_ends(): check(0.1)

def test_hangs():
    check(0.2)
    open("interrupted").read()
"""
    )
    os.mkfifo(pytester.path / "interrupted")
    arguments = ["--parity-report-json=parity.json", *mode]
    interrupt(pytester.path, *arguments, told_by="FIRST_HAS_ENDED")
    run = read(pytester.path / "parity.json")
    first, *others = names(run)
    assert first == ("test_port.py::test_ends", "passed", 0.1)
    # The check of the test that hangs may not be made by then; in a worker it is the worker's.
    assert set(others) <= {("test_port.py::test_hangs", "interrupted", 0.2)}
    assert run.problems == (
        "the run was interrupted; checks that were not made by then are missing",
    )
    assert run.exit_status == pytest.ExitCode.INTERRUPTED
    assert "generated parity report: " in (pytester.path / "out.txt").read_text()


def test_an_internal_error_leaves_a_file_that_says_so(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests("def test_one(): check(0.1)\ndef test_two(): check(0.2)")
    pytester.makeconftest(
        """
        def pytest_runtest_logfinish(nodeid):
            if nodeid.endswith("test_one"):
                raise ValueError("a plugin failed")
        """
    )
    result = pytester.runpytest_subprocess("--parity-report-json=parity.json")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    run = read(pytester.path / "parity.json")
    assert names(run) == [("test_port.py::test_one", "passed", 0.1)]
    assert run.problems == (
        "pytest stopped at an internal error; checks that were not made by then are missing",
    )
    result.stdout.fnmatch_lines(["*generated parity report: *parity.json*"])


@pytest.mark.parametrize("stop", ["-x", "--maxfail=1"])
@pytest.mark.parametrize("mode", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_a_run_that_stops_after_failures_as_asked_has_no_problem(
    pytester: pytest.Pytester, recording_tests: Write, stop: str, mode: tuple[str, ...]
) -> None:
    recording_tests("def test_one():\n    check(0.1)\n    assert False\ndef test_two(): pass")
    pytester.runpytest_inprocess("--parity-report-json=parity.json", stop, *mode)
    run = read(pytester.path / "parity.json")
    assert names(run) == [("test_port.py::test_one", "failed", 0.1)]
    assert run.problems == ()


def test_a_file_that_cannot_be_collected_is_told_as_an_interruption(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests("def test_one(): check(0.1)\n1 / 0")
    pytester.runpytest_inprocess("--parity-report-json=parity.json")
    run = read(pytester.path / "parity.json")
    assert run.problems == (
        "the run was interrupted (1 error during collection); checks that were not made by then "
        "are missing",
    )


#: From the end of the tests on, no file may grow beyond so many bytes.
FULL_DISK = """
import resource
import pytest

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish():
    limit(20_000)

@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary():
    limit(resource.RLIM_INFINITY)
"""


def files(pytester: pytest.Pytester, *names: str) -> dict[str, str]:
    """Return the files in a folder of the project, whatever they are called, and their text."""
    folder = pytester.path.joinpath(*names)
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("old", [None, "old"], ids=["no file", "old file"])
def test_a_full_disk_is_one_line_and_leaves_the_folder_as_it_was(
    pytester: pytest.Pytester, recording_tests: Write, old: str | None
) -> None:
    pytest.importorskip("resource")
    pytester.makeconftest(FULL_DISK)
    recording_tests("def test_one(): check(0.1, environment={'long': 'x' * 50_000})")
    folder = pytester.mkdir("reports")
    if old:
        (folder / "parity.json").write_text(old)
    result = pytester.runpytest_subprocess("--parity-report-json=reports/parity.json")
    result.assert_outcomes(passed=1)
    assert result.ret == 0
    assert files(pytester, "reports") == ({"parity.json": old} if old else {})
    result.stdout.fnmatch_lines(
        ["--parity-report-json=reports/parity.json was not written: *File too large"]
    )
    assert result.stdout.str().count("parity.json") == 1
    assert "generated parity report" not in result.stdout.str()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a file system"
)
def test_a_file_system_without_space_is_one_line_and_stays_empty(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests("def test_one(): check(0.1)")
    folder = pytester.mkdir("small")
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=8", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        (folder / "other").write_bytes(b"x" * 4096)
        result = pytester.runpytest_inprocess("--parity-report-json=small/parity.json")
        assert [path.name for path in folder.iterdir()] == ["other"]
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["--parity-report-json=small/parity.json was not written: *No space left on device"]
    )


def test_a_folder_that_is_a_file_is_one_line(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests("def test_one():\n    check(0.1)\n    assert False")
    pytester.path.joinpath("reports").write_text("a file")
    result = pytester.runpytest_inprocess("--parity-report-json=reports/parity.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["--parity-report-json=reports/parity.json was not written: *"])


def test_folders_are_made_as_for_junit(pytester: pytest.Pytester, recording_tests: Write) -> None:
    recording_tests("def test_one(): check(0.1)")
    pytester.runpytest_inprocess("--parity-report-json=a/b/parity.json")
    assert list(files(pytester, "a", "b")) == ["parity.json"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_a_link_is_followed(pytester: pytest.Pytester, recording_tests: Write) -> None:
    recording_tests("def test_one(): check(0.1)")
    pytester.path.joinpath("link.json").symlink_to("real.json")
    pytester.runpytest_inprocess("--parity-report-json=link.json")
    assert pytester.path.joinpath("link.json").is_symlink()
    assert len(read(pytester.path / "real.json").checks) == 1


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="needs devices")
def test_a_device_is_written_to_and_never_replaced(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests("def test_one(): check(0.1)")
    os.mkfifo(pytester.path / "pipe")
    reader = subprocess.Popen(["cat", pytester.path / "pipe"], stdout=subprocess.PIPE, text=True)
    pytester.runpytest_inprocess("--parity-report-json=pipe")
    assert '"kind": "parity-run"' in reader.communicate(timeout=60)[0]
    assert pytester.path.joinpath("pipe").is_fifo()


# ------------------------------------------------------------------- what is asked, and said


def test_the_terminal_says_which_file_was_written(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests("def test_one(): check(0.1)")
    result = pytester.runpytest_inprocess("--parity-report-json=parity.json")
    result.stdout.fnmatch_lines([f"*generated parity report: {pytester.path / 'parity.json'}*"])
    result = pytester.runpytest_inprocess("--parity-report-json=parity.json", "-q")
    assert "generated" not in result.stdout.str()


@pytest.mark.parametrize("argument", ["--collect-only", "--fixtures", "--markers", "--help"])
def test_a_session_that_runs_no_test_leaves_the_file_alone(
    pytester: pytest.Pytester, recording_tests: Write, argument: str
) -> None:
    recording_tests("def test_one(): check(0.1)")
    path = pytester.path / "parity.json"
    path.write_text("old")
    pytester.runpytest_inprocess("--parity-report-json=parity.json", argument)
    assert path.read_text() == "old"


def test_the_ini_setting_starts_in_its_files_folder_and_the_option_in_the_current_one(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests("def test_one(): check(0.1)")
    pytester.makeini("[pytest]\nparity_report_json = out/parity.json")
    here = pytester.mkdir("here")
    os.chdir(here)
    pytester.runpytest_inprocess(pytester.path)
    assert list(files(pytester, "out")) == ["parity.json"]
    assert list(files(pytester, "here")) == []
    pytester.runpytest_inprocess(pytester.path, "--parity-report-json=mine.json")
    assert list(files(pytester, "here")) == ["mine.json"]


def test_variables_and_the_home_folder_are_known(
    pytester: pytest.Pytester, recording_tests: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording_tests("def test_one(): check(0.1)")
    monkeypatch.setenv("HOME", str(pytester.path / "home"))
    monkeypatch.setenv("WHERE", "sub")
    pytester.runpytest_inprocess("--parity-report-json=~/$WHERE/parity.json")
    assert list(files(pytester, "home", "sub")) == ["parity.json"]


@pytest.mark.parametrize(
    "arguments,message",
    [
        (("--parity-report-json=",), "--parity-report-json= must be the path of a file, got *"),
        (("--parity-report-json=sub",), "--parity-report-json=sub is a folder; give the path *"),
        (
            ("--parity-report-json=a", "--parity-report-md=./a"),
            "--parity-report-json=a and --parity-report-md=./a are the same file; give each *",
        ),
        (("--parity-report-to=csv",), "--parity-report-to=csv must be NAME=PATH, such as *"),
        (("--parity-report-to==a",), "--parity-report-to==a must be NAME=PATH, such as *"),
        (("--parity-report-to=md=a",), "--parity-report-to=md=a is written as --parity-report-md*"),
        (
            ("--parity-report-to=csv=a",),
            "--parity-report-to=csv=a: no plugin contributes the reporter 'csv'; there is none",
        ),
    ],
)
def test_a_wrong_file_ends_the_run_before_it_starts(
    pytester: pytest.Pytester,
    recording_tests: Write,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    recording_tests("def test_one(): check(0.1)")
    pytester.mkdir("sub")
    result = pytester.runpytest_inprocess(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_the_page_is_refused_at_the_start_without_jinja2(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    recording_tests("def test_one(): check(0.1)")
    pytester.makepyfile(
        blocker="""
        import importlib.util
        found = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *a: None if name == "jinja2" else found(name, *a)
        """
    )
    result = pytester.runpytest_subprocess("-p", "blocker", "--parity-report-html=a.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: the HTML report needs Jinja2, which is not installed; "
            "run: pip install 'pytest-modelparity[[]html[]]'"
        ]
    )


# ------------------------------------------------------------------------ third-party reporters

REPORTER = """
class Lines:
    name = "lines"

    def render(self, run):
        return "".join(f"{check.report.verdict} {check.name}\\n" for check in run.checks)

def pytest_modelparity_reporters(config):
    return [Lines()]
"""


@pytest.mark.parametrize("mode", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_a_plugins_reporter_writes_its_files(
    pytester: pytest.Pytester, recording_tests: Write, mode: tuple[str, ...]
) -> None:
    pytester.makeconftest(REPORTER)
    recording_tests("def test_one(): check(0.1)\ndef test_two(): check(0.0)")
    text = "diverged test_port.py::test_one\nequivalent test_port.py::test_two\n"
    pytester.runpytest_inprocess(
        "--parity-report-to=lines=a.txt", "--parity-report-to=lines=b=c.txt", *mode
    )
    assert files(pytester)["a.txt"] == files(pytester)["b=c.txt"] == text
    pytester.makeini("[pytest]\nparity_report_to =\n    lines=d.txt\n    lines = e.txt")
    pytester.runpytest_inprocess(*mode)
    assert files(pytester)["d.txt"] == files(pytester)["e.txt"] == text


def test_the_examples_reporter_writes_a_table(
    pytester: pytest.Pytester, recording_tests: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = Path(__file__).parents[2] / "examples" / "third_party"
    monkeypatch.setenv("PYTHONPATH", str(example), prepend=os.pathsep)
    recording_tests(
        """
from pytest_modelparity.report.parts import Cause

def cause(setting):
    return Cause(setting=setting, reference="1", candidate="2", kind="objective", role="must")

def test_one():
    check(0.1, causes=(cause("C"), cause("penalty")))
    check(float("nan"))
"""
    )
    pytester.runpytest_subprocess("-p", "parity_newton.plugin", "--parity-report-to=csv=parity.csv")
    assert files(pytester)["parity.csv"].splitlines() == [
        "check,verdict,probability,allowed,causes",
        "test_port.py::test_one #1,diverged,0.1,0.01,C penalty",
        "test_port.py::test_one #2,diverged,nan,0.01,",
    ]


def test_a_reporter_that_fails_is_one_line_and_the_others_still_write(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    pytester.makeconftest(
        """
        class Broken:
            name = "broken"
            def render(self, run):
                raise ValueError("cannot\\nrender")

        def pytest_modelparity_reporters(config):
            return [Broken()]
        """
    )
    recording_tests("def test_one(): check(0.1)")
    result = pytester.runpytest_inprocess(
        "--parity-report-to=broken=a.txt", "--parity-report-json=p.json"
    )
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["--parity-report-to=broken=a.txt was not written, its reporter failed: ValueError: cannot"]
    )
    result.stdout.no_fnmatch_line("render")
    assert "a.txt" not in files(pytester)
    assert len(read(pytester.path / "p.json").checks) == 1


@pytest.mark.parametrize(
    "answer,problem",
    [
        ("5", "5, which is not a list"),
        ("[Lines]", "the class Lines; return an instance: Lines()"),
        ("[object()]", "<object *>, which lacks name (str), render()"),
        ("[Lines(), Lines()]", "<*Lines object *>, whose name 'lines' is taken"),
        ("[setattr(Lines, 'name', 'html') or Lines()]", "<*Lines *>, whose name 'html' is taken"),
    ],
)
def test_a_wrong_reporter_costs_its_file_and_names_its_plugin(
    pytester: pytest.Pytester, recording_tests: Write, answer: str, problem: str
) -> None:
    pytester.makeconftest(REPORTER.replace("return [Lines()]", f"return {answer}"))
    recording_tests("def test_one(): check(0.1)")
    result = pytester.runpytest_inprocess(
        "--parity-report-to=other=a.txt", "--parity-report-json=p.json"
    )
    result.assert_outcomes(passed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "--parity-report-to=other=a.txt was not written: no plugin contributes the reporter "
            "'other'; there is *",
            "the hook pytest_modelparity_reporters must return a list of reporters, got:",
            f"  from *conftest.py: {problem}",
        ]
    )
    assert "a.txt" not in files(pytester)
    assert len(read(pytester.path / "p.json").checks) == 1


def test_a_right_reporter_writes_beside_a_wrong_one(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    pytester.makeconftest(REPORTER.replace("return [Lines()]", "return [Lines(), 5]"))
    recording_tests("def test_one(): check(0.1)")
    result = pytester.runpytest_inprocess("--parity-report-to=lines=a.txt")
    assert files(pytester)["a.txt"] == "diverged test_port.py::test_one\n"
    result.stdout.fnmatch_lines(["*generated parity report: *a.txt*", "  from *: 5, which lacks *"])


def test_a_run_that_asks_for_no_such_file_does_not_ask_for_reporters(
    pytester: pytest.Pytester, recording_tests: Write
) -> None:
    pytester.makeconftest("def pytest_modelparity_reporters(config): 1 / 0")
    recording_tests("def test_one(): check(0.1)")
    pytester.runpytest_inprocess("--parity-report-json=p.json").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "asked,draws_map",
    [
        ((), False),
        (("--parity-report",), False),
        (("--parity-report-md=a.md",), False),
        (("--parity-report-json=a.json",), True),
        (("--parity-report-html=a.html",), True),
        (("-o", "parity_report_html=a.html"), True),
        (("--parity-report-html=a.html", "-n", "1"), True),
    ],
    ids=["nothing", "terminal", "md", "json", "html", "ini", "xdist"],
)
def test_checks_draw_a_map_where_a_file_shows_it(
    pytester: pytest.Pytester, asked: tuple[str, ...], draws_map: bool
) -> None:
    pytester.makepyfile(
        f"""
        from pytest_modelparity.context import CURRENT

        def test_context():
            assert CURRENT.get().draws_map is {draws_map}
        """
    )
    pytester.runpytest_inprocess(*asked).assert_outcomes(passed=1)

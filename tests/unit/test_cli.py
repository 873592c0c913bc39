"""``python -m pytest_modelparity`` on saved reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_modelparity import ParityReport, RunReport, Tolerance
from pytest_modelparity.cli import main
from pytest_modelparity.report.parts import DataSummary, Divergence
from pytest_modelparity.report.run import CheckRecord, RefusedCheck
from pytest_modelparity.reporters import html
from pytest_modelparity.reporters import json as json_report
from pytest_modelparity.reporters.schema import schema

PROGRAM = "python -m pytest_modelparity"


def check(test_id: str, value: float) -> CheckRecord:
    """Return a check of a test that passed."""
    report = ParityReport(
        verdict="equivalent" if value <= 0.01 else "diverged",
        divergences={"probability": Divergence(value=value, allowed=0.01)},
        tolerance=Tolerance(),
        settings={},
        data=DataSummary(n_samples=4, n_features=2, classes=("a", "b"), n_eval=4),
    )
    return CheckRecord(test_id=test_id, outcome="passed", asserted=True, report=report)


RUN = RunReport(
    checks=(check("test_a.py::test_good", 0.001), check("test_b.py::test_bad", 0.3)),
    refusals=(RefusedCheck(test_id="test_c.py::test_wrong", message="X has no rows"),),
    problems=("worker gw0 died",),
)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., str]:
    """Write a report and return its path."""

    def save(run: RunReport = RUN, name: str = "parity.json") -> str:
        path = tmp_path / name
        path.write_text(json_report.render(run))
        return str(path)

    return save


def test_show_prints_the_worst_check_first_and_all_that_is_in_the_report(
    saved: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", saved()]) == 0
    text = capsys.readouterr().out
    places = [
        text.index(part)
        for part in (
            "DIVERGED  test_b.py::test_bad (test passed)",
            "models diverge: probability 0.3 > 0.01",
            "test_a.py::test_good",
            "test_c.py::test_wrong",
            "X has no rows",
            "worker gw0 died",
            "2 checks: 1 equivalent, 1 diverged",
        )
    ]
    assert places == sorted(places)
    assert "models are equivalent" not in text
    assert main(["show", "-v", saved()]) == 0
    assert "models are equivalent" in capsys.readouterr().out


def test_show_can_be_limited_to_some_tests(
    saved: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", saved(), "--test", "good"]) == 0
    text = capsys.readouterr().out
    assert "test_good" in text
    assert "test_bad" not in text
    assert "test_wrong" not in text
    assert main(["show", saved(), "--test", "wrong"]) == 0
    assert "X has no rows" in capsys.readouterr().out
    assert main(["show", saved(), "--test", "absent"]) == 2
    assert "no check of the report has a test id with 'absent'" in capsys.readouterr().err


def test_show_takes_a_single_report_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(RUN.checks[1].report.to_dict()))
    assert main(["show", str(path)]) == 0
    assert "DIVERGED  one.json (test unknown" in capsys.readouterr().out


def test_compare_ends_with_1_only_where_something_got_worse(
    saved: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    old = saved(name="old.json")
    worse = replace(RUN, checks=(check("test_a.py::test_good", 0.2), RUN.checks[1]))
    assert main(["compare", old, old]) == 0
    assert capsys.readouterr().out == "2 compared: 2 same\n"
    assert main(["compare", old, saved(worse, name="new.json")]) == 1
    assert capsys.readouterr().out == (
        "WORSE     test_a.py::test_good: equivalent -> diverged; "
        "probability 0.001 -> 0.2 (+0.199)\n"
        "2 compared: 1 worse, 1 same\n"
    )
    assert main(["compare", "-v", saved(worse, name="new.json"), old]) == 0
    assert capsys.readouterr().out.startswith("BETTER    test_a.py::test_good: ")


def test_html_writes_the_page_beside_the_file_or_where_it_is_told(
    saved: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved()
    assert main(["html", file]) == 0
    assert main(["html", file, "-o", str(tmp_path / "sub" / "page.html")]) == 0
    assert capsys.readouterr().out.split() == [
        str(tmp_path / "parity.html"),
        str(tmp_path / "sub" / "page.html"),
    ]
    for page in ("parity.html", "sub/page.html"):
        assert (tmp_path / page).read_text(encoding="utf-8") == html.render(RUN)


def test_html_says_what_it_needs(
    saved: Callable[..., str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = saved()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["html", file]) == 2
    assert capsys.readouterr().err == (
        f"{PROGRAM}: error: the HTML report needs Jinja2, which is not installed; "
        f"run: pip install 'pytest-modelparity[html]'\n"
    )


def test_schema_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()


@pytest.mark.parametrize(
    "arguments,message",
    [
        ([], "the following arguments are required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["show"], "the following arguments are required: FILE"),
        (["show", "--loud", "a"], "unrecognized arguments: --loud"),
        (["compare", "a"], "the following arguments are required: NEW"),
        (["show", "absent.json"], "cannot read absent.json: No such file or directory"),
        (["html", __file__], "is no report that can be read: it is not valid JSON"),
    ],
    ids=" ".join,
)
def test_what_is_wrong_is_one_line_and_status_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(arguments)
    except SystemExit as end:
        status = end.code  # type: ignore[assignment]
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert said.err.startswith(f"{PROGRAM}")
    assert message in said.err
    assert said.err.count("\n") == 1


def test_a_page_that_cannot_be_written_is_one_line(
    saved: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["html", saved(), "-o", str(tmp_path / "file" / "page.html")]) == 2
    assert capsys.readouterr().err.startswith(f"{PROGRAM}: error: cannot write {tmp_path}")


@pytest.mark.parametrize(
    "command", [["show", "{}"], ["compare", "{}", "{}"], ["html", "{}"], ["schema"]], ids=" ".join
)
def test_no_command_imports_pytest_numpy_or_a_framework(
    saved: Callable[..., str], command: list[str]
) -> None:
    file = saved()
    program = (
        "import sys\n"
        "from pytest_modelparity.cli import main\n"
        f"assert main({[part.format(file) for part in command]!r}) == 0\n"
        "heavy = ('pytest', '_pytest', 'numpy', 'scipy', 'sklearn', 'keras', 'tensorflow')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stderr == "[]\n"


def test_the_package_runs_as_a_module(saved: Callable[..., str]) -> None:
    command = [sys.executable, "-m", "pytest_modelparity", "compare", saved(), saved()]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "2 compared: 2 same\n")


# Long text fails while it is printed, short text when it is flushed.
@pytest.mark.parametrize("arguments", [["schema"], ["compare", "{}", "{}"]], ids=" ".join)
def test_a_reader_that_goes_away_is_no_error(
    saved: Callable[..., str], arguments: list[str]
) -> None:
    file = saved()
    command = [sys.executable, "-m", "pytest_modelparity", *(a.format(file) for a in arguments)]
    # With what Python buffers unless told otherwise: it is written once more at the very end.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    # Closed before the process starts, which could otherwise have written all by then.
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as stdout:
        done = subprocess.run(
            command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environment
        )
    assert (done.returncode, done.stderr) == (141, "")

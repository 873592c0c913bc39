"""Runs against a baseline: what fails them, what is written, what a partial run leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Write = Callable[..., None]
KNOWN = ("--parity-baseline=known.json",)
UPDATE = (*KNOWN, "--parity-update-baseline")

SUITE = """
def test_asserted():
    diverged()

def test_compared():
    diverged(asserted=False)
    equivalent(asserted=False)
    diverged(asserted=False, gap=0.3)

def test_good():
    equivalent()
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    # Hypothesis takes seconds to import, in each run anew.
    without = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    return pytester.runpytest_inprocess(*without, *arguments, no_reraise_ctrlc=True)


def entries(pytester: pytest.Pytester) -> dict[tuple[str, int], dict[str, Any]]:
    values = json.loads((pytester.path / "known.json").read_text(encoding="utf-8"))
    return {(item["test"], item["check"]): item for item in values["divergences"]}


def edit(pytester: pytest.Pytester, test: str, **changes: Any) -> None:
    """Change an entry by hand."""
    path = pytester.path / "known.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    for item in values["divergences"]:
        if item["test"].endswith(test):
            item.update(changes)
    path.write_text(json.dumps(values), encoding="utf-8")


def last_line(result: pytest.RunResult) -> str:
    return result.outlines[-1]


# --- recording and knowing


def test_an_update_records_every_divergence_and_passes(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests(SUITE)
    result = run(pytester, *UPDATE)
    assert result.ret == 0
    result.assert_outcomes(passed=2, xfailed=1)
    assert entries(pytester).keys() == {
        ("test_port.py::test_asserted", 1),
        ("test_port.py::test_compared", 1),
        ("test_port.py::test_compared", 3),
    }
    assert entries(pytester)["test_port.py::test_compared", 3] == {
        "test": "test_port.py::test_compared",
        "check": 3,
        "causes": ["objective: penalty (must)"],
        "objective_gap": 0.3,
        "reason": "TODO: say why this divergence is accepted",
        "measured": {"probability": 0.5, "versions": {}},
    }


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_known_divergences_fail_neither_their_test_nor_the_run(
    pytester: pytest.Pytester, made_tests: Write, arguments: tuple[str, ...]
) -> None:
    made_tests(SUITE)
    run(pytester, *UPDATE)
    edit(pytester, "test_asserted", reason="Keras has no such penalty")
    before = (pytester.path / "known.json").read_bytes()
    result = run(pytester, *KNOWN, "-rx", *arguments)
    assert result.ret == 0
    result.assert_outcomes(passed=2, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "*= model parity gate =*",
            "baseline */known.json: 3 known",
            "XFAIL test_port.py::test_asserted - known divergence: Keras has no such penalty",
        ]
    )
    assert (pytester.path / "known.json").read_bytes() == before


def test_without_the_option_the_test_fails(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests(SUITE)
    run(pytester, *UPDATE)
    run(pytester).assert_outcomes(passed=2, failed=1)


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_a_new_divergence_of_a_comparison_fails_the_run(
    pytester: pytest.Pytester, made_tests: Write, arguments: tuple[str, ...]
) -> None:
    made_tests("def test_good(): equivalent()")
    run(pytester, *UPDATE)
    made_tests("def test_good(): diverged(asserted=False)")
    result = run(pytester, *KNOWN, *arguments)
    result.assert_outcomes(passed=1)
    assert result.ret == 10
    result.stdout.fnmatch_lines(["NEW       test_port.py::test_good: not in the baseline; models*"])
    assert last_line(result) == "model parity gate failed (exit status 10): baseline: 1 new"


def test_a_new_divergence_of_an_assertion_fails_its_test(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests("def test_good(): equivalent()")
    run(pytester, *UPDATE)
    made_tests("def test_good(): diverged()")
    result = run(pytester, *KNOWN)
    result.assert_outcomes(failed=1)
    assert result.ret == 1
    assert last_line(result) == "model parity gate failed (exit status 1): baseline: 1 new"


@pytest.mark.parametrize(
    "more,status",
    [
        ("gap=0.16", "known"),
        ("gap=0.1616", "known"),
        ("gap=0.162", "grew"),
        ("gap=None", "changed"),
        ("causes=('C',)", "changed"),
        ("causes=('penalty', 'C')", "changed"),
        ("causes=()", "known"),
        ("explained=False, causes=()", "known"),
        ("value=0.9", "known"),
        ("structure=StructureCheck(agrees=False)", "changed"),
    ],
)
def test_what_counts_as_a_change(
    pytester: pytest.Pytester, made_tests: Write, more: str, status: str
) -> None:
    made_tests("def test_port(): diverged()")
    run(pytester, *UPDATE)
    made_tests(f"def test_port(): diverged({more})")
    result = run(pytester, *KNOWN)
    result.assert_outcomes(**{"xfailed" if status == "known" else "failed": 1})
    assert result.ret == (0 if status == "known" else 1)
    result.stdout.fnmatch_lines([f"baseline *: 1 {status}"])


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_a_further_setting_that_would_do_fails_nothing(
    pytester: pytest.Pytester, made_tests: Write, arguments: tuple[str, ...]
) -> None:
    made_tests("def test_port(): diverged()\ndef test_compared(): diverged(asserted=False)")
    run(pytester, *UPDATE)
    more = "one_of=('iterations', 'learning_rate')"
    made_tests(
        f"def test_port(): diverged({more})\ndef test_compared(): diverged(asserted=False, {more})"
    )
    result = run(pytester, *KNOWN, "--parity-baseline-strict", *arguments)
    assert result.ret == 0
    result.assert_outcomes(passed=1, xfailed=1)
    result.stdout.fnmatch_lines(["baseline *: 2 noted"])
    result.stdout.no_fnmatch_line("NOTED*")
    result = run(pytester, *KNOWN, "-v", *arguments)
    result.stdout.fnmatch_lines(["NOTED     *test_port: TODO: *; not recorded, *learning_rate*"])


def test_a_vanished_divergence_is_told_and_fails_a_strict_run_only(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests(SUITE)
    run(pytester, *UPDATE)
    made_tests(SUITE.replace("diverged(asserted=False)", "equivalent(asserted=False)"))
    result = run(pytester, *KNOWN)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["VANISHED  test_port.py::test_compared: the models are equivalent now"]
    )
    result = run(pytester, *KNOWN, "--parity-baseline-strict")
    assert result.ret == 10
    assert last_line(result) == "model parity gate failed (exit status 10): baseline: 1 vanished"


def test_ini_settings_do_the_same(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests("def test_good(): diverged()")
    run(pytester, *UPDATE)
    made_tests(
        "def test_good(): equivalent()",
        ini="parity_baseline = known.json\nparity_baseline_strict = true",
    )
    assert run(pytester).ret == 10
    assert run(pytester, "--parity-baseline=").ret == 0


# --- writing


def test_an_update_keeps_reasons_and_what_did_not_change(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests(SUITE)
    run(pytester, *UPDATE)
    edit(pytester, "test_asserted", reason="ours")
    edit(pytester, "test_compared", reason="theirs", measured={"by": "another machine"})
    made_tests(SUITE.replace("diverged()", "diverged(gap=0.4)"))
    assert run(pytester, *UPDATE).ret == 0
    found = entries(pytester)
    asserted = found["test_port.py::test_asserted", 1]
    assert (asserted["reason"], asserted["objective_gap"]) == ("ours", 0.4)
    for number in (1, 3):
        compared = found["test_port.py::test_compared", number]
        assert compared["reason"] == "theirs"
        assert compared["measured"] == {"by": "another machine"}


def test_the_file_is_the_same_whatever_the_order(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests(SUITE)
    run(pytester, *UPDATE)
    first = (pytester.path / "known.json").read_bytes()
    assert first.endswith(b"}\n")
    assert run(pytester, *UPDATE, "-n", "2").ret == 0
    assert (pytester.path / "known.json").read_bytes() == first


def test_a_full_update_removes_what_is_gone(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests(SUITE)
    run(pytester, *UPDATE)
    made_tests("def test_good(): equivalent()")
    result = run(pytester, *UPDATE)
    result.stdout.fnmatch_lines(["baseline *: 3 vanished; written, with 0 in it"])
    assert entries(pytester) == {}


def test_a_full_run_tells_what_is_gone(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests(SUITE)
    run(pytester, *UPDATE)
    made_tests("def test_good(): equivalent()")
    result = run(pytester, *KNOWN, "--parity-baseline-strict")
    assert result.ret == 10
    result.stdout.fnmatch_lines(
        ["VANISHED  test_port.py::test_asserted: there is no such test any more"]
    )


SHARD = """
def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if item.name == "test_good"]
"""

STOP = """
def test_good(): equivalent()
def test_stop(): assert False
def test_asserted(): equivalent()
"""


@pytest.mark.parametrize(
    "arguments,conftest,source",
    [
        (("-k", "good"), "", None),
        pytest.param(
            ("-k", "good", "-n", "1"),
            "",
            "def test_good(): equivalent()\ndef test_b(): pass",
            marks=pytest.mark.matrix,
        ),
        (("-m", "not slow"), "", "@pytest.mark.slow\ndef test_asserted(): equivalent()"),
        pytest.param(
            ("test_port.py",), "", "def test_good(): equivalent()", marks=pytest.mark.matrix
        ),
        pytest.param(
            ("--deselect", "test_port.py::test_asserted"), "", None, marks=pytest.mark.matrix
        ),
        (("--ignore", "test_other.py"), "", "def test_good(): equivalent()"),
        ((), SHARD, None),
        (("-x",), "", STOP),
        pytest.param(("--maxfail=1", "-n", "1"), "", STOP, marks=pytest.mark.matrix),
        ((), "", "def test_good(): equivalent()\ndef test_asserted(): pytest.skip('no Keras')"),
        ((), "", "def test_asserted():\n    assert False\n    equivalent()"),
        ((), "", "def test_asserted(): raise KeyboardInterrupt"),
        (("--continue-on-collection-errors",), "", "syntax error"),
        (("-n", "1"), "", "import os\ndef test_asserted(): os._exit(1)"),
    ],
    ids=[
        "-k",
        "-k with xdist",
        "-m",
        "one file",
        "--deselect",
        "--ignore",
        "shard",
        "-x",
        "-x with xdist",
        "skipped",
        "failed before",
        "interrupted",
        "collection error",
        "crashed worker",
    ],
)
def test_a_partial_run_neither_judges_nor_rewrites_what_it_did_not_run(
    pytester: pytest.Pytester,
    made_tests: Write,
    arguments: tuple[str, ...],
    conftest: str,
    source: str | None,
) -> None:
    made_tests("def test_elsewhere(): diverged()", name="test_other")
    made_tests("def test_good(): equivalent()\ndef test_asserted(): diverged()")
    run(pytester, *UPDATE)
    known = (pytester.path / "known.json").read_bytes()
    assert len(entries(pytester)) == 2
    if source == STOP or "-n" in arguments or "Keyboard" in str(source):
        # Only what runs first may run.
        made_tests("def test_elsewhere(): diverged()", name="test_z")
        (pytester.path / "test_other.py").unlink()
    if conftest:
        pytester.makeconftest(conftest)
    markers = "markers = slow: slow"
    if source is not None:
        made_tests(source, ini=markers)
    if "-m" in arguments:
        made_tests("def test_elsewhere(): diverged()", name="test_other", ini=markers)
    strict = run(pytester, *KNOWN, "--parity-baseline-strict", *arguments)
    strict.stdout.no_fnmatch_line("VANISHED*")
    run(pytester, *UPDATE, *arguments)
    assert entries(pytester).keys() >= keys(known)


def keys(text: bytes) -> set[tuple[str, int]]:
    return {(item["test"], item["check"]) for item in json.loads(text)["divergences"]}


def test_only_the_controller_writes(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests(SUITE)
    assert run(pytester, *UPDATE, "-n", "2").ret == 0
    assert len(entries(pytester)) == 3
    assert [path.name for path in pytester.path.glob("*known*")] == ["known.json"]


def test_a_group_of_xdist_is_no_part_of_a_tests_name(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests("@pytest.mark.xdist_group('g')\ndef test_x(): diverged()")
    run(pytester, *UPDATE)
    result = run(pytester, *KNOWN, "--parity-baseline-strict", "-n", "1", "--dist", "loadgroup")
    result.assert_outcomes(xfailed=1)
    assert result.ret == 0


def test_workers_know_what_the_controller_read(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests(SUITE)
    run(pytester, *UPDATE)
    pytester.makeconftest(
        """
        from pathlib import Path

        def pytest_sessionstart(session):
            if not hasattr(session.config, "workerinput"):
                Path("known.json").unlink()
        """
    )
    result = run(pytester, *KNOWN, "-n", "1")
    result.assert_outcomes(passed=2, xfailed=1)
    assert result.ret == 0


def test_a_baseline_that_cannot_be_written_fails_the_run(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests("def test_good(): equivalent()")
    (pytester.path / "file").touch()
    result = run(pytester, "--parity-baseline=file/known.json", "--parity-update-baseline")
    assert result.ret != 0


# --- wrong files


@pytest.mark.parametrize(
    "content,message",
    [
        (None, "*known.json does not exist; run once with --parity-update-baseline*"),
        ("{", "*known.json cannot be read: it is no JSON*"),
        ("{}", '*cannot be read: it is no baseline: "kind" must be "parity-baseline"'),
        ("\ud800", "*cannot be read*"),
    ],
)
def test_a_wrong_baseline_ends_the_run_before_collection(
    pytester: pytest.Pytester, made_tests: Write, content: str | None, message: str
) -> None:
    made_tests("raise RuntimeError('collected')")
    if content is not None:
        (pytester.path / "known.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    result = run(pytester, *KNOWN)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: the baseline {message}"])
    assert len(result.stderr.lines) == 2
    result.stdout.no_fnmatch_line("*collected*")


def test_an_update_needs_a_file(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests(SUITE)
    result = run(pytester, "--parity-update-baseline")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--parity-update-baseline needs*add --parity-baseline=PATH"])


def test_a_folder_is_no_baseline(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests(SUITE)
    (pytester.path / "known.json").mkdir()
    result = run(pytester, *KNOWN)
    assert result.ret == pytest.ExitCode.USAGE_ERROR


# --- outcomes


def test_a_test_that_is_marked_as_xfail_keeps_its_reason(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests("@pytest.mark.xfail(reason='marked')\ndef test_x(): diverged()")
    result = run(pytester, *UPDATE, "-rx")
    result.stdout.fnmatch_lines(["XFAIL test_port.py::test_x - marked"])


def test_a_known_divergence_in_a_fixture_is_expected_too(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests("@pytest.fixture\ndef port(): diverged()\n\ndef test_x(port): pass")
    run(pytester, *UPDATE)
    result = run(pytester, *KNOWN)
    result.assert_outcomes(xfailed=1)
    assert result.ret == 0


def test_the_second_check_of_a_test_is_judged_by_its_own_entry(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    source = "def test_x():\n    diverged(asserted=False)\n    {}"
    made_tests(source.format("equivalent()"))
    run(pytester, *UPDATE)
    made_tests(source.format("diverged()"))
    run(pytester, *KNOWN).assert_outcomes(failed=1)


def test_equal_checks_of_a_test_are_told_apart(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    caught = "def test_x():\n    with pytest.raises(ModelsDivergeError):\n        diverged()\n    "
    made_tests(caught + "equivalent()")
    run(pytester, *UPDATE)
    made_tests(caught + "diverged()")
    run(pytester, *KNOWN).assert_outcomes(failed=1)


def test_checks_are_counted_in_each_test_anew(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests("def test_a(): equivalent()\n\ndef test_b(): diverged()")
    run(pytester, *UPDATE)
    run(pytester, *KNOWN).assert_outcomes(passed=1, xfailed=1)


def test_a_run_without_tests_keeps_pytests_status(
    pytester: pytest.Pytester, made_tests: Write
) -> None:
    made_tests(SUITE)
    run(pytester, *UPDATE)
    made_tests("")
    result = run(pytester, *KNOWN, "--parity-baseline-strict")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_another_failure_is_not_expected(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests("def test_x():\n    diverged(asserted=False)\n    assert False")
    run(pytester, *UPDATE)
    result = run(pytester, *KNOWN)
    result.assert_outcomes(failed=1)
    assert result.ret == 1


def test_a_baseline_imports_nothing_heavy(pytester: pytest.Pytester, made_tests: Write) -> None:
    made_tests(SUITE)
    run(pytester, *UPDATE)
    pytester.makeconftest(
        """
        import sys

        def pytest_unconfigure():
            heavy = {"numpy", "sklearn", "keras", "tensorflow", "jinja2"} & set(sys.modules)
            assert not heavy, heavy
        """
    )
    assert pytester.runpytest_subprocess(*UPDATE, "--parity-report").ret == 0
    assert Path(pytester.path / "known.json").exists()

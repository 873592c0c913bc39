"""Real checks in small projects: fixtures, overrides, what a failure shows, what is recorded."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Write = Callable[..., None]


def test_the_fixture_lets_an_equivalent_pair_pass_and_returns_the_report(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests(
        """
def test_same(assert_models_equivalent):
    report = same(assert_models_equivalent)
    assert report.equivalent and isinstance(report, pytest_modelparity.ParityReport)

def test_plain():
    assert same(pytest_modelparity.assert_models_equivalent)

def test_compare(compare_models):
    assert not other(compare_models)
    assert same(compare_models)
"""
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=3)


@pytest.mark.parametrize("surface", ["fixture", "function"])
def test_a_failure_shows_the_message_and_the_users_line_only(
    pytester: pytest.Pytester, parity_tests: Write, surface: str
) -> None:
    check = {
        "fixture": "assert_models_equivalent",
        "function": "pytest_modelparity.assert_models_equivalent",
    }[surface]
    argument = check if surface == "fixture" else ""
    parity_tests(
        f"""
def test_other({argument}):
    {check}(fitted(1.0), X, y, candidate=fitted(0.5), explain=False)  # the user's line
"""
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*# the user's line",
            "E *ModelsDivergeError: models diverge: probability * > 0.01 (*",
            "E *  LogisticRegression *",
            "E * C  * 1.0 * 0.5 * not looked for",
            "test_port.py:*: ModelsDivergeError",
        ],
        consecutive=False,
    )
    text = result.stdout.str()
    assert "check.py" not in text
    assert "parity/compare.py" not in text
    assert "__tracebackhide__" not in text
    # The fixture's value stands above its test.
    assert "CheckContext" not in text


@pytest.mark.parametrize(
    "columns,said,arguments",
    [("80", " optima 0.1 apart", ()), ("140", "the two optima are 0.1 apart", ("-n", "1"))],
    ids=["one process", "xdist"],
)
def test_the_message_has_the_width_of_the_terminal(
    pytester: pytest.Pytester,
    parity_tests: Write,
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
    said: str,
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    parity_tests("def test_other(assert_models_equivalent): other(assert_models_equivalent)")
    result = pytester.runpytest_inprocess("-p", "no:hypothesispytest", *arguments)
    lines = [line for line in result.outlines if line.startswith("E  ")]
    assert any(said in line for line in lines)
    assert max(map(len, lines[1:])) <= int(columns)


def test_every_sentence_is_told_with_two_more_of_verbosity(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests("def test_other(assert_models_equivalent): other(assert_models_equivalent)")
    told = "E * apart        there the reference says *"
    pytester.runpytest_inprocess().stdout.no_fnmatch_line(told)
    pytester.runpytest_inprocess("-vv").stdout.fnmatch_lines([told])


def test_the_short_summary_starts_with_verdict_and_number(
    pytester: pytest.Pytester, parity_tests: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    parity_tests("def test_other(assert_models_equivalent): other(assert_models_equivalent)")
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines(
        ["FAILED test_port.py::test_other - models diverge: probability * > 0.01 *..."]
    )


def test_a_check_that_cannot_be_made_shows_the_users_line_only(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests(
        """
def test_wrong():
    pytest_modelparity.compare_models(fitted(1.0), X, y[:-1], candidate=fitted(1.0))  # user's line
"""
    )
    result = pytester.runpytest_inprocess("--parity-report")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*# user's line",
            "E   *InvalidDataError: X and y must have the same number of rows*",
            "0 checks: no test compared two models; 1 check could not be made",
        ]
    )
    assert "compare.py" not in result.stdout.str()
    assert "check.py" not in result.stdout.str()


WARNED = """
def warned(check, **settings):
    reference = LogisticRegression(max_iter=1)
    return check(reference, X, y, candidate=fitted(1.0), explain=False, **settings)
"""


@pytest.mark.parametrize("check", ["compare_models", "pytest_modelparity.compare_models"])
def test_a_warning_of_the_training_is_issued_again_at_the_users_line(
    pytester: pytest.Pytester, parity_tests: Write, check: str
) -> None:
    parity_tests(
        f"""
{WARNED}
def test_warned(compare_models):
    with pytest.warns(UserWarning, match="failed to converge") as caught:
        report = warned({check})
    assert [warning.category for warning in report.warnings] == ["ConvergenceWarning"]
    assert [warning.filename for warning in caught] == [__file__]
"""
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_where_warnings_are_errors_the_verdict_goes_first(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests(
        f"""
{WARNED}
def test_diverged(assert_models_equivalent):
    warned(assert_models_equivalent)

def test_equivalent(assert_models_equivalent):
    warned(assert_models_equivalent, tolerance=1.0)
"""
    )
    result = pytester.runpytest_inprocess("-W", "error", "--parity-report")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "E *ModelsDivergeError: models diverge: *",
            'E * warning * reference: ConvergenceWarning: "lbfgs failed to converge*',
            "E *ConvergenceWarning: lbfgs failed to converge*",
            "2 checks: 1 equivalent, 1 diverged",
        ]
    )


def test_argument_marker_fixture_and_ini_reach_a_real_check(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests(
        """
def used(check, **settings):
    return other(check, **settings).tolerance.probability

@pytest.fixture
def parity_tolerance():
    return 0.3

def test_ini():
    assert used(pytest_modelparity.compare_models) == 0.4

def test_fixture(compare_models):
    assert used(compare_models) == 0.3

@pytest.mark.parity(tolerance=0.2)
def test_marker(compare_models):
    assert used(compare_models) == used(pytest_modelparity.compare_models) == 0.2

@pytest.mark.parity(tolerance=0.2)
def test_argument(compare_models):
    assert used(compare_models, tolerance=0.1) == 0.1
""",
        ini="parity_probability_tolerance = 0.4",
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=4)


@pytest.mark.parametrize("scope", ["function", "class", "module", "package", "session"])
def test_the_settings_fixtures_can_be_overridden_in_any_scope(
    pytester: pytest.Pytester, parity_tests: Write, scope: str
) -> None:
    parity_tests(
        """
def test_override(assert_models_equivalent, parity_seed):
    assert other(assert_models_equivalent).tolerance == pytest_modelparity.Tolerance(
        probability=0.5, labels=1.0
    )
    assert parity_seed == 5
"""
    )
    pytester.makeconftest(
        f"""
        import pytest
        from pytest_modelparity import Tolerance

        @pytest.fixture(scope="{scope}")
        def parity_tolerance(parity_tolerance):
            assert parity_tolerance == Tolerance()
            return Tolerance(probability=0.5, labels=1.0)

        @pytest.fixture(scope="{scope}")
        def parity_seed(parity_seed):
            return parity_seed + 5
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_wrong_value_of_an_override_is_said(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests(
        """
@pytest.fixture
def parity_tolerance():
    return "tight"

def test_override(assert_models_equivalent):
    pass
"""
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E*ModelParityError: tolerance probability must be*'tight'*"])


SUITE = """
def test_good(assert_models_equivalent):
    same(assert_models_equivalent)

def test_bad(assert_models_equivalent):
    other(assert_models_equivalent)

def test_plain_function():
    same(pytest_modelparity.assert_models_equivalent)

def test_two_checks(compare_models):
    same(compare_models)
    other(compare_models, tolerance=0.001)

@pytest.fixture
def compared():
    return same(pytest_modelparity.compare_models)

def test_in_a_fixture(compared):
    pass

def test_without_a_check():
    pass
"""


def report_section(result: pytest.RunResult) -> list[str]:
    """Return the lines of the section, between its title and the next one."""
    lines = result.outlines
    start = next(i for i, line in enumerate(lines) if "= model parity report =" in line)
    end = next(i for i in range(start + 1, len(lines)) if lines[i].startswith("==="))
    return lines[start + 1 : end]


def written(pytester: pytest.Pytester) -> set[str]:
    """Return the files of the project, without the caches of Python and pytest."""
    return {str(path) for path in pytester.path.rglob("*") if "cache" not in str(path)}


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_every_check_of_the_run_is_reported_the_worst_first(
    pytester: pytest.Pytester, parity_tests: Write, arguments: tuple[str, ...]
) -> None:
    if arguments:
        pytest.importorskip("xdist")
    parity_tests(SUITE)
    before = written(pytester)
    result = pytester.runpytest_inprocess("--parity-report", *arguments)
    assert written(pytester) == before
    result.assert_outcomes(passed=5, failed=1)
    lines = report_section(result)
    headings = [line for line in lines if line.startswith(("EQUIVALENT  ", "DIVERGED  "))]
    assert headings[:2] == [
        "DIVERGED  test_port.py::test_two_checks #2 (test passed, compared without asserting)",
        "DIVERGED  test_port.py::test_bad (test failed)",
    ]
    # Which worker ends first is open.
    assert sorted(headings[2:]) == [
        "EQUIVALENT  probability 0 <= 0.01  test_port.py::test_good",
        "EQUIVALENT  probability 0 <= 0.01  test_port.py::test_in_a_fixture",
        "EQUIVALENT  probability 0 <= 0.01  test_port.py::test_plain_function",
        "EQUIVALENT  probability 0 <= 0.01  test_port.py::test_two_checks #1",
    ]
    assert lines[-1] == "6 checks: 4 equivalent, 2 diverged"


def test_only_the_controller_prints(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(
        """
        def test_printer(pytestconfig):
            printing = pytestconfig.pluginmanager.has_plugin("modelparity-terminal")
            assert printing != hasattr(pytestconfig, "workerinput")
        """
    )
    pytester.runpytest_inprocess("--parity-report").assert_outcomes(passed=1)
    pytester.runpytest_inprocess("--parity-report", "-n", "1").assert_outcomes(passed=1)


def test_the_report_rides_on_the_test_report_as_builtin_types(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests("def test_good(assert_models_equivalent): same(assert_models_equivalent)")
    pytester.makeconftest(
        """
        import json
        from pytest_modelparity import ParityReport

        def pytest_runtest_logreport(report):
            records = getattr(report, "modelparity", None)
            assert (records is not None) == (report.when == "call")
            if records:
                (record,) = json.loads(json.dumps(records))
                assert record.keys() == {"asserted", "report"} and record["asserted"] is True
                assert ParityReport.from_dict(record["report"]).equivalent
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_check_in_a_thread_is_recorded_through_the_fixture(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests(
        """
from concurrent.futures import ThreadPoolExecutor

def test_threads(compare_models):
    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(lambda _: same(compare_models), range(2)))
"""
    )
    result = pytester.runpytest_inprocess("--parity-report")
    assert report_section(result)[-1] == "2 checks: 2 equivalent, 0 diverged"


@pytest.mark.skipif(pytest.version_tuple < (9, 0), reason="pytest 9.0 brought subtests")
def test_checks_in_subtests_are_recorded_once(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests(
        """
def test_subtests(subtests, compare_models):
    same(compare_models)
    for C in (1, 2):
        with subtests.test(C=C):
            same(compare_models)
    same(compare_models)
"""
    )
    result = pytester.runpytest_inprocess("--parity-report")
    assert report_section(result)[-1] == "4 checks: 4 equivalent, 0 diverged"


def test_a_check_outside_of_a_test_is_nobodys(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests(
        """
assert same(pytest_modelparity.compare_models)

def test_nothing():
    pass
"""
    )
    result = pytester.runpytest_inprocess("--parity-report")
    result.assert_outcomes(passed=1)
    assert report_section(result) == ["0 checks: no test compared two models"]


def test_the_twin_fixture_is_the_public_class(
    pytester: pytest.Pytester, frameworks_loaded: None
) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="module")
        def twin(keras_twin):
            return keras_twin

        def test_twin(twin):
            from pytest_modelparity import KerasTwin
            assert twin is KerasTwin
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)

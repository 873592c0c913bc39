"""Options and ini settings: what they mean, and that a wrong one ends the run at its start."""

from __future__ import annotations

import pytest

PROBE = """
from pytest_modelparity import Tolerance

def test_probe(parity_tolerance, parity_seed):
    assert (parity_tolerance, parity_seed) == ({})
"""


@pytest.mark.parametrize(
    "ini,expected",
    [
        ("", "Tolerance(), 0"),
        ("parity_probability_tolerance = 0.05", "Tolerance(probability=0.05), 0"),
        ("parity_probability_tolerance = 1", "Tolerance(probability=1.0), 0"),
        ("parity_seed = 7", "Tolerance(), 7"),
        ("parity_seed = none", "Tolerance(), None"),
    ],
)
def test_ini_settings_reach_the_fixtures(
    pytester: pytest.Pytester, ini: str, expected: str
) -> None:
    pytester.makepyfile(PROBE.format(expected))
    pytester.makeini(f"[pytest]\n{ini}")
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_ini_settings_of_the_classic_toml_table(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PROBE.format("Tolerance(probability=0.05), 7"))
    pytester.makepyprojecttoml(
        '[tool.pytest.ini_options]\nparity_probability_tolerance = "0.05"\nparity_seed = "7"\n'
        "parity_report = true\nparity_explain = false"
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*model parity report*"])


@pytest.mark.skipif(pytest.version_tuple < (9, 0), reason="pytest 9.0 brought typed TOML settings")
@pytest.mark.parametrize(
    "tolerance,seed",
    [
        ('"0.05"', '"7"'),
        pytest.param(
            "0.05",
            "7",
            marks=pytest.mark.skipif(
                pytest.version_tuple < (9, 2), reason="pytest 9.2 brought unions of types"
            ),
        ),
    ],
)
def test_ini_settings_of_the_typed_toml_table(
    pytester: pytest.Pytester, tolerance: str, seed: str
) -> None:
    pytester.makepyfile(PROBE.format("Tolerance(probability=0.05), 7"))
    pytester.makepyprojecttoml(
        f"[tool.pytest]\nparity_probability_tolerance = {tolerance}\nparity_seed = {seed}\n"
        "parity_report = true\nparity_explain = false"
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*model parity report*"])


@pytest.mark.parametrize(
    "setting,value,message",
    [
        (
            "parity_probability_tolerance",
            "small",
            "*parity_probability_tolerance must be a finite number >= 0 such as 0.01, got 'small'",
        ),
        ("parity_probability_tolerance", "-1", "*got '-1'"),
        ("parity_prediction_tolerance", "-1", "*parity_prediction_tolerance must be*got '-1'"),
        ("parity_probability_tolerance", "nan", "*got 'nan'"),
        (
            "parity_seed",
            "1.5",
            "*parity_seed must be 'none' or an integer in [[]0, 2**32), got '1.5'",
        ),
        ("parity_seed", "-1", "*got '-1'"),
        ("parity_seed", str(2**32), f"*got '{2**32}'"),
        ("parity_budget", "-3", "*parity_budget must be a finite number of seconds >= 0, got '-3'"),
        ("parity_budget", "long", "*got 'long'"),
        ("parity_training", "loop", "*parity_training must be auto or fit, got 'loop'"),
        ("parity_n_jobs", "0", "*parity_n_jobs must be a positive integer or -1, got '0'"),
        ("parity_n_jobs", "two", "*got 'two'"),
        ("parity_n_jobs", "2.0", "*got '2.0'"),
        ("parity_memory", "-1", "*parity_memory must be a number of megabytes >= 0, got '-1'"),
        ("parity_memory", "nan", "*got 'nan'"),
        ("parity_memory", "160 MB", "*got '160 MB'"),
        ("parity_report", "maybe", "*maybe*|*parity_report must be true or false"),
        ("parity_explain", "maybe", "*maybe*|*parity_explain must be true or false"),
        ("parity_allow_pickle", "maybe", "*maybe*|*parity_allow_pickle must be true or false"),
    ],
)
def test_a_wrong_setting_ends_the_run_before_collection(
    pytester: pytest.Pytester, setting: str, value: str, message: str
) -> None:
    pytester.makepyfile("raise RuntimeError('collected')")
    pytester.makeini(f"[pytest]\n{setting} = {value}")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert any(_found(result.stderr, pattern) for pattern in message.split("|")), (
        result.stderr.str()
    )
    result.stdout.no_fnmatch_line("*collected*")


def _found(matcher: pytest.LineMatcher, pattern: str) -> bool:
    """Whether a line matches."""
    try:
        matcher.fnmatch_lines([pattern])
    except pytest.fail.Exception:
        return False
    return True


def test_the_option_prints_the_section_even_without_a_check(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_inprocess("--parity-report")
    result.stdout.fnmatch_lines(
        ["*= model parity report =*", "0 checks: no test compared two models"]
    )


def test_the_ini_setting_prints_the_section(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    pytester.makeini("[pytest]\nparity_report = true")
    pytester.runpytest_inprocess().stdout.fnmatch_lines(["*= model parity report =*"])


def test_without_either_nothing_is_printed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    pytester.runpytest_inprocess().stdout.no_fnmatch_line("*model parity*")


def test_the_help_names_option_and_settings(pytester: pytest.Pytester) -> None:
    pytester.runpytest_inprocess("--help").stdout.fnmatch_lines(
        [
            "model parity:",
            "  --parity-report *",
            "  parity_report (*",
            "  parity_probability_tolerance*",
            "  parity_prediction_tolerance*",
            "  parity_seed*",
            "  parity_explain*",
            "  parity_budget*",
            "  parity_training*",
            "  parity_allow_pickle*",
            "  parity_n_jobs*",
            "  parity_memory*",
        ]
    )


def test_the_plugin_can_be_switched_off(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_subprocess("-p", "no:modelparity", "--parity-report")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unrecognized arguments: --parity-report*"])


@pytest.mark.parametrize(
    "option,in_file,given,wrong,allowed",
    [
        (
            "--parity-budget=60",
            "parity_budget = 5",
            ("5.0", "60.0"),
            "inf",
            "a finite number of seconds >= 0",
        ),
        (
            "--parity-training=fit",
            "parity_training = auto",
            ("'auto'", "'fit'"),
            "loop",
            "auto or fit",
        ),
        ("--parity-jobs=-1", "parity_n_jobs = 2", ("2", "-1"), "0", "a positive integer or -1"),
        (
            "--parity-memory=0",
            "parity_memory = 80",
            ("80.0", "0.0"),
            "-1",
            "a number of megabytes >= 0",
        ),
    ],
)
def test_the_command_line_wins_over_the_ini_file(
    pytester: pytest.Pytester,
    option: str,
    in_file: str,
    given: tuple[str, str],
    wrong: str,
    allowed: str,
) -> None:
    setting, name = in_file.split()[0], option.split("=")[0]
    pytester.makeini(f"[pytest]\n{in_file}")
    pytester.makepyfile(
        f"""
        from pytest_modelparity.context import CURRENT

        def test_value():
            print("\\ngiven:", repr(CURRENT.get().ini.{setting.removeprefix("parity_")}))
        """
    )
    arguments = ("-s", "-p", "no:hypothesispytest")
    result = pytester.runpytest_inprocess(*arguments)
    result.stdout.fnmatch_lines([f"given: {given[0]}"])
    result = pytester.runpytest_inprocess(*arguments, option)
    result.stdout.fnmatch_lines([f"given: {given[1]}"])
    result = pytester.runpytest_inprocess(*arguments, f"{name}={wrong}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert _found(result.stderr, f"*{name} must be {allowed}, got '{wrong}'")


@pytest.mark.parametrize(
    "ini,arguments,allowed",
    [
        ("", (), "UNSET"),
        ("parity_allow_pickle = true", (), "True"),
        ("parity_allow_pickle = false", (), "False"),
        ("parity_allow_pickle = false", ("--parity-allow-pickle",), "True"),
    ],
)
def test_pickles_are_allowed_by_the_option_or_the_ini_file(
    pytester: pytest.Pytester, ini: str, arguments: tuple[str, ...], allowed: str
) -> None:
    pytester.makeini(f"[pytest]\n{ini}")
    pytester.makepyfile(
        f"""
        from pytest_modelparity.check_settings import UNSET
        from pytest_modelparity.context import CURRENT

        def test_pickles():
            ini = CURRENT.get().ini
            assert (UNSET if ini is None else ini.allow_pickle) is {allowed}
        """
    )
    pytester.runpytest_inprocess("-p", "no:hypothesispytest", *arguments).assert_outcomes(passed=1)

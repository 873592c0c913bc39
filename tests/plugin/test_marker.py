"""The marker `parity`: declared, merged over scopes, and refused where it is wrong."""

from __future__ import annotations

import pytest


def test_the_marker_is_declared(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.parity(seed=1)\ndef test_nothing(): pass")
    pytester.runpytest_inprocess("--strict-markers").assert_outcomes(passed=1)
    pytester.runpytest_inprocess("--markers").stdout.fnmatch_lines(
        [
            "@pytest.mark.parity(tolerance=, *, candidate_rows=, kind=, allow_pickle=, n_jobs=, "
            "memory=): settings of *"
        ]
    )


@pytest.mark.parametrize(
    "arguments,message",
    [
        (
            "tolerence=0.1",
            "the marker parity takes the keywords tolerance, seed, explain, budget, training, "
            "input_ranges, candidate_rows, kind, allow_pickle, n_jobs, memory, got tolerence=0.1; "
            "write for example @pytest.mark.parity(tolerance=0.05)",
        ),
        (
            "0.1",
            "the marker parity takes the keywords tolerance, seed, explain, budget, training, "
            "input_ranges, candidate_rows, kind, allow_pickle, n_jobs, memory, got 0.1; write for "
            "example @pytest.mark.parity(tolerance=0.05)",
        ),
        (
            "tolerance=-1",
            "tolerance probability must be a finite number >= 0, got probability=-1; "
            "give a number such as 0.01, or Tolerance(probability=0.01, labels=0.0)",
        ),
        (
            "seed=0.5",
            "seed must be None or an integer in [0, 2**32), got seed=0.5; "
            "None leaves initialisation and shuffling to Keras",
        ),
        ("explain='no'", "explain must be True or False, got explain='no'"),
        (
            "input_ranges={'age': (3, 2)}",
            "input_ranges of column 'age' must be two finite numbers, the smaller one first, "
            "got (3, 2)",
        ),
        ("budget=-2", "budget must be a finite number of seconds >= 0, got budget=-2"),
        (
            "n_jobs=0",
            "n_jobs must be a positive integer or -1, got n_jobs=0; -1 takes all cores that the "
            "process may use",
        ),
        (
            "memory=-1",
            "memory must be a number of megabytes >= 0, got memory=-1; rows that take more are "
            "passed over in blocks, with 0 all are",
        ),
    ],
)
def test_a_wrong_marker_is_an_error_of_its_test_only(
    pytester: pytest.Pytester, arguments: str, message: str
) -> None:
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.parity({arguments})
        def test_marked(): raise RuntimeError("was run")

        def test_other(): pass
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1, passed=1)
    assert message in result.stdout.str()
    assert "was run" not in result.stdout.str()
    # The user's message, not our code.
    assert "read_marker" not in result.stdout.str()


def test_the_closest_marker_wins_for_each_keyword(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from pytest_modelparity import Tolerance
        from pytest_modelparity.check_settings import CheckSettings
        from pytest_modelparity.plugin.marker import read_marker

        pytestmark = pytest.mark.parity(tolerance=0.3, seed=3, explain=False)

        @pytest.mark.parity(tolerance=0.2, seed=2)
        class TestGroup:
            @pytest.mark.parity(tolerance=0.1)
            def test_all_three(self, request):
                assert read_marker(request.node) == CheckSettings(
                    tolerance=Tolerance(probability=0.1),
                    # A bare number is that of whatever is compared.
                    prediction_tolerance=0.1,
                    seed=2,
                    explain=False,
                )

            @pytest.mark.parity(seed=None)
            def test_none_is_a_seed(self, request):
                assert read_marker(request.node).seed is None
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)

"""Loading the plugin imports nothing heavy, looked at after the terminal summary."""

from __future__ import annotations

import pytest

HEAVY = ("numpy", "scipy", "sklearn", "keras", "tensorflow", "threadpoolctl", "joblib")

#: The last thing that a run does: after the summary, and after every other plugin.
LOOK = f"""
import atexit
import sys

def look():
    loaded = [name for name in {HEAVY!r} if name in sys.modules]
    with open("loaded.txt", "w") as file:
        file.write(" ".join(loaded))

atexit.register(look)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--collect-only",),
        ("--help",),
        ("--markers",),
        ("--fixtures",),
        ("--parity-report",),
        ("--parity-report-json=parity.json", "--junit-xml=junit.xml"),
        ("-n", "1", "--parity-report"),
    ],
    ids=" ".join,
)
def test_a_run_without_a_check_imports_nothing_heavy(
    pytester: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    if "-n" in arguments:
        pytest.importorskip("xdist")
    pytester.makeconftest(LOOK)
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parity(tolerance=0.1)
        def test_unrelated(parity_tolerance, parity_seed):
            import pytest_modelparity
            assert pytest_modelparity.ModelsDivergeError
        """
    )
    result = pytester.runpytest_subprocess(*arguments)
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert (pytester.path / "loaded.txt").read_text() == ""


def test_the_look_would_see_a_heavy_import(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(LOOK)
    pytester.makepyfile("import numpy\ndef test_numpy(): pass")
    pytester.runpytest_subprocess()
    assert (pytester.path / "loaded.txt").read_text() == "numpy"


def test_the_plugin_loads_no_report_without_a_check(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_modules():
            loaded = {name for name in sys.modules if name.startswith("pytest_modelparity.")}
            assert not loaded & {
                "pytest_modelparity.report.report",
                "pytest_modelparity.report.run",
                "pytest_modelparity.report.codec",
                "pytest_modelparity.reporters",
                "pytest_modelparity.plugin.files",
                "pytest_modelparity.plugin.junit",
                "pytest_modelparity.settings",
                "pytest_modelparity.report.sentences",
                "pytest_modelparity.report.text",
                "pytest_modelparity.plugin.terminal",
            }
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)

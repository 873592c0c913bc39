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
        ("--parity-jobs=2", "--parity-memory=0"),
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


#: What every run pays for: a module more is half a millisecond, one with a dataclass two.
LOADED = {
    "context",
    "errors",
    "models_diverge",
    "plugin",
    "plugin.collector",
    "plugin.fixtures",
    "plugin.hookspecs",
    "plugin.options",
    "plugin.session",
    "plugin.start",
}


def test_a_run_without_a_check_or_an_option_loads_only_what_it_needs(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        f"""
        import sys

        def test_modules():
            package = "pytest_modelparity."
            loaded = {{name for name in sys.modules if name.startswith(package)}}
            assert loaded == {{package + name for name in {sorted(LOADED)}}}
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)

"""What loading the plugin costs a pytest run that makes no check.

Runs an unrelated suite of one test with and without the plugin, in pairs that take turns in going
first, so that a machine that grows slower in between burdens both alike.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring.machine import Machine
from measuring.rows import OURS, Row, row_of

WITH: tuple[str, ...] = ("-p", "pytest_modelparity.plugin")
WITHOUT: tuple[str, ...] = ()
WITHOUT_IT = "the run without it"
#: Whatever other plugins the environment has: theirs would drown ours.
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
HEAVY = ("numpy", "scipy", "sklearn", "keras", "tensorflow", "jinja2")
#: Two thirds of what is wanted: less is what two equal runs differ by.
NOISE = 0.006

IMPORT = f"""
import json, sys, time
begin = time.process_time()
import pytest
middle = time.process_time()
import pytest_modelparity.plugin
end = time.process_time()
heavy = [name for name in {HEAVY!r} if name in sys.modules]
print(json.dumps([end - middle, middle - begin, heavy]))
"""


def measure(part: str, machine: Machine) -> list[Row]:
    """Return the row of a run or of an import, of so many rounds."""
    what, rounds = part.split()
    with tempfile.TemporaryDirectory() as folder:
        return [_imports(folder, int(rounds)) if what == "import" else _runs(folder, int(rounds))]


def _runs(folder: str, pairs: int) -> Row:
    """Return what the plugin adds to a run."""
    Path(folder, "test_unrelated.py").write_text("def test_nothing(): pass\n")
    for options in (WITH, WITHOUT):
        _run_seconds(folder, options)  # bytecode is compiled, files are in memory
    rounds = []
    for index in range(pairs):
        order = (WITH, WITHOUT) if index % 2 else (WITHOUT, WITH)
        taken = {options: _run_seconds(folder, options) for options in order}
        rounds.append({OURS: taken[WITH] - taken[WITHOUT], WITHOUT_IT: taken[WITHOUT]})
    return row_of("a run of one test, added", rounds, note="wanted: under 10 ms", noise=NOISE)


def _imports(folder: str, rounds: int) -> Row:
    """Return what importing the plugin adds to importing pytest."""
    found = []
    # One more, whose bytecode is compiled.
    for _ in range(rounds + 1):
        command = [sys.executable, "-c", IMPORT]
        made = subprocess.run(
            command, env=_environment(folder), check=True, stdout=subprocess.PIPE, text=True
        )
        found.append(json.loads(made.stdout))
    heavy = found[0][2]
    return row_of(
        "its import",
        [{OURS: ours, "import pytest": others} for ours, others, _ in found[1:]],
        note=f"imports {', '.join(heavy)}" if heavy else f"imports none of {', '.join(HEAVY)}",
        noise=NOISE,
    )


def _run_seconds(folder: str, options: tuple[str, ...]) -> float:
    """Return the CPU seconds of one pytest run."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    before = _processor_seconds()
    subprocess.run(
        command, cwd=folder, env=_environment(folder), check=True, stdout=subprocess.DEVNULL
    )
    return _processor_seconds() - before


def _environment(folder: str) -> dict[str, str]:
    """Return an environment in which bytecode is kept, as it is for users."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **ALONE, "PYTHONPYCACHEPREFIX": str(Path(folder, "bytecode"))}


def _processor_seconds() -> float:
    """Return the processor time of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

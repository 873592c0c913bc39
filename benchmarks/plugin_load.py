"""What loading the plugin costs a pytest run that makes no check.

Runs an unrelated suite of one test with and without the plugin, in turns. Each run is a fork of a
process that has imported pytest: starting Python and importing pytest is alike in both, and varies
by more than the plugin costs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring.machine import Machine
from measuring.rows import OURS, Row, row_of

WITHOUT_IT = "the run without it"
#: Whatever other plugins the environment has: theirs would drown ours.
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
HEAVY = ("numpy", "scipy", "sklearn", "keras", "tensorflow", "jinja2")
#: Two thirds of what is wanted: less is what two equal runs differ by.
NOISE = 0.006

# The other plugin is without a line, not none: for each that is asked for by its name pytest looks
# through all installed packages, which a run that finds it there by itself does once for all.
RUNS = """
import json, os, sys, time
import pytest

folder, rounds = sys.argv[1], int(sys.argv[2])
os.chdir(folder)
sys.path.insert(0, folder)
OPTIONS = ["-q", "-p", "no:cacheprovider"]
PLUGINS = {"with": "pytest_modelparity.plugin", "without": "without_a_line"}

def seconds_of_a_run(plugin):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        begin = time.process_time()
        status = pytest.main([*OPTIONS, "-p", plugin])
        taken = time.process_time() - begin
        os.write(writing, json.dumps(taken if status == 0 else None).encode())
        os._exit(0)
    os.waitpid(child, 0)
    taken = json.loads(os.read(reading, 100))
    os.close(reading), os.close(writing)
    return taken

taken = {"with": [], "without": []}
for number in range(rounds + 1):
    for which in sorted(PLUGINS, reverse=number % 2 == 1):
        seconds = seconds_of_a_run(PLUGINS[which])
        if number:  # in the first one bytecode is compiled
            taken[which].append(seconds)
print(json.dumps(taken))
"""

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


def _runs(folder: str, rounds: int) -> Row:
    """Return what the plugin adds to a run."""
    Path(folder, "test_unrelated.py").write_text("def test_nothing(): pass\n")
    Path(folder, "without_a_line.py").touch()
    taken = _measured(folder, RUNS, folder, str(rounds))
    # The fastest of each: whatever else the machine does makes a run slower, never faster.
    added, without = min(taken["with"]) - min(taken["without"]), min(taken["without"])
    return row_of(
        "a run of one test, added",
        [{OURS: added, WITHOUT_IT: without}],
        note="wanted: under 10 ms; the fastest of each",
        noise=NOISE,
    )


def _imports(folder: str, rounds: int) -> Row:
    """Return what importing the plugin adds to importing pytest."""
    # One more, whose bytecode is compiled.
    found = [_measured(folder, IMPORT) for _ in range(rounds + 1)]
    heavy = found[0][2]
    return row_of(
        "its import",
        [{OURS: ours, "import pytest": others} for ours, others, _ in found[1:]],
        note=f"imports {', '.join(heavy)}" if heavy else f"imports none of {', '.join(HEAVY)}",
        noise=NOISE,
    )


def _measured(folder: str, program: str, *arguments: str) -> Any:
    """Return what a program prints, as JSON."""
    made = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=_environment(folder),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(made.stdout)


def _environment(folder: str) -> dict[str, str]:
    """Return an environment in which bytecode is kept, as it is for users."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **ALONE, "PYTHONPYCACHEPREFIX": str(Path(folder, "bytecode"))}

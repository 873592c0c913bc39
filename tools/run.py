"""Set up the project and run one of its jobs; needs Python 3.10 or later and nothing else.

    python3 tools/run.py demo     the examples, with a report on every comparison they make
    python3 tools/run.py tests    style, types and all tests

The first call makes a virtual environment in .venv and installs the project with all that its
development needs (TensorFlow among it: some minutes, about 2 GB). Later calls start at once,
until pyproject.toml changes. Further arguments go to pytest and leave style and types out:

    python3 tools/run.py tests tests/unit -k tolerance
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Tuple  # noqa: UP035

import browser

OLDEST_PYTHON = (3, 10)
ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
#: Written last, so that an installation that was broken off is made again.
STAMP = ENVIRONMENT / "installed.txt"
PROGRAMS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / ("python.exe" if os.name == "nt" else "python")

#: Names and command lines; in the words of old Pythons, which are to read this far.
Steps = Tuple[Tuple[str, Tuple[str, ...]], ...]  # noqa: UP006

DEMO: Steps = (("demo", ("pytest", "examples", "--parity-report")),)
TESTS: Steps = (
    ("style", ("ruff", "check", ".")),
    ("format", ("ruff", "format", "--check", ".")),
    ("types", ("mypy",)),
    # Each worker pays the import of TensorFlow: two are faster than one, and fit small machines.
    ("tests", ("pytest", "-n", "2", "--dist", "worksteal", "tests", "examples")),
)
JOBS = {"demo": DEMO, "tests": TESTS}
#: Keeps one core busy for half a minute: it runs beside the steps after it, and is told at the end.
BESIDE = "types"


def main(arguments: list[str]) -> int:
    """Run the job that the arguments name and return the exit status."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        return fail(f"Python {wanted} or later is needed, this is {sys.version.split()[0]}")
    if not arguments or arguments[0] not in JOBS:
        print(__doc__)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    name, *given = arguments
    if not set_up():
        return 1
    if name == "tests" and (not given or any("browser" in argument for argument in given)):
        browser.provide(ENVIRONMENT)
    return run_steps(selected_steps(name, given))


def selected_steps(name: str, given: list[str]) -> Steps:
    """Return the steps of a job; arguments for pytest replace its paths and the other steps."""
    if not given:
        return JOBS[name]
    options = ("--parity-report",) if name == "demo" else ()
    return ((name, ("pytest", *options, *given)),)


def set_up() -> bool:
    """Install the project into its environment unless that is done; say whether it is there."""
    wanted = fingerprint()
    if STAMP.is_file() and PYTHON.exists() and STAMP.read_text(encoding="utf-8") == wanted:
        return True
    where = ENVIRONMENT.relative_to(ROOT)
    print(f"setting up {where}; the first time this takes some minutes", flush=True)
    try:
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        fail(f"the virtual environment {where} could not be made: {error}")
        fail("on Debian and Ubuntu it needs: sudo apt install python3-venv")
        return False
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet")
    # What is never imported, most of TensorFlow, need not be compiled.
    if subprocess.call([*pip, "install", "--no-compile", "--editable", ".[dev]"], cwd=ROOT):
        fail("the installation failed; pip says why above")
        return False
    STAMP.write_text(wanted, encoding="utf-8")
    return True


def fingerprint() -> str:
    """Return what an installation depends on: the interpreter and the project file."""
    project = (ROOT / "pyproject.toml").read_bytes()
    return f"{sys.version} {ROOT} {hashlib.sha256(project).hexdigest()}"


def run_steps(steps: Steps) -> int:
    """Run every step, also after one that failed; return 1 if any did."""
    # TensorFlow greets with some lines on stderr at every import.
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ}
    failed, beside = [], None
    for name, (program, *arguments) in steps:
        command = [PROGRAMS / program, *arguments]
        print(f"\n--- {name}: {' '.join([program, *arguments])}", flush=True)
        if name == BESIDE:
            beside = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            continue
        start = time.monotonic()
        if subprocess.call(command, cwd=ROOT, env=environment):
            failed.append(name)
        print(f"--- {name}: {time.monotonic() - start:.0f} s", flush=True)
    if beside is not None:
        print(f"\n--- {BESIDE}\n{beside.communicate()[0]}", end="", flush=True)
        if beside.returncode:
            failed.append(BESIDE)
    return fail(f"failed: {', '.join(failed)}") if failed else 0


def fail(message: str) -> int:
    """Print a message where errors go and return the exit status of a failure."""
    print(message, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Set up the project and run its jobs; needs Python 3.10 or later and nothing else.

    python3 tools/run.py demo           the examples, with a report on every comparison they make
    python3 tools/run.py tests          style, types and all tests but those of torch
    python3 tools/run.py torch          the tests of torch candidates, where TensorFlow is not
    python3 tools/run.py tests torch    both, their environments made side by side

The first call makes a virtual environment in .venv and installs the project with all that its
development needs (TensorFlow among it: some minutes, about 2.7 GB); torch has one of its own,
.venv-torch. Later calls start at once, until what is to be installed changes. Further arguments go
to pytest and leave style and types out:

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
from typing import NamedTuple, Tuple  # noqa: UP035

import browser

OLDEST_PYTHON = (3, 10)
ROOT = Path(__file__).resolve().parent.parent

#: Names and command lines; in the words of old Pythons, which are to read this far.
Steps = Tuple[Tuple[str, Tuple[str, ...]], ...]  # noqa: UP006

DEMO: Steps = (("demo", ("pytest", "examples", "--parity-report")),)
# Each worker pays the import of TensorFlow or torch: two are faster than one, and fit small
# machines.
SIDE_BY_SIDE = ("pytest", "-n", "2", "--dist", "worksteal")
TESTS: Steps = (
    ("style", ("ruff", "check", ".")),
    ("format", ("ruff", "format", "--check", ".")),
    ("types", ("mypy",)),
    ("tests", (*SIDE_BY_SIDE, "tests", "examples")),
)
TORCH: Steps = (("torch", (*SIDE_BY_SIDE, "tests/pytorch", "examples/test_torch_port.py")),)
#: Keeps one core busy for half a minute: it runs beside the steps after it, and is told at the end.
BESIDE = "types"

# What is never imported, most of TensorFlow, need not be compiled.
INSTALL = ("install", "--no-compile")


class Environment(NamedTuple):
    """A virtual environment of the project."""

    folder: Path
    #: Arguments of pip, one call after the other.
    installs: Tuple[Tuple[str, ...], ...]  # noqa: UP006
    #: What an installation depends on.
    files: Tuple[str, ...]  # noqa: UP006

    @property
    def programs(self) -> Path:
        """Where its programs are."""
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.programs / ("python.exe" if os.name == "nt" else "python")

    @property
    def stamp(self) -> Path:
        """The file that is written last, so that a broken installation is made again."""
        return self.folder / "installed.txt"


WHOLE = Environment(ROOT / ".venv", ((*INSTALL, "--editable", ".[dev]"),), ("pyproject.toml",))
REQUIREMENTS = "tests/pytorch/requirements.txt"
# As the documentation says for those who have no use for TensorFlow.
WITHOUT_TENSORFLOW = Environment(
    ROOT / ".venv-torch",
    ((*INSTALL, "--requirement", REQUIREMENTS), (*INSTALL, "--no-deps", "--editable", ".")),
    ("pyproject.toml", REQUIREMENTS, "tests/off_tensorflow.txt"),
)


class Job(NamedTuple):
    """What a word of the command line runs."""

    steps: Steps
    environment: Environment


JOBS = {
    "demo": Job(DEMO, WHOLE),
    "tests": Job(TESTS, WHOLE),
    "torch": Job(TORCH, WITHOUT_TENSORFLOW),
}


def main(arguments: list[str]) -> int:
    """Run the jobs that the arguments name and return the exit status."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        return fail(f"Python {wanted} or later is needed, this is {sys.version.split()[0]}")
    names = leading_jobs(arguments)
    given = arguments[len(names) :]
    if not names or (given and len(names) > 1):
        print(__doc__)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    jobs = [JOBS[name] for name in names]
    started = start_installations({job.environment for job in jobs})
    # While pip loads what it installs.
    if "tests" in names and (not given or any("browser" in argument for argument in given)):
        browser.provide(WHOLE.folder)
    if not all(map(finish, started)):
        return 1
    return max(
        run_steps(selected_steps(name, given), job.environment)
        for name, job in zip(names, jobs)  # noqa: B905
    )


def leading_jobs(arguments: list[str]) -> list[str]:
    """Return the names of jobs before the first argument that is none."""
    names: list[str] = []
    for argument in arguments:
        if argument not in JOBS:
            break
        names.append(argument)
    return names


def selected_steps(name: str, given: list[str]) -> Steps:
    """Return the steps of a job; arguments for pytest replace its paths and the other steps."""
    if not given:
        return JOBS[name].steps
    options = ("--parity-report",) if name == "demo" else ()
    return ((name, ("pytest", *options, *given)),)


class Installation(NamedTuple):
    """An environment that is being filled."""

    environment: Environment
    wanted: str
    #: ``None`` where it could not be made.
    process: subprocess.Popen[bytes] | None


def start_installations(environments: set[Environment]) -> list[Installation]:
    """Start to install the project wherever that is not done."""
    started = []
    for environment in environments:
        wanted = fingerprint(environment)
        if not is_installed(environment, wanted):
            started.append(Installation(environment, wanted, start_installing(environment)))
    return started


def finish(installation: Installation) -> bool:
    """Wait until an environment is there, and say whether it is."""
    environment, wanted, process = installation
    if process is None or process.wait():
        return False
    environment.stamp.write_text(wanted, encoding="utf-8")
    return True


def is_installed(environment: Environment, wanted: str) -> bool:
    """Whether an environment was made of what is wanted now."""
    stamp = environment.stamp
    known = stamp.is_file() and environment.python.exists()
    return known and stamp.read_text(encoding="utf-8") == wanted


def start_installing(environment: Environment) -> subprocess.Popen[bytes] | None:
    """Make an environment and start to fill it; ``None``, said, where it cannot be made."""
    where = environment.folder.relative_to(ROOT)
    print(f"setting up {where}; the first time this takes some minutes", flush=True)
    try:
        venv.create(environment.folder, clear=True, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        fail(f"the virtual environment {where} could not be made: {error}")
        fail("on Debian and Ubuntu it needs: sudo apt install python3-venv")
        return None
    # One process for all its calls of pip, so that two environments are filled at a time.
    program = (
        "import subprocess, sys\n"
        f"for arguments in {environment.installs!r}:\n"
        "    pip = [sys.executable, '-m', 'pip', '--disable-pip-version-check', '--quiet']\n"
        "    if subprocess.call([*pip, *arguments]):\n"
        f"        sys.exit('the installation of {where} failed; pip says why above')\n"
    )
    return subprocess.Popen([environment.python, "-c", program], cwd=ROOT)


def fingerprint(environment: Environment) -> str:
    """Return what an installation depends on: the interpreter and the files that say what it is."""
    content = b"".join((ROOT / name).read_bytes() for name in environment.files)
    return f"{sys.version} {ROOT} {hashlib.sha256(content).hexdigest()}"


def run_steps(steps: Steps, environment: Environment) -> int:
    """Run every step, also after one that failed; return 1 if any did."""
    variables = {
        # It greets with some lines on stderr at every import.
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # Threads that wait for each other spin: with a worker on each core already, lbfgs on digits
        # takes 2.9 s of a busy processor with two and 0.04 s with one.
        "OPENBLAS_NUM_THREADS": "1",
        **os.environ,
    }
    # Containers often set it, and pip compiled nothing: each process would compile anew whatever it
    # imports. `import keras` takes 14 s of a processor then, and 6 s from what an earlier one left.
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    failed, beside = [], None
    for name, (program, *arguments) in steps:
        command = [environment.programs / program, *arguments]
        print(f"\n--- {name}: {' '.join([program, *arguments])}", flush=True)
        if name == BESIDE:
            beside = subprocess.Popen(
                command,
                cwd=ROOT,
                env=variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            continue
        start = time.monotonic()
        if subprocess.call(command, cwd=ROOT, env=variables):
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

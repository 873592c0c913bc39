"""The example of a plugin: it needs `extend` only, and works once it is built and installed."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "third_party"
SOURCES = sorted(path for path in EXAMPLE.rglob("*.py") if path.name != "conftest.py")


def run(*command: object, cwd: Path) -> str:
    """Run a program and return what it printed, or fail with that."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_it_imports_nothing_of_this_package_but_extend(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    ours = {name for name in imported if name.partition(".")[0] == "pytest_modelparity"}
    assert ours <= {"pytest_modelparity.extend"}
    others = {name.partition(".")[0] for name in imported - ours} - sys.stdlib_module_names
    assert others <= {"numpy", "parity_newton", "pytest", "scipy"}


def test_there_is_something_to_look_at() -> None:
    assert {"plugin", "mapping", "test_newton_logistic"} <= {path.stem for path in SOURCES}


def environment_over_the_current_packages(where: Path) -> tuple[Path, Path]:
    """Make a virtual environment that sees what this process does: its Python, its packages."""
    venv.create(where)
    python = where / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    packages = Path(
        run(
            python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=where
        ).strip()
    )
    standard = sysconfig.get_path("stdlib")
    seen = [path for path in sys.path if Path(path).is_dir() and path != standard]
    (packages / "current.pth").write_text("\n".join(seen), encoding="utf-8")
    return python, packages


def test_built_and_installed_it_works(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("__pycache__", "conftest.py"))
    tests = shutil.move(source / "tests", tmp_path / "tests")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    wheels = tmp_path / "wheels"
    # Neither step needs a network: the build's only requirement is in the `test` extra.
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, source, cwd=tmp_path)
    (wheel,) = wheels.glob("parity_newton-0.1-*.whl")
    python, packages = environment_over_the_current_packages(tmp_path / "environment")
    run(*pip, "install", "--no-deps", "--no-index", "--target", packages, wheel, cwd=tmp_path)
    printed = run(
        *(
            python,
            "-m",
            "pytest",
            tests,
            "-p",
            "no:cacheprovider",
            "--parity-report-to=csv=made.csv",
        ),
        cwd=tmp_path,
    )
    assert "parity-newton-0.1" in printed
    made = (tmp_path / "made.csv").read_text(encoding="utf-8").splitlines()
    assert made[0] == "check,verdict,probability,allowed,causes"
    assert any("test_too_few_steps" in line and ",iterations" in line for line in made)

"""The shape of the package, kept by tests: no circle, and an architecture page that is true."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import pytest_modelparity

ROOT = Path(__file__).parents[2]
PACKAGE = Path(pytest_modelparity.__file__).parent
PAGE = ROOT / "docs" / "architecture.md"


@pytest.fixture(scope="module")
def figures() -> ModuleType:
    """Return the tool that measures the shape."""
    spec = importlib.util.spec_from_file_location("figures", ROOT / "tools" / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    sys.modules["figures"] = module
    spec.loader.exec_module(module)
    return module


def test_no_modules_import_each_other(figures: ModuleType) -> None:
    assert figures.circles(figures.imports(figures.read_modules(PACKAGE))) == []


def test_a_circle_is_seen_through_a_function_and_a_type(
    figures: ModuleType, tmp_path: Path
) -> None:
    package = tmp_path / "p"
    package.mkdir()
    sources = {
        "__init__": "",
        "a": "def f():\n    from p import b",
        "b": "if TYPE_CHECKING:\n    from p.c import x",
        "c": "import p.a",
        "d": "import p.a",
    }
    for name, source in sources.items():
        (package / f"{name}.py").write_text(source)
    graph = figures.imports(figures.read_modules(package))
    assert figures.circles(graph) == [["p.a", "p.b", "p.c"]]


def test_every_module_that_the_architecture_page_names_exists() -> None:
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_0-9]+)*(?:\.py|/))`", PAGE.read_text()))
    assert len(named) > 40
    missing = [name for name in sorted(named) if not (PACKAGE / name).exists()]
    # Beside the package the page names folders of the project.
    assert [name for name in missing if not (ROOT / name).exists()] == []


def test_what_the_architecture_page_says_is_in_a_file_is_there() -> None:
    placed = re.findall(r"`(\w+)(?:\(\))?` (?:in|of) `([a-z_/]+\.py)`", PAGE.read_text())
    assert len(placed) > 4
    assert [
        (name, file)
        for name, file in placed
        if not re.search(rf"^(?:def|class)?\s*{name}\b", (PACKAGE / file).read_text(), re.MULTILINE)
    ] == []


def test_every_folder_is_on_the_architecture_page() -> None:
    page = PAGE.read_text()
    folders = {path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    folders.discard(".")
    assert [name for name in sorted(folders) if f"`{name}/`" not in page] == []


def test_the_figures_stay_where_they_are_wanted(figures: ModuleType) -> None:
    modules = figures.read_modules(PACKAGE)
    every = [
        (f"{name}.{function.name}", len(figures.parameters(function)), size)
        for name, module in modules.items()
        for function, size in figures.functions(module)
    ]
    assert [name for name, _, size in every if size > figures.LONGEST_FUNCTION] == []
    wide = [
        name
        for name, n, _ in every
        if n > figures.MOST_PARAMETERS and name.rpartition(".")[2] not in figures.PUBLIC
    ]
    assert len(wide) <= figures.MOST_WIDE_FUNCTIONS, wide
    long = [name for name, module in modules.items() if module.n_lines > figures.LONGEST_MODULE]
    assert len(long) <= figures.MOST_LONG_MODULES, long
    assert figures.any_share(modules) < figures.MOST_ANY
    assert set(figures.MIDDLE) <= figures.defined(modules)

"""The layer table, enforced on the source text: imports point down only."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_modelparity

PACKAGE = Path(pytest_modelparity.__file__).parent

#: The layer of every module and folder; what stands first in a path wins.
LAYERS = {
    "errors": 0,
    "settings": 0,
    "tolerance": 0,
    "codec": 0,
    "result": 0,
    "run": 0,
    "environment": 0,
    "changes": 0,
    "writing": 0,
    "printable": 0,
    "text": 0,
    "section": 0,
    "slugs": 0,
    "baseline": 0,
    "baseline_file": 0,
    "theory": 1,
    "frameworks": 2,
    "parity": 3,
    "reporters": 4,
    "assertion": 5,
    "plugin": 6,
    "cli": 7,
    "__init__": 7,
    "__main__": 7,
}

#: Reporters draw reports and nothing else.
ONLY_LAYER_ZERO = {"reporters"}

NUMERIC = {"numpy", "scipy", "threadpoolctl"}
#: What a layer may import besides the standard library and this package.
THIRD_PARTY: dict[int, set[str]] = {
    0: set(),
    1: NUMERIC,
    2: NUMERIC,
    3: NUMERIC,
    4: {"jinja2"},
    5: set(),
    6: {"pytest", "pluggy"},
    7: set(),
}
KERAS = {"keras", "tensorflow"}
#: The only files of frameworks/ that may import a framework.
FRAMEWORKS = {
    "sklearn_": {"sklearn"},
    "keras_": KERAS,
    "twin": {*KERAS, "sklearn"},  # an estimator itself
    "lbfgs": KERAS,
}


def module_name(path: Path) -> str:
    """Return the dotted name of a file below the package, without the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def layer_of(module: str) -> int:
    """Return the layer of a module, or fail on one that the table does not list."""
    top = module.split(".")[0]
    assert top in LAYERS, f"{module}: give it a layer in {Path(__file__).name}"
    return LAYERS[top]


def allowed_third_party(module: str) -> set[str]:
    """Return the packages that a module may import."""
    allowed = set(THIRD_PARTY[layer_of(module)])
    folder, _, name = module.partition(".")
    if folder == "frameworks":
        for start, names in FRAMEWORKS.items():
            if name == start or (start.endswith("_") and name.startswith(start)):
                allowed |= names
    return allowed


def imports(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of every import, lazy and typing-only ones too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield node.lineno, "." * node.level + (node.module or "")
            elif node.module == "pytest_modelparity":
                # `from pytest_modelparity import x`: x is a module or a public name.
                for alias in node.names:
                    yield node.lineno, f"pytest_modelparity.{alias.name}"
            else:
                yield node.lineno, node.module or ""


def violations(module: str, source: str) -> list[str]:
    """Return what is wrong with the imports of a module, one line each."""
    layer, folder = layer_of(module), module.split(".")[0]
    wrong = []
    for line, name in imports(source):
        top, _, rest = name.partition(".")
        if name.startswith("."):
            wrong.append(f"{module}:{line}: relative import {name}")
        elif top == "pytest_modelparity":
            wrong += _inside(f"{module}:{line}", folder, layer, rest)
        elif top not in sys.stdlib_module_names and top not in allowed_third_party(module):
            wrong.append(f"{module}:{line}: layer {layer} may not import {top}")
    return wrong


def _inside(place: str, folder: str, layer: int, target: str) -> list[str]:
    """Return what is wrong with an import of a module of this package."""
    top = target.split(".")[0] or "__init__"
    if top not in LAYERS:
        # A public name of the package itself, as a user would import it.
        top = _home_of(top) or "__init__"
    if top == folder:
        return []
    other = LAYERS[top]
    if other > layer:
        return [f"{place}: layer {layer} imports {target} of layer {other}"]
    if folder in ONLY_LAYER_ZERO and other > 0:
        return [f"{place}: {folder} may import layer 0 only, not {target}"]
    return []


def _home_of(name: str) -> str | None:
    """Return the first folder or module below the package where a public name lives."""
    home = pytest_modelparity._HOMES.get(name)
    return home.split(".")[1] if home else None


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_imports_point_down(path: Path) -> None:
    assert violations(module_name(path), path.read_text(encoding="utf-8")) == []


def test_the_package_is_found() -> None:
    assert {"text", "plugin", "assertion"} <= {module_name(path) for path in FILES}


@pytest.mark.parametrize(
    "module,source,wrong",
    [
        ("result", "import numpy", "result:1: layer 0 may not import numpy"),
        ("theory.a", "from sklearn import x", "theory.a:1: layer 1 may not import sklearn"),
        (
            "frameworks.dataset",
            "import keras",
            "frameworks.dataset:1: layer 2 may not import keras",
        ),
        (
            "frameworks.keras_fit",
            "import sklearn.base",
            "frameworks.keras_fit:1: layer 2 may not import sklearn",
        ),
        ("parity.split", "import tensorflow", "parity.split:1: layer 3 may not import tensorflow"),
        ("assertion", "import pytest", "assertion:1: layer 5 may not import pytest"),
        (
            "theory.a",
            "def f():\n    from pytest_modelparity.parity import compare",
            "theory.a:2: layer 1 imports parity of layer 3",
        ),
        (
            "codec",
            "if TYPE_CHECKING:\n    import pytest_modelparity.assertion",
            "codec:2: layer 0 imports assertion of layer 5",
        ),
        ("parity.split", "from . import compare", "parity.split:1: relative import ."),
        (
            "reporters.html",
            "from pytest_modelparity.theory.objective import f",
            "reporters.html:1: reporters may import layer 0 only, not theory.objective",
        ),
        (
            "parity.split",
            "from pytest_modelparity import assert_models_equivalent",
            "parity.split:1: layer 3 imports assert_models_equivalent of layer 5",
        ),
    ],
)
def test_a_wrong_import_is_seen(module: str, source: str, wrong: str) -> None:
    assert violations(module, source) == [wrong]


@pytest.mark.parametrize(
    "module,source",
    [
        ("frameworks.sklearn_backend", "import sklearn.linear_model"),
        ("frameworks.sklearn_rows", "from sklearn.utils import x"),
        ("frameworks.keras_model", "import keras\nimport tensorflow as tf"),
        ("frameworks.twin", "import keras\nfrom sklearn.base import BaseEstimator"),
        ("theory.newton", "import numpy as np\nfrom pytest_modelparity.theory.gauge import f"),
        ("result", "from pytest_modelparity.text import report_text"),
        ("plugin.fixtures", "from pytest_modelparity import KerasTwin"),
    ],
)
def test_a_right_import_is_let_through(module: str, source: str) -> None:
    assert violations(module, source) == []


def test_an_unlisted_module_is_refused() -> None:
    with pytest.raises(AssertionError, match="helpers: give it a layer"):
        violations("helpers", "")

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
    "feature_map": 0,
    "progress": 0,
    "settings": 0,
    "tolerance": 0,
    "report": 0,
    "baseline": 0,
    "hard_data": 1,
    "rows": 1,
    "theory": 1,
    "inference": 2,
    "structure": 2,
    "suites": 2,
    "training": 2,
    "sides": 3,
    "frameworks": 4,
    "parity": 4,
    "reporters": 5,
    "check_settings": 6,
    "check_values": 6,
    "models_diverge": 6,
    "context": 6,
    "check": 6,
    "check_run": 6,
    "check_stream": 6,
    "warned": 6,
    "mapping_checks": 6,
    "extend": 6,
    "plugin": 7,
    "cli": 8,
    "__init__": 8,
    "__main__": 8,
}
#: Folders of one layer that do not import each other.
APART = {"frameworks", "parity"}

#: Reporters draw reports and nothing else.
ONLY_LAYER_ZERO = {"reporters"}

NUMERIC = {"numpy", "scipy", "threadpoolctl"}
#: What a layer may import besides the standard library and this package.
THIRD_PARTY: dict[int, set[str]] = {
    0: set(),
    1: NUMERIC,
    2: NUMERIC,
    3: NUMERIC,
    4: NUMERIC,
    5: {"jinja2"},
    6: set(),
    7: {"pytest", "pluggy"},
    8: set(),
}
#: The only folders that may import a framework.
FRAMEWORKS = {
    "frameworks.sklearn": {"sklearn"},
    "frameworks.keras": {"keras"},
    "frameworks.keras.backend.jax": {"jax"},
    "frameworks.keras.backend.tensorflow": {"tensorflow"},
    "frameworks.keras.backend.torch": {"torch"},
    "frameworks.torch": {"torch"},
    "frameworks.keras.twin": {"sklearn"},  # an estimator itself
    "frameworks.keras.regressor_twin": {"sklearn"},
    "frameworks.keras.fitted_twin": {"sklearn"},
    "frameworks.dask": {"cloudpickle", "dask", "pandas"},
    "frameworks.onnx": {"onnxruntime"},
    "frameworks.pickled": {"joblib"},
    "frameworks.saved_model": {"tensorflow"},
    "frameworks.tables": {"pandas", "pyarrow"},
    "frameworks.tflite": {"ai_edge_litert"},
    "mapping_checks": NUMERIC,
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
    for place, names in FRAMEWORKS.items():
        if f"{module}.".startswith(f"{place}."):
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
    if {folder, top} == APART:
        return [f"{place}: {folder} and {top} meet in check only"]
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
    assert {"report.sentences", "plugin", "check"} <= {module_name(path) for path in FILES}


@pytest.mark.parametrize(
    "module,source,wrong",
    [
        ("report.run", "import numpy", "report.run:1: layer 0 may not import numpy"),
        ("theory.a", "from sklearn import x", "theory.a:1: layer 1 may not import sklearn"),
        ("sides.dataset", "import keras", "sides.dataset:1: layer 3 may not import keras"),
        (
            "frameworks.keras.train.fit",
            "import sklearn.base",
            "frameworks.keras.train.fit:1: layer 4 may not import sklearn",
        ),
        ("parity.split", "import tensorflow", "parity.split:1: layer 4 may not import tensorflow"),
        ("check", "import pytest", "check:1: layer 6 may not import pytest"),
        (
            "theory.a",
            "def f():\n    from pytest_modelparity.parity import compare",
            "theory.a:2: layer 1 imports parity of layer 4",
        ),
        (
            "report.codec",
            "if TYPE_CHECKING:\n    import pytest_modelparity.check",
            "report.codec:2: layer 0 imports check of layer 6",
        ),
        (
            "parity.split",
            "from pytest_modelparity.frameworks.registry import f",
            "parity.split:1: parity and frameworks meet in check only",
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
            "parity.split:1: layer 4 imports assert_models_equivalent of layer 6",
        ),
    ],
)
def test_a_wrong_import_is_seen(module: str, source: str, wrong: str) -> None:
    assert violations(module, source) == [wrong]


@pytest.mark.parametrize(
    "module,source",
    [
        ("frameworks.sklearn.fit", "import sklearn.linear_model"),
        ("frameworks.sklearn.logistic.rows", "from sklearn.utils import x"),
        ("frameworks.keras.read.model", "import keras"),
        ("frameworks.keras.backend.tensorflow", "import keras\nimport tensorflow as tf"),
        ("frameworks.keras.twin", "import keras\nfrom sklearn.base import BaseEstimator"),
        ("theory.newton", "import numpy as np\nfrom pytest_modelparity.theory.gauge import f"),
        ("report.report", "from pytest_modelparity.report.text import report_text"),
        ("plugin.fixtures", "from pytest_modelparity import KerasTwin"),
    ],
)
def test_a_right_import_is_let_through(module: str, source: str) -> None:
    assert violations(module, source) == []


def test_an_unlisted_module_is_refused() -> None:
    with pytest.raises(AssertionError, match="helpers: give it a layer"):
        violations("helpers", "")

"""The figures by which the shape of the package is kept; needs Python alone.

    python3 tools/figures.py

A line each: what there is, and what is wanted.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "pytest_modelparity"

LONGEST_MODULE, MOST_LONG_MODULES = 300, 3
LONGEST_FUNCTION = 40
MOST_PARAMETERS, MOST_WIDE_FUNCTIONS = 5, 7
COMMENTS = (8, 12)
MOST_ANY = 15
#: Functions whose parameters are a contract with users.
PUBLIC = ("assert_models_equivalent", "compare_models", "compare_stream")

#: What a training with something changed is, is made by, or is kept in; `docs/architecture.md`
#: explains them in one place.
MIDDLE = (
    "Recipe",
    "Variant",
    "Stack",
    "LoopRun",
    "EstimatorRecipe",
    "Remedy",
    "Retraining",
    "StepTraining",
    "EstimatorTraining",
    "Spread",
    "Trial",
    "Way",
)
MOST_MIDDLE = 12


@dataclass(frozen=True)
class Module:
    """One file of the package.

    Parameters
    ----------
    name : str
        Dotted, with the package.
    text : str
        Its source.
    """

    name: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)

    @property
    def n_lines(self) -> int:
        """All lines, docstrings and empty ones included."""
        return len(self.text.splitlines())

    @property
    def docstring_lines(self) -> set[int]:
        """Numbers of the lines that docstrings take."""
        lines: set[int] = set()
        for node in ast.walk(self.tree):
            if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                continue
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                lines.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
        return lines

    def counts(self) -> tuple[int, int]:
        """Return how many lines are comments, and how many are code."""
        words, comments, code = self.docstring_lines, 0, 0
        for number, line in enumerate(self.text.splitlines(), 1):
            if line.strip().startswith("#"):
                comments += 1
            elif line.strip() and number not in words:
                code += 1
        return comments, code


def read_modules(package: Path = PACKAGE) -> dict[str, Module]:
    """Return every module of the package by its dotted name."""
    modules = {}
    for path in sorted(package.rglob("*.py")):
        parts = [package.name, *path.relative_to(package).with_suffix("").parts]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules[name] = Module(name, path.read_text(encoding="utf-8"))
    return modules


def imports(modules: Mapping[str, Module]) -> dict[str, set[str]]:
    """Return which modules each imports, inside functions and for types too.

    A package's own ``__init__`` is left out: importing a module runs it, whatever it says.
    """
    packages = {name.rpartition(".")[0] for name in modules}
    graph = {}
    for name, module in modules.items():
        wanted: set[str] = set()
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                wanted |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        graph[name] = {item for item in wanted if item in modules and item not in packages}
        graph[name].discard(name)
    return graph


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the sets of modules that all reach each other, sorted."""
    reached = {name: _reached(name, graph) for name in graph}
    rings = {
        frozenset(other for other in reached[name] if name in reached[other])
        for name in graph
        if name in reached[name]
    }
    return sorted(sorted(ring) for ring in rings)


def _reached(start: str, graph: Mapping[str, set[str]]) -> set[str]:
    """Return what a module imports, directly or by others."""
    seen: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(graph[name])
    return seen


def functions(module: Module) -> Iterator[tuple[ast.FunctionDef, int]]:
    """Yield every function with its lines of code, docstring and empty lines aside."""
    words, lines = module.docstring_lines, module.text.splitlines()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef):
            body = range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
            yield node, sum(i not in words and bool(lines[i - 1].strip()) for i in body)


def parameters(function: ast.FunctionDef) -> list[ast.arg]:
    """Return a function's parameters, the object itself aside."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return [item for item in every if item.arg not in ("self", "cls")]


def any_share(modules: Mapping[str, Module]) -> float:
    """Return which percentage of the annotations in signatures of frameworks/ hold ``Any``."""
    every = [
        annotation
        for name, module in modules.items()
        if ".frameworks" in name
        for function, _ in functions(module)
        for annotation in (*(item.annotation for item in parameters(function)), function.returns)
        if annotation is not None
    ]
    loose = [
        annotation
        for annotation in every
        if any(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(annotation))
    ]
    return 100 * len(loose) / len(every)


def defined(modules: Mapping[str, Module]) -> set[str]:
    """Return the names of all classes."""
    return {
        node.name
        for module in modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    }


def report(modules: Mapping[str, Module]) -> Iterator[str]:
    """Yield a line for each figure."""
    counts = [module.counts() for module in modules.values()]
    comments, code = (sum(column) for column in zip(*counts, strict=False))
    yield f"modules {len(modules)}, lines of code {code}"
    rings = circles(imports(modules))
    yield f"import circles {len(rings)} (wanted 0) {'; '.join(map(', '.join, rings))}".rstrip()
    long = [name for name, module in modules.items() if module.n_lines > LONGEST_MODULE]
    yield (
        f"modules over {LONGEST_MODULE} lines {len(long)} (wanted at most {MOST_LONG_MODULES}, "
        f"each with its reason) {', '.join(long)}"
    ).rstrip()
    low, high = COMMENTS
    yield (
        f"comment lines {100 * comments / code:.1f} % of code lines "
        f"(wanted {low} to {high}, reasons only)"
    )
    every = [
        (f"{name}.{function.name}", len(parameters(function)), size)
        for name, module in modules.items()
        for function, size in functions(module)
    ]
    wide = [
        name
        for name, n, _ in every
        if n > MOST_PARAMETERS and name.rpartition(".")[2] not in PUBLIC
    ]
    yield (
        f"functions with more than {MOST_PARAMETERS} parameters {len(wide)} "
        f"(wanted at most {MOST_WIDE_FUNCTIONS}, public ones aside) {', '.join(wide)}"
    ).rstrip()
    name, _, size = max(every, key=lambda item: item[2])
    yield f"longest function {size} lines, {name} (wanted at most {LONGEST_FUNCTION})"
    yield f"Any in signatures of frameworks/ {any_share(modules):.0f} % (wanted under {MOST_ANY})"
    middle = [name for name in MIDDLE if name in defined(modules)]
    yield (
        f"types of a changed training {len(middle)} (wanted at most {MOST_MIDDLE}) "
        f"{', '.join(middle)}"
    )


if __name__ == "__main__":
    print("\n".join(report(read_modules())))

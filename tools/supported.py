"""Writes docs/supported.md: every estimator that is known, and what becomes of each setting.

    python3 tools/supported.py

Every estimator of scikit-learn that one of the mappings knows has a table. Its parameters and
their values are those of scikit-learn's own ``_parameter_constraints``; what becomes of each, the
mapping says. Where a value needs another parameter beside it (``l1_ratio=0.5`` needs
``solver='saga'``), that is found by trying.
"""

from __future__ import annotations

import inspect
import itertools
import math
import numbers
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from pairs import pair_lines
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.utils import all_estimators
from sklearn.utils._param_validation import (
    Hidden,
    Interval,
    Options,
    generate_valid_param,
    make_constraint,
)

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.sklearn.mappings import mappings
from pytest_modelparity.frameworks.sklearn.parameters import spelled
from pytest_modelparity.frameworks.sklearn.pipeline.words import step_text
from pytest_modelparity.frameworks.sklearn.refused import REASONS
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.sides.mapping import EstimatorMapping, MappingRow

PAGE = Path(__file__).resolve().parent.parent / "docs" / "supported.md"
#: The version that the page speaks of.
VERSION = ".".join(sklearn.__version__.split(".")[:2])
#: What estimators around others are made with, by parameter.
WITHIN = {
    "estimator": LogisticRegression(),
    "param_grid": {"C": [1.0]},
    "param_distributions": {"C": [1.0]},
    "steps": [("scale", StandardScaler()), ("model", LogisticRegression())],
}
#: Options of a parameter beyond which one stands for all, as of the 60 names of scorers.
MOST_OPTIONS = 12
#: Steps beside those with their defaults.
OTHER_STEPS = (
    StandardScaler(with_mean=False),
    MinMaxScaler(clip=True),
    FunctionTransformer(np.log1p),
    SelectKBest(k=2),
    PCA(n_components=2),
    PCA(n_components=2, whiten=True),
    PolynomialFeatures(1),
    FeatureUnion([("pca", PCA(n_components=2)), ("scale", StandardScaler())]),
    ColumnTransformer([("scale", StandardScaler(), [0, 1])]),
    ColumnTransformer([("scale", StandardScaler(), [0, 1])], remainder="passthrough"),
)
WORDS = {"unsupported": "refused"}
#: What a value of these types is shown as.
SHOWN = {dict: "{label: weight}", list: "a list"}

HEAD = f"""# What is supported

Made by `python3 tools/supported.py` from the mappings and scikit-learn {VERSION}'s own parameter
constraints; a test keeps it so. For an estimator of your own,
`KerasTwin(estimator).fit(X, y).mapping_` has the same rows with your values.

| word | meaning |
| --- | --- |
| exact | it is part of the objective, and has the same optimum in Keras |
| approximate | it decides only how near the optimum training stops; it is measured and repaired |
| outside | scikit-learn does it before the model, on both sides |
| inert | it has no effect on the optimum |
| refused | the check cannot be made, and says so before anything is trained |

A pipeline has the rows of its last step, and one for each step once it has seen data: *Steps of a
pipeline*, below. A value that scikit-learn itself refuses is refused in any case. Each line shows a
value with which the status holds, and the parameters that it needs beside it.
"""


STEPS_HEAD = """## Steps of a pipeline

What becomes of scikit-learn's transformers before the last step, with their defaults and on four
columns of numbers: each was fitted, and asked what it does. What takes no numbers is outside too.

| step | status | in Keras | reason |
| --- | --- | --- | --- |"""


@dataclass(frozen=True)
class Entry:
    """What becomes of one value of a parameter.

    Parameters
    ----------
    value : str
        As code.
    beside : str
        Other parameters that were changed for it, as code.
    row : MappingRow
        What the mapping says.
    """

    value: str
    beside: str
    row: MappingRow


def subjects() -> Iterator[tuple[BaseEstimator, EstimatorMapping]]:
    """Yield an example of every estimator of scikit-learn that a mapping knows, and its mapping."""
    for _, kind in all_estimators():
        for example in _examples(kind):
            mapping = next((each for each in mappings() if each.knows(example)), None)
            if mapping is not None:
                yield example, mapping
                break


def _examples(kind: type) -> Iterator[BaseEstimator]:
    """Yield an estimator with its defaults, then one with each other loss that it has."""
    needed = {
        name: WITHIN.get(name)
        for name, parameter in inspect.signature(kind).parameters.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    }
    if None in needed.values():
        return
    yield kind(**needed)
    for loss in values(kind, "loss"):
        yield kind(**needed, loss=loss)


def values(kind: type, name: str) -> list[Any]:
    """Return values that the constraints of a parameter allow: options, ends and middles."""
    found: list[Any] = []
    constraints = getattr(kind, "_parameter_constraints", {}).get(name, ())
    for constraint in constraints if isinstance(constraints, list) else ():
        if isinstance(constraint, Hidden):
            continue
        made = make_constraint(constraint)
        if isinstance(made, Options):
            options = sorted(made.options - made.deprecated, key=str)
            found += options if len(options) <= MOST_OPTIONS else options[:1]
        elif constraint == "boolean":
            found += [True, False]
        elif constraint == "random_state":
            found.append(0)
        elif constraint is dict:
            found.append({0: 2.0})
        else:
            found += _ends(made)
            try:
                found.append(generate_valid_param(made))
            # Of some types scikit-learn itself can make no value.
            except (NotImplementedError, TypeError, ValueError):
                continue
    return [value for value in found if _can_be_shown(value)]


def _can_be_shown(value: Any) -> bool:
    """Whether a value is one that a user could write, no stand-in of scikit-learn's."""
    plain = value is None or isinstance(value, (bool, int, float, str, dict, list, np.generic))
    return plain and not (isinstance(value, str) and not value)


def _ends(constraint: Any) -> list[Any]:
    """Return the ends of an interval that belong to it."""
    if not isinstance(constraint, Interval):
        return []
    left = constraint.left if constraint.closed in ("left", "both") else None
    right = constraint.right
    if right is None and constraint.type is numbers.Real:
        right = math.inf
    if constraint.closed not in ("right", "both"):
        right = None
    return [end for end in (left, right) if end is not None]


def entries(example: BaseEstimator, mapping: EstimatorMapping, name: str) -> list[Entry]:
    """Return what becomes of each value of a parameter, the default first."""
    default = getattr(example, name)
    shown = [default, *(value for value in values(type(example), name) if value is not default)]
    found = {}
    for value in shown:
        entry = _entry(example, mapping, name, value)
        # 1 and 1.0 are one.
        found.setdefault(entry.value.removesuffix(".0"), entry)
    return list(found.values())


def _entry(example: BaseEstimator, mapping: EstimatorMapping, name: str, value: Any) -> Entry:
    """Return what becomes of one value: alone, or beside another parameter that it needs."""
    first = None
    for beside in _beside(example, name):
        rows = _rows(example, mapping, {name: value, **beside})
        row = next((each for each in rows if each.name == name), None)
        if row is None:
            continue
        entry = Entry(
            value=_shown(value),
            beside=", ".join(f"{key}={spelled(given)}" for key, given in beside.items()),
            row=row,
        )
        first = first or entry
        # Inert is what has an effect beside nothing; what is allowed beside something is shown so.
        if all(each.status != "unsupported" for each in rows) and row.status != "inert":
            return entry
        if first.row.status == "unsupported" and row.status == "inert":
            first = entry
    if first is None:
        raise LookupError(f"{type(example).__name__} has no row for {name}")
    return first


def _beside(example: BaseEstimator, name: str) -> Iterator[dict[str, Any]]:
    """Yield nothing, then each option of each other parameter of words."""
    yield {}
    for other in type(example)._parameter_constraints:
        if other != name and other != "loss":
            options = [value for value in values(type(example), other) if isinstance(value, str)]
            for value in options:
                yield {other: value}


def _rows(
    example: BaseEstimator, mapping: EstimatorMapping, changes: dict[str, Any]
) -> tuple[MappingRow, ...]:
    """Return the mapping's rows of an example with changed parameters."""
    return mapping.mapping_rows(clone(example).set_params(**changes))


def _shown(value: Any) -> str:
    """Return a value as code."""
    if type(value) in SHOWN:
        return SHOWN[type(value)]
    if isinstance(value, float) and math.isinf(value):
        return "inf"
    text = spelled(value)
    return type(value).__name__ if text.startswith("<") else text


def tables(example: BaseEstimator, mapping: EstimatorMapping) -> Iterator[str]:
    """Yield the lines of the table of one estimator."""
    yield f"## {type(example).__name__}"
    yield ""
    changed = f" with `{mapping.name.split('(')[1][:-1]}`" if mapping.name.endswith(")") else ""
    yield f"`{public_name(type(example))}`{changed}."
    yield ""
    yield "| parameter | value | status | in Keras | reason |"
    yield "| --- | --- | --- | --- | --- |"
    for name, listed in _parameters(example, mapping).items():
        for (status, keras, reason), group in itertools.groupby(listed, key=_said):
            shown = ", ".join(f"`{each.value}`" + _with(each.beside) for each in group)
            keras = f"`{keras}`" if keras != "-" else "-"
            yield f"| `{name}` | {shown} | {status} | {keras} | {reason} |"
    yield ""


def step_lines() -> Iterator[str]:
    """Yield the lines of the table of the steps before a pipeline's last."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for step in _steps():
        row = _step_row(step)
        if row is not None:
            entry = Entry(value=step_text(step), beside="", row=row)
            found.setdefault(_said(entry), []).append(f"`{entry.value}`")
    yield STEPS_HEAD
    for (status, keras, reason), steps in sorted(found.items()):
        keras = f"`{keras}`" if keras != "-" else "-"
        yield f"| {', '.join(steps)} | {status} | {keras} | {reason} |"
    yield ""


def _steps() -> Iterator[BaseEstimator]:
    """Yield a transformer of each class that needs no argument, and a few of the others."""
    for _, kind in all_estimators(type_filter="transformer"):
        needed = [each.default for each in inspect.signature(kind).parameters.values()]
        if inspect.Parameter.empty not in needed:
            yield kind()
    yield from OTHER_STEPS


def _step_row(step: BaseEstimator) -> MappingRow | None:
    """Return what is said of a step; ``None`` where it cannot be fitted to numbers."""
    rng = np.random.RandomState(0)
    # Above zero, for roots and logarithms.
    X = 0.1 + rng.uniform(size=(60, 4))
    seeded = {"random_state": 0} if "random_state" in step.get_params() else {}
    step = clone(step).set_params(**seeded)
    pipeline = Pipeline([("step", step), ("model", LogisticRegression())])
    data = read_dataset(X, (X[:, 0] > X[:, 1]).astype(int))
    mapping = next(each for each in mappings() if each.knows(pipeline))
    try:
        return mapping.mapping_rows(pipeline, data)[0]
    except ModelParityError:
        return None


def _parameters(example: BaseEstimator, mapping: EstimatorMapping) -> dict[str, list[Entry]]:
    """Return what becomes of each parameter; of a pipeline, of those of its steps."""
    rows = _rows(example, mapping, {})
    names = list(inspect.signature(type(example)).parameters)
    if not set(names) <= {row.name for row in rows}:
        return {row.name: [Entry(value=row.value, beside="", row=row)] for row in rows}
    return {name: entries(example, mapping, name) for name in names}


def _said(entry: Entry) -> tuple[str, str, str]:
    """Return what is said of an entry, free of what a table's cell cannot hold."""
    row = entry.row
    cells = (WORDS.get(row.status, row.status), row.keras, row.reason)
    status, keras, reason = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return status, keras, reason


def _with(beside: str) -> str:
    """Return the parameters that a value needs."""
    return f" (with `{beside}`)" if beside else ""


def public_name(kind: type) -> str:
    """Return where a class is imported from."""
    # scikit-learn's modules with an underscore are its own.
    parts = itertools.takewhile(lambda part: not part.startswith("_"), kind.__module__.split("."))
    return f"{'.'.join(parts)}.{kind.__name__}"


def page() -> str:
    """Return docs/supported.md."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lines, known = [HEAD], list(subjects())
        lines += pair_lines(known)
        for example, mapping in known:
            lines += tables(example, mapping)
        lines += step_lines()
    lines += ["## Refused whole", "", "| estimator | because it |", "| --- | --- |"]
    lines += [f"| `{name}` | {reason} |" for name, reason in sorted(REASONS.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)

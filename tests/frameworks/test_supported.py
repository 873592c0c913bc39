"""docs/supported.md says what the code does, for the parameters that scikit-learn lists."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest
import sklearn
from sklearn.linear_model import LogisticRegression

from pytest_modelparity.frameworks.registry import candidate_kinds, mappings
from pytest_modelparity.frameworks.sklearn.logistic.mapping import LogisticRegressionMapping
from pytest_modelparity.frameworks.sklearn.logistic.parameters import DEFAULTS
from pytest_modelparity.frameworks.sklearn.parameters import VERSION
from pytest_modelparity.sides.opaque import EstimatorKind

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "supported.md").read_text(encoding="utf-8")
WRITTEN_FOR = tuple(map(int, re.search(r"scikit-learn (\d+)\.(\d+)", PAGE).groups()))

# A newer version is no reason to skip: its new parameters are what is looked for.
pytestmark = pytest.mark.skipif(
    VERSION < WRITTEN_FOR,
    reason=f"docs/supported.md is for scikit-learn {WRITTEN_FOR}, got {sklearn.__version__}",
)

#: What a mapping says of a parameter that it does not know.
UNKNOWN = "is known to this version"


@pytest.fixture(scope="module")
def supported() -> ModuleType:
    """Return tools/supported.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("supported", ROOT / "tools" / "supported.py")
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its own module up.
    sys.modules["supported"] = module
    with pytest.MonkeyPatch.context() as patch:
        # As where it is run: the other half lies beside it.
        patch.syspath_prepend(str(ROOT / "tools"))
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def subjects(supported):
    """Return the estimators that are known, with their mappings."""
    with warnings.catch_warnings():
        # Some of all estimators are deprecated.
        warnings.simplefilter("ignore")
        return list(supported.subjects())


def test_the_page_is_what_the_code_says(supported):
    assert supported.page() == PAGE, "run python3 tools/supported.py"


def test_every_constraint_of_every_estimator_has_a_row_that_says_something(subjects):
    for example, mapping in subjects:
        rows = {row.name: row for row in mapping.mapping_rows(example)}
        asked = set(inspect.signature(type(example)).parameters)
        assert asked <= set(type(example)._parameter_constraints)
        # A pipeline has the rows of its steps.
        assert asked <= set(rows) or type(example).__name__ == "Pipeline"
        assert not [row for row in rows.values() if UNKNOWN in row.reason]


def test_each_mapping_has_an_estimator_on_the_page(supported, subjects):
    shown = {type(mapping) for _, mapping in subjects}
    assert shown == {type(mapping) for mapping in supported.mappings()}


def test_steps_of_a_pipeline_are_told_by_what_they_do():
    # The page is what the code says: asking all of them takes seconds, and was done above.
    table = PAGE.split("## Steps of a pipeline")[1].split("\n## ")[0]
    rows = {
        step: line.split(" | ")[1]
        for line in table.splitlines()[6:]
        for step in re.findall(r"`([A-Z][^`]*)`", line.split(" | ")[0])
    }
    assert rows["StandardScaler()"] == rows["SimpleImputer()"] == "exact"
    # The same class, and another map.
    assert (rows["MinMaxScaler()"], rows["MinMaxScaler(clip=True)"]) == ("exact", "outside")
    assert rows["OneHotEncoder()"] == "outside"


def test_a_parameter_that_is_new_to_the_mapping_is_told_as_unknown(monkeypatch):
    monkeypatch.setitem(DEFAULTS, "momentum", 0.9)
    rows = {row.name: row for row in LogisticRegressionMapping().mapping_rows(LogisticRegression())}
    assert rows["momentum"].status == "unsupported"
    assert UNKNOWN in rows["momentum"].reason


def test_values_are_taken_from_the_constraints(supported):
    constraints = LogisticRegression._parameter_constraints
    assert set(supported.values(LogisticRegression, "solver")) == constraints["solver"][0].options
    assert float("inf") in supported.values(LogisticRegression, "C")
    assert {0, 1, 0.5, None} == set(supported.values(LogisticRegression, "l1_ratio"))
    assert supported.values(LogisticRegression, "dual") == [True, False]


def test_a_value_is_shown_with_what_it_needs_beside_it(supported):
    mapping = LogisticRegressionMapping()
    found = {
        entry.value: (entry.beside, entry.row.status)
        for entry in supported.entries(LogisticRegression(), mapping, "l1_ratio")
    }
    assert found["0.0"] == ("", "exact")
    assert found["0.5"] == ("solver='saga'", "exact")


def test_each_reference_has_a_row_that_says_what_is_told_of_each_candidate(subjects):
    table = PAGE.split("## References and candidates")[1].split("\n## ")[0]
    rows = {
        name: line.split(" | ")[1:]
        for line in table.splitlines()
        for name in re.findall(r"`(\w+)`", line.split(" | ")[0])
    }
    assert set(rows) == {type(example).__name__ for example, _ in subjects}
    assert rows["Ridge"] == ["exact", "by inference", "by inference", "by inference |"]
    # No inference knows the objective of several classes against the rest.
    assert "of three classes compared only" in rows["OneVsRestClassifier"][2]
    assert "is refused: the candidate must be a classifier" in table
    kinds = table.split("| candidate |")[1]
    for kind in candidate_kinds(mappings()):
        assert isinstance(kind, EstimatorKind) or f"| {kind.name} |" in kinds

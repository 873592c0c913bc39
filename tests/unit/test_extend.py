"""The module that plugins import from: its names, and what importing it costs."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_modelparity import extend

#: What a plugin may need: a name that leaves this list breaks somebody.
PROMISED = {
    "AdjustableObjective",
    "Artefact",
    "ArtefactKind",
    "Candidate",
    "CandidateKind",
    "CandidateRequest",
    "Certificate",
    "Change",
    "Dataset",
    "EstimatorMapping",
    "EstimatorRecipe",
    "Finding",
    "FindingSource",
    "FittedModel",
    "LastStep",
    "LogisticRegressionMapping",
    "MappingCheck",
    "MappingRow",
    "ModelParityError",
    "ModelSettings",
    "ObjectiveSettings",
    "OpaqueCandidate",
    "ParityReport",
    "Quantity",
    "RecordedWarning",
    "Relation",
    "Remedy",
    "Reporter",
    "Retraining",
    "RowPreparation",
    "RunReport",
    "SideObjective",
    "Spread",
    "Survey",
    "Sweep",
    "TrainingSettings",
    "Verification",
    "as_records",
    "check_mapping",
    "kernel_regularizer_text",
    "nothing_remembered",
    "recorded_warnings",
    "structure_relations",
}


def test_the_promised_names_are_there_and_no_others() -> None:
    assert set(extend.__all__) == PROMISED
    assert dir(extend) == sorted(PROMISED)


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_a_name_is_imported_and_documented(name: str) -> None:
    assert getattr(extend, name).__name__ == name
    assert inspect.getdoc(getattr(extend, name))


def test_type_checkers_see_the_same_names_at_the_same_places() -> None:
    tree = ast.parse(Path(extend.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == {name: f"pytest_modelparity.{home}" for name, home in extend._HOMES.items()}


def test_another_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        extend.Nothing  # noqa: B018


def test_importing_it_and_writing_a_reporter_costs_nothing_heavy() -> None:
    program = """
import sys
from pytest_modelparity import extend
from pytest_modelparity.extend import Finding, ModelParityError, ParityReport, Reporter, RunReport
heavy = ("numpy", "scipy", "sklearn", "keras", "tensorflow")
print([name for name in heavy if name in sys.modules])
"""
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert printed == "[]\n"

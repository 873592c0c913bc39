"""Every name that a plugin of pytest-modelparity may import, and nothing but these.

The protocols say what to write, the values what is exchanged. The hooks that take what you wrote
are `pytest_modelparity_mappings`, `pytest_modelparity_candidates`, `pytest_modelparity_findings`
and `pytest_modelparity_reporters`. A name is imported when it is first used, so a conftest that
imports this module costs a run without a check nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_modelparity.errors import ModelParityError
    from pytest_modelparity.frameworks.keras.write.words import kernel_regularizer_text
    from pytest_modelparity.frameworks.sklearn.logistic.mapping import LogisticRegressionMapping
    from pytest_modelparity.mapping_checks.suite import MappingCheck, check_mapping
    from pytest_modelparity.report.parts import (
        Certificate,
        Change,
        Finding,
        RecordedWarning,
    )
    from pytest_modelparity.report.quantity import Quantity
    from pytest_modelparity.report.relations import Relation, structure_relations
    from pytest_modelparity.report.report import ParityReport
    from pytest_modelparity.report.run import RunReport
    from pytest_modelparity.reporters import Reporter
    from pytest_modelparity.settings import ModelSettings, ObjectiveSettings, TrainingSettings
    from pytest_modelparity.sides.artefact import Artefact, ArtefactKind
    from pytest_modelparity.sides.candidate import (
        AdjustableObjective,
        Candidate,
        CandidateKind,
        CandidateRequest,
    )
    from pytest_modelparity.sides.dataset import Dataset
    from pytest_modelparity.sides.estimator import EstimatorRecipe
    from pytest_modelparity.sides.findings import FindingSource
    from pytest_modelparity.sides.fitted import FittedModel
    from pytest_modelparity.sides.mapping import (
        EstimatorMapping,
        LastStep,
        MappingRow,
        RowPreparation,
    )
    from pytest_modelparity.sides.memory import nothing_remembered
    from pytest_modelparity.sides.objective import SideObjective
    from pytest_modelparity.sides.opaque import OpaqueCandidate
    from pytest_modelparity.sides.recording import as_records, recorded_warnings
    from pytest_modelparity.sides.training import (
        Remedy,
        Retraining,
        Spread,
        Survey,
        Sweep,
        Verification,
    )

_HOMES = {
    # What you write.
    "AdjustableObjective": "sides.candidate",
    "Candidate": "sides.candidate",
    "CandidateKind": "sides.candidate",
    "EstimatorMapping": "sides.mapping",
    "FindingSource": "sides.findings",
    "Reporter": "reporters",
    "Retraining": "sides.training",
    "RowPreparation": "sides.mapping",
    # What is exchanged.
    "CandidateRequest": "sides.candidate",
    "Certificate": "report.parts",
    "Change": "report.parts",
    "Dataset": "sides.dataset",
    "EstimatorRecipe": "sides.estimator",
    "Finding": "report.parts",
    "FittedModel": "sides.fitted",
    "LastStep": "sides.mapping",
    "MappingRow": "sides.mapping",
    "ModelParityError": "errors",
    "ModelSettings": "settings",
    "ObjectiveSettings": "settings",
    "ParityReport": "report.report",
    "Quantity": "report.quantity",
    "RecordedWarning": "report.parts",
    "Relation": "report.relations",
    "Remedy": "sides.training",
    "RunReport": "report.run",
    "SideObjective": "sides.objective",
    "Spread": "sides.training",
    "Survey": "sides.training",
    "Sweep": "sides.training",
    "TrainingSettings": "settings",
    "Verification": "sides.training",
    # What helps.
    "Artefact": "sides.artefact",
    "ArtefactKind": "sides.artefact",
    "LogisticRegressionMapping": "frameworks.sklearn.logistic.mapping",
    "MappingCheck": "mapping_checks.suite",
    "OpaqueCandidate": "sides.opaque",
    "as_records": "sides.recording",
    "check_mapping": "mapping_checks.suite",
    "kernel_regularizer_text": "frameworks.keras.write.words",
    "nothing_remembered": "sides.memory",
    "recorded_warnings": "sides.recording",
    "structure_relations": "report.relations",
}

# Written out for type checkers and readers, who cannot follow what is made at run time.
__all__ = [
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
]


def __getattr__(name: str) -> Any:
    """Import a name when it is first used (PEP 562)."""
    if name in _HOMES:
        from importlib import import_module

        # Where a name lives may change from version to version; plugins only see this module.
        return getattr(import_module(f"pytest_modelparity.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names."""
    return sorted(__all__)

"""The result of one check, as plain values: `ParityReport`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.report import version1
from pytest_modelparity.report.codec import decode, encode
from pytest_modelparity.report.compared import ComparedSetting, compared_settings
from pytest_modelparity.report.inference import InferredObjective
from pytest_modelparity.report.parts import (
    Cause,
    Certificate,
    DataSummary,
    Divergence,
    Effort,
    Finding,
    RecordedWarning,
    Repair,
    Split,
    StructureCheck,
)
from pytest_modelparity.report.pictures import (
    Coefficients,
    PredictionRow,
    Seeds,
    TrainingMap,
    TrajectoryPoint,
)
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.report.relations import Relation
from pytest_modelparity.report.text import WIDTH, report_text
from pytest_modelparity.report.worst_case import WorstCase
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.tolerance import Tolerance

#: Version of the dictionary that `ParityReport.to_dict` returns.
#: 2: the quantity has a name and a unit, and its distances are called so.
FORMAT_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityReport:
    """The result of one check.

    Parameters
    ----------
    verdict : str
        ``"equivalent"`` or ``"diverged"``.
    divergences : mapping of str to Divergence
        By name: that of the quantity and the same with ``_rms`` (``probability``,
        ``probability_rms``), ``labels``, ``decision_function``, ``coef``, ``intercept``,
        ``score``, ``log_loss``; ``worst_case`` and ``worst_case_box`` where they are judged.
    tolerance : Tolerance
        As used.
    settings : mapping of str to ModelSettings
        By side: ``reference`` and ``candidate``.
    data : DataSummary
        Sizes and class names.
    quantity : Quantity
        What the verdict rests on; every distance of the report is one in it.
    structure : StructureCheck
        Result of the weight-injection stage.
    relation : Relation, optional
        The one change that makes the candidate's linear model of the reference's, where there is
        one; ``None`` in reports of earlier versions.
    certificates : mapping of str to Certificate
        By side; a side whose objective is not modelled has none.
    split : Split, optional
        ``None`` where the two objectives are not both modelled.
    explained : bool
        Whether causes were looked for.
    causes : tuple of Cause
        Musts first, then by effect.
    compared : tuple of ComparedSetting
        Every setting on both sides; empty in reports of earlier versions.
    repair : Repair, optional
        The smallest repair found.
    alternatives : tuple of Repair
        The other minimal ones.
    findings : tuple of Finding
        What else the user must know.
    warnings : tuple of RecordedWarning
        As raised by either side's training.
    scores : mapping of str to tuple of float
        By score name (``accuracy``, ``log_loss``): reference, candidate.
    coefficients, predictions, trajectory
        What a picture needs.
    seeds : Seeds, optional
        The candidate's spread over seeds, where it was trained with a seed.
    training_map : TrainingMap, optional
        What the candidate's training would leave with other learning rates and epochs; made of a
        divergence where a JSON or HTML report is asked for and the budget has room.
    worst_case : WorstCase, optional
        How far the two may differ on inputs that no row shows; ``None`` where they are not both
        linear, and in reports of earlier versions.
    inference : mapping of str to InferredObjective
        By side: what its parameters tell of the objective that it was trained on, where a
        divergence is explained and nothing else tells it; empty in reports of earlier versions.
    effort : Effort, optional
        What explaining took, where causes were looked for.
    seed : int, optional
        Of the candidate's initialisation and shuffling, as used.
    trained_by : str
        Who trained the candidate here, in words; empty where it came trained.
    environment : mapping of str to str
        Versions, backend, platform.
    duration : float
        Seconds the check took.
    """

    verdict: str
    divergences: Mapping[str, Divergence]
    tolerance: Tolerance
    settings: Mapping[str, ModelSettings]
    data: DataSummary
    quantity: Quantity = field(default_factory=Quantity)
    structure: StructureCheck = field(default_factory=StructureCheck)
    relation: Relation | None = None
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    split: Split | None = None
    explained: bool = False
    causes: tuple[Cause, ...] = ()
    compared: tuple[ComparedSetting, ...] = ()
    repair: Repair | None = None
    alternatives: tuple[Repair, ...] = ()
    findings: tuple[Finding, ...] = ()
    warnings: tuple[RecordedWarning, ...] = ()
    scores: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    coefficients: Coefficients | None = None
    predictions: tuple[PredictionRow, ...] = ()
    trajectory: tuple[TrajectoryPoint, ...] = ()
    seeds: Seeds | None = None
    training_map: TrainingMap | None = None
    worst_case: WorstCase | None = None
    inference: Mapping[str, InferredObjective] = field(default_factory=dict)
    effort: Effort | None = None
    seed: int | None = None
    trained_by: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    duration: float = 0.0

    @property
    def equivalent(self) -> bool:
        """Whether the verdict is ``"equivalent"``."""
        # By the word: a report that is read back keeps the verdict it was given.
        return self.verdict == "equivalent"

    @property
    def allowed(self) -> float:
        """What is allowed of the quantity; infinity where nothing is."""
        name = self.quantity.name
        # What the user asked for first; a mapping may judge its own quantity by itself.
        allowed = self.tolerance.of_quantity(name)
        if allowed is None and name in self.divergences:
            allowed = self.divergences[name].allowed
        return math.inf if allowed is None else allowed

    @property
    def probabilities(self) -> tuple[PredictionRow, ...]:
        """The predictions, under their name of format version 1."""
        return self.predictions

    @property
    def all_settings(self) -> tuple[ComparedSetting, ...]:
        """Every setting on both sides, also where the report itself does not hold them."""
        return self.compared or compared_settings(self.settings)

    def __bool__(self) -> bool:
        """Return `equivalent`, so that ``assert compare_models(...)`` means what it says."""
        return self.equivalent

    def __str__(self) -> str:
        """Return the text of the assertion message, for 80 columns."""
        return report_text(self)

    def text(self, *, width: int = WIDTH, verbosity: int = 0) -> str:
        """Return the text of the report.

        Parameters
        ----------
        width : int
            Columns that it may take; a value that must be copied whole goes past them.
        verbosity : int
            0: what decides. 1: every setting that differs. 2: everything that is known, in
            sentences below the table.
        """
        return report_text(self, width=width, verbosity=verbosity)

    def to_dict(self) -> dict[str, Any]:
        """Return builtin types only, with the ``format_version``."""
        return {"format_version": FORMAT_VERSION, **encode(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ParityReport:
        """Build from the output of `to_dict`.

        Raises
        ------
        ModelParityError
            If the ``format_version`` is missing or newer than this package knows.
        """
        # A version that is not known is refused before any field is looked at: what is missing in
        # it would be reported in words that lead astray.
        version = values.get("format_version")
        if version == version1.FORMAT_VERSION:
            values, version = version1.report(values), FORMAT_VERSION
        if version != FORMAT_VERSION:
            raise ModelParityError(
                f"a parity report has format_version {FORMAT_VERSION}, got {version!r}; "
                f"read it with the version of pytest-modelparity that wrote it"
            )
        return decode(cls, {k: v for k, v in values.items() if k != "format_version"})

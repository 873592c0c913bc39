"""What a check is asked, and what it works with."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_modelparity.parity.journal import Journal
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.sides.candidate import CandidateKind
from pytest_modelparity.sides.mapping import EstimatorMapping
from pytest_modelparity.sides.passed import RowsKind

#: Adds findings to those of this package.
MoreFindings = Callable[[ParityReport], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """What a check is asked; the fields are the arguments of `check.compare_models`.

    Parameters
    ----------
    reference, X, y, candidate, fit, sample_weight, X_eval, y_eval : object
        As the user gave them; validated by `compare`.
    tolerance, seed, explain, budget, training, input_ranges, candidate_rows, kind : object
        As given, until the places that settings come from have been asked.
    allow_pickle : bool
        Whether a pickle may be loaded.
    n_jobs : int, optional
        As in `rows.jobs.using`, which is in force while the question is answered.
    memory : float
        Megabytes that the rows may take in memory as float64; with more they are passed over in
        blocks.
    prediction_tolerance : float, optional
        What is allowed of a regressor's predictions; ``None`` for the default of the data.
    for_classifiers : bool
        Whether the tolerance was written by somebody who left predictions out.
    """

    reference: Any
    X: Any
    y: Any
    candidate: Any = None
    fit: Any = None
    sample_weight: Any = None
    X_eval: Any = None
    y_eval: Any = None
    tolerance: Any = None
    prediction_tolerance: float | None = None
    for_classifiers: bool = False
    seed: Any = None
    explain: Any = True
    budget: Any = None
    training: Any = None
    input_ranges: Any = None
    candidate_rows: Any = None
    kind: Any = None
    allow_pickle: Any = False
    n_jobs: Any = None
    memory: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wiring:
    """What a check works with.

    Parameters
    ----------
    mappings : tuple of EstimatorMapping
        Contributed ones first: the first that knows the reference is used.
    kinds : tuple of CandidateKind
        Contributed ones first: the first that knows what was given is used.
    environment : callable
        Returns the versions that the report is to hold.
    row_kinds : tuple of RowsKind
        What X may be besides rows in memory: the first that knows it is used.
    findings : callable, optional
        Maps the report to the findings that others contribute.
    journal : Journal
        Is told what is being done.
    draws_map : bool
        Whether a map of the training is wanted of a divergence.
    """

    mappings: tuple[EstimatorMapping, ...]
    kinds: tuple[CandidateKind, ...]
    environment: Callable[[], Mapping[str, str]]
    row_kinds: tuple[RowsKind, ...] = ()
    findings: MoreFindings | None = None
    journal: Journal = field(default_factory=Journal)
    draws_map: bool = False
    started: float = field(default_factory=time.perf_counter)

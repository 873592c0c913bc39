"""What was measured and explained, as the report of a check."""

from __future__ import annotations

from pytest_modelparity.parity.compared import compare_settings
from pytest_modelparity.parity.divergence import scores
from pytest_modelparity.parity.explain import Explanation
from pytest_modelparity.parity.findings import Measured, find_all
from pytest_modelparity.parity.pair import Explaining, Pair
from pytest_modelparity.parity.samples import coefficients_of, rows_of, summary_of, trajectory_of
from pytest_modelparity.parity.split import split_of
from pytest_modelparity.parity.verdict import Verdict
from pytest_modelparity.parity.worst_case import worst_case_of
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.report.worst_case import WorstCase


def report_of(
    measured: Measured, explaining: Explaining, explanation: Explanation, *, asked: bool
) -> ParityReport:
    """Return the report, without seed, environment and duration.

    Parameters
    ----------
    asked : bool
        Whether causes were wanted.
    """
    pair, verdict, journal = measured.pair, measured.verdict, explaining.journal
    # A setting that was not come to must not seem to have no effect.
    explained = asked and journal.interruption is None
    return ParityReport(
        quantity=pair.quantity,
        verdict="equivalent" if verdict.equivalent else "diverged",
        divergences=verdict.divergences,
        tolerance=pair.tolerance,
        settings={side.name: side.settings for side in measured.sides},
        data=summary_of(pair.data),
        structure=measured.structure,
        relation=measured.relation,
        certificates=pair.certificates,
        split=None if pair.parts is None else split_of(pair.parts),
        explained=explained,
        causes=explanation.causes,
        compared=compare_settings(pair, journal, explained=explained),
        repair=explanation.repair,
        alternatives=explanation.alternatives,
        findings=find_all(measured),
        warnings=(*pair.reference.fitted.warnings, *pair.candidate.fitted.warnings),
        scores=scores(verdict.tally),
        worst_case=_worst_case(pair, verdict),
        coefficients=coefficients_of(verdict.parameters),
        predictions=rows_of(verdict.tally),
        trajectory=trajectory_of(pair.candidate),
        seeds=measured.study.seeds,
        training_map=explanation.training_map,
        inference=pair.inference,
        effort=explaining.effort if asked else None,
        trained_by=pair.candidate.fitted.trained_by,
    )


def _worst_case(pair: Pair, verdict: Verdict) -> WorstCase | None:
    """Return the worst case over the inputs, where the verdict does not hold it already."""
    if verdict.worst_case is not None or not pair.data.is_held:
        return verdict.worst_case
    return worst_case_of(verdict.predictions, verdict.parameters, pair.data, pair.inputs)

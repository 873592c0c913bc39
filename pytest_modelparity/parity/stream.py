"""The order of the steps of a comparison over rows that arrive in blocks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from pytest_modelparity.errors import InvalidDataError, ModelParityError
from pytest_modelparity.parity.blocks import Block, Blocks
from pytest_modelparity.parity.budget import Budget
from pytest_modelparity.parity.compare import Comparison
from pytest_modelparity.parity.explain import Explanation
from pytest_modelparity.parity.findings import Measured
from pytest_modelparity.parity.heads import with_refuted
from pytest_modelparity.parity.journal import Journal
from pytest_modelparity.parity.pair import Explaining, Pair
from pytest_modelparity.parity.question import Question, Wiring
from pytest_modelparity.parity.relation import relation_cause
from pytest_modelparity.parity.reporting import report_of
from pytest_modelparity.parity.seeds import SeedStudy
from pytest_modelparity.parity.streamed import Streamed
from pytest_modelparity.parity.structure import check_structure
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.sides.dataset import GivenRows
from pytest_modelparity.sides.row_parts import joined, rows_at

#: First rows that are kept: models are opened and looked at with them.
OPENING = 5_000
#: What there is no saying of where rows are gone once they were compared.
IN_BLOCKS = (
    "the rows came in blocks: both sides are as given, nothing was trained, and objectives, "
    "optima, settings and the worst case over inputs are not compared; structure is told from "
    "{sample} of the {rows} rows"
)


def compare_blocks(
    question: Question, wiring: Wiring, feature_names: Sequence[str] | None = None
) -> Comparison:
    """Compare two models, as they are given, on rows that arrive in blocks.

    Parameters
    ----------
    question : Question
        Its X is an iterable of blocks.
    feature_names : sequence of str, optional
        Of the columns.

    Raises
    ------
    ModelParityError
        If the comparison cannot be made; the message names the block.
    """
    for name in ("reference", "candidate"):
        if getattr(question, name) is None:
            raise ModelParityError(
                f"compare_stream takes two trained models, got {name}=None; pass the trained {name}"
            )
    blocks = Blocks(question.X, feature_names)
    wiring.journal.doing("reading the first rows")
    opening, others = _opening(blocks)
    rows = joined([_first_rows(block) for block in opening])
    streamed = Streamed(question, wiring, blocks, rows)
    _add_all(streamed, chain(_released(opening), others), wiring.journal)
    sides = (streamed.told.pair.reference, streamed.told.pair.candidate)
    raised = tuple(warning for side in sides for warning in side.fitted.raised)
    report = _report(question, wiring, streamed)
    return Comparison(report=report, raised=raised, interruption=wiring.journal.interruption)


def _add_all(streamed: Streamed, blocks: Iterator[Block], journal: Journal) -> None:
    """Compare both models on every block, up to an interrupt of two that diverge already."""
    try:
        for block in blocks:
            # An interrupt quotes it.
            journal.doing(f"comparing block {block.number}{streamed.until_now}")
            streamed.add(block)
            # Before the next is made: one is held at a time.
            del block
    except ModelParityError as error:
        kind = InvalidDataError if isinstance(error, InvalidDataError) else ModelParityError
        raise kind(f"{error}{streamed.until_now}") from error.__cause__ or error
    except Exception:
        raise
    # Ctrl-C, or what a plugin ends a test with that takes too long. No block that is left makes two
    # models agree that diverge already; that they agree until here is no verdict.
    except BaseException as error:
        if not streamed.diverges:
            raise
        journal.interrupt(error)


def _first_rows(block: Block) -> GivenRows:
    """Return those rows of a block that are among the first of all."""
    few = np.arange(min(block.n_rows, OPENING - block.first_row))
    return block.X_given if len(few) == block.n_rows else rows_at(block.X_given, few)


def _opening(each: Iterator[Block]) -> tuple[list[Block], Iterator[Block]]:
    """Return the first blocks, so many that they have `OPENING` rows, and the others.

    Where one of them cannot be had, the others raise that: those before it are compared first.
    """
    opening: list[Block] = []
    try:
        for block in each:
            opening.append(block)
            if block.next_row >= OPENING:
                break
    except ModelParityError as error:
        if not opening:
            raise
        return opening, _raising(error)
    return opening, each


def _released(opening: list[Block]) -> Iterator[Block]:
    """Yield the first blocks, and hold none that was yielded."""
    while opening:
        yield opening.pop(0)


def _raising(error: ModelParityError) -> Iterator[Block]:
    """Raise an error in place of a block."""
    raise error
    yield


def _report(question: Question, wiring: Wiring, streamed: Streamed) -> ParityReport:
    """Return the report of all blocks."""
    verdict, told, relation = streamed.verdict(), streamed.told, None
    if not verdict.decisive.within:
        relation = told.relation(verdict.tally)
    pair = _described(streamed, verdict.tally.rows, told.first_row if relation else 0)
    measured = Measured(
        pair=pair,
        verdict=verdict,
        structure=check_structure(pair),
        study=SeedStudy(),
        relation=relation,
    )
    explaining = Explaining(pair=pair, budget=Budget(question.budget), journal=wiring.journal)
    causes = (relation_cause(relation, pair),) if relation and relation.exact else ()
    report = report_of(
        measured, explaining, Explanation(causes=causes), asked=not verdict.equivalent
    )
    return replace(
        report,
        data=replace(report.data, n_samples=verdict.tally.rows, n_eval=verdict.tally.rows),
        worst_case=None,
        environment=wiring.environment(),
        duration=time.perf_counter() - wiring.started,
    )


def _described(streamed: Streamed, n_rows: int, first_row: int) -> Pair:
    """Return the two sides with what is to be said of a stream."""
    pair = streamed.told.pair
    text = IN_BLOCKS.format(sample=pair.data.n_samples, rows=n_rows)
    if first_row:
        text += f", and the change of structure is confirmed on those from row {first_row} on"
    reference, candidate = (
        with_refuted(side, streamed.refuted, "the first rows")
        for side in (pair.reference, pair.candidate)
    )
    settings = replace(reference.settings, unmodelled=(text,))
    reference = reference.described(replace(reference.fitted, settings=settings))
    return replace(pair, tolerance=streamed.tolerance, reference=reference, candidate=candidate)

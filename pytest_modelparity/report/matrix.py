"""Where a port holds: the matrix of a suite, with settings as rows and data sets as columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pytest_modelparity.report.numbers import counted, number
from pytest_modelparity.report.run import CheckRecord, RunReport
from pytest_modelparity.report.suite import PortSuite, SuiteCase, SuiteData
from pytest_modelparity.report.worst import severity

ERROR, REFUSED, DIVERGED, UNCHECKED, SKIPPED, EQUIVALENT, LEFT_OUT, NOT_RUN = (
    "error",
    "refused",
    "diverged",
    "no check",
    "skipped",
    "equivalent",
    "left out",
    "not run",
)
#: Of several tests in a cell the first of these is shown. The last two are of cells without one.
WORST_FIRST = (ERROR, REFUSED, DIVERGED, UNCHECKED, SKIPPED, EQUIVALENT)
STATES = (*WORST_FIRST, LEFT_OUT, NOT_RUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One setting of the reference on one data set.

    Parameters
    ----------
    state : str
        One of `STATES`.
    ratio : float, optional
        The largest divergence as a multiple of what is allowed; None without a check.
    check : CheckRecord, optional
        The check that it comes from.
    """

    state: str
    ratio: float | None = None
    check: CheckRecord | None = None

    @property
    def text(self) -> str:
        """In a word or two: ``equivalent 0.123``, ``diverged 5.3``."""
        return self.state if self.ratio is None else f"{self.state} {number(self.ratio)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting of the reference, with a cell for each data set."""

    reference: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Settings that the reference refuses for one reason.

    Parameters
    ----------
    reason : str
        What its ``fit`` said.
    references : tuple of str
        In their order.
    datasets : tuple of str
        Those that it refuses any of them for; empty: all.
    """

    reason: str
    references: tuple[str, ...]
    datasets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A suite as a table.

    Parameters
    ----------
    name : str
        Of the suite.
    columns : tuple of SuiteData
        The data sets.
    rows : tuple of Row
        The settings of the reference that are not left out everywhere.
    refusals : tuple of Refusal
        What was left out, by reason.
    """

    name: str
    columns: tuple[SuiteData, ...]
    rows: tuple[Row, ...]
    refusals: tuple[Refusal, ...]

    @property
    def summary(self) -> str:
        """How many cells are what: ``12 cells: 10 equivalent, 2 diverged; 4 left out``."""
        states = [cell.state for row in self.rows for cell in row.cells]
        made = [state for state in states if state in WORST_FIRST]
        parts = [f"{made.count(state)} {state}" for state in reversed(WORST_FIRST) if state in made]
        text = f"{counted(len(made), 'combination')}: {', '.join(parts) or 'none was run'}"
        n_left_out = sum(len(one.references) * self._spread(one) for one in self.refusals)
        more = {NOT_RUN: states.count(NOT_RUN), LEFT_OUT: n_left_out}
        return "; ".join([text, *(f"{n} {state}" for state, n in more.items() if n)])

    def _spread(self, refusal: Refusal) -> int:
        """Return for how many data sets something was left out."""
        return len(refusal.datasets) or len(self.columns)


def matrices(run: RunReport) -> tuple[Matrix, ...]:
    """Return the matrix of each suite of a run."""
    if not run.suites:
        return ()
    checks: dict[str, list[CheckRecord]] = {}
    for check in run.checks:
        checks.setdefault(check.test_id, []).append(check)
    refused = {refusal.test_id for refusal in run.refusals}
    return tuple(_matrix(suite, checks, refused) for suite in run.suites)


def _matrix(suite: PortSuite, checks: Mapping[str, list[CheckRecord]], refused: set[str]) -> Matrix:
    """Return the matrix of a suite."""
    cells: dict[tuple[str, str], Cell] = {
        (one.reference, one.dataset): Cell(state=LEFT_OUT) for one in suite.left_out
    }
    for case in suite.cases:
        place = case.reference, case.dataset
        found = _cell(case, checks.get(case.test_id, ()), case.test_id in refused)
        before = cells.get(place)
        cells[place] = found if before is None else min(before, found, key=_badness)
    rows = (
        Row(
            reference=name,
            cells=tuple(
                cells.get((name, data.name), Cell(state=NOT_RUN)) for data in suite.datasets
            ),
        )
        for name in suite.references
    )
    return Matrix(
        name=suite.name,
        columns=suite.datasets,
        rows=tuple(row for row in rows if any(cell.state != LEFT_OUT for cell in row.cells)),
        refusals=_refusals(suite),
    )


def _cell(case: SuiteCase, checks: Iterable[CheckRecord], refused: bool) -> Cell:
    """Return what one test found."""
    worst = max(
        checks,
        key=lambda check: (not check.report.equivalent, severity(check.report.divergences)),
        default=None,
    )
    if worst is None:
        skipped = SKIPPED if case.outcome == "skipped" else UNCHECKED
        state = skipped if case.outcome in ("passed", "skipped") else ERROR
        return Cell(state=REFUSED if refused else state)
    state = EQUIVALENT if worst.report.equivalent else DIVERGED
    # It failed for something else: what was found does not say that the port holds.
    if state == EQUIVALENT and case.outcome not in ("passed", "skipped"):
        state = ERROR
    return Cell(
        state=REFUSED if refused else state,
        ratio=severity(worst.report.divergences),
        check=worst,
    )


def _badness(cell: Cell) -> tuple[int, float]:
    """Return what a worse cell has less of."""
    # A test that ran says more than that the reference refuses something.
    place = WORST_FIRST.index(cell.state) if cell.state in WORST_FIRST else len(WORST_FIRST)
    return place, -(cell.ratio or 0.0)


def _refusals(suite: PortSuite) -> tuple[Refusal, ...]:
    """Return what was left out, by reason and data sets."""
    by_reference: dict[tuple[str, str], list[str]] = {}
    for one in suite.left_out:
        by_reference.setdefault((one.reason, one.reference), []).append(one.dataset)
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (reason, reference), datasets in by_reference.items():
        everywhere = len(datasets) == len(suite.datasets)
        groups.setdefault((reason, () if everywhere else tuple(datasets)), []).append(reference)
    return tuple(
        Refusal(reason=reason, references=tuple(references), datasets=datasets)
        for (reason, datasets), references in groups.items()
    )

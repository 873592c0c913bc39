"""What the page shows of each check: its texts, tables and drawings, ready to be laid out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pytest_modelparity.report.causes import cause_clause, cause_sections
from pytest_modelparity.report.details import unexplained_sentence
from pytest_modelparity.report.parts import Divergence
from pytest_modelparity.report.pictures import MapLine
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.report.run import CheckRecord, RunReport
from pytest_modelparity.report.section import sorted_checks
from pytest_modelparity.report.table import Table, table_of
from pytest_modelparity.report.worst import worst_divergence
from pytest_modelparity.reporters.bars import (
    CoefficientRow,
    Marks,
    SeedStrip,
    Waterfall,
    coefficient_rows,
    marks,
    seed_strip,
    waterfall,
)
from pytest_modelparity.reporters.compared import SettingRow, further_settings, setting_rows
from pytest_modelparity.reporters.ladder import Step, steps
from pytest_modelparity.reporters.map_table import MapTable, map_table
from pytest_modelparity.reporters.maps import MapPlot, map_plot
from pytest_modelparity.reporters.plots import Lines, Scatter, lines, row_pairs, scatter
from pytest_modelparity.reporters.sweeps import Sweeps, sweeps
from pytest_modelparity.settings import OBJECTIVE_SETTINGS, TRAINING_SETTINGS

#: So many rows the table behind a plot has where a page has few checks; more share a number.
FEW_CHECKS = 12
TABLE_ROWS = 800
MOST_ROWS, FEWEST_ROWS = 200, 10
#: So many coefficients are drawn.
MOST_MARKS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionLine:
    """One line of the table of predictions; the label is a class, or the number of an output."""

    row: int
    label: str
    reference: float
    candidate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochLine:
    """The distance to the optimum after an epoch, and what all seeds had."""

    epoch: int
    distance: float | None = None
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningLine:
    """A warning, and how often it came."""

    side: str
    category: str
    message: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingGroup:
    """Settings that decide the same, those that differ apart from the others."""

    title: str
    differing: tuple[SettingRow, ...]
    others: tuple[SettingRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapView:
    """The map of the training.

    Parameters
    ----------
    ground : tuple of (str, str)
        Side and text of what was repaired before.
    missing : bool
        Whether there is a repair of the training that has no place on it.
    """

    plot: MapPlot
    table: MapTable
    sweeps: Sweeps | None
    lines: tuple[MapLine, ...]
    ground: tuple[tuple[str, str], ...]
    missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One check as the page shows it.

    Parameters
    ----------
    anchor : str
        Id of its section.
    worst : tuple of (str, Divergence), optional
        What decides the verdict.
    why : str
        The main causes, in a few words.
    answer : Table
        Which settings must change, as in the message.
    causes : tuple of (str, str)
        Role and sentence of each.
    environment : mapping of str to str
        Where it differs from the run's.
    """

    anchor: str
    record: CheckRecord
    report: ParityReport
    worst: tuple[str, Divergence] | None
    why: str
    answer: Table
    map: MapView | None
    steps: tuple[Step, ...]
    settings: tuple[SettingGroup, ...]
    causes: tuple[tuple[str, str], ...]
    unexplained: str
    waterfall: Waterfall | None
    scatter: Scatter | None
    predictions: tuple[PredictionLine, ...]
    n_predictions: int
    lines: Lines | None
    marks: Marks | None
    coefficients: tuple[CoefficientRow, ...]
    n_coefficients: int
    strip: SeedStrip | None
    seed_rows: tuple[tuple[int, float], ...]
    warnings: tuple[WarningLine, ...]
    epochs: tuple[EpochLine, ...]
    n_epochs: int
    environment: Mapping[str, str]


def check_views(run: RunReport) -> tuple[CheckView, ...]:
    """Return the checks of a run, the worst first."""
    number_of_checks = len(run.checks)
    # Known before the first is drawn: all checks of a page have tables of one length.
    few = number_of_checks <= FEW_CHECKS
    rows = MOST_ROWS if few else max(TABLE_ROWS // number_of_checks, FEWEST_ROWS)
    return tuple(
        _check_view(record, f"check-{number}", rows, run.environment)
        for number, record in enumerate(sorted_checks(run.checks), start=1)
    )


def _check_view(
    record: CheckRecord, anchor: str, rows: int, environment: Mapping[str, str]
) -> CheckView:
    """Return one check; at most ``rows`` rows of each table behind a plot."""
    report = record.report
    predictions = _prediction_lines(report)
    epochs = _epoch_lines(report)
    coefficients = (
        coefficient_rows(report.coefficients, report.data.classes) if report.coefficients else ()
    )
    return CheckView(
        anchor=anchor,
        record=record,
        report=report,
        worst=worst_divergence(report.divergences, report.quantity.name),
        # Where the models are equivalent nothing need change.
        why="" if report.equivalent else _why(report),
        answer=table_of(report),
        map=_map_view(report, 5 * rows),
        steps=steps(report),
        settings=_setting_groups(report),
        causes=tuple(cause_sections(report.causes)),
        unexplained="" if report.equivalent else unexplained_sentence(report),
        waterfall=waterfall(report.split, report.causes, report.quantity) if report.split else None,
        # A dot takes far fewer characters than a row of a table.
        scatter=scatter(report, 5 * rows),
        predictions=predictions[:rows],
        n_predictions=len(predictions),
        lines=lines(report.trajectory, report.seeds, report.allowed),
        marks=marks(coefficients[: min(rows, MOST_MARKS)]),
        coefficients=coefficients[:rows],
        n_coefficients=len(coefficients),
        strip=seed_strip(report.seeds, report.allowed) if report.seeds else None,
        seed_rows=_seed_rows(report)[:rows],
        warnings=_warning_lines(report),
        epochs=epochs[:rows],
        n_epochs=len(epochs),
        # Versions of the run stand once, at its end.
        environment={
            name: version
            for name, version in report.environment.items()
            if environment.get(name) != version
        },
    )


def _map_view(report: ParityReport, most: int) -> MapView | None:
    """Return the map of the training, its table of at most ``most`` cells."""
    found = report.training_map
    plot = map_plot(found, report.allowed) if found is not None else None
    if found is None or plot is None:
        return None
    repair = report.repair
    trained = repair is not None and any(
        change.side == "candidate" and change not in found.changes for change in repair.changes
    )
    return MapView(
        plot=plot,
        table=map_table(found, most),
        sweeps=sweeps(found.lines, report.allowed),
        lines=found.lines,
        ground=tuple((change.side, change.text) for change in found.changes),
        missing=trained and plot.repair is None,
    )


def _why(report: ParityReport) -> str:
    """Return the main causes in a few words."""
    return cause_clause(report.structure, report.causes).removeprefix("; ")


def _setting_groups(report: ParityReport) -> tuple[SettingGroup, ...]:
    """Return the settings in groups, without those that no side has."""
    groups = []
    # The second group decides nothing where each side arrived; whoever reads on knows that by now.
    for title, names in (
        ("Objective: what decides the optimum", OBJECTIVE_SETTINGS),
        ("Training: what decides how near it gets", TRAINING_SETTINGS),
        ("Other", further_settings(report)),
    ):
        rows = setting_rows(report, names)
        # Folded away on the page: what is the same on both sides explains nothing.
        differing = tuple(row for row in rows if row.state in ("cause", "differs"))
        others = tuple(row for row in rows if row not in differing)
        if rows:
            groups.append(SettingGroup(title=title, differing=differing, others=others))
    return tuple(groups)


def _prediction_lines(report: ParityReport) -> tuple[PredictionLine, ...]:
    """Return the predictions that the plot shows, by row and class."""
    classes = report.data.classes
    found = []
    for row in report.predictions:
        pairs = row_pairs(row)
        # Of two classes the second alone is shown, and keeps its own name.
        first = min(len(row.reference), len(row.candidate)) - len(pairs)
        for index, pair in enumerate(pairs, start=first):
            label = classes[index] if index < len(classes) else str(index)
            found.append(
                PredictionLine(row=row.row, label=label, reference=pair[0], candidate=pair[1])
            )
    return tuple(found)


def _epoch_lines(report: ParityReport) -> tuple[EpochLine, ...]:
    """Return the distances of the one training and of all seeds, by epoch."""
    # One may have epochs that the other has not.
    found = {p.epoch: EpochLine(epoch=p.epoch, distance=p.distance) for p in report.trajectory}
    for point in report.seeds.trajectory if report.seeds else ():
        line = found.get(point.epoch, EpochLine(epoch=point.epoch))
        found[point.epoch] = replace(line, lowest=point.lowest, highest=point.highest)
    return tuple(found[epoch] for epoch in sorted(found))


def _seed_rows(report: ParityReport) -> tuple[tuple[int, float], ...]:
    """Return each seed with its largest difference."""
    seeds = report.seeds
    # Not strict: a file may hold more seeds than distances, and the page must open.
    return tuple(zip(seeds.seeds, seeds.distances, strict=False)) if seeds else ()


def _warning_lines(report: ParityReport) -> tuple[WarningLine, ...]:
    """Return the distinct warnings in their order."""
    # A Counter keeps the order in which the warnings came.
    counts = Counter((item.side, item.category, item.message) for item in report.warnings)
    return tuple(
        WarningLine(side=side, category=category, message=message, times=times)
        for (side, category, message), times in counts.items()
    )

"""Both sides' settings beside each other, and which of them differ."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_modelparity.report.compared import ComparedSetting
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.settings import OBJECTIVE_SETTINGS, TRAINING_SETTINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One setting on both sides.

    Parameters
    ----------
    state : str
        ``"cause"`` (explains a part of the divergence), ``"differs"``, ``"same"`` or empty where
        a side says nothing.
    """

    name: str
    reference: str
    candidate: str
    state: str


def setting_rows(report: ParityReport, names: tuple[str, ...]) -> tuple[SettingRow, ...]:
    """Return the settings that any side has, causes first, then those that differ."""
    causes = {cause.setting for cause in report.causes}
    rows = [
        _row(item, item.setting in causes) for item in report.all_settings if item.setting in names
    ]
    order = {"cause": 0, "differs": 1, "same": 2, "": 3}
    # A setting that neither framework has in this model is no line of a comparison.
    found = [row for row in rows if row.reference or row.candidate]
    found.sort(key=lambda row: names.index(row.name))
    return tuple(sorted(found, key=lambda row: order[row.state]))


def further_settings(report: ParityReport) -> tuple[str, ...]:
    """Return the names that a side uses beside those that are known here."""
    known = {*OBJECTIVE_SETTINGS, *TRAINING_SETTINGS}
    return tuple(sorted({item.setting for item in report.all_settings} - known))


def _row(item: ComparedSetting, is_cause: bool) -> SettingRow:
    """Return one setting's row."""
    # A cause first: it was shown to matter, which a difference of values was not.
    state = {None: "", True: "same", False: "differs"}[item.same]
    return SettingRow(
        name=item.setting,
        reference=item.reference,
        candidate=item.candidate,
        state="cause" if is_cause else state,
    )

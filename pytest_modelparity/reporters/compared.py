"""Both sides' settings beside each other, and which of them differ."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.settings import (
    OBJECTIVE_SETTINGS,
    TRAINING_SETTINGS,
    ModelSettings,
    same_setting,
    same_value,
)


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
    sides = [report.settings.get(side) for side in ("reference", "candidate")]
    causes = {cause.setting for cause in report.causes}
    rows = [_row(name, sides[0], sides[1], name in causes) for name in names]
    order = {"cause": 0, "differs": 1, "same": 2, "": 3}
    # A setting that neither framework has in this model is no line of a comparison.
    found = [row for row in rows if row.reference or row.candidate]
    return tuple(sorted(found, key=lambda row: order[row.state]))


def further_settings(report: ParityReport) -> tuple[str, ...]:
    """Return the names that a side uses beside those that are known here."""
    known = {*OBJECTIVE_SETTINGS, *TRAINING_SETTINGS}
    names = {name for side in report.settings.values() for name in side.written}
    return tuple(sorted(names - known))


def _row(
    name: str,
    reference: ModelSettings | None,
    candidate: ModelSettings | None,
    is_cause: bool,
) -> SettingRow:
    """Return one setting's row."""
    written = [side.written.get(name, "") if side else "" for side in (reference, candidate)]
    # A cause first: it was shown to matter, which a difference of values was not.
    state = "cause" if is_cause else _state(name, reference, candidate, written)
    return SettingRow(name=name, reference=written[0], candidate=written[1], state=state)


def _state(
    name: str,
    reference: ModelSettings | None,
    candidate: ModelSettings | None,
    written: list[str],
) -> str:
    """Return whether a setting has the same meaning on both sides; empty where it is not known.

    The two frameworks write one value in different words, so the values are compared as they
    were understood, where they were.
    """
    # Equal words settle it without being understood, as of settings that only a plugin knows.
    if written[0] and written[0] == written[1]:
        return "same"
    if reference is None or candidate is None:
        return ""
    same = _same(name, reference, candidate)
    return "" if same is None else "same" if same else "differs"


def _same(name: str, reference: ModelSettings, candidate: ModelSettings) -> bool | None:
    """Whether a setting was understood as the same; ``None`` where a side's was not understood."""
    if name in OBJECTIVE_SETTINGS:
        if reference.objective is None or candidate.objective is None:
            return None
        return same_setting(name, reference.objective, candidate.objective)
    # A third party may name settings that the values of this package have no field for.
    first, second = (getattr(side.training, name, None) for side in (reference, candidate))
    if first is None or second is None:
        return None
    return same_value(first, second)

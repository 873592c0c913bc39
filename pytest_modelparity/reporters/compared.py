"""Both sides' settings beside each other, and which of them differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.settings import (
    OBJECTIVE_SETTINGS,
    TRAINING_SETTINGS,
    ModelSettings,
    ObjectiveSettings,
    same_number,
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
    state = "cause" if is_cause else _state(name, reference, candidate, written)
    return SettingRow(name=name, reference=written[0], candidate=written[1], state=state)


def _state(
    name: str,
    reference: ModelSettings | None,
    candidate: ModelSettings | None,
    written: list[str],
) -> str:
    """Return whether a setting has the same meaning on both sides; empty where it cannot be told.

    The two frameworks write one value in different words, so the values are compared as they
    were understood, where they were.
    """
    if written[0] and written[0] == written[1]:
        return "same"
    if reference is None or candidate is None:
        return ""
    values = [_value(name, side) for side in (reference, candidate)]
    if values[0] is None or values[1] is None:
        return ""
    return "same" if _equal(values[0], values[1]) else "differs"


def _value(name: str, side: ModelSettings) -> tuple[Any, ...] | None:
    """Return what a setting was understood as; ``None`` where it was not."""
    if name in OBJECTIVE_SETTINGS:
        return _objective_values(side.objective).get(name) if side.objective else None
    value = getattr(side.training, name, None)
    return None if value is None else (value,)


def _objective_values(side: ObjectiveSettings) -> Mapping[str, tuple[Any, ...]]:
    """Return the values behind each name; a penalty that is absent has neither C nor a ratio."""
    penalised = side.strength > 0
    scale = side.strength or 1.0
    values: dict[str, tuple[Any, ...]] = {
        "penalty": (side.l2_strength > 0, side.l1_strength > 0),
        "fit_intercept": (side.fit_intercept,),
        "class_weight": tuple(side.class_weight or ()),
        "sample_weight": (side.sample_weight,),
        "loss": (side.loss_scale, side.weights_normalised),
        "output_head": (side.output_head,),
        "label_smoothing": (side.label_smoothing,),
        "feature_scaling": (*(side.feature_shift or ()), *(side.feature_scale or ())),
        "rows_used": (side.rows_used,),
    }
    if penalised:
        values |= {"C": (side.strength,), "l1_ratio": (side.l1_ratio,)}
    if side.fit_intercept:
        strengths = (side.intercept_l2_strength, side.intercept_l1_strength)
        values["intercept_penalty"] = tuple(strength / scale for strength in strengths)
    return values


def _equal(first: tuple[Any, ...], second: tuple[Any, ...]) -> bool:
    """Whether two values are the same, numbers up to rounding."""
    return len(first) == len(second) and all(map(_same, first, second))


def _same(first: Any, second: Any) -> bool:
    """Whether two parts of a value are the same."""
    if isinstance(first, float) and isinstance(second, float):
        return first == second or same_number(first, second)
    return bool(first == second)

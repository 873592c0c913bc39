"""Callbacks of a ``fit`` as settings, and what becomes of them where its arguments change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_modelparity.frameworks.keras.read.arguments import FitArguments
from pytest_modelparity.frameworks.keras.read.callbacks import (
    acting_callbacks,
    callback_text,
    setting_of,
)
from pytest_modelparity.report.parts import Change
from pytest_modelparity.sides.candidate import candidate_change
from pytest_modelparity.sides.objective import SideObjective


def arguments_for(
    arguments: FitArguments | None, wanted: SideObjective, *, metrics: bool
) -> tuple[FitArguments | None, list[Change]]:
    """Return the arguments of ``fit`` for another objective, and what of them changes beside it.

    ``metrics``: whether the model of that objective has the metrics of the candidate.
    """
    if arguments is None:
        return None, []
    objective = wanted.settings
    split = arguments.validation_split if objective.rows_used else 0.0
    others, changes = _without_what_lacks(arguments, rows=bool(split), metrics=metrics)
    changed = replace(
        arguments,
        class_weight=objective.class_weight,
        sample_weight=wanted.sample_weight,
        validation_split=split,
        others=others,
    )
    return changed, changes


def _without_what_lacks(
    arguments: FitArguments, *, rows: bool, metrics: bool
) -> tuple[dict[str, Any], list[Change]]:
    """Return arguments without the callbacks that lack what they watch, and what changes of them.

    EarlyStopping without its metric warns at every epoch and never stops, ReduceLROnPlateau never
    acts (keras 3.15, early_stopping.py, reduce_lr_on_plateau.py).

    Parameters
    ----------
    rows : bool
        Whether rows are held back.
    metrics : bool
        Whether the metrics are those of the model that it was given to.
    """
    given = arguments.others.get("callbacks") or []
    items = given if isinstance(given, (list, tuple)) else [given]
    lacking = [item for item in items if _lacks(item, rows=rows, metrics=metrics)]
    if not lacking:
        return arguments.others, []
    kept = [item for item in items if not any(item is one for one in lacking)]
    acting = acting_callbacks(arguments)
    changes = [
        candidate_change(setting_of(item), f"without {callback_text(item)}")
        for item in lacking
        if any(item is one for one in acting)
    ]
    return {**arguments.others, "callbacks": kept}, changes


def _lacks(callback: Any, *, rows: bool, metrics: bool) -> bool:
    """Whether a callback watches what is not measured."""
    watched = str(getattr(callback, "monitor", "") or "")
    if watched.startswith("val_") and not rows:
        return True
    return watched.removeprefix("val_") not in ("", "loss") and not metrics

"""Callbacks of a ``fit`` as settings, and what becomes of them where its arguments change."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from pytest_modelparity.frameworks.keras.read.arguments import FitArguments
from pytest_modelparity.report.parts import Change
from pytest_modelparity.sides.objective import SideObjective


def arguments_for(
    arguments: FitArguments | None, wanted: SideObjective
) -> tuple[FitArguments | None, list[Change]]:
    """Return the arguments of ``fit`` for another objective, and what of them changes beside it."""
    if arguments is None:
        return None, []
    objective = wanted.settings
    split = arguments.validation_split if objective.rows_used else 0.0
    others = arguments.others
    changes: list[Change] = []
    if arguments.validation_split and not split:
        others, changes = _without_validation_metrics(others)
    changed = replace(
        arguments,
        class_weight=objective.class_weight,
        sample_weight=wanted.sample_weight,
        validation_split=split,
        others=others,
    )
    return changed, changes


def _without_validation_metrics(others: dict[str, Any]) -> tuple[dict[str, Any], list[Change]]:
    """Return arguments whose callbacks do without held back rows, and what changes of them.

    A callback that monitors ``val_loss`` would fail, or never act, where no rows are held back.
    """
    given = others.get("callbacks") or []
    changes: list[Change] = []
    callbacks = []
    for callback in given if isinstance(given, (list, tuple)) else [given]:
        monitored = str(getattr(callback, "monitor", ""))
        # EarlyStopping without its metric warns at every epoch and never stops (keras 3.15,
        # early_stopping.py).
        if monitored.startswith("val_"):
            # The user's own is left as it is.
            callback = copy.copy(callback)
            callback.monitor = monitored.removeprefix("val_")
            text = f'{type(callback).__name__}(monitor="{callback.monitor}")'
            changes.append(Change(side="candidate", setting="rows_used", text=text))
        callbacks.append(callback)
    return ({**others, "callbacks": callbacks}, changes) if changes else (others, [])

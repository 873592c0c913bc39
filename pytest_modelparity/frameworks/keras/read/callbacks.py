"""The callbacks of a ``fit``: which of them have a say in it, and what settings they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras

from pytest_modelparity.frameworks.keras.read.arguments import FitArguments
from pytest_modelparity.report.parts import Change
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.candidate import candidate_change

#: Those of Keras that only watch: what they write changes no step.
_WATCHING = (
    keras.callbacks.CSVLogger,
    keras.callbacks.History,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.ProgbarLogger,
    keras.callbacks.RemoteMonitor,
    keras.callbacks.TensorBoard,
)
_OF_THE_RATE = (keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)
#: Options that are written where they are not at their default (keras 3.15).
_OPTIONS: dict[type, dict[str, Any]] = {
    keras.callbacks.EarlyStopping: {
        "min_delta": 0,
        "patience": 0,
        "baseline": None,
        "restore_best_weights": False,
        "start_from_epoch": 0,
    },
    keras.callbacks.ReduceLROnPlateau: {
        "factor": 0.1,
        "patience": 10,
        "min_delta": 1e-4,
        "cooldown": 0,
        "min_lr": 0.0,
    },
}


def acting_callbacks(arguments: FitArguments | None) -> list[Any]:
    """Return the callbacks that may change a training."""
    given = arguments.others.get("callbacks") if arguments is not None else None
    items = given if isinstance(given, (list, tuple)) else [given]
    # By type: a subclass may do more than its parent.
    return [item for item in items if item is not None and type(item) not in _WATCHING]


def setting_of(callback: Any) -> str:
    """Return the setting that a callback belongs to: when training ends, or how large steps are."""
    return "learning_rate" if isinstance(callback, _OF_THE_RATE) else "iterations"


def callback_text(callback: Any) -> str:
    """Return a callback as its user would write it."""
    name, parts = type(callback).__name__, []
    if isinstance(callback, keras.callbacks.LearningRateScheduler):
        parts.append(str(getattr(callback.schedule, "__name__", type(callback.schedule).__name__)))
    for kind, options in _OPTIONS.items():
        if not isinstance(callback, kind):
            continue
        parts.append(f'monitor="{getattr(callback, "monitor", None)}"')
        for option, default in options.items():
            value = getattr(callback, option, default)
            # Keras turns it round where less is better, and only once training begins.
            value = abs(value) if option == "min_delta" else value
            if value != default:
                parts.append(f"{option}={value!r}")
    return f"{name}({', '.join(parts)})"


def taken_away(arguments: FitArguments | None) -> tuple[Change, ...]:
    """Return the change of each setting that leaves the callbacks of a training out."""
    texts: dict[str, list[str]] = {}
    for callback in acting_callbacks(arguments):
        texts.setdefault(setting_of(callback), []).append(callback_text(callback))
    return tuple(
        candidate_change(setting, f"without {' and '.join(named)}")
        for setting, named in texts.items()
    )


def with_callbacks(settings: ModelSettings, arguments: FitArguments | None) -> ModelSettings:
    """Return settings that say which callbacks decide them."""
    words = dict(settings.written)
    for callback in acting_callbacks(arguments):
        setting = setting_of(callback)
        # What it came to stands behind what decided it.
        value, bracket, rest = words.get(setting, "").partition(" (")
        both = ", ".join(part for part in (value, callback_text(callback)) if part)
        words[setting] = both + bracket + rest
    return replace(settings, written=words)

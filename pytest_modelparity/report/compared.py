"""Every setting on both sides, and whether it means the same there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_modelparity.settings import (
    OBJECTIVE_SETTINGS,
    TRAINING_SETTINGS,
    ModelSettings,
    same_setting,
    same_value,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSetting:
    """One setting on both sides.

    Parameters
    ----------
    setting : str
        Its name, as of a cause.
    reference, candidate : str
        Each side's value in the words of its framework; empty where nothing is known of it.
    same : bool, optional
        Whether both mean the same; ``None`` where a side has no such setting, or it is not known.
    looked_for : bool
        Whether it was asked what changing it does.
    note : str
        How the two values are related, such as a common factor.
    """

    setting: str
    reference: str = ""
    candidate: str = ""
    # Three values: a C beside no penalty is neither the same nor another.
    same: bool | None = None
    looked_for: bool = False
    note: str = ""


def compared_settings(settings: Mapping[str, ModelSettings]) -> tuple[ComparedSetting, ...]:
    """Return every setting that a side has, those of the objective first, as far as they were read.

    Weights of rows are no part of the settings: whether both sides have the same ones is not
    known here.
    """
    reference, candidate = settings.get("reference"), settings.get("candidate")
    known = (*OBJECTIVE_SETTINGS, *TRAINING_SETTINGS)
    written = {name for side in settings.values() for name in side.written}
    # What only a plugin knows comes last.
    names = [*(name for name in known if name in written), *sorted(written - {*known})]
    return tuple(_compared(name, reference, candidate) for name in names)


def _compared(
    name: str, reference: ModelSettings | None, candidate: ModelSettings | None
) -> ComparedSetting:
    """Return one setting."""
    words = [side.written.get(name, "") if side else "" for side in (reference, candidate)]
    return ComparedSetting(
        setting=name,
        reference=words[0],
        candidate=words[1],
        same=_same(name, reference, candidate, words),
    )


def _same(
    name: str,
    reference: ModelSettings | None,
    candidate: ModelSettings | None,
    words: list[str],
) -> bool | None:
    """Return whether a setting has the same meaning on both sides; ``None`` where it is not known.

    The two frameworks write one value in different words, so the values are compared as they
    were understood, where they were.
    """
    # Equal words settle it without being understood, as of settings that only a plugin knows.
    if words[0] and words[0] == words[1]:
        return True
    if reference is None or candidate is None:
        return None
    if name in OBJECTIVE_SETTINGS:
        if reference.objective is None or candidate.objective is None:
            return None
        return same_setting(name, reference.objective, candidate.objective)
    if name == "iterations" and reference.training.solver != candidate.training.solver:
        # A hundred steps of one solver are not a hundred of another.
        return False
    # A third party may name settings that the values of this package have no field for.
    first, second = (getattr(side.training, name, None) for side in (reference, candidate))
    return None if first is None or second is None else same_value(first, second)

"""The settings of a check that a marker, a fixture, an ini file or an argument gives.

They have this precedence: argument, marker, fixture, ini, default.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from pytest_modelparity.check_values import (
    BY_SHORTCUT,
    PIPELINE_ROWS,
    Ranges,
    read_allow_pickle,
    read_budget,
    read_candidate_rows,
    read_input_ranges,
    read_kind,
    read_memory,
    read_n_jobs,
    read_seed,
    read_training,
)
from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.tolerance import Tolerance

DEFAULT_SEED = 0
DEFAULT_EXPLAIN = True
DEFAULT_BUDGET = 10.0
DEFAULT_TRAINING = BY_SHORTCUT
DEFAULT_MEMORY = 160.0


class Unset(enum.Enum):
    """Stands for a setting that a place says nothing about; ``None`` may be a value of its own."""

    UNSET = "unset"

    def __repr__(self) -> str:
        """Return what a signature shows."""
        return "<default>"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSettings:
    """The settings of a check that one place gives, such as a marker or an ini file.

    Parameters
    ----------
    tolerance : Tolerance
        What is allowed.
    prediction_tolerance : float, optional
        What is allowed of a regressor's predictions: a bare number, or that of ``tolerance``;
        ``None`` where that is for classifiers.
    seed : int, optional
        ``None``: initialisation and shuffling are left to the candidate's framework.
    explain : bool
        Whether a divergence is attributed to settings.
    budget : float
        Seconds for that.
    training : str
        ``"auto"`` or ``"fit"``: whether a long training may take the proven short cut.
    input_ranges : mapping or tuple of pairs, optional
        The range of some columns, by name or number, or that of each column.
    candidate_rows : str
        ``"pipeline"`` or ``"transformed"``: whether the candidate takes the rows that a pipeline
        takes, or those that its last step gets.
    kind : str, optional
        What the candidate is, where it could be two things.
    allow_pickle : bool
        Whether a file may be loaded that runs code as it is loaded.
    n_jobs : int, optional
        Cores for passes over rows, -1 for all; ``None``: all, shared out among workers.
    memory : float
        Megabytes that the rows may take in memory as float64.

    Raises
    ------
    ModelParityError
        If the seed is neither ``None`` nor an integer >= 0, ``explain`` is not a bool, the
        budget is no finite number >= 0, ``training`` or ``candidate_rows`` is another word,
        ``kind`` is no word, ``allow_pickle`` is not a bool, ``input_ranges`` holds anything but
        pairs, ``n_jobs`` is neither a positive integer nor -1, or ``memory`` is no number >= 0.
    """

    # Not None for "not given": of a seed it has a meaning of its own, that of no seed.
    tolerance: Tolerance | Unset = UNSET
    # Beside it: a bare number is meant for whatever the reference predicts.
    prediction_tolerance: float | Unset | None = UNSET
    seed: int | Unset | None = UNSET
    explain: bool | Unset = UNSET
    budget: float | Unset = UNSET
    training: str | Unset = UNSET
    input_ranges: Ranges | Unset | None = UNSET
    candidate_rows: str | Unset = UNSET
    kind: str | Unset | None = UNSET
    allow_pickle: bool | Unset = UNSET
    n_jobs: int | Unset | None = UNSET
    memory: float | Unset = UNSET

    def __post_init__(self) -> None:
        if self.seed is not UNSET and self.seed is not None:
            object.__setattr__(self, "seed", read_seed(self.seed))
        if self.explain is not UNSET and not isinstance(self.explain, bool):
            raise ModelParityError(f"explain must be True or False, got explain={self.explain!r}")
        if self.budget is not UNSET:
            object.__setattr__(self, "budget", read_budget(self.budget))
        if self.training is not UNSET:
            read_training(self.training)
        if self.candidate_rows is not UNSET:
            read_candidate_rows(self.candidate_rows)
        if self.kind is not UNSET and self.kind is not None:
            read_kind(self.kind)
        if self.allow_pickle is not UNSET:
            read_allow_pickle(self.allow_pickle)
        if self.input_ranges is not UNSET and self.input_ranges is not None:
            object.__setattr__(self, "input_ranges", read_input_ranges(self.input_ranges))
        if self.n_jobs is not UNSET and self.n_jobs is not None:
            object.__setattr__(self, "n_jobs", read_n_jobs(self.n_jobs))
        if self.memory is not UNSET:
            object.__setattr__(self, "memory", read_memory(self.memory))

    @classmethod
    def of_arguments(cls, **given: Any) -> CheckSettings:
        """Return what arguments of a check say, by their names.

        ``None`` says nothing, but of a seed.
        """
        # Of `explain` it is a mistake, which is refused as any other.
        values = {
            name: value
            for name, value in given.items()
            if value is not None or name in ("seed", "explain")
        }
        if "tolerance" in values:
            tolerance = values["tolerance"]
            values["tolerance"] = Tolerance.of(tolerance)
            values["prediction_tolerance"] = _of_predictions(tolerance)
        return cls(**values)

    def over(self, *others: CheckSettings | None) -> CheckSettings:
        """Return these settings, completed by the others', of which the first wins."""
        result = self
        for other in others:
            if other is not None:
                own = {field.name: getattr(result, field.name) for field in fields(result)}
                given = {name: value for name, value in own.items() if value is not UNSET}
                result = replace(other, **given)
        return result


def _of_predictions(tolerance: Tolerance | float | None) -> float | Unset | None:
    """Return what a tolerance allows of predictions; unset where none was given."""
    if isinstance(tolerance, Tolerance):
        return tolerance.prediction
    return UNSET if tolerance is None else Tolerance(prediction=tolerance).prediction


#: The names of the settings, which arguments and keywords of the marker have too.
SETTINGS: Final = tuple(
    field.name for field in fields(CheckSettings) if field.name != "prediction_tolerance"
)

#: What holds where no place says anything.
DEFAULTS: Final = CheckSettings(
    tolerance=Tolerance(),
    seed=DEFAULT_SEED,
    explain=DEFAULT_EXPLAIN,
    budget=DEFAULT_BUDGET,
    training=DEFAULT_TRAINING,
    input_ranges=None,
    candidate_rows=PIPELINE_ROWS,
    kind=None,
    allow_pickle=False,
    n_jobs=None,
    memory=DEFAULT_MEMORY,
)

"""The settings of a check that a marker, a fixture, an ini file or an argument gives.

They have this precedence: argument, marker, fixture, ini, default.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, TypeAlias

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.tolerance import Tolerance

DEFAULT_SEED = 0
DEFAULT_EXPLAIN = True
DEFAULT_BUDGET = 10.0
#: How a candidate's own training may be made: wholly by its framework's ``fit``, or, where it is
#: long, by a short cut that is proven in the same check.
BY_FIT, BY_SHORTCUT = "fit", "auto"
DEFAULT_TRAINING = BY_SHORTCUT
#: Which rows a candidate takes beside a pipeline: its own, or those that its last step gets.
PIPELINE_ROWS, TRANSFORMED_ROWS = "pipeline", "transformed"
#: Keras takes seeds of 32 bits.
SEED_LIMIT = 2**32

#: What a column may hold: its smallest and its largest value, of columns by name or number, or of
#: every column.
Ranges: TypeAlias = "Mapping[object, tuple[float, float]] | tuple[tuple[float, float], ...]"


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

    Raises
    ------
    ModelParityError
        If the seed is neither ``None`` nor an integer >= 0, ``explain`` is not a bool, the
        budget is no finite number >= 0, ``training`` or ``candidate_rows`` is another word, or
        ``input_ranges`` holds anything but pairs.
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
        if self.input_ranges is not UNSET and self.input_ranges is not None:
            object.__setattr__(self, "input_ranges", read_input_ranges(self.input_ranges))

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


def read_seed(value: object) -> int:
    """Return a seed as a builtin int.

    Raises
    ------
    ModelParityError
        If ``value`` is not an integer in [0, 2**32).
    """
    try:
        # True is an integer to Python, and as a seed a mistake.
        if isinstance(value, bool):
            raise TypeError
        # Takes NumPy's integers, and no float that happens to be whole.
        seed = value.__index__()  # type: ignore[attr-defined]
    except (AttributeError, TypeError):
        seed = -1
    if not 0 <= seed < SEED_LIMIT:
        raise ModelParityError(
            f"seed must be None or an integer in [0, 2**32), got seed={value!r}; "
            f"None leaves initialisation and shuffling to Keras"
        )
    return int(seed)


def read_budget(value: object) -> float:
    """Return a budget as a builtin float.

    Raises
    ------
    ModelParityError
        If ``value`` is no finite number >= 0.
    """
    try:
        budget = float("nan") if isinstance(value, (bool, str)) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        budget = float("nan")
    if not 0 <= budget < float("inf"):
        raise ModelParityError(
            f"budget must be a finite number of seconds >= 0, got budget={value!r}; "
            f"0 names the causes without trying repairs, explain=False looks for none"
        )
    return budget


def read_training(value: object) -> str:
    """Return how a candidate's own training may be made.

    Raises
    ------
    ModelParityError
        If ``value`` is neither ``"auto"`` nor ``"fit"``.
    """
    return _one_of(
        "training",
        value,
        (BY_SHORTCUT, BY_FIT),
        f"{BY_FIT!r} makes every epoch by the candidate's own fit, {BY_SHORTCUT!r} the first ones "
        f"where a faster training is proven to be equal",
    )


def read_candidate_rows(value: object) -> str:
    """Return which rows a candidate takes.

    Raises
    ------
    ModelParityError
        If ``value`` is neither ``"pipeline"`` nor ``"transformed"``.
    """
    return _one_of(
        "candidate_rows",
        value,
        (PIPELINE_ROWS, TRANSFORMED_ROWS),
        f"{TRANSFORMED_ROWS!r} is for a candidate that takes what the last step of the pipeline "
        f"takes",
    )


def _one_of(name: str, value: object, words: tuple[str, str], meaning: str) -> str:
    """Return a word that must be one of two."""
    if value not in words:
        first, second = words
        raise ModelParityError(
            f"{name} must be {first!r} or {second!r}, got {name}={value!r}; {meaning}"
        )
    return str(value)


def read_input_ranges(value: object) -> Ranges:
    """Return ranges of columns as builtin floats.

    Raises
    ------
    ModelParityError
        If ``value`` is neither a mapping of columns to pairs nor a pair for every column, or a
        pair is not two finite numbers of which the second is not the smaller.
    """
    if isinstance(value, Mapping):
        return {key: _read_pair(f"{key!r}", pair) for key, pair in value.items()}
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ModelParityError(
            f"input_ranges must map columns to pairs of numbers, or hold a pair for every column, "
            f"got {value!r}; write for example input_ranges={{'age': (18, 99)}}"
        )
    return tuple(_read_pair(str(column), pair) for column, pair in enumerate(value))


def _read_pair(column: str, pair: object) -> tuple[float, float]:
    """Return the smallest and the largest value of a column."""
    try:
        if isinstance(pair, str):
            raise TypeError
        low, high = (float(end) for end in pair)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ModelParityError(
            f"input_ranges of column {column} must be two finite numbers, the smaller one first, "
            f"got {pair!r}"
        )
    return low, high


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
)

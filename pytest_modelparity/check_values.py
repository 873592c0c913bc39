"""What a setting of a check may be: read, or refused in one sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from pytest_modelparity.errors import ModelParityError

#: How a candidate's own training may be made: wholly by its framework's ``fit``, or, where it is
#: long, by a short cut that is proven in the same check.
BY_FIT, BY_SHORTCUT = "fit", "auto"
#: Which rows a candidate takes beside a pipeline: its own, or those that its last step gets.
PIPELINE_ROWS, TRANSFORMED_ROWS = "pipeline", "transformed"
#: Keras takes seeds of 32 bits.
SEED_LIMIT = 2**32
#: The ``n_jobs`` of all cores, as in scikit-learn.
ALL_CORES = -1

#: What a column may hold: its smallest and its largest value, of columns by name or number, or of
#: every column.
Ranges: TypeAlias = "Mapping[object, tuple[float, float]] | tuple[tuple[float, float], ...]"


def read_seed(value: object) -> int:
    """Return a seed as a builtin int.

    Raises
    ------
    ModelParityError
        If ``value`` is not an integer in [0, 2**32).
    """
    seed = _integer(value)
    if seed is None or not 0 <= seed < SEED_LIMIT:
        raise ModelParityError(
            f"seed must be None or an integer in [0, 2**32), got seed={value!r}; "
            f"None leaves initialisation and shuffling to Keras"
        )
    return seed


def read_budget(value: object) -> float:
    """Return a budget as a builtin float.

    Raises
    ------
    ModelParityError
        If ``value`` is no finite number >= 0.
    """
    budget = _number(value)
    if not 0 <= budget < math.inf:
        raise ModelParityError(
            f"budget must be a finite number of seconds >= 0, got budget={value!r}; "
            f"0 names the causes without trying repairs, explain=False looks for none"
        )
    return budget


def read_n_jobs(value: object) -> int:
    """Return a number of cores as a builtin int; -1 stands for all.

    Raises
    ------
    ModelParityError
        If ``value`` is neither a positive integer nor -1.
    """
    n_jobs = _integer(value)
    if n_jobs is None or not (n_jobs > 0 or n_jobs == ALL_CORES):
        raise ModelParityError(
            f"n_jobs must be a positive integer or {ALL_CORES}, got n_jobs={value!r}; "
            f"{ALL_CORES} takes all cores that the process may use"
        )
    return n_jobs


def read_memory(value: object) -> float:
    """Return megabytes as a builtin float.

    Raises
    ------
    ModelParityError
        If ``value`` is no number >= 0.
    """
    memory = _number(value)
    if not memory >= 0:
        raise ModelParityError(
            f"memory must be a number of megabytes >= 0, got memory={value!r}; rows that take "
            f"more are passed over in blocks, with 0 all are"
        )
    return memory


def _integer(value: object) -> int | None:
    """Return an integer as a builtin one; ``None`` of what is none."""
    # True is an integer to Python, and as a setting a mistake.
    if isinstance(value, bool):
        return None
    try:
        # Takes NumPy's integers, and no float that happens to be whole.
        return int(value.__index__())  # type: ignore[attr-defined]
    except (AttributeError, TypeError):
        return None


def _number(value: object) -> float:
    """Return a number as a builtin float; NaN of what is none."""
    try:
        return math.nan if isinstance(value, (bool, str)) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


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


def read_kind(value: object) -> str:
    """Return what a candidate is said to be; which words there are, the kinds know.

    Raises
    ------
    ModelParityError
        If ``value`` is no text.
    """
    if not isinstance(value, str):
        raise ModelParityError(
            f"kind must be a word such as 'predict' or 'train', got kind={value!r}; it says what "
            f"the candidate is where that could be two things"
        )
    return value


def read_allow_pickle(value: object) -> bool:
    """Return whether a file may be loaded that runs code as it is loaded.

    Raises
    ------
    ModelParityError
        If ``value`` is not a bool.
    """
    if not isinstance(value, bool):
        raise ModelParityError(
            f"allow_pickle must be True or False, got allow_pickle={value!r}; loading a pickle "
            f"runs the code in it"
        )
    return value

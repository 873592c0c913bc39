"""Warnings raised while a side is trained: caught, kept for the report, never swallowed."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_modelparity.report.parts import RecordedWarning


@contextmanager
def recorded_warnings() -> Iterator[list[Warning]]:
    """Collect every warning raised inside, whatever the user's filters say.

    The list is filled when the block ends, also by an exception.
    """
    found: list[Warning] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield found
        finally:
            for item in caught:
                message = item.message
                found.append(
                    message if isinstance(message, Warning) else item.category(str(message))
                )


def as_records(
    raised: list[Warning] | tuple[Warning, ...], side: str
) -> tuple[RecordedWarning, ...]:
    """Return warnings as plain values, repeated ones once."""
    records = (
        RecordedWarning(side=side, category=type(item).__name__, message=str(item))
        for item in raised
    )
    return tuple(dict.fromkeys(records))


@contextmanager
def retracing_untold() -> Iterator[None]:
    """Keep TensorFlow from advising against many trainings of many models, which is the task here.

    The advice is a line in TensorFlow's log, for each from the fifth compiled function on.
    """
    log = logging.getLogger("tensorflow")
    log.addFilter(_is_no_advice)
    try:
        yield
    finally:
        log.removeFilter(_is_no_advice)


def _is_no_advice(record: logging.LogRecord) -> bool:
    """Whether a line says something else than that functions are traced again and again."""
    return "triggered tf.function retracing" not in record.getMessage()

"""The numbers of a map of the training, as a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

from pytest_modelparity.report.pictures import TrainingMap

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapTable:
    """What is left, a row for each number of epochs; ``of`` counts all trainings of the map."""

    rates: tuple[float, ...]
    rows: tuple[tuple[int, tuple[float | None, ...]], ...]
    of: int

    @property
    def shown(self) -> int:
        """Trainings in the table."""
        return len(self.rates) * len(self.rows)


def map_table(training_map: TrainingMap, most: int) -> MapTable:
    """Return the numbers of a map, of evenly spaced rates and epochs where they are too many."""
    rates, epochs, left = training_map.learning_rates, training_map.epochs, values_of(training_map)
    if len(rates) * len(epochs) > most:
        # Twice as many epochs as rates: a table is scrolled down rather than sideways.
        rates = _some(rates, math.isqrt(most // 2))
        epochs = _some(epochs, most // len(rates))
    return MapTable(
        rates=rates,
        rows=tuple((epoch, tuple(left.get((rate, epoch)) for rate in rates)) for epoch in epochs),
        of=len(training_map.learning_rates) * len(training_map.epochs),
    )


def _some(values: tuple[T, ...], most: int) -> tuple[T, ...]:
    """Return at most so many values, evenly spaced, both ends among them."""
    most, last = max(most, 2), len(values) - 1
    if last < most:
        return values
    return tuple(values[round(index * last / (most - 1))] for index in range(most))


def values_of(training_map: TrainingMap) -> dict[tuple[float, float], float]:
    """Return what is left by learning rate and epochs."""
    return {
        (rate, epochs): value
        for rate, values in zip(training_map.learning_rates, training_map.left, strict=False)
        for epochs, value in zip(training_map.epochs, values, strict=False)
    }

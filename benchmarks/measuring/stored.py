"""The ratios of an earlier run, and what became worse since."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring.rows import Row

#: A ratio that is so many times the stored one is said to be worse.
WORSE = 1.5


@dataclass(frozen=True, kw_only=True)
class Worse:
    """A ratio that grew.

    Parameters
    ----------
    key : str
        Table, row and what it is compared with.
    now, before : float
        Its ratio, and the stored one.
    """

    key: str
    now: float
    before: float

    def words(self) -> str:
        """Say it in a line."""
        times = self.now / self.before if self.before > 0 else float("inf")
        return f"{self.key}: {self.now:.3g}, {times:.1f} times the stored {self.before:.3g}"


def key_of(table: str, row: str, other: str) -> str:
    """Return the name of a ratio."""
    return f"{table}: {row} / {other}"


def ratios_of(results: Mapping[str, Sequence[Row]]) -> dict[str, float]:
    """Return all ratios, by their names."""
    return {
        key_of(table, row.name, other): ratio
        for table, rows in results.items()
        for row in rows
        for other, ratio in row.ratios.items()
    }


def what_is_worse(
    results: Mapping[str, Sequence[Row]], stored: Mapping[str, float]
) -> dict[str, Worse]:
    """Return what became worse, by the name of its ratio; a ratio without a stored one cannot."""
    worse = {}
    for table, rows in results.items():
        for row in rows:
            for other, now in row.ratios.items():
                key = key_of(table, row.name, other)
                before = stored.get(key)
                # NaN is worse than anything. What is within the noise of a clock is not.
                if before is None or now <= WORSE * before:
                    continue
                if (now - before) * row.others[other] <= row.noise:
                    continue
                worse[key] = Worse(key=key, now=now, before=before)
    return worse


def not_measured(results: Mapping[str, Sequence[Row]], stored: Mapping[str, float]) -> list[str]:
    """Return the names of stored ratios that no row has any more."""
    return sorted(set(stored) - set(ratios_of(results)))


def read(path: Path) -> dict[str, float]:
    """Return the stored ratios; none where there is no file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write(path: Path, results: Mapping[str, Sequence[Row]]) -> None:
    """Store the ratios."""
    # Three digits: the fourth is another one in every run.
    rounded = {key: float(f"{ratio:.3g}") for key, ratio in ratios_of(results).items()}
    path.write_text(json.dumps(rounded, indent=1, sort_keys=True) + "\n", encoding="utf-8")

"""How long passes over rows take, by a model of few constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import least_squares

#: What the constants count, with their units.
CONSTANTS = {
    "multiplication": "s a multiplication, by one core",
    "byte": "s a byte read in a pass, by one core",
    "row": "s a row in a pass that looks at labels, by one core",
    "verdict row": "s a row that both models predict, by one core",
    "pass": "s a pass of a cluster",
    "task": "s a task of one",
    "moved": "s a byte between here and the workers, network aside",
    "check": "s a check, whatever its rows",
}
#: What they are about: a core at its best, and a byte through a socket of one machine.
PLAUSIBLE = (4e-11, 1e-10, 5e-8, 2e-7, 2e-2, 2e-3, 1e-9, 0.3)
#: How much that weighs beside a run: what no run can tell stays there.
PULL = 0.1
#: Bytes of a number.
NUMBER = 8


@dataclass(frozen=True, kw_only=True)
class Passes:
    """What some passes over rows ask for.

    Parameters
    ----------
    n, p : int
        Numbers of rows and features.
    groups : int
        Of the rows.
    tasks : int
        Of one pass on a cluster.
    passes, labelled : int
        How many there are, and how many of them look at labels or weights.
    sent : int
        Bytes of labels and weights of a row that travel to a cluster, in all passes together.
    work : float
        Multiplications of all of them.
    verdicts : int
        How often both models predict all rows: a cluster's workers, or one core here.
    checks : int
        Whole checks.
    """

    n: int
    p: int
    groups: int
    tasks: int
    passes: int = 0
    labelled: int = 0
    sent: int = 0
    work: float = 0.0
    verdicts: int = 0
    checks: int = 0

    def scaled(self, n: int, groups: int, tasks: int) -> Passes:
        """Return the same passes over another number of rows."""
        return replace(self, n=n, groups=groups, tasks=tasks, work=self.work * n / self.n)

    @property
    def moved(self) -> float:
        """The bytes between here and a cluster."""
        return float(self.n * self.sent)

    def amounts(self, cores: int, *, cluster: bool) -> np.ndarray:
        """Return how often each constant is paid, one core after the other."""
        there = [
            self.passes + self.verdicts,
            self.tasks * (self.passes + self.verdicts),
            self.moved,
        ]
        return np.array(
            [
                self.work / cores,
                NUMBER * self.n * self.p * self.passes / cores,
                self.n * self.labelled / cores,
                self.n * self.verdicts / (cores if cluster else 1),
                *(there if cluster else np.zeros(len(there))),
                self.checks,
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Run:
    """One measurement.

    Parameters
    ----------
    what : str
        "finite", "optimum" or "check".
    cluster : bool
        Whether the rows were in the processes of a cluster; else in a mapped file.
    cores : int
        Processes or threads.
    phases : mapping of str to Passes
        What each phase of it asked for.
    seconds : float
        By the clock.
    fitted : bool
        Whether the constants are fitted to it, or it is left out.
    """

    what: str
    cluster: bool
    cores: int
    phases: Mapping[str, Passes]
    seconds: float
    fitted: bool

    @property
    def size(self) -> Passes:
        """Some passes, which all are over the same rows."""
        return next(iter(self.phases.values()))

    @property
    def amounts(self) -> np.ndarray:
        """How often each constant was paid."""
        parts = (one.amounts(self.cores, cluster=self.cluster) for one in self.phases.values())
        return np.sum([*parts], axis=0)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Run:
        """Return a run that was stored."""
        phases = {name: Passes(**passes) for name, passes in stored["phases"].items()}
        return cls(**{**stored, "phases": phases})


def constants_of(runs: Sequence[Run]) -> dict[str, float]:
    """Return the constants that come nearest to runs, by least squares of logarithms."""
    amounts = np.array([run.amounts for run in runs])
    seconds = np.array([run.seconds for run in runs])

    about = np.log(PLAUSIBLE)

    def apart(logarithms: np.ndarray) -> np.ndarray:
        own = np.log(amounts @ np.exp(logarithms)) - np.log(seconds)
        return np.append(own, PULL * (logarithms - about))

    found = least_squares(apart, about)
    return dict(zip(CONSTANTS, map(float, np.exp(found.x)), strict=True))


def predicted(constants: Mapping[str, float], run: Run) -> float:
    """Return the seconds that a model gives a run."""
    return float(run.amounts @ [*constants.values()])


def off(constants: Mapping[str, float], runs: Sequence[Run]) -> list[float]:
    """Return the quotient of both seconds for each run, 1 or more."""
    return [float(np.exp(abs(np.log(predicted(constants, run) / run.seconds)))) for run in runs]

"""How long explaining may take, what it took, and what was left out for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pytest_modelparity.report.numbers import listed
from pytest_modelparity.report.parts import Effort

#: Share of the budget that looking for causes may take; the rest is for verifying repairs.
EXPLAINING_SHARE = 0.5
#: Within the usual budget, and in proportion within another, sweeps take no more than this and
#: so many times the candidate's own training: a check that takes a second is not explained for a
#: quarter of a minute. With what follows and the exact optima, which take about a second, that
#: stays below twice the training and 3 s, with room for a machine that is busy.
EXPLAINING_SECONDS = 0.8
EXPLAINING_TRAININGS = 1.6
#: So many seconds more, in proportion likewise, are kept back for the last resort.
KEPT_BACK = 0.7
USUAL_BUDGET = 30.0
#: Seeds with which a repair is trained for real.
VERIFYING_SEEDS = 3


class Budget:
    """The time of one explanation.

    What may be tried is decided by reckoned costs, so that one explanation is the same on a fast
    machine and a slow one; only where the clock passes the whole budget, less is tried.

    What does not fit is left out and said, in this order: the verification of further repairs,
    pairs of changed settings, further changes of one setting, the verification of the repair.
    Some time is kept back for the last resort, a training that hardly fails. Exact optima and the
    spread over seeds are always made; they cost about a second.

    Parameters
    ----------
    seconds : float
        For everything together.
    training : float, optional
        Seconds of the candidate's own training on an idle machine, reckoned.
    progress : callable, optional
        Told what is being done.
    """

    def __init__(
        self,
        seconds: float,
        training: float | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.seconds = seconds
        self._most = min(
            EXPLAINING_SHARE * seconds,
            (EXPLAINING_SECONDS + EXPLAINING_TRAININGS * (training or 0.0))
            * (seconds / USUAL_BUDGET),
        )
        self._kept_back = KEPT_BACK * seconds / USUAL_BUDGET
        self._progress = progress
        self._started = time.perf_counter()
        self._verifying = self._booked = 0.0
        self._left_out: list[str] = []
        self._settings: list[str] = []

    def say(self, doing: str) -> None:
        """Tell what is being done."""
        if self._progress is not None:
            self._progress(doing)

    def affords(self, cost: float, *, last_resort: bool = False) -> bool:
        """Whether looking for causes may cost so many seconds more; if so, they are booked.

        Parameters
        ----------
        cost : float
            Reckoned seconds.
        last_resort : bool
            Whether it is for what is kept back until nothing else has helped.
        """
        most = self._most + (self._kept_back if last_resort else 0.0)
        if self._booked + cost > most or self._spent() > self.seconds:
            return False
        self._booked += cost
        return True

    def may_verify(self, seconds: float) -> bool:
        """Whether there is time for the trainings of a verification, one of which takes so long."""
        return self._spent() + VERIFYING_SEEDS * seconds <= self.seconds

    def leave_out(self, sentence: str) -> None:
        """Note what was not done."""
        if sentence not in self._left_out:
            self._left_out.append(sentence)

    def leave_out_values(self, setting: str) -> None:
        """Note that not every value of a setting was tried."""
        if setting not in self._settings:
            self._settings.append(setting)

    @contextmanager
    def verifying(self) -> Iterator[None]:
        """Book the time of a verification apart."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._verifying += time.perf_counter() - started

    def effort(self) -> Effort:
        """Return what was spent so far."""
        return Effort(
            budget=self.seconds,
            explaining=self._explaining(),
            verifying=self._verifying,
            left_out=(*self._sweeps_left_out(), *self._left_out),
        )

    def _sweeps_left_out(self) -> tuple[str, ...]:
        """Return the sentence on settings whose values were not all tried."""
        if not self._settings:
            return ()
        return (f"more values of {listed(self._settings, 'and')}",)

    def _spent(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._started

    def _explaining(self) -> float:
        """Return the seconds that did not go into verifying."""
        return self._spent() - self._verifying

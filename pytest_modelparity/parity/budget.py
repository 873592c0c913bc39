"""How long explaining may take, and what was spent of it: numbers alone."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Shares of the budget that looking for causes may take, each an account of its own, so that a
#: slow solver does not use up what the candidate's variants need; ...
SHARES = {
    "seeds": 0.1,
    "inference": 0.3,
    "reference": 0.35,
    "repaired": 0.4,
    "candidate": 0.35,
    "optima": 0.2,
}
#: ... and the share that all may take together: the rest is for verifying.
SEARCHING_SHARE = 0.9
#: The share of telling what a side was trained on where nothing is trained again.
INFERENCE_ALONE = 0.7
#: Seconds that each of what names the causes may take whatever the budget, one of 0 as well: exact
#: optima between the two objectives, and inferring an objective.
NAMING_SECONDS = 1.0
NAMING = ("optima", "inference")
#: Within the usual budget, and in proportion within another, the variants of the candidate may
#: take no more than this and so many times its own training: a check that takes a second is not
#: explained for a quarter of a minute.
EXPLAINING_SECONDS = 0.6
EXPLAINING_TRAININGS = 0.2
#: The same where nothing but the framework's own ``fit`` can train them, 0.4 s or more each: less
#: would try none of them.
FIT_SECONDS, FIT_TRAININGS = 0.8, 1.6
#: So many seconds more, in proportion likewise, are kept back for the last resort.
KEPT_BACK = 0.6
USUAL_BUDGET = 10.0
#: An iteration that was reckoned wrongly is ended so much after the budget, or `NAMING_SECONDS`.
OVERTIME_SHARE = 0.1
#: Share of the budget after which, by the clock, no more is tried: on a machine that is slower than
#: reckoned a repair is worth more when it is verified than when another one was tried.
TRYING_SHARE = 0.7
#: Share of the budget within which a repair is trained by ``fit`` from its first epoch to its last.
WHOLE_FIT_SHARE = 0.05
#: Share of the budget that a map of the training may take, after all else.
MAP_SHARE = 0.2
#: Seeds with which a repair is trained.
VERIFYING_SEEDS = 3


class Budget:
    """The time of one explanation.

    What is done is decided by reckoned costs, so that one explanation is the same on a fast machine
    and a slow one; only where the clock passes the whole budget, because something was reckoned
    wrongly or the machine is busy, less is done.

    Parameters
    ----------
    seconds : float
        For everything after the two trainings that the user asked for.
    training : float, optional
        Seconds of the candidate's own training on an idle machine, reckoned.
    by_fit_alone : bool
        Whether a repair is trained by ``fit`` to its last epoch, however long that takes.
    trains_again : bool
        Whether anything may be trained again.
    """

    def __init__(
        self,
        seconds: float,
        training: float | None = None,
        *,
        by_fit_alone: bool = False,
        trains_again: bool = True,
    ) -> None:
        self.seconds = seconds
        #: Reckoned seconds within which a repair is trained wholly by ``fit``.
        self.for_whole_fit = math.inf if by_fit_alone else WHOLE_FIT_SHARE * seconds
        #: Reckoned seconds that a map of the training may take.
        self.for_a_map = MAP_SHARE * seconds
        self._part = seconds / USUAL_BUDGET
        self._training = training or 0.0
        shares = SHARES if trains_again else {**SHARES, "inference": INFERENCE_ALONE}
        self._most = {account: share * seconds for account, share in shares.items()}
        self._most |= {account: max(self._most[account], NAMING_SECONDS) for account in NAMING}
        self._limit_variants(EXPLAINING_SECONDS, EXPLAINING_TRAININGS)
        self._kept_back = KEPT_BACK * self._part
        self._started = time.perf_counter()
        self._stopped = False
        self._given = 0.0
        self._verifying = 0.0
        self._takes_its_time = False
        self._booked = dict.fromkeys(SHARES, 0.0)
        #: Whether the clock, not the reckoning, was what something was left out for.
        self.stopped_by_the_clock = False

    def allow_fit(self) -> None:
        """Let the candidate's variants take what trainings by ``fit`` itself need."""
        self._limit_variants(FIT_SECONDS, FIT_TRAININGS)

    def _limit_variants(self, fixed: float, trainings: float) -> None:
        """Limit what the candidate's variants may take together."""
        most = (fixed + trainings * self._training) * self._part
        self._most["candidate"] = min(SHARES["candidate"] * self.seconds, most)

    def affords(self, account: str, cost: float, *, last_resort: bool = False) -> bool:
        """Whether something may cost so many reckoned seconds more.

        Parameters
        ----------
        account : str
            ``"seeds"``; ``"inference"`` for telling what a side was trained on; ``"optima"`` for
            exact optima that explaining alone needs; ``"repaired"``
            for the candidate as it is on its repaired objective; or the side whose variants it is
            for, ``"reference"`` or ``"candidate"``.
        cost : float
            Reckoned seconds.
        last_resort : bool
            Whether it is for what is kept back until nothing else has helped.
        """
        kept_back = self._kept_back if last_resort else 0.0
        # A question that changes nothing: to ask twice must not cost twice.
        # What is free is tried even where the last resort took more than the account had.
        together = self._given + sum(self._booked.values()) + cost
        reckoned = not cost or (
            self._booked[account] + cost <= self._most[account] + kept_back
            and together <= SEARCHING_SHARE * self.seconds + kept_back
        )
        if account not in NAMING:
            return reckoned and self._in_time((1.0 - TRYING_SHARE) * self.seconds)
        # They name the causes: for them there is time to the end, and a second at least.
        if self._most[account] <= NAMING_SECONDS:
            return not self._stopped and self._booked[account] + cost <= NAMING_SECONDS
        return reckoned and self._in_time()

    def allows_step(self) -> bool:
        """Whether an iteration that explaining needs may go on; noted where it may not."""
        if self._takes_its_time:
            return True
        over = max(OVERTIME_SHARE * self.seconds, NAMING_SECONDS)
        return self._in_time(-over)

    def stop(self) -> None:
        """Afford nothing more, as after an interrupt."""
        self._stopped = True

    def begin_with(self, cost: float) -> None:
        """Count reckoned seconds that were spent on what no check does without."""
        self._given += cost

    def book(self, account: str, cost: float) -> None:
        """Count reckoned seconds as spent."""
        self._booked[account] += cost

    def affords_verification(self, seconds: float) -> bool:
        """Whether there is time for a verification that takes so long."""
        reckoned = self._given + sum(self._booked.values()) + seconds
        # By the clock too: this is one long call, and who set a budget waits for no more.
        return reckoned <= self.seconds and self._in_time(seconds)

    def affords_map(self, seconds: float) -> bool:
        """Whether there is room for a map of the training, when all else is done."""
        return seconds <= self.for_a_map and self.affords_verification(seconds)

    @contextmanager
    def verifying(self) -> Iterator[None]:
        """Count the time inside as that of a verification."""
        started = time.perf_counter()
        # Who wants each epoch made by `fit` waits for the last one.
        self._takes_its_time = math.isinf(self.for_whole_fit)
        try:
            yield
        finally:
            self._takes_its_time = False
            self._verifying += time.perf_counter() - started

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._started

    @property
    def spent_verifying(self) -> float:
        """Seconds that verifications took."""
        return self._verifying

    def _in_time(self, seconds: float = 0.0) -> bool:
        """Whether the clock allows so many seconds more; noted where it does not."""
        if self._stopped:
            return False
        in_time = self.spent + seconds <= self.seconds
        # A budget of nothing is no slow machine.
        self.stopped_by_the_clock |= not in_time and self.seconds > 0
        return in_time

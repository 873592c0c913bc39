"""Ways to bring a side where it should be, and what explaining its error came to."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_modelparity.parity.objective import Repaired
from pytest_modelparity.parity.trials import Trial
from pytest_modelparity.report.parts import Cause, Change
from pytest_modelparity.sides.fitted import FittedModel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """One way to bring a side where it should be.

    Parameters
    ----------
    changes : tuple of Change
        Of its objective; none: the objective stays.
    trial : Trial, optional
        Of its training; ``None``: that was not tried.
    fitted : FittedModel, optional
        The model, where nothing is changed of a side.
    """

    changes: tuple[Change, ...] = ()
    trial: Trial | None = None
    fitted: FittedModel | None = None

    @property
    def all_changes(self) -> tuple[Change, ...]:
        """Everything to write, the objective first."""
        return self.changes + (self.trial.remedy.changes if self.trial else ())

    @property
    def order(self) -> tuple[bool, bool, int, float]:
        """Sort key: what lasts with other seeds, by ``fit``, with few and small changes first."""
        # False sorts before True: each of these says what makes a way worse.
        if self.trial is None:
            return False, False, len(self.changes), 0.0
        remedy = self.trial.remedy
        return not self.trial.robust, not remedy.by_fit, len(self.all_changes), remedy.size


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explained:
    """What explaining one side's own error came to.

    Parameters
    ----------
    causes : tuple of Cause
        The settings that make a difference.
    ways : tuple of Way
        What closes it, the smallest change of each setting.
    nearest : Way, optional
        Where nothing closes: what comes nearest.
    repaired : Repaired, optional
        The candidate that was trained, its objective repaired in the first way.
    """

    causes: tuple[Cause, ...] = ()
    ways: tuple[Way, ...] = ()
    nearest: Way | None = None
    repaired: Repaired | None = None

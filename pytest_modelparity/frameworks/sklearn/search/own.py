"""Searches that fit their own estimator: what each is among its candidates, and what it left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSearch:
    """What is known of such a search's class.

    Parameters
    ----------
    kind : type
        The class; a subclass that fits otherwise is none of it.
    candidate_of : callable
        From an unfitted search to one of the estimators among which it chooses.
    refitted : callable
        From a fitted search to the estimator that it refitted on all rows, with its parameters.
    fitted : tuple of str
        What the fit of a search leaves that the estimator's own does too.
    choices_of : callable
        From a fitted search to the parameters of which it compared several values.
    way_of : callable
        From a fitted search to how it compared them, in words.
    start_of : callable
        From a search to where its last fit starts, in words; by default where the estimator's does.
    """

    kind: Any
    candidate_of: Callable[[Any], Any]
    refitted: Callable[[Any], Any]
    fitted: tuple[str, ...]
    choices_of: Callable[[Any], tuple[str, ...]]
    way_of: Callable[[Any], str]
    start_of: Callable[[Any], str] = lambda _: ""

    def knows(self, search: Any) -> bool:
        """Whether a search is of this class and fits as it does."""
        return isinstance(search, self.kind) and type(search).fit is self.kind.fit

    def chosen_by(self, search: Any) -> Any:
        """Return the estimator that a fitted search refitted on all rows, with what it found."""
        chosen = self.refitted(search)
        for name in self.fitted:
            if hasattr(search, name):
                setattr(chosen, name, getattr(search, name))
        return chosen


def by_folds(number: int) -> str:
    """Return how values were compared, from the number of folds."""
    return f"{number}-fold cross-validation"

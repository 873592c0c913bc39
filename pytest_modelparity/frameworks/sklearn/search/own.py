"""Searches that fit their own estimator: what each is among its candidates, and what it left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
    chosen_by : callable
        From a fitted search to the estimator that it refitted on all rows.
    choices_of : callable
        From a fitted search to the parameters of which it compared several values.
    way_of : callable
        From a fitted search to how it compared them, in words.
    start_of : callable
        From a search to where its last fit starts, in words; empty: where the estimator's does.
    """

    kind: Any
    candidate_of: Callable[[Any], Any]
    chosen_by: Callable[[Any], Any]
    choices_of: Callable[[Any], tuple[str, ...]]
    way_of: Callable[[Any], str]
    start_of: Callable[[Any], str]

    def knows(self, search: Any) -> bool:
        """Whether a search is of this class and fits as it does."""
        return isinstance(search, self.kind) and type(search).fit is self.kind.fit


def with_what_was_fitted(chosen: Any, search: Any, names: Iterable[str]) -> Any:
    """Return an estimator with the attributes that the fit of a search left for it."""
    for name in names:
        if hasattr(search, name):
            setattr(chosen, name, getattr(search, name))
    return chosen


def by_folds(number: int) -> str:
    """Return how values were compared, from the number of folds."""
    return f"{number}-fold cross-validation"

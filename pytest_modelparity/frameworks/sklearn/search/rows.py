"""A search's parameters, one by one."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.sklearn.parameters import spelled
from pytest_modelparity.frameworks.sklearn.search.choice import refuse_without_refit
from pytest_modelparity.sides.mapping import MappingRow

#: Parameters that change nothing of what is chosen.
_WITHOUT_EFFECT = {
    "n_jobs": "it never changes the result",
    "verbose": "it prints progress",
    "pre_dispatch": "it never changes the result",
    "return_train_score": "it only keeps more numbers",
    "use_legacy_attributes": "it chooses how results are named",
    "gcv_mode": "it chooses how the same leave-one-out errors are computed",
    "store_cv_results": "it only keeps more numbers",
    "store_cv_values": "it only keeps more numbers",
    "alpha_per_target": "there is one target",
}

#: A parameter that the last fit of LogisticRegressionCV does not use, though its folds do.
_OF_THE_FOLDS = "intercept_scaling"


def search_rows(
    search: Any, best: Mapping[str, MappingRow], *, known: bool
) -> Iterator[MappingRow]:
    """Yield one row for each constructor parameter of a search, then those of what it chose.

    Parameters
    ----------
    search : object
        Fitted or not.
    best : mapping of str to MappingRow
        The rows of the estimator that is searched, by their name.
    known : bool
        Whether they are those of the best one.
    """
    names = inspect.signature(type(search)).parameters
    for name in names:
        own = name in _WITHOUT_EFFECT or name == _OF_THE_FOLDS or name not in best
        yield _row(search, name) if own else best[name]
    for name, row in best.items():
        if known and name not in names:
            yield MappingRow(
                name=f"best_estimator_.{name}",
                value=row.value,
                keras=row.keras,
                status=row.status,
                reason=row.reason,
            )


def _row(search: Any, name: str) -> MappingRow:
    """Return the row of one of the search's own parameters."""
    keras, status = "what it chose", "exact"
    reason = "it decides what is chosen, and the twin is that of the choice"
    if name in _WITHOUT_EFFECT:
        keras, status, reason = "-", "inert", _WITHOUT_EFFECT[name]
    elif name == _OF_THE_FOLDS:
        reason = "it counts in the folds, and so for the choice; the last fit takes 1"
    elif name == "refit":
        try:
            refuse_without_refit(search)
        except ModelParityError as error:
            keras, status, reason = "-", "unsupported", str(error)
    value = spelled(getattr(search, name, None))
    return MappingRow(name=name, value=value, keras=keras, status=status, reason=reason)

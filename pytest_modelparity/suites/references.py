"""The references of a suite: estimators times a grid of their settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeAlias

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.suites.words import estimator_id, settings_id, unique

#: Values of each setting, as `sklearn.model_selection.ParameterGrid` takes them.
Grid: TypeAlias = Mapping[str, Sequence[Any]]

EXAMPLE = 'grid={"C": [0.1, 1, 10], "solver": ["lbfgs", "newton-cholesky"]}'


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """One setting of an estimator.

    Parameters
    ----------
    id : str
        Stands in the ids of tests and before a row of the matrix.
    estimator : object
        Not fitted; nobody changes it.
    settings : mapping of str to object
        What the grid sets.
    """

    id: str
    estimator: Any
    settings: Mapping[str, Any] = field(default_factory=dict)

    def make(self) -> Any:
        """Return an estimator of its own with the settings."""
        # The settings too: a grid may hold an estimator, which the next test must not find fitted.
        return deepcopy(self.estimator).set_params(**deepcopy(dict(self.settings)))


def references_of(given: Any, grid: Grid | Sequence[Grid] | None) -> tuple[Reference, ...]:
    """Return every setting of every estimator.

    Raises
    ------
    ModelParityError
        If there is none, one is fitted already, or the grid sets what an estimator does not have.
    """
    named = _named(given)
    combinations = list(_combinations(grid))
    found = []
    for name, estimator in named.items():
        _refuse_fitted(estimator)
        for settings in combinations:
            words = settings_id(settings)
            # A single estimator needs no name of its own where settings tell the rows apart.
            shown = words if words and len(named) == 1 and not isinstance(given, Mapping) else name
            id_ = shown if shown == words or not words else f"{shown}-{words}"
            found.append(Reference(id=id_, estimator=estimator, settings=settings))
    for reference in found:
        _try_settings(reference)
    ids = unique(reference.id for reference in found)
    return tuple(
        Reference(id=id_, estimator=one.estimator, settings=one.settings)
        for id_, one in zip(ids, found, strict=True)
    )


def _named(given: Any) -> dict[str, Any]:
    """Return the estimators by name."""
    if isinstance(given, Mapping):
        named = {str(name): estimator for name, estimator in given.items()}
    elif hasattr(given, "get_params") or not isinstance(given, (list, tuple)):
        named = {_name(given): given}
    else:
        names = unique(map(_name, given))
        named = dict(zip(names, given, strict=True))
    if not named:
        raise ModelParityError(
            "references must hold an estimator at least, got none; "
            "pass for example LogisticRegression()"
        )
    for estimator in named.values():
        _name(estimator)
    return named


def _name(estimator: Any) -> str:
    """Return the id of an estimator; refuses what is none."""
    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        what = f"the class {estimator.__name__}" if isinstance(estimator, type) else repr(estimator)
        raise ModelParityError(
            f"references must be an estimator such as LogisticRegression(), a list of them or a "
            f"dict of names and them, got {what}"
        )
    return estimator_id(estimator)


def _combinations(grid: Grid | Sequence[Grid] | None) -> Iterator[dict[str, Any]]:
    """Yield the settings of each combination, the first setting of a grid changing last."""
    for one in [grid or {}] if grid is None or isinstance(grid, Mapping) else grid:
        if not isinstance(one, Mapping):
            raise ModelParityError(
                f"grid must be a dict of settings and their values, or a list of such, got "
                f"{type(one).__name__}; write for example {EXAMPLE}"
            )
        for name, values in one.items():
            # A string is a sequence of letters, and nobody means those.
            if isinstance(values, str) or not hasattr(values, "__len__") or not len(values):
                raise ModelParityError(
                    f"grid must hold a list of values for {name}, got {values!r}; "
                    f"write for example {EXAMPLE}"
                )
        yield from (dict(zip(one, values, strict=True)) for values in product(*one.values()))


def _refuse_fitted(estimator: Any) -> None:
    """Refuse an estimator that cannot be fitted on each data set."""
    # scikit-learn's own rule (check_is_fitted): what `fit` sets ends in an underscore.
    learnt = [n for n in vars(estimator) if n.endswith("_") and not n.startswith("_")]
    if learnt:
        raise ModelParityError(
            f"references must not be fitted, got a {type(estimator).__name__} with {learnt[0]}; "
            f"a suite fits them on each data set: pass sklearn.base.clone(estimator)"
        )


def _try_settings(reference: Reference) -> None:
    """Refuse settings that an estimator does not have."""
    try:
        reference.make()
    except Exception as error:
        raise ModelParityError(
            f"the grid cannot be set on {type(reference.estimator).__name__}: {error}"
        ) from error

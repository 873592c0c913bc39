"""`check_mapping`: the rules that a mapping must keep, as named checks of some estimators."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pytest_modelparity.mapping_checks import conduct, objective, words
from pytest_modelparity.mapping_checks.subject import Subject
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.sides.mapping import EstimatorMapping

#: By name, in the order in which they are made: each yields what is wrong.
RULES: dict[str, Callable[[Subject], Iterator[str]]] = {
    rule.__name__: rule
    for rule in (
        conduct.it_is_complete,
        conduct.nothing_is_changed,
        objective.fit_returns_what_it_promises,
        objective.long_training_reaches_the_optimum,
        objective.the_gradient_is_zero_there,
        objective.what_is_inert_changes_nothing,
        objective.a_weight_of_2_equals_a_repeated_row,
        words.each_parameter_is_used_inert_or_refused,
        conduct.remedies_are_data,
        words.words_make_sense,
        words.the_source_trains_the_same,
        objective.a_planted_change_is_named,
    )
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
# Called rather than yielded by a test class: who writes a mapping chooses names, marks and
# parametrization, and pytest is not imported here.
class MappingCheck:
    """One rule, checked of a mapping on one estimator: call it.

    Parameters
    ----------
    rule : str
        The rule's name.
    number : int
        Which of the estimators it is, from 1.
    subject : Subject
        The mapping, the estimator and the data.
    """

    rule: str
    number: int
    subject: Subject

    @property
    def __name__(self) -> str:
        """Return the id that pytest shows."""
        return f"{type(self.subject.estimator).__name__}-{self.number}-{self.rule}"

    def __repr__(self) -> str:
        """Return the same."""
        return f"<{self.__name__}>"

    def __call__(self) -> None:
        """Make the check.

        Raises
        ------
        AssertionError
            If the mapping breaks the rule; the message says how.
        """
        __tracebackhide__ = True
        # A mapping that changes the estimator fails one rule, not all that follow.
        fresh = replace(self.subject, estimator=copy.deepcopy(self.subject.estimator))
        # The first is enough to act on, and the next may follow from it.
        for problem in RULES[self.rule](fresh):
            raise AssertionError(f"{self.subject.mapping.name}: {problem}")


def check_mapping(
    mapping: EstimatorMapping,
    estimators: Iterable[Any],
    *,
    data: Iterable[tuple[Any, Any]] | None = None,
) -> list[MappingCheck]:
    """Return a check of each rule that a mapping must keep, for each estimator.

    What the mapping says of an estimator is held against what the estimator does itself when it is
    trained for long.

    Parameters
    ----------
    mapping : EstimatorMapping
        Under test.
    estimators : iterable of object
        Unfitted, with a penalty that is strong enough to matter. Several, so that each parameter
        differs somewhere from its default.
    data : iterable of (X, y), optional
        What they are fitted on: arrays of few rows, whose classes overlap. Default: one set of two
        classes and one of three.

    Examples
    --------
    >>> @pytest.mark.parametrize("check", check_mapping(OurMapping(), [Ours(ridge=0.1)]))
    ... def test_our_mapping(check):
    ...     check()  # doctest: +SKIP
    """
    pairs = _two_and_three_classes() if data is None else data
    all_data = tuple(read_dataset(X, y) for X, y in pairs)
    subjects = [Subject(mapping=mapping, estimator=one, all_data=all_data) for one in estimators]
    return [
        MappingCheck(rule=rule, number=number, subject=subject)
        for number, subject in enumerate(subjects, 1)
        for rule in RULES
    ]


def _two_and_three_classes() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield rows of classes that overlap."""
    # Gumbel noise makes the largest score a draw from softmax: the classes overlap, so every
    # objective has a finite optimum, penalised or not.
    generator = np.random.default_rng(0)
    for n_classes in (2, 3):
        X = generator.normal(size=(40 * n_classes, 3))
        scores = X @ generator.normal(size=(3, n_classes))
        yield X, (scores + generator.gumbel(size=scores.shape)).argmax(axis=1)

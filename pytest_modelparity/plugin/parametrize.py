"""`parametrize_parity`: one test for every setting of a reference on every data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pytest_modelparity.suites.datasets import datasets_of
from pytest_modelparity.suites.plan import SuitePlan
from pytest_modelparity.suites.references import Grid, references_of


def parametrize_parity(
    references: Any,
    datasets: Any,
    *,
    grid: Mapping[str, Sequence[Any]] | Sequence[Grid] | None = None,
) -> pytest.MarkDecorator:
    """Run a test of a port for every setting of a reference on every data set.

    The test takes the argument ``parity_case``, a `pytest_modelparity.ParityCase`; every report
    of the run has a matrix that shows where the port holds. Combinations that the reference's own
    ``fit`` refuses are left out and listed below the matrix.

    Parameters
    ----------
    references : estimator, list of estimators, or dict of str to estimator
        Not fitted. The names of a dict stand in the ids of tests.
    datasets : list of HardData, or dict of str to tuple
        Such as `pytest_modelparity.hard_data.classification`; or your own by name, as ``(X, y)``
        or ``(X, y, sample_weight)``.
    grid : dict of str to list, or list of such, optional
        Values of the references' parameters, all combinations of which are tried, as
        `sklearn.model_selection.ParameterGrid` has them; ``"step__C"`` for a step of a pipeline.

    Returns
    -------
    pytest.MarkDecorator
        For a test or a class; or the ``pytestmark`` of a module.

    Raises
    ------
    ModelParityError
        If an argument is something else; the message says what is allowed.

    Examples
    --------
    >>> from pytest_modelparity import hard_data, parametrize_parity
    >>> from sklearn.linear_model import LogisticRegression
    >>> suite = parametrize_parity(
    ...     LogisticRegression(max_iter=1000),
    ...     hard_data.classification("separable", "twenty_classes"),
    ...     grid={"C": [0.1, 1.0], "penalty": ["l1", "l2"], "solver": ["lbfgs", "saga"]},
    ... )
    >>> @suite
    ... def test_port(parity_case):
    ...     port = my_port(parity_case.reference).fit(parity_case.X, parity_case.y)
    ...     assert_models_equivalent(
    ...         parity_case.reference, parity_case.X, parity_case.y, candidate=port
    ...     )
    """
    plan = SuitePlan(references=references_of(references, grid), datasets=datasets_of(datasets))
    return pytest.mark.parity_suite(plan)

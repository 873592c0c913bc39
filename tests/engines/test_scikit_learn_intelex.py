"""scikit-learn-intelex, whose LogisticRegression is a subclass of scikit-learn's, on hard data."""

from __future__ import annotations

import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import (
    ParityCase,
    assert_models_equivalent,
    hard_data,
    parametrize_parity,
)

engine = pytest.importorskip("sklearnex.linear_model", reason="`tox -e engines` installs it")


@pytest.mark.filterwarnings("ignore")
@parametrize_parity(
    LogisticRegression(tol=1e-8, max_iter=10_000),
    hard_data.classification(),
    grid={"C": [0.01, 1.0, 100.0]},
)
def test_it_is_scikit_learn(parity_case: ParityCase) -> None:
    X, y, weights = parity_case.X, parity_case.y, parity_case.sample_weight
    model = engine.LogisticRegression(**parity_case.reference.get_params())
    assert type(model).__module__.startswith("sklearnex")
    assert_models_equivalent(
        parity_case.reference, X, y, sample_weight=weights, candidate=model.fit(X, y, weights)
    )

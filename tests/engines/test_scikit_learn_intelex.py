"""scikit-learn-intelex, whose LogisticRegression is a subclass of scikit-learn's, on hard data."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import (
    ModelsDivergeError,
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
def test_it_is_scikit_learn_where_it_reaches_the_optimum(parity_case: ParityCase) -> None:
    X, y, weights = parity_case.X, parity_case.y, parity_case.sample_weight
    params = parity_case.reference.get_params()
    model = engine.LogisticRegression(**params).fit(X, y, weights)
    assert type(model).__module__.startswith("sklearnex")
    check = partial(
        assert_models_equivalent,
        parity_case.reference,
        X,
        y,
        sample_weight=weights,
        candidate=model,
    )
    own = LogisticRegression(**params).fit(X, y, weights)
    if np.abs(model.predict_proba(X) - own.predict_proba(X)).max() <= 0.01:
        check()
        return
    # L-BFGS ends where the loss no longer falls by 64 eps of itself. On columns of these ranges the
    # rounding of oneDAL, another on every kind of processor, decides where that is: 0.7 % above the
    # minimum on an AMD EPYC, without a warning (2026.2).
    assert parity_case.id.endswith("unscaled")
    with pytest.raises(ModelsDivergeError, match="at-no-optimum"):
        check()

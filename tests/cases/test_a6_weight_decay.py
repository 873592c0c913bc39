"""Case A6, d2l-en issue 2034: what weight_decay of PyTorch is as an L2 rate of Keras.

A weight decay ``wd`` adds ``wd * w`` to the gradient, Keras's ``L2(l)`` adds ``2 * l * w``: so
``l = wd / 2``. The thread takes the number over as it stands, and its reply has 0.03 for 3.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import assert_models_equivalent, compare_models

FIT = {"epochs": 150, "batch_size": 569}


@pytest.fixture(scope="module")
def data(bundled) -> tuple[np.ndarray, np.ndarray]:
    return bundled("breast_cancer", standardised=True)


def reference(weight_decay: float) -> LogisticRegression:
    """Return what plain SGD with a weight decay on the layer's weights converges to."""
    return LogisticRegression(C=1 / (weight_decay * 569), tol=1e-8)


@pytest.fixture(scope="module")
def model(dense):
    """Return a function that makes a model with an L2 rate, which 150 full batches train."""

    def build(l2: float) -> keras.Model:
        return dense(30, l2=l2, optimizer=keras.optimizers.SGD(0.1, momentum=0.9))

    return build


@pytest.mark.parametrize("l2,kept", [(3.0, 0.94), (1.5, 0.97), (0.03, 0.9994)])
def test_one_step_of_rate_001_shrinks_by_twice_the_l2_rate(dense, l2: float, kept: float) -> None:
    # A weight_decay of 3 in PyTorch keeps 0.97. Without features the data have no gradient.
    model = dense(1, l2=l2, optimizer=keras.optimizers.SGD(0.01), weights=([[1.0]], [0.0]))
    model.fit(np.zeros((2, 1)), np.array([0, 1]), verbose=0)
    assert model.layers[-1].get_weights()[0][0, 0] == pytest.approx(kept, abs=1e-6)


def test_half_the_weight_decay_is_the_same_model(data, model) -> None:
    assert_models_equivalent(reference(0.03), *data, candidate=lambda: model(0.015), fit=FIT)


@pytest.mark.parametrize(
    "weight_decay,note,l2",
    [(0.03, "no factor 1/2", "L2(0.015)"), (3.0, "0.02 times as strong", "L2(1.5)")],
    ids=["as it stands", "as the reply has it"],
)
def test_another_rate_is_named_and_halved_decay_repairs_it(
    data, model, repaired, weight_decay: float, note: str, l2: str
) -> None:
    report = compare_models(reference(weight_decay), *data, candidate=lambda: model(0.03), fit=FIT)
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.kind, cause.role) for cause in report.causes] == [
        ("C", "objective", "must")
    ]
    assert note in report.causes[0].note
    assert repaired(report) == {("candidate", "C"): f"kernel_regularizer={l2}"}

"""What the public cases share: the plain Keras model, and what a report says in brief."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest

from pytest_modelparity import ParityReport


class Told(NamedTuple):
    """The causes of a report by role, and the slugs of its findings."""

    musts: set[str]
    one_of: set[str]
    kinds: set[str]
    slugs: set[str]


@pytest.fixture(scope="session")
def told() -> Callable[[ParityReport], Told]:
    """Return what a report says in brief."""

    def brief(report: ParityReport) -> Told:
        by_role: dict[str, set[str]] = {"must": set(), "one_of": set()}
        for cause in report.causes:
            by_role[cause.role].add(cause.setting)
        return Told(
            musts=by_role["must"],
            one_of=by_role["one_of"],
            kinds={cause.kind for cause in report.causes},
            slugs={finding.slug for finding in report.findings},
        )

    return brief


@pytest.fixture(scope="session")
def repaired() -> Callable[[ParityReport], dict[tuple[str, str], str]]:
    """Return what a report's repair changes, by side and setting: trained, and found equivalent."""

    def changes(report: ParityReport) -> dict[tuple[str, str], str]:
        repair, allowed = report.repair, report.tolerance.probability
        assert repair is not None
        assert repair.verified
        assert repair.probability_after is not None
        assert repair.probability_after <= allowed
        return {(change.side, change.setting): change.text for change in repair.changes}

    return changes


@pytest.fixture(scope="session")
def dense() -> Callable[..., keras.Model]:
    """Return a compiled Keras model of one Dense layer, as people write it.

    ``weights=(coef, intercept)`` sets its parameters, in scikit-learn's shapes.
    """

    def build(
        n_features: int,
        *,
        units: int = 1,
        l2: float = 0.0,
        kernel_regularizer: keras.Regularizer | None = None,
        use_bias: bool = True,
        optimizer: Any = "sgd",
        weights: tuple[Any, Any] | None = None,
        before: tuple[keras.Layer, ...] = (),
    ) -> keras.Model:
        model = keras.Sequential(
            [
                keras.Input((n_features,)),
                *before,
                keras.layers.Dense(
                    units,
                    activation="sigmoid" if units == 1 else "softmax",
                    use_bias=use_bias,
                    kernel_regularizer=keras.regularizers.L2(l2) if l2 else kernel_regularizer,
                ),
            ]
        )
        loss = "binary_crossentropy" if units == 1 else "sparse_categorical_crossentropy"
        model.compile(optimizer=optimizer, loss=loss)
        if weights is not None:
            coef, intercept = weights
            model.layers[-1].set_weights([np.transpose(coef), np.reshape(intercept, units)])
        return model

    return build

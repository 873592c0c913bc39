"""Case C36, "Logistic regression is a neural network", on half of the digits.

The port has no penalty on rows that can be separated, and is compared on rows that it never saw.
"""

from __future__ import annotations

import keras
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import compare_models


def test_the_reference_is_near_its_optimum_only_where_it_was_trained(
    bundled, told, repaired
) -> None:
    X_train, X_test, y_train, y_test = train_test_split(
        *bundled("digits"), test_size=0.5, random_state=0
    )
    scaler = StandardScaler().fit(X_train)

    def port() -> keras.Model:
        model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer=keras.optimizers.Adam(0.001), loss=loss)
        return model

    report = compare_models(
        LogisticRegression(),
        scaler.transform(X_train),
        y_train,
        candidate=port,
        fit={"epochs": 20, "batch_size": 64},
        X_eval=scaler.transform(X_test),
        y_eval=y_test,
        # A wider budget than needed: what is asserted here must not depend on the machine.
        budget=60,
    )
    # 0.0095 on the rows trained on, which is within the tolerance.
    assert 0.02 < report.split.reference_error.largest < 0.1
    assert told(report).musts == {"penalty"}
    assert told(report).kinds == {"objective", "training", "reference"}
    assert "tol" in {cause.setting for cause in report.causes if cause.kind == "reference"}
    # Of 64 features no other row lies between the training rows of one class.
    assert report.split.candidate_error.rows == "training"
    changes = repaired(report)
    assert {side for side, _ in changes} == {"reference", "candidate"}
    assert ("candidate", "penalty") in changes

"""The parameters of a OneVsRestClassifier and of its estimator, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sklearn.multiclass import OneVsRestClassifier

from pytest_modelparity.frameworks.keras.write.words import (
    class_weight_text,
    kernel_regularizer_text,
    penalties_of_a_unit,
)
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.mapping import MappingRow

#: Of its own parameters, why the optimum does not depend on them.
_WITHOUT_EFFECT = {
    "n_jobs": "it never changes the result",
    "verbose": "it prints progress",
}
_PENALTIES = ("kernel_regularizer=", "bias_regularizer=")


def own_rows(
    model: OneVsRestClassifier, refused: str, data: Dataset | None
) -> Iterator[MappingRow]:
    """Yield a row for each of its own parameters; ``refused`` says why its estimator is."""
    for name, value in model.get_params(deep=False).items():
        if name in _WITHOUT_EFFECT:
            reason = _WITHOUT_EFFECT[name]
            yield MappingRow(name=name, value=repr(value), keras="-", status="inert", reason=reason)
        elif name == "estimator" and not refused:
            units = "a unit for each class" if data is None else f"{data.n_classes} units"
            reason = (
                "each class against the rest; probabilities are the sigmoids over their sum, and "
                "penalties those of its estimator over the number of units, as Keras averages over "
                "these"
            )
            if data is not None and data.n_classes == 2:
                units, reason = "1 unit", "of two classes it is its estimator"
            yield MappingRow(
                name=name,
                value=repr(value),
                keras=f"BinaryCrossentropy() on {units}",
                status="exact",
                reason=reason,
            )
        else:
            reason = f"no counterpart of {name} is known to this version"
            if name == "estimator":
                reason = refused
            yield MappingRow(
                name=name, value=repr(value), keras="-", status="unsupported", reason=reason
            )


def with_prefix(
    rows: tuple[MappingRow, ...], objective: ObjectiveSettings | None, data: Dataset | None
) -> Iterator[MappingRow]:
    """Yield the rows of its estimator under their names in it.

    Keras averages a binary crossentropy over the units, so that the penalties beside it are those
    of one problem over the number of units.
    """
    for row in rows:
        yield replace(row, name=f"estimator__{row.name}", keras=_in_units(row, objective, data))


def _in_units(row: MappingRow, objective: ObjectiveSettings | None, data: Dataset | None) -> str:
    """Return the Keras counterpart of one binary problem as that of a unit among several."""
    if row.status != "exact" or data is None or objective is None:
        is_penalty = row.keras.startswith(_PENALTIES) and not row.keras.endswith("=None")
        return f"{row.keras}, over the number of units" if is_penalty else row.keras
    if objective.output_head != ONE_VS_REST:
        return row.keras
    spelled = penalties_of_a_unit(objective, data.n_classes)
    if row.keras.startswith("class_weight="):
        return class_weight_text(objective)
    if row.keras.startswith("kernel_regularizer="):
        return "kernel_regularizer=" + kernel_regularizer_text(
            spelled.l2_strength, spelled.l1_strength
        )
    if row.keras.startswith("bias_regularizer="):
        return "bias_regularizer=" + kernel_regularizer_text(
            spelled.intercept_l2_strength, spelled.intercept_l1_strength
        )
    return row.keras

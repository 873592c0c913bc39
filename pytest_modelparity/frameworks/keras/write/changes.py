"""What a user must write to bring a Keras model's objective to another: one line a setting."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_modelparity.frameworks.keras.read.number_heads import NUMBER_HEADS
from pytest_modelparity.frameworks.keras.read.scale import in_keras
from pytest_modelparity.frameworks.keras.write.words import kernel_regularizer_text
from pytest_modelparity.report.parts import Change
from pytest_modelparity.settings import (
    ONE_VS_REST,
    ObjectiveSettings,
    same_number,
    same_setting,
)
from pytest_modelparity.sides.candidate import candidate_change
from pytest_modelparity.sides.dataset import Dataset

#: Digits of a strength to write: two strengths that agree in so many are one.
CHANGE_DIGITS = 6


def changes_between(
    now: ObjectiveSettings, wanted: ObjectiveSettings, data: Dataset
) -> tuple[Change, ...]:
    """Return the changes, in Keras's words, from ``now`` to ``wanted``."""
    return tuple(candidate_change(setting, text) for setting, text in _texts(now, wanted, data))


def _texts(
    now: ObjectiveSettings, wanted: ObjectiveSettings, data: Dataset
) -> Iterator[tuple[str, str]]:
    """Yield setting and text of each change."""
    yield from _penalty_texts(now, wanted, data.n_classes)
    if now.fit_intercept != wanted.fit_intercept:
        yield "fit_intercept", f"use_bias={wanted.fit_intercept}"
    if now.output_head != wanted.output_head:
        yield "output_head", _head_text(wanted, data)
    if not same_number(now.label_smoothing, wanted.label_smoothing):
        yield "label_smoothing", f"label_smoothing={wanted.label_smoothing!r}"
    if not same_number(now.loss_scale, wanted.loss_scale):
        yield "loss", "loss_weights=None, reduction='sum_over_batch_size'"
    elif now.weights_normalised != wanted.weights_normalised:
        reduction = (
            "mean_with_sample_weight" if wanted.weights_normalised else "sum_over_batch_size"
        )
        yield "loss", f"reduction={reduction!r}"
    weights = [(side.class_weight, side.binary_weight) for side in (now, wanted)]
    if weights[0] != weights[1]:
        yield "class_weight", _class_weight_text(wanted)
    if now.sample_weight != wanted.sample_weight:
        given = "sample_weight" if wanted.sample_weight else "None"
        yield "sample_weight", f"fit(..., sample_weight={given})"
    # The reference is never fitted on a part, so only the split has to go.
    if now.rows_used != wanted.rows_used:
        yield "rows_used", "fit(..., validation_split=0.0)"
    if not same_setting("feature_scaling", now, wanted):
        yield "feature_scaling", _features_text(now, wanted)


def _penalty_texts(
    now: ObjectiveSettings, wanted: ObjectiveSettings, n_classes: int
) -> Iterator[tuple[str, str]]:
    """Yield the regularizers that must change."""
    heads = {now.output_head, wanted.output_head}
    # The same penalty beside a loss that is averaged over units is spelled otherwise.
    with_head = len(heads) == 2 and ONE_VS_REST in heads and _same_penalties(now, wanted)
    now, wanted = (in_keras(side, n_classes) for side in (now, wanted))
    kernel = [(s.l2_strength, s.l1_strength) for s in (now, wanted)]
    bias = [(s.intercept_l2_strength, s.intercept_l1_strength) for s in (now, wanted)]
    pairs = (("kernel_regularizer", kernel), ("bias_regularizer", bias))
    for name, (before, after) in pairs:
        if all(same_number(a, b) for a, b in zip(before, after, strict=True)):
            continue
        text = kernel_regularizer_text(*after, digits=CHANGE_DIGITS)
        setting = "intercept_penalty" if name == "bias_regularizer" else "penalty"
        # Two strengths of one type are a wrong C; everything else is a wrong penalty.
        if setting == "penalty" and now.strength > 0 and wanted.strength > 0:
            setting = "C" if same_number(now.l1_ratio, wanted.l1_ratio) else "penalty"
        yield "output_head" if with_head else setting, f"{name}={text}"


def _same_penalties(first: ObjectiveSettings, second: ObjectiveSettings) -> bool:
    """Whether all strengths are the same beside the canonical losses."""
    names = ("l2_strength", "l1_strength", "intercept_l2_strength", "intercept_l1_strength")
    return all(same_number(getattr(first, name), getattr(second, name)) for name in names)


def _features_text(now: ObjectiveSettings, wanted: ObjectiveSettings) -> str:
    """Return what to do with the features before the coefficients."""
    if wanted.feature_map is not None:
        return "map the features as the reference's steps do"
    if wanted.maps_features:
        return "scale the features as the reference does"
    layers = "scaling layer" if now.feature_map is None else "layers before the last"
    return f"remove the {layers}: the penalty acts on coefficients of X as given"


def _head_text(wanted: ObjectiveSettings, data: Dataset) -> str:
    """Return the head to write."""
    if wanted.output_head in NUMBER_HEADS:
        head = NUMBER_HEADS[wanted.output_head]
        return f'{head.layer}, loss="{head.short}"'
    if wanted.output_head == "sigmoid":
        return 'Dense(1, activation="sigmoid"), loss="binary_crossentropy"'
    if wanted.output_head == ONE_VS_REST:
        return (
            f'Dense({data.n_classes}, activation="sigmoid"), loss="binary_crossentropy" on one-hot '
            f"labels, predictions divided by their sum"
        )
    return f'Dense({data.n_classes}, activation="softmax"), loss="sparse_categorical_crossentropy"'


def _class_weight_text(wanted: ObjectiveSettings) -> str:
    """Return the class weights to pass to ``fit``, which takes indices."""
    if wanted.binary_weight is not None:
        rest, inside = (
            ", ".join(f"{pair[side]:.6g}" for pair in wanted.binary_weight) for side in (0, 1)
        )
        by_row = "" if wanted.class_weight is None else " * class_weight[codes][:, None]"
        units = len(wanted.binary_weight)
        return (
            f"Reshape(({units}, 1)) behind Dense({units}), fit(..., sample_weight="
            f"np.where(one_hot, [{inside}], [{rest}]){by_row})"
        )
    if wanted.class_weight is None:
        return "fit(..., class_weight=None)"
    items = ", ".join(f"{code}: {weight:.6g}" for code, weight in enumerate(wanted.class_weight))
    return f"fit(..., class_weight={{{items}}})"

"""What is planted: one setting of one side of a pair, changed by generic factors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np

from planting.bases import balanced
from planting.pair import Pair

#: Small batches are planted where training takes no more steps than this.
MOST_STEPS = 6000
#: Settings of which only one can be planted in a pair: the second would have no value of its own,
#: or could not be trained.
SAME_FACTOR = (
    {"penalty", "C"},
    {"penalty", "l1_ratio"},
    {"penalty", "intercept_penalty"},
    {"fit_intercept", "intercept_penalty"},
    {"solver", "learning_rate"},
    {"solver", "weight_decay"},
    {"loss", "label_smoothing"},
    {"loss", "output_head"},
    # Keras 3.15 cannot train a layer of half precision with a penalty.
    {"penalty", "dtype"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One difference.

    Parameters
    ----------
    setting : str
        What it is called in a report.
    kind : str
        ``"objective"``, ``"training"`` (the candidate's) or ``"reference"``.
    text : str
        What was changed.
    changes : dict
        Entries of the pair.
    reference : dict
        Parameters of the estimator.
    also : tuple of str
        Other settings that the same line really changes.
    """

    setting: str
    kind: str
    text: str
    changes: dict[str, Any]
    reference: dict[str, Any]
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return setting and text."""
        return f"{self.setting}: {self.text}"

    def into(self, pair: Pair) -> Pair:
        """Return the pair with it."""
        return replace(pair, reference={**pair.reference, **self.reference}, **self.changes)

    def clashes(self, other: Plant) -> bool:
        """Whether two cannot be planted in one pair."""
        entries = set(self.changes) & set(other.changes) or set(self.reference) & set(
            other.reference
        )
        both_reference = self.kind == other.kind == "reference"
        names = {self.setting, other.setting}
        return bool(entries) or both_reference or len(names) == 1 or names in SAME_FACTOR


def plants(pair: Pair) -> list[Plant]:
    """Return all that can be planted in a pair without a difference."""
    found = [*_objective_of_reference(pair), *_penalty(pair), *_intercept(pair)]
    if pair.trained == "optimum":
        return [*found, *_reference_training(pair)]
    return [
        *found,
        *_weights(pair),
        *_loss(pair),
        *_rows_and_head(pair),
        *_recipe(pair),
        *_optimizer(pair),
        *_reference_training(pair),
    ]


def in_candidate(setting: str, text: str, kind: str = "objective", **changes: Any) -> Plant:
    """Return a plant in the candidate."""
    return Plant(setting=setting, kind=kind, text=text, changes=changes, reference={})


def in_reference(setting: str, text: str, kind: str = "objective", **changes: Any) -> Plant:
    """Return a plant in the reference."""
    return Plant(setting=setting, kind=kind, text=text, changes={}, reference=changes)


def _strength(pair: Pair) -> float:
    """Return λ."""
    return pair.l2 + pair.l1


def _intercept_tells(pair: Pair) -> bool:
    """Whether the optimum is another without intercept: not where unpenalised features hold it."""
    X = pair.rows.X
    held = np.linalg.matrix_rank(np.c_[X, np.ones(len(X))]) == np.linalg.matrix_rank(X)
    return bool(_strength(pair)) or not held


def _scaled(pair: Pair, factor: float) -> dict[str, float]:
    """Return the candidate's penalty times a factor."""
    return {
        "l2": pair.l2 * factor,
        "l1": pair.l1 * factor,
        "bias_l2": pair.bias_l2 * factor,
    }


def _penalty(pair: Pair) -> Iterator[Plant]:
    """Yield changes of the candidate's penalty."""
    lam = _strength(pair)
    if not lam:
        for value in (0.02, 0.2):
            yield in_candidate("penalty", f"candidate has L2 of {value}", l2=value)
        return
    yield in_candidate("penalty", "candidate without regularizer", l2=0.0, l1=0.0, bias_l2=0.0)
    if not pair.l1:
        yield in_candidate("penalty", "candidate has L1 for L2", l2=0.0, l1=lam)
        yield in_candidate("penalty", "candidate has L1L2 for L2", l2=lam / 2, l1=lam / 2)
    elif not pair.l2:
        yield in_candidate("penalty", "candidate has L2 for L1", l2=lam, l1=0.0)
    else:
        for ratio in (0.05, 0.95):
            changes = {"l2": lam * (1 - ratio), "l1": lam * ratio}
            yield in_candidate("l1_ratio", f"candidate has {ratio}", **changes)
    for text, factor in (
        ("forgotten 1/2", 2.0),
        ("times 10", 10.0),
        ("a tenth", 0.1),
        ("a third", 1 / 3),
        ("not divided by n", float(pair.rows.n)),
        ("divided by n twice", 1 / pair.rows.n),
    ):
        yield in_candidate("C", f"candidate's strength {text}", **_scaled(pair, factor))
    if pair.optimizer == "SGD" and pair.l2 and not pair.l1 and pair.use_bias:
        decay = {"options": {**pair.options, "weight_decay": 1.0}}
        plant = in_candidate("C", "hidden L2 through SGD's weight_decay=1", **decay)
        yield replace(plant, also=("intercept_penalty",))


def _intercept(pair: Pair) -> Iterator[Plant]:
    """Yield changes of the candidate's intercept and its penalty."""
    if not pair.use_bias:
        yield in_candidate("fit_intercept", "candidate has a bias", use_bias=True)
        return
    if _intercept_tells(pair):
        yield in_candidate("fit_intercept", "candidate without bias", use_bias=False)
    if pair.bias_l2:
        yield in_candidate("intercept_penalty", "candidate without bias_regularizer", bias_l2=0.0)
    elif pair.l2 and not pair.l1:
        for factor in (1, 5, 20):
            changes = {"bias_l2": factor * pair.l2}
            yield in_candidate(
                "intercept_penalty", f"bias_regularizer, {factor} times L2", **changes
            )


def _objective_of_reference(pair: Pair) -> Iterator[Plant]:
    """Yield changes of the reference's objective."""
    given = pair.reference
    if given["C"] != inf:
        for text, factor in (("times 10", 10.0), ("a fifth", 0.2), ("a hundredth", 0.01)):
            yield in_reference("C", f"reference's C {text}", C=given["C"] * factor)
        if pair.rows.overlaps and "l1_ratio" not in given and given["solver"] != "liblinear":
            yield in_reference("penalty", "reference without penalty", C=inf)
    if 0 < given.get("l1_ratio", 0) < 1:
        for ratio in (0.1, 0.9):
            yield in_reference("l1_ratio", f"reference has {ratio}", l1_ratio=ratio)
    free = given.get("fit_intercept", True) and given["solver"] != "liblinear"
    if free and _intercept_tells(pair):
        yield in_reference("fit_intercept", "reference without intercept", fit_intercept=False)
    if (
        given["solver"] == "newton-cholesky"
        and pair.rows.n_classes == 2
        and given["C"] != inf
        and pair.use_bias
        and pair.units == 1
    ):
        bare = {"solver": "liblinear", "tol": 1e-9, "max_iter": 10_000}
        yield in_reference("intercept_penalty", "reference is liblinear", **bare)
    if given.get("class_weight") is None:
        classes = [item.item() for item in sorted(set(pair.rows.y))]
        weights = dict.fromkeys(classes, 1.0) | {classes[0]: 4.0}
        yield in_reference("class_weight", "reference has 4 for one", class_weight=weights)
        if max(balanced(pair.rows)) > 1.5:
            yield in_reference("class_weight", "reference balanced", class_weight="balanced")


def _weights(pair: Pair) -> Iterator[Plant]:
    """Yield changes of the weights that ``fit`` is given."""
    k = pair.rows.n_classes
    if pair.class_weight is None:
        for value in (3.0, 0.2):
            weights = (value, *(1.0 for _ in range(k - 1)))
            yield in_candidate(
                "class_weight", f"candidate has {value:g} for one", class_weight=weights
            )
    else:
        yield in_candidate("class_weight", "candidate without", class_weight=None)
        swapped = pair.class_weight[::-1]
        if max(swapped) > 1.5:
            yield in_candidate(
                "class_weight", "candidate's the wrong way round", class_weight=swapped
            )
    given = "ones" if pair.weighted else "rows"
    text = "candidate trained without" if pair.weighted else "candidate trained with"
    yield in_candidate("sample_weight", text, own_weights=given)


def _loss(pair: Pair) -> Iterator[Plant]:
    """Yield changes of the candidate's loss."""
    for weight in (0.1, 6.0):
        yield in_candidate("loss", f"loss_weights={weight}", loss_weight=weight)
    yield in_candidate("loss", "reduction='sum'", reduction="sum")
    if pair.weighted or pair.class_weight:
        yield in_candidate("loss", "weights normalised", reduction="mean_with_sample_weight")
    yield in_candidate("loss", "squared error", loss="squared", logits=False)
    yield in_candidate("loss", "focal", loss="focal")
    for share in (0.1, 0.3):
        yield in_candidate("label_smoothing", f"{share}", label_smoothing=share)


def _rows_and_head(pair: Pair) -> Iterator[Plant]:
    """Yield changes of the head, the features and the rows."""
    if pair.rows.n_classes == 2 and pair.units == 1 and pair.l2 and not pair.bias_l2:
        yield in_candidate("output_head", "softmax of two units", units=2)
    if _strength(pair):
        yield in_candidate("feature_scaling", "Rescaling(1/4)", scaling="shrink")
        yield in_candidate("feature_scaling", "Normalization", scaling="standardise")
    for share in (0.3, 0.6, 0.8):
        yield in_candidate("rows_used", f"validation_split={share}", validation_split=share)


def _recipe(pair: Pair) -> Iterator[Plant]:
    """Yield changes of epochs, batches, start and precision."""
    for divisor in (5, 10, 50):
        epochs = max(pair.epochs // divisor, 1)
        yield in_candidate("iterations", f"epochs={epochs}", "training", epochs=epochs)
    yield in_candidate("iterations", "EarlyStopping(min_delta=0.05)", "training", patience=0.05)
    for size in (pair.rows.n, 16, 5):
        apart = max(pair.batch_size / size, size / pair.batch_size)
        if apart > 2 and pair.epochs * pair.rows.n / size < MOST_STEPS:
            text = "all rows" if size == pair.rows.n else f"{size}"
            yield in_candidate("batch_size", text, "training", batch_size=size)
    for stddev in (1, 5, 20):
        text = f"RandomNormal(stddev={stddev})"
        yield in_candidate("initialization", text, "training", start=str(stddev))
    # Keras 3.15 cannot train a layer of another dtype than float32 that has a regularizer.
    whole = () if _strength(pair) else ("bfloat16", "float16")
    for dtype in ("mixed_bfloat16", "mixed_float16", *whole):
        yield in_candidate("dtype", dtype, "training", dtype=dtype)


def _optimizer(pair: Pair) -> Iterator[Plant]:
    """Yield changes of the optimizer and its options."""
    for factor in (1 / 10, 1 / 100, 20.0):
        rate = pair.rate * factor
        yield in_candidate("learning_rate", f"{rate:.4g}", "training", rate=rate)
    if pair.falling and pair.batch_size < pair.rows.n:
        yield in_candidate("learning_rate", "does not fall", "training", falling=0)
    for name, rate in (
        ("Adagrad", 0.001),
        ("Adadelta", 0.001),
        ("SGD", 0.01),
        ("Adam", 0.001),
        ("Ftrl", 0.001),
        ("Lion", 0.03),
    ):
        if name != pair.optimizer:
            changes = {"optimizer": name, "rate": rate, "falling": 0, "options": {}}
            yield in_candidate("solver", f"{name}({rate})", "training", **changes)
    if pair.optimizer in ("Adam", "Nadam", "RMSprop"):
        for decay in (0.1, 1.0, 5.0):
            options = {**pair.options, "weight_decay": decay}
            text = f"{pair.optimizer}(weight_decay={decay})"
            yield in_candidate("weight_decay", text, "training", options=options)
        if pair.optimizer == "Adam":
            changes = {"optimizer": "AdamW", "options": {"weight_decay": 0.5}}
            yield in_candidate("weight_decay", "AdamW(weight_decay=0.5)", "training", **changes)


def _reference_training(pair: Pair) -> Iterator[Plant]:
    """Yield changes of the reference's training."""
    for limit in (1, 2, 4):
        yield in_reference("iterations", f"max_iter={limit}", "reference", max_iter=limit)
    for tol in (0.3, 0.1, 0.02):
        yield in_reference("tol", f"tol={tol}", "reference", tol=tol)
    if pair.reference["solver"] in ("newton-cholesky", "lbfgs"):
        for solver in ("sag", "saga", "lbfgs"):
            if solver != pair.reference["solver"]:
                changes = {"solver": solver, "max_iter": 15, "random_state": 0}
                yield in_reference("solver", f"{solver}, 15 passes", "reference", **changes)

"""The settings of a module, its loss and its optimizer, in the words of its user."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_modelparity.frameworks.torch.reading import TorchReading, in_torch
from pytest_modelparity.frameworks.torch.words import module_words, penalty_terms
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Change
from pytest_modelparity.settings import (
    ONE_VS_REST,
    ModelSettings,
    ObjectiveSettings,
    TrainingSettings,
    same_number,
    same_setting,
)
from pytest_modelparity.sides.candidate import candidate_change
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.objective import units_of
from pytest_modelparity.training.recipe import Recipe

#: The loss of each head on bare outputs.
LOSSES = {
    "sigmoid": "BCEWithLogitsLoss",
    "softmax": "CrossEntropyLoss",
    "identity": "MSELoss",
    ONE_VS_REST: "BCEWithLogitsLoss",
}


def settings_of(reading: TorchReading, recipe: Recipe, epochs: int) -> ModelSettings:
    """Return everything that was read of a module with its loss and optimizer.

    Parameters
    ----------
    epochs : int
        Those that are made in the check; 0: it came trained.
    """
    optimizer = recipe.optimizer
    decay = float(optimizer.option("weight_decay") or 0.0)
    training = TrainingSettings(
        solver=optimizer.name.rpartition(".")[2],
        iterations=epochs or None,
        iterations_run=epochs or None,
        learning_rate=optimizer.first_rate,
        batch_size=recipe.batch_size if epochs else None,
        dtype=recipe.dtype,
        weight_decay=decay or None,
    )
    module = module_words(reading.outputs.module)
    return ModelSettings(
        framework="torch",
        model=f"torch {module}, {reading.loss.name}, {optimizer.code()}",
        objective=reading.objective,
        training=training,
        written=_written(reading, recipe, epochs),
        unmodelled=reading.unmodelled,
    )


def _written(reading: TorchReading, recipe: Recipe, epochs: int) -> dict[str, str]:
    """Return each setting in torch's words."""
    optimizer = recipe.optimizer
    words = {
        "solver": f"optimizer={optimizer.code()}",
        "iterations": f"epochs={epochs}" if epochs else "already trained, epochs unknown",
        "learning_rate": f"lr={optimizer.first_rate:.3g}",
        "dtype": recipe.dtype,
    }
    if epochs:
        words["batch_size"] = f"batch_size={recipe.batch_size}"
    if decay := float(optimizer.option("weight_decay") or 0.0):
        words["weight_decay"] = f"weight_decay={decay:.3g}, decoupled"
    if reading.objective is None:
        return words
    return words | objective_words(reading, reading.objective, decay)


def objective_words(
    reading: TorchReading, objective: ObjectiveSettings, decoupled: float = 0.0
) -> dict[str, str]:
    """Return each setting of an objective in torch's words.

    Parameters
    ----------
    decoupled : float
        The decay that is no penalty.
    """
    n_outputs = 1 if reading.layer is None else reading.layer.n_outputs
    spelled = in_torch(objective, n_outputs)
    penalty = _penalty_words(spelled.l2_strength, spelled.l1_strength, "weight")
    of_bias = _penalty_words(spelled.intercept_l2_strength, spelled.intercept_l1_strength, "bias")
    # Whoever wrote a weight_decay needs to hear that this one is none.
    none = "no penalty (weight_decay is decoupled)" if decoupled else "no weight_decay"
    of_loss = f"{reading.loss.name}, reduction={reading.loss.reduction!r}"
    words = {
        "penalty": penalty or none,
        "C": penalty or none,
        "l1_ratio": penalty or none,
        "fit_intercept": f"bias={objective.fit_intercept}",
        "intercept_penalty": f"{of_bias} on the bias" if of_bias else "no weight_decay on the bias",
        "class_weight": "no class_weight",
        "sample_weight": "sample_weight given" if objective.sample_weight else "no sample_weight",
        "loss": of_loss,
        "output_head": f"{n_outputs} output{'s' * (n_outputs > 1)} with {reading.loss.name}",
        "label_smoothing": f"label_smoothing={objective.label_smoothing:.3g}",
        "feature_scaling": "features as given",
        "rows_used": "all rows",
    }
    if objective.weights_normalised:
        words["loss"] = f"{of_loss}, divided by the sum of the weights"
    if objective.class_weight is not None:
        items = ", ".join(number(weight, 3) for weight in objective.class_weight)
        is_binary = objective.output_head == "sigmoid" and reading.loss.class_weight is not None
        words["class_weight"] = f"weight=[{items}]"
        if is_binary:
            words["class_weight"] = f"pos_weight={number(objective.class_weight[1], 3)}"
    return words


def _penalty_words(l2: float, l1: float, name: str) -> str:
    """Return a penalty: of L2 alone the optimizer's decay, else what the loss has beside."""
    if l2 and not l1:
        return f"weight_decay={number(l2)}"
    return " + ".join(penalty_terms(name, l2, l1, number))


def changes_between(
    now: ObjectiveSettings, wanted: ObjectiveSettings, data: Dataset, *, by_decay: bool
) -> tuple[Change, ...]:
    """Return what to write for another objective, in torch's words.

    Parameters
    ----------
    by_decay : bool
        Whether ``weight_decay`` of the optimizer is an L2 of the objective.
    """
    return tuple(
        candidate_change(setting, text)
        for setting, text in _texts(now, wanted, data, by_decay=by_decay)
    )


def _texts(
    now: ObjectiveSettings, wanted: ObjectiveSettings, data: Dataset, *, by_decay: bool
) -> Iterator[tuple[str, str]]:
    """Yield setting and text of each change."""
    yield from _penalty_texts(now, wanted, data.n_columns, by_decay=by_decay)
    if now.fit_intercept != wanted.fit_intercept:
        yield "fit_intercept", f"bias={wanted.fit_intercept}"
    if now.output_head != wanted.output_head:
        units = units_of(wanted, data.n_classes)
        loss = LOSSES[wanted.output_head]
        yield "output_head", f"Linear({data.n_features}, {units}), {loss}()"
    if not same_number(now.label_smoothing, wanted.label_smoothing):
        yield "label_smoothing", f"label_smoothing={wanted.label_smoothing!r}"
    if not same_number(now.loss_scale, wanted.loss_scale):
        yield "loss", 'reduction="mean"'
    elif now.weights_normalised != wanted.weights_normalised and not _no_weights(wanted):
        yield "loss", 'reduction="none", times the weights, mean()'
    if not same_setting("class_weight", now, wanted):
        yield "class_weight", _class_weight_text(wanted)
    if now.sample_weight != wanted.sample_weight:
        given = "sample_weight" if wanted.sample_weight else "None"
        yield "sample_weight", f"sample_weight={given}"
    if not same_setting("feature_scaling", now, wanted):
        yield "feature_scaling", "scale the features as the reference does"


def _no_weights(settings: ObjectiveSettings) -> bool:
    """Whether all rows weigh the same, so that nothing is divided by weights."""
    return settings.class_weight is None and not settings.sample_weight


def _penalty_texts(
    now: ObjectiveSettings, wanted: ObjectiveSettings, n_outputs: int, *, by_decay: bool
) -> Iterator[tuple[str, str]]:
    """Yield the penalties that must change."""
    old, new = (in_torch(side, n_outputs) for side in (now, wanted))
    pairs = (
        (
            "penalty",
            "weight",
            (old.l2_strength, old.l1_strength),
            (new.l2_strength, new.l1_strength),
        ),
        (
            "intercept_penalty",
            "bias",
            (old.intercept_l2_strength, old.intercept_l1_strength),
            (new.intercept_l2_strength, new.intercept_l1_strength),
        ),
    )
    for setting, name, before, after in pairs:
        if all(map(same_number, before, after)):
            continue
        if setting == "penalty" and old.strength > 0 and new.strength > 0:
            setting = "C" if same_number(old.l1_ratio, new.l1_ratio) else "penalty"
        yield setting, _one_penalty(name, *after, by_decay=by_decay)


def _one_penalty(name: str, l2: float, l1: float, *, by_decay: bool) -> str:
    """Return how a penalty of one tensor is written."""
    if not (l2 or l1):
        return f"weight_decay=0 for the {name}"
    if by_decay and not l1:
        return f"weight_decay={l2:.6g} for the {name}"
    return f"loss + {' + '.join(penalty_terms(name, l2, l1, '{:.6g}'.format))}"


def _class_weight_text(wanted: ObjectiveSettings) -> str:
    """Return the class weights to multiply the rows' losses with."""
    if wanted.class_weight is None:
        return "no weight of classes in the loss"
    items = ", ".join(f"{weight:.6g}" for weight in wanted.class_weight)
    if wanted.output_head == "sigmoid" and same_number(wanted.class_weight[0], 1.0):
        return f"pos_weight={wanted.class_weight[1]:.6g}"
    return f"sample_weight=tensor([{items}])[codes]"

"""Models of several inputs, or of a named one, as models of rows."""

from __future__ import annotations

from typing import Any

import keras

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.build.copying import copy_optimizer, metrics_of
from pytest_modelparity.frameworks.keras.build.optimizer import clone_optimizer
from pytest_modelparity.frameworks.keras.read.loss import read_loss
from pytest_modelparity.report.numbers import counted
from pytest_modelparity.sides.dataset import Dataset


def with_one_input(model: keras.Model, data: Dataset) -> keras.Model:
    """Return a model that parts its rows among a model's inputs, and shares all its layers.

    By name where X has columns that are named as the inputs are, else in their order.

    Parameters
    ----------
    model : keras.Model
        Of this check's own; one that takes rows already is returned as it is.
    data : Dataset
        Whose rows it is to take.

    Raises
    ------
    ModelParityError
        If rows cannot be parted among its inputs.
    """
    # A subclass of keras.Model has neither.
    tensors = getattr(model, "inputs", None)
    structure = getattr(model, "input", None) if tensors else None
    if not tensors or (len(tensors) == 1 and not isinstance(structure, dict)):
        return model
    if type(model).train_step is not keras.Model.train_step or len(model.outputs) > 1:
        raise ModelParityError(
            f"a candidate of several inputs must have one output and Keras's own train_step, got "
            f"{counted(len(model.outputs), 'output')} and the class {type(model).__name__}; wrap "
            f"it in a keras.Model of rows"
        )
    columns = _columns(tensors, structure, data)
    rows = keras.Input((data.n_features,))
    parts = {
        id(tensor): keras.ops.cast(rows[:, start:stop], tensor.dtype)
        for tensor, (start, stop) in zip(tensors, columns, strict=True)
    }
    # By its own call, not as one layer of the new model: each of its layers is one of that.
    outputs = model.call(keras.tree.map_structure(lambda tensor: parts[id(tensor)], structure))
    wrapped = keras.Model(rows, outputs)
    return _compiled_like(model, wrapped) if model.compiled else wrapped


def _columns(tensors: list[Any], structure: Any, data: Dataset) -> list[tuple[int, int]]:
    """Return the columns of X that each input takes, from which to which."""
    keys = {id(tensor): key for key, tensor in structure.items()} if _is_dict(structure) else {}
    names = [str(keys.get(id(tensor), tensor.name)) for tensor in tensors]
    widths = [tensor.shape[1] if len(tensor.shape) == 2 else None for tensor in tensors]
    known = hasattr(data.X_given, "columns")
    if known and set(names) <= set(data.feature_names) and set(widths) == {1}:
        places = [data.feature_names.index(name) for name in names]
        if sorted(places) == list(range(data.n_features)):
            return [(place, place + 1) for place in places]
    whole = [width for width in widths if width is not None]
    in_order = not _is_dict(structure) or len(tensors) == 1
    if not in_order or len(whole) < len(widths) or sum(whole) != data.n_features:
        wanted = ", ".join(f"{name} ({w})" for name, w in zip(names, widths, strict=True))
        raise ModelParityError(
            f"the candidate's inputs are {wanted}, and X has {data.n_features} "
            f"{'columns' if known else 'columns without names'}; pass X as a DataFrame whose "
            f"columns are named as the inputs, or a candidate that takes rows"
        )
    ends = [sum(whole[: place + 1]) for place in range(len(whole))]
    return [(end - width, end) for end, width in zip(ends, whole, strict=True)]


def _is_dict(structure: Any) -> bool:
    """Whether inputs are told by their keys."""
    return isinstance(structure, dict)


def _compiled_like(model: keras.Model, wrapped: keras.Model) -> keras.Model:
    """Return the wrapped model, compiled as the model is."""
    loss = read_loss(model)
    assert loss is not None
    weight = model.get_compile_config().get("loss_weights")
    # By position: the one output has another name now.
    weight = next(iter(weight.values())) if isinstance(weight, dict) else weight
    wrapped.compile(
        optimizer=clone_optimizer(model.optimizer),
        loss=loss.given,
        loss_weights=[weight] if isinstance(weight, float) else weight,
        metrics=metrics_of(model),
    )
    copy_optimizer(model, wrapped)
    return wrapped

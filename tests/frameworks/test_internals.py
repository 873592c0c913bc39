"""Each private name of Keras and TensorFlow that is used is still there, and still means the same.

Where one of these tests fails after an upgrade: look up in the new version what took the name's
place, change the one function that uses it, and name the version there.
"""

from __future__ import annotations

import ast
from pathlib import Path

import keras
import numpy as np
import pytest

import pytest_modelparity
from pytest_modelparity.frameworks.keras import internals

FOLDER = Path(pytest_modelparity.__file__).parent / "frameworks" / "keras"
#: Private names of an optimizer.
OF_OPTIMIZERS = {
    "_exclude_from_weight_decay",
    "_exclude_from_weight_decay_cache",
    "_exclude_from_weight_decay_pattern",
    "_iterations",
    "_learning_rate",
    "_use_weight_decay",
    "_var_key",
}
#: The modules that may use private names, and the names that they use.
PRIVATE = {
    "internals.py": OF_OPTIMIZERS
    | {
        "_available",
        "_inbound_nodes",
        "keras.src.backend.common.global_state",
        "keras.src.utils.module_utils",
    },
    "backend/tensorflow.py": {"_rng", "tensorflow.python.eager.context"},
}

#: What this package's own estimators keep beside what scikit-learn shows.
OF_TWINS = {"twin_candidate.py": {"_settings"}}


def missing(name: str, used_in: str) -> str:
    return (
        f"{name} is gone from Keras {keras.__version__} on {keras.backend.backend()}: look up "
        f"what took its place, and change frameworks/keras/{used_in}"
    )


def private_names(path: Path) -> set[str]:
    """Return the private names that a module takes from others."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Attribute(value=owner, attr=name) if _is_private(name):
                # A class may use its own, and those of another object of its own class.
                if not (isinstance(owner, ast.Name) and owner.id in ("self", "cls", "candidate")):
                    found.add(name)
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(name)), *_]):
                if _is_private(name):
                    found.add(name)
            case ast.ImportFrom(module=str(module), names=names):
                if ".python." in f"{module}." or "keras.src" in module:
                    found |= {f"{module}.{item.name}" for item in names}
    return found


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.name)
def test_private_names_stand_in_two_modules_only(path: Path) -> None:
    name = path.relative_to(FOLDER).as_posix()
    allowed = PRIVATE.get(name, OF_TWINS.get(name, set()))
    assert private_names(path) == allowed


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """Return a model whose optimizer decays its kernel alone."""
    built = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(0.25, weight_decay=0.1, gradient_accumulation_steps=2)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    built.compile(optimizer, "mse")
    built.fit(np.ones((3, 2)), np.ones(3), batch_size=1, epochs=1, verbose=0)
    return built


@pytest.mark.parametrize("name", sorted(OF_OPTIMIZERS))
def test_an_optimizer_has_the_private_name(name: str, model: keras.Model) -> None:
    assert hasattr(model.optimizer, name), missing(f"BaseOptimizer.{name}", "internals.py")


def test_the_numbers_of_names_can_be_put_back() -> None:
    def numbered() -> str:
        return str(keras.layers.Dense(1).name)

    numbered(), numbered()
    with internals.names_kept():
        inside = numbered()
    assert numbered() == inside, missing("object_name_uids", "internals.py")
    assert numbered() != inside


def test_the_rate_is_held_as_it_was_given(model: keras.Model) -> None:
    assert float(internals.rate_of(model.optimizer)) == 0.25
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.9)
    assert internals.rate_of(keras.optimizers.Adam(schedule)) is schedule


def test_batches_that_were_only_accumulated_count(model: keras.Model) -> None:
    assert internals.batches_seen(model.optimizer) == 3
    assert int(model.optimizer.iterations) == 1


def test_decay_is_read_and_copied_by_variable(model: keras.Model) -> None:
    kernel, bias = model.trainable_variables
    assert internals.is_decayed(model.optimizer, kernel)
    assert not internals.is_decayed(model.optimizer, bias)
    other = keras.layers.Dense(1)
    other.build((None, 2))
    for source, decayed in (
        (model.optimizer, [True, False]),
        (keras.optimizers.SGD(0.1), [True] * 2),
    ):
        target = keras.optimizers.SGD(0.1, weight_decay=0.1)
        pairs = zip(model.trainable_variables, other.trainable_variables, strict=True)
        internals.copy_decay_exclusions(source, target, pairs)
        found = [internals.is_decayed(target, item) for item in other.trainable_variables]
        assert found == decayed


def test_an_exclusion_by_variable_is_copied_to_the_variable_that_stands_for_it() -> None:
    first, second = keras.layers.Dense(1), keras.layers.Dense(1)
    for layer in (first, second):
        layer.build((None, 2))
    source, target = (keras.optimizers.SGD(0.1, weight_decay=0.1) for _ in range(2))
    source.exclude_from_weight_decay(var_list=[first.kernel])
    pairs = zip(first.trainable_variables, second.trainable_variables, strict=True)
    internals.copy_decay_exclusions(source, target, pairs)
    assert not internals.is_decayed(target, second.kernel)
    assert internals.is_decayed(target, second.bias)


def test_the_last_input_of_a_layer_is_that_of_the_last_model() -> None:
    layer = keras.layers.Dense(1)
    for name in ("first", "second"):
        inputs = keras.Input((3,), name=name)
        keras.Model(inputs, layer(keras.layers.Rescaling(2.0)(inputs)))
        part = keras.Model(inputs, internals.input_of(layer))
        assert np.asarray(part(np.ones((1, 3), np.float32))).tolist() == [[2.0, 2.0, 2.0]]

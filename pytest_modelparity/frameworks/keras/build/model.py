"""Stock Keras linear models: built from objective settings, copied, and rendered as code."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.read.model import flat_layers
from pytest_modelparity.settings import ObjectiveSettings

#: Attribute of a model: the function that makes another one.
_MAKER = "_parity_maker"


def build_linear_model(
    settings: ObjectiveSettings,
    n_features: int,
    n_classes: int,
    *,
    output: str = "logits",
    optimizer: Any = None,
    penalty_scale: np.ndarray | None = None,
    dtype: str = "float32",
    initializer: Any = "glorot_uniform",
) -> Any:
    """Return a compiled stock Keras model whose objective is ``settings``.

    Class weights, sample weights and ``rows_used`` are arguments of ``fit`` and no part of it.

    Parameters
    ----------
    settings : ObjectiveSettings
        The canonical objective.
    n_features, n_classes : int
        Sizes.
    output : str
        ``"logits"`` or ``"probability"``.
    optimizer : keras.optimizers.Optimizer, optional
        Default Adam, for the user's own ``fit``.
    penalty_scale : ndarray of shape (n_features,), optional
        Penalise the coefficients divided by these.
    dtype : str
        Policy of the layer that holds the coefficients.
    initializer : str or keras.initializers.Initializer
        Of the coefficients.
    """
    units = 1 if settings.output_head == "sigmoid" else n_classes
    head = "sigmoid" if units == 1 else "softmax"
    layers = [keras.Input((n_features,))]
    if settings.feature_shift is not None or settings.feature_scale is not None:
        layers.append(_normalization(settings, n_features))
    layers.append(
        keras.layers.Dense(
            units,
            dtype=dtype,
            activation=head if output == "probability" else None,
            use_bias=settings.fit_intercept,
            kernel_initializer=initializer,
            kernel_regularizer=_kernel_regularizer(settings, penalty_scale),
            bias_regularizer=regularizer(
                settings.intercept_l2_strength, settings.intercept_l1_strength
            )
            if settings.fit_intercept
            else None,
        )
    )
    model = keras.Sequential(layers)
    model.compile(
        optimizer=optimizer or keras.optimizers.Adam(),
        loss=_loss(settings, units, from_logits=output == "logits"),
        loss_weights=None if settings.loss_scale == 1.0 else [settings.loss_scale],
    )
    if optimizer is None:
        # Saved unbuilt, Keras 3.15 cannot load its state again.
        model.optimizer.build(model.trainable_variables)
    return model


class OfGivenFeatures(keras.regularizers.Regularizer):
    """L1 and L2 of the coefficients of the features before they were standardised."""

    def __init__(self, l1: float, l2: float, scale: Any) -> None:
        self.l1, self.l2 = l1, l2
        self.scale = np.reshape(scale, (-1, 1)).astype(np.float32)

    def __call__(self, kernel: Any) -> Any:
        """Return the penalty."""
        coef = kernel / self.scale
        return self.l1 * keras.ops.sum(abs(coef)) + self.l2 * keras.ops.sum(coef**2)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"l1": self.l1, "l2": self.l2, "scale": self.scale.ravel().tolist()}


def _kernel_regularizer(settings: ObjectiveSettings, penalty_scale: np.ndarray | None) -> Any:
    """Return the regularizer of the coefficients."""
    if penalty_scale is None or not settings.strength:
        return regularizer(settings.l2_strength, settings.l1_strength)
    return OfGivenFeatures(settings.l1_strength, settings.l2_strength / 2.0, penalty_scale)


def may_shift(settings: ObjectiveSettings) -> bool:
    """Whether the intercept can take up a shift of the features at no cost."""
    free = not (settings.intercept_l2_strength or settings.intercept_l1_strength)
    return settings.fit_intercept and free


def standardisation(settings: ObjectiveSettings, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return shift and scale under which the objective keeps its optimum.

    Features are shifted only where the intercept can take that up at no cost.
    """
    shift = X.mean(axis=0) if may_shift(settings) else np.zeros(X.shape[1])
    scale = np.sqrt(((X - shift) ** 2).mean(axis=0))
    return shift, np.where(scale > 0, scale, 1.0)


def regularizer(l2_strength: float, l1_strength: float) -> Any:
    """Return the Keras regularizer of λ2 and λ1; L2(l) has no factor ½, hence l = λ2 / 2."""
    if l2_strength and l1_strength:
        return keras.regularizers.L1L2(l1=l1_strength, l2=l2_strength / 2.0)
    if l1_strength:
        return keras.regularizers.L1(l1_strength)
    return keras.regularizers.L2(l2_strength / 2.0) if l2_strength else None


def made_by(maker: Callable[[], Any]) -> Any:
    """Return what a function makes, which can then be copied though Keras cannot rebuild it."""
    model = maker()
    setattr(model, _MAKER, maker)
    return model


def copy_model(model: Any, *, dtype: str | None = None) -> Any:
    """Return a compiled copy with the same weights and optimizer state.

    Parameters
    ----------
    dtype : str, optional
        Rebuild every layer in this dtype; the optimizer state is then left fresh.

    Raises
    ------
    ModelParityError
        If Keras cannot rebuild the model from its configuration, and no function makes it.
    """
    with ExitStack() as stack:
        stack.enter_context(keras.saving.custom_object_scope(_custom_objects(model)))
        stack.enter_context(global_random_state_kept())
        try:
            copy = _clone(model, dtype)
            if model.compiled and not copy.compiled:
                # Before Keras 3.11 a clone was not compiled.
                copy.compile_from_config(model.get_compile_config())
        except Exception as error:
            maker = getattr(model, _MAKER, None)
            if maker is None or dtype is not None:
                raise ModelParityError(
                    f"the candidate cannot be copied, and is never trained itself: Keras says "
                    f"{str(error).splitlines()[0]!r}; pass a function that returns the model, or "
                    f"give its layers get_config, and its losses a name"
                ) from error
            copy = made_by(maker)
    if not copy.built and model.built:
        copy.build(model.input_shape)
    _copy_weights(model, copy)
    if model.compiled and dtype is None:
        _copy_optimizer(model, copy)
    return copy


def recompiled(model: Any, optimizer: Any, exempt: list[Any]) -> Any:
    """Return the model, compiled anew with a clone of another optimizer and its own loss.

    Parameters
    ----------
    exempt : list of keras.Variable
        Variables on which the optimizer's weight decay does not act.
    """
    fresh = type(optimizer).from_config(optimizer.get_config())
    if fresh.weight_decay is not None:
        fresh.exclude_from_weight_decay(var_list=exempt)
    model.compile(
        optimizer=fresh,
        loss=model.loss,
        loss_weights=model.get_compile_config().get("loss_weights"),
    )
    return model


def weights_of(model: Any) -> list[np.ndarray]:
    """Return a model's weights as copies.

    Keras 3.15's own ``get_weights`` and ``convert_to_numpy`` call ``np.array`` on a variable,
    which numpy 2 answers with a DeprecationWarning: an error in a strict test suite.
    """
    return [np.asarray(variable).copy() for variable in model.weights]


@contextmanager
def global_random_state_kept(seed: int | None = None) -> Iterator[None]:
    """Put all global random states back afterwards; seed Python's and numpy's where asked.

    Keras draws the seed of every initializer without one from Python's ``random``
    (keras 3.15, src/random/seed_generator.py): that is all a fresh start depends on. Under
    TensorFlow's global seed every ``fit`` that shuffles draws from its generator, too.
    """
    state, legacy = random.getstate(), np.random.get_state()
    global_seed, drawn = context.global_seed(), _tensorflow_draws()
    if seed is not None:
        random.seed(seed)
        np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(legacy)
        if context.global_seed() != global_seed:
            tf.random.set_seed(global_seed)
        if drawn is not None:
            context.context()._rng.setstate(drawn)


def _tensorflow_draws() -> Any:
    """Return the state of what TensorFlow draws seeds from; ``None`` without a global seed."""
    return context.context()._rng.getstate() if context.global_seed() is not None else None


def _normalization(settings: ObjectiveSettings, n_features: int) -> Any:
    """Return the layer that maps x to (x - shift) / scale."""
    shift = settings.feature_shift or (0.0,) * n_features
    scale = settings.feature_scale or (1.0,) * n_features
    return keras.layers.Normalization(
        mean=list(shift), variance=[s * s for s in scale], dtype="float32"
    )


def _loss(settings: ObjectiveSettings, units: int, *, from_logits: bool) -> Any:
    """Return the log-loss of a head."""
    options: dict[str, Any] = {"from_logits": from_logits}
    if settings.weights_normalised:
        options["reduction"] = "mean_with_sample_weight"
    if units == 1:
        return keras.losses.BinaryCrossentropy(label_smoothing=settings.label_smoothing, **options)
    if settings.label_smoothing:
        return keras.losses.CategoricalCrossentropy(
            label_smoothing=settings.label_smoothing, **options
        )
    return keras.losses.SparseCategoricalCrossentropy(**options)


def _custom_objects(model: Any) -> dict[str, Any]:
    """Return what Keras must know by name to rebuild the model: its own losses and layers."""
    found: dict[str, Any] = {}
    loss = model.loss if model.compiled else None
    items = list(loss.values()) if isinstance(loss, dict) else loss
    for item in items if isinstance(items, (list, tuple)) else [items]:
        if isinstance(item, keras.losses.Loss):
            found[type(item).__name__] = type(item)
        elif callable(item) and hasattr(item, "__name__"):
            found[item.__name__] = item
    for layer in flat_layers(model):
        for part in (
            layer,
            getattr(layer, "kernel_regularizer", None),
            getattr(layer, "bias_regularizer", None),
            getattr(layer, "activation", None),
        ):
            owner = part if callable(part) and hasattr(part, "__name__") else type(part)
            if part is not None and not owner.__module__.startswith("keras."):
                found[owner.__name__] = owner
    return found


def _clone(model: Any, dtype: str | None) -> Any:
    """Return a compiled copy of the same class; its weights are its own."""
    stock = type(model).__module__.startswith("keras.")
    if stock or dtype is not None:
        return keras.models.clone_model(model, clone_function=_as_dtype(dtype) if dtype else None)
    # Keras 3.15 clones a subclass with a train_step of its own to a plain Sequential.
    copy = type(model).from_config(model.get_config())
    if model.compiled:
        copy.compile_from_config(model.get_compile_config())
    return copy


def _as_dtype(dtype: str) -> Callable[[Any], Any]:
    """Return a clone function that rebuilds a layer in another dtype."""

    def clone(layer: Any) -> Any:
        return layer.__class__.from_config({**layer.get_config(), "dtype": dtype})

    return clone


def _copy_weights(model: Any, copy: Any) -> None:
    """Copy all weights; layers that cache what they were adapted to are told."""
    if not model.built:
        return
    copy.set_weights(weights_of(model))
    for layer in flat_layers(copy):
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def _copy_optimizer(model: Any, copy: Any) -> None:
    """Copy what the optimizer's configuration does not hold: its state and its exclusions."""
    source, target = model.optimizer, copy.optimizer
    excluded = getattr(source, "_exclude_from_weight_decay", None)
    if excluded is not None:
        # Keras 3.15 keeps exclusions out of get_config, and refuses them once built.
        pairs = zip(model.trainable_variables, copy.trainable_variables, strict=True)
        target._exclude_from_weight_decay = {
            target._var_key(new) for old, new in pairs if source._var_key(old) in excluded
        }
        target._exclude_from_weight_decay_pattern = source._exclude_from_weight_decay_pattern
        target._exclude_from_weight_decay_cache = {}
    if getattr(source, "built", False) and source.variables:
        target.build(copy.trainable_variables)
        for old, new in zip(source.variables, target.variables, strict=True):
            new.assign(old)

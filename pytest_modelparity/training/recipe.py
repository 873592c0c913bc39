"""How a linear model is trained, as data: what one can compare, keep, send and write as code.

A recipe for twelve epochs of Adam, its learning rate falling to nothing over 216 steps::

    adam = Optimizer.of("Adam", Schedule.of("CosineDecay", 0.1, 216), amsgrad=True)
    adam.code()                     # 'Adam(CosineDecay(0.1, 216), amsgrad=True)'
    Recipe(optimizer=adam, epochs=12, batch_size=32)
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pytest_modelparity.training.defaults import defaults_of
from pytest_modelparity.training.schedules import FORMULAS, parameters_of

Options = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A learning rate that changes from step to step.

    Parameters
    ----------
    name : str
        A stock schedule of Keras, such as ``"CosineDecay"``; else the name of the user's class
        with its module.
    options : tuple of (str, value)
        What it was made with, in the order of its parameters; those at their default are left out.
    """

    name: str
    options: Options = ()

    def __post_init__(self) -> None:
        """Bring equal schedules to one form."""
        # A schedule of the user's has no table: all its options are kept.
        parameters = parameters_of(self.name) or {}
        given = {name: _frozen(value) for name, value in self.options}
        order = [*parameters, *sorted(given.keys() - parameters.keys())]
        kept = [
            (name, given[name])
            for name in order
            if name in given and not _same(given[name], parameters.get(name, inspect.Parameter))
        ]
        object.__setattr__(self, "options", tuple(kept))

    @classmethod
    def of(cls, name: str, *required: Any, **options: Any) -> Schedule:
        """Return a stock schedule from what one would pass to its class."""
        names = list(parameters_of(name) or {})[: len(required)]
        given = {**dict(zip(names, required, strict=True)), **options}
        return cls(name=name, options=tuple(given.items()))

    @property
    def known(self) -> bool:
        """Whether it is a stock schedule, all of whose options are known."""
        parameters = parameters_of(self.name)
        return parameters is not None and all(name in parameters for name, _ in self.options)

    def rates(self, steps: np.ndarray) -> np.ndarray:
        """Return the learning rates of steps (integers from 0), in float32.

        Only of a schedule that is `known`.
        """
        rates: np.ndarray = FORMULAS[self.name](np.asarray(steps), **dict(self.options))
        return rates.astype(np.float32, copy=False)

    def code(self) -> str:
        """Return it as its user would write it."""
        parameters = parameters_of(self.name) or {}
        parts = [
            _code(value)
            if parameters.get(name) is inspect.Parameter.empty
            else f"{name}={_code(value)}"
            for name, value in self.options
        ]
        return f"{_class_name(self.name)}({', '.join(parts)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer:
    """What moves the weights.

    Parameters
    ----------
    name : str
        A stock optimizer of the framework, such as ``"Adam"``; else the name of the user's class
        with its module.
    rate : float or Schedule
        Learning rate.
    options : tuple of (str, value), sorted
        What differs from the defaults (`training.defaults`).
    framework : str
        Whose optimizer it is.
    version : str
        The framework's version that it was read with; ``""``: it was not read.
    """

    name: str
    rate: float | Schedule
    options: Options = ()
    framework: str = "keras"
    # Not compared: whether a formula holds for a version is seen in each check, against `fit`
    # itself.
    version: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Bring equal optimizers to one form."""
        # Keras refuses whole numbers, so code would not run with them.
        if isinstance(self.rate, int):
            object.__setattr__(self, "rate", float(self.rate))
        defaults = defaults_of(self.name, self.framework)
        given = {name: _frozen(value) for name, value in self.options}
        kept = [
            (name, value)
            for name, value in sorted(given.items())
            if name not in defaults or not _same(value, defaults[name])
        ]
        object.__setattr__(self, "options", tuple(kept))

    @classmethod
    def of(cls, name: str, rate: float | Schedule, **options: Any) -> Optimizer:
        """Return a stock optimizer from what one would pass to its class."""
        return cls(name=name, rate=rate, options=tuple(options.items()))

    @property
    def first_rate(self) -> float:
        """The learning rate of the first step; NaN where the schedule is not `Schedule.known`."""
        if not isinstance(self.rate, Schedule):
            return self.rate
        # By the shortest decimals of the float32, as the user wrote it.
        return float(str(self.rate.rates(np.zeros(1, int))[0])) if self.rate.known else math.nan

    def option(self, name: str) -> Any:
        """Return an option as given, or its default."""
        return {**defaults_of(self.name, self.framework), **dict(self.options)}[name]

    def with_rate(self, rate: float | Schedule) -> Optimizer:
        """Return the same optimizer with another learning rate."""
        return replace(self, rate=rate)

    def with_options(self, **options: Any) -> Optimizer:
        """Return the same optimizer with some options changed."""
        return replace(self, options=tuple({**dict(self.options), **options}.items()))

    def code(self) -> str:
        """Return it as its user would write it: what differs from the defaults."""
        options = dict(self.options)
        # One that wraps another, such as `LossScaleOptimizer`, has no rate of its own.
        first = options.pop("inner_optimizer", self.rate)
        names = _in_order(options, defaults_of(self.name, self.framework))
        of_options = [f"{name}={_code(options[name])}" for name in names]
        if self.framework == "torch":
            # A schedule is an object of its own there.
            own = ", ".join([f"lr={_code(self.first_rate)}", *of_options])
            made = f"{_class_name(self.name)}({own})"
            if not isinstance(self.rate, Schedule):
                return made
            steps = dict(self.rate.options).get("decay_steps")
            return f"{made} under CosineAnnealingLR(T_max={steps})"
        return f"{_class_name(self.name)}({', '.join([_code(first), *of_options])})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A training of a linear model.

    Parameters
    ----------
    optimizer : Optimizer
        What moves the weights.
    epochs, batch_size : int
        As for ``fit``.
    shuffle : bool
        Whether the rows are permuted every epoch.
    zeros : bool
        Whether the weights start at zero; else where the candidate's start.
    dtype : str
        What the model computes in.
    standardised : bool
        Whether the features are standardised inside the model, the penalty still acting on the
        coefficients of the features as given: the objective stays as it is.
    logits : bool
        Whether the loss takes logits, in place of the candidate's own that clips probabilities.
    """

    optimizer: Optimizer
    epochs: int
    batch_size: int
    shuffle: bool = True
    # Not the start itself, which a recipe that is compared and sent need not carry.
    zeros: bool = False
    dtype: str = "float32"
    standardised: bool = False
    logits: bool = False

    def code(self) -> str:
        """Return what one would pass to ``compile`` and ``fit``."""
        # What a start, a type or a scaling needs is no argument but another model.
        parts = [
            f"optimizer={self.optimizer.code()}",
            f"epochs={self.epochs}",
            f"batch_size={self.batch_size}",
        ]
        return ", ".join(parts if self.shuffle else [*parts, "shuffle=False"])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OptimizerState:
    """What an optimizer keeps from step to step.

    Parameters
    ----------
    iterations : int
        Batches that it has seen; those whose gradients were only accumulated count.
    slots : mapping of (str, str) to ndarray
        By name of the slot and of what it belongs to, ``"kernel"`` or ``"bias"``, such as
        ``("momentum", "kernel")``; shaped as that. Nadam's running product is none of them: it
        follows from the iterations.
    """

    iterations: int
    slots: Mapping[tuple[str, str], np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Start:
    """Where a training starts.

    Parameters
    ----------
    kernel : ndarray of shape (n_features, n_outputs)
        Weights, in the coordinates of the Dense layer.
    bias : ndarray of shape (n_outputs,)
        Intercepts; zeros for a layer without.
    state : OptimizerState, optional
        Of an optimizer that has made steps before; ``None``: a fresh one.
    """

    kernel: np.ndarray
    bias: np.ndarray
    state: OptimizerState | None = None


def _frozen(value: Any) -> Any:
    """Return a value that can be hashed: tuples in place of lists."""
    return tuple(value) if isinstance(value, (list, tuple)) else value


def _same(value: Any, default: Any) -> bool:
    """Whether a value is the default."""
    return bool(value is default or value == default)


def _in_order(names: Iterable[str], defaults: Mapping[str, Any]) -> list[str]:
    """Return names in the order of a table; unknown ones come last, sorted."""
    given = set(names)
    return [*(name for name in defaults if name in given), *sorted(given - defaults.keys())]


def _class_name(name: str) -> str:
    """Return a class's name without its module."""
    return name.rpartition(".")[2]


def _code(value: Any) -> str:
    """Return a value as one would write it; float32 may have rounded it."""
    if isinstance(value, (Optimizer, Schedule)):
        return value.code()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_code, value))}]"
    return repr(float(f"{value:.6g}") if isinstance(value, float) else value)

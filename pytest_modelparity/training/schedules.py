"""The learning rates of Keras's stock schedules, for many steps at once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

# Keras computes a schedule in the type of its first learning rate, which is float32.
_F = np.float32


def cosine_decay(
    steps: np.ndarray,
    initial_learning_rate: float,
    decay_steps: int,
    alpha: float = 0.0,
    warmup_target: float | None = None,
    warmup_steps: int = 0,
) -> np.ndarray:
    """Return ``CosineDecay`` (keras/src/optimizers/schedules, Keras 3.15.1)."""
    first, length, now = _F(initial_learning_rate), _F(decay_steps), steps.astype(_F)
    if warmup_target is None:
        return _cosine(np.minimum(now, length), length, first, alpha)
    target, warmup = _F(warmup_target), _F(warmup_steps)
    now = np.minimum(now, length + warmup)
    falling = _cosine(now - warmup, length, target, alpha)
    # Keras never evaluates the warmup then, which would divide by zero.
    if not warmup_steps:
        return falling
    return np.where(now < warmup, (target - first) * (now / warmup) + first, falling)


def _cosine(now: np.ndarray, length: np.float32, rate: np.float32, alpha: float) -> np.ndarray:
    """Return the falling part of a cosine schedule."""
    fallen = _F(0.5) * (_F(1) + np.cos(_F(np.pi) * (now / length)))
    return rate * (_F(1 - alpha) * fallen + _F(alpha))


def cosine_decay_restarts(
    steps: np.ndarray,
    initial_learning_rate: float,
    first_decay_steps: int,
    t_mul: float = 2.0,
    m_mul: float = 1.0,
    alpha: float = 0.0,
) -> np.ndarray:
    """Return ``CosineDecayRestarts`` (keras/src/optimizers/schedules, Keras 3.15.1)."""
    done, longer = steps.astype(_F) / _F(first_decay_steps), _F(t_mul)
    # The sum of a geometric series divides by zero where all restarts are equally long.
    if longer == 1:
        restart = np.floor(done)
        done = done - restart
    else:
        restart = np.floor(np.log(_F(1) - done * (_F(1) - longer)) / np.log(longer))
        before = (_F(1) - longer**restart) / (_F(1) - longer)
        done = (done - before) / longer**restart
    fallen = _F(0.5) * _F(m_mul) ** restart * (_F(1) + np.cos(_F(np.pi) * done))
    rates: np.ndarray = _F(initial_learning_rate) * ((_F(1) - _F(alpha)) * fallen + _F(alpha))
    return rates


def exponential_decay(
    steps: np.ndarray,
    initial_learning_rate: float,
    decay_steps: int,
    decay_rate: float,
    staircase: bool = False,
) -> np.ndarray:
    """Return ``ExponentialDecay`` (keras/src/optimizers/schedules, Keras 3.15.1)."""
    done = _done(steps, decay_steps, staircase)
    return _F(initial_learning_rate) * _F(decay_rate) ** done


def inverse_time_decay(
    steps: np.ndarray,
    initial_learning_rate: float,
    decay_steps: int,
    decay_rate: float,
    staircase: bool = False,
) -> np.ndarray:
    """Return ``InverseTimeDecay`` (keras/src/optimizers/schedules, Keras 3.15.1)."""
    done = _done(steps, decay_steps, staircase)
    return _F(initial_learning_rate) / (_F(1) + _F(decay_rate) * done)


def _done(steps: np.ndarray, decay_steps: int, staircase: bool) -> np.ndarray:
    """Return the steps in units of the decay's length."""
    done: np.ndarray = steps.astype(_F) / _F(decay_steps)
    return np.floor(done, done) if staircase else done


def piecewise_constant_decay(
    steps: np.ndarray, boundaries: Sequence[float], values: Sequence[float]
) -> np.ndarray:
    """Return ``PiecewiseConstantDecay`` (keras/src/optimizers/schedules, Keras 3.15.1)."""
    # A boundary is the last step of the value before it. Keras drops its decimals, which a step,
    # a whole number, never meets.
    return np.array(values, dtype=_F)[np.searchsorted(boundaries, steps, side="left")]


def polynomial_decay(
    steps: np.ndarray,
    initial_learning_rate: float,
    decay_steps: int,
    end_learning_rate: float = 0.0001,
    power: float = 1.0,
    cycle: bool = False,
) -> np.ndarray:
    """Return ``PolynomialDecay`` (keras/src/optimizers/schedules, Keras 3.15.1)."""
    now, length = steps.astype(_F), _F(decay_steps)
    # Step 0 belongs to the first cycle, though none has been begun yet.
    if cycle:
        lengths = length * np.where(now == 0, _F(1), np.ceil(now / length))
    else:
        now, lengths = np.minimum(now, length), np.full_like(now, length)
    end = _F(end_learning_rate)
    return (_F(initial_learning_rate) - end) * (_F(1) - now / lengths) ** _F(power) + end


#: By the name of the Keras class; the parameters after the steps are those of the class.
FORMULAS: Mapping[str, Callable[..., np.ndarray]] = {
    "CosineDecay": cosine_decay,
    "CosineDecayRestarts": cosine_decay_restarts,
    "ExponentialDecay": exponential_decay,
    "InverseTimeDecay": inverse_time_decay,
    "PiecewiseConstantDecay": piecewise_constant_decay,
    "PolynomialDecay": polynomial_decay,
}


def parameters_of(name: str) -> Mapping[str, Any] | None:
    """Return a stock schedule's parameters in their order, with their defaults.

    ``inspect.Parameter.empty`` stands for a required one; ``None`` for an unknown schedule.
    """
    if name not in FORMULAS:
        return None
    # Off the functions themselves: a second table of defaults would go out of step with the first.
    given = list(inspect.signature(FORMULAS[name]).parameters.values())[1:]
    return {parameter.name: parameter.default for parameter in given}

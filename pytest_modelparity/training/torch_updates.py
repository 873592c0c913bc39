"""The stock optimizers of torch, where they take other steps than Keras's of the same name.

From torch/optim (2.13.0), the single-tensor functions, which are what runs on a processor. Unlike
Keras torch computes corrections in float64 and rounds what it multiplies with, and adds eps to a
root, not below it. An L2 by ``weight_decay`` is no part of these: it is one of the objective, and
is in the gradient already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.training.updates import Arrays, Factors, Move, constants


@dataclass(frozen=True, slots=True, kw_only=True)
class SGD:
    """``SGD`` (torch/optim/sgd.py)."""

    momentum: float
    dampening: float
    nesterov: bool

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        return {"momentum_buffer": 0.0} if self.momentum else {}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates, and the share of the gradient in the momentum."""
        # The first gradient is taken whole.
        share = np.where(steps == 1, np.float32(1), np.float32(1 - self.dampening))
        return rates, np.broadcast_to(share, rates.shape)

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t = arrays.weights, arrays.gradient, arrays.spare
        m, (momentum,) = arrays.slots.get("momentum_buffer"), constants(self.momentum)

        def step(rate: np.ndarray, share: np.ndarray) -> None:
            if m is not None:
                np.multiply(m, momentum, m)
                np.multiply(g, share, t)
                np.add(m, t, m)
                if self.nesterov:
                    np.multiply(m, momentum, t)
                    np.add(g, t, g)
                else:
                    np.copyto(g, m)
            np.multiply(g, rate, g)
            np.subtract(w, g, w)

        return step


@dataclass(frozen=True, slots=True, kw_only=True)
class Adam:
    """``Adam`` and ``AdamW`` (torch/optim/adam.py)."""

    betas: tuple[float, float]
    eps: float
    amsgrad: bool

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
        return dict.fromkeys(names if self.amsgrad else names[:2], 0.0)

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates with their correction, and the divisor of the root."""
        first, second = (1 - beta ** steps.astype(np.float64) for beta in self.betas)
        root = np.broadcast_to(np.sqrt(second), rates.shape).astype(np.float32)
        return (rates / first).astype(np.float32), root

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t = arrays.weights, arrays.gradient, arrays.spare
        m, v = arrays.slots["exp_avg"], arrays.slots["exp_avg_sq"]
        largest = arrays.slots.get("max_exp_avg_sq")
        to_m, kept, to_v, eps = constants(
            1 - self.betas[0], self.betas[1], 1 - self.betas[1], self.eps
        )

        def step(rate: np.ndarray, root: np.ndarray) -> None:
            _towards(m, g, to_m, t)
            _add_square(v, g, kept, to_v, t)
            if largest is None:
                np.sqrt(v, t)
            else:
                np.maximum(largest, v, out=largest)
                np.sqrt(largest, t)
            np.divide(t, root, t)
            np.add(t, eps, t)
            np.divide(m, t, g)
            np.multiply(g, rate, g)
            np.subtract(w, g, w)

        return step


@dataclass(frozen=True, slots=True, kw_only=True)
class NAdam:
    """``NAdam`` (torch/optim/nadam.py)."""

    betas: tuple[float, float]
    eps: float
    momentum_decay: float

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the rates of the gradient and of the momentum, and a correction."""

        def momentum_of(step: np.ndarray) -> np.ndarray:
            return self.betas[0] * (1 - 0.5 * 0.96 ** (step * self.momentum_decay))

        # The running product begins with the optimizer's first step.
        until = np.arange(1, int(steps.max()) + 1, dtype=np.float64)
        product = np.cumprod(momentum_of(until))[steps.astype(int) - 1]
        count = steps.astype(np.float64)
        now, following = momentum_of(count), momentum_of(count + 1)
        of_gradient = rates * (1 - now) / (1 - product)
        of_momentum = rates * following / (1 - product * following)
        correction = np.broadcast_to(1 - self.betas[1] ** count, rates.shape)
        return tuple(factor.astype(np.float32) for factor in (of_gradient, of_momentum, correction))

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t, u = arrays.weights, arrays.gradient, arrays.spare, arrays.other
        m, v = arrays.slots["exp_avg"], arrays.slots["exp_avg_sq"]
        to_m, kept, to_v, eps = constants(
            1 - self.betas[0], self.betas[1], 1 - self.betas[1], self.eps
        )

        def step(of_gradient: np.ndarray, of_momentum: np.ndarray, correction: np.ndarray) -> None:
            _towards(m, g, to_m, t)
            _add_square(v, g, kept, to_v, t)
            np.divide(v, correction, t)
            np.sqrt(t, t)
            np.add(t, eps, t)
            for value, rate in ((g, of_gradient), (m, of_momentum)):
                np.divide(value, t, u)
                np.multiply(u, rate, u)
                np.subtract(w, u, w)

        return step


@dataclass(frozen=True, slots=True, kw_only=True)
class Adamax:
    """``Adamax`` (torch/optim/adamax.py)."""

    betas: tuple[float, float]
    eps: float

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        return {"exp_avg": 0.0, "exp_inf": 0.0}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates with their correction."""
        return ((rates / (1 - self.betas[0] ** steps.astype(np.float64))).astype(np.float32),)

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t = arrays.weights, arrays.gradient, arrays.spare
        m, norm = arrays.slots["exp_avg"], arrays.slots["exp_inf"]
        to_m, kept, eps = constants(1 - self.betas[0], self.betas[1], self.eps)

        def step(rate: np.ndarray) -> None:
            _towards(m, g, to_m, t)
            np.multiply(norm, kept, norm)
            np.abs(g, g)
            np.add(g, eps, g)
            np.maximum(norm, g, out=norm)
            np.divide(m, norm, t)
            np.multiply(t, rate, t)
            np.subtract(w, t, w)

        return step


@dataclass(frozen=True, slots=True, kw_only=True)
class RMSprop:
    """``RMSprop`` (torch/optim/rmsprop.py)."""

    alpha: float
    eps: float
    momentum: float
    centered: bool

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        momentum = {"momentum_buffer": 0.0} if self.momentum > 0 else {}
        return {"square_avg": 0.0, **momentum, **({"grad_avg": 0.0} if self.centered else {})}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates."""
        return (rates,)

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t, u = arrays.weights, arrays.gradient, arrays.spare, arrays.other
        v, m = arrays.slots["square_avg"], arrays.slots.get("momentum_buffer")
        average = arrays.slots.get("grad_avg")
        alpha, rest, eps, momentum = constants(self.alpha, 1 - self.alpha, self.eps, self.momentum)

        def step(rate: np.ndarray) -> None:
            _add_square(v, g, alpha, rest, t)
            np.copyto(t, v)
            if average is not None:
                _towards(average, g, rest, u)
                np.multiply(average, average, u)
                np.subtract(t, u, t)
            np.sqrt(t, t)
            np.add(t, eps, t)
            np.divide(g, t, g)
            if m is not None:
                np.multiply(m, momentum, m)
                np.add(m, g, m)
            np.multiply(g if m is None else m, rate, t)
            np.subtract(w, t, w)

        return step


@dataclass(frozen=True, slots=True, kw_only=True)
class Adagrad:
    """``Adagrad`` (torch/optim/adagrad.py)."""

    lr_decay: float
    initial_accumulator_value: float
    eps: float

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        return {"sum": self.initial_accumulator_value}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates as they decay."""
        decayed = rates / (1 + (steps.astype(np.float64) - 1) * self.lr_decay)
        return (decayed.astype(np.float32),)

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t = arrays.weights, arrays.gradient, arrays.spare
        total, (eps,) = arrays.slots["sum"], constants(self.eps)

        def step(rate: np.ndarray) -> None:
            np.multiply(g, g, t)
            np.add(total, t, total)
            np.sqrt(total, t)
            np.add(t, eps, t)
            np.divide(g, t, g)
            np.multiply(g, rate, g)
            np.subtract(w, g, w)

        return step


def _towards(average: np.ndarray, new: np.ndarray, part: np.ndarray, spare: np.ndarray) -> None:
    """Move a running average a part of the way, as ``Tensor.lerp_`` does."""
    np.subtract(new, average, spare)
    np.multiply(spare, part, spare)
    np.add(average, spare, average)


def _add_square(
    average: np.ndarray, new: np.ndarray, kept: np.ndarray, rest: np.ndarray, spare: np.ndarray
) -> None:
    """Move a running average of squares on."""
    np.multiply(average, kept, average)
    np.multiply(new, new, spare)
    np.multiply(spare, rest, spare)
    np.add(average, spare, average)

"""The stock optimizers of Keras that follow a running average of the gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.training.updates import Arrays, Factors, Move, constants, running_average


@dataclass(frozen=True, slots=True, kw_only=True)
class SGD:
    """``SGD`` (keras/src/optimizers/sgd.py, Keras 3.15.1)."""

    momentum: float
    nesterov: bool

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        return {"momentum": 0.0} if self.momentum else {}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates."""
        return (rates,)

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t = arrays.weights, arrays.gradient, arrays.spare

        def plain(rate: np.ndarray) -> None:
            np.multiply(g, rate, g)
            np.subtract(w, g, w)

        if not self.momentum:
            return plain
        m, (momentum,) = arrays.slots["momentum"], constants(self.momentum)

        def heavy(rate: np.ndarray) -> None:
            # Keras's momentum holds steps, torch's gradients: a rate that changes later does not
            # act on what is in it.
            np.multiply(g, rate, g)
            np.multiply(m, momentum, m)
            np.subtract(m, g, m)
            if self.nesterov:
                np.multiply(m, momentum, t)
                np.subtract(t, g, t)
                np.add(w, t, w)
            else:
                np.add(w, m, w)

        return heavy


@dataclass(frozen=True, slots=True, kw_only=True)
class Adam:
    """``Adam`` and ``AdamW`` (keras/src/optimizers/adam.py, Keras 3.15.1)."""

    beta_1: float
    beta_2: float
    epsilon: float
    amsgrad: bool

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        names = ("momentum", "velocity", "velocity_hat")
        return dict.fromkeys(names if self.amsgrad else names[:2], 0.0)

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates, corrected for the slots that began at zero."""
        first, second = (np.float32(beta) ** steps for beta in (self.beta_1, self.beta_2))
        one = np.float32(1)
        return (rates * np.sqrt(one - second) / (one - first),)

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t = arrays.weights, arrays.gradient, arrays.spare
        m, v = arrays.slots["momentum"], arrays.slots["velocity"]
        largest = arrays.slots.get("velocity_hat")
        # Python subtracts in float64 and the difference is rounded, as in Keras.
        to_m, to_v, epsilon = constants(1 - self.beta_1, 1 - self.beta_2, self.epsilon)

        def step(alpha: np.ndarray) -> None:
            np.subtract(g, m, t)
            np.multiply(t, to_m, t)
            np.add(m, t, m)
            np.multiply(g, g, g)
            np.subtract(g, v, g)
            np.multiply(g, to_v, g)
            np.add(v, g, v)
            if largest is None:
                np.sqrt(v, t)
            else:
                np.maximum(largest, v, out=largest)
                np.sqrt(largest, t)
            # Outside the root and not corrected; torch corrects the root before it adds epsilon.
            np.add(t, epsilon, t)
            np.multiply(m, alpha, g)
            np.divide(g, t, g)
            np.subtract(w, g, w)

        return step


@dataclass(frozen=True, slots=True, kw_only=True)
class Nadam:
    """``Nadam`` (keras/src/optimizers/nadam.py, Keras 3.15.1)."""

    beta_1: float
    beta_2: float
    epsilon: float

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        return {"momentum": 0.0, "velocity": 0.0}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates, the shares of momentum and gradient, and a correction."""
        one, half, beta_1 = np.float32(1), np.float32(0.5), np.float32(self.beta_1)

        # torch's schedule is 0.96 ** (0.004 * step).
        def momentum_of(step: np.ndarray) -> np.ndarray:
            return beta_1 * (one - half * np.float32(0.96) ** step)

        # The running product belongs to the optimizer and begins with its first step.
        until = np.arange(1, int(steps.max()) + 1, dtype=np.float32)
        product = np.cumprod(momentum_of(until), dtype=np.float32)[steps.astype(int) - 1]
        now, following = momentum_of(steps), momentum_of(steps + one)
        of_momentum = following / (one - product * following)
        of_gradient = (one - now) / (one - product)
        correction = one - np.float32(self.beta_2) ** steps
        return rates, of_momentum, of_gradient, correction

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t = arrays.weights, arrays.gradient, arrays.spare
        m, v = arrays.slots["momentum"], arrays.slots["velocity"]
        u = arrays.other
        one = np.float32(1)
        # Unlike Adam's these are rounded before they are subtracted (nadam.py, `update_step`).
        to_m, to_v = constants(one - np.float32(self.beta_1), one - np.float32(self.beta_2))
        (epsilon,) = constants(self.epsilon)

        def step(
            rate: np.ndarray,
            of_momentum: np.ndarray,
            of_gradient: np.ndarray,
            correction: np.ndarray,
        ) -> None:
            np.subtract(g, m, t)
            np.multiply(t, to_m, t)
            np.add(m, t, m)
            np.multiply(g, g, t)
            np.subtract(t, v, t)
            np.multiply(t, to_v, t)
            np.add(v, t, v)
            # Nesterov's look ahead: the momentum of the next step, the gradient of this one.
            np.multiply(g, of_gradient, g)
            np.multiply(m, of_momentum, u)
            np.add(g, u, g)
            np.divide(v, correction, t)
            np.sqrt(t, t)
            np.add(t, epsilon, t)
            np.multiply(g, rate, g)
            np.divide(g, t, g)
            np.subtract(w, g, w)

        return step


@dataclass(frozen=True, slots=True, kw_only=True)
class Adamax:
    """``Adamax`` (keras/src/optimizers/adamax.py, Keras 3.15.1)."""

    beta_1: float
    beta_2: float
    epsilon: float

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        return {"momentum": 0.0, "norm": 0.0}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates, corrected for the momentum that began at zero."""
        return (rates / (np.float32(1) - np.float32(self.beta_1) ** steps),)

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t = arrays.weights, arrays.gradient, arrays.spare
        m, norm = arrays.slots["momentum"], arrays.slots["norm"]
        to_m, beta_2, epsilon = constants(1 - self.beta_1, self.beta_2, self.epsilon)

        def step(rate: np.ndarray) -> None:
            np.subtract(g, m, t)
            np.multiply(t, to_m, t)
            np.add(m, t, m)
            # A largest size that decays, in place of Adam's mean of squares.
            np.multiply(norm, beta_2, norm)
            np.abs(g, g)
            np.maximum(norm, g, out=norm)
            np.add(norm, epsilon, t)
            np.multiply(m, rate, g)
            np.divide(g, t, g)
            np.subtract(w, g, w)

        return step


@dataclass(frozen=True, slots=True, kw_only=True)
class Lion:
    """``Lion`` (keras/src/optimizers/lion.py, Keras 3.15.1)."""

    beta_1: float
    beta_2: float

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        return {"momentum": 0.0}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates."""
        return (rates,)

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t, u = arrays.weights, arrays.gradient, arrays.spare, arrays.other
        m, one = arrays.slots["momentum"], np.float32(1)
        # Two different mixes: one decides the step, the other is kept.
        beta_1, beta_2 = constants(self.beta_1, self.beta_2)
        rest_1, rest_2 = constants(one - np.float32(self.beta_1), one - np.float32(self.beta_2))

        def step(rate: np.ndarray) -> None:
            np.multiply(m, beta_1, t)
            np.multiply(g, rest_1, u)
            np.add(t, u, t)
            # Only the sign counts: a weight whose mix rounds to another sign moves apart by twice
            # the learning rate.
            np.sign(t, t)
            np.multiply(t, rate, t)
            np.subtract(w, t, w)
            running_average(m, g, beta_2, rest_2)

        return step

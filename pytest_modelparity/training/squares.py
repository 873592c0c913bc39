"""The stock optimizers of Keras that divide by the size of past gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.training.updates import Arrays, Factors, Move, constants, running_average


@dataclass(frozen=True, slots=True, kw_only=True)
class RMSprop:
    """``RMSprop`` (keras/src/optimizers/rmsprop.py, Keras 3.15.1)."""

    rho: float
    momentum: float
    epsilon: float
    centered: bool

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        momentum = {"momentum": 0.0} if self.momentum > 0 else {}
        return {"velocity": 0.0, **momentum, **({"average_gradient": 0.0} if self.centered else {})}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates."""
        return (rates,)

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t, u = arrays.weights, arrays.gradient, arrays.spare, arrays.other
        v, m = arrays.slots["velocity"], arrays.slots.get("momentum")
        average = arrays.slots.get("average_gradient")
        rho, rest, epsilon, momentum = constants(
            self.rho, 1 - self.rho, self.epsilon, self.momentum
        )

        def step(rate: np.ndarray) -> None:
            np.multiply(g, g, t)
            running_average(v, t, rho, rest)
            if average is None:
                np.add(v, epsilon, t)
            else:
                np.copyto(t, g)
                running_average(average, t, rho, rest)
                # For a steady gradient these nearly cancel, and rounding is what is left.
                np.multiply(average, average, u)
                np.subtract(v, u, t)
                np.add(t, epsilon, t)
            # Epsilon is inside the root here, outside in torch.
            np.sqrt(t, t)
            np.multiply(g, rate, g)
            np.divide(g, t, g)
            if m is not None:
                np.multiply(m, momentum, m)
                np.add(m, g, m)
            np.subtract(w, g if m is None else m, w)

        return step


@dataclass(frozen=True, slots=True, kw_only=True)
class Adagrad:
    """``Adagrad`` (keras/src/optimizers/adagrad.py, Keras 3.15.1)."""

    initial_accumulator_value: float
    epsilon: float

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        # 0.1 in Keras where torch starts at 0: first steps are shorter.
        return {"accumulator": self.initial_accumulator_value}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates."""
        return (rates,)

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t = arrays.weights, arrays.gradient, arrays.spare
        accumulator, (epsilon,) = arrays.slots["accumulator"], constants(self.epsilon)

        def step(rate: np.ndarray) -> None:
            np.multiply(g, g, t)
            np.add(accumulator, t, accumulator)
            np.add(accumulator, epsilon, t)
            np.sqrt(t, t)
            np.multiply(g, rate, g)
            np.divide(g, t, g)
            np.subtract(w, g, w)

        return step


@dataclass(frozen=True, slots=True, kw_only=True)
class Adadelta:
    """``Adadelta`` (keras/src/optimizers/adadelta.py, Keras 3.15.1)."""

    rho: float
    epsilon: float

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        return {"accumulated_grad": 0.0, "accumulated_delta_var": 0.0}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates."""
        return (rates,)

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t = arrays.weights, arrays.gradient, arrays.spare
        gradients, moves = (arrays.slots[name] for name in self.slots())
        rho, rest, epsilon = constants(self.rho, 1 - self.rho, self.epsilon)

        def step(rate: np.ndarray) -> None:
            np.multiply(g, g, t)
            running_average(gradients, t, rho, rest)
            # The size of past moves gives the gradient the unit of a weight; moves count before
            # they are multiplied with the learning rate.
            np.add(moves, epsilon, t)
            np.sqrt(t, t)
            np.multiply(g, t, g)
            np.add(gradients, epsilon, t)
            np.sqrt(t, t)
            np.divide(g, t, g)
            np.multiply(g, g, t)
            running_average(moves, t, rho, rest)
            np.multiply(g, rate, g)
            np.subtract(w, g, w)

        return step


@dataclass(frozen=True, slots=True, kw_only=True)
class Ftrl:
    """``Ftrl`` (keras/src/optimizers/ftrl.py, Keras 3.15.1)."""

    learning_rate_power: float
    initial_accumulator_value: float
    l1_regularization_strength: float
    l2_regularization_strength: float
    l2_shrinkage_regularization_strength: float
    beta: float

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""
        return {"accumulator": self.initial_accumulator_value, "linear": 0.0}

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return the learning rates, and what is added to the curvature."""
        two, beta = np.float32(2), np.float32(self.beta)
        strength = np.float32(self.l2_regularization_strength) + beta / (two * rates)
        return rates, two * strength

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""
        w, g, t, u = arrays.weights, arrays.gradient, arrays.spare, arrays.other
        accumulator, linear = arrays.slots["accumulator"], arrays.slots["linear"]
        power, shrinkage, low, high = constants(
            -self.learning_rate_power,
            2 * self.l2_shrinkage_regularization_strength,
            -self.l1_regularization_strength,
            self.l1_regularization_strength,
        )

        def step(rate: np.ndarray, curvature: np.ndarray) -> None:
            # Ftrl solves for the weights anew in each step; what it keeps is their linear term.
            np.power(accumulator, power, u)
            # The accumulator takes the gradient without the shrinkage.
            np.multiply(g, g, t)
            np.add(accumulator, t, accumulator)
            np.multiply(w, shrinkage, t)
            np.add(g, t, g)
            np.power(accumulator, power, t)
            np.subtract(t, u, u)
            np.divide(u, rate, u)
            np.multiply(u, w, u)
            np.subtract(g, u, g)
            np.add(linear, g, linear)
            np.divide(t, rate, t)
            np.add(t, curvature, t)
            # Within the L1 strength the weight is exactly zero.
            np.minimum(linear, high, out=u)
            np.maximum(u, low, out=u)
            np.subtract(u, linear, u)
            np.divide(u, t, w)

        return step

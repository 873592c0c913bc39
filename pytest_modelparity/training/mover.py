"""One optimizer, applied to the stacked weights of many variants."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pytest_modelparity.training.optimizers import Formula
from pytest_modelparity.training.recipe import OptimizerState
from pytest_modelparity.training.updates import Arrays, constants

#: Changes the gradient or the weights before the update; called with the learning rates.
_Act = Callable[[np.ndarray], object]


class Mover:
    """Moves stacked weights by their gradients, as Keras's ``apply`` moves those of one model.

    Parameters
    ----------
    formula : Formula
        Of the optimizer that all variants have.
    weights : ndarray of shape (n_variants, n_outputs, width)
        Moved in place; the coefficients of the features come first, then the intercept.
    n_features : int
        How many of the columns are coefficients.
    decayed : tuple of bool
        Whether weight decay acts on kernel and bias.
    states : sequence of OptimizerState or None
        One a variant, of equal ``iterations``.
    """

    def __init__(
        self,
        formula: Formula,
        weights: np.ndarray,
        n_features: int,
        decayed: tuple[bool, bool],
        states: Sequence[OptimizerState | None],
    ) -> None:
        self._formula, self._weights, self._n_features = formula, weights, n_features
        # Corrections of Adam and schedules go on where the optimizer was.
        self._first = states[0].iterations if states[0] is not None else 0
        self._batches = self._first
        #: Where the gradient of each step is to be written.
        self.gradient = np.zeros_like(weights)
        self._slots = {
            name: self._stacked(name, value, states) for name, value in formula.slots().items()
        }
        self._spare = np.empty_like(weights)
        arrays = Arrays(
            weights=weights,
            gradient=self.gradient,
            slots=self._slots,
            spare=self._spare,
            other=np.empty_like(weights),
        )
        self._move = formula.update.move(arrays)
        self._acts = [*self._clips(), *self._decays(decayed)]

    @property
    def batches(self) -> int:
        """Batches seen, those before the start included."""
        return self._batches

    def step(self, rate: np.ndarray, *factors: np.ndarray) -> None:
        """Apply the gradient of one batch, with that batch's `Formula.factors`."""
        if self._gathered():
            for act in self._acts:
                act(rate)
            self._move(*factors)
        # Keras averages after every batch, those that only keep their gradient too.
        if self._formula.use_ema:
            self._take_average()
        self._batches += 1

    def final(self) -> np.ndarray:
        """Return the weights as ``fit`` would leave them if it ended now."""
        # `fit` puts the averages in the weights' place when it ends, unless it made no step.
        if self._formula.use_ema and self._batches > self._first:
            return self._slots["average"]
        return self._weights

    def _stacked(
        self, name: str, value: float, states: Sequence[OptimizerState | None]
    ) -> np.ndarray:
        """Return a slot of all variants."""
        slot = np.full_like(self._weights, value)
        for own, state in zip(slot, states, strict=True):
            if state is not None:
                own[:, : self._n_features] = state.slots[name, "kernel"].T
                if own.shape[1] > self._n_features:
                    own[:, self._n_features] = state.slots[name, "bias"]
        return slot

    def _gathered(self) -> bool:
        """Whether a step is made now; else the gradient is kept for a later one."""
        # The last batches of a training that fill no whole step are lost, as in Keras.
        needed = self._formula.batches_a_step
        if needed == 1:
            return True
        kept = self._slots["gradient_accumulator"]
        np.add(self.gradient, kept, self.gradient)
        if (self._batches + 1) % needed:
            np.copyto(kept, self.gradient)
            return False
        np.divide(self.gradient, np.float32(needed), self.gradient)
        kept.fill(0.0)
        return True

    def _clips(self) -> list[_Act]:
        """Return what limits the gradient; of several limits Keras obeys the first of these."""
        formula, g = self._formula, self.gradient
        if formula.clipnorm and formula.clipnorm > 0:
            return [self._by_norm(formula.clipnorm)]
        if formula.global_clipnorm and formula.global_clipnorm > 0:
            return [self._by_global_norm(formula.global_clipnorm)]
        if formula.clipvalue and formula.clipvalue > 0:
            most = np.float32(formula.clipvalue)
            return [lambda rate: np.clip(g, -most, most, out=g)]
        return []

    def _parts(self) -> list[np.ndarray]:
        """Return the gradients of kernel and bias."""
        parts = [self.gradient[:, :, : self._n_features], self.gradient[:, :, self._n_features :]]
        return [part for part in parts if part.size]

    def _by_norm(self, most: float) -> _Act:
        """Limit the norms of kernel and bias, each by itself."""
        parts, limit = self._parts(), np.float32(most)

        def clip(rate: np.ndarray) -> None:
            for part in parts:
                norms = np.sqrt(_squares(part))
                np.multiply(part, limit, part)
                np.divide(part, np.maximum(norms, limit), part)

        return clip

    def _by_global_norm(self, most: float) -> _Act:
        """Limit the norm of kernel and bias together."""
        parts, limit, one = self._parts(), np.float32(most), np.float32(1)

        def clip(rate: np.ndarray) -> None:
            norms = np.sqrt(np.add.reduce([_squares(part) for part in parts]))
            scales = limit * np.minimum(one / norms, one / limit)
            # Keras lets a norm that is not finite spoil the whole gradient.
            np.multiply(self.gradient, scales + (norms - norms), self.gradient)

        return clip

    def _decays(self, decayed: tuple[bool, bool]) -> list[_Act]:
        """Return what shrinks the weights before they move."""
        if not self._formula.weight_decay:
            return []
        strength, w, t = np.zeros_like(self._weights), self._weights, self._spare
        (decay,) = constants(self._formula.weight_decay)
        strength[:, :, : self._n_features] = decay * decayed[0]
        strength[:, :, self._n_features :] = decay * decayed[1]

        # In the order of Keras's product, `variable * wd * lr`: it decides the last bit.
        def shrink(rate: np.ndarray) -> None:
            np.multiply(w, strength, t)
            np.multiply(t, rate, t)
            np.subtract(w, t, w)

        return [shrink]

    def _take_average(self) -> None:
        """Move the averages of the weights on, and put them in the weights' place when due."""
        formula, average = self._formula, self._slots["average"]
        steps = self._batches // formula.batches_a_step
        # The first average is the weights themselves: it has no value before.
        momentum = np.float32(formula.ema_momentum if steps else 0.0)
        np.multiply(average, momentum, average)
        np.multiply(self._weights, np.float32(1) - momentum, self._spare)
        np.add(average, self._spare, average)
        every = formula.ema_overwrite_frequency
        if every and (steps + 1) % every == 0:
            np.copyto(self._weights, average)


def _squares(part: np.ndarray) -> np.ndarray:
    """Return the sum of squares of each variant's part, of shape (n_variants, 1, 1)."""
    flat = np.ascontiguousarray(part).reshape(len(part), 1, -1)
    # A product of its own for each variant: a sum over all would round by their number.
    squares: np.ndarray = flat @ flat.swapaxes(1, 2)
    return squares

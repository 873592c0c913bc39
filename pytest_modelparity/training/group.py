"""Variants whose steps are one array operation: one optimizer, one batch size, one loss."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.training.feeds import Feed, feed_of
from pytest_modelparity.training.losses import loop_loss_of
from pytest_modelparity.training.mover import Mover
from pytest_modelparity.training.optimizers import formula_of
from pytest_modelparity.training.problem import Clip, Problem, Variant
from pytest_modelparity.training.recipe import Schedule
from pytest_modelparity.training.room import Batch
from pytest_modelparity.training.rows import Rows, Sharing

#: Steps whose learning rates and other factors are computed at a time.
_STEPS_AHEAD = 1024


def settings_of(problem: Problem, variant: Variant) -> ObjectiveSettings:
    """Return the objective of a variant."""
    return variant.settings or problem.settings


def clip_of(problem: Problem, variant: Variant) -> Clip | None:
    """Return how the probabilities of a variant are clipped; ``None``: they are not."""
    return None if variant.logits else problem.clip


def group_key(problem: Problem, variant: Variant) -> Hashable:
    """Return what the variants of one group have in common."""
    optimizer, settings = variant.optimizer, settings_of(problem, variant)
    # Strengths may differ, but where there is none nothing is added: 0 * inf is NaN.
    kind = replace(
        settings,
        l2_strength=float(settings.l2_strength > 0),
        l1_strength=float(settings.l1_strength > 0),
        intercept_l2_strength=float(settings.intercept_l2_strength > 0),
        intercept_l1_strength=float(settings.intercept_l1_strength > 0),
    )
    # Averages and kept gradients are due by the number of the batch.
    steps = variant.start.state.iterations if variant.start.state else 0
    batch_size = min(variant.batch_size, len(problem.y))
    decayed = variant.decayed or problem.decayed
    clip = clip_of(problem, variant)
    return optimizer.name, optimizer.options, batch_size, steps, decayed, clip, kind


class Group:
    """Variants of equal `group_key`, trained together.

    Parameters
    ----------
    problem : Problem
        What they are trained on.
    rows : Rows
        Its rows, encoded for these variants' objective.
    variants : sequence of Variant
        In the order of their ``columns``.
    columns : ndarray of shape (n_variants,)
        Which of the orders of the rows is each variant's, sorted.
    """

    def __init__(
        self, problem: Problem, rows: Rows, variants: Sequence[Variant], columns: np.ndarray
    ) -> None:
        self._problem, self._variants = problem, variants
        self._settings = settings_of(problem, variants[0])
        self._loss = loop_loss_of(self._settings, clip_of(problem, variants[0]))
        formula = formula_of(variants[0].optimizer)
        assert formula is not None, f"no formula for {variants[0].optimizer.code()}"
        self._formula = formula
        self._weights = self._stacked()
        self._mover = Mover(
            formula,
            self._weights,
            problem.X.shape[1],
            variants[0].decayed or problem.decayed,
            [variant.start.state for variant in variants],
        )
        self._feed = self._made_feed(rows, columns)
        # The same memory by seed: variants of one seed share their rows in one product.
        shape = (*self._feed.shape, *self._weights.shape[1:])
        self._by_seed = self._weights.reshape(shape), self._mover.gradient.reshape(shape)
        self._l2, self._l1 = self._penalties()
        self._spare = np.empty_like(self._weights)

    def run(self, orders: np.ndarray, losses: np.ndarray | None) -> None:
        """Make the epochs of ``orders``.

        Parameters
        ----------
        orders : ndarray of shape (n_epochs, n_distinct, n_samples)
            Permutations of the rows.
        losses : ndarray of shape (n_epochs, n_variants), optional
            Where the losses of each epoch are to be written.
        """
        factors = self._factors(len(orders) * self._feed.steps)
        weights, gradient = self._by_seed
        slope, step, pulls = self._loss.slope, self._mover.step, self._pulls()
        of_piece = np.empty_like(gradient)
        for epoch, order in enumerate(orders):
            for batch in self._feed.epoch(order):
                if losses is not None:
                    # Keras weighs each batch's loss by its rows (trainer.py, `_loss_tracker`).
                    losses[epoch] += self._values(batch) * (batch.step_rows / len(self._problem.y))
                slope(batch, weights, gradient if batch.opens else of_piece)
                if not batch.opens:
                    np.add(gradient, of_piece, gradient)
                if batch.closes:
                    for pull in pulls:
                        pull()
                    step(*next(factors))

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        """Return kernels and biases as ``fit`` would leave them if it ended now."""
        final, n_features = self._mover.final(), self._problem.X.shape[1]
        kernels = final[:, :, :n_features].swapaxes(1, 2).copy()
        if self._settings.fit_intercept:
            return kernels, final[:, :, n_features].copy()
        # A layer without a bias is given back what came with its start.
        return kernels, np.stack([variant.start.bias for variant in self._variants])

    def _stacked(self) -> np.ndarray:
        """Return the starts, of shape (n_variants, n_outputs, width)."""
        starts = [variant.start for variant in self._variants]
        parts = [np.stack([start.kernel.T for start in starts])]
        if self._settings.fit_intercept:
            parts.append(np.stack([start.bias[:, None] for start in starts]))
        return np.ascontiguousarray(np.concatenate(parts, axis=2), dtype=np.float32)

    def _made_feed(self, rows: Rows, columns: np.ndarray) -> Feed:
        """Return what feeds the variants."""
        problem, settings = self._problem, self._settings
        sharing = Sharing(
            scale=self._loss.sign * settings.loss_scale,
            normalised=settings.weights_normalised,
            summed_over=problem.summed_over,
        )
        size = self._variants[0].batch_size
        return feed_of(rows, size, sharing, columns, problem.n_outputs)

    def _penalties(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the strengths of each weight's L2 and L1 penalty, shaped as the weights."""
        n_features = self._problem.X.shape[1]
        scale = self._problem.penalty_scale
        scales = np.ones(n_features) if scale is None else scale
        # The layer's weights are those of the features as given times the scale, so the gradient of
        # a penalty on the latter has the scale once more in its divisor.
        l2, l1 = np.zeros_like(self._weights), np.zeros_like(self._weights)
        for index, variant in enumerate(self._variants):
            settings = settings_of(self._problem, variant)
            l2[index, :, :n_features] = settings.l2_strength / scales**2
            l2[index, :, n_features:] = settings.intercept_l2_strength
            l1[index, :, :n_features] = settings.l1_strength / scales
            l1[index, :, n_features:] = settings.intercept_l1_strength
        return l2, l1

    def _pulls(self) -> list[Callable[[], None]]:
        """Return what adds the gradients of the penalties to that of the loss."""
        w, g, t, l2, l1 = self._weights, self._mover.gradient, self._spare, self._l2, self._l1
        at_zero = self._problem.slope_at_zero

        def towards_zero() -> None:
            np.multiply(w, l2, t)
            np.add(g, t, g)

        def by_sign() -> None:
            np.sign(w, t)
            if at_zero:
                np.copyto(t, at_zero, where=w == 0)
            np.multiply(t, l1, t)
            np.add(g, t, g)

        # A step costs 20 us: an operation that adds zeros is left out.
        pulls = [(towards_zero, l2), (by_sign, l1)]
        return [pull for pull, strengths in pulls if strengths.any()]

    def _values(self, batch: Batch) -> np.ndarray:
        """Return loss and penalty of each variant on a batch; the latter once a step."""
        w = self._weights
        terms = (self._loss.values(batch, self._by_seed[0]) * batch.share).sum(axis=(2, 3))
        values: np.ndarray = terms.reshape(-1)
        if not batch.opens:
            return values
        penalties = 0.5 * self._l2 * w**2 + self._l1 * np.abs(w)
        return np.asarray(values + penalties.sum(axis=(1, 2)))

    def _factors(self, n_steps: int) -> Iterator[list[np.ndarray]]:
        """Yield what each of the next steps is made with."""
        for first in range(0, n_steps, _STEPS_AHEAD):
            # A schedule counts on from what the optimizer had seen at the start.
            now = self._mover.batches
            rates = self._rates(now, min(_STEPS_AHEAD, n_steps - first))
            factors = self._formula.factors(rates, now)
            for step in range(len(rates)):
                # Arrays without axes: NumPy is slower with numbers.
                yield [factor[step, ...] for factor in factors]

    def _rates(self, first: int, n_steps: int) -> np.ndarray:
        """Return the learning rates of some steps, of one axis where all variants share them."""
        steps = np.arange(first, first + n_steps)
        distinct = list(dict.fromkeys(variant.optimizer.rate for variant in self._variants))
        rates = [
            rate.rates(steps) if isinstance(rate, Schedule) else np.full(n_steps, rate, np.float32)
            for rate in distinct
        ]
        if len(distinct) == 1:
            return rates[0]
        which = [distinct.index(variant.optimizer.rate) for variant in self._variants]
        return np.stack(rates, axis=1)[:, which, None, None]

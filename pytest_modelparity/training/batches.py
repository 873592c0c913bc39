"""The order of the rows of each epoch, in which ``fit`` is fed them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pytest_modelparity.rows.orders import shuffle


class Permutations:
    """The rows' order of each epoch, one for each distinct seed.

    Each seed has a generator of its own, which shuffles its own order again and again.

    Parameters
    ----------
    n_samples : int
        Rows.
    seeds : sequence of int or None
        One a variant; ``None`` leaves the rows in their order.
    replay : bool
        Whether the first permutation serves all epochs.
    parts : sequence of slice
        Of the rows, where these are shuffled part by part (`rows.orders.shuffle`).
    """

    def __init__(
        self,
        n_samples: int,
        seeds: Sequence[int | None],
        *,
        replay: bool,
        parts: Sequence[slice] = (),
    ) -> None:
        self._parts = tuple(parts)
        # Equal seeds shuffle once.
        distinct = list(dict.fromkeys(seeds))
        #: Which of the orders is each variant's.
        self.columns = np.array([distinct.index(seed) for seed in seeds], dtype=np.intp)
        self._orders = np.tile(np.arange(n_samples, dtype=np.intp), (len(distinct), 1))
        shuffled = [
            # A generator each, so that a seed's batches do not depend on which other seeds are
            # trained.
            (order, np.random.default_rng(seed))
            for order, seed in zip(self._orders, distinct, strict=True)
            if seed is not None
        ]
        if replay:
            for order, generator in shuffled:
                shuffle(order, generator, self._parts)
        self._shuffled = [] if replay else shuffled

    def epochs_within(self, n_rows: int, most: int) -> int:
        """Return how many epochs' orders have at most ``n_rows`` entries; one at least."""
        return max(1, min(most, n_rows // max(1, self._orders.size)))

    def draw(self, n_epochs: int) -> np.ndarray:
        """Return the orders of the next epochs, of shape (n_epochs, n_distinct, n_samples)."""
        drawn = np.empty((n_epochs, *self._orders.shape), dtype=np.intp)
        for epoch in range(n_epochs):
            for order, generator in self._shuffled:
                shuffle(order, generator, self._parts)
            drawn[epoch] = self._orders
        return drawn

"""The global random state of Python and numpy, which a check leaves as it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def global_state_kept(seed: int | None = None) -> Iterator[None]:
    """Put the global random state of Python and numpy back afterwards; seed both where asked."""
    state, legacy = random.getstate(), np.random.get_state()
    if seed is not None:
        random.seed(seed)
        # numpy's legacy generator takes 32 bits.
        np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(legacy)

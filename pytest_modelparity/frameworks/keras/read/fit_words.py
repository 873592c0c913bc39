"""Words of other libraries in ``fit``, and what Keras says for them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_EPOCHS, _RATE = "epochs", "compile(optimizer=keras.optimizers.Adam(learning_rate=...))"
_PENALTY = "kernel_regularizer=keras.regularizers.L2(...) of the Dense layer"
_STOPPING = "callbacks=[keras.callbacks.EarlyStopping(...)]"
#: What a word of scikit-learn, torch or an older Keras is in Keras 3.
_IN_KERAS = {
    **dict.fromkeys(
        ("max_iter", "n_iter", "n_epochs", "num_epochs", "max_epochs", "nb_epoch", "iterations"),
        _EPOCHS,
    ),
    **dict.fromkeys(("bs", "batch", "batchsize", "minibatch_size"), "batch_size"),
    **dict.fromkeys(("lr", "learning_rate", "learning_rate_init", "eta0"), _RATE),
    **dict.fromkeys(("optimizer", "solver"), "compile(optimizer=...)"),
    **dict.fromkeys(("C", "alpha", "penalty", "l1_ratio", "l2", "weight_decay"), _PENALTY),
    **dict.fromkeys(("tol", "early_stopping", "n_iter_no_change", "patience"), _STOPPING),
    **dict.fromkeys(("seed", "random_state"), "seed=... of the check itself"),
    "fit_intercept": "use_bias of the Dense layer",
    "loss": "compile(loss=...)",
    "criterion": "compile(loss=...)",
    "metrics": "compile(metrics=[...])",
    "validation_fraction": "validation_split",
    "weights": "sample_weight",
}


def in_keras(name: str, known: Iterable[str]) -> str:
    """Return what Keras has for a word that its ``fit`` does not know; nothing: nothing is alike.

    Parameters
    ----------
    known : iterable of str
        The arguments of ``fit``.
    """
    if name in _IN_KERAS:
        return _IN_KERAS[name]
    return next(iter(difflib.get_close_matches(name, list(known), 1)), "")

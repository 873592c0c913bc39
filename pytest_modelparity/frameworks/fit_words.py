"""Words in ``fit`` that other libraries have, by what they mean."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

#: What scikit-learn, skorch, torch's users or an older Keras call an argument of a training.
_WORDS = {
    "epochs": "max_iter n_iter n_epochs num_epochs max_epochs nb_epoch iterations",
    "batch_size": "bs batch batchsize minibatch_size",
    "learning_rate": "lr learning_rate learning_rate_init eta0",
    "optimizer": "optimizer solver",
    "penalty": "C alpha penalty l1_ratio l2 weight_decay",
    "stopping": "tol early_stopping n_iter_no_change patience",
    "seed": "seed random_state",
    "intercept": "fit_intercept",
    "loss": "loss loss_fn criterion",
    "metrics": "metrics",
    "validation": "validation_fraction",
    "sample_weight": "weights",
    "class_weight": "class_weight",
    "model": "model net",
}
_MEANINGS = {word: meaning for meaning, words in _WORDS.items() for word in words.split()}


def word_for(name: str, places: Mapping[str, str], known: Iterable[str]) -> str:
    """Return what a framework has for a word that its ``fit`` does not know; nothing: none.

    Parameters
    ----------
    places : mapping of str to str
        Where each meaning stands in the framework.
    known : iterable of str
        The words that its ``fit`` knows, of which one that is spelled alike may be meant.
    """
    close = difflib.get_close_matches(name, list(known), 1)
    return places.get(_MEANINGS.get(name, ""), "") or next(iter(close), "")

"""What each finding means, in one sentence; `docs/findings.md` says more."""

from __future__ import annotations

from collections.abc import Mapping

# A slug is public: a baseline, `--parity-fail-on` and tests of users hold it. It may be added, and
# is never renamed. What a finding says of one check stands in the finding.
MEANINGS: Mapping[str, str] = {
    "reference-not-converged": (
        "The scikit-learn side stopped further from the optimum of its own objective than is "
        "allowed, whatever its solver says."
    ),
    "candidate-not-converged": (
        "More training, or another optimizer, would still change the candidate by more than is "
        "allowed."
    ),
    "same-score-different-model": (
        "Scores or labels agree, probabilities do not: a test that compares scores would have "
        "passed."
    ),
    "no-finite-optimum": (
        "The classes can be separated and nothing is penalised, or a class has no weight, so "
        "coefficients grow for as long as the model is trained."
    ),
    "intercept-penalised": "The penalty of this side also pulls the intercept to zero.",
    "class-order": "The candidate models the one label where the reference models the other.",
    "ill-conditioned": (
        "The features have such different scales that steps along the gradient get nowhere."
    ),
    "constant-column": (
        "A column that is constant on the training rows is not so on those compared, and the two "
        "sides scale it by very different numbers."
    ),
    "precision-limited": (
        "Rounding in the candidate's floating type alone may move a probability by more than is "
        "allowed."
    ),
    "target-shape": "y came as a column of shape (n, 1) and was taken as n labels.",
    "weights-normalised": (
        "The candidate divides its weighted loss by the sum of the weights, so the same penalty "
        "has another strength."
    ),
    "inert-setting": "A setting of the reference was given but does nothing.",
    "saturated": "Rows that are sure of a wrong class had no gradient, or no weight moved at all.",
    "decided-by-rounding": (
        "The training magnifies rounding: two equally right runs of it end far apart, on another "
        "machine too."
    ),
    "seeded-shuffle": (
        "A global seed makes Keras shuffle every epoch alike, and the same few rows weigh more "
        "in each."
    ),
    "seed-noise": "The divergence is within what another seed of the candidate makes of it.",
    "data-differs": (
        "A side that was trained elsewhere was trained on a part of the rows, which its weights "
        "tell."
    ),
    "objective-inferred": (
        "What a side that was trained elsewhere was trained on is told by its weights: it is at "
        "the optimum of that."
    ),
    "at-no-optimum": (
        "A side that was trained elsewhere is at the optimum of nothing that was tried: it was "
        "stopped early, or trained on something else."
    ),
    "not-linear": (
        "The candidate is no logistic model that is linear in X: its predictions do not come from "
        "one, whatever its coefficients."
    ),
    "no-distribution": (
        "What the candidate returns for a row does not sum to 1: sigmoids, one a class, are no "
        "probabilities of one choice."
    ),
    "structure-differs": (
        "One change of structure makes the candidate of the reference, such as a scaler that is "
        "forgotten or columns in another order: no setting and no training is to blame."
    ),
    "quantization": (
        "The candidate predicts multiples of 1/256 or 1/255, as a model that computes in 8 bits "
        "does: that alone may part it from the reference."
    ),
    "rows-brought-here": (
        "A model could not be sent to the workers that hold the rows, so these were predicted here."
    ),
    "finding-source-failed": (
        "A plugin that adds findings failed, so what it would have found is missing."
    ),
}

#: Findings that the table of a report says by itself, so that there their names are enough.
TOLD_BY_TABLE = (
    "reference-not-converged",
    "candidate-not-converged",
    "same-score-different-model",
    "no-finite-optimum",
    "intercept-penalised",
    "ill-conditioned",
    "precision-limited",
    "target-shape",
    "weights-normalised",
    "inert-setting",
    "seed-noise",
    "decided-by-rounding",
)


def meaning(slug: str) -> str:
    """Return what a finding means; nothing for one that is not this package's own."""
    return MEANINGS.get(slug, "")


def is_contributed(slug: str) -> bool:
    """Whether a slug has the form that plugins give theirs: ``"parity-newton/few-steps"``."""
    source, _, name = slug.partition("/")
    return bool(source and name)

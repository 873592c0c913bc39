"""How far two linear models may differ on inputs that no row shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse, vstack
from scipy.special import expit

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.divergence import Parameters, largest
from pytest_modelparity.parity.predictions import Predictions
from pytest_modelparity.report.parts import Divergence
from pytest_modelparity.report.worst_case import MixedRow, WorstCase, WorstInput
from pytest_modelparity.report.worst_words import input_place
from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.inputs import Inputs
from pytest_modelparity.theory.box import Plane
from pytest_modelparity.theory.box_search import search_box
from pytest_modelparity.theory.ellipsoid import radius_of, worst_in_ellipsoid
from pytest_modelparity.theory.softmax_gap import SoftmaxPair, softmax
from pytest_modelparity.theory.worst_case import Worst, worst_in_box, worst_mixture
from pytest_modelparity.theory.worst_search import search_ellipsoid, search_mixtures
from pytest_modelparity.tolerance import Tolerance

#: Coefficients that predict otherwise than the model by more than this are not all of it: above
#: what float32 or bfloat16 make of a probability, below what another link does.
LINK = 5e-3
#: A report holds whole inputs of so many columns.
MOST_COLUMNS = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Models:
    """Both models by their coefficients, and the rows that are known.

    Parameters
    ----------
    both : SoftmaxPair
        One row of each for two classes, else one for each class.
    X : Matrix
        Training rows, then those compared where they are others.
    logits : ndarray of shape (n_rows, 2) or (n_rows, 2 K)
        On them.
    """

    both: SoftmaxPair
    X: Matrix
    logits: np.ndarray

    @property
    def n_outputs(self) -> int:
        """Rows of coefficients of one model."""
        return self.both.n_classes

    def probabilities(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what reference and candidate predict, of shape (n_rows, n_classes) each."""
        n = self.n_outputs
        if n == 1:
            return _two_columns(logits[:, 0]), _two_columns(logits[:, 1])
        return softmax(logits[:, :n]), softmax(logits[:, n:])


@single_threaded
def worst_case_of(
    predictions: Predictions, parameters: Parameters | None, data: Dataset, inputs: Inputs | None
) -> WorstCase | None:
    """Return the worst case over the range of the inputs.

    ``None`` where it is not known: a side is not linear, predicts otherwise than its coefficients
    say, or holds numbers that are none.
    """
    # The difference of two linear maps is largest at a row: mixtures show nothing new.
    if not data.n_classes or parameters is None or inputs is None or not _are_finite(parameters):
        return None
    models = _models_of(parameters, data)
    n_eval = len(predictions.reference)
    told = models.probabilities(models.logits[-n_eval:])
    given = (predictions.reference, predictions.candidate)
    # A NaN is another link, too.
    if not all(largest(own - side) <= LINK for own, side in zip(told, given, strict=True)):
        return None
    reference, candidate = models.probabilities(models.logits)
    box = inputs.box
    few = len(box.low) <= MOST_COLUMNS
    mixtures, ellipsoid, worst = (_named(each, models, data) for each in _worst(models, inputs))
    names = data.feature_names
    return WorstCase(
        rows=largest(reference - candidate),
        mixtures=mixtures,
        ellipsoid=ellipsoid,
        box=worst,
        exact=models.n_outputs == 1,
        names=names if few else (),
        low=tuple(box.low.tolist()) if few else (),
        high=tuple(box.high.tolist()) if few else (),
        whole=_names(inputs.whole, names),
        two_valued=_names(inputs.two_valued, names),
        one_hot=tuple(_names(group, names) for group in inputs.groups),
        given=_names(inputs.given, names),
    )


def judged_worst_case(
    found: WorstCase | None, parameters: Parameters | None, tolerance: Tolerance
) -> dict[str, Divergence]:
    """Return the divergences of the worst case that a tolerance judges, by name.

    Raises
    ------
    ModelParityError
        If a side is not linear, so that it cannot be known.
    """
    allowed = {"worst_case": tolerance.worst_case, "worst_case_box": tolerance.worst_case_box}
    judged = {name: limit for name, limit in allowed.items() if limit is not None}
    if found is None:
        # Numbers that are none are no wrong question: they diverge.
        if parameters is not None and not _are_finite(parameters):
            return {name: Divergence(value=np.nan, allowed=judged[name]) for name in judged}
        raise ModelParityError(
            f"tolerance {', '.join(judged)} needs two linear models that predict what their "
            f"coefficients say, and one of these does not; leave it out, or compare linear models"
        )
    worst = {"worst_case": found.mixtures, "worst_case_box": found.box}
    note = "" if found.exact else "the largest that a search found"
    return {
        name: Divergence(
            # By the bound: what is not known to be within the tolerance is not.
            value=worst[name].value if worst[name].bound is None else worst[name].bound or 0.0,
            allowed=limit,
            place=input_place(worst[name], found.names),
            reference=worst[name].reference,
            candidate=worst[name].candidate,
            note=note,
        )
        for name, limit in judged.items()
    }


def _worst(models: _Models, inputs: Inputs) -> tuple[Worst, Worst, Worst]:
    """Return the worst mixture of the rows, and the worst inputs of ellipsoid and box."""
    logits, X = models.logits, models.X
    varying = int(np.count_nonzero(inputs.box.high > inputs.box.low))
    radius = radius_of(len(logits), varying)
    if models.n_outputs == 1:
        plane = Plane(coef=models.both.coef, intercept=models.both.intercept)
        return (
            worst_mixture(logits),
            worst_in_ellipsoid(X, logits, radius),
            worst_in_box(inputs.box, plane),
        )
    mixture = search_mixtures(logits)
    # What lies between the rows lies in the box, too.
    return (
        mixture,
        search_ellipsoid(X, logits, radius),
        search_box(inputs.box, models.both, _mixed(mixture, X)[None]),
    )


def _named(worst: Worst, models: _Models, data: Dataset) -> WorstInput:
    """Return a worst input in words and plain numbers."""
    x = worst.x if worst.x is not None else _mixed(worst, models.X)
    reference, candidate = models.probabilities(models.both.logits(x[None]))
    # Of two classes both differ alike: the second is the one that a sigmoid is of.
    label = 1 if models.n_outputs == 1 else int(np.argmax(np.abs(reference - candidate)))
    return WorstInput(
        value=float(abs(reference[0, label] - candidate[0, label])),
        bound=worst.bound,
        label=repr(data.classes[label].item()),
        reference=float(reference[0, label]),
        candidate=float(candidate[0, label]),
        x=tuple(x.tolist()) if len(x) <= MOST_COLUMNS else (),
        mixture=_mixture_of(worst, data),
    )


def _mixture_of(worst: Worst, data: Dataset) -> tuple[MixedRow, ...]:
    """Return the rows of a mixture, the largest share first."""
    if worst.rows is None or worst.shares is None:
        return ()
    n, found = data.n_samples, []
    for row, share in zip(worst.rows.tolist(), worst.shares.tolist(), strict=True):
        where = "" if data.evaluates_training_rows else "training" if row < n else "evaluation"
        if share > 0:
            found.append(MixedRow(rows=where, row=row if row < n else row - n, share=share))
    return tuple(sorted(found, key=lambda part: -part.share))


def _mixed(worst: Worst, X: Matrix) -> np.ndarray:
    """Return a mixture of rows as an input."""
    assert worst.rows is not None
    assert worst.shares is not None
    return np.asarray(worst.shares @ X[worst.rows]).reshape(-1)


def _models_of(parameters: Parameters, data: Dataset) -> _Models:
    """Return both models on all rows."""
    both = SoftmaxPair(
        coef=np.concatenate([parameters.reference_coef, parameters.candidate_coef]),
        intercept=np.concatenate([parameters.reference_intercept, parameters.candidate_intercept]),
    )
    X = data.held_rows
    if data.is_held and not data.evaluates_training_rows:
        parts, sparse = [X, data.X_eval], issparse(X) or issparse(data.X_eval)
        X = vstack(parts, format="csr") if sparse else np.concatenate(parts)
    return _Models(both=both, X=X, logits=both.logits(X))


def _two_columns(logit: np.ndarray) -> np.ndarray:
    """Return the probabilities of two classes."""
    return np.stack([expit(-logit), expit(logit)], axis=1)


def _are_finite(parameters: Parameters) -> bool:
    """Whether all coefficients and intercepts are finite numbers."""
    return all(
        bool(np.isfinite(values).all())
        for values in (
            parameters.reference_coef,
            parameters.candidate_coef,
            parameters.reference_intercept,
            parameters.candidate_intercept,
        )
    )


def _names(columns: tuple[int, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of columns."""
    return tuple(names[column] for column in columns)

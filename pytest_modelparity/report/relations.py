"""The changes that make one linear model of another, and what each means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_modelparity.report.numbers import listed, number

#: Columns that are named in a sentence.
MOST_NAMED = 3

#: The relation of a network that computes in whole numbers; its finding has the same name.
QUANTIZATION = "quantization"

#: The relation of a port of a pipeline's last step alone.
STEPS_FORGOTTEN = "steps-forgotten"

# A name is public: reports hold it, and tests of users ask for it. One may be added, and none is
# ever renamed.
RELATIONS: Mapping[str, str] = {
    "scaler-forgotten": (
        "its weights are those for scaled features, and it gets X without the scaling"
    ),
    "scaler-applied-twice": "it scales X before weights that are those for X as it is",
    STEPS_FORGOTTEN: "it is the last step of the pipeline, and gets the rows that the first gets",
    "centring-forgotten": "its scaling does not subtract the centre of the columns",
    "class-order": "its classes stand in another order",
    "sign-flipped": "the sign of its decision function is turned",
    "logit-factor": "its decision function is the reference's times a number",
    "target-scaled": "it predicts y scaled, and nothing undoes that",
    "target-unscaled": "it undoes a scaling of y that its weights are not made for",
    "target-centred": "it predicts y less its centre, and nothing adds that",
    "target-factor": "its predictions are the reference's times a number",
    "intercept-dropped": "it has no intercept",
    "intercept-shifted": "nothing but its intercept differs",
    "columns-reversed": "its columns stand in reverse order",
    "columns-sorted-by-name": "its columns are sorted by name, those of X are not",
    "image-transposed": "rows and columns of its images are exchanged",
    "image-flipped": "its images are mirrored",
    "image-rotated": "its images are turned by a quarter",
    "columns-swapped": "two of its columns are exchanged",
    "columns-permuted": "its columns stand in another order",
    "columns-dropped": "it does not see some of the columns",
    "column-in-other-units": "it has one column in other units",
    "rounded-to-float16": "its weights are rounded to float16",
    "rounded-to-bfloat16": "its weights are rounded to bfloat16",
    "rounded-to-int8": "its weights are rounded to int8",
    QUANTIZATION: "it computes in whole numbers: inputs, weights, sums and outputs are rounded",
}

#: Those that are another ``feature_scaling``.
SCALINGS = ("scaler-forgotten", "scaler-applied-twice", "centring-forgotten")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """The change that makes the candidate's linear model of the reference's.

    Parameters
    ----------
    name : str
        One of `RELATIONS`.
    detail : str
        Which one of its kind, in words, such as ``"standard deviation"`` or ``"factor 2"``.
    columns : tuple of str
        The columns that it concerns, where it does not concern all.
    before : float
        Largest difference of a prediction between the two sides.
    left : float
        The same once this very change is made to the reference.
    exact : bool
        Whether what is left is no more than rounding: a cause then, and else a finding.
    """

    name: str
    detail: str
    columns: tuple[str, ...] = ()
    before: float
    left: float
    exact: bool

    @property
    def meaning(self) -> str:
        """What it means, in words; nothing for a name that only a later version knows."""
        return RELATIONS.get(self.name, "")

    @property
    def which(self) -> str:
        """Which one of its kind it is, with the columns that it concerns; nothing where all are."""
        names = self.columns
        if len(names) > MOST_NAMED:
            names = (f"{len(names)} columns",)
        return ", ".join(filter(None, (listed(names, "and") if names else "", self.detail)))


def structure_relations() -> Mapping[str, str]:
    """Return the name of every relation with what it means."""
    return dict(RELATIONS)


def relation_sentence(relation: Relation) -> str:
    """Say which change makes the candidate of the reference, and what it leaves."""
    proof = f"with just this change made the two are within {number(relation.left, 2)}"
    if relation.exact:
        proof += ", which is rounding"
    else:
        proof += f", and without it {number(relation.before, 2)} apart"
    return f"{_named(relation)}: {relation.meaning}; {proof}"


def nearly_sentence(relation: Relation) -> str:
    """Say which change explains a divergence but for more than rounding."""
    return (
        f"no setting; {_named(relation)} leaves {number(relation.left, 2)}, "
        f"more than rounding, and so is not proven"
    )


def _named(relation: Relation) -> str:
    """Return its name, with which one of its kind it is."""
    return f"{relation.name} ({relation.which})" if relation.which else relation.name

"""The parts of a report, as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """A measured distance between the two sides.

    Parameters
    ----------
    value : float
        The largest absolute difference (a share for ``labels``, an RMS for ``probability_rms``).
    allowed : float, optional
        The tolerance; ``None``: not judged.
    place : str
        Where the worst element stands, such as ``"row 12, class 'b'"``; empty for a scalar.
    reference, candidate : float, optional
        The two values at that place.
    note : str
        What else must be known to read the number.
    """

    value: float
    allowed: float | None = None
    place: str = ""
    reference: float | None = None
    candidate: float | None = None
    note: str = ""

    @property
    def within(self) -> bool:
        """Whether the tolerance holds; a NaN never does."""
        # `<=` is False for a NaN on either side; `not >` would let it pass.
        return self.allowed is None or self.value <= self.allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPart:
    """One part of a divergence.

    Parameters
    ----------
    rms : float
        Root mean square over rows of the distance.
    largest : float
        Largest absolute difference of a prediction.
    share : float, optional
        Signed share ``<part, D> / <D, D>`` of the whole divergence D, on the rows that determine
        all three parts; ``None`` where D is below what the certificates can resolve.
    rows, known : str, int
        Where, if not on the rows of the split, and how many of them determine it; ``None``: all.
    """

    rms: float
    largest: float
    # Not clipped to [0, 1]: parts of opposite sign cancel, and that is what the user must see.
    share: float | None = None
    rows: str = ""
    known: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The divergence as reference's own error + objective gap + candidate's own error.

    Parameters
    ----------
    reference_error, objective_gap, candidate_error : SplitPart
        The three parts.
    rows : str
        Where, unless a part says it: ``"training"``, ``"evaluation"`` or ``"sampled"``, an even
        sample of rows that are passed over, where an optimum is not finite; empty: there is one
        set.
    """

    reference_error: SplitPart
    objective_gap: SplitPart
    candidate_error: SplitPart
    rows: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Proven bounds on the distance of a point to the optimum of its objective.

    Parameters
    ----------
    distance : float, optional
        Bound on the largest difference of any training row's prediction.
    evaluation : float, optional
        The same for the rows compared, where these are others.
    rows : str
        ``"training"`` where the rows compared are others; else empty.
    coef : float, optional
        Bound on the largest difference of a coefficient (centred over classes for softmax).
    gradient_norm : float
        Largest absolute element of the (sub)gradient with the smallest norm.
    objective_excess : float, optional
        Bound on the objective's value above its minimum.
    finite_optimum : bool, optional
        Whether a finite minimiser is proven to exist (True) or not to (False).
    condition_number : float, optional
        Of the Hessian at the optimum, as the features stand.
    method : str
        The theorem used: ``"newton-decrement"``, ``"duality-gap"``, ``"support"``,
        ``"separation"`` (the limit of fitted probabilities, or the objective's value itself) or
        empty.
    """

    distance: float | None = None
    coef: float | None = None
    # NaN, not 0: a norm that was not computed must not look like an optimum.
    gradient_norm: float = float("nan")
    objective_excess: float | None = None
    finite_optimum: bool | None = None
    condition_number: float | None = None
    method: str = ""
    evaluation: float | None = None
    rows: str = ""

    @property
    def probability(self) -> float | None:
        """The distance, under its name of format version 1."""
        return self.distance


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureCheck:
    """Whether the candidate predicts as the reference does, given the reference's parameters.

    Parameters
    ----------
    agrees : bool, optional
        ``None`` where parameters cannot be injected.
    distance : float, optional
        Largest difference of a prediction after the injection.
    allowed : float, optional
        What the precision of the candidate's dtype allows.
    note : str
        What was seen, in one sentence.
    """

    # Three values: "not tested" is neither a proof nor a fault.
    agrees: bool | None = None
    distance: float | None = None
    allowed: float | None = None
    note: str = ""

    @property
    def probability(self) -> float | None:
        """The distance, under its name of format version 1."""
        return self.distance


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a repair: on which side, which setting, and what to write."""

    side: str
    setting: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A setting that explains a part of the divergence.

    Parameters
    ----------
    setting : str
        One of `OBJECTIVE_SETTINGS` and `TRAINING_SETTINGS`; of `RELATIONS` for a ``"structure"``.
    reference, candidate : str
        The two values, each in the words of its framework.
    kind : str
        ``"structure"``, ``"reference"`` (its own error), ``"objective"`` or ``"training"``.
    role : str
        ``"must"`` (in every repair) or ``"one_of"`` (each of several suffices).
    share : float, optional
        Signed share of its kind's part of the split: the Shapley share for an objective setting
        (these sum to 1), the part of the error that changing it removes for the others.
    alone : float, optional
        Largest difference of a prediction that changing it alone makes.
    last : float, optional
        Largest difference of a prediction that is left when everything but it is changed.
    note : str
        What the two values look like, such as a forgotten factor.
    changes : tuple of Change
        What was written otherwise to show it; more than one where it takes several settings.
    left : float, optional
        Largest difference of a prediction that these changes left.
    suffices : bool
        Whether that is near enough; where nothing is, a cause is what came nearest.
    """

    setting: str
    reference: str
    candidate: str
    kind: str
    role: str
    share: float | None = None
    alone: float | None = None
    last: float | None = None
    note: str = ""
    changes: tuple[Change, ...] = ()
    left: float | None = None
    suffices: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A smallest set of changes that restores equivalence.

    Parameters
    ----------
    changes : tuple of Change
        What to change.
    verified : bool
        True only where the changed models were trained for real and found equivalent.
    left : float, optional
        Largest difference of a prediction that was left, the worst over all trainings.
    trained : tuple of float
        What each verifying training left, one for each seed.
    verified_by : str
        Who made these trainings, in words; empty where there are none.
    source : str
        A program to run: it trains the repaired models from ``X`` and ``y``.
    note : str
        Why it is not verified, or what else must be known.
    """

    changes: tuple[Change, ...]
    # Without a default: whoever makes a repair must say whether it was trained.
    verified: bool
    left: float | None = None
    trained: tuple[float, ...] = ()
    verified_by: str = ""
    source: str = ""
    note: str = ""

    @property
    def probability_after(self) -> float | None:
        """What was left, under its name of format version 1."""
        return self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something the user must know beside the verdict, under a stable slug."""

    slug: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedWarning:
    """A warning that a side's training raised."""

    side: str
    category: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What explaining a divergence cost, and what its budget left out.

    Parameters
    ----------
    budget : float
        Seconds that explaining and verifying may take, in sum.
    explaining, verifying : float
        Seconds they took.
    left_out : tuple of str
        What was not done for lack of time, one sentence each.
    stopped_by_the_clock : bool
        Whether some of it would have fitted by what it was reckoned to take: the machine was
        slower, and another run may do more.
    interrupted_while : str
        What was being done when an interrupt ended it; empty where none did.
    """

    budget: float
    explaining: float = 0.0
    verifying: float = 0.0
    left_out: tuple[str, ...] = ()
    stopped_by_the_clock: bool = False
    interrupted_while: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSummary:
    """The data of the check, by size and names."""

    n_samples: int
    n_features: int
    classes: tuple[str, ...]
    n_eval: int

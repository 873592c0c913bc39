"""What was inferred of the objective that a side was trained on, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

#: Grades, the best first: what may be said of a side. *Proven*: a certificate holds its distance to
#: the optimum within the tolerance, and no other objective is nearer. *Measured*: the distance is
#: within the tolerance. *Resembles*: it is not, and yet a tenth of that to the objective that was
#: expected; or a training without a penalty might pass by.
PROVEN, MEASURED, RESEMBLES, NONE = "proven", "measured", "resembles", "none"


#: What a regressor calls the strength of its penalty; the setting is called C all the same.
ALPHA = "alpha="


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredValue:
    """One setting that differs from the objective that was expected.

    Parameters
    ----------
    setting : str
        One of `settings.OBJECTIVE_SETTINGS`.
    text : str
        Its value in words, numbers with as many digits as they are known to.
    values : tuple of float
        Its numbers: one, or one for each class; none where words say all.
    low, high : tuple of float
        Two standard errors below and above them; empty where they are exact.
    """

    setting: str
    text: str
    values: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    @property
    def is_alpha(self) -> bool:
        """Whether it is the strength of a penalty as a regressor has it, with its own name."""
        return self.text.startswith(ALPHA)

    @property
    def words(self) -> str:
        """The setting with its value: ``"penalty=l2"``, ``"alpha=30 (Ridge)"``."""
        return self.text if self.is_alpha else f"{self.setting}={self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedObjective:
    """An objective whose optimum the side is proven not to be.

    Parameters
    ----------
    text : str
        Its settings, in words.
    at_least : float
        A lower bound of the distance to its optimum, in the norm of its Hessian at the side.
    noise : float
        How far the side itself may be off in that norm, by the rounding of its predictions.
    """

    text: str
    at_least: float
    noise: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredObjective:
    """What the parameters of a side that was trained elsewhere tell of its objective.

    Parameters
    ----------
    grade : str
        ``"proven"``, ``"measured"``, ``"resembles"`` or ``"none"``.
    expected : str
        Which objective the values differ from: ``"reference"``, or ``"declared"`` for its own, as
        far as it was read.
    is_cause : bool
        Whether the causes rest on it, and, but for rows that were ``prepared``, the report's
        settings of this side and the split.
    values : tuple of InferredValue
        The settings that differ from what was expected.
    prepared : str
        How rows were prepared in training and are not at prediction; empty where they are as given.
    why : str
        In one sentence why nothing was found; empty else.
    distance : float, optional
        Largest difference of a prediction to the optimum of what was found: a proven bound where
        ``certified``.
    certified : bool
        Whether a theorem bounds it.
    expected_distance : float, optional
        The same to the optimum of what was expected; ``None`` where nothing was looked for.
    resolution : tuple of float
        The least and the largest C, of a regressor alpha, that cannot be told from the one found
        within the tolerance; empty where that is not known.
    ties : tuple of str
        Other objectives, as simple, that explain the side as well.
    nearest : str
        Where nothing was found: the objective of all tried whose optimum is nearest.
    nearest_distance : float, optional
        How far that is.
    excluded : tuple of ExcludedObjective
        Objectives that are proven not to be it.
    other_rows : float, optional
        Where nothing was found: the score test's statistic over its degrees of freedom. About
        ``1/f - 1`` for a side that was trained on a share f of the rows.
    like_other_rows : bool, optional
        Whether that is no larger than other rows would make it. Never evidence for these: most
        trainings that were stopped early have it too.
    class_balance : tuple of float
        Where nothing was found: the class weights, the least of them 1, that the intercept alone
        tells of. A hint at best.
    tried : int
        How many objectives and sets of rows were tried; 0: none.
    """

    grade: str
    expected: str
    is_cause: bool = False
    values: tuple[InferredValue, ...] = ()
    prepared: str = ""
    why: str = ""
    distance: float | None = None
    certified: bool = False
    expected_distance: float | None = None
    resolution: tuple[float, ...] = ()
    ties: tuple[str, ...] = ()
    nearest: str = ""
    nearest_distance: float | None = None
    excluded: tuple[ExcludedObjective, ...] = ()
    other_rows: float | None = None
    like_other_rows: bool | None = None
    class_balance: tuple[float, ...] = ()
    tried: int = 0

    @property
    def text(self) -> str:
        """The values in words, ``"C=0.3, class_weight={0: 1, 1: 2.5}"``."""
        return ", ".join(one.words for one in self.values)

    @property
    def settings(self) -> frozenset[str]:
        """Which settings differ."""
        return frozenset(one.setting for one in self.values)

    @property
    def takes_the_place(self) -> bool:
        """Whether it stands in the report's settings for what was read."""
        return self.is_cause and not self.prepared

    @property
    def lost_its_preparation(self) -> bool:
        """Whether rows that were prepared in training, and are not at prediction, are a cause."""
        return self.is_cause and bool(self.prepared)

    @property
    def is_only_declared(self) -> bool:
        """Whether it is held against what it declares, which it may not have been trained on."""
        return self.expected == "declared" and not self.takes_the_place

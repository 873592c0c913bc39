"""The side under test: what the comparison asks of it, and the kinds of it that there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.report.parts import Change
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel, Predict
from pytest_modelparity.sides.mapping import EstimatorMapping
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.sides.training import Retraining

#: What a kind of candidate may be known by, as its ``reads`` says.
SETTINGS, COEFFICIENTS, PREDICTIONS = "settings", "coefficients", "predictions"
TABLE, INSIDE = "table", "what it makes, trains or holds"


# Two duties and two optional parts: most candidates are only a file or an object that predicts, and
# need no stubs for what they cannot do.
class Candidate(Protocol):
    """What the comparison asks of the side under test.

    ``objective`` and ``training`` are its two optional parts: ``None`` where its objective cannot
    be changed, and where it cannot be trained again.
    """

    def train(self) -> FittedModel:
        """Train it as its user asked, or take it as it is."""

    # Tells a wrong head from a bad training before anything is trained for longer.
    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> Predict | None:
        """Return what it predicts with these parameters; ``None`` where it cannot hold them."""

    @property
    def objective(self) -> AdjustableObjective | None:
        """Its objective, where that can be changed."""

    @property
    def training(self) -> Retraining | None:
        """Its training, where that can be repeated."""


class AdjustableObjective(Protocol):
    """A candidate's objective, which can be read, changed and minimised."""

    def repaired(self, wanted: SideObjective) -> tuple[Candidate, tuple[Change, ...]] | None:
        """Return the candidate with another objective, and what to change; ``None``: cannot."""

    # A loss that is not modelled must not hide a penalty that differs as well.
    def as_modelled(self) -> ModelSettings | None:
        """Return its settings with the log-loss for a loss that is not modelled; ``None``: none."""

    def own_optimum(self) -> FittedModel | None:
        """Return the minimiser of its own loss, modelled or not; ``None``: cannot be had."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandidateRequest:
    """What a kind of candidate makes a candidate of.

    Parameters
    ----------
    given : object
        The candidate as the user gave it; ``None``: the reference's twin is wanted.
    fit : object
        The ``fit`` argument; ``None``: the candidate is taken as it is.
    reference : object
        The reference as the user gave it.
    mapping : EstimatorMapping, optional
        Knows the reference; ``None`` where nothing is trained, for want of labels.
    data : Dataset
        What both sides are trained and compared on.
    seed : int, optional
        Of initialisation and shuffling; ``None``: left to the framework.
    training : str
        ``"fit"``: its framework makes every epoch that the user asked for; ``"auto"``: whatever is
        proven to be equal may.
    kind : str, optional
        What the user says that the candidate is, where it could be two things.
    kinds : tuple of CandidateKind
        Those that there are, for a function whose result is a candidate again.
    maker : callable, optional
        The user's function without arguments that made ``given``, and makes it afresh.
    allow_pickle : bool
        Whether a file may be loaded that runs code as it is loaded.
    """

    given: Any
    fit: Any
    reference: Any
    mapping: EstimatorMapping | None
    data: Dataset
    seed: int | None
    training: str = "auto"
    kind: str | None = None
    kinds: tuple[CandidateKind, ...] = ()
    maker: Callable[[], Any] | None = None
    allow_pickle: bool = False


class CandidateKind(Protocol):
    """A kind of model that can be the side under test.

    ``name`` says what to pass, as error messages list it: ``"a compiled keras.Model"``.
    """

    name: str

    # A `torch.nn.Module` can be called, and so can a predict function: whether something can be
    # called says nothing about what it is.
    def knows(self, request: CandidateRequest) -> bool:
        """Whether ``request.given`` is of this kind.

        Must not raise, train or import a framework.
        """

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate.

        Raises `ModelParityError`, before anything is trained, for one that cannot be used.
        """


def candidate_change(setting: str, text: str) -> Change:
    """Return what the user of the candidate would write for a setting."""
    return Change(side="candidate", setting=setting, text=text)


def find_candidate(request: CandidateRequest, kinds: tuple[CandidateKind, ...]) -> Candidate:
    """Return the candidate, of the first kind that knows what the user gave.

    Parameters
    ----------
    request : CandidateRequest
        What was given.
    kinds : tuple of CandidateKind
        Contributed ones first, then those of this package.

    Raises
    ------
    ModelParityError
        If no kind knows it; the message lists them all.
    """
    asked = replace(request, kinds=kinds)
    return kind_of(asked, kinds).make(asked)


def kind_of(request: CandidateRequest, kinds: tuple[CandidateKind, ...]) -> CandidateKind:
    """Return the first kind that knows what the user gave; raises as `find_candidate` does."""
    # The first wins, so that a plugin can take over a kind that this package knows too.
    for kind in kinds if request.kind is None else _named(request.kind, kinds):
        if kind.knows(request):
            return kind
    given, allowed = request.given, "; ".join(kind.name for kind in kinds)
    what = type(given).__name__
    # A forgotten pair of parentheses is the likeliest mistake.
    if isinstance(given, type):
        what = f"the class {given.__name__} (write {given.__name__}(...) for an instance)"
    raise ModelParityError(f"a candidate must be one of these: {allowed}; got {what}")


def _named(word: object, kinds: tuple[CandidateKind, ...]) -> tuple[CandidateKind, ...]:
    """Return the kinds that the user means by a word."""
    words = {kind: getattr(kind, "word", None) for kind in kinds}
    named = tuple(kind for kind in kinds if words[kind] == word)
    if not named:
        known = ", ".join(sorted({repr(known) for known in words.values() if known}))
        raise ModelParityError(
            f"kind must be one of {known}, got kind={word!r}; leave it out where the candidate can "
            f"be only one thing"
        )
    return named

"""The last column of the table: what must change, what would do, what has no effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pytest_modelparity.report.compared import ComparedSetting
from pytest_modelparity.report.inference import InferredObjective
from pytest_modelparity.report.inference_words import only_declared
from pytest_modelparity.report.numbers import joined, number
from pytest_modelparity.report.parts import Cause, Change, Repair, Split
from pytest_modelparity.report.ranking import FIRST_NAMED, KINDS, Choice, choices
from pytest_modelparity.settings import OBJECTIVE_SETTINGS

#: The settings that the question is about.
FOUR = ("penalty", "C", "iterations", "solver")
#: Settings that mean something only where there is a penalty.
OF_THE_PENALTY = ("C", "l1_ratio", "intercept_penalty")

#: What is longer is not written twice: the row points to the repair.
WORTH_POINTING = 24

NOT_KNOWN = "not known"
EQUAL, NO_EFFECT, NOT_LOOKED_FOR = "equal", "no effect here", "not looked for"
MUST, ONE_OF, CHANGE = "MUST CHANGE", "ONE OF", "CHANGE"

#: How an argument is called that the row's label says already.
ARGUMENTS: Mapping[str, str] = {
    "solver": "optimizer",
    "penalty": "kernel_regularizer",
    "intercept_penalty": "bias_regularizer",
}


# Protocols, because ParityReport imports all of this for its `__str__`: naming the class here would
# close a circle of imports.
class AnswerSource(Protocol):
    """What the answers of a report are made of."""

    @property
    def equivalent(self) -> bool: ...
    @property
    def allowed(self) -> float: ...
    @property
    def explained(self) -> bool: ...
    @property
    def split(self) -> Split | None: ...
    @property
    def causes(self) -> tuple[Cause, ...]: ...
    @property
    def repair(self) -> Repair | None: ...
    @property
    def all_settings(self) -> tuple[ComparedSetting, ...]: ...
    @property
    def inference(self) -> Mapping[str, InferredObjective]: ...


def short(setting: str, text: str) -> str:
    """Return a value without the name that its row has: ``optimizer=Adam(0.001)`` is the Adam."""
    if text == "unknown":
        return ""
    for name in (setting, ARGUMENTS.get(setting, setting)):
        if text == f"no {name}":
            return "none"
        text = text.removeprefix(f"{name}=").removeprefix(f"{name} ")
    # What sets the strength of a penalty is the penalty itself, where there is none.
    return "no penalty" if text == f"no {ARGUMENTS['penalty']}" else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is said of each setting of one report.

    Parameters
    ----------
    report : AnswerSource
        The report.
    by_kind : mapping of str to sequence of Choice
        For each kind of cause the ways of which one suffices, the simplest first.
    """

    report: AnswerSource
    by_kind: Mapping[str, Sequence[Choice]]

    @classmethod
    def of(cls, report: AnswerSource) -> Answers:
        """Return the answers of a report."""
        return cls(report=report, by_kind={kind: choices(report.causes, kind) for kind in KINDS})

    def has_row(self, item: ComparedSetting) -> bool:
        """Whether a setting beside the four is worth a row."""
        causes = self._causes(item.setting)
        if any(cause.role == "must" or self._is_named(cause) for cause in causes):
            return True
        # What differs in training and is no cause, as a batch size nearly always is, would only
        # push away what counts.
        return item.setting in OBJECTIVE_SETTINGS and item.same is False and not causes

    def without_row(self) -> list[str]:
        """Return the ways that would do as well and that no row names."""
        return [
            way.name
            for ways in self.by_kind.values()
            for way in ways[FIRST_NAMED:]
            if not set(way.settings) & set(FOUR)
        ]

    def of_setting(self, item: ComparedSetting) -> tuple[str, str]:
        """Return the words of the last column, and their tone."""
        causes = self._causes(item.setting)
        if causes:
            must = any(cause.role == "must" for cause in causes)
            # The reference first: what it is repaired to is what the candidate has to reach.
            causes = sorted(
                causes, key=lambda cause: KINDS.index(cause.kind) if cause.kind in KINDS else 0
            )
            text = self._of_both_sides(causes) or joined(
                *(self._of_cause(cause, item) for cause in causes)
            )
            return text, "must" if must else "one_of"
        return self._of_no_cause(item)

    def _causes(self, setting: str) -> list[Cause]:
        """Return the causes of one setting."""
        return [cause for cause in self.report.causes if cause.setting == setting]

    def _way(self, cause: Cause) -> tuple[int, Choice]:
        """Return the way that a cause of one_of shows, and its rank."""
        ways = self.by_kind.get(cause.kind, ())
        for rank, way in enumerate(ways):
            if any(one is cause for one in way.causes):
                return rank, way
        # Of a kind that only a file knows.
        return 0, Choice(settings=(cause.setting,), causes=(cause,))

    def _is_named(self, cause: Cause) -> bool:
        """Whether a cause of one_of is among the simplest of its kind."""
        return self._way(cause)[0] < FIRST_NAMED

    def _of_cause(self, cause: Cause, item: ComparedSetting) -> str:
        """Say what a cause asks for."""
        if cause.role == "must":
            return f"{MUST}: {item.note}" if item.note else MUST
        rank, way = self._way(cause)
        lead = ONE_OF if len(self.by_kind.get(cause.kind, ())) > 1 else CHANGE
        # One suffices on each side, so the side is named where it is not the candidate alone.
        if cause.kind == "reference":
            lead += " in the reference"
        elif cause.kind == "training" and self.by_kind["reference"]:
            lead += " in the candidate"
        if rank >= FIRST_NAMED:
            return lead
        if way.causes[0] is not cause:
            return f"{lead}, with {way.causes[0].setting}"
        if self._is_in_repair(cause):
            kept = _kept_optimizer(cause)
            return f"{lead}: {kept}, as in the repair" if kept else f"{lead}, as in the repair"
        return _with_what(lead, cause, item)

    def _of_both_sides(self, causes: Sequence[Cause]) -> str:
        """Say that both sides change a setting as the repair does; nothing where they do not."""
        if [cause.kind for cause in causes] != ["reference", "training"]:
            return ""
        if not all(self._is_in_repair(cause, longer_than=0) for cause in causes):
            return ""
        several = any(len(self.by_kind[cause.kind]) > 1 for cause in causes)
        return f"{ONE_OF if several else CHANGE} on both sides, as in the repair"

    def _is_in_repair(self, cause: Cause, longer_than: int = WORTH_POINTING) -> bool:
        """Whether the repair below, which was trained, makes the changes of a cause."""
        repair = self.report.repair
        if repair is None or not repair.verified:
            return False
        written = {(change.side, change.text) for change in repair.changes}
        several = sum(len(change.text) for change in cause.changes) > longer_than
        return several and all((change.side, change.text) in written for change in cause.changes)

    def _of_no_cause(self, item: ComparedSetting) -> tuple[str, str]:
        """Say what is known of a setting that is no cause."""
        report, objective = self.report, item.setting in OBJECTIVE_SETTINGS
        if item.same:
            return EQUAL, "equal"
        if item.same is None and item.setting in OF_THE_PENALTY:
            return self._of_the_penalty(item)
        unknown = not short(item.setting, item.candidate) or not short(item.setting, item.reference)
        if unknown and (objective or item.setting in FOUR):
            return NOT_KNOWN, ""
        # How it was trained is not to be seen, so nothing is known of what more training does.
        if not objective and only_declared(report.inference) and not self._has_training_causes:
            return NOT_KNOWN, ""
        if report.equivalent or (item.looked_for and (objective or not self._has_training_causes)):
            return NO_EFFECT, ""
        if item.looked_for:
            return "not enough", ""
        return (NO_EFFECT if report.explained and self._arrived else NOT_LOOKED_FOR), ""

    def _of_the_penalty(self, item: ComparedSetting) -> tuple[str, str]:
        """Say what is known of a setting that one side does not have, without a penalty."""
        penalty = next((one for one in self.report.all_settings if one.setting == "penalty"), None)
        if self._causes("penalty"):
            return "with the penalty", ""
        if penalty is None or penalty.same is None:
            return NOT_KNOWN, ""
        return (EQUAL, "equal") if penalty.same else ("with the penalty", "")

    @property
    def _has_training_causes(self) -> bool:
        """Whether some setting of a training is a cause."""
        return bool(self.by_kind["reference"] or self.by_kind["training"])

    @property
    def _arrived(self) -> bool:
        """Whether both sides are near enough to their own optima for training to be no cause."""
        split = self.report.split
        if split is None or self._has_training_causes:
            return False
        errors = (split.reference_error.largest, split.candidate_error.largest)
        return all(error <= self.report.allowed for error in errors)


def _with_what(lead: str, cause: Cause, item: ComparedSetting) -> str:
    """Say what to write, and what it leaves."""
    if cause.kind == "objective":
        return f"{lead}: {item.note}" if item.note else lead
    if not cause.changes:
        return f"{lead}: {cause.note}" if cause.note else lead
    kept = [_kept_optimizer(cause)] if _kept_optimizer(cause) else []
    what = " with ".join(kept + [_written(change, cause.setting) for change in _own_first(cause)])
    left = "" if cause.left is None else f" leaves {number(cause.left, 2)}"
    return f"{lead}: {what}{left}" if cause.suffices else f"not enough: {what}{left}"


def _kept_optimizer(cause: Cause) -> str:
    """Return the name of an optimizer that a cause keeps, with other arguments; else nothing."""
    arguments = ("learning_rate=", "batch_size=")
    if cause.setting != "solver" or not any(x.text.startswith(arguments) for x in cause.changes):
        return ""
    # Else a row would ask for another solver, and what is to be written would hold none.
    return short("solver", cause.candidate).partition("(")[0]


def _own_first(cause: Cause) -> list[Change]:
    """Return what to write, that of the cause's own setting first."""
    return sorted(cause.changes, key=lambda change: change.setting != cause.setting)


def _written(change: Change, setting: str) -> str:
    """Return what to write, without the name that its row has."""
    if change.setting != setting:
        return change.text
    text = short(setting, change.text)
    # One word in quotes; more than one is code.
    if text.count("'") == 2 and text[0] == text[-1] == "'":
        text = text[1:-1]
    # A label says as much as either framework's word for it.
    return (
        text.removeprefix("epochs=").removeprefix("max_iter=") if setting == "iterations" else text
    )

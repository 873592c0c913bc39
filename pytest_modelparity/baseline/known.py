"""Known divergences: what is recorded of them, and what counts as a change. Values only.

A record holds what the mathematics determines: that a check diverges, its causes, and how far the
optima of the two objectives are apart. How far a training stopped from its optimum differs between
machines; it is written down to be read, never compared. Of the causes those that must change are
compared: which others would each do depends on how many were tried, so a new one is only noted.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.report.run import CheckRecord
from pytest_modelparity.report.sentences import AT_OPTIMUM
from pytest_modelparity.report.text import headline

#: The reason of an entry until somebody writes one.
PLACEHOLDER = "TODO: say why this divergence is accepted"
#: Ends the name of a cause of which one of several suffices.
ONE_OF = " (one_of)"

#: An objective gap has grown when it is above the recorded one by more than the sum of these. The
#: exact optima that it lies between are certified to about 1e-6 in probability on any machine, and
#: a record keeps six digits; both margins are far above that. Both are far below the default
#: tolerance of 0.01, so no growth that a check could notice hides in them. Growth counts from the
#: record, not from the last run: it cannot creep.
GAP_RELATIVE = 0.01
GAP_ABSOLUTE = 1e-4

#: What a comparison can find, and whether it fails a run; ``vanished`` does where that is asked
#: for.
FAILING = ("new", "changed", "grew")
STATUSES = (*FAILING, "vanished", "noted", "known")
#: What the baseline accepts: a noted divergence is a known one with causes that are not recorded,
#: of which one of several suffices.
ACCEPTED = ("noted", "known")

#: A check: the test's id and the check's number in it, from 1.
Key = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDivergence:
    """One divergence that a baseline accepts; in the same form, one that a run found.

    Parameters
    ----------
    test, check
        pytest's node id, and which of the test's checks it is, from 1.
    causes : tuple of str, optional
        ``"objective: penalty (must)"``, sorted; ``None`` where none were looked for.
    objective_gap : float, optional
        Largest difference of a probability between the optima of the two objectives; ``None``
        where one of them is not known.
    reason : str
        Why the divergence is accepted, in the words of whoever accepted it.
    measured : mapping
        For information: the divergence that was measured, and the versions.
    """

    test: str
    check: int = 1
    causes: tuple[str, ...] | None = None
    objective_gap: float | None = None
    reason: str = PLACEHOLDER
    measured: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """The key of the entry in a `Baseline`."""
        return self.test, self.check

    @property
    def name(self) -> str:
        """The test's id, with the check's number where it is not the first."""
        return self.test if self.check == 1 else f"{self.test} #{self.check}"


Baseline = Mapping[Key, KnownDivergence]


@dataclass(frozen=True, slots=True, kw_only=True)
class DivergenceStatus:
    """The status of one divergence, one of `STATUSES`, with its check and an explanation."""

    status: str
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """The checks of a run, and the tests that it reached.

    Parameters
    ----------
    diverged : mapping of key to KnownDivergence
        The diverged checks, as they would be recorded.
    headlines : mapping of key to str
        The first line of each one's message.
    equivalent : collection of key
        The checks that found their models equivalent.
    passed : collection of str
        Tests that ran to their end, so that a check that is missing was not made.
    all_tests : collection of str, optional
        The ids of all tests there are; ``None`` where the run left any out.
    """

    diverged: Baseline
    headlines: Mapping[Key, str] = field(default_factory=dict)
    equivalent: Collection[Key] = ()
    passed: Collection[str] = ()
    all_tests: Collection[str] | None = None

    @classmethod
    def of(
        cls,
        checks: Iterable[CheckRecord],
        passed: Collection[str],
        all_tests: Collection[str] | None,
    ) -> RunOutcome:
        """Return the outcome of a run from its checks."""
        # What an interrupt left of a check is neither to be judged nor to be written down.
        checks = tuple(
            check
            for check in checks
            if check.report.effort is None or not check.report.effort.interrupted_while
        )
        bad = [check for check in checks if not check.report.equivalent]
        return cls(
            diverged={
                (check.test_id, check.number): observed(check.test_id, check.number, check.report)
                for check in bad
            },
            headlines={(check.test_id, check.number): headline(check.report) for check in bad},
            equivalent={(c.test_id, c.number) for c in checks if c.report.equivalent},
            passed=passed,
            all_tests=all_tests,
        )

    def vanished(self, key: Key) -> str:
        """Say why a recorded divergence is gone; nothing where the run cannot know."""
        if key in self.diverged:
            return ""
        if key in self.equivalent:
            return "the models are equivalent now"
        if key[0] in self.passed:
            return "the test makes this check no more"
        if self.all_tests is not None and key[0] not in self.all_tests:
            return "there is no such test any more"
        return ""


def observed(test: str, check: int, report: ParityReport) -> KnownDivergence:
    """Return a diverged check in the form in which a baseline records it."""
    quantity = report.quantity.name
    apart = report.divergences.get(quantity)
    versions = {
        name: version
        for name, version in report.environment.items()
        if name not in ("platform", "python")
    }
    return KnownDivergence(
        test=test,
        check=check,
        causes=cause_names(report),
        objective_gap=_gap(report),
        measured={
            quantity: _two_digits(apart.value) if apart else None,
            "versions": versions,
        },
    )


def cause_names(report: ParityReport) -> tuple[str, ...] | None:
    """Return a report's causes as a baseline names them; ``None`` where none were looked for."""
    structure = ["structure: the same weights predict otherwise"]
    names = structure if report.structure.agrees is False else []
    if not (names or report.explained):
        return None
    # Which trainings fitted into the budget differs between machines.
    whole = report.effort is None or not report.effort.left_out
    names += [
        f"{cause.kind}: {cause.setting} ({cause.role})"
        for cause in report.causes
        if whole or cause.kind == "objective"
    ]
    return tuple(sorted(set(names)))


def _gap(report: ParityReport) -> float | None:
    """Return the objective gap in six digits; 0 where the certificates cannot resolve it."""
    gap = report.split.objective_gap.largest if report.split else math.nan
    if not math.isfinite(gap):
        return None
    return 0.0 if gap <= AT_OPTIMUM else float(f"{gap:.6g}")


def _two_digits(value: float) -> float | None:
    """Return a number to be read; nothing for one that JSON does not have."""
    return float(f"{value:.2g}") if math.isfinite(value) else None


# ----------------------------------------------------------------------------- comparing


def classify(entry: KnownDivergence | None, found: KnownDivergence) -> tuple[str, str]:
    """Return status and explanation of a diverged check against its entry."""
    if entry is None:
        return "new", "not in the baseline"
    # A cause that is gone is no reason to fail: what is left is known.
    others = _not_recorded(entry, found)
    musts = [cause for cause in others if not cause.endswith(ONE_OF)]
    if musts:
        return "changed", f"causes that are not recorded: {', '.join(musts)}"
    known = "known", entry.reason
    if others:
        known = "noted", f"{entry.reason}; not recorded, one of several: {', '.join(others)}"
    if entry.objective_gap is None:
        return known
    recorded = number(entry.objective_gap, 6)
    if found.objective_gap is None:
        return "changed", f"the objective gap, recorded as {recorded}, cannot be told any more"
    allowed = entry.objective_gap * (1 + GAP_RELATIVE) + GAP_ABSOLUTE
    if not found.objective_gap <= allowed:
        return "grew", f"the objective gap is {number(found.objective_gap, 6)}, recorded {recorded}"
    return known


def _not_recorded(entry: KnownDivergence, found: KnownDivergence) -> list[str]:
    """Return the causes that an entry lacks; none where causes were not looked for."""
    if entry.causes is None or found.causes is None:
        return []
    return [cause for cause in found.causes if cause not in entry.causes]


def compare_with_baseline(baseline: Baseline, outcome: RunOutcome) -> list[DivergenceStatus]:
    """Return the status of every divergence of the run, and of every recorded one that it reached.

    Tests that the run did not reach are not judged.
    """
    statuses = []
    for key, found in outcome.diverged.items():
        status, text = classify(baseline.get(key), found)
        statuses.append(
            DivergenceStatus(
                status=status,
                name=found.name,
                text=text if status in ACCEPTED else f"{text}; {outcome.headlines.get(key, '')}",
            )
        )
    for key, entry in baseline.items():
        if why := outcome.vanished(key):
            statuses.append(DivergenceStatus(status="vanished", name=entry.name, text=why))
    return sorted(statuses, key=lambda item: (STATUSES.index(item.status), item.name))


def updated(baseline: Baseline, outcome: RunOutcome) -> dict[Key, KnownDivergence]:
    """Return the baseline with the run's divergences; entries that it did not reach stay."""
    entries = {key: entry for key, entry in baseline.items() if not outcome.vanished(key)}
    for key, found in outcome.diverged.items():
        entry = entries.get(key)
        if entry is None:
            entries[key] = found
        elif not _same(entry, found):
            entries[key] = replace(found, reason=entry.reason)
    return entries


def _same(entry: KnownDivergence, found: KnownDivergence) -> bool:
    """Whether an entry still describes the divergence, and so stays, to the last digit."""
    if entry.causes != found.causes or (entry.objective_gap is None) is not (
        found.objective_gap is None
    ):
        return False
    return classify(entry, found)[0] == classify(found, entry)[0] == "known"


def counts(statuses: Sequence[DivergenceStatus]) -> str:
    """Say how many divergences there are of each status: ``1 new divergence, 2 known``."""
    found = [item.status for item in statuses]
    parts = [f"{found.count(status)} {status}" for status in STATUSES if status in found]
    return ", ".join(parts) or "no divergence"

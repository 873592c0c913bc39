"""What changed from one run to another: `compare_runs`, and each change as a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_modelparity.report.numbers import apart_numbers, listed, number
from pytest_modelparity.report.parts import Cause, Divergence
from pytest_modelparity.report.printable import ascii_printable
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.report.run import RunReport
from pytest_modelparity.report.sentences import MAX_NAME

#: What can have become of a check, the worst first; `CheckChange.worse` is beside it.
STATUSES = ("worse", "refused", "appeared", "vanished", "changed", "better", "same")
STATUS_WIDTH = max(map(len, STATUSES))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckChange:
    """What became of one check.

    Parameters
    ----------
    name : str
        The check.
    status : str
        One of `STATUSES`.
    worse : bool
        Whether anything got worse: it diverges and did not, or was not there; it has a cause that
        must change and did not; its quantity moved away by more than is allowed; or it could be
        made before.
    text : str
        Verdicts, numbers and causes.
    """

    name: str
    status: str
    worse: bool
    text: str


def compare_runs(old: RunReport, new: RunReport) -> list[CheckChange]:
    """Return what became of every check of either run, the worst first."""
    # By number too: one test may make several checks, and their order is that of its code.
    before, after = (
        {(check.test_id, check.number): check for check in run.checks} for run in (old, new)
    )
    changes = []
    for key in dict.fromkeys([*after, *before]):
        name = (after.get(key) or before[key]).name
        if key not in after:
            verdict = before[key].report.verdict
            changes.append(
                CheckChange(name=name, status="vanished", worse=False, text=f"was {verdict}")
            )
        elif key not in before:
            changes.append(_appeared(name, after[key].report))
        else:
            changes.append(_change(name, before[key].report, after[key].report))
    changes += _refusals(old, new)
    return sorted(changes, key=lambda change: (not change.worse, STATUSES.index(change.status)))


def change_lines(changes: Sequence[CheckChange], *, with_same: bool = False) -> list[str]:
    """Return a line for each change and one that counts them, in ASCII."""
    shown = [change for change in changes if with_same or change.status != "same"]
    lines = [
        f"{change.status.upper():<{STATUS_WIDTH}}  {ascii_printable(change.name, MAX_NAME)}"
        f"{': ' if change.text else ''}{ascii_printable(change.text)}"
        for change in shown
    ]
    counts = [
        f"{sum(change.status == status for change in changes)} {status}"
        for status in STATUSES
        if any(change.status == status for change in changes)
    ]
    return [*lines, f"{len(changes)} compared: {', '.join(counts)}" if counts else "no checks"]


def _appeared(name: str, report: ParityReport) -> CheckChange:
    """Return a check that only the new run has."""
    apart = report.divergences.get(report.quantity.name)
    distance = f", {report.quantity.name} {number(apart.value)}" if apart else ""
    return CheckChange(
        name=name, status="appeared", worse=not report, text=f"{report.verdict}{distance}"
    )


def _change(name: str, old: ParityReport, new: ParityReport) -> CheckChange:
    """Return what became of a check that both runs have."""
    # A check of another quantity than before has nothing to be compared with.
    quantity = new.quantity.name
    was, now = (report.divergences.get(quantity) for report in (old, new))
    gained, lost = causes_beside(new, old), causes_beside(old, new)
    worse = not new and (bool(old) or bool(_musts_beside(new, old)) or _moved_away(was, now))
    sentences = [
        f"{old.verdict} -> {new.verdict}" if old.verdict != new.verdict else "",
        _moved(quantity, was, now),
        f"causes gained: {listed(gained, 'and')}" if gained else "",
        f"causes lost: {listed(lost, 'and')}" if lost else "",
    ]
    text = "; ".join(filter(None, sentences))
    if worse:
        status = "worse"
    elif new and not old and not _loosened(was, now):
        status = "better"
    else:
        # How far two equivalent models are apart differs between machines.
        unchanged = not text or (new and old and was and now and was.allowed == now.allowed)
        status = "same" if unchanged else "changed"
    return CheckChange(name=name, status=status, worse=worse, text=text)


def causes_beside(report: ParityReport, other: ParityReport) -> list[str]:
    """Return the causes that the other report lacks; none where either did not look for any."""
    return _beside(report.causes, other.causes) if _both_looked(report, other) else []


def _musts_beside(report: ParityReport, other: ParityReport) -> list[str]:
    """Return the causes that must change here, and need not in the other report."""
    # Which others would each do depends on how many were tried, and makes no model worse.
    musts = [[cause for cause in one.causes if cause.role == "must"] for one in (report, other)]
    return _beside(*musts) if _both_looked(report, other) else []


def _both_looked(first: ParityReport, second: ParityReport) -> bool:
    """Whether both reports would have causes if there were any."""
    # A run with explain=False would seem to have lost all its causes.
    return all(one.equivalent or one.explained for one in (first, second))


def _beside(causes: Sequence[Cause], others: Sequence[Cause]) -> list[str]:
    """Return the causes that others lack, by kind and setting."""
    there = {(cause.kind, cause.setting) for cause in others}
    return [
        f"{cause.kind} {cause.setting}"
        for cause in causes
        if (cause.kind, cause.setting) not in there
    ]


def _loosened(was: Divergence | None, now: Divergence | None) -> bool:
    """Whether more is allowed than was: that makes no model better."""
    return bool(was and now and (now.allowed or 0.0) > (was.allowed or 0.0))


def _moved_away(was: Divergence | None, now: Divergence | None) -> bool:
    """Whether the predictions are further apart than they were, by more than is allowed."""
    # A distance that was NaN cannot have grown.
    if was is None or now is None or math.isnan(was.value):
        return False
    # `not <=`: a distance that is NaN now has grown.
    return not now.value - was.value <= (now.allowed or 0.0)


def _moved(quantity: str, was: Divergence | None, now: Divergence | None) -> str:
    """Say how the largest difference of a prediction moved, and what is allowed."""
    # By repr, in which one NaN is like another.
    if was is None or now is None or repr(was) == repr(now):
        return ""
    before, after = apart_numbers(was.value, now.value)
    text = f"{quantity} {before} -> {after}"
    if math.isfinite(now.value - was.value):
        text += f" ({'+' if now.value >= was.value else '-'}{number(abs(now.value - was.value))})"
    if was.allowed != now.allowed:
        text += f", allowed {_allowed(was)} -> {_allowed(now)}"
    return text


def _allowed(divergence: Divergence) -> str:
    """Return the tolerance."""
    return "any" if divergence.allowed is None else number(divergence.allowed)


def _refusals(old: RunReport, new: RunReport) -> list[CheckChange]:
    """Return the checks that could not be made in the new run and were not refused in the old."""
    # By message too: a check that is refused for another reason than before is news.
    known: Mapping[tuple[str, str], object] = {(r.test_id, r.message): r for r in old.refusals}
    return [
        CheckChange(name=refusal.test_id, status="refused", worse=True, text=refusal.message)
        for refusal in new.refusals
        if (refusal.test_id, refusal.message) not in known
    ]

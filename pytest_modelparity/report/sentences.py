"""A report as text: the assertion message, ``str(report)`` and the terminal lines.

Every sentence is made by a small function of what it says; `report_text` only
chooses and lays out. Our own words are plain ASCII, readable at 80 columns; what came from a user
is made `printable`.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_modelparity.report.printable import printable

if TYPE_CHECKING:
    from pytest_modelparity.report.parts import (
        Cause,
        Certificate,
        DataSummary,
        Divergence,
        Effort,
        Finding,
        RecordedWarning,
        Repair,
        Split,
        SplitPart,
        StructureCheck,
    )
    from pytest_modelparity.report.report import ParityReport
    from pytest_modelparity.settings import ModelSettings

#: pytest puts eight characters before each line of a message that a test function raises.
WIDTH = 72
#: Characters before a line's text: the longest label and two.
INDENT = 13
#: So many findings and warnings are written out; the others are named or counted.
MAX_FINDINGS = 3
MAX_WARNINGS = 2
#: So many characters of a warning are quoted.
MAX_QUOTE = 100
#: So many characters of a test's id, of the place of a divergence, of a report's first line and
#: of any other paragraph are shown.
MAX_NAME = 300
MAX_PLACE = 100
MAX_HEADLINE = 400
MAX_PARAGRAPH = 600
#: A tolerance from here on says nothing about two probabilities.
USELESS_TOLERANCE = 0.5
#: An own error below this is not worth a sentence of its own distance.
AT_OPTIMUM = 1e-6
#: A part of the split counts as cancelling another from this share on.
CANCELS = 0.05

#: Findings that the split tells by itself.
NOT_CONVERGED = {
    "reference": "reference-not-converged",
    "candidate": "candidate-not-converged",
}

KIND_PARTS = {
    "reference": "the reference's own error",
    "objective": "the objective gap",
    "training": "the candidate's own error",
}


# ---------------------------------------------------------------------------- whole texts


def report_text(report: ParityReport) -> str:
    """Return the report in about ten lines, the first of which says it all.

    pytest's short test summary shows the first line only: verdict, number, what is allowed,
    place and main cause.
    """
    sections = _equivalent_sections(report) if report.equivalent else _diverged_sections(report)
    return "\n".join([headline(report), *_layout(sections)])


def note_lines(report: ParityReport) -> list[str]:
    """Return findings and warnings alone, for a check that is otherwise told in one line."""
    return _layout([*finding_sections(report.findings), *warning_sections(report.warnings)])


def summary_line(verdicts: Iterable[str], refused: int = 0) -> str:
    """Return the line that closes the terminal section: how many checks, by verdict.

    Parameters
    ----------
    verdicts : iterable of str
        Of the checks that were made.
    refused : int
        How many could not be made.
    """
    found = list(verdicts)
    told = "0 checks: no test compared two models"
    if found:
        equivalent = found.count("equivalent")
        told = (
            f"{counted(len(found), 'check')}: {equivalent} equivalent, "
            f"{len(found) - equivalent} diverged"
        )
    return told + (f"; {counted(refused, 'check')} could not be made" if refused else "")


def severity(report: ParityReport) -> float:
    """Return how bad a report is: its largest ratio of a divergence to what is allowed.

    Above 1 the models diverge; a NaN counts as infinitely bad.
    """
    ratios = []
    for divergence in report.divergences.values():
        if divergence.allowed is None:
            continue
        if divergence.within:
            ratios.append(divergence.value / divergence.allowed if divergence.allowed else 0.0)
        elif math.isfinite(divergence.value) and divergence.allowed > 0:
            ratios.append(divergence.value / divergence.allowed)
        else:
            ratios.append(math.inf)
    return max(ratios, default=0.0)


def headline(report: ParityReport) -> str:
    """Return the first line of a report, whatever its names hold."""
    return printable(_headline(report), MAX_HEADLINE)


def _headline(report: ParityReport) -> str:
    """Return the first line of a report."""
    if report.equivalent:
        worst = report.divergences.get("probability")
        return "models are equivalent" + (f": {measured('probability', worst)}" if worst else "")
    failing = _failing(report.divergences)
    if not failing:
        return "models diverge" + cause_clause(report.structure, report.causes)
    name, worst = failing[0]
    also = also_clause([other for other, _ in failing[1:]])
    return (
        f"models diverge: {measured(name, worst)}{also}"
        f"{cause_clause(report.structure, report.causes)}"
    )


def _diverged_sections(report: ParityReport) -> list[tuple[str, str]]:
    """Return label and text of each paragraph about a divergence."""
    return [
        *compared_sections(report.settings, report.data),
        ("apart", _apart(report)),
        *_labelled("structure", structure_sentence(report.structure)),
        *_labelled("not modelled", unmodelled_sentence(report.settings)),
        *_why(report),
        *cause_sections(report.causes),
        *_labelled("cause", unexplained_sentence(report)),
        *repair_sections(report.repair, len(report.alternatives)),
        *_labelled("not tried", left_out_sentence(report.effort)),
        *finding_sections(_findings_beside_split(report)),
        *warning_sections(report.warnings),
    ]


def _equivalent_sections(report: ParityReport) -> list[tuple[str, str]]:
    """Return label and text of each paragraph about an equivalence."""
    return [
        *compared_sections(report.settings, report.data),
        *_labelled("proven", proven_sentence(report.certificates)),
        *finding_sections(report.findings),
        *warning_sections(report.warnings),
    ]


def _apart(report: ParityReport) -> str:
    """Return what is apart, beyond the first line."""
    failing = _failing(report.divergences)
    worst = failing[0][1] if failing else report.divergences.get("probability")
    return _sentences(
        values_sentence(worst) if worst else "",
        labels_sentence(report.divergences.get("labels")),
        accuracy_sentence(report.scores.get("accuracy")),
        passing_tolerance_sentence(failing),
    )


def _why(report: ParityReport) -> list[tuple[str, str]]:
    """Return how far each side is from its own optimum, and what cancels, a line each."""
    if report.split is None:
        return _labelled("proven", proven_sentence(report.certificates))
    slugs = [finding.slug for finding in report.findings]
    told = [*split_sentences(report.split, slugs), *filter(None, [cancel_sentence(report.split)])]
    return [("" if index else "why", text) for index, text in enumerate(told)]


def _findings_beside_split(report: ParityReport) -> list[Finding]:
    """Return the findings that the lines about the split do not tell."""
    told = () if report.split is None else tuple(NOT_CONVERGED.values())
    return [finding for finding in report.findings if finding.slug not in told]


# ------------------------------------------------------------------------------- sentences


def measured(name: str, divergence: Divergence) -> str:
    """Say a divergence against what is allowed: ``probability 0.489 > 0.01 allowed (row 73)``."""
    place = f" ({printable(divergence.place, MAX_PLACE)})" if divergence.place else ""
    if divergence.allowed is None:
        return f"{name} {number(divergence.value)}{place}"
    value, allowed = apart_numbers(divergence.value, divergence.allowed)
    if math.isnan(divergence.value):
        return f"{name} is NaN, {allowed} allowed{place}"
    return f"{name} {value} {'<=' if divergence.within else '>'} {allowed} allowed{place}"


def also_clause(names: Sequence[str]) -> str:
    """Name the other divergences that are too large."""
    return f", and {', '.join(names)}" if names else ""


def cause_clause(structure: StructureCheck, causes: Sequence[Cause]) -> str:
    """Say the main cause in a few words, for the end of the first line."""
    if structure.agrees is False:
        return "; the models differ even with the same weights"
    musts = [cause.setting for cause in causes if cause.role == "must"]
    parts = [f"must change {listed(musts, 'and')}"] if musts else []
    groups = _one_of_groups(causes)
    both = {"reference", "training"} <= {kind for kind, _ in groups}
    for kind, group in groups:
        choice = listed([cause.setting for cause in group], "or")
        side = " of the reference" if kind == "reference" else ""
        side = " of the candidate" if kind == "training" and both else side
        parts.append(f"{choice}{side}" if parts else f"change {choice}{side}")
    return f"; {', and '.join(parts)}" if parts else ""


def check_heading(name: str, verdict: str, outcome: str, asserted: bool) -> str:
    """Say which check of the run this is and how its test ended."""
    how = "" if asserted else ", compared without asserting"
    return f"{verdict.upper()}  {printable(name, MAX_NAME)} (test {outcome}{how})"


def compared_sections(
    settings: Mapping[str, ModelSettings], data: DataSummary
) -> list[tuple[str, str]]:
    """Return which two models were compared, and on what."""
    reference, candidate = (_model(settings, side) for side in ("reference", "candidate"))
    return [("reference", f"{reference} on {data_sentence(data)}"), ("candidate", candidate)]


def data_sentence(data: DataSummary) -> str:
    """Say the size of the data."""
    rows = "row" if data.n_samples == 1 else "rows"
    features = "feature" if data.n_features == 1 else "features"
    size = f"{data.n_samples} {rows} x {data.n_features} {features}, {len(data.classes)} classes"
    elsewhere = f", compared on {data.n_eval} others" if data.n_eval != data.n_samples else ""
    return f"{size}{elsewhere}"


def values_sentence(worst: Divergence) -> str:
    """Say the two values at the worst place."""
    if worst.reference is None or worst.candidate is None:
        return worst.note
    reference, candidate = apart_numbers(worst.reference, worst.candidate)
    note = f" ({worst.note})" if worst.note else ""
    return f"there the reference says {reference}, the candidate {candidate}{note}"


def labels_sentence(labels: Divergence | None) -> str:
    """Say on how many rows the predicted labels differ."""
    if labels is None or math.isnan(labels.value):
        return ""
    if labels.value == 0:
        return "all labels agree"
    return f"labels differ on {percent(labels.value)} of the rows"


def accuracy_sentence(scores: Sequence[float] | None) -> str:
    """Say both sides' accuracy."""
    if not scores or len(scores) != 2:
        return ""
    reference, candidate = scores
    if reference == candidate:
        return f"both accuracies are {number(reference)}"
    return "accuracy {} | {}".format(*apart_numbers(reference, candidate))


def passing_tolerance_sentence(failing: Sequence[tuple[str, Divergence]]) -> str:
    """Say which tolerance would have let the check pass."""
    if not failing:
        return ""
    unbounded = [name for name, divergence in failing if not math.isfinite(divergence.value)]
    if unbounded:
        return f"no tolerance lets this {unbounded[0]} pass"
    wanted = [f"{name}={rounded_up(divergence.value)}" for name, divergence in failing]
    if [name for name, _ in failing] == ["probability"]:
        value = failing[0][1].value
        # Such a tolerance would let anything pass.
        return f"tolerance={rounded_up(value)} would pass" if value < USELESS_TOLERANCE else ""
    return f"Tolerance({', '.join(wanted)}) would pass"


def structure_sentence(structure: StructureCheck) -> str:
    """Say that the candidate differs from the reference with the same weights; else nothing."""
    if structure.agrees is not False:
        return ""
    note = f" ({structure.note})" if structure.note else ""
    if structure.probability is None:
        return f"given the reference's own weights the candidate still predicts otherwise{note}"
    return (
        f"given the reference's own weights the candidate still differs by "
        f"{number(structure.probability)}: the models themselves differ, not their training{note}"
    )


def unmodelled_sentence(settings: Mapping[str, ModelSettings]) -> str:
    """Quote what either model does that no objective here describes."""
    return _sentences(
        *(
            f"{side}: {what}"
            for side in ("reference", "candidate")
            if side in settings
            for what in settings[side].unmodelled
        )
    )


def own_error_sentence(side: str, part: SplitPart, slugs: Sequence[str] = ()) -> str:
    """Say how far a side stopped from the optimum of its own objective."""
    if part.largest <= AT_OPTIMUM:
        return f"the {side} is at its own optimum"
    slug = f" [{NOT_CONVERGED[side]}]" if NOT_CONVERGED[side] in slugs else ""
    if math.isnan(part.largest):
        return f"the {side}'s weights are no numbers any more{slug}"
    return f"the {side} stopped {number(part.largest)} from its own optimum{slug}"


def gap_sentence(part: SplitPart) -> str:
    """Say how far the optima of the two objectives are apart."""
    if part.largest <= AT_OPTIMUM:
        return "both have the same objective"
    return f"the two objectives' optima are {number(part.largest)} apart"


def split_sentences(split: Split, slugs: Sequence[str] = ()) -> list[str]:
    """Say the three parts of the divergence, in probability."""
    return [
        own_error_sentence("reference", split.reference_error, slugs),
        gap_sentence(split.objective_gap),
        own_error_sentence("candidate", split.candidate_error, slugs),
    ]


def cancel_sentence(split: Split) -> str:
    """Say which parts of the split partly cancel; nothing where none do."""
    shares = {
        KIND_PARTS["reference"]: split.reference_error.share,
        KIND_PARTS["objective"]: split.objective_gap.share,
        KIND_PARTS["training"]: split.candidate_error.share,
    }
    told = [
        (part, share)
        for part, share in shares.items()
        if share is not None and math.isfinite(share) and abs(share) >= CANCELS
    ]
    if len({share > 0 for _, share in told}) < 2:
        return ""
    parts = " and ".join(f"{part} ({signed_percent(share)})" for part, share in told)
    return f"{parts} partly cancel: repairing only one will not help"


def proven_sentence(certificates: Mapping[str, Certificate]) -> str:
    """Say what is proven about each side's distance to its own optimum."""
    return "; ".join(
        certificate_sentence(side, certificates[side])
        for side in ("reference", "candidate")
        if side in certificates
    )


def certificate_sentence(side: str, certificate: Certificate) -> str:
    """Say what one certificate proves."""
    if certificate.finite_optimum is False:
        return f"the {side}'s objective has no finite optimum"
    if certificate.probability is None:
        return (
            f"nothing is proven about the {side}'s distance to its optimum "
            f"(gradient {number(certificate.gradient_norm)})"
        )
    return f"the {side} is within {rounded_up(certificate.probability)} of its exact optimum"


def unexplained_sentence(report: ParityReport) -> str:
    """Say that no cause was found, or that none was looked for; else nothing."""
    if report.causes or report.structure.agrees is False:
        return ""
    if not report.explained:
        return "not looked for: explain=False"
    if any(settings.unmodelled for settings in report.settings.values()):
        return "not found: what is not modelled hides it"
    return "no setting was found that explains this"


def cause_sections(causes: Sequence[Cause]) -> list[tuple[str, str]]:
    """Return the causes: those that must change, then those of which one suffices."""
    sections: list[tuple[str, str]] = []
    for cause in causes:
        if cause.role == "must":
            sections.append(("" if sections else "MUST CHANGE", cause_sentence(cause)))
    for _, group in _one_of_groups(causes):
        single = len(group) == 1
        label = ("AND" if single else "AND ONE OF") if sections else "CHANGE"
        label = label if single or sections else "CHANGE ONE"
        for index, cause in enumerate(group):
            sections.append(("" if index else label, cause_sentence(cause)))
    return sections


def cause_sentence(cause: Cause) -> str:
    """Say a setting's values, and how much it explains.

    An objective setting has a value on both sides, reference | candidate; what made one side
    stop early is that side's alone.
    """
    values = f"{cause.reference or '-'} | {cause.candidate or '-'}"
    if cause.kind != "objective":
        side = "reference" if cause.kind == "reference" else "candidate"
        values = f"{side} has {getattr(cause, side) or '-'}"
    share = share_clause(cause.kind, cause.share)
    # Where one of several suffices, what it leaves says more than what it removes.
    notes = cause.note or share if cause.role == "one_of" else _sentences(share, cause.note)
    return f"{cause.setting}: {values}" + (f" ({notes})" if notes else "")


def share_clause(kind: str, share: float | None) -> str:
    """Say which part of what a cause explains; nothing where it cannot be told."""
    if share is None or not math.isfinite(share):
        return ""
    part = KIND_PARTS.get(kind, "the divergence")
    if kind == "objective" and percent(share) == "100 %":
        # All of it: the only cause of its kind says so by being alone.
        return ""
    if kind == "objective":
        return f"{percent(share)} of {part}"
    return f"removes {percent(share)} of {part}"


def repair_sections(repair: Repair | None, n_alternatives: int = 0) -> list[tuple[str, str]]:
    """Return what to write on each side, and whether that was tried."""
    if repair is None or not repair.changes:
        return []
    by_side: dict[str, list[str]] = {}
    for change in repair.changes:
        by_side.setdefault(change.side, []).append(change.text)
    told = [f"{side}: {', '.join(texts)}" for side, texts in by_side.items()]
    outcome = verified_sentence(repair.verified, repair.probability_after)
    told[-1] += f" ({_sentences(outcome, repair.note, alternatives_sentence(n_alternatives))})"
    # Only what was trained and found equivalent may be called a repair.
    label = "repair" if repair.verified else "try"
    return [("" if index else label, text) for index, text in enumerate(told)]


def verified_sentence(verified: bool, probability_after: float | None) -> str:
    """Say whether a repair was trained for real, and what it left."""
    left = "" if probability_after is None else f", {number(probability_after)} is left"
    return f"verified by training{left}" if verified else f"not verified by training{left}"


def left_out_sentence(effort: Effort | None) -> str:
    """Say what explaining left out for lack of time."""
    if effort is None or not effort.left_out:
        return ""
    told = _sentences(*effort.left_out)
    return f"{told} (the budget was {number(effort.budget)} s)"


def alternatives_sentence(n_alternatives: int) -> str:
    """Say that there are other repairs."""
    if not n_alternatives:
        return ""
    return f"{n_alternatives} other way{'s' if n_alternatives > 1 else ''}"


def finding_sections(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """Return the first findings with slug and text, and the slugs of the others."""
    sections = [("note", f"[{item.slug}] {item.text}") for item in findings[:MAX_FINDINGS]]
    others = ", ".join(item.slug for item in findings[MAX_FINDINGS:])
    return [*sections, ("note", f"further findings: {others}")] if others else sections


def warning_sections(warnings: Sequence[RecordedWarning]) -> list[tuple[str, str]]:
    """Quote the first distinct warnings and count the others."""
    counts: dict[tuple[str, str, str], int] = {}
    for item in warnings:
        key = (item.side, item.category, item.message)
        counts[key] = counts.get(key, 0) + 1
    told = list(counts.items())
    sections = [("warning", warning_sentence(*key, times)) for key, times in told[:MAX_WARNINGS]]
    others = len(told) - MAX_WARNINGS
    if others > 0:
        sections.append(("warning", f"and {others} other warning{'s' if others > 1 else ''}"))
    return sections


def warning_sentence(side: str, category: str, message: str, times: int = 1) -> str:
    """Quote a warning that a side's training raised."""
    often = f" ({times} times)" if times > 1 else ""
    quote = " ".join(message.split())
    quote = quote if len(quote) <= MAX_QUOTE else quote[: MAX_QUOTE - 4].rstrip() + " ..."
    return f'{side}: {category}{often}: "{quote}"'


# --------------------------------------------------------------------------------- numbers


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, two below 0.001: ``0.489``, ``6.1e-4``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    if value and abs(value) < 1e-3:
        digits = max(2, digits - 1)
    # A negative zero plus zero is zero.
    return _short_exponent(f"{value + 0.0:.{digits}g}")


def rounded_up(value: float) -> str:
    """Return a number with two digits that is not below ``value``: a bound stays a bound."""
    if not math.isfinite(value) or value <= 0:
        return number(value)
    exponent = math.floor(math.log10(value)) - 1
    # Through text: 49 * 10.0**-2 is not the number that "0.49" is read as.
    steps = math.ceil(value / 10.0**exponent - 1e-9)
    while float(f"{steps}e{exponent}") < value:
        steps += 1
    return number(float(f"{steps}e{exponent}"), 2)


def apart_numbers(first: float, second: float) -> tuple[str, str]:
    """Return two numbers with as many digits as it takes to tell them apart."""
    for digits in range(3, 18):
        texts = number(first, digits), number(second, digits)
        if texts[0] != texts[1] or first == second:
            return texts
    return repr(first), repr(second)


def counted(n: int, word: str) -> str:
    """Return a number with its noun: ``1 check``, ``2 checks``."""
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def listed(words: Sequence[str], last: str) -> str:
    """Return words as a list in a sentence: ``a, b or c``."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def percent(share: float) -> str:
    """Return a share as a percentage; never ``0 %`` of something that is there."""
    if share and abs(share) < 0.005:
        return f"{number(100 * share, 2)} %"
    return f"{100 * share:.0f} %"


def signed_percent(share: float) -> str:
    """Return a share as a percentage with its sign, which nothing that rounds to zero has."""
    return f"{100 * share:+.0f} %" if abs(share) >= 0.005 else "0 %"


# ---------------------------------------------------------------------------------- layout


def _short_exponent(text: str) -> str:
    """Write ``6.1e-04`` as ``6.1e-4``."""
    mantissa, mark, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else text


def _failing(divergences: Mapping[str, Divergence]) -> list[tuple[str, Divergence]]:
    """Return the divergences that are too large: the probability first, as it is the verdict's."""
    failing = [(name, item) for name, item in divergences.items() if not item.within]
    return sorted(failing, key=lambda pair: pair[0] != "probability")


def worst_divergence(divergences: Mapping[str, Divergence]) -> tuple[str, Divergence] | None:
    """Return the divergence that decides: one that is too large before others, else the verdict's.

    ``None`` where nothing is judged.
    """
    judged = [(name, item) for name, item in divergences.items() if item.allowed is not None]
    return max(
        judged, key=lambda pair: (not pair[1].within, pair[0] == "probability"), default=None
    )


def _one_of_groups(causes: Sequence[Cause]) -> list[tuple[str, list[Cause]]]:
    """Return the causes of which one suffices, by kind: each kind needs one of its own."""
    groups = []
    for kind in ("objective", "reference", "training"):
        group = [cause for cause in causes if cause.role == "one_of" and cause.kind == kind]
        if group:
            groups.append((kind, group))
    return groups


def _model(settings: Mapping[str, ModelSettings], side: str) -> str:
    """Return a side's model in one line."""
    return settings[side].model if side in settings else "(not read)"


def _labelled(label: str, text: str) -> list[tuple[str, str]]:
    """Return one paragraph, or none where there is nothing to say."""
    return [(label, text)] if text else []


def _sentences(*texts: str) -> str:
    """Join what is there."""
    return "; ".join(text for text in texts if text)


def _layout(sections: Iterable[tuple[str, str]]) -> list[str]:
    """Return the paragraphs as lines, each text in one column beside its label."""
    lines = []
    for label, text in sections:
        if not text:
            continue
        lines += textwrap.wrap(
            printable(" ".join(text.split()), MAX_PARAGRAPH),
            width=WIDTH,
            initial_indent=f"{label:<{INDENT}}",
            subsequent_indent=" " * INDENT,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines

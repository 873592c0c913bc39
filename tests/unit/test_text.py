"""A report as text: one test for each sentence, then the whole."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import sample_reports
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelparity import ParityReport, Tolerance
from pytest_modelparity.report.causes import (
    cause_clause,
    cause_sections,
    cause_sentence,
    share_clause,
)
from pytest_modelparity.report.details import (
    compared_sections,
    finding_sections,
    repair_sections,
    unexplained_sentence,
    warning_sections,
)
from pytest_modelparity.report.numbers import (
    apart_numbers,
    number,
    percent,
    rounded_up,
    signed_percent,
)
from pytest_modelparity.report.parts import (
    Cause,
    Certificate,
    Change,
    DataSummary,
    Divergence,
    Finding,
    RecordedWarning,
    Repair,
    Split,
    SplitPart,
    StructureCheck,
)
from pytest_modelparity.report.proof_words import certificate_sentence, proven_sentence
from pytest_modelparity.report.section import check_heading, summary_line
from pytest_modelparity.report.sentences import (
    MAX_QUOTE,
    cancel_sentence,
    data_sentence,
    labels_sentence,
    measured,
    passing_tolerance_sentence,
    score_sentence,
    split_sentences,
    structure_sentence,
    unmodelled_sentence,
    values_sentence,
    warning_sentence,
)
from pytest_modelparity.report.text import LABEL_WIDTH, headline
from pytest_modelparity.report.worst import severity

nan, inf = math.nan, math.inf


def cause(setting: str, kind: str = "objective", role: str = "must", **more: object) -> Cause:
    values = {"reference": "1", "candidate": "2", **more}
    return Cause(setting=setting, kind=kind, role=role, **values)  # type: ignore[arg-type]


def split(reference: float, gap: float, candidate: float, shares: tuple = (None,) * 3) -> Split:
    parts = [
        SplitPart(rms=largest / 2, largest=largest, share=share)
        for largest, share in zip((reference, gap, candidate), shares, strict=True)
    ]
    return Split(reference_error=parts[0], objective_gap=parts[1], candidate_error=parts[2])


EQUIVALENT = replace(
    sample_reports.EQUIVALENT,
    divergences={"probability": sample_reports.EQUIVALENT.divergences["probability"]},
)
DIVERGED = replace(
    sample_reports.DIVERGED,
    divergences={
        "probability": sample_reports.DIVERGED.divergences["probability"],
        "labels": Divergence(value=0.032),
    },
    certificates={},
    explained=False,
    causes=(
        *sample_reports.DIVERGED.causes[:2],
        replace(sample_reports.DIVERGED.causes[2], share=None),
    ),
    scores={"accuracy": (0.988, 0.951)},
    findings=(Finding(slug="no-finite-optimum", text="the coefficients grow for ever"),),
    warnings=(
        RecordedWarning(side="reference", category="ConvergenceWarning", message="lbfgs failed"),
    ),
)
DATA, SETTINGS = EQUIVALENT.data, EQUIVALENT.settings


# --- numbers


@pytest.mark.parametrize(
    "value,told",
    [
        (0.48932, "0.489"),
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (123.456, "123"),
        (0.001, "0.001"),
        (6.123e-4, "0.00061"),
        (6.123e-7, "6.1e-7"),
        (-0.25, "-0.25"),
        (1e20, "1e20"),
        (nan, "NaN"),
        (inf, "infinity"),
        (-inf, "-infinity"),
    ],
)
def test_a_number_has_two_or_three_digits(value: float, told: str) -> None:
    assert number(value) == told


@pytest.mark.parametrize(
    "value,told",
    [
        (0.48931, "0.49"),
        (0.49, "0.49"),
        (0.0101, "0.011"),
        (0.01, "0.01"),
        (0.0, "0"),
        (99.5, "1e2"),
    ],
)
def test_a_bound_is_rounded_up(value: float, told: str) -> None:
    assert rounded_up(value) == told


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_a_rounded_bound_still_bounds(value: float) -> None:
    assert value <= float(rounded_up(value)) <= 1.11 * value


@given(st.floats(-10, 10), st.floats(-10, 10))
def test_numbers_that_differ_are_told_apart(first: float, second: float) -> None:
    told = apart_numbers(first, second)
    assert (told[0] == told[1]) == (first == second)


@pytest.mark.parametrize(
    "share,told",
    [(1.0, "100 %"), (0.0, "0 %"), (0.032, "3 %"), (0.0012, "0.12 %"), (-0.5, "-50 %")],
)
def test_a_share_is_a_percentage(share: float, told: str) -> None:
    assert percent(share) == told


@pytest.mark.parametrize(
    ("share", "told"),
    [(1.0, "+100 %"), (-0.5, "-50 %"), (0.006, "+1 %"), (-0.004, "0 %"), (0.0, "0 %")],
)
def test_a_signed_share_that_rounds_to_zero_has_no_sign(share: float, told: str) -> None:
    assert signed_percent(share) == told


# --- the first line


def test_the_first_line_says_verdict_number_allowance_place_and_main_cause() -> None:
    assert headline(DIVERGED) == (
        "models diverge: probability 0.489 > 0.01 (row 73, class 'b'); "
        "must change penalty, and iterations or solver"
    )


def test_the_first_line_of_an_equivalence_says_how_near() -> None:
    assert headline(EQUIVALENT) == (
        "models are equivalent: probability 1.2e-5 <= 0.01 (row 5, class 'b')"
    )


def test_the_first_line_names_every_divergence_that_is_too_large_the_probability_first() -> None:
    report = replace(
        DIVERGED,
        divergences={
            "coef": Divergence(value=2, allowed=1),
            "probability": Divergence(value=0.5, allowed=0.1),
        },
        causes=(),
    )
    assert headline(report) == "models diverge: probability 0.5 > 0.1, and coef"


def test_a_value_just_above_is_not_rounded_to_what_is_allowed() -> None:
    told = measured("probability", Divergence(value=0.010004, allowed=0.01))
    assert told == "probability 0.010004 > 0.01 allowed"


def test_a_nan_is_said_as_nan() -> None:
    told = measured("probability", Divergence(value=nan, allowed=0.01, place="row 3"))
    assert told == "probability is NaN, 0.01 allowed (row 3)"


def test_a_number_that_is_not_judged_has_no_allowance() -> None:
    assert measured("coef", Divergence(value=2.0, place="x1")) == "coef 2 (x1)"


@pytest.mark.parametrize(
    "causes,told",
    [
        ((), ""),
        ((cause("penalty"), cause("C")), "; must change penalty and C"),
        ((cause("iterations", "training", "one_of"),), "; change iterations"),
        (
            tuple(cause(name, "reference", "one_of") for name in ("iterations", "solver", "tol")),
            "; change iterations, solver or tol of the reference",
        ),
        (
            (cause("penalty"), cause("solver", "training", "one_of")),
            "; must change penalty, and solver",
        ),
    ],
)
def test_the_main_cause_is_said_in_a_few_words(causes: tuple, told: str) -> None:
    assert cause_clause(StructureCheck(), causes) == told


def test_a_wrong_structure_is_the_main_cause() -> None:
    told = cause_clause(StructureCheck(agrees=False), (cause("penalty"),))
    assert told == "; the models differ even with the same weights"


# --- what was compared, and what is apart


def test_the_models_and_the_data_are_named() -> None:
    assert compared_sections(SETTINGS, DATA) == [
        ("reference", "LogisticRegression() on 569 rows x 30 features, 2 classes"),
        ("candidate", "Dense(1), Adam(0.001)"),
    ]


def test_other_evaluation_rows_are_named() -> None:
    data = DataSummary(n_samples=1, n_features=1, classes=("a", "b"), n_eval=50)
    assert data_sentence(data) == "1 row x 1 feature, 2 classes, compared on 50 others"


def test_the_two_values_at_the_worst_place_are_said() -> None:
    told = values_sentence(Divergence(value=0.5, reference=0.9, candidate=0.4, note="late"))
    assert told == "there the reference says 0.9, the candidate 0.4 (late)"


def test_without_the_two_values_the_note_is_said() -> None:
    assert values_sentence(Divergence(value=nan, note="row 3 is NaN")) == "row 3 is NaN"


@pytest.mark.parametrize(
    "labels,told",
    [
        (None, ""),
        (Divergence(value=nan), ""),
        (Divergence(value=0.0), "all labels agree"),
        (Divergence(value=0.25), "labels differ on 25 % of the rows"),
    ],
)
def test_the_share_of_other_labels_is_said(labels: Divergence | None, told: str) -> None:
    assert labels_sentence(labels) == told


@pytest.mark.parametrize(
    "scores,told",
    [
        (None, ""),
        ((0.5714, 0.5714), "both accuracies are 0.571"),
        ((0.714, 0.429), "accuracy 0.714 | 0.429"),
        ((nan, 0.429), "accuracy NaN | 0.429"),
    ],
)
def test_the_accuracies_are_said(scores: tuple | None, told: str) -> None:
    assert score_sentence({} if scores is None else {"accuracy": scores}) == told


@pytest.mark.parametrize(
    "scores,told", [((0.5, 0.5), "both R2 are 0.5"), ((0.5, -1.25), "R2 0.5 | -1.25")]
)
def test_a_regressor_scores_by_r2(scores: tuple, told: str) -> None:
    assert score_sentence({"R2": scores}) == told


@pytest.mark.parametrize(
    "failing,told",
    [
        ([], ""),
        ([("probability", Divergence(value=0.4893))], "tolerance=0.49 would pass"),
        (
            [("probability", Divergence(value=0.4893)), ("coef", Divergence(value=2.01))],
            "Tolerance(probability=0.49, coef=2.1) would pass",
        ),
        ([("labels", Divergence(value=0.1))], "Tolerance(labels=0.1) would pass"),
        ([("probability", Divergence(value=nan))], "no tolerance lets this probability pass"),
    ],
)
def test_the_tolerance_that_would_have_passed_is_said(failing: list, told: str) -> None:
    assert passing_tolerance_sentence(failing) == told


# --- why


def test_a_wrong_structure_is_said_with_its_distance() -> None:
    structure = StructureCheck(agrees=False, distance=0.3, note="the sigmoid is applied twice")
    assert structure_sentence(structure) == (
        "given the reference's own weights the candidate still differs by 0.3: "
        "the models themselves differ, not their training (the sigmoid is applied twice)"
    )


@pytest.mark.parametrize("agrees", [True, None])
def test_a_right_structure_is_not_worth_a_line(agrees: bool | None) -> None:
    assert structure_sentence(StructureCheck(agrees=agrees, distance=1e-8)) == ""


def test_what_is_not_modelled_is_quoted() -> None:
    candidate = replace(SETTINGS["candidate"], unmodelled=("a Dropout layer",))
    told = unmodelled_sentence({**SETTINGS, "candidate": candidate})
    assert told == "candidate: a Dropout layer"


def test_the_split_says_the_three_distances() -> None:
    assert split_sentences(split(0.05, 0.16, 0.21)) == [
        "the reference stopped 0.05 from its own optimum",
        "the two objectives' optima are 0.16 apart",
        "the candidate stopped 0.21 from its own optimum",
    ]


def test_the_split_tells_the_findings_that_say_the_same() -> None:
    slug = "candidate-not-converged"
    findings = (Finding(slug=slug, text="said twice"), Finding(slug="other", text="said once"))
    told = replace(DIVERGED, findings=findings).text(verbosity=2)
    assert f"the candidate stopped 0.21 from its own optimum\n             [{slug}]" in told
    assert "said twice" not in told
    assert "[other] said once" in told
    assert "said twice" in replace(DIVERGED, findings=findings, split=None).text(verbosity=2)


def test_labels_leave_room_for_their_text() -> None:
    labels = ["MUST CHANGE", "AND ONE OF", "CHANGE ONE", "not modelled", "structure"]
    assert max(map(len, labels)) < LABEL_WIDTH


def test_the_split_says_what_is_no_distance_at_all() -> None:
    assert split_sentences(split(1e-9, 0.0, nan)) == [
        "the reference is at its own optimum",
        "both have the same objective",
        "the candidate's weights are no numbers any more",
    ]


def test_the_rows_are_named_where_there_are_two_sets_of_them() -> None:
    measured = replace(split(0.05, 0.16, 0.21), rows="evaluation")
    assert split_sentences(measured) == [
        "the reference stopped 0.05 from its own optimum on the evaluation rows",
        "the two objectives' optima are 0.16 apart on the evaluation rows",
        "the candidate stopped 0.21 from its own optimum on the evaluation rows",
    ]
    certificates = {"reference": Certificate(distance=0.0019)}
    proven = "the reference is within 0.0019 of its exact optimum"
    assert proven_sentence(certificates, measured) == f"{proven} on the training rows"
    assert proven_sentence(certificates, split(0.05, 0.16, 0.21)) == proven


def test_a_part_that_other_rows_determine_names_its_own() -> None:
    found = split(0.05, 0.16, 1e-9)
    measured = replace(
        found,
        rows="evaluation",
        objective_gap=replace(found.objective_gap, rows="training"),
        candidate_error=replace(found.candidate_error, known=12),
    )
    assert split_sentences(measured) == [
        "the reference stopped 0.05 from its own optimum on the evaluation rows",
        "the two objectives' optima are 0.16 apart on the training rows",
        "the candidate is at its own optimum on the 12 determined evaluation rows",
    ]
    equal = replace(found.objective_gap, largest=0.0, known=12)
    assert split_sentences(replace(measured, objective_gap=equal))[1] == (
        "the two objectives' optima agree on the 12 determined evaluation rows"
    )
    certificate = Certificate(distance=0.0019, rows="training", evaluation=0.034)
    assert proven_sentence({"candidate": certificate}) == (
        "the candidate is within 0.0019 of its exact optimum on the training rows and 0.034 on "
        "the evaluation rows"
    )


def test_parts_of_opposite_sign_partly_cancel() -> None:
    assert cancel_sentence(split(0, 1, 1, (0.001, -0.5, 1.499))) == (
        "the objective gap (-50 %) and the candidate's own error (+150 %) partly cancel: "
        "repairing only one will not help"
    )


@pytest.mark.parametrize(
    "shares", [(0.2, 0.3, 0.5), (-0.01, 0.5, 0.51), (None, None, None), (nan, nan, nan)]
)
def test_parts_of_one_sign_do_not_cancel(shares: tuple) -> None:
    assert cancel_sentence(split(0, 1, 1, shares)) == ""


@pytest.mark.parametrize(
    "certificate,told",
    [
        (
            Certificate(distance=6.12e-4),
            "the reference is within 0.00062 of its exact optimum",
        ),
        (
            Certificate(finite_optimum=False),
            "the reference's objective has no finite optimum",
        ),
        (
            Certificate(gradient_norm=0.5),
            "nothing is proven about the reference's distance to its optimum (gradient 0.5)",
        ),
        (
            Certificate(),
            "nothing is proven about the reference's distance to its optimum (gradient NaN)",
        ),
    ],
)
def test_a_certificate_says_what_is_proven(certificate: Certificate, told: str) -> None:
    assert certificate_sentence("reference", certificate) == told


# --- causes and repair


def test_a_cause_says_both_values_and_its_share() -> None:
    told = cause_sentence(
        cause("penalty", reference="C=1.0", candidate="none", share=0.97, note="factor 2 forgotten")
    )
    assert told == "penalty: C=1.0 | none (97 % of the objective gap; factor 2 forgotten)"


def test_where_one_of_several_suffices_what_it_leaves_is_said() -> None:
    one = cause("iterations", "training", "one_of", share=0.99, note="epochs=1200 leaves 0.0088")
    assert cause_sentence(one) == "iterations: candidate has 2 (epochs=1200 leaves 0.0088)"


def test_what_stopped_the_reference_early_is_its_own_value() -> None:
    one = cause("iterations", "reference", "one_of", note="max_iter=1000 leaves 0.0088")
    assert cause_sentence(one) == "iterations: reference has 1 (max_iter=1000 leaves 0.0088)"


def test_a_cause_with_a_value_on_one_side_only_says_so() -> None:
    assert cause_sentence(cause("dtype", reference="")) == "dtype: - | 2"


@pytest.mark.parametrize(
    "kind,share,told",
    [
        ("objective", 0.5, "50 % of the objective gap"),
        ("training", 0.98, "removes 98 % of the candidate's own error"),
        ("reference", 0.98, "removes 98 % of the reference's own error"),
        ("objective", None, ""),
        ("objective", 0.999, ""),
        ("training", nan, ""),
    ],
)
def test_a_share_says_of_what(kind: str, share: float | None, told: str) -> None:
    assert share_clause(kind, share) == told


def labels(sections: list[tuple[str, str]]) -> list[str]:
    return [label for label, _ in sections]


def test_musts_come_first_then_one_of_each_kind() -> None:
    causes = (
        cause("penalty"),
        cause("C"),
        cause("tol", "reference", "one_of"),
        cause("iterations", "training", "one_of"),
        cause("solver", "training", "one_of"),
    )
    assert labels(cause_sections(causes)) == ["MUST CHANGE", "", "AND", "AND ONE OF", ""]


def test_without_a_must_one_of_several_is_a_choice() -> None:
    causes = (cause("a", "training", "one_of"), cause("b", "training", "one_of"))
    assert labels(cause_sections(causes)) == ["CHANGE ONE", ""]


def test_a_single_way_is_no_choice() -> None:
    assert labels(cause_sections((cause("a", "training", "one_of"),))) == ["CHANGE"]


def test_a_verified_repair_says_what_to_write_and_what_was_left() -> None:
    assert repair_sections(DIVERGED.repair) == [
        (
            "repair",
            "candidate: kernel_regularizer=L2(8.79e-4), epochs=1000 "
            "(verified by training, 0.0012 is left)",
        )
    ]


def test_what_was_not_trained_is_no_repair() -> None:
    repair = Repair(
        changes=(
            Change(side="reference", setting="iterations", text="max_iter=10000"),
            Change(side="candidate", setting="penalty", text="L2(0.1)"),
        ),
        verified=False,
    )
    assert repair_sections(repair, 2) == [
        ("try", "reference: max_iter=10000"),
        ("", "candidate: L2(0.1) (not verified by training; 2 other ways)"),
    ]


def test_no_repair_is_no_line() -> None:
    assert repair_sections(None) == []


def test_the_source_of_a_repair_is_not_in_the_message() -> None:
    assert "import keras" not in str(DIVERGED)


# --- findings and warnings


def test_findings_are_told_with_their_slug_and_further_ones_by_slug() -> None:
    findings = [Finding(slug=f"s{index}", text=f"t{index}") for index in range(5)]
    assert finding_sections(findings) == [
        ("note", "[s0] t0"),
        ("note", "[s1] t1"),
        ("note", "[s2] t2"),
        ("note", "further findings: s3, s4"),
    ]


def test_a_warning_is_quoted_on_one_line() -> None:
    told = warning_sentence("reference", "ConvergenceWarning", "did not\n  converge")
    assert told == 'reference: ConvergenceWarning: "did not converge"'


def test_a_long_warning_is_cut_and_says_so() -> None:
    told = warning_sentence("reference", "W", "x" * 500)
    assert told.endswith('xxx ..."')
    assert len(told) == len('reference: W: ""') + MAX_QUOTE


def test_equal_warnings_are_told_once() -> None:
    one = RecordedWarning(side="candidate", category="UserWarning", message="old")
    assert warning_sections([one, one]) == [("warning", 'candidate: UserWarning (2 times): "old"')]


def test_further_warnings_are_counted() -> None:
    several = [RecordedWarning(side="candidate", category="W", message=str(i)) for i in range(3)]
    assert warning_sections(several)[-1] == ("warning", "and 1 other warning")


# --- the whole


def test_every_sentence_is_told_below_the_table() -> None:
    told = DIVERGED.text(verbosity=2)
    assert told.startswith(DIVERGED.text(verbosity=1) + "\n\n")
    assert told.removeprefix(DIVERGED.text(verbosity=1) + "\n\n") == (
        """\
reference    LogisticRegression() on 569 rows x 30 features, 2 classes
candidate    Dense(1), Adam(0.001)
apart        there the reference says 0.912, the candidate 0.423; labels
             differ on 3 % of the rows; accuracy 0.988 | 0.951;
             tolerance=0.49 would pass
why          the reference stopped 0.0006 from its own optimum
             the two objectives' optima are 0.16 apart
             the candidate stopped 0.21 from its own optimum
             the objective gap (-50 %) and the candidate's own error
             (+150 %) partly cancel: repairing only one will not help
MUST CHANGE  penalty: C=1.0 | no kernel_regularizer
AND ONE OF   iterations: candidate has epochs=100 (removes 98 % of the
             candidate's own error)
             solver: candidate has Adam(0.001)
repair       candidate: kernel_regularizer=L2(8.79e-4), epochs=1000
             (verified by training, 0.0012 is left)
note         [no-finite-optimum] the coefficients grow for ever
warning      reference: ConvergenceWarning: "lbfgs failed"\
"""
    )


def test_every_sentence_of_an_equivalence_is_told_below_the_table() -> None:
    told = EQUIVALENT.text(verbosity=2)
    assert told.removeprefix(EQUIVALENT.text(verbosity=1) + "\n\n") == (
        """\
reference    LogisticRegression() on 569 rows x 30 features, 2 classes
candidate    Dense(1), Adam(0.001)
proven       the reference is within 0.00062 of its exact optimum; the
             candidate is within 3e-8 of its exact optimum\
"""
    )


def test_every_line_but_the_first_fits_into_80_columns_of_a_failure() -> None:
    assert max(map(len, str(DIVERGED).split("\n")[1:])) <= 72


def test_our_own_words_are_ascii() -> None:
    assert (str(DIVERGED) + str(EQUIVALENT)).isascii()


def test_a_report_without_numbers_still_has_a_text() -> None:
    bare = ParityReport(
        verdict="diverged", divergences={}, tolerance=Tolerance(), settings={}, data=DATA
    )
    assert str(bare).split("\n")[0] == "models diverge"


# --- the terminal section


def test_the_section_names_the_test_and_its_outcome() -> None:
    heading = check_heading("test_a.py::test_b", "diverged", "failed", asserted=True)
    assert heading == "DIVERGED  test_a.py::test_b (test failed)"


def test_the_section_says_where_nothing_was_asserted() -> None:
    heading = check_heading("t", "diverged", "passed", asserted=False)
    assert heading == "DIVERGED  t (test passed, compared without asserting)"


@pytest.mark.parametrize(
    "verdicts,told",
    [
        ([], "0 checks: no test compared two models"),
        (["equivalent"], "1 check: 1 equivalent, 0 diverged"),
        (["diverged", "equivalent", "diverged"], "3 checks: 1 equivalent, 2 diverged"),
    ],
)
def test_the_last_line_counts_the_checks(verdicts: list[str], told: str) -> None:
    assert summary_line(verdicts) == told


@pytest.mark.parametrize(
    "divergences,expected",
    [
        ({}, 0.0),
        ({"probability": Divergence(value=0.02, allowed=0.01)}, 2.0),
        ({"coef": Divergence(value=9.0)}, 0.0),
        ({"labels": Divergence(value=0.0, allowed=0.0)}, 0.0),
        ({"labels": Divergence(value=0.1, allowed=0.0)}, inf),
        ({"probability": Divergence(value=nan, allowed=0.01)}, inf),
    ],
)
def test_the_worst_ratio_orders_reports(divergences: dict, expected: float) -> None:
    assert severity(divergences) == expected


def test_tolerance_that_lets_anything_pass_is_not_proposed() -> None:
    assert passing_tolerance_sentence([("probability", Divergence(value=0.5))]) == ""
    found = passing_tolerance_sentence([("probability", Divergence(value=0.49))])
    assert found == "tolerance=0.49 would pass"


def test_no_cause_found_is_told_from_none_looked_for() -> None:
    bare = replace(DIVERGED, causes=())
    assert "explain=False" in unexplained_sentence(bare)
    explained = replace(bare, explained=True)
    assert unexplained_sentence(explained).startswith("no setting")
    strange = replace(explained.settings["candidate"], unmodelled=("it is not linear",))
    hidden = replace(explained, settings={"candidate": strange})
    assert unexplained_sentence(hidden).startswith("not found: what is not modelled")
    assert unexplained_sentence(DIVERGED) == ""

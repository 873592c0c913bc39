"""The answer as a table: which rows it has, and what its last column says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_tables import (
    FORGOTTEN_HALF,
    L2,
    NEITHER,
    OUTCOMES,
    PREDICTIONS_ONLY,
    SAME,
    SCHEDULE,
    SIX_WAYS,
    STRUCTURE,
    USUAL,
    WEIGHTS,
    change,
    compared,
    must,
    one_of,
    split,
)

from pytest_modelparity import ParityReport
from pytest_modelparity.report.columns import MAX_LAST, cell_text
from pytest_modelparity.report.parts import Cause, Finding, Repair
from pytest_modelparity.report.table import Row, table_of

FOUR = ["penalty", "C", "iterations", "solver"]


def rows(report: ParityReport, *, full: bool = False) -> dict[str, Row]:
    return {row.label: row for row in table_of(report, full=full).rows}


def answers(report: ParityReport, *, full: bool = False) -> dict[str, str]:
    return {label: row.answer for label, row in rows(report, full=full).items()}


def below(report: ParityReport, width: int = 200, verbosity: int = 0) -> dict[str, str]:
    """Return what stands below the rows, by its label."""
    lines = report.text(width=width, verbosity=verbosity).split("\n")
    return {line.split()[0]: " ".join(line.split()[1:]) for line in lines[1:] if line.strip()}


# --- the rows


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_four_have_a_row_always_and_in_this_order(name: str) -> None:
    labels = [row.label for row in table_of(OUTCOMES[name]).rows if row.label != "stopped"]
    assert labels[:4] == FOUR


def test_a_report_of_which_nothing_was_read_has_them_too() -> None:
    nothing = {"settings": {}, "certificates": {}, "scores": {}, "compared": ()}
    bare = replace(USUAL, causes=(), split=None, findings=(), **nothing)
    table = table_of(bare)
    assert table.reference == "reference (not read)"
    assert [row.label for row in table.rows] == FOUR
    assert {(row.reference, row.candidate, row.answer) for row in table.rows} == {
        ("not known", "not known", "not known")
    }


def test_both_values_stand_in_the_words_of_their_framework_without_the_rows_name() -> None:
    found = rows(USUAL)
    assert [(row.reference, row.candidate) for row in found.values()] == [
        ("l2 (the default)", "none"),
        ("1.0", "no penalty"),
        ("max_iter=100 (19 run)", "epochs=12"),
        ("lbfgs", "Adam(0.001)"),
        ("chosen by the solver", "0.001"),
        ("0.0037 from its optimum", "0.94 from its optimum"),
        ("accuracy 0.988", "0.896"),
    ]


def test_the_last_column_says_what_must_change_and_what_would_do() -> None:
    assert answers(USUAL) == {
        "penalty": "MUST CHANGE",
        "C": "with the penalty",
        "iterations": "ONE OF: 1200 leaves 0.0088",
        # The third: named, not described.
        "solver": "ONE OF",
        "learning_rate": "ONE OF, as in the repair",
        "stopped": "the two optima are 0.99 apart",
        "scores": "labels differ on 9 % of the rows",
    }


def test_what_differs_and_is_no_cause_has_a_row_only_where_all_are_wanted() -> None:
    assert "batch_size" not in rows(USUAL)
    assert answers(USUAL, full=True)["batch_size"] == "not enough"
    assert answers(USUAL, full=True)["dtype"] == "not looked for"
    # Of the objective always: it might be what the reader looks for.
    other = compared("class_weight", "none", "class_weight={0: 1.01}", False)
    report = replace(USUAL, compared=(*USUAL.compared, other))
    assert answers(report)["class_weight"] == "no effect here"


def test_what_was_not_looked_for_is_not_said_to_have_no_effect() -> None:
    found = answers(OUTCOMES["not explained"])
    assert [found[name] for name in FOUR] == [
        "not looked for",
        "with the penalty",
        "not looked for",
        "not looked for",
    ]


def test_settings_of_a_training_that_arrived_have_no_effect() -> None:
    found = answers(FORGOTTEN_HALF)
    assert (found["iterations"], found["solver"]) == ("no effect here", "no effect here")
    away = replace(FORGOTTEN_HALF, split=split(0.004, 0.1, 0.02))
    assert answers(away)["iterations"] == "not looked for"
    unknown = replace(FORGOTTEN_HALF, split=None)
    assert answers(unknown)["iterations"] == "not looked for"


def test_how_two_values_are_related_is_said() -> None:
    assert answers(FORGOTTEN_HALF)["C"] == (
        "MUST CHANGE: twice too strong: Keras's L2(l) has no factor 1/2, so l = 1/(2 C n)"
    )
    assert answers(WEIGHTS)["sample_weight"] == (
        "MUST CHANGE: 1000 times the reference's: a common factor acts as C"
    )


def test_an_equivalent_pair_has_no_row_that_asks_for_anything() -> None:
    found = answers(SAME)
    assert [found[name] for name in FOUR] == ["equal", "equal", "no effect here", "no effect here"]
    assert found["stopped"] == "same optimum"
    assert rows(SAME)["stopped"].candidate == "0.00073 from its optimum"


def test_a_pair_without_penalties_has_the_same_c() -> None:
    none = compared("penalty", "none", "no kernel_regularizer", True)
    report = replace(SAME, compared=(none, *USUAL.compared[1:]))
    assert answers(report)["C"] == "equal"


def test_of_a_candidate_of_which_only_predictions_are_known_nothing_is_said() -> None:
    found = rows(PREDICTIONS_ONLY)
    assert {(found[name].candidate, found[name].answer) for name in FOUR} == {
        ("not known", "not known")
    }
    assert found["stopped"].reference == "within 4.6e-5 of its optimum"
    assert found["stopped"].candidate == "not known"


def test_a_reference_that_did_not_converge_is_said_first() -> None:
    first, *_ = table_of(NEITHER).rows
    assert first.label == "stopped"
    assert first.answer == "THE REFERENCE DID NOT CONVERGE; the two optima are 0.008 apart"
    assert table_of(USUAL).rows[0].label == "penalty"


def test_a_choice_on_either_side_names_the_side() -> None:
    assert answers(NEITHER)["solver"] == "CHANGE on both sides, as in the repair"
    alone = replace(NEITHER, repair=replace(NEITHER.repair, changes=(L2, SCHEDULE)))
    assert answers(alone)["solver"] == (
        "CHANGE in the reference: newton-cholesky leaves 1.9e-9; "
        "CHANGE in the candidate, as in the repair"
    )


def test_six_ways_are_ranked_two_are_named_and_the_others_counted() -> None:
    found = answers(SIX_WAYS)
    assert found["batch_size"] == "ONE OF: 8 leaves 0.008"
    assert found["iterations"] == "ONE OF: 900 leaves 0.006"
    assert found["solver"] == "ONE OF"
    assert not {"learning_rate", "initialization", "feature_scaling"} & set(found)
    assert below(SIX_WAYS)["or"] == (
        "learning_rate, initialization or feature_scaling would do as well"
    )
    assert SIX_WAYS.text().split("\n")[0].endswith("; change batch_size, iterations or 4 others")


def test_what_only_comes_nearest_is_not_enough() -> None:
    cause = one_of("iterations", 0.03, change("iterations", "epochs=900"), suffices=False)
    assert answers(replace(USUAL, causes=(cause,)))["iterations"] == ("not enough: 900 leaves 0.03")


def test_a_cause_without_its_changes_says_its_note() -> None:
    cause = Cause(
        setting="tol",
        reference="tol=0.0001",
        candidate="",
        kind="reference",
        role="one_of",
        note="it stopped before its own optimum",
    )
    found = rows(replace(USUAL, causes=(cause,)))["tol"]
    assert found.answer == "CHANGE in the reference: it stopped before its own optimum"
    assert (found.reference, found.candidate) == ("0.0001", "not known")


def test_settings_that_only_do_it_together_are_told_once() -> None:
    pair = (change("learning_rate", "learning_rate=1.0"), change("iterations", "epochs=3600"))
    causes = (one_of("learning_rate", 0.0035, *pair), one_of("iterations", 0.0035, *pair))
    found = answers(replace(USUAL, causes=causes, repair=None))
    assert found["learning_rate"] == "CHANGE: 1.0 with epochs=3600 leaves 0.0035"
    assert found["iterations"] == "CHANGE, with learning_rate"


def test_only_a_long_change_of_a_repair_that_was_trained_is_not_written_twice() -> None:
    causes = (must("penalty"), one_of("solver", 0.0037, SCHEDULE))
    trained = Repair(changes=(L2, SCHEDULE), verified=True)
    report = replace(USUAL, causes=causes, repair=trained)
    assert answers(report)["solver"] == "CHANGE, as in the repair"
    tried = replace(report, repair=replace(trained, verified=False))
    assert answers(tried)["solver"].startswith("CHANGE: Adam(CosineDecay(1.0, 600)), ")
    short = replace(report, causes=(one_of("iterations", 0.1, change("iterations", "epochs=9")),))
    changes = (L2, change("iterations", "epochs=9"))
    short = replace(short, repair=Repair(changes=changes, verified=True))
    assert answers(short)["iterations"] == "CHANGE: 9 leaves 0.1"


def test_a_solver_that_is_kept_with_other_arguments_is_named() -> None:
    kept = change("solver", "learning_rate=0.3, batch_size=569, epochs=300")
    cause = replace(one_of("solver", 0.0038, kept), candidate="optimizer=Adam(0.001)")
    report = replace(USUAL, causes=(cause,), repair=Repair(changes=(L2, kept), verified=True))
    assert answers(report)["solver"] == "CHANGE: Adam, as in the repair"
    assert answers(replace(report, repair=None))["solver"] == (
        "CHANGE: Adam with learning_rate=0.3, batch_size=569, epochs=300 leaves 0.0038"
    )


def test_where_a_side_stopped_is_a_distance_an_optimum_or_nothing() -> None:
    odd = replace(USUAL, split=split(1e-9, 0.0, float("nan"), "training"))
    found = rows(odd)["stopped"]
    assert (found.reference, found.candidate) == ("at its optimum", "weights are NaN")
    assert found.answer == "same optimum (on the training rows)"


def test_a_long_name_loses_its_arguments_where_there_is_little_room() -> None:
    table = table_of(NEITHER, brief=True)
    assert (table.reference, table.candidate) == ("LogisticRegression", "Keras Dense(1)")
    assert table_of(USUAL).candidate == "Keras Dense(1, 'sigmoid')"
    assert table_of(PREDICTIONS_ONLY, brief=True).candidate == "Predictor (taken as trained)"


# --- what stands below


def test_what_mends_a_wrong_structure_stands_in_the_tables_place() -> None:
    text = STRUCTURE.text()
    assert not any(line.startswith(("penalty", "iterations")) for line in text.split("\n"))
    assert below(STRUCTURE)["change"] == (
        "activation='sigmoid', kernel_regularizer=L2(8.78735e-4) (verified: 0.002 left)"
    )
    assert below(STRUCTURE)["candidate"].startswith("Keras Dense(1)")
    assert "penalty" in STRUCTURE.text(verbosity=1)


def test_a_repair_says_what_to_write_and_that_it_was_trained() -> None:
    assert below(USUAL)["repair"] == (
        "kernel_regularizer=L2(8.78735e-4), learning_rate=0.05, epochs=400 "
        "(verified: 0.0041 left; 1 other way)"
    )
    assert below(NEITHER)["repair"].startswith("reference: solver='newton-cholesky'; candidate: ")


def test_what_was_not_trained_is_no_repair_and_what_was_left_out_is_named() -> None:
    found = below(SIX_WAYS)
    assert "repair" not in found
    assert found["try"] == (
        "epochs=900 (not verified; verifying it takes about 50 s, more than the budget has left; "
        "2 other ways)"
    )
    assert found["not"] == "tried more pairs of settings (the budget was 10 s)"


def test_other_repairs_are_written_out_where_all_is_wanted() -> None:
    lines = USUAL.text(width=200, verbosity=1).split("\n")
    assert any(
        line.startswith("or ") and line.endswith("epochs=600 (not verified; not tried)")
        for line in lines
    )


def test_findings_that_the_table_says_are_named_and_others_told() -> None:
    findings = (*USUAL.findings, Finding(slug="saturated", text="no weight moved"))
    found = below(replace(USUAL, findings=findings))
    assert found["note"] == "[saturated] no weight moved"
    assert found["also"] == "no-finite-optimum (docs/findings.md)"
    full = below(replace(USUAL, findings=findings), verbosity=1)
    assert full["also"] == "candidate-not-converged, no-finite-optimum (docs/findings.md)"


def test_a_warning_is_quoted_in_a_line() -> None:
    quoted = 'reference: ConvergenceWarning: "The max_iter was reached..."'
    assert below(NEITHER)["warning"] == quoted
    twice = (*NEITHER.warnings, *NEITHER.warnings, replace(NEITHER.warnings[0], message="other"))
    assert below(replace(NEITHER, warnings=twice))["warning"] == f"{quoted}; and 1 other"


# --- the whole


@pytest.mark.parametrize("name", [name for name in OUTCOMES if name != "hostile"])
def test_a_message_is_short_and_fits_into_80_columns(name: str) -> None:
    lines = str(OUTCOMES[name]).split("\n")
    assert len(lines) <= (14 if name == "usual" else 20)
    assert max(map(len, lines[1:])) <= 72


def test_a_wide_terminal_is_used() -> None:
    narrow, wide = (USUAL.text(width=width).split("\n") for width in (72, 112))
    assert len(wide) < len(narrow)
    assert 72 < max(map(len, wide[1:])) <= 112


@pytest.mark.parametrize("width", [1, 12, 20, 40, 49, 50, 60, 72, 100, 200])
@pytest.mark.parametrize("name", OUTCOMES)
def test_every_width_has_a_harmless_text(name: str, width: int) -> None:
    lines = OUTCOMES[name].text(width=width).split("\n")
    assert all(line.isprintable() for line in lines)
    assert all(lines)


@pytest.mark.parametrize("width", [12, 20, 49])
@pytest.mark.parametrize("name", [name for name in OUTCOMES if name != "structure"])
def test_a_narrow_terminal_loses_nothing(name: str, width: int) -> None:
    report = OUTCOMES[name]
    together = "".join(report.text(width=width).split())
    for row in table_of(report, brief=True).rows:
        cells = (row.reference, row.candidate, row.answer)
        line = "|".join(cell_text(cell, MAX_LAST) for cell in cells if cell)
        assert "".join(line.split()) in together

"""Tallies of blocks of rows: however the rows arrive, the same is measured of them."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_modelparity import Tolerance
from pytest_modelparity.parity import tally as tally_module
from pytest_modelparity.parity.divergence import measure, scores
from pytest_modelparity.parity.kept_rows import KEPT
from pytest_modelparity.parity.moments import Moments
from pytest_modelparity.parity.predictions import Predictions, labels_of
from pytest_modelparity.parity.samples import rows_of
from pytest_modelparity.parity.split import Part
from pytest_modelparity.parity.tally import Tally, tally_of
from pytest_modelparity.report.quantity import Quantity

#: Of the 53 bits of a float64, half of the last one.
UNIT = 2.0**-53


def classified(seed: int, n: int, K: int = 3, invalid: float = 0.0) -> Predictions:
    """Return predictions of classes with equal differences among them, and rows of NaN."""
    generator = np.random.default_rng(seed)
    # Quarters: many rows differ by the same, many labels are near the boundary.
    reference, candidate = generator.integers(0, 5, size=(2, n, K)) / 4.0
    candidate[generator.random(n) < invalid] = np.nan
    return Predictions(
        reference=reference,
        candidate=candidate,
        classes=np.arange(K),
        y=generator.integers(0, K, n),
    )


def numbered(seed: int, n: int, offset: float) -> Predictions:
    """Return predictions of numbers that are far from zero."""
    generator = np.random.default_rng(seed)
    y = offset + generator.normal(size=n)
    sides = y[:, None] + 0.1 * generator.normal(size=(2, n, 1))
    return Predictions(
        reference=sides[0],
        candidate=sides[1],
        classes=np.zeros(0),
        y=y,
        quantity=Quantity(name="prediction"),
    )


def in_parts(predictions: Predictions, sizes: list[int]) -> Tally:
    """Return the tally of parts of so many rows, and of what is left."""
    ends = np.cumsum(sizes)
    n = len(predictions.reference)
    cuts = [0, *sorted({int(end) for end in ends if end < n}), n]
    parts = [
        tally_of(predictions.of(slice(start, end)), Tolerance(), start)
        for start, end in pairwise(cuts)
    ]
    return reduce(Tally.with_next, parts)


def exact_of(found: Tally) -> str:
    """Return all of a tally that no order of sums changes."""
    kept = [found.worst, found.sample]
    right = None if found.truth is None else found.truth.right
    return repr(
        (
            found.rows,
            found.peak,
            found.exchanged,
            found.labels,
            right,
            [[each.rows.tolist(), each.reference.tolist()] for each in kept],
            [each.candidate.tolist() for each in kept],
        )
    )


PARTS = st.lists(st.integers(1, 400), max_size=8)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 900),
    K=st.sampled_from([2, 3]),
    invalid=st.sampled_from([0.0, 0.01]),
    sizes=PARTS,
)
def test_maxima_places_counts_and_rows_are_those_of_the_whole(
    seed: int, n: int, K: int, invalid: float, sizes: list[int]
) -> None:
    predictions = classified(seed, n, K, invalid)
    whole, parts = tally_of(predictions, Tolerance()), in_parts(predictions, sizes)
    assert exact_of(parts) == exact_of(whole)
    assert repr(rows_of(parts)) == repr(rows_of(whole))
    difference = np.abs(predictions.reference - predictions.candidate)
    assert (parts.peak.row, parts.peak.column) == divmod(int(np.argmax(difference)), K)
    # What differs most, in the order of the rows among equals, and NaN before all.
    order = np.argsort(-np.nan_to_num(difference.max(axis=1), nan=np.inf), kind="stable")
    assert parts.worst.rows.tolist() == order[:KEPT].tolist()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 900), sizes=PARTS)
def test_sums_of_parts_are_those_of_the_whole_but_for_rounding(
    seed: int, n: int, sizes: list[int]
) -> None:
    P = np.random.default_rng(seed).dirichlet(np.ones(3), size=(2, n))
    predictions = replace(classified(seed, n), reference=P[0], candidate=P[1])
    found, y = in_parts(predictions, sizes), predictions.y
    squares = (predictions.reference - predictions.candidate) ** 2
    exact = sum(map(Fraction, squares.reshape(-1).tolist()))
    # Higham, Accuracy and Stability, section 4.2: n terms that are not negative, in any order, are
    # summed to (n - 1) u of their sum.
    assert abs(found.squares - exact) <= 3 * n * UNIT * exact
    assert found.truth is not None
    for side, loss in zip(
        (predictions.reference, predictions.candidate), found.truth.losses, strict=True
    ):
        each = -np.log(np.maximum(side[np.arange(n), y], np.finfo(float).eps))
        assert abs(loss - math.fsum(each)) <= 2 * n * UNIT * math.fsum(each)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(2, 900),
    offset=st.sampled_from([0.0, 1e3, 1e8]),
    sizes=PARTS,
)
def test_spread_of_numbers_far_from_zero_does_not_cancel(
    seed: int, n: int, offset: float, sizes: list[int]
) -> None:
    predictions = numbered(seed, n, offset)
    found = in_parts(predictions, sizes)
    assert found.truth is not None
    numbers = list(map(Fraction, predictions.y.tolist()))
    mean = sum(numbers) / n
    exact = sum((each - mean) ** 2 for each in numbers)
    size = float(sum(each**2 for each in numbers))
    # Chan, Golub and LeVeque (1983), table 1: n u k relatively for the algorithm of two passes and
    # its merging, with k = sqrt(sum of squares / centred sum) the condition; plain sums have k^2.
    condition = math.sqrt(size / float(exact)) if exact else 0.0
    assert found.truth.numbers is not None
    error = abs(found.truth.numbers.squares - float(exact))
    assert error <= 4 * n * UNIT * (1 + condition) * float(exact)
    assert found.truth.numbers.count == n


@given(seed=st.integers(0, 10**6), n=st.integers(1, 300), data=st.data())
def test_a_nan_in_any_part_never_passes(seed: int, n: int, data: st.DataObject) -> None:
    predictions = classified(seed, n)
    row = data.draw(st.integers(0, n - 1))
    side = data.draw(st.sampled_from(["reference", "candidate"]))
    values = getattr(predictions, side).copy()
    values[row, data.draw(st.integers(0, 2))] = np.nan
    found = in_parts(replace(predictions, **{side: values}), data.draw(PARTS))
    allowed = Tolerance(probability=1e9, probability_rms=1e9, labels=0.0, score=1.0, log_loss=1e9)
    divergences = measure(found, None, None, allowed)
    assert not divergences["probability"].within
    assert not divergences["probability_rms"].within
    assert not divergences["labels"].within
    assert not divergences["score"].within
    assert divergences["probability"].place.startswith(f"row {row},")


def test_one_slice_is_measured_as_arrays_are() -> None:
    generator = np.random.default_rng(3)
    reference, candidate = generator.dirichlet(np.ones(3), size=(2, 5000))
    y = generator.integers(0, 3, 5000)
    predictions = Predictions(reference=reference, candidate=candidate, classes=np.arange(3), y=y)
    found = tally_of(predictions, Tolerance())
    divergences = measure(found, None, None, Tolerance())
    # Bit for bit.
    assert divergences["probability_rms"].value == Part.of(reference - candidate).rms
    assert divergences["probability"].value == np.abs(reference - candidate).max()
    assert scores(found) == {
        "accuracy": tuple(float(np.mean(labels_of(p) == y)) for p in (reference, candidate)),
        "log_loss": tuple(
            float(-np.log(p[np.arange(5000), y]).mean()) for p in (reference, candidate)
        ),
    }


def test_no_temporary_is_larger_than_a_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    made = tally_module._of_slice

    def watched(part: Predictions, tolerance: Tolerance, first_row: int) -> Tally:
        sizes.append((first_row, len(part.reference)))
        return made(part, tolerance, first_row)

    monkeypatch.setattr(tally_module, "_of_slice", watched)
    monkeypatch.setattr(tally_module, "SLICE", 100)
    predictions = classified(0, 250)
    found = tally_of(predictions, Tolerance(), 1000)
    assert sizes == [(1000, 100), (1100, 100), (1200, 50)]
    monkeypatch.setattr(tally_module, "SLICE", 1000)
    assert exact_of(found) == exact_of(tally_of(predictions, Tolerance(), 1000))


def test_the_sample_is_even_and_does_not_depend_on_the_parts() -> None:
    predictions = classified(1, 900)
    rows = in_parts(predictions, [37, 500, 1, 90]).sample.rows
    assert rows.tolist() == list(range(0, 900, 8))


def test_a_report_holds_the_worst_rows_and_some_of_the_others() -> None:
    found = rows_of(tally_of(classified(1, 900), Tolerance()))
    rows = [each.row for each in found]
    assert len(rows) == len(set(rows)) <= KEPT
    assert rows[KEPT // 2 :] == sorted(rows[KEPT // 2 :])
    few = [each.row for each in rows_of(tally_of(classified(1, KEPT), Tolerance()))]
    assert sorted(few) == list(range(KEPT))


def test_moments_of_parts_without_spread() -> None:
    one = Moments(count=1, mean=5.0, squares=0.0)
    assert one.with_next(one) == Moments(count=2, mean=5.0, squares=0.0)
    assert one.with_next(replace(one, mean=7.0)) == Moments(count=2, mean=6.0, squares=2.0)


@pytest.mark.parametrize("row", [0, 299])
def test_exchanged_classes_are_not_equal_where_one_is_nan(row: int) -> None:
    predictions = classified(2, 300, K=2)
    candidate = predictions.reference[:, ::-1].copy()
    assert in_parts(replace(predictions, candidate=candidate), [100, 100]).exchanged == 0.0
    candidate[row] = np.nan
    found = in_parts(replace(predictions, candidate=candidate), [100, 100])
    assert found.exchanged is not None
    assert math.isnan(found.exchanged)


@pytest.mark.parametrize("n_columns", [2, 3])
def test_labels_are_the_places_of_the_largest_whatever_is_among_them(n_columns: int) -> None:
    values = (np.nan, -np.inf, 0.2, 0.5, np.inf)
    rows = np.array(list(itertools.product(values, repeat=n_columns)))
    np.testing.assert_array_equal(labels_of(rows), np.argmax(rows, axis=1))

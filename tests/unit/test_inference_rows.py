"""Sets of rows that a model may have been trained on: as scikit-learn draws them, and found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold, train_test_split
from trained_elsewhere import expected_of, inferred, optimum_of, seen

from pytest_modelparity.inference.objectives.subsets import row_sets, stratified

Load = Callable[..., tuple[np.ndarray, np.ndarray]]


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(3, 40), min_size=2, max_size=5),
    size=st.sampled_from([0.1, 0.2, 0.25, 1 / 3, 0.5]),
    seed=st.integers(0, 10_000),
)
def test_a_stratified_split_is_scikit_learns(counts: list[int], size: float, seed: int) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    y = np.random.default_rng(seed).permutation(y)
    held = int(np.ceil(size * len(y)))
    rows = stratified(y, held, seed)
    if held < len(counts):
        assert rows is None
        return
    kept, _ = train_test_split(np.arange(len(y)), test_size=size, random_state=seed, stratify=y)
    assert rows is not None
    assert sorted(rows) == sorted(kept)


def test_sets_have_the_rows_that_their_names_say() -> None:
    y = np.random.default_rng(0).integers(0, 2, 57)
    sets = {one.name: one for one in row_sets(y)}
    assert sets["first 40 of 57 rows"].rows.tolist() == list(range(40))
    assert sets["last 40 of 57 rows"].rows.tolist() == list(range(17, 57))
    kept, _ = train_test_split(np.arange(57), test_size=0.3, random_state=7)
    named = sets["train_test_split(test_size=0.3, random_state=7)"]
    assert sorted(named.rows) == sorted(kept)
    for parts in (3, 4, 5, 10):
        for i, (kept, _) in enumerate(KFold(parts).split(y)):
            if 0 < i < parts - 1:
                assert sets[f"all but part {i + 1} of {parts}"].rows.tolist() == kept.tolist()


@pytest.mark.parametrize("part", [2, 4])
def test_a_fold_is_found(bundled: Load, part: int) -> None:
    X, y = bundled("breast_cancer", standardised=True)
    kept = list(KFold(5).split(y))[part - 1][0]
    model = seen(X, *optimum_of(X[kept], y[kept], expected_of(y[kept])))
    found = inferred(X, y, model, expected_of(y))
    assert (found.grade, found.text) == ("proven", f"rows_used=all but part {part} of 5")


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.5, 0.7, 0.9]))
def test_unknown_rows_are_no_objective(bundled: Load, seed: int, share: float) -> None:
    X, y = bundled("wine", standardised=True)
    # 3133 and above: none of the seeds that are tried.
    kept = np.random.default_rng(3133 + seed).permutation(len(y))[: int(share * len(y))]
    model = seen(X, *optimum_of(X[kept], y[kept], expected_of(y[kept])))
    found = inferred(X, y, model, expected_of(y))
    assert found.grade == "none"
    if found.base_distance > 0.01:
        assert found.other_rows is not None
        assert found.other_rows.ratio > 0

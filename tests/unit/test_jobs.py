"""How many cores passes over rows use: as asked, or a worker's share of them."""

from __future__ import annotations

import threading

import pytest

from pytest_modelparity.rows import jobs
from pytest_modelparity.rows.jobs import usable_cores, using


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run outside of pytest-xdist, on a machine of eight cores."""
    monkeypatch.setattr(jobs, "_cores", lambda: 8)
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT", raising=False)


def test_all_cores_are_used_where_nothing_is_asked() -> None:
    assert usable_cores() == 8
    with using(None):
        assert usable_cores() == 8


@pytest.mark.parametrize("workers,share", [(1, 8), (2, 4), (3, 2), (8, 1), (20, 1)])
def test_workers_share_the_cores_out(
    monkeypatch: pytest.MonkeyPatch, workers: int, share: int
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", str(workers))
    assert usable_cores() == share


@pytest.mark.parametrize("n_jobs,cores", [(1, 1), (3, 3), (12, 12), (-1, 8)])
def test_what_is_asked_holds_in_a_worker_too(
    monkeypatch: pytest.MonkeyPatch, n_jobs: int, cores: int
) -> None:
    with using(n_jobs):
        assert usable_cores() == cores
        monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "4")
        assert usable_cores() == cores


def test_the_innermost_holds_and_the_outer_comes_back() -> None:
    with using(2):
        with using(1):
            assert usable_cores() == 1
        assert usable_cores() == 2
        with using(None):
            assert usable_cores() == 8
        with pytest.raises(KeyError), using(5):
            raise KeyError
        assert usable_cores() == 2
    assert usable_cores() == 8


def test_a_check_in_another_thread_is_not_asked() -> None:
    found: list[int] = []
    with using(2):
        thread = threading.Thread(target=lambda: found.append(usable_cores()))
        thread.start()
        thread.join()
    assert found == [8]

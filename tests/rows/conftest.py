"""Small groups of rows, and a cluster for checks of rows that lie on workers."""

from __future__ import annotations

import dask
import pytest
from distributed import Client, LocalCluster

from pytest_modelparity.rows import passes
from pytest_modelparity.sides import passed


@pytest.fixture
def small_groups(monkeypatch):
    """Groups of a thousand rows, of which few stand for all."""
    monkeypatch.setattr(passes, "GROUP_NUMBERS", 5000)
    monkeypatch.setattr(passed, "SAMPLE_NUMBERS", 1000)


@pytest.fixture(scope="module")
def cluster():
    """Two processes, and a Client that is the active one."""
    processes = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    with (
        # So long after a worker's end distributed gives up the next one in its place if that one
        # is starting at that moment; after 15 seconds, by default. Tests end workers more often.
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1 hour"}),
        LocalCluster(**processes, dashboard_address="127.0.0.1:0") as two,
        Client(two) as client,
    ):
        yield client

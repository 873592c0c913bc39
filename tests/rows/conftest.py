"""A cluster for checks of rows that lie on workers."""

from __future__ import annotations

import pytest
from distributed import Client, LocalCluster


@pytest.fixture(scope="module")
def cluster():
    """Two processes, and a Client that is the active one."""
    processes = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    with LocalCluster(**processes, dashboard_address="127.0.0.1:0") as two, Client(two) as client:
        yield client

"""Graphs computed by the scheduler that is active: threads here, or a cluster."""

from __future__ import annotations

import asyncio
from typing import Any

import dask.config
from dask.base import compute, get_scheduler
from dask.utils import parse_timedelta

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.dask.failures import failed, in_words, no_workers

#: The setting of `distributed` how long it waits for somebody, and how often we look meanwhile.
PATIENCE, LOOKS = "distributed.comm.timeouts.connect", 10
#: That from how many bytes on it warns of a graph: labels travel once, and 10 MB of them are no
#: mistake.
LARGE_GRAPH = {"distributed.admin.large-graph-warning-threshold": 2**60}


def active_client() -> Any | None:
    """Return the Client that computes graphs, if there is one."""
    return getattr(get_scheduler(), "__self__", None)


def computed(value: Any, what: str = "a block of X") -> Any:
    """Return what a dask value holds.

    Parameters
    ----------
    value : dask collection or Delayed
        What to compute.
    what : str, optional
        What a task of it computes, for errors.

    Raises
    ------
    FailedTaskError
        If a task raises an error.
    ModelParityError
        If the scheduler is lost or stays without workers, or a task ends every worker.
    """
    client = active_client()
    if client is None:
        try:
            return compute(value)[0]
        except ModelParityError:
            raise
        # Whatever reads or makes a block may raise anything.
        except Exception as error:
            raise failed(error, what) from error
    with in_words(), dask.config.set(LARGE_GRAPH):
        return waited_for(client, client.compute(value), what)


def persisted(client: Any, value: Any) -> Any:
    """Return a dask value, or a list of them, that a cluster computes and keeps.

    Raises
    ------
    ModelParityError
        If the scheduler is lost.
    """
    with in_words(), dask.config.set(LARGE_GRAPH):
        return client.persist(value)


def waited_for(client: Any, task: Any, what: str) -> Any:
    """Return what a task comes to, and end it where the cluster stays without workers."""
    patience = parse_timedelta(dask.config.get(PATIENCE))
    looks = 0
    try:
        while True:
            try:
                raised = task.exception(timeout=patience / LOOKS)
                if raised is None:
                    return task.result(timeout=patience / LOOKS)
            # Another class than TimeoutError until Python 3.10.
            except asyncio.TimeoutError as error:
                looks = 0 if client.nthreads() else looks + 1
                if looks == LOOKS:
                    raise no_workers(client.scheduler.address, patience, PATIENCE) from error
            else:
                if isinstance(raised, ModelParityError):
                    raise raised
                raise failed(raised, what) from raised
    finally:
        task.release()

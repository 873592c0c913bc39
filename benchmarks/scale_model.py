"""How long a check of any number of rows takes on a cluster, by a model of few constants.

    python benchmarks/scale_model.py [--measure] [--workers N ...]

Prints the tables of docs/scale.md, "A billion rows". ``--measure`` renews the runs in
``benchmarks/scale_runs.json`` and the constants that are fitted to them, in some minutes.
``--workers 2 4 8 16``, on a machine of as many cores, renews those that no constant is fitted to.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from scaling.model import Run, constants_of
from scaling.table import P, billion_table, constants_table, errors_table

STORED = Path(__file__).parent / "scale_runs.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--measure", action="store_true", help="renew the runs that are fitted")
    parser.add_argument(
        "--workers", type=int, nargs="+", metavar="N", help="renew those on so many workers"
    )
    given = parser.parse_args(arguments)
    if given.measure:
        _measure()
    if given.workers:
        _measure_elsewhere(given.workers)
    print("\n\n".join(tables()))
    return 0


def tables() -> list[str]:
    """Return the tables of the stored runs."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    constants, runs = stored["constants"], [Run.of(run) for run in stored["runs"]]
    elsewhere = [Run.of(run) for run in stored["elsewhere"]]
    # The largest check of as many features says which passes there are.
    checks = [run for run in runs if run.what == "check" and run.size.p == P and run.cluster]
    phases = max(checks, key=lambda run: run.size.n).phases
    return [
        constants_table(constants),
        errors_table(constants, runs, elsewhere),
        billion_table(constants, phases),
    ]


def _measure() -> None:
    """Measure all runs but those elsewhere, and store them."""
    # Late: who only prints the tables needs no cluster.
    from scaling.runs import measured_runs

    runs = []
    for run in measured_runs():
        print(run, flush=True)
        runs.append(run)
    constants = constants_of([run for run in runs if run.fitted])
    _store(constants=constants, runs=[asdict(run) for run in runs])


def _measure_elsewhere(workers: Sequence[int]) -> None:
    """Measure runs on some numbers of workers, and store them."""
    from scaling.runs import runs_on_workers

    runs = []
    for run in runs_on_workers(workers):
        print(run, flush=True)
        runs.append(run)
    _store(elsewhere=[asdict(run) for run in runs])


def _store(**parts: object) -> None:
    """Put parts in the place of those that are stored."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    text = json.dumps({**stored, **parts}, indent=1)
    STORED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

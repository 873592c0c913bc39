"""How long a check of any number of rows takes on a cluster, by a model of few constants.

    python benchmarks/scale_model.py [--measure [--cores 1 2 8 16]] [--runs FILE]

Prints the tables of docs/scale.md, "A billion rows". ``--measure`` renews the runs in
``benchmarks/scale_runs.json`` and the constants that are fitted to them, in some minutes;
``--runs`` names another file for another machine, such as ``benchmarks/scale_runs_16_cores.json``.
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
    parser.add_argument("--runs", type=Path, default=STORED, help="where the runs are kept")
    parser.add_argument("--measure", action="store_true", help="renew them")
    parser.add_argument(
        "--cores",
        type=int,
        nargs="+",
        default=[1, 2],
        metavar="N",
        help="to measure on; runs on more than two are left out of the fit",
    )
    given = parser.parse_args(arguments)
    if given.measure:
        _measure(given.runs, given.cores)
    print("\n\n".join(tables(given.runs)))
    return 0


def tables(path: Path = STORED) -> list[str]:
    """Return the tables of the runs that are kept in a file."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    constants, runs = stored["constants"], [Run.of(run) for run in stored["runs"]]
    # The largest check of as many features says which passes there are.
    checks = [run for run in runs if run.what == "check" and run.size.p == P and run.cluster]
    phases = max(checks, key=lambda run: run.size.n).phases
    return [
        constants_table(constants),
        errors_table(constants, runs),
        billion_table(constants, phases),
    ]


def _measure(path: Path, cores: Sequence[int]) -> None:
    """Measure all runs and keep them in a file."""
    # Late: who only prints the tables needs no cluster.
    from scaling.runs import measured_runs

    runs = []
    for run in measured_runs(cores):
        print(run, flush=True)
        runs.append(run)
    stored = {
        "constants": constants_of([run for run in runs if run.fitted]),
        "runs": [asdict(run) for run in runs],
    }
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

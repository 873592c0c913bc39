"""Models whose training is hidden: is their objective named, and never a wrong one?

    python benchmarks/inference.py [--jobs 1] [--only TEXT] [--every N]

Exact optima of other objectives, fits of scikit-learn, and trainings that were stopped, of the same
objective and of others, on twelve data sets. Writes `benchmarks/inference.md`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: Workers must not fight for cores, or their seconds mean nothing.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def result(name: str) -> list[dict[str, Any]]:
    """Return the lines on a case."""
    return _by_name()[name].result()


def _by_name() -> dict[str, Any]:
    """Return all cases."""
    from inferring.suite import cases

    if not _KNOWN:
        _KNOWN.update((one.name, one) for one in cases())
    return _KNOWN


_KNOWN: dict[str, Any] = {}


def main() -> None:
    """Judge what is asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="", help="cases whose name holds this text")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one case in N")
    parser.add_argument("--results", type=Path, help="lines of all that was found, as JSON")
    parser.add_argument("--output", type=Path, default=HERE / "inference.md")
    options = parser.parse_args()
    os.environ.update(ONE_THREAD)

    from inferring.table import table

    names = [name for name in _by_name() if options.only in name][:: options.every]
    lines: list[dict[str, Any]] = []
    context = multiprocessing.get_context("spawn")
    with context.Pool(options.jobs) as pool:
        for number, found in enumerate(pool.imap(result, names), 1):
            lines += found
            if number % 50 == 0:
                print(f"{time.strftime('%X')} {number}/{len(names)}", flush=True)
    if options.results:
        options.results.write_text("".join(json.dumps(one) + "\n" for one in lines))
    options.output.write_text(table(lines, options.every))


if __name__ == "__main__":
    main()

"""Known differences, planted between pairs of models: are they named, and do the repairs hold?

    python benchmarks/planted_causes.py [--jobs 2] [--resume] [--only TEXT] [--limit N]
        [--fresh-every N]

Controls without a difference come first, then single plants in those that converge, then two at
once. Each pair that is judged becomes a line of `--results` at once; `--resume` goes on from
there, `--again` judges anew what fell short too, and `--table` only writes the table,
`benchmarks/planted_causes.md`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "planted_causes.jsonl"
TABLE = HERE / "planted_causes.md"
#: A worker is replaced after so many pairs: TensorFlow keeps every graph that it has traced.
PAIRS_A_WORKER = 40
#: Workers must not fight for cores, or their seconds mean nothing.
ONE_THREAD = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def judge(case: Any, fresh_every: int) -> dict[str, Any]:
    """Return a line on one case; an error of any kind is a line too."""
    from planting.judging import judged

    line = {"name": case.name, "kind": case.kind, "planted": [p.name for p in case.planted]}
    try:
        # By the name, so that a run that is resumed tries the same repairs afresh.
        afresh = zlib.crc32(case.name.encode()) % fresh_every == 0
        # Of a base only the distance is wanted.
        explain = case.kind != "base"
        return line | judged(case.base.pair, case.planted, explain=explain, afresh=afresh)
    except Exception as error:
        text = traceback.format_exc().splitlines()[-3:]
        return line | {"error": f"{type(error).__name__}: {error}", "where": text}


def run(
    wanted: Callable[[dict[str, Any]], Sequence[Any]],
    results: dict[str, Any],
    path: Path,
    *,
    jobs: int,
    only: str,
    limit: int,
    fresh_every: int,
) -> None:
    """Judge the wanted cases that have no result, until no more are wanted."""
    while True:
        cases = [c for c in wanted(results) if c.name not in results and only in c.name][:limit]
        if not cases:
            return
        # A run that is stopped leaves a fair sample.
        random.Random(0).shuffle(cases)
        one = partial(judge, fresh_every=fresh_every)
        context = multiprocessing.get_context("spawn")
        with context.Pool(jobs, maxtasksperchild=PAIRS_A_WORKER) as pool, path.open("a") as file:
            for number, line in enumerate(pool.imap_unordered(one, cases), 1):
                results[line["name"]] = line
                file.write(json.dumps(line) + "\n")
                file.flush()
                told = line.get("error") or f"{line['verdict']}, missed {line['missed']}"
                print(f"{time.strftime('%X')} {number}/{len(cases)} {line['name']}: {told}")
        if only or limit < sys.maxsize:
            return


def read(path: Path) -> dict[str, Any]:
    """Return the results so far."""
    if not path.exists():
        return {}
    lines = (json.loads(line) for line in path.read_text().splitlines())
    return {line["name"]: line for line in lines}


def parser_of(
    description: str | None, *, jobs: int, fresh_every: int, results: Path, table: Path
) -> argparse.ArgumentParser:
    """Return the options that every run of planted pairs has, with its own defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--jobs", type=int, default=jobs)
    parser.add_argument("--only", default="", help="cases whose name holds this text")
    parser.add_argument(
        "--fresh-every",
        type=int,
        default=fresh_every,
        metavar="N",
        help="train the repair of one pair in N by a whole plain fit too; 1: of all",
    )
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--again", action="store_true", help="resume; what fell short anew")
    parser.add_argument("--table", action="store_true", help="write the table, judge nothing")
    parser.add_argument("--results", type=Path, default=results)
    parser.add_argument("--output", type=Path, default=table)
    return parser


def begin(options: argparse.Namespace) -> dict[str, Any]:
    """Return the results to go on from; an entirely new run forgets those that were there."""
    os.environ.update(ONE_THREAD)
    if not (options.resume or options.again or options.table):
        options.results.unlink(missing_ok=True)
    return read(options.results)


def main() -> None:
    """Run what is asked for, and write the table."""
    parser = parser_of(__doc__, jobs=2, fresh_every=3, results=RESULTS, table=TABLE)
    parser.add_argument("--limit", type=int, default=sys.maxsize, help="cases of each kind")
    options = parser.parse_args()
    results = begin(options)

    from planting.judging import MOVES
    from planting.suite import base_cases, double_cases, innocent_cases, single_cases
    from planting.table import faults, table

    if options.again:
        # Where nothing is planted, or nothing that counts, nothing can fall short.
        results = {
            name: line
            for name, line in results.items()
            if not (line["planted"] and ("error" in line or line["probability"] > MOVES))
            or not list(faults(line))
        }
    if not options.table:
        for wanted in (lambda _: base_cases(), innocent_cases, single_cases, double_cases):
            run(
                wanted,
                results,
                options.results,
                jobs=options.jobs,
                only=options.only,
                limit=options.limit,
                fresh_every=options.fresh_every,
            )
    options.output.write_text(table(results))


if __name__ == "__main__":
    main()

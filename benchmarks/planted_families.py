"""Known differences, planted for each reference beside LogisticRegression: are they named?

    python benchmarks/planted_families.py [--only TEXT] [--resume] [--table] [--fresh-every N]

Each family has a control and ten differences or more on two data sets (`planting/families.py`). A
pair that is judged becomes a line of `--results` at once, from which `--resume` goes on; `--again`
judges anew what fell short too, and `--table` only writes the table,
`benchmarks/planted_families.md`. The run fails where a planted setting is not named, an innocent
one is a must, or a control is not equivalent.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from planted_causes import ONE_THREAD, read, run

HERE = Path(__file__).parent
RESULTS = HERE / "planted_families.jsonl"
TABLE = HERE / "planted_families.md"


def main() -> int:
    """Run what is asked for, and write the table; 1 where something falls short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="", help="cases whose name holds this text")
    parser.add_argument("--fresh-every", type=int, default=5, metavar="N")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--again", action="store_true", help="resume; what fell short anew")
    parser.add_argument("--table", action="store_true", help="write the table, judge nothing")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--output", type=Path, default=TABLE)
    options = parser.parse_args()
    os.environ.update(ONE_THREAD)

    from planting.families import family_cases
    from planting.family_table import family_table, short

    if not (options.resume or options.again or options.table):
        options.results.unlink(missing_ok=True)
    results = read(options.results)
    if options.again:
        results = {name: line for name, line in results.items() if not list(short(line))}
    if not options.table:
        run(
            lambda _: family_cases(options.only),
            results,
            options.results,
            jobs=options.jobs,
            only=options.only,
            limit=sys.maxsize,
            fresh_every=options.fresh_every,
        )
    options.output.write_text(family_table(results))
    return int(any(list(short(line)) for line in results.values()))


if __name__ == "__main__":
    sys.exit(main())

"""Known differences, planted for each reference beside LogisticRegression: are they named?

    python benchmarks/planted_families.py [--only TEXT] [--resume] [--table] [--fresh-every N]

Each family has a control and ten differences or more on two data sets (`planting/families.py`). A
pair that is judged becomes a line of `--results` at once, from which `--resume` goes on; `--again`
judges anew what fell short too, and `--table` only writes the table,
`benchmarks/planted_families.md`. The run fails where a planted setting is not named, an innocent
one is a must, or a control is not equivalent.
"""

from __future__ import annotations

import sys
from pathlib import Path

from planted_causes import begin, parser_of, run

HERE = Path(__file__).parent
RESULTS = HERE / "planted_families.jsonl"
TABLE = HERE / "planted_families.md"


def main() -> int:
    """Run what is asked for, and write the table; 1 where something falls short."""
    parser = parser_of(__doc__, jobs=1, fresh_every=5, results=RESULTS, table=TABLE)
    options = parser.parse_args()
    results = begin(options)

    from planting.families import family_cases
    from planting.family_table import family_table, short

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

"""Known differences, planted in Keras models on the backend of ``KERAS_BACKEND``: are they named?

    KERAS_BACKEND=jax python benchmarks/planted_backends.py [--resume] [--fresh-every N]

Ten differences of ten settings in each of three data sets, beside a control without one. What is
missing, innocent or not verified is written to ``planted_backends_BACKEND.md``; the run fails where
a planted setting is not named, an innocent one is a must, or a control is not equivalent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from planted_causes import begin, parser_of, run

HERE = Path(__file__).parent
BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
#: What is planted in: an objective with a penalty, trained by a recipe that arrives.
BASES = (
    "breast_cancer / l2 / falling Adam",
    "wine / l2 / falling Adam",
    "iris / l2 / falling Adam",
)
#: Of each.
N_PLANTS = 10


def cases() -> Sequence[Any]:
    """Return the controls, and the first plant of each of ten settings in turn."""
    from planting.bases import base_named
    from planting.plants import plants
    from planting.suite import Case

    found = []
    for name in BASES:
        base = base_named(name)
        found.append(Case(kind="base", base=base))
        first: dict[str, Any] = {}
        for plant in plants(base.pair):
            first.setdefault(plant.setting, plant)
        # As many of the training as of the objective.
        halves = (
            [plant for plant in first.values() if (plant.kind == "training") == trained][
                : N_PLANTS // 2
            ]
            for trained in (False, True)
        )
        found += [
            Case(kind="single", base=base, planted=(plant,)) for half in halves for plant in half
        ]
    return found


def fails(line: dict[str, Any]) -> list[str]:
    """Return what is wrong with one pair."""
    from planting.judging import MOVES
    from planting.table import faults

    if line["kind"] == "base":
        equal = "error" not in line and line["verdict"] == "equivalent"
        return [] if equal else [line.get("error", "a control diverges")]
    if "error" not in line and line["probability"] <= MOVES:
        # It moves too little to be told.
        return []
    return list(faults(line))


def main() -> int:
    """Run what is asked for, and write the table; 1 where something falls short."""
    results_path, table = (HERE / f"planted_backends_{BACKEND}.{kind}" for kind in ("jsonl", "md"))
    parser = parser_of(__doc__, jobs=1, fresh_every=5, results=results_path, table=table)
    options = parser.parse_args()
    results = begin(options)
    if options.again:
        results = {name: line for name, line in results.items() if not fails(line)}
    if not options.table:
        run(
            lambda _: cases(),
            results,
            options.results,
            jobs=options.jobs,
            only=options.only,
            limit=sys.maxsize,
            fresh_every=options.fresh_every,
        )
    wrong = {name: fails(line) for name, line in results.items()}
    lines = [
        f"# Planted on {BACKEND}",
        "",
        f"{len(results)} pairs, of which {sum(not item for item in wrong.values())} are as they "
        "should be.",
        "",
        *(f"- {name}: {'; '.join(found)}" for name, found in sorted(wrong.items()) if found),
    ]
    options.output.write_text("\n".join(lines).rstrip() + "\n")
    return int(any(wrong.values()))


if __name__ == "__main__":
    sys.exit(main())

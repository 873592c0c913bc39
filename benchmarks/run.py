"""Measure everything, side by side, and write docs/benchmarks.md: ``tox -e bench``.

    python benchmarks/run.py [--only NAME ...] [--quick] [--store]

Ratios that are 1.5 times worse than those in ``benchmarks/ratios.json`` are said at the end, and
the run then exits with 1. ``--store`` takes the new ones over.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from measuring import stored
from measuring.machine import Machine, measured_machine
from measuring.page import page, table
from measuring.rows import Row
from measuring.subjects import SUBJECTS, Subject, subject_named

HERE = Path(__file__).parent
RATIOS = HERE / "ratios.json"
PAGE = HERE.parent / "docs" / "benchmarks.md"
#: What a child writes before its rows: frameworks write to the same output.
MARK = "rows: "


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write and judge; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    names = [subject.name for subject in SUBJECTS]
    parser.add_argument("--only", nargs="+", choices=names, help="print these, write no page")
    parser.add_argument("--quick", action="store_true", help="small sizes: print, write no page")
    parser.add_argument("--store", action="store_true", help="renew benchmarks/ratios.json")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        return _child(*options.child)
    if options.store and (options.only or options.quick):
        parser.error("--store takes a whole run: without --only and --quick")
    subjects = [subject for subject in SUBJECTS if subject.name in (options.only or names)]
    machine = measured_machine()
    print(f"the machine: {machine.words()}", flush=True)
    results = {subject.name: _measured(subject, options.quick, machine) for subject in subjects}
    before = {} if options.quick else stored.read(RATIOS)
    worse = stored.what_is_worse(results, before)
    if not (options.only or options.quick):
        # What is stored now is what later runs are held against.
        _write(results, {} if options.store else worse, machine)
        for key in stored.not_measured(results, before):
            print(f"no longer measured: {key}")
    if options.store:
        stored.write(RATIOS, results)
    for item in worse.values():
        print(f"worse: {item.words()}")
    return 1 if worse and not options.store else 0


def _measured(subject: Subject, quick: bool, machine: Machine) -> list[Row]:
    """Return the rows of a subject."""
    rows: list[Row] = []
    for parts in (subject.quick,) if quick else subject.parts:
        started = time.monotonic()
        command = [sys.executable, __file__, "--child", subject.name, json.dumps(parts)]
        made = subprocess.run(
            [*command, json.dumps(asdict(machine))],
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        line = next(line for line in made.stdout.splitlines() if line.startswith(MARK))
        rows += [Row(**row) for row in json.loads(line.removeprefix(MARK))]
        print(f"{subject.name}, {'; '.join(parts)}: {time.monotonic() - started:.0f} s", flush=True)
    print(f"\n{table(subject.name, rows, {})}", flush=True)
    return rows


def _child(name: str, parts: str, machine: str) -> int:
    """Measure the parts of one process and print their rows."""
    module, known = importlib.import_module(subject_named(name).module), json.loads(machine)
    rows = [row for part in json.loads(parts) for row in module.measure(part, Machine(**known))]
    print(f"\n{MARK}{json.dumps([asdict(row) for row in rows])}")
    return 0


def _write(
    results: Mapping[str, Sequence[Row]], worse: Mapping[str, stored.Worse], machine: Machine
) -> None:
    """Write the page and its plots."""
    # Late: who only looks at a table needs no matplotlib.
    from measuring.plots import draw

    plots = {}
    for subject in SUBJECTS:
        if subject.plot:
            plots[subject.name] = f"benchmarks/{subject.name}.svg"
            draw(subject.name, results[subject.name], PAGE.parent / plots[subject.name])
    PAGE.write_text(page(SUBJECTS, results, worse, machine.words(), plots), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

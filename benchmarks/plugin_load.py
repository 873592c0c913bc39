"""What loading the plugin costs a pytest run that makes no check.

    python benchmarks/plugin_load.py [pairs]

Runs an unrelated suite of one test with and without the plugin, in pairs that take turns in going
first, so that a machine that grows slower in between burdens both alike. Time on the processor is
given beside time on the clock, which other programs disturb.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DEFAULT_PAIRS = 15
WITH: tuple[str, ...] = ()
WITHOUT = ("-p", "no:modelparity")

Seconds = tuple[float, float]  # on the clock, on the processor


def processor_seconds() -> float:
    """Return the processor time of all child processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def run_seconds(folder: str, options: tuple[str, ...]) -> Seconds:
    """Return the time of one pytest run."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    clock, processor = time.perf_counter(), processor_seconds()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - clock, processor_seconds() - processor


def measure(pairs: int) -> list[tuple[Seconds, Seconds]]:
    """Return the times with and without the plugin of each pair."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_unrelated.py").write_text("def test_nothing(): pass\n")
        for options in (WITH, WITHOUT):
            run_seconds(folder, options)  # bytecode is compiled, files are in memory
        times = []
        for index in range(pairs):
            order = (WITH, WITHOUT) if index % 2 else (WITHOUT, WITH)
            seconds = {options: run_seconds(folder, options) for options in order}
            times.append((seconds[WITH], seconds[WITHOUT]))
    return times


def describe(name: str, pairs: list[tuple[float, float]]) -> str:
    """Return one line of medians."""
    with_plugin, without = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
    difference = 1000 * statistics.median(first - second for first, second in pairs)
    ratio = statistics.median(first / second for first, second in pairs)
    return f"{name:<10} {without:9.0f} {with_plugin:9.0f} {difference:+11.1f} {ratio:9.3f}"


def main() -> None:
    """Measure and print."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_PAIRS
    times = measure(pairs)
    print(f"medians of {pairs} pairs of runs, in ms")
    print(f"{'':<10} {'without':>9} {'with':>9} {'difference':>11} {'ratio':>9}")
    for index, name in enumerate(("clock", "processor")):
        print(describe(name, [(first[index], second[index]) for first, second in times]))


if __name__ == "__main__":
    main()

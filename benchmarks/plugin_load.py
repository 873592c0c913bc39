"""What loading the plugin costs a pytest run that makes no check.

    python benchmarks/plugin_load.py [pairs]

Runs an unrelated suite of one test with and without the plugin, in pairs that take turns in going
first, so that a machine that grows slower in between burdens both alike.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DEFAULT_PAIRS = 15
WITH: tuple[str, ...] = ()
WITHOUT = ("-p", "no:modelparity")


def run_seconds(folder: str, options: tuple[str, ...]) -> float:
    """Return the wall time of one pytest run."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def measure(pairs: int) -> list[tuple[float, float]]:
    """Return the wall times with and without the plugin of each pair."""
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


def main() -> None:
    """Measure and print."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_PAIRS
    times = measure(pairs)
    with_plugin, without = (statistics.median(column) for column in zip(*times, strict=True))
    difference = statistics.median(first - second for first, second in times)
    ratio = statistics.median(first / second for first, second in times)
    print(f"pairs of runs       {pairs}")
    print(f"without the plugin  {1000 * without:6.0f} ms (median)")
    print(f"with the plugin     {1000 * with_plugin:6.0f} ms (median)")
    print(f"difference          {1000 * difference:6.1f} ms (median of the pairs)")
    print(f"ratio               {ratio:6.3f}    (median of the pairs)")


if __name__ == "__main__":
    main()

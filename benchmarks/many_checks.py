"""What the last of many checks in one process costs beside the third, in time and memory.

    python benchmarks/many_checks.py [checks] [kind ...]

Kinds: ``fit`` (a port that its check trains, with explanation), ``trained`` (one that came
trained), ``twin``, ``plain`` (Keras's own `fit` of the same ports, no check). Every check is of
other data, so that none is remembered from another; each kind has a process of its own. Keras and
TensorFlow grow by themselves: what as many plain fits cost is taken off.

Time is that of the processor; the third check stands for all early ones, since the first two load
modules. Of several checks the median is taken.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

DEFAULT_CHECKS = 200
KINDS = ("plain", "fit", "trained", "twin")
#: Rows, features and epochs of a check.
ROWS, FEATURES, EPOCHS = 300, 10, 5
#: Checks whose median stands for an early or late one.
AROUND = 5
#: What is allowed: part of the third check's time, and MB.
SLOWER, LARGER = 0.05, 50.0


def resident_mb() -> float:
    """Return the memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def task(kind: str) -> Callable[[int], None]:
    """Return what is done with a number."""
    import keras
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    from pytest_modelparity import compare_models

    def port() -> keras.Model:
        model = keras.Sequential(
            [keras.Input((FEATURES,)), keras.layers.Dense(1, activation="sigmoid")]
        )
        model.compile(optimizer="adam", loss="binary_crossentropy")
        return model

    def rows(number: int) -> tuple[Any, Any]:
        generator = np.random.default_rng(number)
        X = generator.normal(size=(ROWS, FEATURES))
        noise = generator.normal(size=ROWS)
        return X, (X @ generator.normal(size=FEATURES) + noise > 0).astype(int)

    def run(number: int) -> None:
        X, y = rows(number)
        if kind == "plain":
            port().fit(X, y, epochs=EPOCHS, verbose=0)
        elif kind == "fit":
            compare_models(LogisticRegression(), X, y, candidate=port, fit={"epochs": EPOCHS})
        elif kind == "trained":
            compare_models(LogisticRegression(), X, y, candidate=port())
        else:
            compare_models(LogisticRegression(), X, y)

    return run


def measure(kind: str, n_checks: int) -> list[tuple[float, float]]:
    """Return processor seconds and memory after each check."""
    run, found = task(kind), []
    for number in range(n_checks):
        started = time.process_time()
        run(number)
        seconds = time.process_time() - started
        # What waits for the collector is no leak.
        gc.collect()
        found.append((seconds, resident_mb()))
    return found


def in_a_process(kind: str, n_checks: int) -> list[tuple[float, float]]:
    """Return what `measure` does, in a process of its own."""
    command = [sys.executable, __file__, "--measure", kind, str(n_checks)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    made = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return [(seconds, size) for seconds, size in json.loads(made.stdout.splitlines()[-1])]


def early_and_late(found: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Return the seconds of the third and the last check, and by how many MB the process grew."""
    early, late = found[2 : 2 + AROUND], found[-AROUND:]
    seconds = [statistics.median(item[0] for item in part) for part in (early, late)]
    return seconds[0], seconds[1], found[-1][1] - found[2][1]


def main(arguments: list[str]) -> None:
    """Print one line for each kind."""
    n_checks = int(arguments[0]) if arguments else DEFAULT_CHECKS
    kinds = tuple(arguments[1:]) or KINDS
    print(f"{n_checks} checks of {ROWS} x {FEATURES}, processor seconds and MB")
    print("kind       third    last  slower      MB  less plain fits")
    plain = 0.0
    # First, since it is taken off the others.
    for kind in sorted(kinds, key=lambda kind: kind != "plain"):
        third, last, grown = early_and_late(in_a_process(kind, n_checks))
        if kind == "plain":
            plain = grown
        fits = 0.0 if kind == "plain" else plain
        within = last <= (1 + SLOWER) * third and grown - fits <= LARGER
        note = "" if kind == "plain" or within else "  more than allowed"
        slower = 100 * (last / third - 1)
        print(
            f"{kind:<8} {third:7.3f} {last:7.3f} {slower:+6.1f}% {grown:7.1f} "
            f"{grown - fits:+8.1f}{note}",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]))))
    else:
        main(sys.argv[1:])

"""Rows of any number, made a block at a time: in a file, in memory, or sparse."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from pytest_modelparity.rows.held import rows_of_array
from pytest_modelparity.theory.objective import LinearObjective

#: Rows that are made at once.
BLOCK = 50_000
#: Values in a row where X is sparse.
VALUES = 100


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows with labels that are drawn from a model of them.

    Parameters
    ----------
    n, p, n_classes : int
        Numbers of rows, features and classes.
    held : str
        "mapped" from a file, "in memory" or "sparse".
    folder : str
        Of the files of mapped rows; `written` makes them.
    """

    n: int
    p: int
    n_classes: int = 2
    held: str = "in memory"
    folder: str = ""

    @property
    def small(self) -> Rows:
        """A few like these, in memory, to run all code once."""
        return replace(self, n=1000, p=VALUES, held=self.held.replace("mapped", "in memory"))

    def made(self) -> tuple[Any, np.ndarray]:
        """Return X and y; of mapped rows X is a map."""
        if self.held == "mapped":
            X = np.load(Path(self.folder, "X.npy"), mmap_mode="r")
            return X, np.load(Path(self.folder, "y.npy"))
        if self.held == "sparse":
            return self._sparse()
        X = np.empty((self.n, self.p))
        return X, self.filled(X)

    def objective(self, X: Any, y: np.ndarray) -> LinearObjective:
        """Return that of ``LogisticRegression(C=1)``."""
        passed = rows_of_array(X) if self.held == "mapped" else X
        return LinearObjective(
            X=passed,
            y=y,
            n_classes=self.n_classes,
            row_weight=np.broadcast_to(1.0, self.n),
            output_head="sigmoid" if self.n_classes == 2 else "softmax",
            l2_strength=1.0 / self.n,
        )

    def filled(self, X: np.ndarray) -> np.ndarray:
        """Write features with a common factor to X, and return their labels."""
        rng, y = np.random.default_rng(0), np.empty(self.n, dtype=np.int8)
        coef = rng.normal(size=(self.p, self.n_classes)) / np.sqrt(self.p)
        for begin in range(0, self.n, BLOCK):
            rows = slice(begin, min(begin + BLOCK, self.n))
            block = rng.normal(size=(rows.stop - begin, self.p))
            block += rng.normal(size=(len(block), 1))
            X[rows], y[rows] = block, _labels(block @ coef, rng)
        return y

    def _sparse(self) -> tuple[Any, np.ndarray]:
        """Return rows with `VALUES` numbers each, one in each part of the columns."""
        rng, width = np.random.default_rng(0), self.p // VALUES
        # By their indices: scipy.sparse.random draws from all places, 75 GiB for 1e5 x 1e5.
        columns = rng.integers(width, size=(self.n, VALUES), dtype=np.int32)
        columns += np.arange(0, self.p, width, dtype=np.int32)[:VALUES]
        ends = np.arange(0, self.n * VALUES + 1, VALUES, dtype=np.int32)
        values = rng.normal(size=self.n * VALUES)
        X = sparse.csr_array((values, columns.ravel(), ends), shape=(self.n, self.p))
        coef = rng.normal(size=(self.p, self.n_classes)) / np.sqrt(VALUES)
        return X, _labels(X @ coef, rng)


def _labels(decision: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return classes that are drawn with these log-odds."""
    return np.argmax(decision + rng.gumbel(size=decision.shape), axis=1).astype(np.int8)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Return the folder of all files of this process, which is removed at its end."""
    return tempfile.TemporaryDirectory(prefix="many-rows-")


@cache
def written(rows: Rows) -> Rows:
    """Return mapped rows whose files are there; they are written once a process."""
    folder = Path(_folder().name, f"{rows.n}-{rows.p}-{rows.n_classes}")
    folder.mkdir()
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", np.float64, (rows.n, rows.p))
    np.save(folder / "y.npy", rows.filled(X))
    return replace(rows, folder=str(folder))

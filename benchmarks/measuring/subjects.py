"""What is measured: a subject is a table, and its parts share processes or have their own.

The module of a subject has a function ``measure(part, machine)`` that returns the part's rows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One table.

    Parameters
    ----------
    name, title, words : str
        What it is called, its heading, and what is compared with what.
    module : str
        Who measures it.
    parts : tuple of tuple of str
        What is measured; the parts of one tuple in one process, since Keras takes seconds to load.
        A process of its own has what needs much memory, or grows.
    quick : tuple of str
        Parts that take seconds, to see that all works.
    plot : str
        What its plot shows, for who does not see it; empty: it has none.
    """

    name: str
    title: str
    words: str
    module: str
    parts: tuple[tuple[str, ...], ...]
    quick: tuple[str, ...]
    plot: str = ""


SUBJECTS = (
    Subject(
        name="idle",
        title="The idle plugin",
        words="What the plugin adds to a pytest run that makes no check, wanted under 10 ms, and "
        "what importing it adds to importing pytest. The limit is nothing.",
        module="plugin_load",
        parts=(("run 40", "import 15"),),
        quick=("run 2", "import 2"),
    ),
    Subject(
        name="check",
        title="A check against its two fits",
        words="A whole check of breast_cancer, divergence explained and repair verified, beside the"
        " two fits that its user asked for: `LogisticRegression().fit` and the port's own "
        "`fit`. Not the first check of its process, and of new rows in each round, so that "
        "nothing is remembered. The limit is that of the port's training and of both optima.",
        module="checks",
        parts=(
            (
                "standardised, 12 epochs",
                "standardised, 100 epochs",
                "standardised, sgd, penalty, 30 epochs",
                "as it comes, 30 epochs",
                "standardised, 300 full-batch epochs",
                "again, trained",
                "again, twin",
            ),
        ),
        quick=("standardised, 12 epochs",),
    ),
    Subject(
        name="explanation",
        title="The explanation against a loop of fits",
        words="32 variants (learning rates, batch sizes, optimizers, seeds) of a port of "
        "standardised breast_cancer by the array loop, and a whole explanation with its "
        "verified repair, beside 32 calls of `fit`, of which two are made and scaled. The "
        "limit is that of the variants' products.",
        module="array_loop",
        parts=(("loop 12", "loop 100", "explanation 12"),),
        quick=("loop 3",),
    ),
    Subject(
        name="optimum",
        title="Exact optima with their certificates",
        words="Newton's method from where a default `LogisticRegression().fit` ended, as in a "
        "check, with the proof of its own optimum and of that side's distance, beside scikit-"
        "learn's solvers from zero: at the largest `tol` of 1e-4, 1e-6, ... that is certified"
        " to be within 1e-6 of the optimum in probability (ours: see the note), and by default."
        " BLAS has as many threads as it takes by itself, which costs CPU seconds on small "
        "blocks (ours: one), so newton-cholesky is there on one thread too. Features have a "
        "common factor, so that solvers have something to do. The limit is two Hessians and six "
        "readings of X.",
        module="optima",
        parts=(
            ("569 x 30", "10000 x 50", "100000 x 100"),
            ("1000000 x 100",),
            ("20000 x 100 x 10",),
            ("digits, L1, C=0.1", "digits, L1, C=1", "digits, L1, C=10"),
        ),
        quick=("569 x 30", "digits, L1, C=0.1"),
        plot="CPU seconds of each solver and of the limit, by size",
    ),
    Subject(
        name="rows",
        title="Many rows",
        words="An exact optimum from zero with its certificate, each in a process of its own: of "
        "rows in a mapped file, which are passed over, in memory, and sparse with 100 values a row;"
        " on one core, or as many as are said. Beside it the best of scikit-learn's solvers, in "
        "memory, at the larger of two `tol` that is certified to be within 1e-6 of the optimum in "
        "probability, else at the smaller (see the note); one pass of "
        "`SGDClassifier.partial_fit` over the file; and dask-ml's lbfgs on it, by a thread for "
        "each core, which is measured against the optimum of its own objective. Then a whole "
        "check of two trained models, on two cores, whose budget of 10 s the optima use up. "
        "Megabytes are those at the peak above what the process had before X was made; pages of "
        "the file are counted.",
        module="many_rows",
        parts=(
            (
                "rows: 1000 x 20, mapped",
                "rows: 10000 x 20, mapped",
                "rows: 100000 x 20, mapped",
                "rows: 1000000 x 20, mapped",
                "2 cores: 1000000 x 20, mapped",
            ),
            ("check: 10000000 x 20, mapped",),
            ("features: 1000000 x 10, in memory", "features: 1000000 x 100, in memory"),
            ("features: 30000 x 1000, in memory", "features: 3000 x 5000, in memory"),
            ("sparse: 100000 x 100000, sparse",),
            ("classes: 50000 x 20 x 10, in memory", "classes: 10000 x 20 x 50, in memory"),
        ),
        quick=("rows: 1000 x 20, mapped",),
    ),
    Subject(
        name="twin",
        title="The twin against Keras's fit",
        words="The Keras twin, trained to its optimum, beside a full-batch `fit` with momentum of "
        "the same model until its certificate is within 1e-5 in probability, looked at every "
        "25 epochs.",
        module="twin",
        parts=(("breast_cancer, C=0.01", "breast_cancer, C=0.1", "digits, C=0.01"),),
        quick=("breast_cancer, C=0.01",),
    ),
    Subject(
        name="growth",
        title="Growth with rows, features and classes",
        words="One thing grows at a time: an optimum from zero with its certificate, and a whole "
        "check of a port that trains for two epochs, not explained. *In proportion* is the "
        "time of the line above times the growth of the limit: a ratio of 1 means that it "
        "grows as its arithmetic does.",
        module="growth",
        parts=(("rows", "features", "classes", "rows of a check"),),
        quick=("features quick",),
        plot="CPU seconds by size, in logarithms, with the limit",
    ),
    Subject(
        name="suite",
        title="Many checks in one process",
        words="The last checks of a suite beside the third to seventh, each of other data: a port "
        "that its check trains and explains, one that comes trained, and Keras's own `fit` "
        "alone. Memory is what the process grew by from the third check on.",
        module="many_checks",
        parts=(("plain 30",), ("fit 30",), ("trained 30",)),
        quick=("trained 12",),
        plot="CPU seconds of each check of a suite",
    ),
)


def subject_named(name: str) -> Subject:
    """Return a subject."""
    return next(subject for subject in SUBJECTS if subject.name == name)

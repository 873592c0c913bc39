"""Writes the program that fits a OneVsRestClassifier."""

from __future__ import annotations


def around(program: str, kind: type, side: str, others: str = "") -> str:
    """Return the program of an estimator with a OneVsRestClassifier around it.

    Parameters
    ----------
    program : str
        Imports, an empty line, and what is assigned to the name that ``side`` gives.
    kind : type
        OneVsRestClassifier, or a subclass of it.
    others : str
        Further arguments, as code.
    """
    name, own = kind.__name__, f"{side} = "
    # A long estimator takes several lines, which end where it is fitted.
    before, made = program.split(own, 1)
    model, fitting = made.split(f"\n{side}.fit(", 1)
    imports = before.rstrip("\n")
    return "\n".join(
        [
            f"{imports}\nfrom {kind.__module__} import {name}",
            "",
            f"{own}{name}({model}{others})",
            f"{side}.fit({fitting}",
        ]
    )

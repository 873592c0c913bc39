"""The finding that a test of scores would have passed."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_modelparity.parity.divergence import scores
from pytest_modelparity.parity.verdict import Verdict
from pytest_modelparity.report.numbers import apart_numbers, number, percent
from pytest_modelparity.report.parts import Finding

#: Accuracies within one percentage point look the same in a test, and so do labels of which no
#: more than this part differs.
NEARLY_SAME = 0.01


def same_score(verdict: Verdict) -> Iterator[Finding]:
    """Say that scores or labels agree, or nearly do, where probabilities do not."""
    tally, divergence = verdict.tally, verdict.decisive
    if divergence.within or tally.labels is None:
        return
    accuracy, unequal = scores(tally).get("accuracy"), tally.labels.unequal
    agrees = []
    if accuracy is not None and accuracy[0] == accuracy[1]:
        agrees.append(f"both score {number(accuracy[0])}")
    if not unequal:
        agrees.append("every predicted label is the same")
    if not agrees and accuracy is not None:
        agrees = _nearly_agrees(accuracy, unequal / tally.rows)
    if agrees:
        yield Finding(
            slug="same-score-different-model",
            text=f"{' and '.join(agrees)}, yet probabilities differ by up to "
            f"{number(divergence.value, 2)}",
        )


def _nearly_agrees(accuracy: tuple[float, ...], differing: float) -> list[str]:
    """Say that scores are so near that a test of them would hardly see a difference.

    Both, since scores of a few rows are often near by chance where many labels differ.
    """
    apart = abs(accuracy[0] - accuracy[1])
    # A hair above: 0.99 - 0.98 is not 0.01 in floating point.
    if not (apart <= NEARLY_SAME + 1e-12 and differing <= NEARLY_SAME):
        return []
    first, second = apart_numbers(*accuracy)
    return [
        f"accuracies are {first} and {second}",
        f"labels differ on only {percent(differing)} of the rows",
    ]

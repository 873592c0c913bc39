"""The number format that predictions came in, and how far it rounds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pytest_modelparity.theory.design import BoolArray, FloatArray

#: Decimals that may be looked for. A float32 near 1 resolves 6e-8, so that any number of that type
#: looks as if it had been rounded to 7 of them; a float64 resolves 1e-16.
MOST_DECIMALS = {"float32": 6, "float64": 12}
#: Significant digits that a format of text keeps, at most, which no binary type explains.
MOST_DIGITS = {"float32": 5, "float64": 12}
#: Significant bits and the smallest normal number of binary types (IEEE 754; bfloat16 is the upper
#: half of a float32).
BINARY_TYPES = {
    "bfloat16": (8, 2.0**-126),
    "float16": (11, 2.0**-14),
    "float32": (24, 2.0**-126),
    "float64": (53, 2.0**-1022),
}
#: Binary types of so few bits that predictions are fitted as they are rounded, not as logits.
COARSE_BITS = 11
#: Roundings of a number that is computed in a binary type: one of the exponential and the
#: division, one of the result. What is printed or quantised was computed more finely.
ROUNDINGS = 2.0
#: Printed numbers below this are taken for 0: where a softmax underflows, no digit is right.
LEAST_PRINTED = 1e-30
#: What a sigmoid may be off whose error is relative to 1, in units of the last of its bits:
#: onnxruntime 1.32 was measured to leave 3 * 2^-24 in float32, where it is a rational function (and
#: 0 or 2^-24 for all that is smaller), and 2 * 2^-53 in float64.
FLAT_TAILS = 4.0
#: Formats of shares of one.
FRACTIONS = ("n/255", "n/256")
#: How many times coarser than its type a step must be that numbers were rounded to.
COARSER = 8.0
#: Digits from which on a number that was printed may be the shortest that a float32 is told by.
SHORTEST_DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormat:
    """A set of numbers that predictions were rounded to.

    Exactly one of ``step``, ``digits`` and ``bits`` is not 0.

    Parameters
    ----------
    name : str
        ``"float32"``, ``"4 decimals"``, ``"n/255"``, ``"6 significant digits"``.
    step : float
        The distance of two neighbours, where that is the same everywhere.
    digits : int
        Significant decimal digits.
    bits : int
        Significant bits of a binary type.
    smallest : float
        The smallest number that has all its digits.
    floor : float
        How far a number may be off at least, however small it is.
    """

    name: str
    step: float = 0.0
    digits: int = 0
    bits: int = 0
    smallest: float = 0.0
    floor: float = 0.0

    @property
    def is_coarse(self) -> bool:
        """Whether so few digits are left that a logit is known only roughly."""
        return not self.bits or self.bits <= COARSE_BITS

    @property
    def unit(self) -> float:
        """Unit roundoff of the arithmetic behind it, in which ``X @ coef`` was computed."""
        # Six decimals may have been printed of a float32, more cannot; an accelerator accumulates
        # half precision in float32.
        finest = min(self.step or 1.0, 10.0**-self.digits if self.digits else 1.0)
        double = self.bits > 24 or finest < 1e-7
        return 2.0**-53 if double else 2.0**-24

    def rounding(self, p: FloatArray) -> FloatArray:
        """Return how far numbers p in [0, 1] may be from what was computed exactly."""
        if self.step:
            return np.full(p.shape, 0.5 * self.step)
        if self.digits:
            # 10^(e + 1 - digits) is the step where 10^e is the first digit's value.
            e = np.floor(np.log10(np.maximum(p, LEAST_PRINTED)))
            # What was printed is 1 - p more often than not, which a float64 knows to 2^-53.
            return np.asarray(0.5 * 10.0 ** (e + 1 - self.digits) + 2.0**-53)
        # frexp: p = m 2^e with m in [1/2, 1). Below the smallest normal number the spacing stays:
        # without this floor a float16 model with small probabilities is no linear one.
        e = np.frexp(np.maximum(p, self.smallest))[1]
        return np.asarray(np.maximum(ROUNDINGS * np.ldexp(1.0, e - self.bits - 1), self.floor))

    def is_informative(self, p: FloatArray) -> BoolArray:
        """Return which numbers are so far inside (0, 1) that their logit is finite both ways."""
        h = self.rounding(p)
        return np.asarray((p - h > 0) & (p + h < 1) & (p >= self.smallest))


def detect_format(P: Any) -> NumberFormat:
    """Return the coarsest format that holds every prediction exactly.

    Parameters
    ----------
    P : ndarray
        Predictions in [0, 1], in the floating type that they came in.
    """
    given = np.asarray(P)
    container = "float64" if given.dtype.itemsize > 4 else "float32"
    values = given.astype(np.float64).reshape(-1)
    # What is saturated lies in every format.
    inside = np.unique(values[(values > 0) & (values < 1)])
    if container == "float64" and _same(inside, inside.astype(np.float32)):
        container = "float32"
    for candidate in _candidates(container):
        if _holds(candidate, inside, container):
            many = max(candidate.digits, -np.log10(candidate.step or 1.0)) >= SHORTEST_DIGITS - 0.5
            return _binary("float32") if many and _are_printed_float32(inside) else candidate
    return _binary("float64")


def detect_number_format(numbers: Any) -> NumberFormat:
    """Return the coarsest format that holds every number of a regressor exactly.

    Parameters
    ----------
    numbers : ndarray
        Predictions of any size, in the floating type that they came in.
    """
    given = np.asarray(numbers)
    container = "float64" if given.dtype.itemsize > 4 else "float32"
    values = np.unique(np.abs(given.astype(np.float64).reshape(-1)))
    values = values[values > 0]
    if container == "float64" and _same(values, values.astype(np.float32)):
        container = "float32"
    # Near a large number its type is as coarse as few decimals, which every number then has.
    spacing = float(np.spacing(np.max(values, initial=0.0).astype(container)))
    for candidate in _candidates(container):
        if candidate.step and (candidate.name in FRACTIONS or candidate.step < COARSER * spacing):
            continue
        if _holds(candidate, values, container):
            return candidate
    return _binary("float64")


def with_flat_tails(form: NumberFormat) -> NumberFormat | None:
    """Return a binary format whose errors are relative to 1, not to the number; None for others.

    Of few bits none: what is small in these is rounded finely already.
    """
    is_fine = form.bits >= BINARY_TYPES["float32"][0]
    return replace(form, floor=FLAT_TAILS * 2.0**-form.bits) if is_fine else None


def _are_printed_float32(values: FloatArray) -> bool:
    """Whether all are what a float32 is printed as, in as few digits as tell it."""
    return all(
        float(str(one)) == value
        for one, value in zip(values.astype(np.float32), values, strict=True)
    )


def _candidates(container: str) -> Iterator[NumberFormat]:
    """Yield formats, coarse ones first."""
    for decimals in range(4):
        yield _decimals(decimals)
    for name, parts in zip(FRACTIONS, (255, 256), strict=True):
        yield NumberFormat(name=name, step=1 / parts)
    yield _binary("bfloat16")
    yield _binary("float16")
    for digits in range(2, max(MOST_DECIMALS.values()) + 1):
        # A number below 1 with as many decimals as digits has no more digits than that.
        if digits <= MOST_DECIMALS[container]:
            yield _decimals(digits)
        if digits <= MOST_DIGITS[container]:
            yield NumberFormat(name=f"{digits} significant digits", digits=digits)
    yield _binary("float32")


def _decimals(decimals: int) -> NumberFormat:
    """Return the format of so many decimals."""
    name = "1 decimal" if decimals == 1 else f"{decimals} decimals"
    return NumberFormat(name=name, step=10.0**-decimals)


def _binary(name: str) -> NumberFormat:
    """Return a binary type."""
    bits, smallest = BINARY_TYPES[name]
    return NumberFormat(name=name, bits=bits, smallest=smallest)


def _holds(candidate: NumberFormat, values: FloatArray, container: str) -> bool:
    """Whether a format holds all values, as they are after rounding to their container."""
    nearest = _nearest(candidate, values)
    if candidate.digits:
        # Powers of ten above 10^22 are no float64 numbers, so that equality is too much to ask.
        allowed = 2.0**-24 if container == "float32" else 2.0**-51
        return bool((np.abs(nearest - values) <= allowed * values).all())
    # A decimal number in a float32 is the float32 that is nearest to it, no more.
    return _same(values, nearest.astype(np.float32 if container == "float32" else np.float64))


def _same(values: FloatArray, others: FloatArray) -> bool:
    """Whether two arrays hold the same numbers."""
    return bool(np.array_equal(values, others.astype(np.float64)))


def _nearest(candidate: NumberFormat, values: FloatArray) -> FloatArray:
    """Return the numbers of a format that are nearest to some."""
    if candidate.step:
        # Divided by a whole number, so that the quotient is the correctly rounded decimal.
        per_one = np.rint(1.0 / candidate.step)
        return np.asarray(np.rint(values * per_one) / per_one)
    if candidate.digits:
        shift = candidate.digits - 1 - np.floor(np.log10(values))
        # In two factors: 10^309 is no float64.
        half = np.floor(shift / 2)
        scaled = np.rint(values * 10.0**half * 10.0 ** (shift - half))
        return np.asarray(scaled / 10.0**half / 10.0 ** (shift - half))
    mantissa, exponent = np.frexp(values)
    lowest = int(np.log2(candidate.smallest)) + 1
    bits = candidate.bits - np.maximum(lowest - exponent, 0)
    return np.asarray(np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits))

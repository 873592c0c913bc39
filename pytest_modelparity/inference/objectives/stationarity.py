"""The numbers with which a hypothesis has the model for its optimum, or is nearest to that."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pytest_modelparity.inference.objectives.hypotheses import GIVEN, Hypothesis
from pytest_modelparity.inference.objectives.metric import Least, Metrics, least
from pytest_modelparity.inference.objectives.moments import Moments, moments_of
from pytest_modelparity.inference.objectives.representative import Representatives
from pytest_modelparity.inference.objectives.solution import Number, Solution
from pytest_modelparity.inference.objectives.solved_settings import settings_of
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.inference.objectives.system import System
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.design import BoolArray, FloatArray, canonical_weights

#: Part of the largest coefficient, both times their feature's deviation, up to which one is zero.
ZERO = 1e-4
#: Standard errors up to which a number is its bound.
AT_BOUND = 2.0
#: Rounds that look for the parameters of an elastic net, and relative change that ends them.
ROUNDS, SETTLED = 12, 1e-10
#: Ratios l1 / l2 that they begin with, in units of the largest coefficient.
STARTS = (0.03, 0.3, 3.0)
#: What a hypothesis says of sample weights and intercept.
WEIGHTED = {"dropped": False, "used": True}
INTERCEPT = {"absent": False, "present": True}


class Stationarity:
    """What is the same for all hypotheses on one model."""

    def __init__(
        self,
        subject: Subject,
        scales: Mapping[str, tuple[FloatArray, FloatArray]],
        metrics: Metrics,
        *,
        regularizer_known: bool = False,
    ) -> None:
        self.subject, self.scales, self.metrics = subject, scales, metrics
        self.regularizer_known = regularizer_known
        self._moments: dict[bool, Moments] = {}
        self._representatives = Representatives(subject)

    def solve(self, hypothesis: Hypothesis) -> Solution | None:
        """Return a hypothesis with its numbers; None where it cannot be, or is a simpler one."""
        found = self.solved([hypothesis])
        return found[0] if found else None

    def solved(self, hypotheses: Sequence[Hypothesis], most: float = np.inf) -> list[Solution]:
        """Return those that have numbers and are no simpler ones, in one pass over the rows.

        Parameters
        ----------
        most : float
            The largest Newton decrement with which one is worth its distance.
        """
        every = (self._with_numbers(one) for one in hypotheses)
        found = [one for one in every if one is not None]
        near = [one for one in found if one.decrement <= most]
        moved = iter(self.subject.moved([one.step for one in near]))
        return [
            replace(one, distance=next(moved)) if one.decrement <= most else one for one in found
        ]

    def _with_numbers(self, hypothesis: Hypothesis) -> Solution | None:
        """Return a hypothesis with its numbers, its distance not asked for."""
        if hypothesis.penalty == "elasticnet" and not self._representatives.is_unique:
            return self._elastic(hypothesis)
        base = self.subject.base
        # Where there is no L2 penalty the ratio is infinite, and L1 alone decides.
        ratio = base.l1_strength / base.l2_strength if base.l2_strength > 0 else None
        return self._solved(hypothesis, ratio if hypothesis.penalty == GIVEN else None)

    def in_metrics(self, metrics: Metrics) -> Stationarity:
        """Return the same with other metrics."""
        # What is known of the rows stays known.
        other = copy.copy(self)
        other.metrics = metrics
        return other

    def _elastic(self, hypothesis: Hypothesis) -> Solution | None:
        """Return the best of several starts: which parameters it has depends on the ratio."""
        best: Solution | None = None
        size = float(np.abs(self.subject.table[:, :-1]).max())
        for start in STARTS:
            found = self._settled(hypothesis, start * size)
            if found is not None and (best is None or found.decrement < best.decrement):
                best = found
        return best

    def _settled(self, hypothesis: Hypothesis, ratio: float) -> Solution | None:
        """Return an elastic net whose own ratio chooses its parameters: by the secant method."""
        best: Solution | None = None
        known: tuple[float, float] | None = None
        for _ in range(ROUNDS):
            found = self._solved(hypothesis, ratio)
            if found is None:
                return best
            if best is None or found.decrement < best.decrement:
                best = found
            miss = np.log(found.settings.l1_strength / found.settings.l2_strength / ratio)
            if abs(miss) <= SETTLED:
                return best
            here, step = np.log(ratio), miss
            if known is not None and known[1] != miss:
                step = miss * (here - known[0]) / (known[1] - miss)
            known = here, miss
            ratio = float(np.exp(here + np.clip(step, -1.0, 1.0)))
        return best

    def _solved(self, hypothesis: Hypothesis, ratio: float | None) -> Solution | None:
        """Return a hypothesis with its numbers, by the parameters that a ratio l1 / l2 chooses."""
        system = self._system(hypothesis, ratio)
        if system is None:
            return None
        equations = system.equations()
        metric = self.metrics.of(system.kept.reshape(-1))
        whitened = metric.whiten(equations.fixed), metric.whiten(equations.columns)
        found = least(*whitened, system.n_equations)
        if found is None or np.any(found.numbers <= AT_BOUND * found.errors):
            return None
        numbers = dict(zip(equations.names, _numbers(found), strict=True))
        settings = settings_of(system, numbers, regularizer_known=self.regularizer_known)
        if settings is None:
            return None
        gradient = equations.fixed + equations.columns @ found.numbers
        # At mean row weight 1, as the gradient is.
        l1 = numbers["l1_strength"].value if "l1_strength" in numbers else settings.l1_strength
        if hypothesis.deviations and not system.zeros_hold(gradient, l1):
            return None
        return Solution(
            hypothesis=hypothesis,
            settings=self._completed(settings, hypothesis),
            table=system.table,
            decrement=found.decrement,
            step=metric.step(found.residual),
            numbers=numbers,
            n_equations=system.n_equations,
        )

    def _system(self, hypothesis: Hypothesis, ratio: float | None) -> System | None:
        """Return the equations of a hypothesis; None where its parameters take long to find."""
        subject, h = self.subject, hypothesis
        table: FloatArray | None = subject.table
        kept = np.ones(subject.table.shape, dtype=bool)
        has_intercept = INTERCEPT.get(h.intercept, subject.base.fit_intercept)
        if h.penalty in ("l1", "elasticnet") or (h.penalty == GIVEN and subject.base.l1_strength):
            table = self._representatives.of(ratio, has_intercept=has_intercept)
            if table is None:
                return None
            kept = self._support(table)
        assert table is not None
        kept[:, -1] = has_intercept
        scaling = self.scales.get(h.scaling)
        return System(
            subject=subject,
            hypothesis=h,
            moments=self._of(self._is_weighted(h)),
            table=np.where(kept, table, 0.0),
            kept=kept,
            scale=np.ones(table.shape[1] - 1) if scaling is None else scaling[1],
        )

    def _is_weighted(self, hypothesis: Hypothesis) -> bool:
        """Whether a hypothesis has the sample weights."""
        return WEIGHTED.get(hypothesis.weights, self.subject.base.sample_weight)

    def _of(self, weighted: bool) -> Moments:
        """Return the sums with the sample weights, or without."""
        if weighted not in self._moments:
            subject = self.subject
            bare = replace(subject.base, class_weight=None, sample_weight=weighted)
            w = canonical_weights(bare, subject.y, subject.n_classes, subject.sample_weight)
            self._moments[weighted] = moments_of(subject, w)
        return self._moments[weighted]

    def _support(self, table: FloatArray) -> BoolArray:
        """Return which elements of a table are not zero."""
        size = np.abs(table) * np.append(self.subject.features.deviation, 1.0)
        return np.asarray(size > ZERO * size[:, :-1].max())

    def _completed(self, settings: ObjectiveSettings, hypothesis: Hypothesis) -> ObjectiveSettings:
        """Return settings with the sample weights and the scaling of a hypothesis."""
        settings = replace(settings, sample_weight=self._is_weighted(hypothesis))
        if hypothesis.scaling == GIVEN:
            return settings
        shift, scale = self.scales[hypothesis.scaling]
        return replace(
            settings,
            feature_shift=tuple(map(float, shift)),
            feature_scale=tuple(map(float, scale)),
        )


def _numbers(found: Least) -> list[Number]:
    """Return numbers and errors in pairs."""
    pairs = zip(found.numbers, found.errors, strict=True)
    return [Number(value=float(value), error=float(error)) for value, error in pairs]

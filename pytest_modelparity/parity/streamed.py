"""Two models under comparison in a stream: what was measured of the blocks until now."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.as_given import of_reference, pair_as_given, read_rows, request_of
from pytest_modelparity.parity.blocks import Block, Blocks
from pytest_modelparity.parity.divergence import measure
from pytest_modelparity.parity.every_row import EveryRow, decisions_of
from pytest_modelparity.parity.heads import heads_of, refuted_in
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.predictions import Predictions
from pytest_modelparity.parity.question import Question, Wiring
from pytest_modelparity.parity.refusals import refuse_what_judges_nothing, tolerance_on
from pytest_modelparity.parity.side import EVALUATION, Side, refuse_shape
from pytest_modelparity.parity.tally import tally_of
from pytest_modelparity.parity.told_in_blocks import ToldInBlocks
from pytest_modelparity.parity.verdict import (
    Verdict,
    parameters_of,
    part_of_spread,
    refuse_unjudged,
)
from pytest_modelparity.report.sentences import measured as in_words
from pytest_modelparity.sides.candidate import TABLE, kind_of
from pytest_modelparity.sides.dataset import Dataset, GivenRows
from pytest_modelparity.sides.regression import quantity_of
from pytest_modelparity.tolerance import DEFAULT_PREDICTION, Tolerance


class Streamed:
    """Both models as they were opened with the first rows, and the tally of all blocks since.

    Parameters
    ----------
    question : Question
        Both models, and what is allowed.
    wiring : Wiring
        With the kinds of models that there are.
    blocks : Blocks
        Tells names and places.
    rows : object
        The first rows, as given.

    Raises
    ------
    ModelParityError
        If a model cannot be asked for blocks, or the tolerance would judge nothing.
    """

    def __init__(self, question: Question, wiring: Wiring, blocks: Blocks, rows: GivenRows) -> None:
        self._question, self._wiring, self._blocks = question, wiring, blocks
        self._data = self._data_of(rows)
        self._refuse_tables()
        self._question = replace(question, tolerance=tolerance_on(question, self._data))
        self._refuse_tolerance()
        self._pair = pair_as_given(self._question, wiring, self._data)
        self._parameters = parameters_of(self._pair.reference, self._pair.candidate)
        refuse_unjudged(self._question.tolerance, self._parameters)
        #: Finds what change there is between the two.
        self.told = ToldInBlocks(self._pair, self._on)
        self._heads = heads_of(self._pair.reference, self._pair.candidate)
        #: The block in which what is behind a side's predictions does not hold, by the side's name.
        self.refuted: dict[str, str] = {}
        self._measured: EveryRow | None = None

    def add(self, block: Block) -> None:
        """Compare both models on one more block.

        Raises
        ------
        ModelParityError
            If one does not predict it, or its labels are none that are known.
        """
        pair = self._pair
        try:
            predictions = Predictions(
                reference=self._predicted(pair.reference, block),
                candidate=self._predicted(pair.candidate, block),
                classes=self._data.classes,
                y=block.truth(self._data),
                quantity=quantity_of(self._data),
            )
        except ModelParityError as error:
            raise type(error)(f"{block.name}: {error}") from error.__cause__ or error
        own = tally_of(predictions, pair.tolerance, block.first_row)
        known = self._parameters
        peak = None if known is None else decisions_of(block.X, known, block.first_row)
        measured = EveryRow(tally=own, decisions=peak)
        whole = measured if self._measured is None else self._measured.with_next(measured)
        self._measured = whole
        self.told.see(block, predictions.candidate, own, whole.tally)
        by_side = {"reference": predictions.reference, "candidate": predictions.candidate}
        self.refuted |= refuted_in(self._heads, block.X, by_side, block.name)
        self._heads = tuple(head for head in self._heads if head.side not in self.refuted)

    @property
    def diverges(self) -> bool:
        """Whether the blocks compared until now differ by more than is allowed."""
        return self._measured is not None and not self.verdict().decisive.within

    @property
    def until_now(self) -> str:
        """Say how the blocks compared until now stand; nothing before the first."""
        if self._measured is None:
            return ""
        tally = self._measured.tally
        rows, divergence = f"; rows before it: {tally.rows}", self.verdict().decisive
        if divergence.within:
            return f"{rows}, which agree"
        return f"{rows}, which diverge: {in_words(tally.quantity.name, divergence)}"

    @property
    def tolerance(self) -> Tolerance:
        """What is allowed; of numbers by default a part of the spread of all of them."""
        tolerance: Tolerance = self._question.tolerance
        spread = self._spread
        if spread is None:
            return tolerance
        return replace(tolerance, prediction=DEFAULT_PREDICTION * spread)

    @property
    def _spread(self) -> float | None:
        """The spread that the default tolerance is a part of; ``None`` where another one holds."""
        numbers = None if self._measured is None else self._measured.tally.numbers
        if numbers is None or self._question.prediction_tolerance is not None:
            return None
        # A NaN has diverged, whatever is allowed: that of the first rows stays.
        return numbers.deviation if np.isfinite(numbers.deviation) else None

    def verdict(self) -> Verdict:
        """Judge all blocks together.

        Its predictions are those of the rows that structure is told from.
        """
        measured, sample = self._measured, self.told.pair
        assert measured is not None
        tally, name_row = measured.tally, self._blocks.name_row
        divergences = measure(tally, self._parameters, measured.decisions, self.tolerance, name_row)
        if self._spread is not None:
            note = part_of_spread(self._spread, "the predictions")
            name = tally.quantity.name
            divergences[name] = replace(divergences[name], note=note)
        return Verdict(
            predictions=Predictions(
                reference=sample.reference.predictions(EVALUATION),
                candidate=sample.candidate.predictions(EVALUATION),
                classes=tally.classes,
                y=None,
                quantity=tally.quantity,
            ),
            measured=measured,
            parameters=self._parameters,
            divergences=divergences,
        )

    def _predicted(self, side: Side, block: Block) -> np.ndarray:
        """Return what a side predicts of a block."""
        try:
            predicted = side.fitted.predict(block.X_given)
            return refuse_shape(predicted, block.n_rows, self._data, side.name)
        except Exception as error:
            text = str(error) if isinstance(error, ModelParityError) else _raised(side, error)
            # As every kind says it of a candidate.
            text = of_reference(text) if side.name == "reference" else text
            raise ModelParityError(text) from error.__cause__ or error

    def _data_of(self, rows: GivenRows) -> Dataset:
        """Return the data of some rows, without labels."""
        data = read_rows(replace(self._question, X=rows), self._wiring)
        return replace(data, feature_names=self._blocks.names)

    def _on(self, rows: GivenRows) -> Pair:
        """Return the two models on other rows than the first."""
        data, pair = self._data_of(rows), self._pair
        reference, candidate = (
            Side(name=side.name, data=data, fitted=side.fitted)
            for side in (pair.reference, pair.candidate)
        )
        return replace(pair, data=data, reference=reference, candidate=candidate)

    def _refuse_tables(self) -> None:
        """Refuse predictions in place of a model."""
        for name in ("reference", "candidate"):
            given = getattr(self._question, name)
            kind = kind_of(request_of(given, self._question, self._data), self._wiring.kinds)
            if getattr(kind, "reads", None) == TABLE:
                raise ModelParityError(
                    f"the {name} must predict the rows of any block, got a table of predictions "
                    f"({type(given).__name__}); pass the model that made it, or use compare_models"
                )

    def _refuse_tolerance(self) -> None:
        """Refuse a tolerance of what blocks do not show, or these models do not predict."""
        tolerance = self._question.tolerance
        if tolerance.judges_worst_case:
            raise ModelParityError(
                "tolerance worst_case judges inputs between all rows, which a stream does not "
                "hold; leave it out, or use compare_models"
            )
        y_eval = self._data.y if self._blocks.is_labelled else None
        refuse_what_judges_nothing(tolerance, replace(self._data, y_eval=y_eval))


def _raised(side: Side, error: Exception) -> str:
    """Say what a model raised."""
    return f"the {side.name} raised {type(error).__name__}: {error}"

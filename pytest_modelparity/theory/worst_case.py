"""The largest difference of two linear classifiers over a set of inputs: two classes.

Three sets: a box, the mixtures of some rows (their convex hull), and an ellipsoid around them. Each
is mapped to the plane of the two logits, where `theory.chain` finds the maximum with its bound.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import expit

from pytest_modelparity.theory.box import Box, Plane
from pytest_modelparity.theory.box_chain import BoxChain, Moves, Restriction
from pytest_modelparity.theory.chain import Edges, Peak, chain_through, highest

#: Value and bound nearer to each other than this are one.
EXACT = 1e-12
#: So many edges are looked at in all before columns of whole numbers are left at their bound.
MOST_EDGES, FEWEST_PIECES = 60_000, 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Worst:
    """The input at which two models differ most.

    Parameters
    ----------
    value : float
        The difference of the probabilities there, >= 0.
    bound : float, optional
        What no input of the set exceeds, up to rounding; ``None`` where that is not known.
    x : ndarray of shape (n_features,), optional
        The input; ``None`` where it is a mixture of rows.
    rows, shares : ndarray
        Of a mixture: which rows, and the share of each.
    """

    value: float
    bound: float | None = None
    x: np.ndarray | None = None
    rows: np.ndarray | None = None
    shares: np.ndarray | None = None


def worst_in_box(box: Box, plane: Plane) -> Worst:
    """Return the worst input of a box, for two classes.

    Parameters
    ----------
    box : Box
        The inputs; only these, also where columns hold whole numbers or are one-hot.
    plane : Plane
        The two models' logits.

    Returns
    -------
    Worst
        Value and bound are within `EXACT` where every column holds any number. Where some do not,
        the box is halved until they are; with many thousand columns the bound may stay above.
    """
    best, bound = Worst(value=-1.0), -1.0
    # The difference has no sign: either model may be above the other.
    for turned in (plane, plane.swapped):
        search = _Halving(chain=BoxChain(box=box, plane=turned), best=best.value)
        search.run()
        bound = max(bound, search.bound)
        if search.place is not None:
            # Whole numbers are whole again.
            x = box.nearest(search.chain.input_at(*search.place)[None])[0]
            u, v = turned.of(x)
            best = Worst(value=float(expit(u) - expit(v)), x=x)
    return replace(best, bound=max(bound, best.value))


def worst_mixture(logits: np.ndarray) -> Worst:
    """Return the worst mixture of rows, for two classes.

    Parameters
    ----------
    logits : ndarray of shape (n_rows, 2)
        Of the two models.
    """
    best, bound = Worst(value=-1.0), -1.0
    for u, v in (logits.T, logits.T[::-1]):
        chain = chain_through(u, v)
        # A chain of one point is an edge of no length.
        first, last = (chain[:-1], chain[1:]) if len(chain) > 1 else (chain, chain)
        peak = highest(Edges(u=u[first], v=v[first], du=u[first] - u[last], dv=v[first] - v[last]))
        bound = max(bound, peak.bound)
        if peak.value > best.value:
            rows = np.array([first[peak.edge], last[peak.edge]])
            best = Worst(value=peak.value, rows=rows, shares=np.array([1 - peak.t, peak.t]))
    return replace(best, bound=bound)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Piece:
    """A part of a box: what it is restricted to, its chain, and the chain's highest point."""

    restricted: dict[int, Restriction]
    edges: Edges
    moves: Moves
    peak: Peak


@dataclass(slots=True, kw_only=True, eq=False)
class _Halving:
    """Branch and bound along the chain of a box.

    At the highest point of a chain one column at most is between its ends, or one group between two
    of its members. Where that is no input of the box, the box is halved there.

    Parameters
    ----------
    chain : BoxChain
        Of the whole box.
    best : float
        The largest difference known; where this finds a larger one, ``place`` says where.
    """

    chain: BoxChain
    best: float
    place: tuple[dict[int, Restriction], Moves, int, float] | None = None
    bound: float = -np.inf
    _open: list[tuple[float, int, _Piece]] = field(default_factory=list)
    _number: int = 0

    def run(self) -> None:
        """Search, and set ``bound`` to what no input of the box exceeds."""
        looked_at = self._look({})
        most = MOST_EDGES // looked_at + FEWEST_PIECES
        # The piece with the largest bound first: it is what keeps bound and value apart.
        while self._open and -self._open[0][0] > self.best + EXACT and self._number < most:
            for restricted in self._halves(heapq.heappop(self._open)[2]):
                self._look(restricted)
        self.bound = max(self.bound, self.best, *(-bound for bound, *_ in self._open[:1]))

    def _look(self, restricted: dict[int, Restriction]) -> int:
        """Look at a piece; return the number of its edges."""
        edges, moves = self.chain.edges(restricted)
        piece = _Piece(
            restricted=restricted, edges=edges, moves=moves, peak=highest(edges, self.best)
        )
        self._number += 1
        stops = self._stops(piece)
        edge = edges.take(np.full(len(stops), piece.peak.edge))
        for t, value in zip(stops, edge.value(np.array(stops)).tolist(), strict=True):
            if value > self.best:
                self.best, self.place = value, (restricted, moves, piece.peak.edge, t)
        if stops == [piece.peak.t]:
            self.bound = max(self.bound, piece.peak.bound)
        else:
            heapq.heappush(self._open, (-piece.peak.bound, self._number, piece))
        return len(moves.owner)

    def _stops(self, piece: _Piece) -> list[float]:
        """Return the shares of the highest edge nearest to its peak where it is an input."""
        owner, t, box = int(piece.moves.owner[piece.peak.edge]), piece.peak.t, self.chain.box
        if t in (0.0, 1.0) or (owner < box.n_features and not box.steps[owner]):
            return [t]
        if owner >= box.n_features:
            return [0.0, 1.0]
        before, after, step = self._steps_at(piece)
        n_steps = int(box.steps[owner])
        return [(k / n_steps - before) / (after - before) for k in (step, step + 1)]

    def _steps_at(self, piece: _Piece) -> tuple[float, float, int]:
        """Return where the column of the peak is at both ends of the edge, and the step below."""
        edge, moves, t = piece.peak.edge, piece.moves, piece.peak.t
        before, after = float(moves.before[edge]), float(moves.after[edge])
        n_steps = int(self.chain.box.steps[moves.owner[edge]])
        first, last = (round(n_steps * end) for end in sorted((before, after)))
        step = int(np.floor(n_steps * ((1 - t) * before + t * after)))
        return before, after, min(max(step, first), last - 1)

    def _halves(self, piece: _Piece) -> list[dict[int, Restriction]]:
        """Return a piece in two, neither of which holds its peak."""
        owner, box = int(piece.moves.owner[piece.peak.edge]), self.chain.box
        whole = piece.restricted.get(owner, self.chain.whole(owner))
        if owner >= box.n_features:
            halves = self._members(piece, whole)
        else:
            step = self._steps_at(piece)[2]
            halves = ((whole[0], step), (step + 1, whole[1]))
        return [{**piece.restricted, owner: half} for half in halves]

    def _members(self, piece: _Piece, members: Restriction) -> tuple[Restriction, Restriction]:
        """Return a group's members before and behind the peak, in the direction of its edge."""
        edge, moves, t = piece.peak.edge, piece.moves, piece.peak.t
        points = self.chain.points_of(int(moves.owner[edge]))
        along = points.T @ np.array([moves.du[edge], moves.dv[edge]])
        before, after = along[[int(moves.before[edge]), int(moves.after[edge])]]
        peak = (1 - t) * before + t * after
        return (
            tuple(member for member in members if along[member] > peak),
            tuple(member for member in members if not along[member] > peak),
        )

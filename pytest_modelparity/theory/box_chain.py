"""The chain of a box: where the two logits of its inputs are as far apart as they can be.

The image of a box in the plane of two logits is the sum of the images of its columns: segments, and
the points of one-hot groups. The chain of a sum is made of the edges of all, by slope; a column of
which one logit rises where the other falls stands at one end all along.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, pairwise

import numpy as np

from pytest_modelparity.theory.box import Box, Plane
from pytest_modelparity.theory.chain import Edges, hull_of

#: What a part of a box is restricted to: the first and the last step of a column, or the members of
#: a group.
Restriction = tuple[int, ...]
#: The fields of `Moves`.
MOVES = ("owner", "du", "dv", "before", "after")
ZERO = np.zeros(1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The image of one column or group: the chain's first point, and its edges.

    Parameters
    ----------
    start : ndarray of shape (2,)
        What it adds to u and v where the chain begins.
    first : float
        The column's step, or the group's member, there.
    edges : tuple of (float, float, float, float)
        What u and v fall by, and between which steps or members.
    """

    start: np.ndarray
    first: float
    edges: tuple[tuple[float, float, float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """What moves along each edge of a chain.

    Parameters
    ----------
    owner : ndarray of int of shape (n_edges,)
        The column, or the group.
    du, dv : ndarray of shape (n_edges,)
        What u and v fall by.
    before, after : ndarray of shape (n_edges,)
        The column's place between its ends in [0, 1], or the group's member.
    """

    owner: np.ndarray
    du: np.ndarray
    dv: np.ndarray
    before: np.ndarray
    after: np.ndarray

    def take(self, places: np.ndarray) -> Moves:
        """Return some of them, or all in another order."""
        return Moves(**{name: getattr(self, name)[places] for name in MOVES})

    def joined(self, other: Moves) -> Moves:
        """Return these and others."""
        return Moves(
            **{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in MOVES}
        )


def _moves_of(parts: dict[int, Part]) -> Moves:
    """Return the edges of columns and groups, by number."""
    rows = [(name, *edge) for name, part in parts.items() for edge in part.edges]
    owner, *others = np.array(rows, dtype=float).reshape(-1, len(MOVES)).T
    return Moves(owner=owner.astype(int), **dict(zip(MOVES[1:], others, strict=True)))


def _by_slope(moves: Moves) -> Moves:
    """Return edges in the order of the chain: what falls most in v for its fall in u first."""
    with np.errstate(divide="ignore"):
        return moves.take(np.argsort(moves.du / moves.dv, kind="stable"))


# Not slotted: what does not depend on restrictions is worked out once.
@dataclass(frozen=True, kw_only=True, eq=False)
class BoxChain:
    """The chain of a box, also where some of its columns and groups are restricted.

    Columns are numbered first, then groups.

    Parameters
    ----------
    box : Box
        The inputs.
    plane : Plane
        Their two logits.
    """

    box: Box
    plane: Plane
    _parts: dict[tuple[int, Restriction], Part] = field(default_factory=dict, init=False)

    def edges(self, restricted: dict[int, Restriction]) -> tuple[Edges, Moves]:
        """Return the chain's edges, and what moves along each.

        Parameters
        ----------
        restricted : dict
            What columns and groups are restricted to, by number.
        """
        start, moves = self._start, self._base
        if restricted:
            parts = {name: self.part(name, to) for name, to in restricted.items()}
            others = moves.take(~np.isin(moves.owner, list(restricted)))
            moves = _by_slope(others.joined(_moves_of(parts)))
            for name, part in parts.items():
                start = start + part.start - self.part(name, self.whole(name)).start
        if not len(moves.owner):
            # Nothing moves: the chain is one point, an edge of no length that belongs to no column.
            moves = Moves(owner=np.array([-1]), du=ZERO, dv=ZERO, before=ZERO, after=ZERO)
        u, v = (
            at - np.concatenate([ZERO, np.cumsum(fall)[:-1]])
            for at, fall in zip(start, (moves.du, moves.dv), strict=True)
        )
        return Edges(u=u, v=v, du=moves.du, dv=moves.dv), moves

    def part(self, name: int, to: Restriction) -> Part:
        """Return the image of one column or group under a restriction; each is made once."""
        key = name, to
        if key not in self._parts:
            make = self._group if name >= self.box.n_features else self._column
            self._parts[key] = make(name, to)
        return self._parts[key]

    def input_at(
        self, restricted: dict[int, Restriction], moves: Moves, edge: int, t: float
    ) -> np.ndarray:
        """Return the input at a share of an edge; there a group may be between two members."""
        place = self._first.copy()
        for name, to in restricted.items():
            place[name] = self.part(name, to).first
        # In the order of the chain: of several edges of a group the last one holds.
        place[moves.owner[:edge]] = moves.after[:edge]
        n, box = self.box.n_features, self.box
        share = np.where(box.grouped, 0.0, place[:n])
        if box.groups:
            members = place[n:].astype(int)
            share[[group[at] for group, at in zip(box.groups, members, strict=True)]] = 1.0
        x = np.asarray(box.low + box.width * share)
        if moves.owner[edge] >= 0:
            self._move(x, moves, edge, t)
        return x

    def _move(self, x: np.ndarray, moves: Moves, edge: int, t: float) -> None:
        """Move an input along an edge."""
        n, box, owner = self.box.n_features, self.box, int(moves.owner[edge])
        before, after = float(moves.before[edge]), float(moves.after[edge])
        if owner < n:
            x[owner] = box.low[owner] + box.width[owner] * ((1 - t) * before + t * after)
            return
        group = box.groups[owner - n]
        x[group] = box.low[group]
        for member, share in ((int(before), 1 - t), (int(after), t)):
            x[group[member]] += share * box.width[group[member]]

    @cached_property
    def _reach(self) -> np.ndarray:
        """What each column adds to u and v from its low end to its high one."""
        return np.asarray(self.plane.coef * self.box.width)

    @cached_property
    def _first(self) -> np.ndarray:
        """Where each column (0: low end, 1: high one) and group (its member) stands first."""
        du, dv = self._reach
        columns = (du > 0) | ((du == 0) & (dv < 0))
        members = [part.first for part in self._group_parts.values()]
        return np.concatenate([columns.astype(float), members])

    @cached_property
    def _start(self) -> np.ndarray:
        """Where the chain of the whole box begins."""
        n, free = self.box.n_features, ~self.box.grouped
        start = self.plane.of(self.box.low) + self._reach[:, free] @ self._first[:n][free]
        starts = [start, *(part.start for part in self._group_parts.values())]
        return np.asarray(np.sum(starts, axis=0))

    @cached_property
    def _base(self) -> Moves:
        """The edges of the whole box, by slope."""
        du, dv = self._reach
        # Both fall, or the column stands at one end.
        columns = np.flatnonzero((np.sign(du) * np.sign(dv) > 0) & ~self.box.grouped)
        first = self._first[columns]
        moves = Moves(
            owner=columns,
            du=np.abs(du[columns]),
            dv=np.abs(dv[columns]),
            before=first,
            after=1 - first,
        )
        return _by_slope(moves.joined(_moves_of(self._group_parts)))

    @cached_property
    def _group_parts(self) -> dict[int, Part]:
        """The image of each group as a whole, by number."""
        n = self.box.n_features
        names = range(n, n + len(self.box.groups))
        return {name: self.part(name, self.whole(name)) for name in names}

    def whole(self, name: int) -> Restriction:
        """Return the restriction that is none."""
        n = self.box.n_features
        if name >= n:
            return tuple(range(len(self.box.groups[name - n])))
        return 0, int(self.box.steps[name])

    def points_of(self, name: int) -> np.ndarray:
        """Return what each member of a group, by its number, adds to u and v."""
        return self._reach[:, self.box.groups[name - self.box.n_features]]

    def _column(self, name: int, to: Restriction) -> Part:
        """Return the image of a column between two of its steps."""
        (du, dv), n_steps = self._reach[:, name].tolist(), int(self.box.steps[name])
        low, high = to[0] / n_steps, to[1] / n_steps
        first, last = (high, low) if self._first[name] else (low, high)
        edge = (abs(du) * (high - low), abs(dv) * (high - low), first, last)
        falls = np.sign(du) * np.sign(dv) > 0 and high > low
        return Part(start=np.array([du, dv]) * first, first=first, edges=(edge,) if falls else ())

    def _group(self, name: int, to: Restriction) -> Part:
        """Return the image of a group with some of its members."""
        allowed, lowest = set(to), np.inf
        falling: list[tuple[float, float, int]] = []
        for u, v, member in self._members[name]:
            # The others lie above and to the left of one of these.
            if v < lowest and member in allowed:
                falling.append((u, v, member))
                lowest = v
        chain = [falling[place] for place in hull_of(falling)]
        edges = [
            (first[0] - last[0], first[1] - last[1], first[2], last[2])
            for first, last in pairwise(chain)
        ]
        u, v, member = chain[0]
        return Part(start=np.array([u, v]), first=member, edges=tuple(edges))

    @cached_property
    def _members(self) -> dict[int, list[tuple[float, float, int]]]:
        """What each member of each group adds to u and v, by falling u."""
        if not self.box.groups:
            return {}
        sizes = [len(group) for group in self.box.groups]
        u, v = self._reach[:, np.concatenate(self.box.groups)]
        member = np.concatenate([np.arange(size) for size in sizes])
        # All at once: a group by itself is too small to be sorted as an array.
        order = np.lexsort((v, -u, np.repeat(np.arange(len(sizes)), sizes)))
        rows = iter(zip(u[order].tolist(), v[order].tolist(), member[order].tolist(), strict=True))
        n = self.box.n_features
        return {n + number: list(islice(rows, size)) for number, size in enumerate(sizes)}

"""The patches that a picture is cut into, and what is made of them before anything is multiplied.

A *strip* is two neighbouring rows of results, or a part of them if they are long. It is made of as
many patches as it has pairs of results in a row; a patch overlaps the next by two of its four
columns, and a strip the next by two of its four rows. Some strips are a *block*, whose patches are
made ready in private scratch: as one matrix for each place in a patch, with a row for each patch
and a column for each channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from giulgi.backends.cpu.code import ir
from giulgi.backends.cpu.code.ir import PTR, VOID, Function, Value
from giulgi.backends.cpu.code.products.kernels import Axes, kernel
from giulgi.backends.cpu.code.products.product import ceil_div, number, split, times
from giulgi.backends.cpu.code.products.winograd.transforms import (
    PATCH,
    PRODUCTS,
    RESULTS,
    TAPS,
    Matrix,
    applied,
)
from giulgi.memory import LINE_BYTES


@dataclass(frozen=True)
class Strips:
    """How the strips of a picture lie in an array.

    Attributes:
        outside: the axes of the array outside of a picture's rows, such as that of examples.
        pairs: how many pairs of rows of results there are for each place along them.
        parts: into how many strips such a pair is cut.
        patches: how many patches there are in a strip.
        row: the distance of neighbouring rows of the array, in elements.
        column: the distance of its columns.
    """

    outside: Axes
    pairs: int
    parts: int
    patches: int
    row: int
    column: int

    @property
    def count(self) -> int:
        """The number of all strips."""
        return prod(count for count, _ in self.outside) * self.pairs * self.parts

    @property
    def width(self) -> int:
        """The number of results in a row of a strip."""
        return self.patches * RESULTS

    def place(self, f: Function, strip: Value) -> tuple[Value, Value]:
        """Write which row of all results a strip begins with, and which column."""
        pair, part = split(f, strip, self.parts)
        return f.mul(pair, RESULTS), times(f, part, self.width)

    def offset(self, f: Function, strip: Value) -> Value:
        """Write how far the first element of a strip is from that of the array."""
        pair, part = split(f, strip, self.parts)
        rest, place = split(f, pair, self.pairs)
        offset = f.add(
            times(f, place, RESULTS * self.row), times(f, part, self.width * self.column)
        )
        for count, distance in reversed(self.outside):
            rest, place = split(f, rest, count)
            offset = f.add(offset, times(f, place, distance))
        return offset


def strips_of(rows: Axes, columns: int, column: int, most: int) -> Strips | None:
    """Return the strips of results.

    Args:
        rows: the axes of the array, told by their sizes among the results and the distances of
            neighbours in the array, down to its rows.
        columns: the number of columns of results.
        column: the distance of columns of the array.
        most: the most patches of a strip.

    Returns:
        None, if rows or columns do not come in pairs.
    """
    if not rows:
        return None
    *outside, (count, distance) = rows
    if count % RESULTS or columns % RESULTS or not most:
        return None
    across = columns // RESULTS
    parts = next(n for n in range(ceil_div(across, most), across + 1) if across % n == 0)
    return Strips(tuple(outside), count // RESULTS, parts, across // parts, distance, column)


def are_taps(axes: Axes, inside: int, strips: Strips, channels: int) -> bool:
    """Whether axes are the taps of 3x3, side by side, around channels that follow each other.

    Args:
        axes: the axes above the innermost.
        inside: the size of the innermost, to which taps of a row are joined if they follow each
            other as channels do.
        strips: how the array lies.
        channels: the number of channels.
    """
    if strips.column == channels and axes == ((TAPS, strips.row),):
        return inside == TAPS * channels
    return axes == ((TAPS, strips.row), (TAPS, strips.column)) and inside == channels


def panel_width(vectors: int) -> int:
    """Return the number of vectors of a panel, of which rows of so many vectors have whole ones."""
    return next(width for width in (4, 3, 2, 1) if vectors % width == 0)


@dataclass(frozen=True)
class Matrices:
    """Sixteen matrices that lie one behind the other.

    Attributes:
        element: the type of an element.
        lanes: the number of elements in a vector.
        rows: the number of rows of each.
        columns: the number of columns, whole vectors.
    """

    element: str
    lanes: int
    rows: int
    columns: int

    @property
    def distance(self) -> int:
        """The distance of one to the next, in elements.

        It is an odd number of lines of the cache: so elements at the same place of all matrices,
        which are written and read together, are in different sets of the cache.
        """
        line = LINE_BYTES * 8 // ir.bits_of(self.element)
        return (ceil_div(self.rows * self.columns, line) | 1) * line

    @property
    def elements(self) -> int:
        """The number of elements of all together."""
        return PRODUCTS * self.distance

    def of(self, f: Function, first: Value, place: Value | int) -> Value:
        """Write the address of an element of one of them, given that of the first."""
        if isinstance(place, int):
            return f.offset(first, place * self.distance, self.element)
        return f.offset(first, f.mul(place, self.distance), self.element)

    def square(self, f: Function, first: Value) -> list[list[Value]]:
        """Write the loading of a vector of each, given the address in the first."""
        vector = ir.vector_of(self.element, self.lanes)
        return [
            [f.load(vector, self.of(f, first, i * PATCH + j)) for j in range(PATCH)]
            for i in range(PATCH)
        ]

    def store(self, f: Function, first: Value, square: Sequence[Sequence[Value]]) -> None:
        """Write the storing of a vector of each, given the address in the first."""
        for i, row in enumerate(square):
            for j, value in enumerate(row):
                f.store(value, self.of(f, first, i * PATCH + j))


@dataclass(frozen=True)
class Squares:
    """Squares of elements along a strip, and the matrices that are made of them.

    Attributes:
        size: the number of rows and columns of a square: of a patch, or of its results.
        matrix: what they are multiplied with, from both sides.
        count: how many squares there are in a strip. Each begins two columns behind the one before.
        row: the distance of neighbouring rows, in elements.
        column: the distance of neighbouring columns; channels follow each other.
        made: the matrices.
    """

    size: int
    matrix: Matrix
    count: int
    row: int
    column: int
    made: Matrices

    def make(self, f: Function, source: Value, target: Value) -> None:
        """Write the making of the matrices' rows for the squares of a strip.

        Args:
            f: the function that is written.
            source: the first element of the strip.
            target: the first element of its first row, in the first matrix.
        """
        m = self.made
        numbers = (self.size, self.count, self.row, self.column, m.columns, m.distance)
        name = f"squares_{m.element}x{m.lanes}_" + "_".join(map(str, numbers)).replace("-", "minus")
        if name not in f.module.functions:
            self._write(f.module.function(name, [(PTR, "source"), (PTR, "target")]))
        f.call(name, VOID, source, target)

    def _write(self, f: Function) -> None:
        """Write the function: along a strip for some channels, as many as a vector has lanes."""
        source, target = f.parameters
        made, size = self.made, self.size
        shared = size - RESULTS  # columns that a square shares with the next
        with f.loop(0, made.columns, made.lanes) as channel:
            first = f.offset(source, channel.index, made.element)
            begun = [self._column(f, first, column) for column in range(shared)]
            carried = [first, f.offset(target, channel.index, made.element)]
            carried += [value for column in begun for value in column]
            with f.loop(0, self.count, carried=carried) as square:
                at, to, *values = square.carried
                high = len(self.matrix)
                columns = [values[c * high : (c + 1) * high] for c in range(shared)]
                columns += [self._column(f, at, column) for column in range(shared, size)]
                rows = zip(*columns, strict=True)
                made.store(f, to, [applied(f, self.matrix, row) for row in rows])
                following = f.offset(at, RESULTS * self.column, made.element)
                left = [value for column in columns[RESULTS:] for value in column]
                square.carry(following, f.offset(to, made.columns, made.element), *left)
        f.ret()

    def _column(self, f: Function, first: Value, column: int) -> list[Value]:
        """Write a column of a square, multiplied from the left."""
        made = self.made
        vector = ir.vector_of(made.element, made.lanes)
        places = [row * self.row + column * self.column for row in range(self.size)]
        loaded = [f.load(vector, f.offset(first, place, made.element)) for place in places]
        return applied(f, self.matrix, loaded)


@dataclass(frozen=True)
class Multiplied:
    """Products of the matrices of each place: C += A @ B, by tiles of one or two heights.

    Attributes:
        a: the distance of neighbours in A, along (rows, inner).
        rows: the number of rows of A and C.
        columns: the number of columns of B and C, the distance of rows of C.
        b_row: the distance of rows of B.
        b_panel: the distance of panels of B.
        tallest: the most rows of a tile.
        width: the number of vectors of its rows.
    """

    a: tuple[int, int]
    rows: int
    columns: int
    b_row: int
    b_panel: int
    tallest: int
    width: int

    def emit(
        self, f: Function, operands: Sequence[tuple[Value, Matrices]], inner: Value,
        continued: Value,
    ) -> None:  # fmt: skip
        """Write the products.

        Args:
            f: the function that is written.
            operands: the first element of A, of B and of C, and how the matrices lie.
            inner: the number of columns of A.
            continued: 1, if the products are added to what C holds, 0 if not.
        """
        made = operands[-1][1]
        panel_columns = self.width * made.lanes
        panels = self.columns // panel_columns
        with f.loop(0, PRODUCTS) as place, f.loop(0, panels) as panel:
            a, b, c = (matrices.of(f, first, place.index) for first, matrices in operands)
            b = f.offset(b, f.mul(panel.index, self.b_panel), made.element)
            c = f.offset(c, f.mul(panel.index, panel_columns), made.element)
            for first, count, height in self._heights():
                name = kernel(
                    f.module, made.element, made.lanes, (height, self.width), self.a, self.columns
                )
                with f.loop(0, count) as tile:
                    row = f.add(f.mul(tile.index, height), first)
                    of_a = f.offset(a, f.mul(row, self.a[0]), made.element)
                    of_c = f.offset(c, f.mul(row, self.columns), made.element)
                    f.call(name, VOID, of_a, b, number(self.b_row), of_c, inner, continued)

    def _heights(self) -> list[tuple[int, int, int]]:
        """Return the first row, number and height of tall tiles, and of those a row lower."""
        tiles = ceil_div(self.rows, self.tallest)
        height = ceil_div(self.rows, tiles)
        tall = self.rows - tiles * (height - 1)
        found = [(0, tall, height), (tall * height, tiles - tall, height - 1)]
        return [(first, count, high) for first, count, high in found if count]

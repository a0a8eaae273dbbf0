"""Products with a vector, or with a few rows: the matrix is read once, as fast as memory gives it.

Two ways, by the axis along which the matrix is contiguous:

- along the columns of B, rows of B are scaled and added to the result (``Scaled``);
- along the inner axis, each element of the result is a dot product (``Dots``).

A matrix times a column is the same as the row times the transposed matrix: C^T = B^T A^T.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from giulgi.backends.cpu.code import ir
from giulgi.backends.cpu.code.ir import Function, Value
from giulgi.backends.cpu.code.products.kernels import add, multiply_add
from giulgi.backends.cpu.code.products.packing import load_first
from giulgi.backends.cpu.code.products.product import (
    Call,
    Plan,
    Product,
    Tile,
    ceil_div,
    number,
    segments,
    smaller,
    times,
)
from giulgi.backends.cpu.machine.processor import Machine

# The part of the result that is computed before it is consumed stays in the first level of the
# cache.
_TILE_BYTES = 8 * 1024

# The number of rows of B that are added in one run over the result.
_ROWS_AT_ONCE = 8


@dataclass(frozen=True)
class _Row(Plan):
    """A product whose result has few rows.

    Attributes:
        is_transposed: whether it is C^T = B^T A^T that is computed; C has one column.
        unit: the number of columns that are computed at once.
    """

    is_transposed: bool
    unit: int

    @property
    def share(self) -> int:
        """The number of columns that go to one worker together: whole vectors."""
        return max(self.unit, self.lanes)

    @property
    def shares(self) -> int:
        """The number of shares of the result."""
        return ceil_div(self.product.columns, self.share)

    @property
    def most_shares(self) -> int:
        """The number of shares that are computed before they are consumed."""
        return max(_TILE_BYTES // (self.product.rows * self.share * self.product.size), 1)

    @property
    def tile_stride(self) -> int:
        """The distance of rows of the result in private scratch."""
        return self.most_shares * self.share

    @property
    def private_bytes(self) -> int:
        """The size of a tile."""
        return self.product.rows * self.tile_stride * self.product.size

    def emit(self, f: Function, call: Call) -> None:
        """Write the code, which every worker is to execute."""
        p = self.product
        if self.is_transposed:
            call = replace(call, a=call.b, b=call.a)
        with (
            segments(f, call, p.batches, self.shares) as (batch, start, stop),
            f.loop(start, stop, step=self.most_shares) as tile,
        ):
            a = f.offset(call.a, times(f, batch, p.a_batch), p.element)
            b = f.offset(call.b, times(f, batch, p.b_batch), p.element)
            first = f.mul(tile.index, self.share)
            behind = f.mul(smaller(f, f.add(tile.index, self.most_shares), stop), self.share)
            columns = f.sub(smaller(f, behind, number(p.columns)), first)
            self._tile(f, a, b, call.private, first, columns)
            zero, rows = number(0), number(p.rows)
            if self.is_transposed:
                done = Tile(batch, first, columns, zero, number(1), call.private, 1)
            else:
                done = Tile(batch, zero, rows, first, columns, call.private, self.tile_stride)
            call.finish(f, done)

    def _tile(
        self, f: Function, a: Value, b: Value, tile: Value, first: Value, columns: Value
    ) -> None:
        """Write the computation of some columns of the result."""
        raise NotImplementedError

    def _how(self) -> str:
        return f"{self.title()}{', with the factors exchanged' if self.is_transposed else ''}"

    def _second(self) -> str:
        return "first" if self.is_transposed else "second"


@dataclass(frozen=True)
class Scaled(_Row):
    """c = sum over k of a[k] * B[k, :], for one row a and contiguous rows of B."""

    def describe(self) -> str:
        """Tell a person what will be done."""
        return (
            f"{self._how()}: the rows of the {self._second()} factor, scaled, are added up, in "
            f"{self.vector()}; {_ROWS_AT_ONCE} rows at a time, {self.tile_stride} columns wide."
        )

    def _tile(
        self, f: Function, a: Value, b: Value, tile: Value, first: Value, columns: Value
    ) -> None:
        p = self.product
        b = f.offset(b, first, p.element)
        start = min(p.inner, _ROWS_AT_ONCE)
        self._run(f, a, b, tile, columns, number(0), start, is_first=True)
        whole = start + (p.inner - start) // _ROWS_AT_ONCE * _ROWS_AT_ONCE
        if whole > start:
            with f.loop(start, whole, step=_ROWS_AT_ONCE) as k:
                self._run(f, a, b, tile, columns, k.index, _ROWS_AT_ONCE, is_first=False)
        if p.inner > whole:
            self._run(f, a, b, tile, columns, number(whole), p.inner - whole, is_first=False)

    def _run(
        self, f: Function, a: Value, b: Value, tile: Value, columns: Value, k: Value, count: int,
        *, is_first: bool,
    ) -> None:  # fmt: skip
        """Write one run over the result, which adds some rows of B, from k on."""
        p = self.product
        stride = p.a_strides[1]
        a = f.offset(a, f.mul(k, stride), p.element)
        factors = [f.load(p.element, f.offset(a, i * stride, p.element)) for i in range(count)]
        row = f.offset(b, f.mul(k, p.b_strides[0]), p.element)
        rows = [f.offset(row, i * p.b_strides[0], p.element) for i in range(count)]
        whole = f.and_(columns, -self.lanes)
        for lanes, start, stop in ((self.lanes, number(0), whole), (1, whole, columns)):
            type_ = ir.vector_of(p.element, lanes)
            spread = [f.splat(factor, lanes) for factor in factors]
            with f.loop(start, stop, step=lanes) as column:
                place = f.offset(tile, column.index, p.element)
                total = ir.constant(type_, 0) if is_first else f.load(type_, place)
                for factor, from_ in zip(spread, rows, strict=True):
                    part = f.load(type_, f.offset(from_, column.index, p.element))
                    total = multiply_add(f, factor, part, total)
                f.store(total, place)


@dataclass(frozen=True)
class Dots(_Row):
    """C[i, j] = sum over k of A[i, k] * B[k, j], both contiguous along k, for a few rows i.

    Lane l of a vector sums the elements k = l modulo the number of lanes; then lanes are added.
    """

    def describe(self) -> str:
        """Tell a person what will be done."""
        return (
            f"{self._how()}: dot products in {self.vector()}; "
            f"{self.product.rows * self.unit} of them at once."
        )

    def _tile(
        self, f: Function, a: Value, b: Value, tile: Value, first: Value, columns: Value
    ) -> None:
        p = self.product
        last = number(p.columns - 1)
        with f.loop(0, columns, step=self.unit) as column:
            at = f.add(first, column.index)
            # Beyond the last column, the last one is computed again.
            starts = [
                f.offset(b, f.mul(smaller(f, f.add(at, i), last), p.b_strides[1]), p.element)
                for i in range(self.unit)
            ]
            rows = [f.offset(a, row * p.a_strides[0], p.element) for row in range(p.rows)]
            sums = self._sums(f, rows, starts)
            for row in range(p.rows):
                dots = added_across(f, sums[row * self.unit : (row + 1) * self.unit])
                place = f.offset(tile, row * self.tile_stride, p.element)
                f.store(dots, f.offset(place, column.index, p.element))

    def _sums(self, f: Function, rows: Sequence[Value], columns: Sequence[Value]) -> list[Value]:
        """Write the products of all rows with all columns, still one sum in each lane."""
        p = self.product
        vector = ir.vector_of(p.element, self.lanes)
        sums = [ir.constant(vector, 0)] * (len(rows) * len(columns))
        whole = p.inner // self.lanes * self.lanes
        if whole:
            with f.loop(0, whole, step=self.lanes, carried=sums) as k:
                k.carry(*self._step(f, rows, columns, k.index, self.lanes, k.carried))
            sums = k.results
        if p.inner > whole:
            sums = self._step(f, rows, columns, number(whole), p.inner - whole, sums)
        return sums

    def _step(
        self, f: Function, rows: Sequence[Value], columns: Sequence[Value], k: Value, count: int,
        sums: list[Value],
    ) -> list[Value]:  # fmt: skip
        """Write one step along the inner axis, of a vector or a part of one."""
        element = self.product.element
        vector = ir.vector_of(element, self.lanes)
        of_a, of_b = (
            [load_first(f, vector, f.offset(x, k, element), count, element) for x in operand]
            for operand in (rows, columns)
        )
        pairs = [(x, y) for x in of_a for y in of_b]
        return [multiply_add(f, x, y, total) for (x, y), total in zip(pairs, sums, strict=True)]


def added_across(f: Function, vectors: Sequence[Value]) -> Value:
    """Write the sums over the lanes of some vectors, as lanes of one.

    Two vectors are zipped, and what came of the lower and the upper half is added: their partial
    sums alternate. So on, until all alternate in one vector; then its halves are added.
    """
    lanes, count = ir.lanes_of(vectors[0].type), len(vectors)
    low = [place + half for place in range(lanes // 2) for half in (0, lanes)]
    high = [place + lanes // 2 for place in low]
    while len(vectors) > 1:
        half = len(vectors) // 2
        pairs = zip(vectors[:half], vectors[half:], strict=True)
        vectors = [add(f, f.shuffle(a, b, low), f.shuffle(a, b, high)) for a, b in pairs]
    total = vectors[0]
    while lanes > count:
        lanes //= 2
        lower = f.shuffle(total, total, list(range(lanes)))
        total = add(f, lower, f.shuffle(total, total, list(range(lanes, 2 * lanes))))
    return total


def vectors(product: Product, machine: Machine) -> _Row | None:
    """Plan a product that has a vector, or a few rows, if memory decides its time."""
    lanes = product.lanes(machine)
    is_transposed = product.columns == 1 and product.rows > 1
    if is_transposed:
        product = _transposed(product)
    row_stride, column_stride = product.b_strides
    # All products of a few dots need at least as many registers as there are in a square.
    fits = product.rows <= 4 and product.a_strides[1] == 1 and product.inner >= lanes
    if fits and row_stride == 1 and lanes > 1:
        most = 8 if machine.vector_registers >= 32 and product.rows <= 2 else 4
        return Dots(product, lanes, is_transposed, min(most, lanes))
    if product.rows == 1 and column_stride == 1 and product.columns >= 8 * lanes:
        return Scaled(product, lanes, is_transposed, 2 * lanes)
    return None


def _transposed(product: Product) -> Product:
    """Return the product whose result is the transposed one."""
    return replace(
        product,
        rows=product.columns,
        columns=product.rows,
        a_strides=(product.b_strides[1], product.b_strides[0]),
        b_strides=(product.a_strides[1], product.a_strides[0]),
        a_batch=product.b_batch,
        b_batch=product.a_batch,
    )

"""Tiny products, without ceremony: a few instructions in the place where they are needed."""

from __future__ import annotations

from dataclasses import dataclass

from giulgi.backends.cpu.code import ir
from giulgi.backends.cpu.code.ir import Function, Value
from giulgi.backends.cpu.code.products.kernels import multiply_add
from giulgi.backends.cpu.code.products.packing import load_first
from giulgi.backends.cpu.code.products.product import (
    Call,
    Plan,
    Product,
    Tile,
    ceil_div,
    number,
    times,
)
from giulgi.backends.cpu.machine.processor import Machine

# More than this is not tiny: as many multiply-adds, and as many instructions.
_MULTIPLICATIONS, _INSTRUCTIONS = 4096, 256


@dataclass(frozen=True)
class Small(Plan):
    """A product that is written out, and executed by the first worker alone.

    Its vectors are no longer than its rows need: one column is computed with plain numbers.
    """

    @property
    def vectors(self) -> int:
        """The number of vectors in a row of C."""
        return ceil_div(self.product.columns, self.lanes)

    @property
    def private_bytes(self) -> int:
        """The size of C, its rows being whole vectors."""
        return self.product.rows * self.vectors * self.lanes * self.product.size

    def describe(self) -> str:
        """Tell a person what will be done."""
        return (
            f"{self.title()}: so small that its sums are written out without loops, in "
            f"{self.vector()}."
        )

    def emit(self, f: Function, call: Call) -> None:
        """Write the code, which every worker is to execute."""
        p = self.product
        stride = self.vectors * self.lanes
        with f.when(f.icmp("eq", call.worker, 0)), f.loop(0, p.batches) as batch:
            a = f.offset(call.a, times(f, batch.index, p.a_batch), p.element)
            b = f.offset(call.b, times(f, batch.index, p.b_batch), p.element)
            rows_of_b = [self._row_of_b(f, b, k) for k in range(p.inner)]
            for row in range(p.rows):
                for column, total in enumerate(self._row(f, a, row, rows_of_b)):
                    place = row * stride + column * self.lanes
                    f.store(total, f.offset(call.private, place, p.element))
            rows, zero, columns = number(p.rows), number(0), number(p.columns)
            tile = Tile(batch.index, zero, rows, zero, columns, call.private, stride)
            call.finish(f, tile)

    def _row(self, f: Function, a: Value, row: int, rows_of_b: list[list[Value]]) -> list[Value]:
        """Write a row of C: the sum of the rows of B, times the elements of a row of A."""
        p = self.product
        sums = [ir.constant(ir.vector_of(p.element, self.lanes), 0)] * self.vectors
        for k, row_of_b in enumerate(rows_of_b):
            place = row * p.a_strides[0] + k * p.a_strides[1]
            factor = f.splat(f.load(p.element, f.offset(a, place, p.element)), self.lanes)
            sums = [
                multiply_add(f, factor, part, total)
                for part, total in zip(row_of_b, sums, strict=True)
            ]
        return sums

    def _row_of_b(self, f: Function, b: Value, k: int) -> list[Value]:
        """Write the reading of a row of B as vectors, the last one filled up with zeros."""
        p = self.product
        row_stride, column_stride = p.b_strides
        type_ = ir.vector_of(p.element, self.lanes)
        loaded = []
        for first in range(0, p.columns, self.lanes):
            count = min(p.columns - first, self.lanes)
            address = f.offset(b, k * row_stride + first * column_stride, p.element)
            if column_stride == 1 or count == 1:
                loaded.append(load_first(f, type_, address, count, p.element))
                continue
            vector = ir.constant(type_, 0)
            for lane in range(count):
                place = f.offset(address, lane * column_stride, p.element)
                vector = f.insert(vector, lane, f.load(p.element, place))
            loaded.append(vector)
        return loaded


def small(product: Product, machine: Machine) -> Small | None:
    """Plan a product that is written out, if it is tiny."""
    longest = product.lanes(machine)
    lanes = min(longest, 1 << (product.columns - 1).bit_length())
    plan = Small(product, lanes)
    instructions = product.rows * product.inner * plan.vectors
    if product.b_strides[1] != 1:
        instructions = max(instructions, product.inner * product.columns)
    if product.multiplications > _MULTIPLICATIONS or instructions > _INSTRUCTIONS:
        return None
    return plan

"""A convolution of 3x3 taps, forward or of what goes back to its input, by minimal filtering.

The kernel is transformed once for all workers. Then, for each block of patches::

    for strip in block:                        patches are made ready:  V = Bᵀ d B
    for place in 16:                           M[place] = V[place] @ U[place]
    for strip in block:                        results are finished:    Y = Aᵀ M A

A block is so small that V and M stay in the second level of the cache, beside the kernel.
"""

from __future__ import annotations

from dataclasses import dataclass

from giulgi.backends.cpu.code import ir
from giulgi.backends.cpu.code.ir import Function, Value
from giulgi.backends.cpu.code.products.product import (
    Call,
    Plan,
    Product,
    Tile,
    number,
    share,
    split,
    times,
)
from giulgi.backends.cpu.code.products.tiles import tallest_tile
from giulgi.backends.cpu.code.products.winograd.patches import (
    Matrices,
    Multiplied,
    Squares,
    Strips,
    strips_of,
)
from giulgi.backends.cpu.code.products.winograd.transforms import (
    FROM_PATCH,
    FROM_TAPS,
    PATCH,
    PRODUCTS,
    RESULTS,
    TAPS,
    TO_RESULTS,
    applied_twice,
)
from giulgi.backends.cpu.machine.processor import Machine

# What a block may take of the second level of the cache.
_BLOCK_BYTES = 384 * 1024

# The kernel, transformed, may take so much; and so many patches make its transformation pay.
_KERNEL_BYTES = 1024 * 1024
_FEWEST_PATCHES = 32


@dataclass(frozen=True)
class Filtering(Plan):
    """A convolution by minimal filtering.

    Attributes:
        strips: where the patches are.
        block: the number of strips of a block.
        width: the number of vectors of a panel.
        tallest: the most rows of a tile.
    """

    strips: Strips
    block: int
    width: int
    tallest: int

    @property
    def channels(self) -> int:
        """The number of channels."""
        return self.product.inner // TAPS**2

    @property
    def rows(self) -> int:
        """The number of patches of a block."""
        return self.block * self.strips.patches

    @property
    def kernel(self) -> Matrices:
        """The kernel, transformed: each matrix in panels."""
        return Matrices(self.product.element, self.lanes, self.channels, self.product.columns)

    @property
    def patches(self) -> Matrices:
        """The patches of a block, made ready."""
        return Matrices(self.product.element, self.lanes, self.rows, self.channels)

    @property
    def products(self) -> Matrices:
        """Their products with the kernel."""
        return Matrices(self.product.element, self.lanes, self.rows, self.product.columns)

    @property
    def shared_bytes(self) -> int:
        """The size of the transformed kernel."""
        return self.kernel.elements * self.product.size

    @property
    def private_bytes(self) -> int:
        """The size of a block, and of a strip of results."""
        results = RESULTS * self.product.rows * self.product.columns
        return (self.patches.elements + self.products.elements + results) * self.product.size

    @property
    def can_write(self) -> bool:
        """Results are whole vectors, and each is made at once."""
        return True

    def describe(self) -> str:
        """Tell a person what will be done."""
        return (
            f"{self.title()}: a convolution with 3x3 taps, by Winograd's minimal filtering: 2x2 "
            f"results are made of a patch of 4x4 elements with {PRODUCTS} multiplications instead "
            f"of 36, in {self.vector()}. {self.rows} patches are made ready at a time, and "
            f"multiplied as {PRODUCTS} matrices of {self.rows}x{self.channels}."
        )

    def emit(self, f: Function, call: Call) -> None:
        """Write the code, which every worker is to execute."""
        self._transform_kernel(f, call)
        call.barrier(f)
        element = self.product.element
        patches = call.private
        products = f.offset(patches, self.patches.elements, element)
        results = f.offset(products, self.products.elements, element)
        first, last = share(f, self.strips.count // self.block, call)
        with f.loop(first, last) as block:
            strip = times(f, block.index, self.block)
            with f.loop(0, self.block) as above:
                self._make_ready(f, call, f.add(strip, above.index), above.index, patches)
            operands = [(patches, self.patches), (call.shared, self.kernel)]
            operands.append((products, self.products))
            self._multiplied.emit(f, operands, number(self.channels), number(0))
            with f.loop(0, self.block) as above:
                made = f.mul(above.index, self.strips.patches * self.product.columns)
                source = f.offset(products, made, element)
                self._finish(f, call, f.add(strip, above.index), source, results)

    @property
    def _multiplied(self) -> Multiplied:
        panel_columns = self.width * self.lanes
        return Multiplied(
            a=(self.channels, 1),
            rows=self.rows,
            columns=self.product.columns,
            b_row=panel_columns,
            b_panel=self.channels * panel_columns,
            tallest=self.tallest,
            width=self.width,
        )

    def _transform_kernel(self, f: Function, call: Call) -> None:
        """Write the transformation of the kernel, of which each worker does some channels."""
        p, lanes = self.product, self.lanes
        vector = ir.vector_of(p.element, lanes)
        tap = self.channels * p.b_strides[0]
        panel_elements = self.channels * self.width * lanes
        first, last = share(f, self.channels, call)
        with (
            f.loop(first, last) as channel,
            f.loop(0, p.columns // lanes) as column,
        ):
            source = f.add(f.mul(channel.index, p.b_strides[0]), f.mul(column.index, lanes))
            taps = [
                [
                    f.load(vector, f.offset(call.b, f.add(source, (i * TAPS + j) * tap), p.element))
                    for j in range(TAPS)
                ]
                for i in range(TAPS)
            ]
            panel, inside = split(f, column.index, self.width)
            row = f.mul(f.add(f.mul(channel.index, self.width), inside), lanes)
            target = f.offset(call.shared, f.add(f.mul(panel, panel_elements), row), p.element)
            self.kernel.store(f, target, applied_twice(f, FROM_TAPS, taps))

    def _make_ready(
        self, f: Function, call: Call, strip: Value, above: Value, patches: Value
    ) -> None:
        """Write the making ready of a strip's patches."""
        squares = Squares(
            PATCH, FROM_PATCH, self.strips.patches, self.strips.row, self.channels, self.patches
        )
        source = f.offset(call.a, self.strips.offset(f, strip), self.product.element)
        row = f.mul(above, self.strips.patches * self.channels)
        squares.make(f, source, f.offset(patches, row, self.product.element))

    def _finish(self, f: Function, call: Call, strip: Value, source: Value, results: Value) -> None:
        """Write the making of a strip of results, and their consumption."""
        p, written = self.product, call.written
        batch = f.mul(strip, RESULTS)
        stride = p.columns if written is None else written.stride
        if written is not None:
            offset = f.mul(batch, p.rows * stride)
            results = f.offset(written.c, offset, p.element)
        self._make_results(f, call, batch, source, results)
        if written is not None:
            return
        with f.loop(0, RESULTS) as below:
            address = f.offset(results, f.mul(below.index, p.rows * stride), p.element)
            zero, rows, columns = number(0), number(p.rows), number(p.columns)
            of_row = f.add(batch, below.index)
            call.finish(f, Tile(of_row, zero, rows, zero, columns, address, stride))

    def _make_results(
        self, f: Function, call: Call, batch: Value, source: Value, target: Value
    ) -> None:
        """Write the results of a strip: of each patch 2x2, for one vector of columns at a time."""
        p, written = self.product, call.written
        vector = ir.vector_of(p.element, self.lanes)
        stride = p.columns if written is None else written.stride
        with (
            f.loop(0, p.columns, self.lanes) as column,
            f.loop(0, self.strips.patches) as patch,
        ):
            at = f.add(f.mul(patch.index, p.columns), column.index)
            first = f.offset(source, at, p.element)
            square = self.products.square(f, first)
            right = f.mul(patch.index, RESULTS)
            to = f.offset(target, f.add(f.mul(right, stride), column.index), p.element)
            for i, row in enumerate(applied_twice(f, TO_RESULTS, square)):
                for j, value in enumerate(row):
                    if written is not None and written.begin is not None:
                        of_batch, of_row = written.begin_strides
                        below = times(f, f.add(batch, i), of_batch)
                        offset = f.add(below, times(f, f.add(right, j), of_row))
                        place = f.offset(written.begin, f.add(offset, column.index), p.element)
                        value = f.fadd(f.load(vector, place), value)
                    f.store(value, f.offset(to, (i * p.rows + j) * stride, p.element))


def filtering(product: Product, machine: Machine) -> Filtering | None:
    """Plan a convolution by minimal filtering, if it has 3x3 taps and enough of everything."""
    nested, lanes = product.nested, product.lanes(machine)
    if nested is None or not ir.is_float_type(product.element) or product.b_strides[1] != 1:
        return None
    strips = strips_of(nested.stack, product.rows)
    channels = product.a_strides[0]
    if strips is None or product.a_strides[1] != 1 or product.inner != TAPS**2 * channels:
        return None
    if nested.runs != ((TAPS, strips.row),) or product.run != TAPS * channels:
        return None
    if channels % lanes or product.columns % lanes:
        return None
    if strips.count * strips.patches < _FEWEST_PATCHES:
        return None
    if PRODUCTS * channels * product.columns * product.size > _KERNEL_BYTES:
        return None
    vectors = product.columns // lanes
    width = next(width for width in (4, 3, 2, 1) if vectors % width == 0)
    row_bytes = PRODUCTS * strips.patches * (channels + product.columns) * product.size
    most = max(min(_BLOCK_BYTES // row_bytes, strips.count // 32), 1)
    block = next(count for count in range(most, 0, -1) if strips.count % count == 0)
    return Filtering(product, lanes, strips, block, width, tallest_tile(machine, width))

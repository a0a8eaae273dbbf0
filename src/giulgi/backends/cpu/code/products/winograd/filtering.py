"""A convolution of 3x3 taps, forward or of what goes back to its input, by minimal filtering.

The kernel is transformed once for all workers. Then, for each block of patches::

    for strip in block:                        patches are made ready:  V = Bᵀ d B
    for place in 16:                           M[place] = V[place] @ U[place]
    for strip in block:                        results are finished:    Y = Aᵀ M A

A block is so small that V and M stay in the second level of the cache, beside the kernel. On cores
with 1 MB of it, blocks of 128 to 768 KB took up to 1.2 times as long as those of 384 KB.
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
    Written,
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
    are_taps,
    panel_width,
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

# There are at least so many blocks, as far as there are strips, to be shared evenly.
_BLOCKS = 32

# The kernel, transformed, may take so much: all of it is read for each block. And it takes so many
# patches to make its transformation pay.
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
        results = RESULTS * self.strips.width * self.product.columns
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
            operands = [
                (patches, self.patches), (call.shared, self.kernel), (products, self.products)
            ]  # fmt: skip
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
        strips = self.strips
        squares = Squares(
            PATCH, FROM_PATCH, strips.patches, strips.row, strips.column, self.patches
        )
        source = f.offset(call.a, self.strips.offset(f, strip), self.product.element)
        row = f.mul(above, self.strips.patches * self.channels)
        squares.make(f, source, f.offset(patches, row, self.product.element))

    def _finish(self, f: Function, call: Call, strip: Value, source: Value, results: Value) -> None:
        """Write the making of a strip of results, and their consumption."""
        p, written = self.product, call.written
        batch, first = self.strips.place(f, strip)
        if written is not None:
            offset = f.mul(f.add(f.mul(batch, p.rows), first), written.stride)
            place = f.offset(written.c, offset, p.element)
            added = self._added(f, written, batch, first)
            self._make_results(f, source, place, (p.rows * written.stride, written.stride), added)
            return
        row = self.strips.width * p.columns
        self._make_results(f, source, results, (row, p.columns), None)
        with f.loop(0, RESULTS) as below:
            address = f.offset(results, f.mul(below.index, row), p.element)
            zero, rows, columns = number(0), number(self.strips.width), number(p.columns)
            of_row = f.add(batch, below.index)
            call.finish(f, Tile(of_row, first, rows, zero, columns, address, p.columns))

    def _added(
        self, f: Function, written: Written, batch: Value, first: Value
    ) -> tuple[Value, tuple[int, int]] | None:
        """Write where what is added to a strip of results begins; None if nothing is."""
        if written.begin is None:
            return None
        of_batch, of_row = written.begin_strides
        offset = f.add(times(f, batch, of_batch), times(f, first, of_row))
        return f.offset(written.begin, offset, self.product.element), written.begin_strides

    def _make_results(
        self, f: Function, source: Value, target: Value, strides: tuple[int, int],
        added: tuple[Value, tuple[int, int]] | None,
    ) -> None:  # fmt: skip
        """Write the results of a strip: of each patch 2x2, for one vector of columns at a time.

        Args:
            f: the function that is written.
            source: the products of the strip's patches, of the first place.
            target: where the first result goes.
            strides: how far results are apart, down and across.
            added: the first element of what is added, and how far its elements are apart.
        """
        p = self.product
        vector = ir.vector_of(p.element, self.lanes)
        with (
            f.loop(0, p.columns, self.lanes) as column,
            f.loop(0, self.strips.patches) as patch,
        ):
            at = f.add(f.mul(patch.index, p.columns), column.index)
            square = self.products.square(f, f.offset(source, at, p.element))
            across = f.mul(patch.index, RESULTS)

            def place(first: Value, down: int, right: int, i: int, j: int) -> Value:
                above = f.add(times(f, f.add(across, j), right), i * down)
                return f.offset(first, f.add(above, column.index), p.element)

            for i, row in enumerate(applied_twice(f, TO_RESULTS, square)):
                for j, value in enumerate(row):
                    total = value
                    if added is not None:
                        begin, (down, right) = added
                        more = f.load(vector, place(begin, down, right, i, j))
                        total = f.fadd(more, value)
                    f.store(total, place(target, *strides, i, j))


def filtering(product: Product, machine: Machine) -> Filtering | None:
    """Plan a convolution by minimal filtering, if it has 3x3 taps and enough of everything."""
    nested, lanes = product.nested, product.lanes(machine)
    if nested is None or not ir.is_float_type(product.element) or product.b_strides[1] != 1:
        return None
    channels, rest = divmod(product.inner, TAPS**2)
    if rest or channels % lanes or product.columns % lanes or product.a_strides[1] != 1:
        return None
    if PRODUCTS * channels * product.columns * product.size > _KERNEL_BYTES:
        return None
    patch_bytes = PRODUCTS * (channels + product.columns) * product.size
    column = product.a_strides[0]
    strips = strips_of(nested.stack, product.rows, column, _BLOCK_BYTES // patch_bytes)
    if strips is None or not are_taps(nested.runs, product.run, strips, channels):
        return None
    if strips.count * strips.patches < _FEWEST_PATCHES:
        return None
    most = _BLOCK_BYTES // (patch_bytes * strips.patches)
    most = max(min(most, strips.count // _BLOCKS), 1)
    block = next(count for count in range(most, 0, -1) if strips.count % count == 0)
    width = panel_width(product.columns // lanes)
    return Filtering(product, lanes, strips, block, width, tallest_tile(machine, width))

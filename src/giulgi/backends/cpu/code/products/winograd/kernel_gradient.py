"""What goes back to a kernel of 3x3 taps, by minimal filtering.

The strips of all examples are cut into *chunks*, whose sums are kept apart. For each block of
strips of a chunk::

    for strip in block:                        V = Bᵀ d B,  D = A dY Aᵀ
    for place in 16:                           S[chunk][place] += V[place]ᵀ @ D[place]

and in the end, for each channel, the sums of all chunks are added, and dg = Gᵀ S G. The number of
chunks depends on sizes alone, so that the bits of the result do not depend on the workers.
"""

from __future__ import annotations

from dataclasses import dataclass

from giulgi.backends.cpu.code import ir
from giulgi.backends.cpu.code.ir import I64, Function, Value
from giulgi.backends.cpu.code.products.product import (
    Call,
    Plan,
    Product,
    Tile,
    ceil_div,
    number,
    share,
    smaller,
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
    FROM_RESULTS,
    PATCH,
    PRODUCTS,
    RESULTS,
    TAPS,
    TO_TAPS,
    applied_twice,
)
from giulgi.backends.cpu.machine.processor import Machine

# What a block may take of the second level of the cache, beside the sums of its chunk.
_BLOCK_BYTES = 448 * 1024

# The sums of all chunks are memory, too, and are written and read once more: so a chunk has so many
# patches at least (with 16 it took 1.2 times as long as tap by tap, for 128 channels). And there
# have to be enough chunks to be shared.
_SUMS_BYTES = 8 * 1024 * 1024
_CHUNK_PATCHES = 24
_MOST_CHUNKS, _FEWEST_CHUNKS = 16, 8


@dataclass(frozen=True)
class KernelGradient(Plan):
    """The gradient of a kernel by minimal filtering.

    Attributes:
        strips: where the patches are.
        block: the most strips of a block.
        chunks: the number of parts of all strips whose sums are kept apart.
        width: the number of vectors of a panel.
        tallest: the most rows of a tile.
    """

    strips: Strips
    block: int
    chunks: int
    width: int
    tallest: int

    @property
    def channels(self) -> int:
        """The number of channels."""
        return self.product.batches * self.product.rows // TAPS**2

    @property
    def chunk(self) -> int:
        """The number of strips of a chunk; the last may have fewer."""
        return ceil_div(self.strips.count, self.chunks)

    @property
    def patches(self) -> Matrices:
        """The patches of a block, made ready."""
        rows = self.block * self.strips.patches
        return Matrices(self.product.element, self.lanes, rows, self.channels)

    @property
    def results(self) -> Matrices:
        """The gradients of the results of a block, made ready."""
        rows = self.block * self.strips.patches
        return Matrices(self.product.element, self.lanes, rows, self.product.columns)

    @property
    def sums(self) -> Matrices:
        """The sums of a chunk."""
        return Matrices(self.product.element, self.lanes, self.channels, self.product.columns)

    @property
    def shared_bytes(self) -> int:
        """The size of the sums of all chunks."""
        return self.chunks * self.sums.elements * self.product.size

    @property
    def private_bytes(self) -> int:
        """The size of a block, and of the gradients of what one channel weighs."""
        made = TAPS**2 * self.product.columns
        return (self.patches.elements + self.results.elements + made) * self.product.size

    def describe(self) -> str:
        """Tell a person what will be done."""
        return (
            f"{self.title()}: the gradient of a kernel of 3x3 taps, by Winograd's minimal "
            f"filtering: a patch of 4x4 elements and the gradients of its 2x2 results take "
            f"{PRODUCTS} multiplications instead of 36, in {self.vector()}. They are made ready "
            f"for up to {self.patches.rows} patches at a time; the sums over all are made in "
            f"{self.chunks} parts, and those added."
        )

    def emit(self, f: Function, call: Call) -> None:
        """Write the code, which every worker is to execute."""
        first, last = share(f, self.chunks, call)
        with f.loop(first, last) as chunk:
            sums = f.mul(chunk.index, self.sums.elements)
            begin = times(f, chunk.index, self.chunk)
            end = smaller(f, f.add(begin, self.chunk), number(self.strips.count))
            with f.loop(begin, end, self.block) as block:
                stop = smaller(f, f.add(block.index, self.block), end)
                self._make_ready(f, call, block.index, stop)
                continued = f.convert("zext", f.icmp("ne", block.index, begin), I64)
                target = f.offset(call.shared, sums, self.product.element)
                self._multiply(f, call, f.sub(stop, block.index), target, continued)
        call.barrier(f)
        self._finish(f, call)

    def _make_ready(self, f: Function, call: Call, start: Value, stop: Value) -> None:
        """Write the making ready of a block, of strips from start to before stop."""
        p, strips = self.product, self.strips
        patches = Squares(
            PATCH, FROM_PATCH, strips.patches, strips.row, strips.column, self.patches
        )
        b_row, width = p.b_strides[0], strips.parts * strips.width
        results = Squares(RESULTS, FROM_RESULTS, strips.patches, width * b_row, b_row, self.results)
        with f.loop(start, stop) as strip:
            above = f.mul(f.sub(strip.index, start), strips.patches)
            source = f.offset(call.a, strips.offset(f, strip.index), p.element)
            patches.make(f, source, f.offset(call.private, f.mul(above, self.channels), p.element))
            row, column = strips.place(f, strip.index)
            step = f.add(f.mul(row, width), column)
            source = f.offset(call.b, f.mul(step, b_row), p.element)
            made = f.add(f.mul(above, p.columns), self.patches.elements)
            results.make(f, source, f.offset(call.private, made, p.element))

    def _multiply(
        self, f: Function, call: Call, strips: Value, sums: Value, continued: Value
    ) -> None:
        """Write the products of a block of so many strips, added to the sums of its chunk."""
        p = self.product
        panel_columns = self.width * self.lanes
        multiplied = Multiplied(
            a=(1, self.channels),
            rows=self.channels,
            columns=p.columns,
            b_row=p.columns,
            b_panel=panel_columns,
            tallest=self.tallest,
            width=self.width,
        )
        inner = f.mul(strips, self.strips.patches)
        results = f.offset(call.private, self.patches.elements, p.element)
        operands = [(call.private, self.patches), (results, self.results), (sums, self.sums)]
        multiplied.emit(f, operands, inner, continued)

    def _finish(self, f: Function, call: Call) -> None:
        """Write the gradients of what each channel weighs, and their consumption."""
        p, lanes = self.product, self.lanes
        made = self.patches.elements + self.results.elements
        target = f.offset(call.private, made, p.element)
        first, last = share(f, self.channels, call)
        with f.loop(first, last) as channel:
            with f.loop(0, p.columns, lanes) as column:
                at = f.add(f.mul(channel.index, p.columns), column.index)
                source = f.offset(call.shared, at, p.element)
                square = [
                    [self._added(f, source, i * PATCH + j) for j in range(PATCH)]
                    for i in range(PATCH)
                ]
                for i, values in enumerate(applied_twice(f, TO_TAPS, square)):
                    for j, value in enumerate(values):
                        place = f.add(column.index, (i * TAPS + j) * p.columns)
                        f.store(value, f.offset(target, place, p.element))
            with f.loop(0, TAPS**2) as tap:
                batch, row = self._place(f, tap.index, channel.index)
                address = f.offset(target, f.mul(tap.index, p.columns), p.element)
                one, zero, columns = number(1), number(0), number(p.columns)
                call.finish(f, Tile(batch, row, one, zero, columns, address, p.columns))

    def _place(self, f: Function, tap: Value, channel: Value) -> tuple[Value, Value]:
        """Write the product of the stack, and its row, of what goes back to a tap of a channel."""
        if self.product.rows == self.channels:
            return tap, channel
        down, across = split(f, tap, TAPS)
        return down, f.add(f.mul(across, self.channels), channel)

    def _added(self, f: Function, source: Value, place: int) -> Value:
        """Write the sum over all chunks of what they have in the matrix of a place."""
        p = self.product
        vector = ir.vector_of(p.element, self.lanes)
        first = self.sums.of(f, source, place)
        total = f.load(vector, first)
        with f.loop(1, self.chunks, carried=[total]) as chunk:
            part = f.offset(first, f.mul(chunk.index, self.sums.elements), p.element)
            chunk.carry(f.fadd(chunk.carried[0], f.load(vector, part)))
        return chunk.results[0]


def kernel_gradient(product: Product, machine: Machine) -> KernelGradient | None:
    """Plan the gradient of a kernel by minimal filtering, if it has 3x3 taps, and enough to sum."""
    nested, lanes = product.nested, product.lanes(machine)
    if nested is None or not ir.is_float_type(product.element) or product.b_strides[1] != 1:
        return None
    channels, rest = divmod(product.batches * product.rows, TAPS**2)
    if rest or channels % lanes or product.columns % lanes or product.a_strides[0] != 1:
        return None
    patch_bytes = PRODUCTS * (channels + product.columns) * product.size
    column = product.a_strides[1]
    strips = strips_of(nested.runs, product.run, column, _BLOCK_BYTES // patch_bytes)
    if strips is None or not are_taps(nested.stack, product.rows, strips, channels):
        return None
    sums = PRODUCTS * channels * product.columns * product.size
    enough = strips.count * strips.patches // _CHUNK_PATCHES
    most = min(_MOST_CHUNKS, _SUMS_BYTES // sums, strips.count, enough)
    chunk = ceil_div(strips.count, max(most, 1))
    chunks = ceil_div(strips.count, chunk)
    if chunks < _FEWEST_CHUNKS:
        return None
    fitting = max(min(_BLOCK_BYTES // (patch_bytes * strips.patches), chunk), 1)
    block = ceil_div(chunk, ceil_div(chunk, fitting))
    width = panel_width(product.columns // lanes)
    return KernelGradient(
        product, lanes, strips, block, chunks, width, tallest_tile(machine, width)
    )

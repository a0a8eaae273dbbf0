"""Products by tiles: which part of C is computed when, and where its operands come from.

The rows of C are cut into tiles of one or two heights, its columns into panels of a few vectors.
Some neighbouring panels are a *block* of columns, some neighbouring tiles a *group* of rows. For
each block, for each group, for each piece of the inner axis::

    for panel in block:
        for tile in group:
            C[tile, panel] += A[tile, piece] @ B[piece, panel]      (the micro-kernel)

so that a panel of B stays in the first level of the cache while the tiles of A pass by, and a block
of B in the second while the groups do (Goto & van de Geijn 2008). C[group, block] lies in private
scratch, which the second level holds, until it is finished; where nothing follows the product, C
itself is written. A is read where it is, unless it is a transposed matrix of many rows.

Work is shared by tiles. Each element of C is summed in the order of the inner axis by whoever has
it, so that its bits do not depend on the number of workers. Only where C is so small that it has
few tiles, and the inner axis is long, the axis is cut into *chunks* of a fixed length, whose
partial sums are added in their order.
"""

from __future__ import annotations

from dataclasses import dataclass

from giulgi.backends.cpu.code.ir import Function
from giulgi.backends.cpu.code.products.kernels import Ahead, Axes
from giulgi.backends.cpu.code.products.nest import Nest
from giulgi.backends.cpu.code.products.operands import Panels, Scratch
from giulgi.backends.cpu.code.products.product import (
    Call,
    Plan,
    ceil_div,
    counted,
)


@dataclass(frozen=True)
class Blocked(Plan):
    """A product by tiles.

    Attributes:
        copies_a: whether a group of tiles of A is copied before it is multiplied.
        b: how B is read.
        tiles: the number of tiles that the rows are cut into.
        group: the most tiles of a group.
        block: the number of panels of a block; the last block may have fewer.
        depth: the most steps of the inner axis between two visits to a tile: some of the outermost
            runs, or a part of one that goes into it.
        chunks: the number of parts of the inner axis whose sums are kept apart.
        ahead: what the micro-kernel fetches ahead.
    """

    copies_a: bool
    b: Panels
    tiles: int
    group: int
    block: int
    depth: int
    chunks: int
    ahead: Ahead

    @property
    def height(self) -> int:
        """The number of rows of a tall tile; there are tiles of one row less, too."""
        return ceil_div(self.product.rows, self.tiles)

    @property
    def tall(self) -> int:
        """The number of tall tiles; they come first."""
        return self.product.rows - self.tiles * (self.height - 1)

    @property
    def blocks(self) -> int:
        """The number of blocks of columns."""
        return ceil_div(self.b.count, self.block)

    @property
    def chunk(self) -> int:
        """The length of a chunk of the inner axis."""
        return ceil_div(ceil_div(self.product.inner, self.chunks), self.product.unit) * (
            self.product.unit
        )

    @property
    def kernel_runs(self) -> Axes:
        """The axes of the inner axis of A above the innermost, as far as a kernel sees them."""
        runs = self.product.runs
        return runs[1:] if self.depth < self.product.unit else runs

    @property
    def tile_stride(self) -> int:
        """The distance of rows of C in private scratch."""
        return self.block * self.b.panel_columns

    @property
    def partial_elements(self) -> int:
        """The number of elements of the partial sums of one chunk."""
        return self.product.batches * self.product.rows * self.partial_stride

    @property
    def partial_stride(self) -> int:
        """The distance of rows of partial sums."""
        return self.b.count * self.b.panel_columns

    @property
    def shared_bytes(self) -> int:
        """The size of packed panels and partial sums."""
        partial = self.chunks * self.partial_elements if self.chunks > 1 else 0
        return (self.b.shared_elements + partial) * self.product.size

    @property
    def tile_elements(self) -> int:
        """The number of elements of a group of tiles in a block."""
        return self.group * self.height * self.tile_stride

    @property
    def copied_elements(self) -> int:
        """The number of elements of a copy of a group of tiles of A."""
        return self.depth * self.a_strides[1] if self.copies_a else 0

    @property
    def a_strides(self) -> tuple[int, int]:
        """The distance of neighbours in A, or in its copy, along (rows, inner).

        Steps of a copy are whole vectors apart, and an odd number of them: so they are spread over
        the sets of the cache.
        """
        if not self.copies_a:
            return self.product.a_strides
        return 1, (ceil_div(self.group * self.height, self.lanes) | 1) * self.lanes

    @property
    def private_bytes(self) -> int:
        """The size of a group of C, a copy of one of A, and a block of B."""
        panels = self.block * self.b.panel_elements if self.packs_privately else 0
        if self.packs_pieces:
            panels = self.depth * self.b.panel_columns
        return (self.tile_elements + self.copied_elements + panels) * self.product.size

    @property
    def can_write(self) -> bool:
        """Whether tiles are finished at once, and none is wider than what is left of C."""
        is_whole = self.chunks == 1 and self.depth >= self.product.inner
        return is_whole and self.product.columns % self.b.panel_columns == 0

    @property
    def packs_privately(self) -> bool:
        """Whether each worker packs the blocks of B that it comes to."""
        return self.b.packed > 0 and self.b.scratch is Scratch.PRIVATE

    @property
    def packs_pieces(self) -> bool:
        """Whether each worker packs pieces of panels of B just before tiles need them."""
        return self.b.scratch is Scratch.PIECE

    def describe(self) -> str:
        """Tell a person what will be done."""
        b = self.b
        columns = min(b.panel_columns, self.product.columns)
        heights = f"{self.height}" + (f" or {self.height - 1}" if self.tall < self.tiles else "")
        said = [
            f"{self.title()}: the result is cut into {self.tiles} x {b.count} tiles of {heights} "
            f"rows by up to {counted(columns, 'columns')}, in {self.vector()}."
        ]
        if self.group * self.block > 1:
            said.append(
                f"Up to {self.group} x {self.block} tiles are done before others are begun."
            )
        if self.chunks > 1:
            said.append(
                f"The sums over the inner axis are made in {self.chunks} parts, and those added."
            )
        elif self.depth < self.product.inner:
            said.append(f"Each is visited several times, for {self.depth} of the inner axis.")
        first = "copied for a few tiles at a time" if self.copies_a else "read in place"
        if self.packs_pieces:
            second = "copied by each worker just before it is needed"
        elif b.packed == 0:
            second = "read in place"
        else:
            what = "copied" if b.first_packed == 0 else "read in place, its last columns copied"
            whom = "for each worker" if self.packs_privately else "once for all workers"
            second = f"{what} {whom}, in the order in which it is needed"
        said.append(f"The first factor is {first}, the second {second}.")
        return " ".join(said)

    def emit(self, f: Function, call: Call) -> None:
        """Write the code, which every worker is to execute."""
        if self.b.packed and self.b.scratch is Scratch.SHARED:
            self.b.pack_shared(f, call)
        Nest(self, f, call).emit()

"""The loops around the micro-kernel, in which a product by tiles is done; see ``blocked.py``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from giulgi.backends.cpu.code import ir
from giulgi.backends.cpu.code.ir import VOID, Function, Value
from giulgi.backends.cpu.code.products.kernels import Ahead, add, kernel
from giulgi.backends.cpu.code.products.packing import copy_runs
from giulgi.backends.cpu.code.products.product import (
    Call,
    Tile,
    number,
    segments,
    smaller,
    split,
    times,
)
from giulgi.memory import LINE_BYTES

if TYPE_CHECKING:
    from giulgi.backends.cpu.code.products.blocked import Blocked


class Nest:
    """The loops around the micro-kernel, while they are being written."""

    def __init__(self, plan: Blocked, f: Function, call: Call) -> None:
        self.plan = plan
        self.f = f
        self.call = call
        self.element = plan.product.element
        self.copy = self._after(call.private, plan.tile_elements)
        self.panels = self._after(self.copy, plan.copied_elements)
        self.partial = self._after(call.shared, plan.b.shared_elements)

    def emit(self) -> None:
        """Write everything."""
        plan, f = self.plan, self.f
        stack = plan.product.batches * plan.blocks
        with segments(f, self.call, plan.chunks * stack, plan.tiles) as (segment, start, stop):
            chunk, rest = split(f, segment, stack)
            batch, block = split(f, rest, plan.blocks)
            if plan.packs_privately:
                first, last = self._panels_of(block)
                plan.b.pack_private(f, self.call, self.panels, batch, first, last)
            with f.loop(start, stop, step=plan.group) as group:
                end = smaller(f, f.add(group.index, plan.group), stop)
                self._group(chunk, batch, block, group.index, end)
        if plan.chunks > 1:
            self.call.barrier(f)
            with segments(f, self.call, stack, plan.tiles) as (segment, start, stop):
                batch, block = split(f, segment, plan.blocks)
                with f.loop(start, stop, step=plan.group) as group:
                    end = smaller(f, f.add(group.index, plan.group), stop)
                    self._combine(batch, block, group.index, end)

    def _group(self, chunk: Value, batch: Value, block: Value, start: Value, stop: Value) -> None:
        """Write the computation of a group of tiles, from start to before stop, in a block."""
        plan, f = self.plan, self.f
        row = self._row(start)
        rows = f.sub(self._row(stop), row)
        target = self._target(chunk, batch, row, block)
        begin = times(f, chunk, plan.chunk)
        end = smaller(f, f.add(begin, plan.chunk), number(plan.product.inner))
        with f.loop(begin, end, step=plan.depth) as piece:
            depth = smaller(f, f.sub(end, piece.index), number(plan.depth))
            a = self._a(batch, row, piece.index)
            continued = f.convert("zext", f.icmp("ne", piece.index, begin), ir.I64)
            first, last = self._panels_of(block)
            if plan.copies_a:
                a = self._copied(a, rows, depth)
            with f.loop(first, last) as panel:
                place = f.sub(panel.index, first)
                b, b_stride = self._b(batch, place, panel.index, piece.index, depth)
                c = self._at(target, f.mul(place, plan.b.panel_columns))
                with f.loop(start, stop) as tile:
                    above = f.sub(self._row(tile.index), row)
                    there = self._at(a, times(f, above, plan.a_strides[0]))
                    here = self._at(c, f.mul(above, number(self._target_stride)))
                    number_of = (chunk, batch, block, place)
                    more = self._begin(batch, tile.index, panel.index)
                    if any(self._fetched):
                        more += self._ahead(number_of, tile.index, f.sub(piece.index, begin))
                    self._tile(tile.index, there, (b, b_stride), here, depth, continued, more)
        if plan.chunks == 1 and self.call.written is None:
            self._finish(batch, row, rows, block)

    def _b(
        self, batch: Value, place: Value, panel: Value, step: Value, depth: Value
    ) -> tuple[Value, Value]:
        """Write where a piece of a panel of B begins, and the distance of its rows."""
        plan, f = self.plan, self.f
        if plan.packs_pieces:
            plan.b.pack_piece(f, self.call, self.panels, (batch, panel, step), depth)
            return self.panels, number(plan.b.panel_columns)
        b, b_stride = plan.b.address(f, self.call, self.panels, batch, place, panel)
        return self._at(b, f.mul(b_stride, step)), b_stride

    def _tile(
        self, tile: Value, a: Value, b: tuple[Value, Value], c: Value, depth: Value,
        continued: Value, more: Sequence[Value],
    ) -> None:  # fmt: skip
        """Write the call of the micro-kernel of the tile's height."""
        plan, f = self.plan, self.f
        for condition, height in self._heights(tile):
            shape = height, plan.b.width
            name = kernel(
                f.module, self.element, plan.lanes, shape, plan.a_strides, self._target_stride,
                plan.kernel_runs, plan.product.run, self._fetched, self._begin_stride,
            )  # fmt: skip
            with f.when(condition):
                f.call(name, VOID, a, *b, c, depth, continued, *more)

    @property
    def _begin_stride(self) -> int | None:
        written = self.call.written
        return None if written is None or written.begin is None else written.begin_strides[1]

    def _begin(self, batch: Value, tile: Value, panel: Value) -> tuple[Value, ...]:
        """Write the address of what is added to a tile of a panel, if anything is."""
        written, f = self.call.written, self.f
        if written is None or written.begin is None:
            return ()
        of_batch, of_row = written.begin_strides
        offset = f.add(times(f, batch, of_batch), times(f, self._row(tile), of_row))
        offset = f.add(offset, f.mul(panel, self.plan.b.panel_columns))
        return (self._at(written.begin, offset),)

    @property
    def _fetched(self) -> Ahead:
        """What is fetched ahead, as far as it is known where it is."""
        ahead = self.plan.ahead
        return ahead if self.call.results else ahead._replace(results=0)

    def _ahead(
        self, where: Sequence[Value], tile: Value, done: Value
    ) -> tuple[Value, Value, Value]:
        """Write what is to be fetched while a tile is computed: of the next chunk, or product.

        Args:
            where: the chunk, the product of the stack, the block, and the panel in it.
            tile: the tile.
            done: how many steps of it were done before.
        """
        plan, p, f = self.plan, self.plan.product, self.f
        chunk, batch, block, panel = where
        if plan.chunks == 1:
            # The last run of the next product is what is new in it.
            begin = p.a_offset(f, f.add(batch, 1), number(p.inner - p.unit))
            row = times(f, self._row(tile), p.a_strides[0])
            a = self._at(self.call.a, f.add(begin, row))
            return a, self.call.b, self._results(batch, self._part(block, panel, tile))
        # Each tile of a chunk fetches a part of the next chunk.
        part = f.mul(batch, plan.blocks * plan.block * plan.tiles)
        part = f.add(part, self._part(block, panel, tile))
        step = f.mul(f.add(chunk, 1), plan.chunk)
        a = self._at(self.call.a, p.a_offset(f, number(0), step))
        b = self._at(self.call.b, f.mul(step, p.b_strides[0]))
        turns = f.mul(part, plan.chunk // p.run)
        if plan.depth < plan.chunk:
            turns = f.add(turns, split(f, done, p.run)[0])
        a, b = (
            f.offset(base, f.mul(turns, lines * LINE_BYTES), ir.I8)
            for base, lines in zip((a, b), plan.ahead[:2], strict=True)
        )
        return a, b, b

    def _part(self, block: Value, panel: Value, tile: Value) -> Value:
        """Write the number of a tile among all of a product."""
        plan, f = self.plan, self.f
        panel = f.add(times(f, block, plan.block), panel)
        return f.add(times(f, panel, plan.tiles), tile)

    def _results(self, batch: Value, part: Value) -> Value:
        """Write the place of what a tile's part of fetching results begins with."""
        results, f = self.call.results, self.f
        if results is None:
            return self.call.b
        own = f.mul(part, self._bytes_ahead(self.plan.ahead.results))
        return f.offset(results.address, f.add(f.mul(batch, results.bytes), own), ir.I8)

    def _bytes_ahead(self, lines: int) -> int:
        """Return how many bytes a tile fetches, if it is so many lines at each turn."""
        return lines * (self.plan.chunk // self.plan.product.run) * LINE_BYTES

    def _copied(self, a: Value, rows: Value, depth: Value) -> Value:
        """Write the copy of some steps of some rows of A; return where it is."""
        plan, f = self.plan, self.f
        name = copy_runs(f.module, self.element, plan.lanes)
        stride, copied = number(plan.product.a_strides[1]), number(plan.a_strides[1])
        f.call(name, VOID, a, stride, self.copy, copied, depth, rows)
        return self.copy

    def _heights(self, tile: Value) -> list[tuple[Value, int]]:
        """Write the conditions for a tile to be tall or not, with its height then."""
        plan, f = self.plan, self.f
        is_tall = f.icmp("slt", tile, plan.tall)
        if plan.tall == plan.tiles:
            return [(is_tall, plan.height)]
        return [(is_tall, plan.height), (f.xor(is_tall, 1), plan.height - 1)]

    def _combine(self, batch: Value, block: Value, start: Value, stop: Value) -> None:
        """Write the sum of all chunks of a group of tiles in a block."""
        plan, f = self.plan, self.f
        row = self._row(start)
        rows = f.sub(self._row(stop), row)
        source = self._partial(number(0), batch, row, block)
        vector = ir.vector_of(self.element, plan.lanes)
        first, last = self._panels_of(block)
        width = f.mul(f.sub(last, first), plan.b.panel_columns)
        with f.loop(0, rows) as i:
            from_ = self._at(source, f.mul(i.index, plan.partial_stride))
            to = self._at(self.call.private, f.mul(i.index, plan.tile_stride))
            with f.loop(0, width, step=plan.lanes) as j:
                at = self._at(from_, j.index)
                total = f.load(vector, at)
                with f.loop(1, plan.chunks, carried=[total]) as chunk:
                    part = self._at(at, f.mul(chunk.index, plan.partial_elements))
                    chunk.carry(add(f, chunk.carried[0], f.load(vector, part)))
                f.store(chunk.results[0], self._at(to, j.index))
        self._finish(batch, row, rows, block)

    def _finish(self, batch: Value, row: Value, rows: Value, block: Value) -> None:
        """Write the consumption of a group of tiles in a block."""
        plan, f = self.plan, self.f
        column = times(f, block, plan.tile_stride)
        left = f.sub(number(plan.product.columns), column)
        columns = smaller(f, left, number(plan.tile_stride))
        tile = Tile(batch, row, rows, column, columns, self.call.private, plan.tile_stride)
        self.call.finish(f, tile)

    def _row(self, tile: Value) -> Value:
        """Write the first row of a tile: tall ones are before it, then others."""
        plan, f = self.plan, self.f
        if plan.tall == plan.tiles:
            return f.mul(tile, plan.height)
        low = times(f, tile, plan.height - 1)
        return f.add(low, smaller(f, tile, number(plan.tall)))

    def _panels_of(self, block: Value) -> tuple[Value, Value]:
        """Write the first panel of a block, and the one behind its last."""
        first = times(self.f, block, self.plan.block)
        last = smaller(self.f, self.f.add(first, self.plan.block), number(self.plan.b.count))
        return first, last

    def _a(self, batch: Value, row: Value, step: Value) -> Value:
        """Write the address of an element of A."""
        p, f = self.plan.product, self.f
        offset = f.add(p.a_offset(f, batch, step), times(f, row, p.a_strides[0]))
        return self._at(self.call.a, offset)

    def _target(self, chunk: Value, batch: Value, row: Value, block: Value) -> Value:
        """Write the address where a group of tiles is stored."""
        plan, f = self.plan, self.f
        written = self.call.written
        if written is not None:
            above = f.add(times(f, batch, plan.product.rows), row)
            column = times(f, block, plan.tile_stride)
            return self._at(written.c, f.add(f.mul(above, written.stride), column))
        if plan.chunks > 1:
            return self._partial(chunk, batch, row, block)
        return self.call.private

    def _partial(self, chunk: Value, batch: Value, row: Value, block: Value) -> Value:
        """Write the address of the partial sums of a chunk."""
        plan, f = self.plan, self.f
        above = f.add(times(f, batch, plan.product.rows), row)
        offset = f.add(f.mul(above, plan.partial_stride), times(f, block, plan.tile_stride))
        return self._at(self.partial, f.add(offset, f.mul(chunk, plan.partial_elements)))

    @property
    def _target_stride(self) -> int:
        if self.call.written is not None:
            return self.call.written.stride
        return self.plan.partial_stride if self.plan.chunks > 1 else self.plan.tile_stride

    def _at(self, base: Value, index: Value) -> Value:
        return self.f.offset(base, index, self.element)

    def _after(self, base: Value, elements: int) -> Value:
        return self.f.offset(base, elements, self.element)

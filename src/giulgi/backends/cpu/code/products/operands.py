"""How the micro-kernel comes to B: where it is, or packed so that it suits the kernel."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from giulgi.backends.cpu.code.ir import VOID, Function, Value
from giulgi.backends.cpu.code.products import packing
from giulgi.backends.cpu.code.products.product import (
    Call,
    Product,
    ceil_div,
    larger,
    number,
    share,
    smaller,
    split,
    times,
)

# Rows of a panel that are packed by one worker at a time, if the panels alone are too few.
_SLICE = 64


class Scratch(Enum):
    """Which memory packed panels lie in."""

    SHARED = "shared"
    PRIVATE = "private"
    PIECE = "private, a piece at a time"


@dataclass(frozen=True)
class Panels:
    """B, cut into panels of a few vector columns.

    Attributes:
        product: the product.
        lanes: the number of elements in a vector.
        width: the number of vectors in a row of a panel.
        first_packed: panels from this one on are packed; those before are read in place.
        scratch: where they are packed to. All workers share the packing to shared memory, and it
            is done before anything else. Private panels are packed a block at a time, or each
            piece of a panel just before tiles need it.
    """

    product: Product
    lanes: int
    width: int
    first_packed: int
    scratch: Scratch

    @property
    def panel_columns(self) -> int:
        """The number of columns of a panel."""
        return self.lanes * self.width

    @property
    def count(self) -> int:
        """The number of panels."""
        return ceil_div(self.product.columns, self.panel_columns)

    @property
    def panel_elements(self) -> int:
        """The number of elements of a packed panel."""
        return self.product.inner * self.panel_columns

    @property
    def packed(self) -> int:
        """The number of panels of one B that are packed."""
        return self.count - self.first_packed

    @property
    def shared_elements(self) -> int:
        """The number of elements of shared scratch."""
        if self.scratch is not Scratch.SHARED:
            return 0
        return self._stack * self.packed * self.panel_elements

    @property
    def _stack(self) -> int:
        """The number of different B."""
        return self.product.batches if self.product.b_batch else 1

    def pack_shared(self, f: Function, call: Call) -> None:
        """Write the packing of everything that is packed, shared among the workers."""
        inner, few = self.product.inner, self._stack * self.packed < 64
        slices = max(inner // _SLICE, 1) if few else 1
        begin, end = share(f, self._stack * self.packed * slices, call)
        with f.loop(begin, end) as unit:
            which, piece = split(f, unit.index, slices)
            batch, place = split(f, which, self.packed)
            row = times(f, piece, _SLICE)
            is_last = f.icmp("eq", piece, slices - 1)
            depth = f.select(is_last, number(inner - (slices - 1) * _SLICE), number(_SLICE))
            offset = f.add(f.mul(which, self.panel_elements), f.mul(row, self.panel_columns))
            target = f.offset(call.shared, offset, self.product.element)
            panel = f.add(place, self.first_packed)
            self._pack(f, self._in_place(f, call, batch, panel, row), panel, target, depth)
        call.barrier(f)

    def pack_private(
        self, f: Function, call: Call, target: Value, batch: Value, first: Value, last: Value
    ) -> None:
        """Write the packing of those of some panels, from first to before last, that need it."""
        with f.loop(larger(f, first, number(self.first_packed)), last) as panel:
            offset = f.mul(f.sub(panel.index, first), self.panel_elements)
            source = self._in_place(f, call, batch, panel.index, number(0))
            to = f.offset(target, offset, self.product.element)
            self._pack(f, source, panel.index, to, number(self.product.inner))

    def pack_piece(
        self, f: Function, call: Call, target: Value, place: tuple[Value, Value, Value],
        depth: Value,
    ) -> None:  # fmt: skip
        """Write the packing of some rows of a panel.

        Args:
            f: the function that is written.
            call: operands and scratch.
            target: where they are packed to.
            place: the product of the stack, the panel, and the first row.
            depth: the number of rows.
        """
        batch, panel, row = place
        self._pack(f, self._in_place(f, call, batch, panel, row), panel, target, depth)

    def address(
        self, f: Function, call: Call, private: Value, batch: Value, place: Value, panel: Value
    ) -> tuple[Value, Value]:
        """Write where a panel begins, and the distance of its rows.

        Args:
            f: the function that is written.
            call: operands and scratch.
            private: where private panels are.
            batch: the product of the stack.
            place: the place of the panel among those that are packed privately.
            panel: the panel.
        """
        in_place = self._in_place(f, call, batch, panel, number(0))
        row_stride = number(self.product.b_strides[0])
        if self.first_packed == self.count:
            return in_place, row_stride
        if self.scratch is Scratch.PRIVATE:
            base, slot = private, place
        else:
            which = batch if self._stack > 1 else number(0)
            base = call.shared
            slot = f.add(times(f, which, self.packed), f.sub(panel, self.first_packed))
        packed = f.offset(base, f.mul(slot, self.panel_elements), self.product.element)
        packed_stride = number(self.panel_columns)
        if self.first_packed == 0:
            return packed, packed_stride
        stays = f.icmp("slt", panel, self.first_packed)
        return f.select(stays, in_place, packed), f.select(stays, row_stride, packed_stride)

    def _in_place(self, f: Function, call: Call, batch: Value, panel: Value, row: Value) -> Value:
        p = self.product
        offset = f.add(times(f, batch, p.b_batch), times(f, row, p.b_strides[0]))
        offset = f.add(offset, times(f, panel, self.panel_columns * p.b_strides[1]))
        return f.offset(call.b, offset, p.element)

    def _pack(self, f: Function, source: Value, panel: Value, target: Value, depth: Value) -> None:
        """Write the packing of one panel, or of some rows of it."""
        row_stride, column_stride = self.product.b_strides
        if column_stride == 1 or self.product.columns == 1:
            self._pack_rows(f, source, panel, target, depth)
            return
        whole, lanes = number(self.panel_columns), number(self.lanes)
        left = f.sub(number(self.product.columns), f.mul(panel, self.panel_columns))
        if row_stride != 1:
            name = packing.gather(f.module, self.product.element)
            valid = smaller(f, left, whole)
            strides = number(row_stride), number(column_stride)
            f.call(name, VOID, source, *strides, target, whole, depth, whole, valid)
            return
        name = packing.pack_columns(f.module, self.product.element, self.lanes, self.product.inner)
        for column in range(self.width):
            # A vector without a single column takes the last one there is.
            shift = smaller(f, number(column * self.lanes), f.sub(left, 1))
            start = f.offset(source, f.mul(shift, column_stride), self.product.element)
            valid = smaller(f, f.sub(left, shift), lanes)
            to = f.offset(target, column * self.lanes, self.product.element)
            f.call(name, VOID, start, number(column_stride), to, whole, depth, valid)

    def _pack_rows(
        self, f: Function, source: Value, panel: Value, target: Value, depth: Value
    ) -> None:
        """Write the packing of a panel whose rows are contiguous; the last one may be narrower."""
        rest = self.product.columns - (self.count - 1) * self.panel_columns
        is_last = f.icmp("eq", panel, self.count - 1)
        cases = [(is_last, rest)]
        if self.packed > 1:
            cases.append((f.xor(is_last, 1), self.panel_columns))
        for condition, valid in cases:
            name = packing.pack_rows(f.module, self.product.element, self.lanes, self.width, valid)
            with f.when(condition):
                f.call(name, VOID, source, number(self.product.b_strides[0]), target, depth)

"""Elements in memory: read and written a vector at a time, by strides or by places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from giulgi.backends.cpu.code import scalars
from giulgi.backends.cpu.code.ir import (
    I1,
    I64,
    PTR,
    Function,
    Value,
    constant,
    constant_vector,
    vector_of,
)
from giulgi.graph.dtypes import DType


@dataclass(eq=False)
class Ref:
    """A value in memory that a stage reads or writes.

    Attributes:
        base: the address of its first element.
        dtype: its dtype.
        strides: its strides along the axes of the loops.
        row: the address of the first element of the row that the loops are in.
        scalar: its value, where it is one for the whole row.
    """

    base: Value
    dtype: DType
    strides: list[int]
    row: Value | None = None
    scalar: Value | None = None

    @property
    def element(self) -> str:
        """The type of an element in memory."""
        return scalars.memory_type(self.dtype)


@dataclass(frozen=True)
class Picked:
    """What an operation reads at places that are values: y[...] = x[..., places[...], ...].

    Attributes:
        source: x, with stride 0 along the axis of places.
        places: the places.
        stride: the stride of x along the axis.
        size: the size of x along the axis.
        signed: whether a place may count from the end.
    """

    source: Ref
    places: Ref
    stride: int
    size: int
    signed: bool


@dataclass(frozen=True)
class Lanes:
    """Where the loops are: at so many elements from a column on.

    Attributes:
        column: the first element's place along the last axis.
        count: how many elements a vector holds.
        mask: which of them are there; None: all.
    """

    column: Value
    count: int
    mask: Value | None = None


def load(f: Function, ref: Ref, lanes: Lanes) -> Value:
    """Read some elements of the row that the loops are in."""
    if ref.scalar is not None:
        return f.splat(ref.scalar, lanes.count)
    assert ref.row is not None
    stride = ref.strides[-1]
    type_ = vector_of(ref.element, lanes.count)
    if lanes.count > 1 and stride != 1:
        places = f.mul(counted(f, lanes), stride)
        loaded = load_scattered(f, ref, ref.row, places, lanes)
    else:
        address = f.offset(ref.row, f.mul(lanes.column, stride), ref.element)
        if lanes.mask is None:
            loaded = f.load(type_, address)
        else:
            loaded = f.masked_load(type_, address, lanes.mask, constant(type_, 0))
    return scalars.from_memory(f, loaded, ref.dtype)


def load_scattered(f: Function, ref: Ref, base: Value, places: Value, lanes: Lanes) -> Value:
    """Read from places, counted in elements from a base, that differ in each lane."""
    pointers = vector_of(PTR, lanes.count)
    addresses = f.emit(pointers, f"getelementptr inbounds {ref.element}, {base}, {places}")
    mask = lanes.mask or constant(vector_of(I1, lanes.count), True)
    return f.gather(ref.element, addresses, mask)


def store(f: Function, ref: Ref, value: Value, lanes: Lanes) -> None:
    """Write some elements of the row that the loops are in."""
    assert ref.row is not None
    stride = ref.strides[-1] if ref.strides else 0
    if lanes.count > 1 and stride != 1:
        places = f.mul(counted(f, lanes), stride)
        pointers = vector_of(PTR, lanes.count)
        text = f"getelementptr inbounds {ref.element}, {ref.row}, {places}"
        mask = lanes.mask or constant(vector_of(I1, lanes.count), True)
        f.scatter(value, f.emit(pointers, text), mask)
        return
    address = f.offset(ref.row, f.mul(lanes.column, stride), ref.element)
    if lanes.mask is None:
        f.store(value, address)
    else:
        f.masked_store(value, address, lanes.mask)


def counted(f: Function, lanes: Lanes) -> Value:
    """Return the place along the last axis of each lane."""
    if lanes.count == 1:
        return lanes.column
    return f.add(f.splat(lanes.column, lanes.count), constant_vector(I64, range(lanes.count)))


def lane_mask(f: Function, column: Value, stop: Value, count: int) -> Value:
    """Return which of so many lanes from a column on lie before a stop."""
    left = f.sub(stop, column)
    return f.icmp("sgt", f.splat(left, count), constant_vector(I64, range(count)))


def dot(f: Function, indices: Sequence[Value], strides: Sequence[int]) -> Value:
    """Return the sum of index * stride: how far, in elements, a place is from the first."""
    total: Value | None = None
    for index, stride in zip(indices, strides, strict=True):
        if stride:
            part = f.mul(index, stride)
            total = part if total is None else f.add(total, part)
    return constant(I64, 0) if total is None else total

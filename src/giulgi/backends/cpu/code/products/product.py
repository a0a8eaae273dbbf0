"""What is to be multiplied, how a plan says it will be done, and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod

from giulgi.backends.cpu.code import ir
from giulgi.backends.cpu.code.ir import I64, Function, Value
from giulgi.backends.cpu.code.products.kernels import Axes
from giulgi.backends.cpu.machine.processor import Machine

# More lanes than this make networks of shuffles long to compile; only small integers have more.
_MOST_LANES = 16


@dataclass(frozen=True)
class Nested:
    """How A lies where it is no matrix in memory: its axes are several axes of an array each.

    So it is with what windows see of an array. They overlap, and an element of the array may be in
    several places of A. Each axis is told by the number of its places and the distance of
    neighbours, in elements, outermost first.

    Attributes:
        stack: the axes along which the products are stacked.
        runs: the axes of the inner axis of A above the innermost, which is told by ``a_strides``.
    """

    stack: Axes
    runs: Axes


@dataclass(frozen=True)
class Product:
    """A stack of matrix products: C[i, j] = sum over k of A[i, k] * B[k, j].

    Attributes:
        rows: the number of rows of A and C.
        inner: the number of columns of A and of rows of B, at least 1.
        columns: the number of columns of B and C.
        element: the type of an element; integers wrap around.
        a_strides: the distance of neighbours in A, in elements, along (rows, inner).
        b_strides: the distance of neighbours in B, in elements, along (inner, columns).
        batches: the number of products in the stack.
        a_batch: the distance of one A to the next, in elements; 0 if they share it.
        b_batch: the distance of one B to the next, in elements; 0 if they share it.
        nested: how A lies, if it is no matrix; then ``a_batch`` means nothing, and ``b_batch`` is
            0.
    """

    rows: int
    inner: int
    columns: int
    element: str
    a_strides: tuple[int, int]
    b_strides: tuple[int, int]
    batches: int = 1
    a_batch: int = 0
    b_batch: int = 0
    nested: Nested | None = None

    @property
    def runs(self) -> Axes:
        """The axes of the inner axis of A above the innermost."""
        return self.nested.runs if self.nested else ()

    @property
    def run(self) -> int:
        """The number of steps of the innermost axis of A."""
        return self.inner // prod(count for count, _ in self.runs)

    @property
    def unit(self) -> int:
        """The number of steps of the inner axis that are not parted: of its outermost run."""
        return self.inner // self.runs[0][0] if self.runs else 1

    def a_offset(self, f: Function, batch: Value, step: Value) -> Value:
        """Write how far a step of the inner axis in a product's A is from the first of all.

        Args:
            f: the function that is written.
            batch: the product of the stack.
            step: the step; with runs, the first of one of the second outermost.
        """
        if self.nested is None:
            offset = times(f, batch, self.a_batch)
            return f.add(offset, times(f, step, self.a_strides[1]))
        offset = number(0)
        for count, distance in reversed(self.nested.stack):
            batch, place = split(f, batch, count)
            offset = f.add(offset, times(f, place, distance))
        if self.runs:
            place, rest = split(f, step, self.unit)
            offset = f.add(offset, times(f, place, self.runs[0][1]))
            if len(self.runs) == 1:
                return offset
            inside = split(f, rest, self.unit // self.runs[1][0])[0]
            return f.add(offset, times(f, inside, self.runs[1][1]))
        return f.add(offset, times(f, step, self.a_strides[1]))

    @property
    def size(self) -> int:
        """The number of bytes of an element."""
        return max(ir.bits_of(self.element) // 8, 1)

    @property
    def multiplications(self) -> int:
        """The number of multiply-adds of the whole stack."""
        return self.batches * self.rows * self.inner * self.columns

    def lanes(self, machine: Machine) -> int:
        """The number of elements in a vector."""
        return min(machine.lanes(self.size), _MOST_LANES)


@dataclass(frozen=True)
class Tile:
    """A finished part of C, to be consumed.

    Attributes:
        batch: which product of the stack it belongs to.
        row: its first row in C.
        rows: the number of its rows.
        column: its first column in C.
        columns: the number of its columns: a whole number of vectors, unless C ends with them.
        address: its first element; it lies in private scratch, row by row.
        stride: the distance of its rows, in elements. Where it is more than ``columns``, what lies
            between is room that may be read and written, up to whole vectors.
    """

    batch: Value
    row: Value
    rows: Value
    column: Value
    columns: Value
    address: Value
    stride: int


@dataclass(frozen=True)
class Written:
    """Where C itself is written, if it is all that is wanted, or its sum with something else.

    Attributes:
        c: its first element. Products of a stack follow each other.
        stride: the distance of its rows, in elements.
        begin: the first element of what is added, if anything is.
        begin_strides: the distances of neighbours in it, along (the stack, rows); in a row they
            follow each other.
    """

    c: Value
    stride: int
    begin: Value | None = None
    begin_strides: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Results:
    """Where what is made of C is written, so that it can be fetched before.

    Attributes:
        address: the first byte.
        bytes: how many are written for each product of the stack, one behind the other.
    """

    address: Value
    bytes: int


@dataclass(frozen=True)
class Call:
    """What the code of a product is given: operands, scratch, and who executes it.

    Attributes:
        a: the first element of A.
        b: the first element of B.
        shared: scratch memory that all workers see.
        private: scratch memory of this worker alone.
        worker: which worker executes the code.
        workers: how many there are.
        barrier: writes code that waits until all workers have come to it.
        finish: writes code that consumes a tile; it is called once, unless C itself is written.
        written: where C itself is written: then no tile is consumed. Only plans that ``can_write``
            are given it.
        results: where what is made of C is written, as far as it is known.
    """

    a: Value
    b: Value
    shared: Value
    private: Value
    worker: Value
    workers: Value
    barrier: Callable[[Function], None]
    finish: Callable[[Function, Tile], None]
    written: Written | None = None
    results: Results | None = None


@dataclass(frozen=True)
class Plan:
    """How a product will be computed.

    Attributes:
        product: the product.
        lanes: the number of elements in a vector.
    """

    product: Product
    lanes: int

    @property
    def shared_bytes(self) -> int:
        """The size of the scratch memory that the workers share."""
        return 0

    @property
    def private_bytes(self) -> int:
        """The size of the scratch memory of each worker."""
        raise NotImplementedError

    @property
    def can_write(self) -> bool:
        """Whether it can write C in its place, instead of tiles to be consumed."""
        return False

    def describe(self) -> str:
        """Tell a person what will be done."""
        raise NotImplementedError

    def emit(self, f: Function, call: Call) -> None:
        """Write the code, which every worker is to execute."""
        raise NotImplementedError

    def title(self) -> str:
        """Return the sizes of the product, to begin a description with."""
        p = self.product
        stack = f"{p.batches} times " if p.batches > 1 else ""
        whole = f"integers of {ir.bits_of(p.element)} bits"
        element = {ir.F32: "float32", ir.F64: "float64"}.get(p.element, whole)
        return f"{stack}{p.rows}x{p.inner} @ {p.inner}x{p.columns} of {element}"

    def vector(self) -> str:
        """Return what is computed at once, for a description."""
        return f"vectors of {self.lanes} numbers" if self.lanes > 1 else "single numbers"


def number(value: int) -> Value:
    """Return a constant for counting and addressing."""
    return ir.constant(I64, value)


def ceil_div(a: int, b: int) -> int:
    """Return a / b rounded up."""
    return -(-a // b)


def share(f: Function, units: int, call: Call) -> tuple[Value, Value]:
    """Write which units of work are this worker's: from the first up to, not including, the last.

    Shares are contiguous and differ by at most one unit.
    """

    def bound(worker: Value) -> Value:
        return f.binary("udiv", f.mul(worker, number(units)), call.workers)

    return bound(call.worker), bound(f.add(call.worker, 1))


@contextmanager
def segments(
    f: Function, call: Call, count: int, units: int
) -> Iterator[tuple[Value, Value, Value]]:
    """Write a loop over segments, of so many units of work each, of which a worker has a share.

    Yields:
        The segment, the worker's first unit in it, and the one behind its last.
    """
    begin, end = share(f, count * units, call)
    first = f.binary("udiv", begin, number(units))
    last = f.binary("udiv", f.add(end, units - 1), number(units))
    with f.loop(first, last) as segment:
        skipped = f.mul(segment.index, units)
        start = larger(f, f.sub(begin, skipped), number(0))
        stop = smaller(f, f.sub(end, skipped), number(units))
        yield segment.index, start, stop


def split(f: Function, index: Value, count: int) -> tuple[Value, Value]:
    """Write the quotient and the remainder of an index by a constant count."""
    if count == 1:
        return index, number(0)
    divisor = number(count)
    return f.binary("udiv", index, divisor), f.binary("urem", index, divisor)


def smaller(f: Function, a: Value, b: Value) -> Value:
    """Write min(a, b)."""
    return f.intrinsic("smin", a, b)


def larger(f: Function, a: Value, b: Value) -> Value:
    """Write max(a, b)."""
    return f.intrinsic("smax", a, b)


def times(f: Function, a: Value, count: int) -> Value:
    """Write a * count, which is nothing to be computed for 0 and 1."""
    return number(0) if count == 0 else f.mul(a, count)


def counted(count: int, things: str) -> str:
    """Return a number of things, as one says it."""
    return f"{count} {things.removesuffix('s') if count == 1 else things}"

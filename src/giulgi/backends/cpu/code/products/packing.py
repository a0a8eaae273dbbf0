"""Copies of parts of an operand, laid out so that the micro-kernel runs through them in order.

A *panel* is ``inner`` rows of a few whole vectors: the columns of B that one tile multiplies. It
is read from the first byte to the last, once per tile of rows, by the kernel. So it lies in few
pages, its cache lines do not compete for the same sets of the cache, and the processor's prefetcher
sees one plain stream. Columns beyond the matrix are filled up, with what does not matter, but never
with what happens to lie in memory: sums of denormal numbers would be slow.
"""

from __future__ import annotations

from collections.abc import Sequence

from giulgi.backends.cpu.code import ir
from giulgi.backends.cpu.code.elements import lane_mask
from giulgi.backends.cpu.code.ir import I1, I64, PTR, Function, Module, Value
from giulgi.backends.cpu.code.products.product import number, smaller


def load_first(f: Function, type_: str, address: Value, count: int, element: str) -> Value:
    """Read the first lanes of a vector; the others are zeros."""
    lanes = ir.lanes_of(type_)
    if count >= lanes:
        return f.load(type_, address)
    if count == 1:
        zeros = ir.constant(type_, 0)
        return f.insert(zeros, 0, f.load(element, address))
    mask = ir.constant_vector(I1, [lane < count for lane in range(lanes)])
    return f.masked_load(type_, address, mask, ir.constant(type_, 0))


def pack_rows(module: Module, element: str, lanes: int, width: int, valid: int) -> str:
    """Write the copy of rows of a panel, unless the module has it, and return its name.

    It is called with ``(source, stride, target, depth)``: depth rows, which are stride elements
    apart, are copied to rows of ``width`` vectors, one directly after the other.

    Args:
        module: where the function is put.
        element: the type of an element.
        lanes: the number of elements in a vector.
        width: the number of vectors in a row of the panel.
        valid: the number of elements that a row has; the others become zeros.
    """
    name = f"pack_rows_{element}x{lanes}_{width}_{valid}"
    if name in module.functions:
        return name
    parameters = [(PTR, "source"), (I64, "stride"), (PTR, "target"), (I64, "depth")]
    f = module.function(name, parameters)
    source, stride, target, depth = f.parameters
    vector = ir.vector_of(element, lanes)
    with f.loop(0, depth, carried=[source, target]) as row:
        from_, to = row.carried
        for column in range(width):
            at, count = column * lanes, valid - column * lanes
            if count > 0:
                loaded = load_first(f, vector, f.offset(from_, at, element), count, element)
            else:
                loaded = ir.constant(vector, 0)
            f.store(loaded, f.offset(to, at, element))
        row.carry(f.offset(from_, stride, element), f.offset(to, width * lanes, element))
    f.ret()
    return name


def copy_runs(module: Module, element: str, lanes: int) -> str:
    """Write the copy of contiguous runs, unless the module has it, and return its name.

    It is called with ``(source, source_stride, target, target_stride, runs, length)``: so many runs
    of a length in elements, which begin at distances of the strides.
    """
    name = f"copy_runs_{element}x{lanes}"
    if name in module.functions:
        return name
    arguments = ["source", "source_stride", "target", "target_stride", "runs", "length"]
    types = [PTR, I64, PTR, I64, I64, I64]
    f = module.function(name, list(zip(types, arguments, strict=True)))
    source, source_stride, target, target_stride, runs, length = f.parameters
    vector = ir.vector_of(element, lanes)
    with f.loop(0, runs, carried=[source, target]) as run:
        from_, to = run.carried
        with f.loop(0, length, step=lanes) as at:
            mask = lane_mask(f, at.index, length, lanes)
            zeros = ir.constant(vector, 0)
            loaded = f.masked_load(vector, f.offset(from_, at.index, element), mask, zeros)
            f.store(loaded, f.offset(to, at.index, element))
        run.carry(f.offset(from_, source_stride, element), f.offset(to, target_stride, element))
    f.ret()
    return name


def transposed(f: Function, rows: Sequence[Value]) -> list[Value]:
    """Write the transposition of a square of vectors in registers.

    Each of log2(n) rounds zips the vectors of the first half with those of the second::

        (a0 a1 ..), (b0 b1 ..)  ->  (a0 b0 a1 b1 ..)

    A round moves element (i, j), whose place has the bits i : j, by one bit to the left, in a
    circle; after as many rounds as i has bits it is at j : i.
    """
    count = len(rows)
    low = [place + half for place in range(count // 2) for half in (0, count)]
    high = [place + count // 2 for place in low]
    for _ in range(count.bit_length() - 1):
        pairs = list(zip(rows[: count // 2], rows[count // 2 :], strict=True))
        rows = [f.shuffle(a, b, places) for a, b in pairs for places in (low, high)]
    return list(rows)


def pack_columns(module: Module, element: str, lanes: int, inner: int) -> str:
    """Write the transposing copy to one vector column of a panel, unless the module has it.

    It is called with ``(source, stride, target, target_stride, depth, valid)``: the source has
    ``lanes`` columns that are stride elements apart, of which ``valid`` (at least 1) exist; each is
    contiguous along the inner axis and depth long. The target's rows are target_stride apart.

    Squares of lanes x lanes are transposed in registers. The last one is moved back so that it ends
    with the column: what is written twice is written equal.

    Args:
        module: where the function is put.
        element: the type of an element.
        lanes: the number of elements in a vector.
        inner: the length of the inner axis. Depth must be at least ``lanes``, if inner is;
            else it must be equal to inner.
    """
    count = min(inner, lanes)
    name = f"pack_columns_{element}x{lanes}_{count}"
    if name in module.functions:
        return name
    arguments = ["source", "stride", "target", "target_stride", "depth", "valid"]
    types = [PTR, I64, PTR, I64, I64, I64]
    f = module.function(name, list(zip(types, arguments, strict=True)))
    source, stride, target, target_stride, depth, valid = f.parameters
    vector = ir.vector_of(element, lanes)
    last = f.sub(valid, 1)
    starts = [
        f.offset(source, f.mul(smaller(f, number(lane), last), stride), element)
        for lane in range(lanes)
    ]
    with f.loop(0, depth, step=lanes) as square:
        at = smaller(f, square.index, f.sub(depth, count))
        rows = [
            load_first(f, vector, f.offset(start, at, element), count, element) for start in starts
        ]
        to = f.offset(target, f.mul(at, target_stride), element)
        for k, column in enumerate(transposed(f, rows)[:count]):
            f.store(column, f.offset(to, f.mul(target_stride, k), element))
    f.ret()
    return name


def gather(module: Module, element: str) -> str:
    """Write the copy of a matrix of any strides, one by one, unless the module has it.

    It is called with ``(source, row_stride, column_stride, target, target_stride, rows, columns,
    valid)``. The columns from valid on are copies of the last one before.
    """
    name = f"gather_{element}"
    if name in module.functions:
        return name
    arguments = ["source", "row_stride", "column_stride", "target", "target_stride"]
    arguments += ["rows", "columns", "valid"]
    types = [PTR, I64, I64, PTR, I64, I64, I64, I64]
    f = module.function(name, list(zip(types, arguments, strict=True)))
    source, row_stride, column_stride, target, target_stride, rows, columns, valid = f.parameters
    last = f.sub(valid, 1)
    with f.loop(0, rows, carried=[source, target]) as row:
        from_, to = row.carried
        with f.loop(0, columns) as column:
            at = f.mul(smaller(f, column.index, last), column_stride)
            f.store(
                f.load(element, f.offset(from_, at, element)), f.offset(to, column.index, element)
            )
        row.carry(f.offset(from_, row_stride, element), f.offset(to, target_stride, element))
    f.ret()
    return name

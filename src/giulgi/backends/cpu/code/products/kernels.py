"""The micro-kernel: a tile of the result that lives in registers while the inner axis runs by.

A tile has ``height`` rows and ``width`` vectors of columns. At each step of the inner axis it adds
the outer product of a column of A and a row of B::

    C[i, :] += A[i, k] * B[k, :]        for i in range(height), k in range(depth)

An element of A is broadcast from memory, a row of B is loaded as whole vectors, and nothing of C
touches memory before the end. This is the kernel of Goto & van de Geijn, "Anatomy of
High-Performance Matrix Multiplication" (2008); what surrounds it is in ``blocked.py``.

The order of summation is that of k, and nothing else: a tile of another shape gives the same bits.
"""

from __future__ import annotations

from giulgi.backends.cpu.code import ir
from giulgi.backends.cpu.code.ir import I64, PTR, Function, Module, Value


def multiply_add(f: Function, a: Value, b: Value, c: Value) -> Value:
    """Return a * b + c lane by lane; integers wrap around."""
    if ir.is_float_type(a.type):
        return f.fma(a, b, c)
    return f.add(f.mul(a, b), c)


def add(f: Function, a: Value, b: Value) -> Value:
    """Return a + b lane by lane; integers wrap around."""
    return f.fadd(a, b) if ir.is_float_type(a.type) else f.add(a, b)


def kernel(
    module: Module, element: str, lanes: int, height: int, width: int, *, along_rows: bool
) -> str:
    """Write the micro-kernel of a tile shape, unless the module has it, and return its name.

    It is called with ``(a, a_stride, b, b_stride, c, c_stride, depth, continued)``:

    - a: the tile's first element of A. One of A's strides is 1: that along rows, or that along the
      inner axis. ``a_stride`` is the other one, in elements as all strides here.
    - b: the tile's first element of B, whose rows of whole vectors are ``b_stride`` apart.
    - c: where the tile is stored, in rows that are ``c_stride`` apart.
    - depth: the number of steps of the inner axis, at least 1.
    - continued: 1 if the tile goes on from what c holds, 0 if it begins with zeros.

    Args:
        module: where the kernel is put.
        element: the type of an element.
        lanes: the number of elements in a vector.
        height: the number of rows.
        width: the number of vectors in a row.
        along_rows: whether A has unit stride along its rows' axis (A is a transposed matrix).
    """
    name = f"tile_{element}x{lanes}_{height}x{width}{'_t' if along_rows else ''}"
    if name in module.functions:
        return name
    arguments = ["a", "a_stride", "b", "b_stride", "c", "c_stride", "depth", "continued"]
    types = [PTR if len(argument) == 1 else I64 for argument in arguments]
    f = module.function(name, list(zip(types, arguments, strict=True)))
    a, a_stride, b, b_stride, c, c_stride, depth, continued = f.parameters
    vector = ir.vector_of(element, lanes)
    places = [
        f.offset(f.offset(c, f.mul(c_stride, row), element), column * lanes, element)
        for row in range(height)
        for column in range(width)
    ]
    zeros = [ir.constant(vector, 0)] * len(places)
    # A loop of one round or none: the sums so far, where there are any.
    with f.loop(0, continued, carried=zeros) as before:
        before.carry(*(f.load(vector, place) for place in places))
    with f.loop(0, depth, carried=[a, b, *before.results]) as step:
        a_now, b_now, *sums = step.carried
        b_row = [
            f.load(vector, f.offset(b_now, column * lanes, element)) for column in range(width)
        ]
        for row in range(height):
            place = f.offset(a_now, row if along_rows else f.mul(a_stride, row), element)
            factor = f.splat(f.load(element, place), lanes)
            for column in range(width):
                at = row * width + column
                sums[at] = multiply_add(f, factor, b_row[column], sums[at])
        a_next = f.offset(a_now, a_stride if along_rows else 1, element)
        step.carry(a_next, f.offset(b_now, b_stride, element), *sums)
    for place, total in zip(places, step.results[2:], strict=True):
        f.store(total, place)
    f.ret()
    return name

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
    module: Module,
    element: str,
    lanes: int,
    shape: tuple[int, int],
    a_strides: tuple[int, int],
    c_stride: int,
) -> str:
    """Write the micro-kernel of a tile shape, unless the module has it, and return its name.

    It is called with ``(a, b, b_stride, c, depth, continued)``:

    - a, b, c: the tile's first elements. The rows of B, of whole vectors, are ``b_stride`` elements
      apart.
    - depth: the number of steps of the inner axis, at least 1.
    - continued: 1 if the tile goes on from what c holds, 0 if it begins with zeros.

    The strides of A are part of the code: where they are not, the processor computes a dozen
    addresses at each step, in units that it needs to multiply (measured, 4 to 10 % longer).

    Args:
        module: where the kernel is put.
        element: the type of an element.
        lanes: the number of elements in a vector.
        shape: the number of rows, and of vectors in a row.
        a_strides: the distance of neighbours in A, in elements, along (rows, inner).
        c_stride: the distance of rows where the tile is stored.
    """
    height, width = shape
    strides = "_".join(map(str, (*a_strides, c_stride))).replace("-", "minus")
    name = f"tile_{element}x{lanes}_{height}x{width}_strides_{strides}"
    if name in module.functions:
        return name
    parameters = [(PTR, "a"), (PTR, "b"), (I64, "b_stride"), (PTR, "c")]
    parameters += [(I64, "depth"), (I64, "continued")]
    f = module.function(name, parameters)
    a, b, b_stride, c, depth, continued = f.parameters
    vector = ir.vector_of(element, lanes)
    places = [
        f.offset(c, row * c_stride + column * lanes, element)
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
            place = f.offset(a_now, row * a_strides[0], element)
            factor = f.splat(f.load(element, place), lanes)
            for column in range(width):
                at = row * width + column
                sums[at] = multiply_add(f, factor, b_row[column], sums[at])
        step.carry(
            f.offset(a_now, a_strides[1], element), f.offset(b_now, b_stride, element), *sums
        )
    for place, total in zip(places, step.results[2:], strict=True):
        f.store(total, place)
    f.ret()
    return name

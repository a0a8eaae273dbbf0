"""The micro-kernel: a tile of the result that lives in registers while the inner axis runs by.

A tile has ``height`` rows and ``width`` vectors of columns. At each step of the inner axis it adds
the outer product of a column of A and a row of B::

    C[i, :] += A[i, k] * B[k, :]        for i in range(height), k in range(depth)

An element of A is broadcast from memory, a row of B is loaded as whole vectors, and nothing of C
touches memory before the end. This is the kernel of Goto & van de Geijn, "Anatomy of
High-Performance Matrix Multiplication" (2008); what surrounds it is in ``blocked.py``.

Where A is no matrix but what windows see of an array, as in a convolution, its inner axis is
several axes, and the loop over the steps is several loops.

The order of summation is that of k, and nothing else: a tile of another shape gives the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from giulgi.backends.cpu.code import ir
from giulgi.backends.cpu.code.ir import I64, PTR, Function, Module, Value
from giulgi.memory import LINE_BYTES

Axes = tuple[tuple[int, int], ...]

# Fetch into the second level of the cache what is to be read, or written: arguments of LLVM's
# prefetch.
_TO_READ = tuple(ir.constant(ir.I32, number) for number in (0, 2, 1))
_TO_WRITE = tuple(ir.constant(ir.I32, number) for number in (1, 2, 1))


class Ahead(NamedTuple):
    """How many lines of the cache a kernel fetches after each turn of its innermost axis.

    Attributes:
        a: of what A is made of, for later.
        b: of B, for later.
        results: of where the results of this product will be written.
    """

    a: int = 0
    b: int = 0
    results: int = 0


NOTHING = Ahead()


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
    runs: Axes = (),
    run: int = 1,
    ahead: Ahead = NOTHING,
    begin: int | None = None,
) -> str:
    """Write the micro-kernel of a tile shape, unless the module has it, and return its name.

    It is called with ``(a, b, b_stride, c, depth, continued)``:

    - a, b, c: the tile's first elements. The rows of B, of whole vectors, are ``b_stride`` elements
      apart.
    - depth: the number of steps of the inner axis, at least 1; with runs, whole ones.
    - continued: 1 if the tile goes on from what c holds, 0 if it begins.
    - where a tile begins: the first element of what is added to the product, if anything is.
    - three places to fetch from ahead, if anything is fetched.

    The strides of A are part of the code: where they are not, the processor computes a dozen
    addresses at each step, in units that it needs to multiply (measured, 4 to 10 % longer).

    Args:
        module: where the kernel is put.
        element: the type of an element.
        lanes: the number of elements in a vector.
        shape: the number of rows, and of vectors in a row.
        a_strides: the distance of neighbours in A, in elements, along (rows, inner).
        c_stride: the distance of rows where the tile is stored.
        runs: the axes of the inner axis of A above the innermost.
        run: the number of steps of the innermost axis, if there are others.
        ahead: what is fetched ahead.
        begin: the distance of rows of what is added to the product; None: it begins with zeros.
    """
    # All that the code is made with is in the name: kernels of one name are one.
    inner = (*(number for axis in runs for number in axis), run) if runs else ()
    numbers = (*a_strides, c_stride, *inner, *ahead, *(() if begin is None else (begin,)))
    strides = "_".join(map(str, numbers)).replace("-", "minus")
    name = f"tile_{element}x{lanes}_{shape[0]}x{shape[1]}_strides_{strides}"
    if name not in module.functions:
        made = _Kernel(module, name, element, lanes, shape, a_strides, ahead, begin)
        made.write(c_stride, runs, run)
    return name


class _Kernel:
    """A micro-kernel while it is written; see :func:`kernel`."""

    def __init__(
        self, module: Module, name: str, element: str, lanes: int, shape: tuple[int, int],
        a_strides: tuple[int, int], ahead: Ahead, begin: int | None,
    ) -> None:  # fmt: skip
        parameters = [(PTR, "a"), (PTR, "b"), (I64, "b_stride"), (PTR, "c")]
        parameters += [(I64, "depth"), (I64, "continued")]
        if begin is not None:
            parameters.append((PTR, "begin"))
        if any(ahead):
            parameters += [(PTR, "ahead_a"), (PTR, "ahead_b"), (PTR, "ahead_results")]
        self.ahead = ahead
        self.begin = begin
        self.f = module.function(name, parameters)
        self.element = element
        self.lanes = lanes
        self.height, self.width = shape
        self.a_strides = a_strides
        self.b_stride = self.f.parameters[2]

    def write(self, c_stride: int, runs: Axes, run: int) -> None:
        """Write everything."""
        f = self.f
        a, b, _, c, depth, continued, *ahead = f.parameters
        vector = ir.vector_of(self.element, self.lanes)
        places = self._places(c, c_stride)
        first = [ir.constant(vector, 0)] * len(places)
        if self.begin is not None:
            begin, *ahead = ahead
            first = [f.load(vector, place) for place in self._places(begin, self.begin)]
        # A loop of one round or none: the sums so far, where there are any.
        with f.loop(0, continued, carried=first) as before:
            before.carry(*(f.load(vector, place) for place in places))
        counts = [depth]
        if runs:
            below = [*(count for count, _ in runs[1:]), run]
            whole = f.binary("udiv", depth, ir.constant(I64, prod(below)))
            counts = [whole, *(ir.constant(I64, count) for count in below)]
        distances = [*(distance for _, distance in runs), self.a_strides[1]]
        sums = self._summed(counts, distances, [a, b, *ahead], before.results)[1]
        for place, total in zip(places, sums, strict=True):
            f.store(total, place)
        f.ret()

    def _places(self, first: Value, stride: int) -> list[Value]:
        """Write the addresses of the vectors of a tile, row by row."""
        return [
            self.f.offset(first, row * stride + column * self.lanes, self.element)
            for row in range(self.height)
            for column in range(self.width)
        ]

    def _summed(
        self, counts: Sequence[Value], distances: Sequence[int], places: Sequence[Value],
        sums: Sequence[Value],
    ) -> tuple[Sequence[Value], Sequence[Value]]:  # fmt: skip
        """Write loops over axes of the inner axis; return the places after them, and the sums.

        Args:
            counts: the number of steps of each axis.
            distances: how far a step goes in A.
            places: in A, in B, and where something is fetched ahead.
            sums: the tile so far.
        """
        f, count = self.f, len(places)
        if len(counts) == 1 and distances[0] > 0:
            return self._summed_by_address(counts[0], distances[0], places, sums)
        with f.loop(0, counts[0], carried=[*places, *sums]) as step:
            (a, *others), sums = step.carried[:count], step.carried[count:]
            if len(counts) > 1:
                (_, *others), sums = self._summed(counts[1:], distances[1:], [a, *others], sums)
            else:
                sums = self._step(a, others[0], sums)
                others[0] = f.offset(others[0], self.b_stride, self.element)
            if len(counts) == 2:
                others[1:] = self._fetched(others[1:])
            step.carry(f.offset(a, distances[0], self.element), *others, *sums)
        return step.results[:count], step.results[count:]

    def _summed_by_address(
        self, count: Value, distance: int, places: Sequence[Value], sums: Sequence[Value]
    ) -> tuple[Sequence[Value], Sequence[Value]]:
        """Write the innermost loop, which counts by the address in A.

        With a count beside, the addresses of A would be the sum of two registers; each multiply-add
        is two instructions for the processor then, and it looks half as far ahead.
        """
        f = self.f
        a, b, *others = places
        size = distance * ir.bits_of(self.element) // 8
        start = f.emit(I64, f"ptrtoint {a} to i64")
        stop = f.add(start, f.mul(count, size))
        with f.loop(start, stop, size, carried=[b, *sums]) as step:
            b, *sums = step.carried
            sums = self._step(f.emit(PTR, f"inttoptr {step.index} to ptr"), b, sums)
            step.carry(f.offset(b, self.b_stride, self.element), *sums)
        b, *sums = step.results
        return [a, b, *others], sums

    def _fetched(self, places: Sequence[Value]) -> list[Value]:
        """Write the fetching of some lines into the second level of the cache; return the next."""
        f = self.f
        hints = (_TO_READ, _TO_READ, _TO_WRITE)
        for place, lines, hint in zip(places, self.ahead, hints, strict=False):
            for line in range(lines):
                at = f.offset(place, line * LINE_BYTES, ir.I8)
                f.call("llvm.prefetch.p0", ir.VOID, at, *hint)
        return [
            f.offset(place, lines * LINE_BYTES, ir.I8)
            for place, lines in zip(places, self.ahead, strict=False)
        ]

    def _step(self, a: Value, b: Value, sums: Sequence[Value]) -> list[Value]:
        """Write the addition of the outer product of a column of A and a row of B."""
        f, lanes = self.f, self.lanes
        sums = list(sums)
        vector = ir.vector_of(self.element, lanes)
        b_row = [
            f.load(vector, f.offset(b, column * lanes, self.element))
            for column in range(self.width)
        ]
        for row in range(self.height):
            place = f.offset(a, row * self.a_strides[0], self.element)
            factor = f.splat(f.load(self.element, place), lanes)
            for column in range(self.width):
                at = row * self.width + column
                sums[at] = multiply_add(f, factor, b_row[column], sums[at])
        return sums

"""The steps of data sets, as generators of Python.

Each takes a function that begins with the first element, and returns one. What elements are is no
matter to most of them, so that places in arrays go through them as well as elements.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import Any

import numpy as np

from giulgi.compat.names import TABLES
from giulgi.compat.tensorflow.data.elements import Array, Element, Spec, stacked_columns

Begin = Callable[[], Iterator[Any]]
Places = tuple[list[Array], Begin]
Step = Callable[[Begin, Any], Begin]


def shuffled(begin: Begin, size: int, source: Random, again: bool) -> Begin:
    """Take the next element at random from a buffer of so many.

    Args:
        begin: begins with the first element.
        size: how many elements the buffer holds.
        source: of random numbers.
        again: whether each pass has an order of its own.
    """
    fixed = source.random()

    def go() -> Iterator[Any]:
        rng = Random(source.random() if again else fixed)
        elements = begin()
        buffer = list(islice(elements, size))
        count, draw = len(buffer), rng.random
        for element in elements:
            place = int(draw() * count)
            yield buffer[place]
            buffer[place] = element
        rng.shuffle(buffer)
        yield from buffer

    return go


def repeated(begin: Begin, times: int) -> Begin:
    """Go through all elements so often; -1: without end."""

    def go() -> Iterator[Any]:
        done = 0
        while done != times:
            is_empty = True
            for element in begin():
                is_empty = False
                yield element
            if is_empty:
                return
            done += 1

    return go


def taken(begin: Begin, count: int) -> Begin:
    """Take the first elements; -1: all."""
    return lambda: islice(begin(), None if count < 0 else count)


def skipped(begin: Begin, count: int) -> Begin:
    """Leave out the first elements; -1: all."""
    if count < 0:
        return lambda: iter(())
    return lambda: islice(begin(), count, None)


def every(begin: Begin, first: int, count: int) -> Begin:
    """Take every so manyth element."""
    return lambda: islice(begin(), first, None, count)


def kept(begin: Begin) -> Begin:
    """Keep all elements in memory once they have been gone through."""
    whole: list[list[Any]] = []

    def go() -> Iterator[Any]:
        if whole:
            yield from whole[0]
            return
        memory = []
        for element in begin():
            memory.append(element)
            yield element
        whole.append(memory)

    return go


def _groups(begin: Begin, size: int, drop: bool) -> Iterator[list[Any]]:
    """Yield so many elements each."""
    elements = begin()
    while group := list(islice(elements, size)):
        if drop and len(group) < size:
            return
        yield group


def gathered(places: Places, size: int, drop: bool) -> Begin:
    """Make batches of rows of arrays, all rows of a batch in one go."""
    arrays, begin = places

    def go() -> Iterator[Element]:
        for group in _groups(begin, size, drop):
            rows = np.array(group)
            yield [array[rows] for array in arrays]

    return go


def batched(begin: Begin, size: int, drop: bool, specs: Sequence[Spec]) -> Begin:
    """Make batches of elements."""

    def go() -> Iterator[Element]:
        for group in _groups(begin, size, drop):
            yield stacked_columns(list(zip(*group, strict=True)), specs)

    return go


class Padding:
    """How elements are filled up to one shape.

    Args:
        specs: what the components look like.
        shapes: their shapes, with None for the greatest size of a batch.
        fills: what is filled in.
    """

    def __init__(
        self, specs: Sequence[Spec], shapes: Sequence[list[int | None]], fills: Sequence[Any]
    ) -> None:
        self.parts = list(zip(specs, shapes, fills, strict=True))

    def __call__(self, group: list[Element]) -> Element:
        """Return elements filled up and stacked."""
        columns = zip(*group, strict=True)
        return [_filled(c, *part) for c, part in zip(columns, self.parts, strict=True)]


def _filled(column: Sequence[Any], spec: Spec, shape: list[int | None], fill: Any) -> Array:
    arrays = [np.asarray(x, spec.dtype.numpy_dtype) for x in column]
    greatest = [max(sizes) for sizes in zip(*[a.shape for a in arrays], strict=True)]
    sizes = [g if s is None else s for s, g in zip(shape, greatest, strict=True)]
    if any(g > s for g, s in zip(greatest, sizes, strict=True)):
        raise TABLES["tensorflow"]["errors.DataLossError"](
            None,
            None,
            "Attempted to pad to a smaller size than the input element: "
            f"{tuple(greatest)} to {tuple(sizes)}",
        )
    if isinstance(fill, str):
        fill = fill.encode()
    batch = np.full([len(arrays), *sizes], fill, spec.dtype.numpy_dtype)
    for place, array in enumerate(arrays):
        corner: Any = (place, *map(slice, array.shape))
        batch[corner] = array if array.ndim else array[()]
    return batch


def padded(begin: Begin, size: int, drop: bool, pad: Padding) -> Begin:
    """Make batches of elements that are filled up to one shape."""
    return lambda: (pad(group) for group in _groups(begin, size, drop))


def unbatched(begin: Begin) -> Begin:
    """Take elements apart into their rows."""
    return lambda: (list(row) for element in begin() for row in zip(*element, strict=True))


def windows(begin: Begin, size: int, shift: int, stride: int, drop: bool) -> Begin:
    """Make lists of neighbours, one for each component, of elements one of each."""
    reach = (size - 1) * stride + 1

    def go() -> Iterator[Element]:
        elements = begin()
        held: deque[Element] = deque()
        while True:
            held.extend(islice(elements, max(0, reach - len(held))))
            if not held or (drop and len(held) < reach):
                return
            chosen = list(held)[:reach:stride]
            yield [[[x] for x in column] for column in zip(*chosen, strict=True)]
            for _ in range(min(shift, len(held))):
                held.popleft()
            if shift > reach:
                deque(islice(elements, shift - reach), maxlen=0)

    return go


def interleaved(
    begin: Begin, begun: Callable[[Any], Iterator[Any]], cycle: int, block: int
) -> Begin:
    """Go through several data sets in turn.

    Args:
        begin: begins with the first element of which a data set is made.
        begun: makes a data set, and begins with its first element.
        cycle: how many are gone through at a time.
        block: how many elements of one follow each other.
    """

    def go() -> Iterator[Any]:
        sources = begin()
        opened: list[Iterator[Any] | None] = [None] * cycle
        place = count = 0
        has_more = True
        while has_more or any(opened):
            current = opened[place]
            if current is None and has_more:
                source = next(sources, None)
                has_more = source is not None
                opened[place] = None if source is None else begun(source)
                continue
            element = None if current is None else next(current, None)
            if element is not None:
                count += 1
                yield element
            else:
                opened[place] = None
            if element is None or count == block:
                place, count = (place + 1) % cycle, 0

    return go

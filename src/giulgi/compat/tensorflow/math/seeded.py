"""The random numbers that TensorFlow draws for a seed, so that old programs go as they went.

TensorFlow uses the generator of ``giulgi.graph.ops.random``, Philox 4x32 with ten rounds: the key
is the seed of the graph, and that of the operation stands in the upper half of the counter. Where
an operation has no seed of its own it takes the number of operations that the graph had before it.
What is drawn is the same as long as that number is; see :func:`operations_before`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from giulgi.compat.graphs.graph import Graph, Operation
from giulgi.compat.operations.host import session_storage
from giulgi.graph.ops.random import philox
from giulgi.storage import Storage

Array = np.ndarray[Any, Any]

_LOW = 0xFFFFFFFF
# Where numbers are drawn outside of any session.
_NOWHERE = Storage(0)
# For each number that is drawn so many of the generator's are set aside for the run.
_RESERVED = 256


def _words(seeds: tuple[int, int], blocks: Array) -> Array:
    """Return four words for each block of the counter."""
    key, high = (seed & (2**64 - 1) for seed in seeds)
    counter = [blocks & np.uint64(_LOW), blocks >> np.uint64(32), high & _LOW, high >> 32]
    words = philox(counter, (key & _LOW, key >> 32))
    return np.stack(np.broadcast_arrays(*words), axis=-1)


def _unit(words: Array) -> Array:
    """Return floats from 0 up to 1, of 23 bits of each word."""
    bits = (words & np.uint32(0x7FFFFF)) | np.uint32(127 << 23)
    return bits.view(np.float32) - np.float32(1)


def _blocks(first: int, count: int, step: int = 1) -> Array:
    return np.uint64(first) + np.arange(count, dtype=np.uint64) * np.uint64(step)


def even(seeds: tuple[int, int], first: int, count: int) -> Array:
    """Return floats from 0 up to 1."""
    return _unit(_words(seeds, _blocks(first, -(-count // 4)))).reshape(-1)[:count]


def bell(seeds: tuple[int, int], first: int, count: int) -> Array:
    """Return normally distributed floats: of two even ones each, by Box and Muller."""
    return _bell(_words(seeds, _blocks(first, -(-count // 4)))).reshape(-1)[:count]


def _bell(words: Array) -> Array:
    unit = _unit(words)
    radius = np.sqrt(-2 * np.log(np.maximum(unit[..., 0::2], np.float32(1e-7))))
    angle = np.float32(2 * math.pi) * unit[..., 1::2]
    found = np.stack([np.sin(angle) * radius, np.cos(angle) * radius], axis=-1)
    return found.reshape(*words.shape[:-1], -1).astype(np.float32)


def cut_bell(seeds: tuple[int, int], first: int, count: int) -> Array:
    """Return normally distributed floats, those beyond two deviations drawn again.

    Four numbers at a time are found in a stretch of the generator of their own.
    """
    groups = -(-count // 4)
    starts = _blocks(first, groups, _RESERVED)
    found = np.zeros((groups, 4), np.float32)
    have = np.zeros(groups, np.int64)
    step = 0
    while (open_ := np.flatnonzero(have < 4)).size:
        drawn = _bell(_words(seeds, starts[open_] + np.uint64(step)))
        for place in range(4):
            near = (np.abs(drawn[:, place]) < 2) & (have[open_] < 4)
            rows = open_[near]
            found[rows, have[rows]] = drawn[near, place]
            have[rows] += 1
        step += 1
    return found.reshape(-1)[:count]


def whole(seeds: tuple[int, int], first: int, count: int, low: int, high: int) -> Array:
    """Return whole numbers from low up to, not including, high."""
    words = _words(seeds, _blocks(first, -(-count // 4))).reshape(-1)[:count]
    return (words.astype(np.int64) % (high - low) + low).astype(np.int32)


class Stream:
    """What an operation draws: it goes on from run to run, in each session from the beginning.

    Args:
        seeds: those of the graph and of the operation.
        draw: makes numbers of seeds, the first block of the counter, and how many.
        places: how far each session is, where several operations go on from each other.
    """

    def __init__(
        self,
        seeds: tuple[int, int],
        draw: Callable[..., Array],
        places: WeakKeyDictionary[Storage, int] | None = None,
    ) -> None:
        self.seeds = seeds
        self.draw = draw
        self._next = WeakKeyDictionary() if places is None else places

    def __call__(self, sizes: Any) -> Array:
        """Return the next numbers, of a shape."""
        shape = tuple(int(n) for n in np.ravel(sizes))
        count = math.prod(shape)
        storage = session_storage.get(_NOWHERE)
        first = self._next.get(storage, 0)
        self._next[storage] = first + count * _RESERVED
        return self.draw(self.seeds, first, count).reshape(shape)

    def told(self) -> dict[str, Any]:
        """Return what :func:`drawing` makes such a stream of again, for the file of a graph."""
        bounds = self.draw.keywords if isinstance(self.draw, partial) else {}
        return {"seeds": self.seeds, "draw": name_of(self.draw), "bounds": dict(bounds)}


def name_of(draw: Callable[..., Array]) -> str:
    """Return the name of the function that draws, whatever its bounds are."""
    function = draw.func if isinstance(draw, partial) else draw
    return function.__name__


def told_drawing(function: Any) -> dict[str, Any] | None:
    """Return in plain values what an operation draws, perhaps of a shape; None for others."""
    stream, shape = (
        (function.func, function.args[0])
        if isinstance(function, partial) and function.args
        else (function, None)
    )
    return {**stream.told(), "shape": shape} if isinstance(stream, Stream) else None


def drawing(
    seeds: tuple[int, int], draw: str, bounds: Mapping[str, int], shape: Any
) -> Callable[..., Array]:
    """Return what draws numbers as :func:`told_drawing` told it, from the beginning."""
    functions: tuple[Callable[..., Array], ...] = (even, bell, cut_bell, whole)
    function = next(f for f in functions if f.__name__ == draw)
    stream = Stream(seeds, partial(function, **bounds))
    return stream if shape is None else partial(stream, shape)


# The number of operations


_OF_TWO = {
    "Add", "Sub", "Mul", "RealDiv", "Div", "FloorDiv", "FloorMod", "Pow", "Maximum", "Minimum",
    "Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual", "SquaredDifference",
    "MatMul",
}  # fmt: skip
# How many operations TensorFlow has where one is here.
_COUNTS = {
    "Mean": 2, "Sum": 2, "Max": 2, "Min": 2, "Prod": 2, "All": 2, "Any": 2, "ArgMax": 2,
    "ArgMin": 2, "Reshape": 2, "transpose": 2, "ExpandDims": 2, "ConcatV2": 2, "Split": 2,
    "strided_slice": 4,
    "OneHot": 4, "range": 4, "ClipByValue": 4, "Tile": 2, "Fill": 3, "eye": 6, "GatherV2": 3,
    "embedding_lookup": 4, "dropout": 11, "random_normal": 6, "truncated_normal": 6,
    "random_uniform": 7,
    "random_uniform_int": 4, "RandomStream": 0,
}  # fmt: skip


def _count(operation: Operation) -> int:
    kind = operation.type
    if kind in _OF_TWO:
        # Numbers become operations of their own.
        return max(1, 3 - len(operation.inputs))
    if kind == "Assign" and operation.name.endswith("/Assign"):
        return 2  # With the reading of the variable.
    if kind == "Cast" and operation.inputs and operation.outputs:
        return int(operation.inputs[0].dtype != operation.outputs[0].dtype)
    if kind in ("zeros", "ones"):
        size = math.prod(n or 1 for n in operation.outputs[0].sizes or ())
        return 1 if size < 1000 else 3
    return _COUNTS.get(kind, 1)


def operations_before(graph: Graph) -> int:
    """Return about how many operations TensorFlow would have in a graph by now.

    It is exact for placeholders, constants, variables, and the usual layers between them.
    """
    seen, total = graph.notes.get("counted", (0, 0))
    total += sum(map(_count, graph.made_since(seen)))
    graph.notes["counted"] = (graph.size, total)
    return total

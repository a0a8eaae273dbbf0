"""The data of an epoch, batch by batch: from arrays, or from a generator."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from giulgi.errors import DataError
from giulgi.graph.tensor import Tensor
from giulgi.storage import current_storage
from giulgi.training.checks.numbers import numbers_error
from giulgi.tree import LEAF, Structure, flatten

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Batch:
    """Some examples: inputs, targets, and weights of the examples (or none), a list for each.

    Attributes:
        nesting: how the inputs were nested, as :func:`giulgi.tree.flatten` tells it.
        weighted_classes: the classes that class_weight names, if that made the weights.
    """

    x: list[Array]
    y: list[Array]
    weights: list[Array]
    nesting: Structure = LEAF
    weighted_classes: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """The number of examples."""
        return int(self.x[0].shape[0])


@dataclass(frozen=True)
class Stretch:
    """Batches of one size that follow each other.

    Attributes:
        order: the places of their examples, as int64.
        size: the number of examples in each.
    """

    order: Array
    size: int

    @property
    def steps(self) -> int:
        """The number of batches."""
        return len(self.order) // self.size

    def chosen(self, step: int) -> Array:
        """Return the places of the examples of one batch."""
        return self.order[step * self.size : (step + 1) * self.size]

    def first(self, steps: int) -> Stretch:
        """Return some first batches."""
        return Stretch(self.order[: steps * self.size], self.size)

    def without_first(self, steps: int) -> Stretch:
        """Return the batches behind some first ones."""
        return Stretch(self.order[steps * self.size :], self.size)


def _readable(array: Array) -> Array:
    """Return an array in one piece, in this processor's order of bytes, of a dtype that we have."""
    dtype = array.dtype.newbyteorder("=")
    if dtype.kind == "f" and dtype not in (np.float32, np.float64):
        dtype = np.dtype(np.float32 if dtype.itemsize < 4 else np.float64)
    return np.ascontiguousarray(array, dtype)


class ArrayBatches:
    """Batches of arrays that hold all examples.

    Args:
        data: all examples.
        batch_size: how many make a batch; the last one may be smaller.
        shuffle: whether each epoch takes them in another order.
        limit: the greatest number of batches in an epoch; None: all.
        goes_on: whether a limited epoch begins where the last one ended, as training does, and
            not at the first example, as validation does.
    """

    def __init__(
        self,
        data: Batch,
        batch_size: int,
        shuffle: bool,
        limit: int | None = None,
        *,
        goes_on: bool = False,
    ) -> None:
        self.data = data
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.limit = limit
        self.goes_on = goes_on
        self._pending: list[Stretch] = []

    @property
    def steps(self) -> int:
        """The number of batches in an epoch."""
        steps = math.ceil(self.data.size / self.batch_size)
        return steps if self.limit is None else min(steps, self.limit)

    def epoch(self) -> Iterator[Batch]:
        """Yield the batches of one epoch."""
        for stretch in self.stretches():
            for step in range(stretch.steps):
                yield take(self.data, stretch.chosen(step))

    def stretches(self) -> Iterator[Stretch]:
        """Yield the order of the examples of one epoch, in stretches of batches of one size."""
        if self.limit is None or not self.goes_on:
            self._pending = []
        left = self.steps
        while left:
            self._pending = self._pending or self._pass()
            stretch = self._pending.pop(0)
            now = stretch.first(left)
            if now.steps < stretch.steps:
                self._pending.insert(0, stretch.without_first(now.steps))
            left -= now.steps
            yield now

    @cached_property
    def arrays(self) -> list[Array]:
        """All inputs, targets and weights, each in one piece of memory, as programs read it."""
        data = self.data
        return [_readable(array) for array in (*data.x, *data.y, *data.weights)]

    def _pass(self) -> list[Stretch]:
        """Return the order of all examples, once: full batches, and perhaps a smaller last one."""
        count = self.data.size
        if self.shuffle:
            order = current_storage().shuffler().permutation(count)
        else:
            order = np.arange(count, dtype=np.int64)
        full = count - count % self.batch_size
        parts = [Stretch(order[:full], self.batch_size)] if full else []
        return [*parts, Stretch(order[full:], count - full)] if full < count else parts


def take(data: Batch, chosen: Any) -> Batch:
    """Return some of the examples: a slice of them, or those at given places."""
    return Batch(
        [array[chosen] for array in data.x],
        [array[chosen] for array in data.y],
        [array[chosen] for array in data.weights],
        data.nesting,
    )


def as_batch(x: Any, y: Any = None, weights: Any = None) -> Batch:
    """Return examples given as arrays, or as lists or dicts of arrays, as lists of arrays."""
    nesting = flatten(x)[1] if _is_nested(x) else LEAF
    return Batch(_arrays("x", x), _arrays("y", y), _arrays("sample_weight", weights), nesting)


def _arrays(name: str, value: Any) -> list[Array]:
    if value is None:
        return []
    leaves = flatten(value)[0] if _is_nested(value) else [value]
    return [_array(name, leaf) for leaf in leaves]


def _is_nested(value: Any) -> bool:
    """Whether there are several arrays, and not rows of one."""
    return isinstance(value, Mapping) or (
        isinstance(value, (list, tuple)) and any(isinstance(v, (np.ndarray, Tensor)) for v in value)
    )


def _array(name: str, value: Any) -> Array:
    if isinstance(value, Tensor) and value.node.symbolic:
        raise DataError(
            f"{name} is a tensor without a value: it depends on what is fed.",
            arguments=[(name, value.description)],
            fix="give an array of numbers; a model is called on such a tensor: model(x)",
        )
    if np.ma.is_masked(value):
        raise DataError(
            f"{name} is masked in places, and a network has no way to leave numbers out.",
            fix=f"fill them: {name}.filled(0), or leave out the examples",
        )
    try:
        array = np.asarray(value)
    except ValueError:
        array = None  # Its rows have different lengths.
    if array is None or array.dtype.kind not in "biuf":
        raise numbers_error(name, value, array)
    if array.ndim == 0:
        raise DataError(
            f"{name} is a single number, not a batch of examples.",
            fix="give an array whose first axis runs over the examples;\n"
            "a generator yields batches of examples, not one by one",
        )
    return array

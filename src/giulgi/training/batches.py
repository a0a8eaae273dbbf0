"""The data of an epoch, batch by batch: from arrays, or from a generator."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import DataError
from giulgi.graph.source import current_source
from giulgi.graph.tensor import Tensor
from giulgi.storage import current_storage
from giulgi.tree import flatten

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Batch:
    """Some examples: inputs, targets, and weights of the examples (or none), a list for each."""

    x: list[Array]
    y: list[Array]
    weights: list[Array]

    @property
    def size(self) -> int:
        """The number of examples."""
        return int(self.x[0].shape[0])


class ArrayBatches:
    """Batches of arrays that hold all examples.

    Args:
        data: all examples.
        batch_size: how many make a batch; the last one may be smaller.
        shuffle: whether each epoch takes them in another order.
    """

    def __init__(self, data: Batch, batch_size: int, shuffle: bool) -> None:
        self.data = data
        self.batch_size = batch_size
        self.shuffle = shuffle

    @property
    def steps(self) -> int:
        """The number of batches in an epoch."""
        return math.ceil(self.data.size / self.batch_size)

    def epoch(self) -> Iterator[Batch]:
        """Yield the batches of one epoch."""
        count = self.data.size
        order = current_storage().shuffler().permutation(count) if self.shuffle else None
        for start in range(0, count, self.batch_size):
            stop = min(start + self.batch_size, count)
            chosen: Any = slice(start, stop) if order is None else order[start:stop]
            yield take(self.data, chosen)


class GeneratedBatches:
    """Batches that someone else yields: ``x``, ``(x, y)`` or ``(x, y, weights)``.

    Args:
        source: an iterable, or a function that returns one for each epoch. An iterator goes on
            in each epoch where it stopped.
        steps: the number of batches in an epoch; None: until it ends.
    """

    def __init__(self, source: Any, steps: int | None) -> None:
        self.source = source
        self.steps = steps
        self._iterator: Iterator[Any] | None = None

    def epoch(self) -> Iterator[Batch]:
        """Yield the batches of one epoch."""
        endless = self.steps is not None and not callable(self.source)
        if self._iterator is None or not endless:
            self._iterator = iter(self.source() if callable(self.source) else self.source)
        for number, item in enumerate(self._iterator, start=1):
            yield as_batch(*item) if isinstance(item, tuple) else as_batch(item)
            if number == self.steps:
                return
        if self.steps is not None:
            raise DataError(
                f"the generator ended before the {self.steps} batches of the epoch.",
                op="fit",
                where=current_source(),
                fix="let it go on for ever (while True), or give fewer steps_per_epoch",
            )


Batches = ArrayBatches | GeneratedBatches


def take(data: Batch, chosen: Any) -> Batch:
    """Return some of the examples: a slice of them, or those at given places."""
    return Batch(
        [array[chosen] for array in data.x],
        [array[chosen] for array in data.y],
        [array[chosen] for array in data.weights],
    )


def as_batch(x: Any, y: Any = None, weights: Any = None) -> Batch:
    """Return examples given as arrays, or as lists or dicts of arrays, as lists of arrays."""
    return Batch(_arrays("x", x), _arrays("y", y), _arrays("sample_weight", weights))


def _arrays(name: str, value: Any) -> list[Array]:
    if value is None:
        return []
    nested = isinstance(value, Mapping) or (
        isinstance(value, (list, tuple)) and any(isinstance(v, (np.ndarray, Tensor)) for v in value)
    )
    leaves = flatten(value)[0] if nested else [value]
    return [_array(name, leaf) for leaf in leaves]


def _array(name: str, value: Any) -> Array:
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"{name} is not an array of numbers: NumPy reads it as dtype {array.dtype}.",
            where=current_source(),
            fix="text and missing values need to become numbers first; rows must have one length",
        )
    if array.ndim == 0:
        raise DataError(
            f"{name} is a single number, not a batch of examples.",
            where=current_source(),
            fix="give an array whose first axis runs over the examples",
        )
    return array


def check_lengths(data: Batch) -> None:
    """Raise a DataError if inputs, targets and weights have different numbers of examples."""
    named = [("x", data.x), ("y", data.y), ("sample_weight", data.weights)]
    shapes = [(name, array.shape) for name, arrays in named for array in arrays]
    lengths = {shape[0] for _, shape in shapes}
    if len(lengths) > 1:
        raise DataError(
            "the arrays have different numbers of examples.",
            where=current_source(),
            arguments=[(name, str(shape)) for name, shape in shapes],
            axes="axis 0: " + " and ".join(str(length) for length in sorted(lengths)),
            fix="each example needs one target; check how the arrays were cut",
        )
    if lengths == {0}:
        raise DataError("there are no examples.", where=current_source(), fix="check the data")


def check_finite(data: Batch) -> None:
    """Raise a DataError if there is a NaN among inputs or targets."""
    for name, arrays in (("x", data.x), ("y", data.y)):
        for array in arrays:
            # The minimum of an array with a NaN is NaN, and takes no memory of its size.
            if array.dtype.kind == "f" and array.size and np.isnan(array.min()):
                places = np.argwhere(np.isnan(array))
                raise DataError(
                    f"{name} holds NaN (not a number) in {len(places)} places, "
                    f"the first at {tuple(places[0].tolist())}.",
                    where=current_source(),
                    arguments=[(name, f"{array.dtype.name} {array.shape}")],
                    fix=f"fill or drop them: np.nan_to_num({name}), or rows without NaN: "
                    f"{name}[~np.isnan({name}).any(axis=1)]",
                )

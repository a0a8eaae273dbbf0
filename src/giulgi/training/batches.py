"""The data of an epoch, batch by batch: from arrays, or from a generator."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from giulgi.errors import DataError
from giulgi.graph.shapes import shape_text
from giulgi.graph.tensor import Tensor
from giulgi.storage import current_storage
from giulgi.training.advice import advise
from giulgi.training.number_errors import numbers_error
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
        """All inputs, targets and weights, each in one piece of memory."""
        data = self.data
        return [np.ascontiguousarray(array) for array in (*data.x, *data.y, *data.weights)]

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


class GeneratedBatches:
    """Batches that someone else yields: ``x``, ``(x, y)`` or ``(x, y, weights)``.

    Args:
        source: an iterable, or a function that returns one for each epoch.
        steps: the number of batches in an epoch; an iterable then goes on where the last epoch
            stopped, and begins again at its end if it can. None: an epoch ends as it ends.
        arrange: makes a batch of what is yielded.
    """

    def __init__(self, source: Any, steps: int | None, arrange: Callable[..., Batch]) -> None:
        self.source = source
        self.steps = steps
        self.arrange = arrange
        self._iterator: Iterator[Any] | None = None

    def epoch(self) -> Iterator[Batch]:
        """Yield the batches of one epoch."""
        if self.steps is None or callable(self.source):
            self._iterator = None
        number = 0
        for number, item in enumerate(self._items(), start=1):
            yield arranged(item, self.arrange)
            if number == self.steps:
                return
        if number == 0 or self.steps is not None:
            of = "" if self.steps is None else f" of {self.steps}"
            raise DataError(
                f"the generator ended after {number}{of} batches of the epoch.",
                fix="let it go on for ever (while True) and say how many make an epoch: "
                "steps_per_epoch=100; or give a function that returns a new one",
            )

    def _items(self) -> Iterator[Any]:
        while True:
            if self._iterator is None:
                self._iterator = iter(self.source() if callable(self.source) else self.source)
            is_empty = True
            for item in self._iterator:
                is_empty = False
                yield item
            self._iterator = None
            if self.steps is None or is_empty:
                return


Batches = ArrayBatches | GeneratedBatches


def arranged(item: Any, arrange: Callable[..., Batch]) -> Batch:
    """Return a batch made of what was yielded: x alone, (x, y) or (x, y, weights)."""
    parts = item if isinstance(item, (tuple, list)) else (item,)
    if not 1 <= len(parts) <= 3:
        raise DataError(
            f"the generator yields {len(parts)} things.",
            fix="let it yield x, (x, y) or (x, y, sample_weight); several inputs are a list or "
            "dict in the place of x",
        )
    return arrange(*parts)


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


def check_lengths(data: Batch, inputs: Sequence[str] = (), outputs: Sequence[str] = ()) -> None:
    """Raise a DataError if inputs, targets and weights have different numbers of examples.

    Args:
        data: the examples.
        inputs: the names of the inputs; several arrays are told apart by them.
        outputs: the names of the outputs.
    """
    named = [
        *_named("x", data.x, inputs),
        *_named("y", data.y, outputs),
        *_named("sample_weight", data.weights, outputs),
    ]
    lengths = {len(array) for _, array in named}
    if len(lengths) > 1:
        raise DataError(
            "the arrays have different numbers of examples.",
            arguments=[(name, array_text(array)) for name, array in named],
            axes="axis 0: " + ", ".join(f"{len(array)} in {name}" for name, array in named),
            fix="each example needs one target; check how the arrays were cut",
        )
    if lengths == {0}:
        raise DataError("there are no examples.", fix="check the data")


def _named(what: str, arrays: Sequence[Array], names: Sequence[str]) -> Iterator[tuple[str, Array]]:
    """Yield arrays with what the user calls them: x, or x of 'left' and x of 'right'."""
    for i, array in enumerate(arrays):
        if len(arrays) == 1:
            yield what, array
        else:
            yield f"{what} of {names[i]!r}" if i < len(names) else f"{what}[{i}]", array


def array_text(array: Array) -> str:
    """Return the dtype and the shape of an array, for errors."""
    return f"{array.dtype.name} {shape_text(array.shape)}"


def check_weights(data: Batch) -> None:
    """Warn of negative weights. They may be meant, as in learning from rewards."""
    if any((weights < 0).any() for weights in data.weights):
        advise(
            "sample_weight has negative weights: of such examples training makes the loss larger."
        )


def check_finite(data: Batch) -> None:
    """Raise a DataError if there is a NaN or an infinity among inputs, targets or weights."""
    for name, arrays in (("x", data.x), ("y", data.y), ("sample_weight", data.weights)):
        for array in arrays:
            # The ends of an array with a NaN are NaN, and take no memory of its size.
            ends = (array.min(), array.max()) if array.size else (0, 0)
            if not np.isfinite(ends).all():
                raise _finite_error(name, array)


def _finite_error(name: str, array: Array) -> DataError:
    places = np.argwhere(~np.isfinite(array))
    is_nan = np.isnan(array).any()
    many = "1 place" if len(places) == 1 else f"{len(places)} places, the first"
    rows = f"np.isfinite({name})"
    if array.ndim > 1:
        rows += f".all(axis={1 if array.ndim == 2 else tuple(range(1, array.ndim))})"
    return DataError(
        f"{name} holds {'NaN (not a number)' if is_nan else 'infinity'} in {many} at "
        f"{tuple(places[0].tolist())}.",
        arguments=[(name, array_text(array))],
        fix="fill such places with a number, or drop their examples:\n"
        f"keep = {rows}; x, y = x[keep], y[keep]",
    )

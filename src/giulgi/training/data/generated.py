"""Batches that someone else makes: a generator, a function that returns one, or a sequence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, DataError, GiulgiError
from giulgi.graph.tensor import Tensor
from giulgi.nn.lookup import function_name
from giulgi.training.data.batches import Batch

# What holds examples, and not batches of them.
_HELD = (np.ndarray, Tensor, list, tuple, Mapping, str, bytes)


def steps_name(op: str) -> str:
    """Return what the number of batches of an epoch is called where it is given."""
    return {"fit": "steps_per_epoch", "validation_data": "validation_steps"}.get(op, "steps")


def is_generated(x: Any) -> bool:
    """Whether x yields batches, and is no array or list of arrays."""
    if isinstance(x, _HELD) or hasattr(x, "__array__"):
        return False
    return _is_indexed(x) or isinstance(x, (Iterable, Callable))  # type: ignore[arg-type]


def _is_indexed(x: Any) -> bool:
    """Whether x holds batches that are got by their numbers, as a ``keras.utils.Sequence`` does."""
    return hasattr(x, "__len__") and hasattr(x, "__getitem__") and not isinstance(x, _HELD)


class _Indexed:
    """The batches of an object that gives them by their numbers, one after another.

    Args:
        source: the object. Its ``on_epoch_end``, if it has one, is called after the last batch.
    """

    def __init__(self, source: Any) -> None:
        self.source = source

    def __len__(self) -> int:
        return len(self.source)

    def __iter__(self) -> Iterator[Any]:
        for number in range(len(self)):
            yield self.source[number]
        on_epoch_end = getattr(self.source, "on_epoch_end", None)
        if callable(on_epoch_end):
            on_epoch_end()


class GeneratedBatches:
    """Batches that someone else yields: ``x``, ``(x, y)`` or ``(x, y, weights)``.

    Args:
        source: an iterable, or a function that returns one for each epoch.
        steps: the number of batches in an epoch; an iterable then goes on where the last epoch
            stopped, and begins again at its end if it can. None: an epoch ends as it ends.
        arrange: makes a batch of what is yielded.
        op: what it is given to, for errors.
    """

    def __init__(
        self, source: Any, steps: int | None, arrange: Callable[..., Batch], op: str
    ) -> None:
        self.source = source
        self.steps = steps
        self.arrange = arrange
        self.op = op
        self._iterator: Iterator[Any] | None = None

    def epoch(self) -> Iterator[Batch]:
        """Yield the batches of one epoch."""
        if self.steps is None or callable(self.source):
            self._iterator = None
        number = 0
        for number, item in enumerate(self._items(), start=1):
            yield self.batch_of(item)
            if number == self.steps:
                return
        if number == 0 or self.steps is not None:
            of = "" if self.steps is None else f" of {self.steps}"
            raise DataError(
                f"the generator ended after {number}{of} batches of the epoch.",
                op=self.op,
                fix="let it go on for ever (while True) and say how many make an epoch: "
                f"{steps_name(self.op)}=100; or give a function that returns a new one",
            )

    def batch_of(self, item: Any) -> Batch:
        """Return a batch made of what was yielded, checked."""
        try:
            return _arranged(item, self.arrange)
        except GiulgiError as error:
            error.complete(op=self.op)
            raise

    def _items(self) -> Iterator[Any]:
        while True:
            is_empty = self._iterator is None  # One that was begun before may be at its end.
            if self._iterator is None:
                self._iterator = iter(self.source() if callable(self.source) else self.source)
            for item in self._iterator:
                is_empty = False
                yield item
            self._iterator = None
            if self.steps is None or is_empty:
                return


def _arranged(item: Any, arrange: Callable[..., Batch]) -> Batch:
    """Return a batch made of what was yielded: x alone, (x, y) or (x, y, weights)."""
    parts = item if isinstance(item, (tuple, list)) else (item,)
    if not 1 <= len(parts) <= 3:
        raise DataError(
            f"the generator yields {len(parts)} things.",
            fix="let it yield x, (x, y) or (x, y, sample_weight); several inputs are a list or "
            "dict in the place of x",
        )
    return arrange(*parts)


def peek(
    x: Any, steps: int | None, arrange: Callable[..., Batch], op: str
) -> tuple[Batch, GeneratedBatches]:
    """Return the first batch of a generator, and the batches with it put back in front.

    Args:
        x: what yields batches; or holds them: then they are as many as it is long.
        steps: the number of batches in an epoch; None: all.
        arrange: makes a batch of what is yielded.
        op: what it is given to, for errors.

    Raises:
        DataError: if there is no batch, or the first is none.
    """
    if _is_indexed(x):
        x = _Indexed(x)
        steps = len(x) if steps is None else steps
    if callable(x):
        _require_no_parameters(x)
    is_iterator = hasattr(x, "__next__")
    source = x() if callable(x) else iter(x)
    first = next(source if is_iterator else iter(source), None)
    if first is None:
        raise DataError(
            "the generator is empty.",
            op=op,
            fix="a generator can be gone through once; make a new one, or give a function that "
            "returns one",
        )
    batches = GeneratedBatches(_with_first(first, x) if is_iterator else x, steps, arrange, op)
    return batches.batch_of(first), batches


def _require_no_parameters(function: Callable[..., Any]) -> None:
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        name = function_name(function)
        raise ArgumentError(
            f"{name} is called for each epoch, without arguments: {error}.",
            fix=f"give what it returns, or a function without parameters: lambda: {name}(...)",
        ) from None
    except ValueError:
        return  # Some functions that are not written in Python do not tell their parameters.


def _with_first(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest

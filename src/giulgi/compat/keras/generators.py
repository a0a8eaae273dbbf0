"""Batches that a program makes itself: Python's generators, and Keras's Sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

import numpy as np

from giulgi.compat.keras.backend_session import get_session
from giulgi.compat.names import exported

# Up to how many elements of a data set are counted to know how long an epoch is.
_COUNTED = 100_000


@exported("utils.Sequence", "utils.data_utils.Sequence", of="keras")
class Sequence:
    """Base of batches by number: ``__getitem__(number)`` returns one, ``__len__`` how many."""

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def on_epoch_end(self) -> None:
        """After all batches were taken."""


def batches_of(data: Any) -> Any:
    """Return what yields batches; None if the data are arrays."""
    is_indexed = isinstance(data, Sequence) or hasattr(data, "on_epoch_end")
    if is_indexed or hasattr(data, "__next__") or _is_dataset(data):
        return data
    return _of_iterator(data) if hasattr(data, "get_next") else None


def _of_iterator(data: Any) -> Iterator[Any]:
    """Yield what an iterator of TensorFlow's gives, run by run."""
    element = data.get_next()
    while True:
        yield get_session().run(element)


def batches_per_epoch(
    data: Any, steps: int | None, samples: int | None, shuffle: bool
) -> tuple[Iterator[Any], int | None]:
    """Return endless batches, and how many make an epoch.

    Args:
        data: a generator or a Sequence.
        steps: how many batches make an epoch, if it is said so.
        samples: how many examples do, as Keras 1 said.
        shuffle: whether a Sequence is gone through in another order each time.
    """
    if _is_dataset(data):
        return _of_dataset(data), steps or _length(data)
    if hasattr(data, "__next__"):
        batches: Iterator[Any] = (_batch(part) for part in data)
        if steps is None and samples is None and hasattr(data, "__len__"):
            steps = len(data)
    else:
        batches = (_batch(part) for part in _endless(data, shuffle))
        steps = len(data) if steps is None and samples is None else steps
    if steps is None and samples is not None:
        first = next(batches)
        batches = chain([first], batches)
        steps = -(-samples // len(_first_array(first)))
    return batches, None if steps is None else max(1, int(steps))


def _is_dataset(data: Any) -> bool:
    """Whether it is a data set of TensorFlow's, whose elements are batches."""
    return hasattr(data, "make_one_shot_iterator")


def _of_dataset(data: Any) -> Iterator[Any]:
    """Yield the elements of a data set as arrays, and begin anew behind the last."""
    while True:
        for element in data.as_numpy_iterator():
            yield _batch(element)


def _length(data: Any) -> int | None:
    """Return how many elements a data set has; a long or endless one is not counted to its end."""
    count = sum(1 for _ in islice(data.as_numpy_iterator(), _COUNTED))
    return count if count < _COUNTED else None


def _endless(data: Any, shuffle: bool) -> Iterator[Any]:
    while True:
        order = np.arange(len(data))
        if shuffle:
            np.random.shuffle(order)
        for number in order:
            yield data[int(number)]
        if hasattr(data, "on_epoch_end"):
            data.on_epoch_end()


def _batch(part: Any) -> Any:
    """Return a batch as giulgi takes it: a tuple of x, y and weights."""
    return tuple(part) if isinstance(part, list) and len(part) in (2, 3) else part


def _first_array(batch: Any) -> Any:
    while isinstance(batch, (tuple, list)):
        batch = batch[0]
    return next(iter(batch.values())) if isinstance(batch, dict) else batch


def predicted(predict: Callable[[Any], Any], batches: Iterator[Any], steps: int | None) -> Any:
    """Return the outputs for some batches, joined.

    Args:
        predict: returns the outputs for one.
        batches: x alone, or ``(x, y)``.
        steps: how many batches; None: all.
    """
    given = (batch[0] if isinstance(batch, tuple) else batch for batch in islice(batches, steps))
    found = [predict(x) for x in given]
    if isinstance(found[0], list):
        return [np.concatenate(parts) for parts in zip(*found, strict=True)]
    return np.concatenate(found)

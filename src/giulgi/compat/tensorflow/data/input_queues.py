"""Inputs of programs by queues: ``tf.train.string_input_producer``, ``tf.train.batch``.

Threads fill the queues; ``tf.train.start_queue_runners`` starts them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from giulgi.compat.errors import OutOfRangeError
from giulgi.compat.graphs.functions import name_scope
from giulgi.compat.names import TABLES, advise, exported
from giulgi.compat.operations.host import host_operation, session_storage
from giulgi.compat.tensorflow.data.elements import is_tensor
from giulgi.compat.tensorflow.data.queues import (
    FIFOQueue,
    PaddingFIFOQueue,
    QueueBase,
    RandomShuffleQueue,
    seed_of,
)
from giulgi.compat.tensorflow.system.gfile import matching
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor, constant_array
from giulgi.storage import Storage


def _fill(queue: QueueBase, operations: Sequence[Any]) -> None:
    """Let threads fill a queue by operations, once the program starts them."""
    names = TABLES["tensorflow"]
    names["train.add_queue_runner"](names["train.QueueRunner"](queue, list(operations)))


class _Epochs:
    """Counts passes through a list, in each session.

    Args:
        limit: how many there may be; None: any number.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._counts: WeakKeyDictionary[Storage, int] = WeakKeyDictionary()

    def __call__(self) -> None:
        """Begin a pass.

        Raises:
            OutOfRangeError: if there were as many as there may be.
        """
        storage = session_storage.get()
        count = self._counts.get(storage, 0)
        if self._limit is not None and count >= self._limit:
            raise OutOfRangeError(None, None, f"Reached limit of {self._limit}")
        self._counts[storage] = count + 1


@exported("train.limit_epochs")
def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Tensor:
    """Return a tensor that can be computed so often, and then raises ``OutOfRangeError``."""
    given = as_tensor(tensor)
    if num_epochs is None:
        return given
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs}.")
    begin = _Epochs(num_epochs)

    def count(value: Any) -> Any:
        begin()
        return value

    return host_operation(
        "LimitEpochs", count, [given], [(given.dtype, given.shape)], name
    ).outputs[0]


@exported("train.input_producer")
def input_producer(
    input_tensor: Any,
    element_shape: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    summary_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> FIFOQueue:
    """Return a queue of the rows of a tensor.

    Args:
        input_tensor: the tensor.
        element_shape: the shape of a row.
        num_epochs: how often all rows are put in; None: without end.
        shuffle: whether each pass has an order of its own.
        seed: a number for the order.
        capacity: how many rows the queue holds.
        shared_name: has no meaning.
        summary_name: has no meaning.
        name: the name of the queue.
        cancel_op: has no meaning.
    """
    del shared_name, summary_name, cancel_op
    rows = as_tensor(input_tensor)
    shape = rows.shape[1:] if element_shape is None else TensorShape(element_shape)
    with name_scope(name, "input_producer") as scope:
        queue = FIFOQueue(capacity, [rows.dtype], [shape], name=scope)
        begin, source = _Epochs(num_epochs), random.Random(seed_of(seed))

        def put(array: Any) -> None:
            begin()
            order = list(range(len(array)))
            if shuffle:
                source.shuffle(order)
            queue.state.put([[array[place]] for place in order])

        _fill(queue, [host_operation("QueueEnqueueMany", put, [rows])])
    return queue


@exported("train.string_input_producer")
def string_input_producer(
    string_tensor: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> FIFOQueue:
    """Return a queue of strings, mostly paths; see :func:`input_producer`.

    Raises:
        ValueError: if there are none.
    """
    del shared_name, cancel_op
    if not is_tensor(string_tensor) and not list(string_tensor):
        raise ValueError("string_input_producer requires a non-null input tensor")
    strings = as_tensor(string_tensor, "string")
    return input_producer(strings, [], num_epochs, shuffle, seed, capacity, name=name)


@exported("train.range_input_producer")
def range_input_producer(
    limit: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> FIFOQueue:
    """Return a queue of the whole numbers below a limit; see :func:`input_producer`."""
    del shared_name
    numbers = TABLES["tensorflow"]["range"](limit) if is_tensor(limit) else np.arange(limit)
    rows = numbers if is_tensor(numbers) else as_tensor(numbers.astype(np.int32))
    return input_producer(rows, [], num_epochs, shuffle, seed, capacity, name=name)


@exported("train.slice_input_producer")
def slice_input_producer(
    tensor_list: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> list[Tensor]:
    """Return a row of each tensor, of the same place; see :func:`input_producer`.

    Raises:
        ValueError: if there are no tensors.
    """
    del shared_name
    if not list(tensor_list):
        raise ValueError("Expected at least one tensor in slice_input_producer().")
    leaves = [x if is_tensor(x) else constant_array(x) for x in tensor_list]
    count = leaves[0].shape[0]
    place = range_input_producer(
        int(count), num_epochs, shuffle, seed, capacity, name=name
    ).dequeue()
    return [_row(leaf, place) for leaf in leaves]


def _row(rows: Any, place: Tensor) -> Tensor:
    """Return the row of a tensor, or of an array, which stays outside of the graph."""
    if is_tensor(rows):
        gathered: Tensor = TABLES["tensorflow"]["gather"](rows, place)
        return gathered
    made = host_operation("Gather", lambda i: rows[int(i)], [place], [(rows.dtype, rows.shape[1:])])
    return made.outputs[0]


@exported("train.match_filenames_once")
def match_filenames_once(pattern: Any, name: str | None = None) -> Tensor:
    """Return the paths that fit a pattern."""
    patterns = as_tensor(pattern)

    def find(values: Any) -> Any:
        return np.array([path.encode() for path in matching(list(np.ravel(values)))], object)

    made = host_operation("MatchingFiles", find, [patterns], [("string", [None])], name)
    return made.outputs[0]


# Batches


def _tensors_of(tensors: Any) -> tuple[list[Tensor], Callable[[Any], Any]]:
    """Return tensors as a list, and how a list becomes what they were in."""
    if isinstance(tensors, dict):
        keys = sorted(tensors)
        return [as_tensor(tensors[k]) for k in keys], lambda found: dict(
            zip(keys, found, strict=True)
        )
    if isinstance(tensors, (list, tuple)) and len(tensors) > 1:
        return [as_tensor(x) for x in tensors], list
    if isinstance(tensors, (list, tuple)):
        tensors = tensors[0]
    return [as_tensor(tensors)], lambda found: found[0]


def _shapes_of(tensors: Sequence[Tensor], shapes: Any, is_many: bool) -> list[TensorShape]:
    if shapes is not None:
        is_list = isinstance(shapes, (list, tuple)) and len(shapes) == len(tensors)
        return [TensorShape(s) for s in (shapes if is_list else [shapes])]
    return [x.shape[1:] if is_many else x.shape for x in tensors]


def _batched(
    groups: Sequence[Any],
    batch_size: Any,
    make: Callable[[Any, list[TensorShape]], QueueBase],
    is_many: bool,
    shapes: Any,
    takes_fewer: bool,
    name: str,
) -> Any:
    """Return a batch out of a queue that threads fill, each from a group of tensors."""
    pairs = [_tensors_of(group) for group in groups]
    tensors, shown = pairs[0]
    known = _shapes_of(tensors, shapes, is_many)
    for others, _ in pairs[1:]:
        merged = zip(known, _shapes_of(others, shapes, is_many), strict=True)
        known = [a.merge_with(b) for a, b in merged]
    with name_scope(name) as scope:
        queue = make([x.dtype for x in tensors], known)
        if not isinstance(queue, PaddingFIFOQueue) and not all(s.is_fully_defined() for s in known):
            raise ValueError(f"All shapes must be fully defined: {known}")
        put = queue.enqueue_many if is_many else queue.enqueue
        _fill(queue, [put(own) for own, _ in pairs])
        take = queue.dequeue_up_to if takes_fewer else queue.dequeue_many
        found = take(batch_size, name=scope)
    return shown(found if isinstance(found, list) else [found])


@exported("train.batch_join")
def batch_join(
    tensors_list: Sequence[Any],
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return batches of examples that several threads make.

    Args:
        tensors_list: for each thread the tensors of an example.
        batch_size: how many examples.
        capacity: how many examples wait at most.
        enqueue_many: whether tensors hold several examples, in their rows.
        shapes: the shapes of an example; None: as far as they are known.
        dynamic_pad: whether examples are filled up to one shape.
        allow_smaller_final_batch: whether the last batch may have fewer examples.
        shared_name: has no meaning.
        name: the name of the batch.

    Raises:
        ValueError: if shapes are not known, and examples are not to be filled up.
    """
    del shared_name
    kind = PaddingFIFOQueue if dynamic_pad else FIFOQueue

    def make(dtypes: Any, known: Any) -> QueueBase:
        return kind(capacity, dtypes, known)

    fewer = allow_smaller_final_batch
    own = name or "batch_join"
    return _batched(tensors_list, batch_size, make, enqueue_many, shapes, fewer, own)


@exported("train.batch")
def batch(
    tensors: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return batches of examples; see :func:`batch_join`.

    Args:
        tensors: the tensors of an example: a list, a dict, or a single one.
        batch_size: how many examples.
        num_threads: how many threads make them.
        capacity: how many examples wait at most.
        enqueue_many: whether tensors hold several examples, in their rows.
        shapes: the shapes of an example; None: as far as they are known.
        dynamic_pad: whether examples are filled up to one shape.
        allow_smaller_final_batch: whether the last batch may have fewer examples.
        shared_name: has no meaning.
        name: the name of the batch.
    """
    del shared_name
    groups = [tensors] * max(1, num_threads)
    fewer = allow_smaller_final_batch
    return batch_join(
        groups, batch_size, capacity, enqueue_many, shapes, dynamic_pad, fewer, name=name or "batch"
    )


@exported("train.shuffle_batch_join")
def shuffle_batch_join(
    tensors_list: Sequence[Any],
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return batches of examples in a random order; see :func:`batch_join`.

    Args:
        tensors_list: for each thread the tensors of an example.
        batch_size: how many examples.
        capacity: how many examples wait at most.
        min_after_dequeue: how many are left, to be mixed.
        seed: a number for the order.
        enqueue_many: whether tensors hold several examples, in their rows.
        shapes: the shapes of an example; None: as far as they are known.
        allow_smaller_final_batch: whether the last batch may have fewer examples.
        shared_name: has no meaning.
        name: the name of the batch.
    """
    del shared_name

    def make(dtypes: Any, known: Any) -> QueueBase:
        return RandomShuffleQueue(capacity, min_after_dequeue, dtypes, known, seed=seed)

    fewer = allow_smaller_final_batch
    own = name or "shuffle_batch_join"
    return _batched(tensors_list, batch_size, make, enqueue_many, shapes, fewer, own)


@exported("train.shuffle_batch")
def shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return batches of examples in a random order; see :func:`shuffle_batch_join`."""
    del shared_name
    groups = [tensors] * max(1, num_threads)
    return shuffle_batch_join(
        groups, batch_size, capacity, min_after_dequeue, seed, enqueue_many, shapes,
        allow_smaller_final_batch, name=name or "shuffle_batch",
    )  # fmt: skip


for _name in ("maybe_batch", "maybe_batch_join", "maybe_shuffle_batch"):
    advise(f"train.{_name}", "Use tf.train.batch of what is kept, or tf.data.Dataset.filter.")

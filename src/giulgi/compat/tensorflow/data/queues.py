"""Queues: one thread puts elements in, another takes them out. ``tf.FIFOQueue`` and its kin."""

from __future__ import annotations

import itertools
import random
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from giulgi.compat.errors import OutOfRangeError
from giulgi.compat.graphs.graph import Operation, get_default_graph
from giulgi.compat.names import TABLES, exported
from giulgi.compat.operations.host import host_operation, seconds_left, session_storage
from giulgi.compat.tensorflow.data.dataset_steps import Padding
from giulgi.compat.tensorflow.data.elements import TensorSpec, stacked
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.storage import Storage

Element = list[Any]

_numbers = itertools.count()
_states_lock = threading.Lock()


class State:
    """What a queue holds in one session.

    Args:
        capacity: how many elements at most; None: any number.
        least: how many elements must be left when one is taken, until the queue is closed.
        source: of random numbers, by which elements are taken; None: in their order.
    """

    def __init__(
        self, label: str, capacity: int | None, least: int, source: random.Random | None
    ) -> None:
        self._label, self._capacity, self._least, self._source = label, capacity, least, source
        self._elements: deque[Element] = deque()
        self._changed = threading.Condition()
        self.is_closed = self._is_cancelled = False

    def put(self, elements: Sequence[Element]) -> None:
        """Put elements in, one after another, as there is room.

        Raises:
            CancelledError: if the queue is closed.
            DeadlineExceededError: if the session's limit of time is reached before there is room.
        """
        with self._changed:
            if self.is_closed:
                raise _error("CancelledError", f"{self._label} is closed.")
            for element in elements:
                has_room = lambda: self._is_cancelled or not self._is_full()  # noqa: E731
                if not self._changed.wait_for(has_room, seconds_left()):
                    raise _timed_out()
                if self._is_cancelled:
                    raise _error("CancelledError", "Enqueue operation was cancelled")
                self._elements.append(element)
                self._changed.notify_all()

    def _is_full(self) -> bool:
        return self._capacity is not None and len(self._elements) >= self._capacity

    def take(self, count: int, is_least: bool = True) -> list[Element]:
        """Take elements out, as soon as there are so many.

        Args:
            count: how many.
            is_least: whether fewer are refused when the queue is closed.

        Raises:
            OutOfRangeError: if the queue is closed and does not have enough.
            DeadlineExceededError: if the session's limit of time is reached before.
        """
        found: list[Element] = []
        with self._changed:
            while len(found) < count:
                ready = lambda: self.is_closed or self._can_give()  # noqa: E731
                if not self._changed.wait_for(ready, seconds_left()):
                    self._elements.extendleft(reversed(found))
                    raise _timed_out()
                if not self._can_give() and self.is_closed:
                    there = len(found) + len(self._elements)
                    if there < count and (is_least or not there):
                        self._elements.extendleft(reversed(found))
                        raise OutOfRangeError(
                            None,
                            None,
                            f"{self._label} is closed and has insufficient elements (requested "
                            f"{count}, current size {there})",
                        )
                if not self._elements:
                    return found
                found.append(self._next())
                self._changed.notify_all()
        return found

    def _can_give(self) -> bool:
        """Whether an element may be taken; so many are left, to be mixed."""
        return len(self._elements) > self._least

    def _next(self) -> Element:
        if self._source is None:
            return self._elements.popleft()
        place = self._source.randrange(len(self._elements))
        self._elements[place], self._elements[-1] = self._elements[-1], self._elements[place]
        return self._elements.pop()

    def close(self, cancel: bool) -> None:
        """Let nothing be put in any more; whoever waits for room is refused if that is asked."""
        with self._changed:
            self.is_closed = True
            self._is_cancelled = self._is_cancelled or cancel
            self._changed.notify_all()

    @property
    def size(self) -> int:
        """How many elements there are."""
        return len(self._elements)


def _error(name: str, message: str) -> Exception:
    error: Exception = TABLES["tensorflow"][f"errors.{name}"](None, None, message)
    return error


def _kept(arrays: Iterable[Any]) -> list[Any]:
    """Return copies of arrays: a program fills what it feeds anew while elements wait."""
    return [x.copy() if isinstance(x, np.ndarray) else x for x in arrays]


def _timed_out() -> Exception:
    return _error("DeadlineExceededError", "Timed out waiting for notification")


@exported("QueueBase", "queue.QueueBase")
class QueueBase:
    """Elements that wait, each of one or several tensors.

    Args:
        kind: what kind of queue it is.
        capacity: how many elements at most; negative: any number.
        dtypes: the types of the components.
        shapes: their shapes; None: they may vary.
        names: their names, if elements are dicts.
        name: the name of the queue.
        least: how many elements are left until the queue is closed.
        seed: what the order of elements is drawn by; a list of one, or None for their own order.
    """

    def __init__(
        self,
        kind: str,
        capacity: Any,
        dtypes: Any,
        shapes: Any,
        names: Any,
        name: str,
        least: int = 0,
        seed: list[Any] | None = None,
    ) -> None:
        single = not isinstance(dtypes, (list, tuple))
        self.dtypes = [as_dtype(dtype) for dtype in ([dtypes] if single else dtypes)]
        if shapes is None:
            self.shapes = [TensorShape(None) for _ in self.dtypes]
        else:
            is_list = isinstance(shapes, (list, tuple)) and len(shapes) == len(self.dtypes)
            several = shapes if is_list and not _is_shape(shapes) else [shapes]
            self.shapes = [TensorShape(shape) for shape in several]
        self.names: list[str] | None = [names] if isinstance(names, str) else names
        self.name = get_default_graph().unique_name(name)
        # Its operations are in the scope in which they are made.
        self._own_name = self.name.rpartition("/")[2]
        self._capacity = None if capacity < 0 else int(capacity)
        self._least, self._seed = least, seed
        self._label = f"{kind} '_{next(_numbers)}_{self.name}'"
        self._states: WeakKeyDictionary[Storage, State] = WeakKeyDictionary()

    @property
    def queue_ref(self) -> QueueBase:
        """What stands for the queue: itself."""
        return self

    @property
    def state(self) -> State:
        """What it holds in the session that runs."""
        storage = session_storage.get()
        with _states_lock:
            if storage not in self._states:
                source = None if self._seed is None else random.Random(self._seed[0])
                made = State(self._label, self._capacity, self._least, source)
                self._states[storage] = made
            return self._states[storage]

    # Putting in

    def _components(self, vals: Any) -> list[Tensor]:
        if isinstance(vals, dict):
            if not self.names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            vals = [vals[name] for name in self.names]
        elif not isinstance(vals, (list, tuple)):
            vals = [vals]
        pairs = zip(vals, self.dtypes, strict=False)
        return [as_tensor(value, dtype) for value, dtype in pairs]

    def enqueue(self, vals: Any, name: str | None = None) -> Operation:
        """Return an operation that puts in an element, and waits until there is room.

        Args:
            vals: a tensor, a list of all components, or a dict of them by their names.
            name: the name of the operation.
        """

        def put(*arrays: Any) -> None:
            self.state.put([_kept(arrays)])

        own = name or f"{self._own_name}_enqueue"
        return host_operation("QueueEnqueue", put, self._components(vals), name=own)

    def enqueue_many(self, vals: Any, name: str | None = None) -> Operation:
        """Return an operation that puts in the rows of tensors; see :meth:`enqueue`."""

        def put(*arrays: Any) -> None:
            self.state.put([list(row) for row in zip(*_kept(arrays), strict=True)])

        own = name or f"{self._own_name}_EnqueueMany"
        return host_operation("QueueEnqueueMany", put, self._components(vals), name=own)

    # Taking out

    def _shown(self, outputs: list[Tensor]) -> Any:
        if self.names:
            return dict(zip(self.names, outputs, strict=True))
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def dequeue(self, name: str | None = None) -> Any:
        """Return an element, which waits until there is one.

        A run raises ``tf.errors.OutOfRangeError`` if the queue is closed and empty.
        """

        def take() -> Any:
            (element,) = self.state.take(1)
            return element[0] if len(element) == 1 else element

        outputs = list(zip(self.dtypes, self.shapes, strict=True))
        own = name or f"{self._own_name}_Dequeue"
        return self._shown(host_operation("QueueDequeue", take, outputs=outputs, name=own).outputs)

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """Return so many elements, stacked."""
        return self._several(n, name, "DequeueMany", is_least=True)

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """Return so many elements, or fewer if the queue is closed, stacked."""
        return self._several(n, name, "DequeueUpTo", is_least=False)

    def _several(self, n: Any, name: str | None, kind: str, is_least: bool) -> Any:
        stack = self._stacking()

        def take(count: Any) -> Any:
            columns = stack(self.state.take(int(count), is_least))
            return columns[0] if len(columns) == 1 else columns

        known = n if is_least and isinstance(n, int) else None
        shapes = [TensorShape([known]).concatenate(shape) for shape in self.shapes]
        outputs = list(zip(self.dtypes, shapes, strict=True))
        own = name or f"{self._own_name}_{kind}"
        return self._shown(host_operation(f"Queue{kind}", take, [n], outputs, own).outputs)

    def _stacking(self) -> Callable[[list[Element]], list[Any]]:
        """Return what makes a batch of elements.

        Raises:
            ValueError: if their shapes are not known.
        """
        if not all(shape.is_fully_defined() for shape in self.shapes):
            raise ValueError(
                "This operation requires fully defined shapes for the queue components"
            )
        specs = [TensorSpec(s, t) for s, t in zip(self.shapes, self.dtypes, strict=True)]

        def stack(elements: list[Element]) -> list[Any]:
            columns = zip(*elements, strict=True)
            return [stacked(column, spec) for column, spec in zip(columns, specs, strict=True)]

        return stack

    # As a whole

    def size(self, name: str | None = None) -> Tensor:
        """Return how many elements there are."""
        own = name or f"{self._own_name}_Size"
        read = lambda: np.int32(self.state.size)  # noqa: E731
        return host_operation("QueueSize", read, outputs=[("int32", [])], name=own).outputs[0]

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Operation:
        """Return an operation after which nothing can be put in any more."""

        def end() -> None:
            self.state.close(bool(cancel_pending_enqueues))

        return host_operation("QueueClose", end, name=name or f"{self._own_name}_Close")

    def is_closed(self, name: str | None = None) -> Tensor:
        """Return whether the queue is closed."""
        read = lambda: self.state.is_closed  # noqa: E731
        return host_operation("QueueIsClosed", read, outputs=[("bool", [])], name=name).outputs[0]


def _is_shape(shapes: Any) -> bool:
    """Whether something is one shape, and no list of shapes."""
    return isinstance(shapes, TensorShape) or all(isinstance(s, int) for s in shapes)


@exported("FIFOQueue", "queue.FIFOQueue")
class FIFOQueue(QueueBase):
    """A queue that gives its elements in their order; see :class:`QueueBase`."""

    def __init__(
        self,
        capacity: Any,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "fifo_queue",
    ) -> None:
        del shared_name
        super().__init__("FIFOQueue", capacity, dtypes, shapes, names, name)


@exported("RandomShuffleQueue", "queue.RandomShuffleQueue")
class RandomShuffleQueue(QueueBase):
    """A queue that gives its elements in a random order; see :class:`QueueBase`.

    Args:
        min_after_dequeue: how many elements are left, to be mixed, until the queue is closed.
        seed: a number for the order.
    """

    def __init__(
        self,
        capacity: Any,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: int | None = None,
        shared_name: str | None = None,
        name: str = "random_shuffle_queue",
    ) -> None:
        del shared_name
        own = seed_of(seed)
        super().__init__(
            "RandomShuffleQueue", capacity, dtypes, shapes, names, name, min_after_dequeue, [own]
        )


@exported("PaddingFIFOQueue", "queue.PaddingFIFOQueue")
class PaddingFIFOQueue(QueueBase):
    """A queue whose elements are filled up to one shape when several are taken."""

    def __init__(
        self,
        capacity: Any,
        dtypes: Any,
        shapes: Any,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "padding_fifo_queue",
    ) -> None:
        del shared_name
        super().__init__("PaddingFIFOQueue", capacity, dtypes, shapes, names, name)

    def _stacking(self) -> Callable[[list[Element]], list[Any]]:
        specs = [TensorSpec(s, t) for s, t in zip(self.shapes, self.dtypes, strict=True)]
        fills = [b"" if dtype.numpy_dtype.kind == "O" else 0 for dtype in self.dtypes]
        return Padding(specs, [shape.as_list() for shape in self.shapes], fills)


def seed_of(seed: int | None) -> str | None:
    """Return what random numbers begin from, by a seed and that of the graph; None: any."""
    graph_seed = get_default_graph().seed
    return None if seed is None and graph_seed is None else f"{graph_seed} {seed}"

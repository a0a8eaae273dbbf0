"""Sessions: they run what was built, each with its own values of variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import Graph, Operation, get_default_graph
from giulgi.compat.graphs.growth import note_new_run
from giulgi.compat.names import exported
from giulgi.compat.opened import Opened
from giulgi.compat.operations.host import within
from giulgi.compat.sessions.feeding import Feed
from giulgi.compat.sessions.running import Prepared, as_run_error, require_initialized
from giulgi.compat.tensors.tensor import Converted, Tensor, as_tensor
from giulgi.compat.variables.foreign_values import keep
from giulgi.compat.variables.variable import Variable
from giulgi.errors import GiulgiError
from giulgi.graph.ops.state import ReadVariable
from giulgi.graph.tensor import Tensor as Expression
from giulgi.storage import Storage
from giulgi.tree import LEAF, flatten, unflatten

_sessions: Opened[BaseSession] = Opened()


@exported("get_default_session")
def get_default_session() -> BaseSession | None:
    """Return the session that is open; None if none is."""
    return _sessions.innermost


def required_session(session: BaseSession | None) -> BaseSession:
    """Return a session, else the one that is open.

    Raises:
        ValueError: if there is none.
    """
    found = get_default_session() if session is None else session
    if found is None:
        raise ValueError(
            "Cannot execute operation using `run()` or `eval()`: No default session is registered. "
            "Use `with sess.as_default()` or pass an explicit session."
        )
    return found


class _Run:
    """A structure of fetches and the keys of feeds, prepared; what they hold is kept alive."""

    def __init__(self, session: BaseSession, fetches: Any, keys: tuple[Any, ...]) -> None:
        graph = session.graph
        leaves, self.structure = flatten(fetches)
        self.kept = (fetches, leaves, keys)
        self.feeds = [_fed(graph, key) for key in keys]
        self.several = any(isinstance(feed, list) for feed in self.feeds)
        flat = [x for feed in self.feeds for x in (feed if isinstance(feed, list) else [feed])]
        self.takes = [Feed(tensor) for tensor in flat]
        self.parts = [_parts(graph, leaf) for leaf in leaves]
        self.prepared = Prepared([x for tensors, _ in self.parts for x in tensors], flat)
        self.is_checked = False
        self.is_single = self.structure is LEAF and self.parts[0][1] is _only

    def arrays(self, values: Any) -> list[Any]:
        """Return what is fed as arrays, in the order of the feeds."""
        if not self.several:
            return [f.array(v) for f, v in zip(self.takes, values, strict=True)]
        parts: list[Any] = []
        for feed, value in zip(self.feeds, values, strict=True):
            parts += _parts_of(value, len(feed)) if isinstance(feed, list) else [value]
        return [f.array(v) for f, v in zip(self.takes, parts, strict=True)]

    def structured(self, values: list[Any]) -> Any:
        """Return results nested as the fetches are."""
        remaining = iter(values)
        leaves = [assemble([next(remaining) for _ in tensors]) for tensors, assemble in self.parts]
        return unflatten(self.structure, iter(leaves))


def _fed(graph: Graph, key: Any) -> Any:
    """Return the tensor, or tensors, that a key of the feeds means."""
    if isinstance(key, Tensor):
        if key.graph is not graph:
            raise TypeError(f"Cannot interpret feed_dict key as Tensor: {_foreign(key)}")
        return key
    if isinstance(key, str):
        try:
            found = graph.as_graph_element(key)
        except (KeyError, ValueError) as error:
            raise TypeError(f"Cannot interpret feed_dict key as Tensor: {error}") from None
        if not isinstance(found, Tensor):
            raise TypeError(
                f"Cannot interpret feed_dict key as Tensor: The name {key!r} refers to an "
                "Operation, not a Tensor. Tensor names must be of the form "
                f'"<op_name>:<output_index>", such as "{key}:0".'
            )
        return found
    if isinstance(key, tuple):
        return [_fed(graph, part) for part in flatten(key)[0]]
    if hasattr(key, "fed_parts"):
        return key.fed_parts()
    if isinstance(key, (Converted, Expression)):
        return as_tensor(key)
    raise TypeError(f"Cannot interpret feed_dict key as Tensor: {key!r}")


def _foreign(x: Tensor | Operation | Variable) -> str:
    return f"{type(x).__name__} {x} is not an element of this graph."


def _key_of(fetches: Any) -> Any:
    """Return what tells nested fetches from others."""
    if isinstance(fetches, dict):
        return dict, *((name, _key_of(part)) for name, part in fetches.items())
    if isinstance(fetches, (list, tuple)):
        return type(fetches), *map(_key_of, fetches)
    return fetches


def _parts_of(value: Any, count: int) -> list[Any]:
    """Return the values of so many tensors that are fed together."""
    if count == 1:
        return [value]
    # Each may be a list of numbers itself.
    return list(value) if len(value) == count else flatten(value)[0]


def _parts(graph: Graph, fetch: Any) -> tuple[list[Any], Any]:
    """Return the tensors or operations of which a fetch is made, and how it is made of them."""
    if isinstance(fetch, str):
        try:
            fetch = graph.as_graph_element(fetch)
        except (KeyError, ValueError) as error:
            raise ValueError(
                f"Fetch argument {fetch!r} cannot be interpreted as a Tensor. ({error})"
            ) from None
    if isinstance(fetch, (Tensor, Operation, Variable)) and fetch.graph is not graph:
        raise ValueError(
            f"Fetch argument {fetch!r} cannot be interpreted as a Tensor. ({_foreign(fetch)})"
        )
    if isinstance(fetch, (Tensor, Operation)):
        return [fetch], _only
    if fetch is None:
        raise TypeError("Fetch argument None has invalid type <class 'NoneType'>")
    if hasattr(fetch, "fetched_parts"):
        parts: tuple[list[Any], Any] = fetch.fetched_parts()
        return parts
    if isinstance(fetch, (Variable, Converted, Expression)):
        return [as_tensor(fetch)], _only
    raise TypeError(
        f"Fetch argument {fetch!r} has invalid type {type(fetch)}, must be a string or Tensor. "
        f"(Can not convert a {type(fetch).__name__} into a Tensor or Operation.)"
    )


def _only(values: list[Any]) -> Any:
    return values[0]


class BaseSession:
    """Runs operations and computes tensors.

    Args:
        target: has no meaning: all runs in this process.
        graph: the graph; None: the one that is built in.
        config: of it ``operation_timeout_in_ms`` counts: so long a run waits for a queue. Threads
            and devices are giulgi's own.

    Attributes:
        graph: the graph.
        storage: the values of variables, as giulgi keeps them.
        initialized: the variables that have a value.
    """

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None) -> None:
        del target
        self.graph = get_default_graph() if graph is None else graph
        self.config = config
        self._most_wait = int(getattr(config, "operation_timeout_in_ms", 0) or 0)
        self.storage = Storage(self.graph.seed)
        self.initialized: set[ReadVariable] = set()
        self._runs: dict[Any, _Run] = {}
        self._is_closed = False

    def run(
        self,
        fetches: Any,
        feed_dict: Mapping[Any, Any] | None = None,
        options: Any = None,
        run_metadata: Any = None,
    ) -> Any:
        """Run operations, and return the values of tensors.

        Args:
            fetches: a tensor, operation, or name of one; or lists, tuples and dicts of them.
            feed_dict: the values of placeholders, or of any other tensors.
            options: of it ``timeout_in_ms`` counts, instead of the session's, if it is positive.
            run_metadata: has no meaning.

        Returns:
            NumPy arrays, nested as the fetches are; None for an operation.
        """
        del run_metadata
        asked = 0 if options is None else int(getattr(options, "timeout_in_ms", 0) or 0)
        limit = asked if asked > 0 else self._most_wait
        feeds = {} if feed_dict is None else feed_dict
        run = self._prepared(fetches, feeds)
        prepared = run.prepared
        arrays = run.arrays(feeds.values())
        if not run.is_checked:
            self._require_initialized(prepared)
        try:
            if limit:
                values = within(limit, lambda: prepared(arrays, self.storage))
            else:
                values = prepared(arrays, self.storage)
        except GiulgiError as error:
            raise as_run_error(error) from None
        if not run.is_checked:
            self.initialized.update(v.variable.cell for v in prepared.updates)
            run.is_checked = True
        return values[0] if run.is_single else run.structured(values)

    def _require_initialized(self, prepared: Prepared) -> None:
        """Raise an error if a variable is read that has no value yet."""
        require_initialized(prepared, self.initialized)

    def _prepared(self, fetches: Any, feeds: Mapping[Any, Any]) -> _Run:
        """Return what is known of fetches and feeds, as it was prepared for them before."""
        if type(fetches) is list:
            key: Any = (len(fetches), *fetches, *feeds)
        else:
            key = (type(fetches), fetches, *feeds)
        try:
            run = self._runs.get(key)
        except TypeError:  # Fetches that are nested further.
            key = (_key_of(fetches), *feeds)
            run = self._runs.get(key)
        if run is None:
            if self._is_closed:
                raise RuntimeError("Attempted to use a closed Session.")
            note_new_run(self.graph)
            run = self._runs[key] = _Run(self, fetches, tuple(feeds))
        return run

    def load(self, variable: Variable, value: Any) -> None:
        """Give a variable a value."""
        if variable.dtype.is_foreign:
            keep(self.storage, variable, value)
            return
        if np.iscomplexobj(value):
            raise TypeError(f"Cannot load complex numbers into {variable.name!r}: it is real")
        array = np.asarray(value, variable.variable.dtype)
        if array.shape != variable.variable.shape:
            raise ValueError(
                f"Cannot load a value of shape {array.shape} into {variable.name!r}, which has "
                f"shape {variable.shape}"
            )
        self.storage.assign(variable.variable.cell, array)
        self.initialized.add(variable.variable.cell)

    def value(self, variable: Variable) -> np.ndarray[Any, Any]:
        """Return a copy of the value of a variable."""
        return self.storage.value(variable.variable.cell).copy()

    def make_callable(self, fetches: Any, feed_list: Any = None, **_: Any) -> Any:
        """Return a function of the values of some feeds that runs fetches."""
        keys = list(feed_list or [])
        return lambda *values: self.run(fetches, dict(zip(keys, values, strict=True)))

    def partial_run_setup(self, *_: Any) -> Any:
        """Say that runs cannot be parted."""
        raise NotImplementedError("partial runs are not there: run everything in one go")

    @property
    def graph_def(self) -> Any:
        """The graph as a message, ``tf.GraphDef``."""
        return self.graph.as_graph_def()

    @property
    def sess_str(self) -> str:
        """Where it runs: here."""
        return ""

    def list_devices(self) -> list[Any]:
        """Return the devices: the processor."""
        from giulgi.compat.tensorflow.system.devices import local_devices

        return local_devices("/job:localhost/replica:0/task:0/device:CPU:0")

    def close(self) -> None:
        """Let nothing be run any more."""
        self._is_closed = True
        self._runs.clear()

    @contextmanager
    def as_default(self) -> Iterator[BaseSession]:
        """Let this be the session of ``eval`` and ``run`` inside."""
        # Models of Keras live in the session that is open, as their layers do.
        with _sessions.within(self), self.storage.in_use():
            yield self


@exported("Session")
class Session(BaseSession):
    """A session that is open within ``with``; see :class:`BaseSession`."""

    def __enter__(self) -> Session:
        graph, default = self.graph.as_default(), self.as_default()
        graph.__enter__()
        default.__enter__()
        self.__dict__.setdefault("_entered", []).append((graph, default))
        return self

    def __exit__(self, *exception: Any) -> None:
        graph, default = self.__dict__["_entered"].pop()
        default.__exit__(None, None, None)
        graph.__exit__(None, None, None)
        if not self.__dict__["_entered"]:
            self.close()


@exported("InteractiveSession")
class InteractiveSession(BaseSession):
    """A session that is the default one until it is closed, as is a graph that it is given.

    See :class:`BaseSession`.
    """

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        _sessions.open(self)
        self._uses = [self.storage.in_use(), *([] if graph is None else [graph.as_default()])]
        for use in self._uses:
            use.__enter__()

    def close(self) -> None:
        """Let nothing be run any more, and be the default session no longer."""
        super().close()
        if _sessions.close(self):
            for use in reversed(self._uses):
                use.__exit__(None, None, None)

    def __enter__(self) -> InteractiveSession:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

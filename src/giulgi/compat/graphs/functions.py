"""What a program calls to build in the default graph: scopes, control dependencies, collections."""

from __future__ import annotations

from typing import Any

from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import exported


@exported("name_scope", "python.framework.ops.name_scope", "keras.backend.name_scope")
class name_scope:  # noqa: N801 - TensorFlow's name
    """A context that puts names under a name; see :meth:`Graph.name_scope`."""

    def __init__(
        self, name: str | None, default_name: str | None = None, values: Any = None
    ) -> None:
        del values
        self._name = default_name if name is None else name

    @property
    def name(self) -> str | None:
        """The name."""
        return self._name

    def __enter__(self) -> str:
        self._scope = get_default_graph().name_scope(self._name)
        return self._scope.__enter__()

    def __exit__(self, *exception: Any) -> Any:
        return self._scope.__exit__(*exception)


@exported("op_scope")
def op_scope(values: Any, name: str | None, default_name: str | None = None) -> Any:
    """Return a context that puts names under a name: :class:`name_scope` of former times."""
    return name_scope(name, default_name, values)


@exported("control_dependencies", "python.framework.ops.control_dependencies")
def control_dependencies(control_inputs: Any) -> Any:
    """Return a context; see :meth:`Graph.control_dependencies`."""
    return get_default_graph().control_dependencies(control_inputs)


@exported("device", "python.framework.ops.device")
def device(device_name_or_function: Any) -> Any:
    """Return a context that does nothing: there is one processor."""
    return get_default_graph().device(device_name_or_function)


@exported("container", "python.framework.ops.container")
def container(container_name: str) -> Any:
    """Take note of nothing: each session has its own variables."""
    return get_default_graph().container(container_name)


@exported("add_to_collection", "python.framework.ops.add_to_collection")
def add_to_collection(name: Any, value: Any) -> None:
    """Add a value to a collection of the default graph."""
    get_default_graph().add_to_collection(name, value)


@exported("add_to_collections")
def add_to_collections(names: Any, value: Any) -> None:
    """Add a value to several collections of the default graph."""
    get_default_graph().add_to_collections(names, value)


@exported("get_collection", "python.framework.ops.get_collection")
def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """Return what is in a collection of the default graph."""
    return get_default_graph().get_collection(key, scope)


@exported("get_collection_ref")
def get_collection_ref(key: Any) -> list[Any]:
    """Return a collection of the default graph itself."""
    return get_default_graph().get_collection_ref(key)


@exported("set_random_seed", "random.set_seed", "random.set_random_seed")
def set_random_seed(seed: int) -> None:
    """Let the random numbers of the default graph repeat."""
    graph = get_default_graph()
    graph.seed = int(seed)
    if graph.is_eager:  # What is drawn begins anew.
        graph.notes.pop("seeds", None)
        graph.notes.pop("streams", None)

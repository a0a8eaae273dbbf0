"""How operations of a graph, and their results, are found by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from giulgi.compat.graphs.keys import INNER_NAMES

if TYPE_CHECKING:
    from giulgi.compat.graphs.graph import Operation
    from giulgi.compat.tensors.tensor import Tensor


class Lookups:
    """The names of a graph.

    Attributes:
        unnamed: networks, in the order of building, whose parts get names when somebody asks for
            any: most programs never do. With each what gives them.
    """

    finalized: bool

    def __init__(self) -> None:
        self._by_name: dict[str, Operation] = {}
        self.unnamed: WeakKeyDictionary[Any, Callable[[Any, Any], None]]
        self.unnamed = WeakKeyDictionary()

    def name_all(self) -> None:
        """Let everything have its name that gets one only if it is asked for."""
        waiting = [] if self.finalized else list(self.unnamed.items())
        for network, give_names in waiting:
            del self.unnamed[network]
            give_names(self, network)

    def get_operation_by_name(self, name: str) -> Operation:
        """Return the operation of a name.

        What stands inside of another operation in TensorFlow, as ``dropout/mul`` does, is that one.
        """
        outer, _, inner = name.rpartition("/")
        if name not in self._by_name:
            self.name_all()
        found = self._by_name.get(name) or self._by_name.get(outer)
        if found is None or (found.name != name and inner not in INNER_NAMES.get(found.type, ())):
            raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
        return found

    def get_tensor_by_name(self, name: str) -> Tensor:
        """Return a result of an operation, by a name such as ``"x:0"``."""
        if ":" not in name:
            raise ValueError(
                f"The name {name!r} looks like an (invalid) Tensor name: it has the form "
                "'<op_name>:<output_index>'."
            )
        own, _, place = name.partition(":")
        try:
            return self.get_operation_by_name(own).outputs[int(place)]
        except (KeyError, IndexError):
            raise KeyError(f"The name {name!r} refers to a Tensor which does not exist.") from None

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """Return the tensor or operation that is meant by an object or a name."""
        if not isinstance(obj, str):
            return obj
        if ":" in obj and allow_tensor:
            return self.get_tensor_by_name(obj)
        return self.get_operation_by_name(obj)

    def is_feedable(self, tensor: Any) -> bool:
        """Return whether a session of this graph takes a value for a tensor: all of its own."""
        return tensor.graph is self

    is_fetchable = is_feedable

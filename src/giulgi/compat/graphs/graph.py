"""A graph of named operations, as programs of that time see it.

giulgi's own graph is made of expressions: nameless, and computed for their value alone. Here an
operation has a name, belongs to a graph, and may have an *effect* beside its value: it assigns to a
variable, or Python carries it out. What has an effect takes place if something that is run depends
on it, by its value or by a control dependency.

**Order.** All reads of a run see the variables as they were before, but for what is built under
``control_dependencies``: there a variable stands for the value that the operations before it
assign. So every value is an expression, whatever was assigned on the way to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from giulgi.compat.graphs.keys import Collections as Collections
from giulgi.compat.graphs.lookups import Lookups
from giulgi.compat.graphs.manners import Manners
from giulgi.compat.manner import manner
from giulgi.compat.names import exported
from giulgi.compat.opened import Opened
from giulgi.compat.operations.refusals import refuse_other_graph
from giulgi.graph.node import newest_serial
from giulgi.graph.tensor import Tensor as Expression

if TYPE_CHECKING:
    from giulgi.compat.operations.host import HostCall
    from giulgi.compat.tensors.tensor import Tensor
    from giulgi.compat.variables.variable import Variable

_SCOPE_NAME = re.compile(r"[^A-Za-z0-9_.\\/>-]")


class Operation:
    """A named operation of a graph.

    Attributes:
        name: its name, unique in its graph.
        type: what kind of operation it is, such as ``"MatMul"``.
        graph: the graph it belongs to.
        number: its place among all operations of the graph; inputs come first.
        inputs: the tensors that it is computed from.
        control_inputs: operations that take place before.
        outputs: its results.
        assigns: the variables that it assigns to, and their new values.
        host: what Python carries out; None if it is an expression.
        has_effect: whether it, or anything that it depends on, has an effect.
        after: for each variable that it or what it depends on assigns to, the value after that.
    """

    __slots__ = (
        "__weakref__", "after", "assigns", "control_inputs", "device", "graph", "has_effect",
        "host", "inputs", "name", "number", "outputs", "type",
    )  # fmt: skip

    def __init__(
        self,
        graph: Graph,
        type: str,
        name: str,
        inputs: Sequence[Tensor],
        assigns: Sequence[tuple[Variable, Expression]] = (),
        host: HostCall | None = None,
        controls: Iterable[Operation] = (),
    ) -> None:
        self.graph = graph
        self.type = type
        self.name = name
        self.inputs = tuple(inputs)
        self.control_inputs = tuple(dict.fromkeys([*controls, *graph.controls]))
        self.outputs: list[Tensor] = []
        for tensor in [x for x in self.inputs if x.op.graph is not graph]:
            refuse_other_graph(tensor, graph)
        self.assigns = tuple(assigns)
        self.host = host
        self.device = ""
        before = [op for op in self.needed if op.has_effect]
        self.has_effect: bool = bool(assigns) or host is not None or bool(before)
        self.after: dict[Variable, Expression] = {}
        for op in sorted(before, key=lambda op: op.number):
            self.after |= op.after
        self.after |= dict(assigns)
        self.number = graph.add(self)

    def assign(self, assigns: Sequence[tuple[Variable, Expression]]) -> None:
        """Let it assign, too: values that are made of its own results."""
        self.assigns += tuple(assigns)
        self.after |= dict(assigns)

    @property
    def needed(self) -> list[Operation]:
        """The operations that it depends on directly."""
        return [*(tensor.op for tensor in self.inputs), *self.control_inputs]

    def are_outputs_made(self) -> None:
        """Take note that all results are there: they have the gradient that the graph asks for."""
        self.graph.newest_node = newest_serial()
        if self.graph.gradient_names:
            from giulgi.compat.tensorflow.control import own_gradients

            own_gradients.override(self)

    def get_attr(self, name: str) -> Any:
        """Return an attribute: the dtype of its result is the only one."""
        if name not in ("T", "dtype") or not self.outputs:
            raise ValueError(f"Operation {self.name!r} has no attr named {name!r}.")
        return self.outputs[0].dtype

    @property
    def node_def(self) -> Any:
        """Its description, a message: name, kind, inputs, and some attributes."""
        from giulgi.compat.tensorflow.graphs.graph_def import described

        return described([self]).node[0]

    @property
    def op(self) -> Operation:
        """The operation itself."""
        return self

    def colocation_groups(self) -> list[bytes]:
        """Return what it is to be near to: itself alone."""
        return [f"loc:@{self.name}".encode()]

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run it in a session; None: the default one."""
        from giulgi.compat.sessions.session import required_session

        required_session(session).run(self, feed_dict)

    def values(self) -> tuple[Tensor, ...]:
        """Return its results."""
        return tuple(self.outputs)

    def __str__(self) -> str:
        return str(self.node_def)

    def __repr__(self) -> str:
        return f"<tf.Operation {self.name!r} type={self.type}>"


exported("Operation", "python.framework.ops.Operation")(Operation)


@exported("Graph", "python.framework.ops.Graph")
class Graph(Manners, Lookups):
    """Named operations, collections of things, and what is open while more are built.

    Attributes:
        seed: what random numbers begin from; None: they differ each time.
        controls: the operations that all new ones are to wait for.
        is_in_a_loop: whether what is built is done in every round of a loop.
        takes_others: whether tensors of other graphs may be used in it.
        gradient_names: by kind of operation, the name of the gradient that is given to new ones.
        newest_node: the serial of a node that is newer than those of all operations.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seed: int | None = None
        self.controls: tuple[Operation, ...] = ()
        self.is_in_a_loop = False
        self.finalized = False
        self.newest_node = newest_serial()
        self.takes_others, self.gradient_names = False, dict[str, str]()
        self.notes: dict[str, Any] = {}  # What other files keep of the graph.
        self._operations: list[Operation] = []
        self._used_names: dict[str, int] = {}
        self._scope = ""
        self._collections: dict[Any, list[Any]] = {}

    # Operations

    def add(self, operation: Operation) -> int:
        """Keep an operation; return its number."""
        if self.finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")
        self._operations.append(operation)
        self._by_name[operation.name] = operation
        return len(self._operations) - 1

    def get_operations(self) -> list[Operation]:
        """Return all operations."""
        return list(self._operations)

    @property
    def size(self) -> int:
        """The number of operations."""
        return len(self._operations)

    version = size

    def made_since(self, size: int) -> list[Operation]:
        """Return the operations that were made since there were so many."""
        return self._operations[size:]

    def finalize(self) -> None:
        """Let nothing be added any more."""
        self.name_all()
        self.finalized = True

    # Names

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """Return a free name in the open scope: ``x``, ``x_1``; a scope's own, ``s/``, is ``s``."""
        if name.endswith("/"):
            return name[:-1]
        whole = f"{self._scope}/{name}" if self._scope else name
        key = whole.lower()
        count = self._used_names.get(key, 0)
        if mark_as_used:
            self._used_names[key] = count + 1
        if not count:
            return whole
        while (numbered := f"{whole}_{count}").lower() in self._used_names:
            count += 1
        if mark_as_used:
            self._used_names[key] = count + 1
            self._used_names[numbered.lower()] = 1
        return numbered

    @contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """Put the names of what is built inside under a name; one with a final / is taken whole.

        Yields:
            The scope, with a final /.
        """
        before = self._scope
        if not name:
            self._scope = ""
        elif name.endswith("/"):
            self._scope = name[:-1]
        else:
            self._scope = self.unique_name(_SCOPE_NAME.sub("_", name))
        try:
            yield f"{self._scope}/" if self._scope else ""
        finally:
            self._scope = before

    @property
    def scope(self) -> str:
        """The open scope, without a final /."""
        return self._scope

    # Order

    @contextmanager
    def control_dependencies(self, control_inputs: Any) -> Iterator[None]:
        """Let what is built inside wait for operations; None: for nothing."""
        before = self.controls, self.is_in_a_loop
        if control_inputs is None:
            self.controls, self.is_in_a_loop = (), False
        else:
            self.controls = (*self.controls, *map(operation_of, control_inputs))
        try:
            yield
        finally:
            self.controls, self.is_in_a_loop = before

    def gradient_override_map(self, op_type_map: Mapping[str, str]) -> AbstractContextManager[None]:
        """Return a context in which kinds of operations have gradients that are registered."""
        from giulgi.compat.tensorflow.control import own_gradients

        return own_gradients.gradient_override_map(self, op_type_map)

    # Collections

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Add a value to a collection."""
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Add a value to several collections."""
        for name in dict.fromkeys([names] if isinstance(names, str) else names):
            self.add_to_collection(name, value)

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """Return what is in a collection; with a scope, what has a name that begins with it."""
        found = self._collections.get(name, [])
        if scope is None:
            return list(found)
        pattern = re.compile(scope)
        return [value for value in found if hasattr(value, "name") and pattern.match(value.name)]

    def get_collection_ref(self, name: Any) -> list[Any]:
        """Return a collection itself, to be changed."""
        return self._collections.setdefault(name, [])

    def get_all_collection_keys(self) -> list[Any]:
        """Return the names of all collections that hold something."""
        return [name for name, values in self._collections.items() if values]

    def clear_collection(self, name: Any) -> None:
        """Empty a collection."""
        self._collections.pop(name, None)

    # As a whole

    def as_default(self) -> AbstractContextManager[Graph]:
        """Build in this graph."""
        return _graphs.within(self)

    @contextmanager
    def device(self, device_name: Any) -> Iterator[None]:
        """Take note of nothing: there is one processor."""
        del device_name
        yield

    # Each session has its own variables; where a server would keep them does not matter.
    container = device

    def as_graph_def(self, from_version: Any = None, add_shapes: bool = False) -> Any:
        """Return the graph as a message, ``tf.GraphDef``."""
        from giulgi.compat.tensorflow.graphs.graph_def import graph_def_of

        del from_version, add_shapes
        self.name_all()
        return graph_def_of(self)


# The default graph

_base: list[Graph] = [Graph()]
_graphs: Opened[Graph] = Opened()


@exported("get_default_graph", "python.framework.ops.get_default_graph")
def get_default_graph() -> Graph:
    """Return the graph that is built in."""
    return _graphs.innermost or _base[0]


def is_eager() -> bool:
    """Whether a program computes at once where it is now."""
    return get_default_graph().is_eager


def is_modern() -> bool:
    """Whether arguments are in the order of TensorFlow 2, where that is another."""
    return manner.is_modern


def begin_with(graph: Graph) -> Graph:
    """Build in a graph from now on where no other is open; return the one before."""
    before, _base[0] = _base[0], graph
    return before


@exported("reset_default_graph", "python.framework.ops.reset_default_graph")
def reset_default_graph() -> None:
    """Begin a new graph."""
    _base[0] = type(_base[0])()


def operation_of(thing: Any) -> Operation:
    """Return the operation of a tensor or variable, or the operation itself."""
    operation: Operation = thing if isinstance(thing, Operation) else thing.op
    return operation

"""Weights of layers as variables of the graph of named operations."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import Collections, Graph, Operation, get_default_graph
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Converted, Tensor, as_tensor
from giulgi.compat.variables.variable import Variable
from giulgi.graph.ops.state import ReadVariable, is_recording
from giulgi.storage import set_seed

Constraint = Callable[[Any], Any]

#: The weights that giulgi's variables stand for.
weights_by_cell: WeakValueDictionary[ReadVariable, Weight] = WeakValueDictionary()


class Weight(gg.Variable, Converted):
    """A weight of a layer: giulgi's variable, which knows the named variable that stands for it."""

    __slots__ = ("__dict__", "named")

    named: Variable

    def as_tensor(self) -> Tensor:
        """Return its value as a named tensor."""
        return self.named.as_tensor()

    def get_shape(self) -> TensorShape:
        """Return its shape as TensorFlow's."""
        return TensorShape(self.shape)

    def eval(self, session: Any = None, feed_dict: Any = None) -> Any:
        """Return its value in a session; None: the default one."""
        return self.named.eval(session, feed_dict)

    @property
    def name(self) -> str:
        """Its name, as of a tensor: ``"dense/kernel:0"``."""
        return self.named.name

    def __repr__(self) -> str:
        return repr(self.named)

    __str__ = __repr__

    @property
    def constraint(self) -> Constraint | None:
        """What keeps it within limits."""
        return self.named.constraint

    def value(self) -> Any:
        """Return its value as a named tensor."""
        return self.named.as_tensor()

    read_value = value

    def ref(self) -> Any:
        """Return what stands for it as the key of a dict."""
        return self.named.ref()

    def numpy(self, *args: Any, **kwargs: Any) -> Any:
        """Return its value of now."""
        if self.named.graph.is_eager:
            return self.named.numpy()
        self._begin()
        return super().numpy(*args, **kwargs)

    def _begin(self) -> None:
        """Let a variable of the program's own have its first value, which a session computes."""
        if not (self.named.graph.is_eager or isinstance(self.named, NamedWeight)):
            from giulgi.compat.keras.backend_session import get_session

            get_session()

    # Assignment: by giulgi's network, if it is built; else as of a variable of the graph

    def assign(self, value: Any, *args: Any, **_: Any) -> Any:
        """Give it a new value."""
        graph = get_default_graph()
        new = value if isinstance(value, gg.Tensor) else as_tensor(value, self.named.dtype)
        if is_recording() or isinstance(new, gg.Tensor):
            return super().assign(new if isinstance(new, gg.Tensor) else new.expression)
        if graph.recorder is not None or new.expression.node.symbolic:
            return self.named.assign(new)
        self._begin()
        return super().assign(new.expression)

    def assign_add(self, value: Any, *args: Any, **_: Any) -> Any:
        """Add to its value."""
        return self.assign(self._now() + _expression(value))

    def assign_sub(self, value: Any, *args: Any, **_: Any) -> Any:
        """Subtract from its value."""
        return self.assign(self._now() - _expression(value))

    def _now(self) -> gg.Tensor:
        return self.read() if is_recording() else self.as_tensor().expression


def _expression(value: Any) -> Any:
    return value if isinstance(value, gg.Tensor) else as_tensor(value).expression


class NamedWeight(Variable):
    """The named variable of a weight: in the collections of its graph, and run by sessions."""

    def __init__(
        self, weight: Weight, name: str, trainable: bool, constraint: Constraint | None
    ) -> None:
        with get_default_graph().home.as_default():
            self._stand_for(weight, name, trainable, constraint)

    def _stand_for(
        self, weight: Weight, name: str, trainable: bool, constraint: Constraint | None
    ) -> None:
        graph = self.graph = get_default_graph()
        _seed_once(graph)
        own = graph.unique_name(name)
        first = gg.cast(weight.cell.initial, weight.dtype)
        with graph.control_dependencies(None):
            start = Operation(graph, "Initial", f"{own}/Initializer", [])
            self.initial_value = Tensor(start, 0, first)
            start.outputs.append(self.initial_value)
            self.op = Operation(graph, "VariableV2", own, [])
            self._snapshot = Tensor(self.op, 0, weight)
            self.op.outputs.append(self._snapshot)
            self.initializer = Operation(
                graph,
                "Assign",
                f"{own}/Assign",
                [self._snapshot, self.initial_value],
                [(self, first)],
            )
        self.variable = weight
        self.trainable = trainable
        self.constraint = constraint
        self.dtype = as_dtype(weight.dtype)
        graph.add_to_collection(Collections.GLOBAL_VARIABLES, self)
        if trainable:
            graph.add_to_collection(Collections.TRAINABLE_VARIABLES, self)

    def numpy(self) -> Any:
        """Return its value."""
        return super().numpy() if self.graph.is_eager else self.variable.numpy()


def _seed_once(graph: Graph) -> None:
    """Let first weights repeat where a program has seeded TensorFlow or NumPy.

    Keras draws its seeds from NumPy's numbers; here they depend on these, and take none away.
    """
    if graph.notes.setdefault("keras seeded", False):
        return
    graph.notes["keras seeded"] = True
    seed = graph.seed
    if seed is None:
        state: Any = np.random.get_state()
        seed = zlib.crc32(state[1].tobytes() + bytes(str(state[2]), "ascii"))
    set_seed(seed)


def as_weight(
    variable: gg.Variable, name: str, trainable: bool = True, constraint: Constraint | None = None
) -> Weight:
    """Return a weight in the place of a variable that nobody has seen yet."""
    weight = Weight.__new__(Weight)
    weight._set_cell(variable.cell, variable.trainable)
    weight.named = NamedWeight(weight, name, trainable, constraint)
    weights_by_cell[variable.cell] = weight
    return weight


def weight_of(variable: Variable) -> Weight:
    """Return the weight that stands for a variable of the program's own."""
    known = weights_by_cell.get(variable.variable.cell)
    if known is not None:
        return known
    weight = Weight.__new__(Weight)
    weight._set_cell(variable.variable.cell, bool(variable.trainable))
    weight.named = variable
    weights_by_cell[variable.variable.cell] = weight
    return weight


def named_weights(variables: list[gg.Variable]) -> list[Any]:
    """Return the named variables that stand for weights; others as they are."""
    return [v.named if isinstance(v, Weight) else v for v in variables]


def constraint_of(variable: gg.Variable) -> Constraint | None:
    """Return what keeps a weight within limits after each step; None is nothing."""
    return variable.named.constraint if isinstance(variable, Weight) else None

"""Variables: values that last from one run to the next, in each session their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakValueDictionary

import giulgi as gg
from giulgi.compat.graphs.graph import Collections, Graph, Operation, get_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.operations.refusals import MixedTypesError
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.references import Reference
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor, record, told_apart
from giulgi.compat.variables import foreign_values
from giulgi.compat.variables.assigned import Assigned
from giulgi.compat.variables.methods import VariableMethods
from giulgi.compat.variables.values import Valued
from giulgi.graph.node import build, topological
from giulgi.graph.ops.leaves import Constant
from giulgi.graph.ops.movement import BroadcastTo
from giulgi.graph.ops.state import ReadVariable
from giulgi.graph.rewrite import substitute
from giulgi.graph.shapes import is_static
from giulgi.nn.layers.calls import change

# giulgi's variables that stand for one of these, by which a session knows them.
_declared: WeakValueDictionary[ReadVariable, Variable] = WeakValueDictionary()


def declared(cell: ReadVariable) -> Variable | None:
    """Return the variable that one of giulgi's is; None for one of a layer of giulgi's own."""
    return _declared.get(cell)


@exported("Variable", "python.ops.variables.Variable")
class Variable(VariableMethods, Valued):
    """A variable: a value that lasts from one run to the next, in each session its own.

    Args:
        initial_value: its first value, which its initializer assigns: numbers, a tensor, or a
            function that returns one.
        trainable: whether optimizers are to change it.
        collections: those that it joins; None: that of all variables.
        validate_shape: has no meaning: a variable keeps its shape.
        caching_device: has no meaning.
        name: its name.
        variable_def: has no meaning.
        dtype: the dtype of numbers that are given.
        expected_shape: has no meaning.
        import_scope: has no meaning.
        constraint: a function of the value that optimizers apply after each step.

    Attributes:
        variable: giulgi's variable.
        op: the operation that stands for it in the graph.
        initializer: the operation that assigns the first value.
        initial_value: the first value, a tensor.
    """

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool = True,
        collections: Sequence[str] | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: Any = None,
        constraint: Callable[[Any], Any] | None = None,
        shape: Any = None,
        **_: Any,
    ) -> None:
        del validate_shape, caching_device, variable_def, expected_shape, import_scope, shape
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        with get_default_graph().home.as_default():
            self._begin(initial_value, trainable, collections, name, dtype, constraint)

    def _begin(
        self,
        initial_value: Any,
        trainable: bool,
        collections: Sequence[str] | None,
        name: str | None,
        dtype: Any,
        constraint: Callable[[Any], Any] | None,
    ) -> None:
        graph = self.graph = get_default_graph()
        own = graph.unique_name(name or "Variable")
        with graph.name_scope(f"{own}/"), graph.control_dependencies(None):
            made = initial_value() if callable(initial_value) else initial_value
            self.initial_value = _of_initialized(as_tensor(made, dtype, name="initial_value"))
        if dtype is not None and as_dtype(dtype) is not self.initial_value.dtype:
            raise MixedTypesError(
                f"Tensor conversion requested dtype {as_dtype(dtype).name} for Tensor with dtype "
                f"{self.initial_value.dtype.name}: {self.initial_value}"
            )
        expression = _apart(self.initial_value).expression
        sizes = expression.known_shape
        if not is_static(sizes):
            raise ValueError(f"initial_value must have a shape specified: {self.initial_value}")
        self.trainable = trainable
        self.constraint = constraint
        self.dtype = self.initial_value.dtype
        first = gg.zeros(sizes, expression.dtype)
        if self.initial_value.is_eager and not self.dtype.is_foreign:
            first = gg.constant(self.initial_value.numpy(), expression.dtype)
        self.variable = gg.Variable(first, own, trainable=bool(trainable))
        with graph.control_dependencies(None):
            if self.dtype.is_foreign:
                self.op, self.initializer = foreign_values.begin(self, own)
                self._snapshot = self.op.outputs[0]
            else:
                self._declare(own, expression)
        _declared[self.variable.cell] = self
        joined = [Collections.GLOBAL_VARIABLES] if collections is None else list(collections)
        if trainable and Collections.TRAINABLE_VARIABLES not in joined:
            joined.append(Collections.TRAINABLE_VARIABLES)
        graph.add_to_collections(joined, self)

    def _declare(self, own: str, first: gg.Tensor) -> None:
        """Make the operations of a variable of giulgi's: what stands for it, and initializes."""
        self.op = Operation(self.graph, "VariableV2", own, [])
        self._snapshot = Tensor(self.op, 0, self.variable)
        self.op.outputs.append(self._snapshot)
        self.initializer = Operation(
            self.graph,
            "Assign",
            f"{own}/Assign",
            [self._snapshot, self.initial_value],
            [(self, first)],
        )

    def restore(
        self,
        variable: gg.Variable,
        op: Operation,
        initial_value: Any,
        initializer: Any,
        trainable: bool,
    ) -> None:
        """Be the variable of operations that were read from a file."""
        self.graph, self.op, self.variable = op.graph, op, variable
        self._snapshot = op.outputs[0]
        self.dtype = self._snapshot.dtype
        self.trainable, self.constraint = trainable, None
        self.initial_value = initial_value
        self.initializer = initializer
        _declared[variable.cell] = self

    # What is known of it

    @property
    def name(self) -> str:
        """Its name, as of a tensor: ``"w:0"``."""
        return f"{self.op.name}:0"

    @property
    def device(self) -> str:
        """Where it is: nowhere in particular."""
        return ""

    @property
    def shape(self) -> TensorShape:
        """Its shape."""
        return TensorShape(self.variable.shape)

    def get_shape(self) -> TensorShape:
        """Return its shape."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Check that a shape is that of the variable."""
        self.shape.assert_is_compatible_with(shape)

    # Its value

    def as_tensor(self) -> Tensor:
        """Return its value, as it is at this place of the graph.

        That is the value from before the run, but under ``control_dependencies`` the one after
        the operations there.
        """
        graph = get_default_graph()
        if graph.recorder is not None:
            pending = graph.recorder.pending.get(self.variable.cell)
            now = self.variable if pending is None else build(Assigned(), pending, self.variable)
            return record("ReadVariableOp", None, [], [now]).outputs[0]
        if self.dtype.is_foreign:
            return foreign_values.read_now(self) if graph.controls else self._snapshot
        new = self._assigned_before(graph) if graph.controls else None
        if new is None:
            return self._snapshot
        own = f"{self.op.name.split('/')[-1]}/read"
        return record("Identity", own, [], [build(Assigned(), new, self.variable)]).outputs[0]

    def _assigned_before(self, graph: Graph) -> gg.Tensor | None:
        """Return what the operations that new ones wait for assign it; None if they do not."""
        from giulgi.compat.sessions.running import values_after

        return values_after(graph).get(self)

    def value(self) -> Tensor:
        """Return its value as a tensor."""
        return self.as_tensor()

    def read_value(self) -> Tensor:
        """Return its value, by an operation of its own."""
        now = self.as_tensor()
        if now.is_eager or self.dtype.is_foreign:
            return now
        return told_apart(record("Identity", "read", [now], [now.expression]).outputs[0])

    def eval(self, session: Any = None, feed_dict: Any = None) -> Any:
        """Return its value in a session; None: the default one."""
        if self.graph.is_eager:
            return self.numpy()
        return self._snapshot.eval(feed_dict, session)

    def numpy(self) -> Any:
        """Return its value of now; see :mod:`giulgi.compat.eager`."""
        return (self.as_tensor() if get_default_graph().is_eager else self._snapshot).numpy()

    def load(self, value: Any, session: Any = None) -> None:
        """Give it a value in a session; None: the default one."""
        from giulgi.compat.sessions.session import required_session

        if self.graph.is_eager:
            self.assign(value)
        else:
            required_session(session).load(self, value)

    # Assignment

    def assign(
        self, value: Any, use_locking: Any = None, name: str | None = None, read_value: Any = None
    ) -> Tensor:
        """Return the new value, which is assigned when it is run."""
        del use_locking, read_value
        return assignment("Assign", self, self._given(value), name)

    def assign_add(
        self, delta: Any, use_locking: Any = None, name: str | None = None, read_value: Any = None
    ) -> Tensor:
        """Return the value and some more, which is assigned when it is run."""
        del use_locking, read_value
        return assignment("AssignAdd", self, self._given(delta), name, lambda old, new: old + new)

    def assign_sub(
        self, delta: Any, use_locking: Any = None, name: str | None = None, read_value: Any = None
    ) -> Tensor:
        """Return the value less something, which is assigned when it is run."""
        del use_locking, read_value
        return assignment("AssignSub", self, self._given(delta), name, lambda old, new: old - new)

    def __repr__(self) -> str:
        about = f"<tf.Variable {self.name!r} shape={self.shape} dtype={self.dtype.name}"
        if not get_default_graph().is_eager:
            return f"{about}_ref>"
        value = self.numpy()
        text = repr(value) if value.ndim else str(value)
        return f"{about}, numpy={text}>" if "\n" not in text else f"{about}, numpy=\n{text}>"

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        if get_default_graph().recorder is not None:
            part.place = (self, index)
        return part

    def ref(self) -> Reference:
        """Return what stands for it as the key of a dict."""
        return Reference(self)

    experimental_ref = ref


def _of_initialized(first: Tensor) -> Tensor:
    """Return a first value in which other variables have one, too, when all are initialized."""
    if first.is_eager or get_default_graph().is_eager:
        return first
    nodes = topological([first.expression.node])
    others = [declared(node.op) for node in nodes if isinstance(node.op, ReadVariable)]
    values = {x: x.initialized_value() for x in others if x is not None}
    if not values:
        return first
    pairs = {x.variable.node: value.expression for x, value in values.items()}
    (made,) = substitute([first.expression], pairs)
    return record("Identity", None, [first, *values.values()], [made]).outputs[0]


def _apart(first: Tensor) -> Tensor:
    """Return a first value that can be fed apart from equal ones of other variables.

    So programs put back what they have kept: they run the initializers, and feed first values.
    """
    is_new = not first.is_eager and first.op.number == first.graph.size - 1
    if is_new and isinstance(first.expression.op, (Constant, BroadcastTo)):
        told_apart(first)
    return first


def assignment(
    type: str,
    variable: Variable,
    value: Tensor,
    name: str | None = None,
    combine: Callable[[gg.Tensor, gg.Tensor], gg.Tensor] | None = None,
) -> Tensor:
    """Return the new value of a variable, which is assigned when it is run.

    Args:
        type: the kind of operation.
        variable: the variable.
        value: what is assigned, or combined with the old value.
        name: the name of the operation.
        combine: a function of the old value and the one that is given; None: it takes its place.
    """
    if variable.dtype.is_foreign:
        return foreign_values.assigned(type, variable, value, name, combine)
    own = variable.variable.dtype
    old = variable.as_tensor()
    new = gg.cast(value.expression, own)
    inputs = [value]
    if combine is not None:
        new = combine(old.expression, new)
        inputs = [old, value]
    new = gg.broadcast_to(new, variable.variable.shape) if new.known_shape == () else new
    after = build(Assigned(), new, variable.variable)
    recorder = get_default_graph().recorder
    if recorder is None:
        return record(type, name, inputs, [after], assigns=[(variable, new)]).outputs[0]
    if new.node.symbolic and get_default_graph().is_eager:  # A network is built.
        change(variable.variable, new, lambda call: call.updates)
        return record(type, name, [], [after]).outputs[0]
    recorder.record(variable.variable, new)
    return get_default_graph().assigned(variable, record(type, name, [], [after]).outputs[0])


def take_effect(operation: Operation) -> Operation:
    """Let what an operation assigns be assigned where a program computes at once; return it."""
    graph = get_default_graph()
    if graph.is_eager and any(new.node.symbolic for _, new in operation.assigns):
        return operation  # A network is built, by what takes the new values itself.
    if graph.recorder is not None:
        for variable, new in operation.assigns:
            graph.recorder.record(variable.variable, gg.cast(new, variable.variable.dtype))
        graph.take_step()
    return operation


# Which there are, and what initializes them


def _of_collection(key: str) -> Callable[..., list[Any]]:
    def found(scope: str | None = None) -> list[Any]:
        return get_default_graph().get_collection(key, scope)

    found.__doc__ = f"Return the variables of the collection {key!r}."
    return found


for _paths, _key in (
    (("global_variables", "all_variables"), Collections.GLOBAL_VARIABLES),
    (("trainable_variables",), Collections.TRAINABLE_VARIABLES),
    (("local_variables",), Collections.LOCAL_VARIABLES),
    (("model_variables",), Collections.MODEL_VARIABLES),
    (("moving_average_variables",), Collections.MOVING_AVERAGE_VARIABLES),
):
    _found = _of_collection(_key)
    for _path in _paths:
        export(_path, _found)


@exported("variables_initializer", "initialize_variables", "initializers.variables")
def variables_initializer(var_list: Sequence[Any], name: str = "init") -> Operation:
    """Return an operation that gives variables their first values."""
    graph = get_default_graph()
    own = graph.unique_name(name)
    return Operation(graph, "NoOp", own, [], controls=[v.initializer for v in var_list])


@exported(
    "global_variables_initializer", "initialize_all_variables", "initializers.global_variables"
)
def global_variables_initializer() -> Operation:
    """Return an operation that gives all variables their first values."""
    return variables_initializer(get_default_graph().get_collection(Collections.GLOBAL_VARIABLES))


@exported(
    "local_variables_initializer", "initialize_local_variables", "initializers.local_variables"
)
def local_variables_initializer() -> Operation:
    """Return an operation that gives all local variables their first values."""
    return variables_initializer(get_default_graph().get_collection(Collections.LOCAL_VARIABLES))

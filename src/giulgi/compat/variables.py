"""Variables, and the scopes in which several places share them by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakValueDictionary

import giulgi as gg
from giulgi.compat.dtypes import DType, as_dtype, float32
from giulgi.compat.graph import Collections, Graph, Operation, get_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.shapes import TensorShape
from giulgi.compat.tensor import Converted, Operand, Tensor, as_tensor, record
from giulgi.graph.ops.state import ReadVariable
from giulgi.graph.shapes import is_static


class _Eager:
    """Whether assignments happen at once, and what computes them."""

    def __init__(self) -> None:
        self.taping = False
        self._compute: Callable[[Any], Any] | None = None

    def __call__(self, compute: Callable[[Any], Any] | None) -> None:
        """Let a function carry out assignments at once; None: they wait for a session."""
        self._compute = compute

    @property
    def is_eager(self) -> bool:
        """Whether assignments happen at once."""
        return self._compute is not None

    def now(self, tensor: Tensor) -> Tensor:
        """Return a tensor, as a constant of its value of now if all is computed at once."""
        return tensor if self._compute is None else as_tensor(self._compute(tensor))


set_eager = _Eager()


# giulgi's variables that stand for one of these, by which a session knows them.
_declared: WeakValueDictionary[ReadVariable, Variable] = WeakValueDictionary()


def declared(cell: ReadVariable) -> Variable | None:
    """Return the variable that one of giulgi's is; None for one of a layer of giulgi's own."""
    return _declared.get(cell)


@exported("Variable", "python.ops.variables.Variable")
class Variable(Operand, Converted):
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
        graph = self.graph = get_default_graph()
        own = graph.unique_name(name or "Variable")
        with graph.name_scope(f"{own}/"), graph.control_dependencies(None):
            made = initial_value() if callable(initial_value) else initial_value
            self.initial_value = as_tensor(made, dtype, name="initial_value")
        expression = self.initial_value.expression
        sizes = expression.known_shape
        if not is_static(sizes):
            raise ValueError(f"initial_value must have a shape specified: {self.initial_value}")
        self.trainable = trainable
        self.constraint = constraint
        self.dtype = self.initial_value.dtype
        self.variable = gg.Variable(
            gg.zeros(sizes, expression.dtype), own, trainable=bool(trainable)
        )
        with graph.control_dependencies(None):
            self.op = Operation(graph, "VariableV2", own, [])
            self._snapshot = Tensor(self.op, 0, self.variable)
            self.op.outputs.append(self._snapshot)
            self.initializer = Operation(
                graph, "Assign", f"{own}/Assign", [self.initial_value], [(self, expression)]
            )
        _declared[self.variable.cell] = self
        joined = [Collections.GLOBAL_VARIABLES] if collections is None else list(collections)
        if trainable and Collections.TRAINABLE_VARIABLES not in joined:
            joined.append(Collections.TRAINABLE_VARIABLES)
        graph.add_to_collections(joined, self)

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
        new = None
        for operation in get_default_graph().controls:
            new = operation.after.get(self, new)
        if new is None:
            is_settled = set_eager.is_eager and not set_eager.taping
            return set_eager.now(self._snapshot) if is_settled else self._snapshot
        return record("Identity", f"{self.op.name.split('/')[-1]}/read", [], [new]).outputs[0]

    def value(self) -> Tensor:
        """Return its value as a tensor."""
        return self.as_tensor()

    read_value = value

    def initialized_value(self) -> Tensor:
        """Return its first value."""
        return self.initial_value

    def eval(self, session: Any = None, feed_dict: Any = None) -> Any:
        """Return its value in a session; None: the default one."""
        return self._snapshot.eval(feed_dict, session)

    def numpy(self) -> Any:
        """Return its value of now; see :mod:`giulgi.compat.eager`."""
        return self._snapshot.numpy()

    def load(self, value: Any, session: Any = None) -> None:
        """Give it a value in a session; None: the default one."""
        from giulgi.compat.session import required_session

        required_session(session, self.graph).load(self, value)

    # Assignment

    def assign(
        self, value: Any, use_locking: Any = None, name: str | None = None, read_value: Any = None
    ) -> Tensor:
        """Return the new value, which is assigned when it is run."""
        del use_locking, read_value
        return assignment("Assign", self, as_tensor(value, self.dtype), name)

    def assign_add(
        self, delta: Any, use_locking: Any = None, name: str | None = None, read_value: Any = None
    ) -> Tensor:
        """Return the value and some more, which is assigned when it is run."""
        del use_locking, read_value
        return assignment(
            "AssignAdd", self, as_tensor(delta, self.dtype), name, lambda old, new: old + new
        )

    def assign_sub(
        self, delta: Any, use_locking: Any = None, name: str | None = None, read_value: Any = None
    ) -> Tensor:
        """Return the value less something, which is assigned when it is run."""
        del use_locking, read_value
        return assignment(
            "AssignSub", self, as_tensor(delta, self.dtype), name, lambda old, new: old - new
        )

    def __repr__(self) -> str:
        return f"<tf.Variable {self.name!r} shape={self.shape} dtype={self.dtype.name}_ref>"


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
    own = variable.variable.dtype
    old = variable.as_tensor()
    new = gg.cast(value.expression, own)
    inputs = [value]
    if combine is not None:
        new = combine(old.expression, new)
        inputs = [old, value]
    new = gg.broadcast_to(new, variable.variable.shape) if new.known_shape == () else new
    return set_eager.now(record(type, name, inputs, [new], assigns=[(variable, new)]).outputs[0])


@exported("assign", "python.ops.state_ops.assign")
def assign(
    ref: Any,
    value: Any,
    validate_shape: Any = None,
    use_locking: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return the new value of a variable, which is assigned when it is run."""
    del validate_shape
    return ref.assign(value, use_locking, name)


@exported("assign_add", "python.ops.state_ops.assign_add")
def assign_add(ref: Any, value: Any, use_locking: Any = None, name: str | None = None) -> Tensor:
    """Return the value of a variable and some more, which is assigned when it is run."""
    return ref.assign_add(value, use_locking, name)


@exported("assign_sub", "python.ops.state_ops.assign_sub")
def assign_sub(ref: Any, value: Any, use_locking: Any = None, name: str | None = None) -> Tensor:
    """Return the value of a variable less something, which is assigned when it is run."""
    return ref.assign_sub(value, use_locking, name)


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
    return variables_initializer(
        get_default_graph().get_collection(Collections.LOCAL_VARIABLES), "init_1"
    )


# Scopes


class _AutoReuse:
    """Variables that are there are shared, and others are made."""

    def __repr__(self) -> str:
        return "AUTO_REUSE"


AUTO_REUSE = _AutoReuse()
export("AUTO_REUSE", AUTO_REUSE)


@exported("VariableScope")
class VariableScope:
    """What ``get_variable`` does in a scope.

    Attributes:
        name: the scope, whose name comes before those of variables.
        reuse: whether variables are to be there already; or ``AUTO_REUSE``.
        initializer: makes first values where none is given.
        regularizer: makes a loss of each variable where none is given.
        dtype: the dtype of variables where none is given.
        original_name_scope: the scope of the names of operations.
    """

    def __init__(
        self,
        reuse: Any,
        name: str = "",
        initializer: Any = None,
        regularizer: Any = None,
        dtype: DType = float32,
        name_scope: str = "",
        custom_getter: Any = None,
    ) -> None:
        self.name = name
        self.reuse = reuse
        self.initializer = initializer
        self.regularizer = regularizer
        self.dtype = dtype
        self.original_name_scope = name_scope
        self.custom_getter = custom_getter
        self.partitioner = None
        self.caching_device = None

    def reuse_variables(self) -> None:
        """Share the variables that are there, from here on."""
        self.reuse = True

    def set_initializer(self, initializer: Any) -> None:
        """Let first values be made so where no other way is given."""
        self.initializer = initializer

    def set_regularizer(self, regularizer: Any) -> None:
        """Let losses be made of variables where no other way is given."""
        self.regularizer = regularizer

    def global_variables(self) -> list[Any]:
        """Return the variables of the scope."""
        return get_default_graph().get_collection(
            Collections.GLOBAL_VARIABLES, f"{self.name}/" if self.name else ""
        )

    def trainable_variables(self) -> list[Any]:
        """Return the variables of the scope that optimizers change."""
        return get_default_graph().get_collection(
            Collections.TRAINABLE_VARIABLES, f"{self.name}/" if self.name else ""
        )

    def get_variable(self, name: str, **options: Any) -> Any:
        """Return a variable of the scope; see :func:`get_variable`."""
        with variable_scope(self):
            return get_variable(name, **options)


class _Scopes:
    """The open scope of a graph, its variables by their names, and how often a name was taken."""

    def __init__(self) -> None:
        self.open = VariableScope(False)
        self.variables: dict[str, Any] = {}
        self.counts: dict[str, int] = {}

    def unique(self, prefix: str, name: str) -> str:
        """Return a name that no scope here has had: ``rnn``, ``rnn_1``."""
        whole = f"{prefix}/{name}" if prefix else name
        if not self.counts.get(whole):
            return name
        number = 1
        while self.counts.get(f"{whole}_{number}"):
            number += 1
        return f"{name}_{number}"

    def forget_below(self, scope: str) -> None:
        """Let the names in a scope be given again: who opens it once more shares its variables."""
        for name in [name for name in self.counts if name.startswith(f"{scope}/")]:
            del self.counts[name]


def scopes_of(graph: Graph) -> _Scopes:
    """Return the scopes of variables of a graph."""
    found: _Scopes = graph.scopes.setdefault("variables", _Scopes())
    return found


@exported("get_variable_scope")
def get_variable_scope() -> VariableScope:
    """Return the open scope."""
    return scopes_of(get_default_graph()).open


@exported("variable_scope", "python.ops.variable_scope.variable_scope")
class variable_scope:  # noqa: N801 - TensorFlow's name
    """A context in which the names of variables, and of operations, begin with a name.

    Args:
        name_or_scope: the name, or a scope to be opened again; None: ``default_name``.
        default_name: a name that is made unique where ``name_or_scope`` is None.
        values: has no meaning.
        initializer: makes first values where ``get_variable`` is not given any.
        regularizer: makes losses likewise.
        reuse: True: variables are to be there already; None: as outside; or ``AUTO_REUSE``.
        dtype: the dtype of variables where none is given.
    """

    def __init__(
        self,
        name_or_scope: Any,
        default_name: str | None = None,
        values: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        reuse: Any = None,
        dtype: Any = None,
        use_resource: Any = None,
        constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ) -> None:
        del values, caching_device, partitioner, use_resource, constraint
        if name_or_scope is None and default_name is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        self._wanted = name_or_scope
        self._default = default_name
        self._initializer = initializer
        self._regularizer = regularizer
        self._custom_getter = custom_getter
        self._reuse = reuse
        self._dtype = None if dtype is None else as_dtype(dtype)
        self._has_names = auxiliary_name_scope

    def __enter__(self) -> VariableScope:
        self._graph = get_default_graph()
        scopes = self._scopes = scopes_of(self._graph)
        outer = self._outer = scopes.open
        wanted = self._wanted
        if isinstance(wanted, VariableScope):
            name, short, base = wanted.name, wanted.name.split("/")[-1], wanted
        else:
            short = scopes.unique(outer.name, self._default or "") if wanted is None else wanted
            name, base = f"{outer.name}/{short}" if outer.name else short, outer
        scopes.counts[name] = scopes.counts.get(name, 0) + 1
        self._counts = dict(scopes.counts) if base is wanted else None
        self._names = None
        name_scope = base.original_name_scope
        if self._has_names:
            within = short if short else None
            self._names = self._graph.name_scope(within) if within else None
            name_scope = self._names.__enter__() if self._names else ""
        original = wanted.original_name_scope if base is wanted else name_scope
        scopes.open = VariableScope(
            (base.reuse or outer.reuse) if self._reuse is None else self._reuse,
            name,
            base.initializer if self._initializer is None else self._initializer,
            base.regularizer if self._regularizer is None else self._regularizer,
            base.dtype if self._dtype is None else self._dtype,
            original,
            base.custom_getter if self._custom_getter is None else self._custom_getter,
        )
        return scopes.open

    def __exit__(self, *exception: Any) -> None:
        if self._names is not None:
            self._names.__exit__(None, None, None)
        if self._counts is None:
            self._scopes.forget_below(self._scopes.open.name)
        else:
            self._scopes.counts = self._counts
        self._scopes.open = self._outer


@exported("variable_op_scope")
def variable_op_scope(
    values: Any, name_or_scope: Any, default_name: Any = None, **options: Any
) -> Any:
    """Return a scope: :class:`variable_scope` of former times."""
    return variable_scope(name_or_scope, default_name, values, **options)


@exported("get_variable", "python.ops.variable_scope.get_variable")
def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
    use_resource: Any = None,
    custom_getter: Any = None,
    constraint: Any = None,
    **_: Any,
) -> Any:
    """Return the variable of a name in the open scope, made if the scope allows.

    Args:
        name: its name in the scope.
        shape: its shape, if the initializer does not tell it.
        dtype: the dtype of its elements; None: that of the scope.
        initializer: makes its first value: a function of a shape and dtype, numbers, or a tensor.
            None: that of the scope, else Glorot's uniform numbers, or zeros of whole numbers.
        regularizer: makes a loss of it, which joins the losses of regularization.
        trainable: whether optimizers are to change it.
        collections: those that it joins.
        constraint: a function that optimizers apply after each step.

    Raises:
        ValueError: if it is there and must not be, or is not and should be.
    """
    graph = get_default_graph()
    scopes = scopes_of(graph)
    scope = scopes.open
    getter = scope.custom_getter if custom_getter is None else custom_getter
    options = {
        "shape": shape, "dtype": dtype, "initializer": initializer, "regularizer": regularizer,
        "trainable": trainable, "collections": collections, "constraint": constraint,
    }  # fmt: skip
    whole = f"{scope.name}/{name}" if scope.name else name
    if getter is not None:
        return getter(lambda name, **given: _got(scopes, name, scope, **given), whole, **options)
    return _got(scopes, whole, scope, **options)


def _got(
    scopes: _Scopes, name: str, scope: VariableScope, *, shape: Any = None, dtype: Any = None,
    initializer: Any = None, regularizer: Any = None, trainable: bool = True,
    collections: Any = None, constraint: Any = None, **_: Any,
) -> Any:  # fmt: skip
    found = scopes.variables.get(name)
    if found is not None:
        if scope.reuse is False or scope.reuse is None:
            raise ValueError(
                f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
                "reuse=tf.AUTO_REUSE in VarScope?"
            )
        if shape is not None and not TensorShape(shape).is_compatible_with(found.shape):
            raise ValueError(
                f"Trying to share variable {name}, but specified shape {TensorShape(shape)} and "
                f"found shape {found.shape}."
            )
        return found
    if scope.reuse is True:
        raise ValueError(
            f"Variable {name} does not exist, or was not created with tf.get_variable(). Did you "
            "mean to set reuse=tf.AUTO_REUSE in VarScope?"
        )
    kind = scope.dtype if dtype is None else as_dtype(dtype)
    first = scope.initializer if initializer is None else initializer
    with _at_root(get_default_graph()):
        value = _first_value(first, shape, kind)
        made = Variable(value, trainable, collections, name=name, constraint=constraint)
    scopes.variables[name] = made
    penalty = scope.regularizer if regularizer is None else regularizer
    if penalty is not None:
        with get_default_graph().name_scope(f"{name}/Regularizer/"):
            loss = penalty(made)
        if loss is not None:
            get_default_graph().add_to_collection(Collections.REGULARIZATION_LOSSES, loss)
    return made


@contextmanager
def _at_root(graph: Graph) -> Iterator[None]:
    """Let a variable have the name of its scope, whatever scope of names is open."""
    with graph.name_scope(None):
        yield


def _first_value(initializer: Any, shape: Any, dtype: DType) -> Any:
    """Return a function that makes the first value of a variable, or the value itself."""
    if isinstance(initializer, type):
        initializer = initializer()
    if initializer is None:
        from giulgi.compat.tensorflow.initializers import default_initializer

        initializer = default_initializer(dtype)
    if not callable(initializer):
        return as_tensor(initializer, dtype)
    if shape is None:
        raise ValueError(
            "Shape of a new variable must be fully defined, but instead was <unknown>."
        )
    sizes = TensorShape(shape)
    if not sizes.is_fully_defined():
        raise ValueError(f"Shape of a new variable must be fully defined, but instead was {sizes}.")
    return lambda: initializer(sizes.as_list(), dtype=dtype)

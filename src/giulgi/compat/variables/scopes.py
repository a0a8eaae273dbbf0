"""Scopes in which several places share variables by their names: ``get_variable``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from giulgi.compat.graphs.graph import Collections, Graph, get_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.tensors.dtypes import DType, as_dtype, float32
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import as_expression, as_tensor
from giulgi.compat.variables.variable import Variable


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
    found: _Scopes = graph.notes.setdefault("variables", _Scopes())
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
            # Names of variables and of operations become unique each in their own way.
            within = self._default if wanted is None else short
            self._names = self._graph.name_scope(within) if within else None
            name_scope = self._names.__enter__() if self._names else ""
        original = wanted.original_name_scope if base is wanted else name_scope
        scopes.open = VariableScope(
            self._reuse or base.reuse,  # False counts as None: what shares goes on to share.
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
    found = None if get_default_graph().is_eager else scopes.variables.get(name)
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
        if _dtype_of(dtype, initializer, scope) is not found.dtype:
            raise ValueError(
                f"Trying to share variable {name}, but specified dtype "
                f"{_dtype_of(dtype, initializer, scope).name} and found dtype {found.dtype.name}."
            )
        return found
    if scope.reuse is True:
        raise ValueError(
            f"Variable {name} does not exist, or was not created with tf.get_variable(). Did you "
            "mean to set reuse=tf.AUTO_REUSE in VarScope?"
        )
    if shape is not None and _is_value(initializer):
        raise ValueError("If initializer is a constant, do not specify shape.")
    kind = _dtype_of(dtype, initializer, scope)
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


def _is_value(initializer: Any) -> bool:
    """Whether an initializer is the first value itself, and not what makes it."""
    return initializer is not None and not callable(initializer)


def _dtype_of(dtype: Any, initializer: Any, scope: VariableScope) -> DType:
    """Return the dtype of a variable: the given one, that of its first value, or the scope's."""
    if dtype is not None:
        return as_dtype(dtype)
    if _is_value(initializer):
        return as_dtype(as_expression(initializer).dtype)
    return scope.dtype


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
        from giulgi.compat.tensorflow.math.initializers import default_initializer

        initializer = default_initializer(dtype)
    if not callable(initializer):
        with get_default_graph().control_dependencies(None):
            return as_tensor(initializer, dtype)
    if shape is None:
        if _takes_nothing(initializer):
            return initializer
        raise ValueError(
            "Shape of a new variable must be fully defined, but instead was <unknown>."
        )
    sizes = TensorShape(shape)
    if not sizes.is_fully_defined():
        raise ValueError(f"Shape of a new variable must be fully defined, but instead was {sizes}.")
    return lambda: initializer(sizes.as_list(), dtype=dtype)


def _takes_nothing(initializer: Any) -> bool:
    """Whether an initializer is a function without arguments, which knows the shape itself."""
    try:
        parameters = inspect.signature(initializer).parameters.values()
    except (TypeError, ValueError):
        return False
    return not any(p.default is p.empty and p.kind is not p.VAR_KEYWORD for p in parameters)

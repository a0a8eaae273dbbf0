"""Assignments to variables, and to some of their rows: ``tf.scatter_update`` and its like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.errors import FailedPreconditionError, OutOfRangeError
from giulgi.compat.graphs.graph import Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation, session_storage
from giulgi.compat.operations.operation import as_results
from giulgi.compat.tensorflow.math.indexing import scattered
from giulgi.compat.tensors.dtypes import string
from giulgi.compat.tensors.tensor import Converted, Tensor, as_tensor
from giulgi.compat.variables.methods import scattered_assignment
from giulgi.compat.variables.variable import Variable, assignment, declared
from giulgi.graph.ops.state import ReadVariable


def _added(places: gg.Tensor, rows: gg.Tensor, old: gg.Tensor) -> gg.Tensor:
    """Return zeros like a variable to which rows are added at places of the first axis."""
    sizes = old.shape
    flat = gg.reshape(places, (-1,))
    wide = gg.broadcast_to(rows, [*_sizes(places), *sizes[1:]])
    return gg.scatter_add(gg.reshape(wide, [-1, *sizes[1:]]), flat, sizes)


def _sizes(x: gg.Tensor) -> list[Any]:
    return [gg.size(x, axis) if n is None else n for axis, n in enumerate(x.shape)]


def variable_of(ref: Any) -> Variable:
    """Return a variable, also the one that a tensor such as ``graph.get_tensor_by_name`` gives is.

    Raises:
        TypeError: if there is none.
    """
    if isinstance(ref, Tensor) and isinstance(ref.expression.op, ReadVariable):
        known = declared(ref.expression.op)
        ref = ref if known is None else known
    if not isinstance(ref, Converted):
        raise TypeError(f"Input 'ref' of 'Assign' Op requires a variable: {ref!r}")
    found: Variable = ref  # type: ignore[assignment]
    return found


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
    return variable_of(ref).assign(value, use_locking, name)


@exported("assign_add", "python.ops.state_ops.assign_add")
def assign_add(ref: Any, value: Any, use_locking: Any = None, name: str | None = None) -> Tensor:
    """Return the value of a variable and some more, which is assigned when it is run."""
    return variable_of(ref).assign_add(value, use_locking, name)


@exported("assign_sub", "python.ops.state_ops.assign_sub")
def assign_sub(ref: Any, value: Any, use_locking: Any = None, name: str | None = None) -> Tensor:
    """Return the value of a variable less something, which is assigned when it is run."""
    return variable_of(ref).assign_sub(value, use_locking, name)


# Of some rows


def put_rows(places: gg.Tensor, rows: gg.Tensor, old: gg.Tensor) -> gg.Tensor:
    """Return a variable with rows at places; of several for one place the last."""
    flat = gg.reshape(places, (-1,))
    own = old.dtype
    if own.kind == "b":
        rows, old = gg.cast(rows, "uint8"), gg.cast(old, "uint8")
    rest = old.shape[1:]
    wide = gg.reshape(gg.broadcast_to(rows, [*_sizes(places), *rest]), [-1, *rest])
    is_last = _is_last(flat)
    beside = gg.reshape(is_last, [-1, *[1] * len(rest)])
    total = gg.scatter_add(gg.where(beside, wide, gg.zeros_like(wide)), flat, old.shape)
    count = gg.scatter_add(gg.cast(is_last, "int32"), flat, old.shape[:1])
    touched = gg.reshape(gg.not_equal(count, 0), [-1, *[1] * len(rest)])
    return gg.cast(gg.where(touched, total, old), own)


def _is_last(places: gg.Tensor) -> gg.Tensor:
    """Return for each of some places whether it is not there once more behind."""
    if places.shape[0] == 1:
        return gg.ones((1,), "bool")
    order = gg.argsort(places)
    ordered = gg.gather(places, order)
    ends = gg.concat([gg.not_equal(ordered[1:], ordered[:-1]), gg.ones((1,), "bool")], 0)
    return gg.cast(gg.scatter_add(gg.cast(ends, "int32"), order, [gg.size(places)]), "bool")


def _combined(combine: Callable[[gg.Tensor, gg.Tensor], gg.Tensor]) -> Callable[..., gg.Tensor]:
    """Return what puts at places the rows there and the given ones, combined."""

    def apply(places: gg.Tensor, rows: gg.Tensor, old: gg.Tensor) -> gg.Tensor:
        return put_rows(places, combine(gg.gather(old, places), rows), old)

    return apply


def _scattering(
    type: str, path: str, make: Callable[[gg.Tensor, gg.Tensor, gg.Tensor], gg.Tensor], said: str
) -> None:
    def apply(
        ref: Variable, indices: Any, updates: Any, use_locking: Any = None, name: str | None = None
    ) -> Any:
        del use_locking
        rows = as_tensor(updates, ref.dtype)
        return scattered_assignment(type, variable_of(ref), as_tensor(indices), rows, make, name)

    apply.__name__ = path
    apply.__doc__ = f"Return the new value of a variable, {said}."
    exported(path, f"python.ops.state_ops.{path}")(apply)


_scattering("ScatterUpdate", "scatter_update", put_rows, "with other rows at some places")
_scattering(
    "ScatterAdd", "scatter_add", lambda p, r, old: old + _added(p, r, old),
    "with something added to rows at some places",
)  # fmt: skip
_scattering(
    "ScatterSub", "scatter_sub", lambda p, r, old: old - _added(p, r, old),
    "with something taken from rows at some places",
)  # fmt: skip
_scattering("ScatterMul", "scatter_mul", _combined(gg.multiply), "with some rows multiplied")
_scattering("ScatterDiv", "scatter_div", _combined(gg.divide), "with some rows divided")
_scattering("ScatterMin", "scatter_min", _combined(gg.minimum), "with the lesser of some rows")
_scattering("ScatterMax", "scatter_max", _combined(gg.maximum), "with the greater of some rows")


def _put_at(places: gg.Tensor, rows: gg.Tensor, old: gg.Tensor) -> gg.Tensor:
    """Return a variable with rows at full coordinates; of several for one the last."""
    depth = int(places.shape[-1])  # type: ignore[arg-type]
    sizes, flat = old.shape, gg.cast(places[..., 0], "int64")
    for axis in range(1, depth):
        flat = flat * sizes[axis] + gg.cast(places[..., axis], "int64")
    new = put_rows(flat, rows, gg.reshape(old, [-1, *sizes[depth:]]))
    return gg.reshape(new, sizes)


_scattering(
    "ScatterNdUpdate", "scatter_nd_update", _put_at, "with other numbers at full coordinates"
)
_scattering(
    "ScatterNdAdd", "scatter_nd_add", lambda p, r, old: old + scattered(p, r, old.shape),
    "with something added at full coordinates",
)  # fmt: skip
_scattering(
    "ScatterNdSub", "scatter_nd_sub", lambda p, r, old: old - scattered(p, r, old.shape),
    "with something taken at full coordinates",
)  # fmt: skip


@exported("count_up_to")
def count_up_to(ref: Variable, limit: int, name: str | None = None) -> Any:
    """Return the value of a variable, which is then one more; at the limit it is an error."""
    old = ref.as_tensor()

    def check(value: Any) -> None:
        if np.any(value >= limit):
            raise OutOfRangeError(None, None, f"Reached limit of {limit}")

    checking = host_operation("CountUpTo", check, [old], [], None)
    new = assignment("Assign", ref, as_tensor(1, ref.dtype), None, lambda a, b: a + b)
    with get_default_graph().control_dependencies([checking, new.op]):
        return as_results("CountUpTo", name, [], old.expression)


@exported("is_variable_initialized")
def is_variable_initialized(variable: Variable, name: str | None = None) -> Any:
    """Return whether a variable has a value in the session."""

    def ask() -> Any:
        return session_storage.get().holds(variable.variable.cell)

    made = host_operation("IsVariableInitialized", ask, [], [("bool", ())], name)
    return made.outputs[0]


@exported("report_uninitialized_variables")
def report_uninitialized_variables(
    var_list: Any = None, name: str = "report_uninitialized_variables"
) -> Any:
    """Return the names of the variables that have no value yet in the session."""
    graph = get_default_graph()
    every = graph.get_collection("variables") + graph.get_collection("local_variables")
    variables = list(dict.fromkeys(every if var_list is None else var_list))

    def ask() -> Any:
        storage = session_storage.get()
        names = [v.op.name.encode() for v in variables if not storage.holds(v.variable.cell)]
        return np.array(names, object)

    made = host_operation("ReportUninitialized", ask, [], [(string, [None])], name)
    return made.outputs[0]


@exported("assert_variables_initialized")
def assert_variables_initialized(var_list: Any = None) -> Operation:
    """Return an operation that raises FailedPreconditionError if a variable has no value yet."""
    missing = report_uninitialized_variables(var_list)

    def check(names: Any) -> None:
        if names.size:
            said = ", ".join(name.decode() for name in names.tolist())
            raise FailedPreconditionError(None, None, f"Attempting to use uninitialized: {said}")

    return host_operation("AssertInitialized", check, [missing], [])

"""Variables of strings and complex numbers, which giulgi has not: Python reads and assigns them.

Their value lies in the session's storage like any other, in an array of their own dtype; giulgi's
variable is only the place of it, which no program reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from giulgi.compat.errors import FailedPreconditionError
from giulgi.compat.graphs.graph import Operation, get_default_graph
from giulgi.compat.operations.host import (
    HostCall,
    add_outputs,
    as_declared,
    host_operation,
    session_storage,
)
from giulgi.compat.tensors.tensor import Tensor
from giulgi.storage import Storage

if TYPE_CHECKING:
    from giulgi.compat.variables.variable import Variable

Array = np.ndarray[Any, Any]


def keep(storage: Storage, variable: Variable, value: Any) -> Array:
    """Let a storage hold a value of a variable; return it.

    Raises:
        ValueError: if it has another shape.
    """
    array = as_declared(value, variable.dtype).copy()
    if array.shape != tuple(variable.shape.as_list()):
        raise ValueError(
            f"Cannot load a value of shape {array.shape} into {variable.name!r}, which has shape "
            f"{variable.shape}"
        )
    storage.commit({variable.variable.cell: array})
    return array


def _read(variable: Variable) -> Callable[..., Array]:
    def read(*_: Any) -> Array:
        storage, cell = session_storage.get(), variable.variable.cell
        if not storage.holds(cell):
            raise FailedPreconditionError(
                None,
                variable.op,
                f"Attempting to use uninitialized value {variable.op.name}\nRun "
                "tf.global_variables_initializer() in the session first.",
            )
        return storage.value(cell)

    return read


def begin(variable: Variable, name: str) -> tuple[Operation, Operation]:
    """Return the operation that stands for a variable, and the one that assigns its first value.

    Raises:
        NotImplementedError: where a program computes at once.
    """
    graph, first = variable.graph, variable.initial_value
    if graph.is_eager or first.is_eager:
        raise NotImplementedError(
            f"a variable of {variable.dtype.name} is only there in graphs (tf.Session): keep its "
            "value in a variable of Python; of complex numbers also the parts in two variables"
        )
    own = Operation(graph, "VariableV2", name, [], host=HostCall(_read(variable)))
    add_outputs(own, [(variable.dtype, variable.shape)])
    put = HostCall(lambda value: keep(session_storage.get(), variable, value))
    return own, Operation(graph, "Assign", f"{name}/Assign", [first], host=put)


def read_now(variable: Variable) -> Tensor:
    """Return the value after what new operations wait for."""
    # That they take its results lets what is assigned there come before, in any run.
    before = [x for operation in get_default_graph().controls for x in operation.outputs]
    outputs = [(variable.dtype, variable.shape)]
    name = f"{variable.op.name.split('/')[-1]}/read"
    return host_operation("Identity", _read(variable), before, outputs, name).outputs[0]


def assigned(
    type: str, variable: Variable, value: Tensor, name: str | None, combine: Any
) -> Tensor:
    """Return the new value of a variable; see ``assignment`` of the variables."""
    new = value if combine is None else combine(variable.as_tensor(), value)
    outputs = [(variable.dtype, variable.shape)]
    made = host_operation(
        type, lambda x: keep(session_storage.get(), variable, x), [new], outputs, name
    )
    return made.outputs[0]

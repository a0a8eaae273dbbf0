"""What else a variable can do: parts of it are assigned, rows are added, values counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.operations.host import host_operation, session_storage
from giulgi.compat.operations.refusals import MixedTypesError
from giulgi.compat.tensors.tensor import Tensor, as_tensor, operator_named

if TYPE_CHECKING:
    from giulgi.compat.variables.variable import Variable


class VariableSlice(Tensor):
    """A part of a variable, to which can be assigned: ``v[0:2].assign(...)``."""

    __slots__ = ("_index", "_variable")

    _variable: Variable
    _index: Any

    def assign(self, value: Any, name: str | None = None) -> Tensor:
        """Return the new value of the whole variable, which is assigned when it is run."""
        return self._variable.assign_part(self._index, value, name)


def scattered_assignment(
    type: str, variable: Variable, places: Tensor, rows: Tensor, make: Any, name: str | None
) -> Tensor:
    """Return the new value of a variable with something else at some places.

    Args:
        type: the kind of operation.
        variable: the variable.
        places: where it changes.
        rows: what is put there, or combined with what is there.
        make: returns the new value, given the places, the rows and the old value.
        name: the name of the operation.
    """
    from giulgi.compat.variables.variable import assignment

    old = variable.as_tensor().expression
    new = make(places.expression, gg.cast(rows.expression, old.dtype), old)
    # The value is of the rows and places, on which the assignment thereby waits.
    with get_default_graph().control_dependencies([places.op, rows.op]):
        return assignment(type, variable, as_tensor(new), name)


class VariableMethods:
    """The methods of variables that take more than a value."""

    __slots__ = ()

    def __getitem__(self: Any, index: Any) -> Any:
        found = operator_named("getitem")(self, index)
        if type(found) is not Tensor:
            return found  # It has a value at once.
        part = VariableSlice(found.op, found.value_index, found.expression, found.dtype)
        part._variable, part._index = self, index
        found.op.outputs[found.value_index] = part
        return part

    def assign_part(self: Any, index: Any, value: Any, name: str | None = None) -> Tensor:
        """Return the value with another in a part, as by ``v[index].assign(value)``."""
        from giulgi.compat.tensorflow.control.stateful import put_rows

        sizes = self.variable.shape
        numbers = as_tensor(np.arange(int(np.prod(sizes)), dtype=np.int64).reshape(sizes))
        places = operator_named("getitem")(numbers, index)
        rows = as_tensor(value, self.dtype)

        def make(at: gg.Tensor, new: gg.Tensor, old: gg.Tensor) -> gg.Tensor:
            wide = gg.broadcast_to(new, gg.shape(at) if None in at.shape else at.shape)
            flat = gg.reshape(old, (-1,))
            return gg.reshape(put_rows(gg.reshape(at, (-1,)), gg.reshape(wide, (-1,)), flat), sizes)

        return scattered_assignment("StridedSliceAssign", self, places, rows, make, name)

    def initialized_value(self: Any) -> Tensor:
        """Return its value, if it has one in the session that runs, else its first value."""
        if get_default_graph().is_eager:
            value: Tensor = self.as_tensor()
            return value
        known = self.graph.notes.setdefault("initialized values", {})
        if self not in known:
            cell = self.variable.cell

            def now(first: Any) -> Any:
                storage = session_storage.get()
                return storage.value(cell).copy() if storage.holds(cell) else first

            with self.graph.control_dependencies(None):
                made = host_operation(
                    "Merge", now, [self.initial_value], [(self.dtype, self.shape)], "cond/Merge"
                )
            known[self] = made.outputs[0]
        found: Tensor = known[self]
        return found

    def _given(self: Any, value: Any) -> Tensor:
        """Return what is assigned as a tensor.

        Raises:
            MixedTypesError: if it has another dtype.
            ValueError: if it has another shape.
        """
        made = as_tensor(value, self.dtype)
        if made.dtype is not self.dtype:
            raise MixedTypesError(
                f"Input 'value' of 'Assign' Op has type {made.dtype.name} that does not match type "
                f"{self.dtype.name} of {self.name!r}: tf.cast changes it."
            )
        if not (made.shape.is_compatible_with(self.shape) or get_default_graph().is_eager):
            raise ValueError(
                f"Shapes must be equal: {self.name!r} has {self.shape}, and what is assigned has "
                f"{made.shape}. Variables keep their shape: make one as large as it will be."
            )
        return made

    def count_up_to(self: Any, limit: int) -> Tensor:
        """Return its value, which is then one more; at the limit it is an error."""
        from giulgi.compat.tensorflow.control.stateful import count_up_to

        made: Tensor = count_up_to(self, limit)
        return made

    def scatter_add(
        self: Any, sparse_delta: Any, use_locking: Any = None, name: str | None = None
    ) -> Tensor:
        """Return the new value with ``tf.IndexedSlices`` added to its rows."""
        return self._scattered("scatter_add", sparse_delta, name)

    def scatter_sub(
        self: Any, sparse_delta: Any, use_locking: Any = None, name: str | None = None
    ) -> Tensor:
        """Return the new value with ``tf.IndexedSlices`` taken from its rows."""
        return self._scattered("scatter_sub", sparse_delta, name)

    def scatter_update(
        self: Any, sparse_delta: Any, use_locking: Any = None, name: str | None = None
    ) -> Tensor:
        """Return the new value with ``tf.IndexedSlices`` in the place of its rows."""
        return self._scattered("scatter_update", sparse_delta, name)

    def _scattered(self: Any, path: str, slices: Any, name: str | None) -> Tensor:
        from giulgi.compat.names import TABLES

        if not hasattr(slices, "indices"):
            raise TypeError(f"sparse_delta is not IndexedSlices: {slices!r}")
        made: Tensor = TABLES["tensorflow"][path](self, slices.indices, slices.values, name=name)
        return made

    def scatter_nd_add(self: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
        """Return the new value with something added at full coordinates."""
        return self._scattered_at("scatter_nd_add", indices, updates, name)

    def scatter_nd_sub(self: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
        """Return the new value with something taken at full coordinates."""
        return self._scattered_at("scatter_nd_sub", indices, updates, name)

    def scatter_nd_update(self: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
        """Return the new value with something else at full coordinates."""
        return self._scattered_at("scatter_nd_update", indices, updates, name)

    def _scattered_at(self: Any, path: str, indices: Any, updates: Any, name: str | None) -> Tensor:
        from giulgi.compat.names import TABLES

        made: Tensor = TABLES["tensorflow"][path](self, indices, updates, name=name)
        return made

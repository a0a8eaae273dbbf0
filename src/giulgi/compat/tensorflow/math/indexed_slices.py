"""Rows of a tensor with their places: ``tf.IndexedSlices``."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import sizes
from giulgi.compat.tensors.tensor import Converted, Tensor, as_tensor

IndexedSlicesValue = namedtuple(
    "IndexedSlicesValue", ["values", "indices", "dense_shape"], defaults=(None,)
)
exported("IndexedSlicesValue")(IndexedSlicesValue)


@exported("IndexedSlices", "python.framework.ops.IndexedSlices")
class IndexedSlices(Converted):
    """Rows of a tensor, and their places; as a tensor, the rest is 0.

    Args:
        values: the rows.
        indices: their places.
        dense_shape: the shape of the whole.
    """

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self.values, self.indices = as_tensor(values), as_tensor(indices)
        self.dense_shape = None if dense_shape is None else as_tensor(dense_shape)

    @property
    def dtype(self) -> Any:
        """The type of the rows."""
        return self.values.dtype

    @property
    def name(self) -> str:
        """The name of the rows."""
        return self.values.name

    @property
    def op(self) -> Any:
        """The operation that makes the rows."""
        return self.values.op

    @property
    def graph(self) -> Any:
        """The graph it belongs to."""
        return self.values.graph

    def as_tensor(self) -> Tensor:
        """Return the whole, with zeros for other rows."""
        if self.dense_shape is None:
            raise ValueError(
                "Tensor conversion requested for IndexedSlices without dense_shape: "
                f"{self.values.name}"
            )
        made: Any = _from_rows
        found: Tensor = made(self.values, self.indices, self.dense_shape)
        return found

    def fetched_parts(self) -> tuple[list[Tensor], Callable[[list[Any]], Any]]:
        """Return the tensors of which a fetched value is made, and how."""
        parts = [self.values, self.indices]
        if self.dense_shape is not None:
            parts.append(self.dense_shape)
        return parts, lambda values: IndexedSlicesValue(*values)


@operation(type="UnsortedSegmentSum")
def _from_rows(values: Any, indices: Any, shape: Any, name: str | None = None) -> gg.Tensor:
    return gg.scatter_add(values, indices, sizes(shape))

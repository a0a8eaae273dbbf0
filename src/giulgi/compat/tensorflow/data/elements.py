"""What elements of data sets look like: ``TensorSpec`` nested in tuples and dicts.

A list is no container here: it becomes an array, as everywhere in ``tf.data``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from giulgi.compat.names import exported
from giulgi.compat.operations.host import objects
from giulgi.compat.tensors.dtypes import DType, as_dtype
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Converted, Tensor
from giulgi.tree import LEAF

Array = np.ndarray[Any, Any]
Element = list[Any]


@exported("TensorSpec")
class TensorSpec:
    """Shape and type of a tensor.

    Args:
        shape: the shape, with None for sizes that vary.
        dtype: the type of elements.
        name: a name.
    """

    def __init__(self, shape: Any, dtype: Any = "float32", name: str | None = None) -> None:
        self.shape, self.dtype, self.name = TensorShape(shape), as_dtype(dtype), name

    @classmethod
    def from_tensor(cls, tensor: Tensor, name: str | None = None) -> TensorSpec:
        """Return shape and type of a tensor."""
        return cls(tensor.shape, tensor.dtype, name)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a tensor or another specification fits."""
        return self.dtype == other.dtype and self.shape.is_compatible_with(other.shape)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TensorSpec)
            and self.shape == other.shape
            and self.dtype == other.dtype
        )

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r})"


@exported("data.DatasetSpec", "data.experimental.DatasetStructure")
class DatasetSpec:
    """What the elements of a data set look like that is itself an element of one."""

    dtype = as_dtype("string")
    shape = TensorShape([])

    def __init__(self, element_spec: Any) -> None:
        self.element_spec = element_spec

    def __repr__(self) -> str:
        return f"DatasetSpec({self.element_spec!r}, TensorShape([]))"


Spec = TensorSpec | DatasetSpec


class SparsePart(TensorSpec):
    """Shape and type of a part of a sparse tensor: indices (0), values (1) or its shape (2)."""

    def __init__(self, part: int, shape: Any, dtype: Any) -> None:
        super().__init__(shape, dtype)
        self.part = part


class SparseTensorSpec:
    """Shape and type of a sparse tensor; it is flattened into its three parts.

    Args:
        shape: the shape of the whole, of which the number of axes must be known.
        dtype: the type of elements.
    """

    def __init__(self, shape: Any, dtype: Any = "float32") -> None:
        self.shape, self.dtype = TensorShape(shape), as_dtype(dtype)
        rank = self.shape.ndims
        parts = [([None, rank], "int64"), ([None], self.dtype), ([rank], "int64")]
        self.indices, self.values, self.dense_shape = (
            SparsePart(number, shape, dtype) for number, (shape, dtype) in enumerate(parts)
        )

    def __repr__(self) -> str:
        return f"SparseTensorSpec({self.shape}, {self.dtype!r})"


exported("SparseTensorSpec")(SparseTensorSpec)


def _as_sparse(indices: Any, values: Any, dense_shape: Any) -> Any:
    """Return the three parts of a sparse tensor as one, or what stands for it."""
    from giulgi.compat.tensorflow.math.sparse import SparseTensor, SparseTensorValue

    if isinstance(indices, TensorSpec):
        return SparseTensorSpec([None] * (dense_shape.shape.as_list()[0] or 0), values.dtype)
    if isinstance(indices, TensorShape):
        return TensorShape([None] * (dense_shape.as_list()[0] or 0))
    if isinstance(indices, Tensor):
        return SparseTensor(indices, values, dense_shape)
    return SparseTensorValue(indices, values, dense_shape) if np.ndim(indices) else values


def flatten(value: Any) -> tuple[list[Any], Any]:
    """Return the leaves of nested tuples and dicts in order, and what holds them."""
    leaves: list[Any] = []
    return leaves, _walked(value, leaves)


def _walked(value: Any, leaves: list[Any]) -> Any:
    if hasattr(value, "dense_shape") and hasattr(value, "indices"):
        leaves += [value.indices, value.values, value.dense_shape]
        return ("sparse", (LEAF, LEAF, LEAF))
    if isinstance(value, dict):
        return ("dict", tuple((key, _walked(part, leaves)) for key, part in value.items()))
    if isinstance(value, tuple):
        parts = tuple(_walked(part, leaves) for part in value)
        return ("named", type(value), parts) if hasattr(value, "_fields") else ("tuple", parts)
    leaves.append(value)
    return LEAF


def flatten_as(structure: Any, value: Any) -> list[Any]:
    """Return the leaves of a value that is nested like a structure, and perhaps further."""
    if structure is LEAF:
        return [value]
    if structure[0] == "dict":
        return [leaf for key, part in structure[1] for leaf in flatten_as(part, value[key])]
    parts = structure[-1]
    if len(parts) != len(value):
        raise ValueError(f"{len(parts)} components are expected, and there are {len(value)}")
    return [leaf for part, v in zip(parts, value, strict=True) for leaf in flatten_as(part, v)]


def nested(structure: Any, leaves: Sequence[Any]) -> Any:
    """Return leaves nested like a structure."""
    return _filled(structure, iter(leaves))


def _filled(structure: Any, leaves: Iterator[Any]) -> Any:
    if structure is LEAF:
        return next(leaves)
    kind, parts = structure[0], structure[-1]
    if kind == "dict":
        return {key: _filled(part, leaves) for key, part in parts}
    values = [_filled(part, leaves) for part in parts]
    if kind == "sparse":
        return _as_sparse(*values)
    return structure[1](*values) if kind == "named" else tuple(values)


def mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """Return nested tuples and dicts with a function applied to each leaf."""
    leaves, structure = flatten(value)
    return nested(structure, [function(leaf) for leaf in leaves])


def is_tensor(value: Any) -> bool:
    """Whether something is computed in the graph."""
    return isinstance(value, (Tensor, Converted))


def as_array(value: Any, dtype: DType | None = None) -> Array:
    """Return numbers or strings as an array, of the dtype that TensorFlow would give them."""
    from giulgi.compat.tensors.tensor import constant_array

    if hasattr(value, "to_numpy"):  # Columns of pandas.
        value = value.to_numpy()
    if dtype is not None and dtype.numpy_dtype.kind == "O":
        return objects(value)
    return constant_array(value, dtype)


def spec_of(array: Array, shape: Any = None) -> TensorSpec:
    """Return shape and type of an array."""
    return TensorSpec(array.shape if shape is None else shape, as_dtype(array.dtype))


def stacked(parts: Sequence[Any], spec: Spec) -> Any:
    """Return arrays of one shape as one array, with a new first axis.

    Raises:
        InvalidArgumentError: if their shapes differ.
    """
    if spec.dtype.numpy_dtype.kind == "O":
        made = np.empty(len(parts), object)
        if all(np.ndim(part) == 0 for part in parts):
            made[:] = [part[()] if isinstance(part, np.ndarray) else part for part in parts]
            return made
    try:
        return np.stack(parts) if np.ndim(parts[0]) else np.array(parts, spec.dtype.numpy_dtype)
    except ValueError:
        from giulgi.compat.errors import InvalidArgumentError

        first = np.shape(parts[0])
        other, shape = next((i, np.shape(p)) for i, p in enumerate(parts) if np.shape(p) != first)
        raise InvalidArgumentError(
            None,
            None,
            "Cannot batch tensors with different shapes in component 0. First element had shape "
            f"{list(first)} and element {other} had shape {list(shape)}.",
        ) from None


def stacked_columns(columns: Sequence[Sequence[Any]], specs: Sequence[Spec]) -> Element:
    """Return the components of several elements stacked, those of sparse tensors together."""
    made: Element = []
    for column, spec in zip(columns, specs, strict=True):
        if not isinstance(spec, SparsePart):
            made.append(stacked(column, spec))
        elif spec.part == 0:
            place = len(made)
            made += _stacked_sparse(*columns[place : place + 3])
    return made


def _stacked_sparse(indices: Any, values: Any, shapes: Any) -> list[Array]:
    """Return sparse tensors stacked, the whole as large as the largest."""
    rows = np.repeat(np.arange(len(indices)), [len(part) for part in indices])
    places = np.concatenate([rows[:, None], np.concatenate(indices)], axis=1)
    return [places, np.concatenate(values), np.array([len(indices), *np.max(shapes, axis=0)])]

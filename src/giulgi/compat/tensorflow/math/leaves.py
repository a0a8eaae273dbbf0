"""Where values come from: constants and placeholders."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation, stand_in
from giulgi.compat.operations.refusals import MixedTypesError
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import (
    Tensor,
    as_tensor,
    constant_array,
    record,
    result_of,
    told_apart,
)
from giulgi.graph.ops.leaves import Constant


@exported("placeholder", "python.ops.array_ops.placeholder")
def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """Return a tensor whose value is fed.

    Args:
        dtype: the type of its elements.
        shape: its shape, with None for sizes that may vary; None if even the number of axes may.
        name: its name.
    """
    declared = as_dtype(dtype)
    graph = get_default_graph()
    own = graph.unique_name(name or "Placeholder")
    operation = Operation(graph, "Placeholder", own, [])
    expression = stand_in(declared, TensorShape(shape).sizes, own)
    operation.outputs.append(result_of(operation, 0, expression, declared))
    return operation.outputs[0]


@exported("placeholder_with_default", "python.ops.array_ops.placeholder_with_default")
def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """Return a tensor that may be fed, of such a shape, and else has a value of its own."""
    tensor, wanted = as_tensor(input), TensorShape(shape)
    if tensor.dtype.is_foreign:  # Python keeps its values.
        outputs = [(tensor.dtype, wanted)]
        kind = "PlaceholderWithDefault"
        return host_operation(kind, _itself, [tensor], outputs, name).outputs[0]
    # Of a shape of any rank, giulgi takes that of the default.
    sizes = None if wanted.ndims is None else tuple(wanted.as_list())
    expression = gg.placeholder_with_default(tensor.expression, shape=sizes)
    return record("PlaceholderWithDefault", name, [tensor], [expression]).outputs[0]


def _itself(value: Any) -> Any:
    return value


@exported("constant", "python.framework.constant_op.constant")
def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str = "Const",
    verify_shape: bool = False,
) -> Tensor:
    """Return a tensor of a given value.

    Args:
        value: numbers or strings, nested as one likes.
        dtype: the type of its elements.
        shape: its shape; where there are fewer numbers than it takes, the last is repeated.
        name: its name.
        verify_shape: has no meaning.
    """
    del verify_shape
    if shape is None:
        return _constant(as_tensor(value, dtype, name))
    array = constant_array(value, None if dtype is None else as_dtype(dtype))
    sizes = TensorShape(shape).as_list()
    count = prod(size or 0 for size in sizes)
    flat = array.reshape(-1)
    if flat.size < count:
        flat = np.concatenate([flat, np.repeat(flat[-1:], count - flat.size)])
    return _constant(as_tensor(flat.reshape(sizes), name=name))


def _constant(made: Tensor) -> Tensor:
    is_number = made.op.type == "Const" and isinstance(made.expression.op, Constant)
    found: Tensor = told_apart(made) if is_number else made
    return found


@exported("convert_to_tensor", "python.framework.ops.convert_to_tensor")
def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
) -> Tensor:
    """Return what is meant as a tensor: one, a variable, numbers, text, or lists of these."""
    wanted = dtype
    if wanted is None and isinstance(value, (int, float)):
        wanted = preferred_dtype or dtype_hint
    made = as_tensor(value, wanted, name)
    if dtype is not None and as_dtype(dtype) is not made.dtype:
        raise MixedTypesError(
            f"Tensor conversion requested dtype {as_dtype(dtype).name} for Tensor with dtype "
            f"{made.dtype.name}: {made}: tf.cast changes it."
        )
    return made

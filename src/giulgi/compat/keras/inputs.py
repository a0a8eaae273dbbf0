"""Where examples enter: ``Input`` and ``InputLayer``."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import Operation, get_default_graph
from giulgi.compat.keras.boundary import expressions, named, remember
from giulgi.compat.keras.layer import Layer
from giulgi.compat.keras.naming import next_name
from giulgi.compat.names import export, exported
from giulgi.compat.operations.host import stand_in
from giulgi.compat.tensorflow.math.leaves import placeholder_with_default
from giulgi.compat.tensors.dtypes import DType, as_dtype
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor, result_of
from giulgi.graph.node import topological
from giulgi.graph.ops.leaves import Placeholder
from giulgi.graph.tensor import Tensor as Expression

# The note of a graph of the inputs that are tensors with values of their own.
_WITH_VALUES = "inputs with values"


@exported("layers.Input", "Input", "models.Input", "engine.Input", "engine.topology.Input",
          "layers.core.Input", "engine.input_layer.Input", of="keras")  # fmt: skip
def Input(  # noqa: N802 - Keras's name
    shape: Any = None,
    batch_shape: Any = None,
    name: str | None = None,
    dtype: Any = None,
    sparse: bool = False,
    tensor: Any = None,
    batch_size: int | None = None,
    **options: Any,
) -> Tensor:
    """Return a placeholder for a batch of examples.

    Args:
        shape: the shape of one example, without the batch.
        batch_shape: the whole shape, with the batch in front.
        name: its name; None numbers them.
        dtype: the dtype of the examples; float32 by default.
        sparse: has no meaning: all is dense.
        tensor: a tensor that is to be the input.
        batch_size: the size of the batch, if it is always the same.
    """
    del sparse
    if tensor is not None:
        given = as_tensor(tensor)
        if not given.expression.node.symbolic and not get_default_graph().is_eager:
            # What constants and variables hold, as what is fed: layers of it make a network.
            given = placeholder_with_default(given, given.shape, name)
        given = remember(given)
        if not isinstance(given.expression.node.op, Placeholder):
            get_default_graph().notes.setdefault(_WITH_VALUES, set()).add(given.expression.node)
        return given
    batch_shape = options.get("batch_input_shape", batch_shape)
    if isinstance(batch_shape, int) or isinstance(dtype, (tuple, list)):
        raise TypeError("Input takes the shape of one example: Input(shape=(784,))")
    if batch_shape is None:
        sizes = _sizes(shape)
        batch_shape = (batch_size, *sizes)
    kind = as_dtype("float32" if dtype is None else dtype)
    own = name or next_name("input")
    return named_placeholder(kind, TensorShape(tuple(batch_shape)), own)


def fed(inputs: Any) -> Any:
    """Return the inputs without those of a list that are tensors with values of their own."""
    if not isinstance(inputs, (list, tuple)):
        return inputs
    known = get_default_graph().notes.get(_WITH_VALUES)
    if not known:
        return inputs
    return [x for x in inputs if expressions(x).node not in known] or inputs


def _sizes(shape: Any) -> tuple[Any, ...]:
    if shape is None:
        raise ValueError("Please provide to Input either a `shape` or a `batch_shape` argument.")
    if isinstance(shape, TensorShape):
        return tuple(shape.as_list())
    return (shape,) if isinstance(shape, int) else tuple(shape)


def named_placeholder(dtype: DType, shape: TensorShape, name: str) -> Tensor:
    """Return a placeholder; its operation has a name that is unique in the graph."""
    graph = get_default_graph()
    operation = Operation(graph, "Placeholder", graph.unique_name(name), [])
    made = result_of(operation, 0, stand_in(dtype, shape.sizes, name), dtype)
    operation.outputs.append(made)
    return remember(made)


@exported("utils.get_source_inputs", "utils.layer_utils.get_source_inputs",
          "engine.get_source_inputs", "engine.topology.get_source_inputs",
          "engine.network.get_source_inputs", of="keras")  # fmt: skip
def get_source_inputs(tensor: Any, layer: Any = None, node_index: Any = None) -> list[Tensor]:
    """Return the inputs that a tensor is made of.

    Args:
        tensor: the tensor.
        layer: has no meaning.
        node_index: has no meaning.
    """
    del layer, node_index
    nodes = topological([as_tensor(tensor).expression.node])
    return [named(Expression(node)) for node in nodes if isinstance(node.op, Placeholder)]


class InputLayer(Layer, gg.layers.InputLayer):
    """Says what one example looks like, at the beginning of a network."""

    def __init__(
        self,
        input_shape: Any = None,
        batch_size: int | None = None,
        batch_input_shape: Any = None,
        dtype: Any = None,
        input_tensor: Any = None,
        sparse: bool = False,
        name: str | None = None,
        **options: Any,
    ) -> None:
        del input_tensor, sparse
        shape = options.pop("shape", input_shape)
        whole = options.pop("batch_shape", batch_input_shape)
        given = {"batch_shape": tuple(whole)} if whole is not None else {"shape": _sizes(shape)}
        super().__init__(
            **given, batch_size=batch_size, name=name or next_name("input"),
            dtype=dtype or "float32",
        )  # fmt: skip


for _path in ("layers.InputLayer", "engine.InputLayer", "engine.topology.InputLayer",
              "models.InputLayer", "engine.input_layer.InputLayer"):  # fmt: skip
    export(_path, InputLayer, of="keras")


@exported("engine.InputSpec", "layers.InputSpec", "engine.topology.InputSpec",
          "engine.base_layer.InputSpec", of="keras")  # fmt: skip
class InputSpec:
    """Says what the inputs of a layer are to be like: its dtype, shape, and number of axes."""

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Any = None,
    ) -> None:
        self.dtype, self.shape, self.ndim = dtype, shape, ndim
        self.max_ndim, self.min_ndim, self.axes = max_ndim, min_ndim, axes or {}

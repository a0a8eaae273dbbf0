"""The tensor of a graph of named operations, its operators, and what becomes a tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import Graph, Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.refusals import keeps_doubles, require_elements
from giulgi.compat.tensors.dtypes import DType, as_dtype, float32, int32, string
from giulgi.compat.tensors.operand import NeedsValueError as NeedsValueError
from giulgi.compat.tensors.operand import Operand
from giulgi.compat.tensors.operand import operator_named as operator_named
from giulgi.compat.tensors.operand import register_operator as register_operator
from giulgi.compat.tensors.shapes import TensorShape, UnknownDimension
from giulgi.compat.tensors.slices import of_length
from giulgi.graph import apart
from giulgi.graph.ops.leaves import Placeholder
from giulgi.graph.tensor import Tensor as Expression


@exported("Tensor", "python.framework.ops.Tensor")
class Tensor(Operand):
    """A result of an operation.

    Attributes:
        op: the operation.
        value_index: which of its results it is.
        expression: giulgi's expression of it; of what Python makes, a placeholder.
        dtype: the type of its elements.
    """

    __slots__ = ("__weakref__", "_keras_shape", "dtype", "expression", "op", "sizes", "value_index")

    #: Whether it has a value now.
    is_eager: ClassVar[bool] = False

    def __init__(
        self, op: Operation, value_index: int, expression: Expression, dtype: DType | None = None
    ) -> None:
        self.op = op
        self.value_index = value_index
        self.expression = expression
        self.dtype = as_dtype(expression.dtype) if dtype is None else dtype
        self.sizes = expression.known_shape

    @property
    def name(self) -> str:
        """The name of the operation, and which result it is: ``"x:0"``."""
        return f"{self.op.name}:{self.value_index}"

    @property
    def graph(self) -> Graph:
        """The graph it belongs to."""
        return self.op.graph

    @property
    def device(self) -> str:
        """Where it is computed: nowhere in particular."""
        return ""

    @property
    def shape(self) -> TensorShape:
        """The shape, as far as it is known."""
        return TensorShape(self.sizes)

    def get_shape(self) -> TensorShape:
        """Return the shape, as far as it is known."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Say more of the shape than is known; what is built of it from here on knows it, too."""
        sizes = self.shape.merge_with(shape).sizes
        if sizes == self.sizes or sizes is None:
            return
        self.sizes = sizes
        if not isinstance(self.expression.op, Placeholder):
            self.expression = of_sizes(self.expression, sizes)
        elif not self.consumers():
            # Nothing stands on it yet that would be left without a value.
            before = self.expression.node
            self.expression = gg.placeholder(self.expression.dtype, sizes, self.op.name)
            self.expression.node.stands_for = before.stands_for

    def consumers(self) -> list[Operation]:
        """Return the operations that take it."""
        operations = self.graph.get_operations()
        return [op for op in operations if any(x is self for x in op.inputs)]

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Return its value in a session; None: the default one."""
        from giulgi.compat.sessions.session import required_session

        return required_session(session).run(self, feed_dict)

    def numpy(self) -> Any:
        """Return its value, computed now; see :mod:`giulgi.compat.eager`."""
        from giulgi.compat.eager import value_of

        return value_of(self)

    def __len__(self) -> int:
        size = self.shape[0]
        if isinstance(size, UnknownDimension):
            raise TypeError("the length of this tensor is not known until it is fed")
        return int(size)

    def __repr__(self) -> str:
        return f"<tf.Tensor {self.name!r} shape={self.shape} dtype={self.dtype.name}>"

    def __str__(self) -> str:
        shape = f", shape={self.shape}" if self.sizes is not None else ""
        return f'Tensor("{self.name}"{shape}, dtype={self.dtype.name})'


def of_sizes(x: Expression, sizes: Sequence[int | None]) -> Expression:
    """Return an expression of whose sizes more is known."""
    x = of_length(x, sizes)
    if x.known_shape == tuple(sizes):
        return x
    dims = [gg.size(x, axis) if size is None else size for axis, size in enumerate(sizes)]
    return gg.reshape(x, dims)


# What makes the results of operations of programs that compute at once, and what carries out
# those of Python: of giulgi.compat.eager.
_eager: list[Callable[..., Any]] = []


def register_eager(made: Callable[..., Tensor], carry_out: Callable[..., bool]) -> None:
    """Say what makes eager tensors, and what lets Python carry out an operation at once."""
    _eager[:] = [made, carry_out]


def result_of(
    operation: Operation, place: int, expression: Expression, dtype: DType | None = None
) -> Tensor:
    """Return a result of an operation as a tensor, in its graph's manner."""
    if operation.graph.makes_tensors:
        made: Tensor = _eager[0](operation, place, expression, dtype)
        return made
    return Tensor(operation, place, expression, dtype)


def carried_out(operation: Operation, inputs: Sequence[Tensor], outputs: Any) -> bool:
    """Whether an operation of Python was carried out at once."""
    return operation.graph.is_eager and bool(_eager[1](operation, inputs, outputs))


class Converted:
    """What can be made a tensor in a way of its own: a variable, or the slices of one."""

    __slots__ = ()

    def as_tensor(self) -> Tensor:
        """Return the tensor."""
        raise NotImplementedError


def record(
    type: str,
    name: str | None,
    inputs: Sequence[Tensor],
    expressions: Sequence[Expression],
    **options: Any,
) -> Operation:
    """Add an operation to the default graph, with the expressions that are its results."""
    graph = get_default_graph()
    if graph.is_eager:  # What has a value needs no history.
        inputs = [x for x in inputs if not x.is_eager]
    operation = Operation(graph, type, graph.unique_name(name or type), inputs, **options)
    for place, expression in enumerate(expressions):
        operation.outputs.append(result_of(operation, place, expression))
    operation.are_outputs_made()
    return operation


def told_apart(made: Any) -> Any:
    """Return a tensor that was just made, told apart from all others of the same value.

    Numbers of one value are one: without this, who feeds one of two tensors of zeros feeds both.
    """
    # Where all is eager nothing is fed, and a tape tells apart what it watches.
    if not made.graph.is_eager and not apart.is_told_apart(made.expression):
        made.expression = apart.told_apart(made.expression)
    return made


def constant_array(value: Any, dtype: DType | None = None) -> np.ndarray[Any, Any]:
    """Return numbers as an array of the dtype that TensorFlow would give them.

    Python's floats are float32, and its whole numbers int32, NumPy's in lists too; arrays keep
    their dtype.

    Raises:
        TypeError: for Python's numbers that the dtype does not hold: floats of whole numbers.
    """
    if isinstance(value, TensorShape):
        value = value.as_list()
    wanted = None if dtype is None else dtype.numpy_dtype
    array = np.asarray(value)
    is_array = isinstance(value, (np.ndarray, np.generic))
    if not is_array and (dtype is not None or value is None):
        require_elements(value, array, float32 if dtype is None else dtype)
    if array.dtype.kind in "OSU" or (wanted is not None and wanted.kind == "O"):
        from giulgi.compat.operations.host import objects

        return objects(value)
    if wanted is not None:
        return array.astype(wanted)
    if is_array:
        return array.astype(as_dtype(array.dtype).numpy_dtype, copy=False)
    natural = {"f": float32, "i": int32, "u": int32}.get(array.dtype.kind)
    if array.dtype == np.float64 and keeps_doubles(value):
        natural = None
    if natural is int32 and array.size:
        limits = np.iinfo(np.int32)
        if array.min() < limits.min or array.max() > limits.max:
            natural = None
    return array if natural is None else array.astype(natural.numpy_dtype)


def as_tensor(value: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Return what is meant as a tensor: one, a variable, numbers, text, or lists of all these.

    Args:
        value: what becomes a tensor.
        dtype: the dtype of numbers; what is a tensor keeps its own.
        name: the name of a constant that is made.
    """
    if isinstance(value, Tensor):
        return _captured(value) if value.is_eager else value
    if isinstance(value, Converted):
        return value.as_tensor()
    if isinstance(value, Expression):
        return record("Expression", name, [], [value]).outputs[0]
    wanted = None if dtype is None else as_dtype(dtype)
    if isinstance(value, (list, tuple)) and _holds_tensors(value):
        return _packed(value, wanted)
    array = constant_array(value, wanted)
    if array.dtype.kind in "Oc":
        return _by_python(array, name)
    return record("Const", name, [], [gg.constant(array)]).outputs[0]


def _captured(value: Any) -> Tensor:
    """Return an eager tensor as what it is where it is used: in a graph a constant."""
    if get_default_graph().is_eager:
        return value
    if value.dtype.is_foreign:
        return _by_python(value.value, None)
    return record("Const", None, [], [gg.constant(value.value, copy=False)]).outputs[0]


def _holds_tensors(values: Sequence[Any]) -> bool:
    return any(
        isinstance(v, (Tensor, Converted, Expression))
        or (isinstance(v, (list, tuple)) and _holds_tensors(v))
        for v in values
    )


def _packed(values: Sequence[Any], dtype: DType | None) -> Tensor:
    """Return tensors and numbers stacked; numbers take the dtype of the tensors among them."""
    known = [v for v in values if isinstance(v, (Tensor, Converted, Expression))]
    if dtype is string or any(as_tensor(v).dtype is string for v in known):
        from giulgi.compat.tensorflow.math.arrays import stack

        made: Any = stack
        found: Tensor = made([as_tensor(value, string) for value in values])
        return found
    if dtype is None and known:
        dtype = as_tensor(known[0]).dtype
    parts = [as_tensor(value, dtype) for value in values]
    stacked = gg.stack([part.expression for part in parts])
    return record("Pack", None, parts, [stacked]).outputs[0]


def _by_python(array: np.ndarray[Any, Any], name: str | None) -> Tensor:
    from giulgi.compat.operations.host import host_operation

    declared = [(as_dtype(array.dtype), array.shape)]
    return host_operation("Const", lambda: array, outputs=declared, name=name).outputs[0]


def as_expression(value: Any, dtype: Any = None) -> Expression:
    """Return what is meant as giulgi's expression; see :func:`as_tensor`."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, (Tensor, Converted)) or _is_list_of_tensors(value):
        return as_tensor(value, dtype).expression
    return gg.constant(constant_array(value, None if dtype is None else as_dtype(dtype)))


def _is_list_of_tensors(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and _holds_tensors(value)


def alike(*values: Any) -> list[Expression]:
    """Return operands as expressions: numbers and arrays take the dtype of the first tensor."""
    tensors = [v for v in values if isinstance(v, (Tensor, Converted, Expression))]
    dtype = None
    if tensors:
        dtype = as_dtype(as_expression(tensors[0]).dtype)
    elif any(isinstance(v, (np.ndarray, np.generic)) for v in values):
        dtype = as_dtype(next(v for v in values if hasattr(v, "dtype")).dtype)
    elif any(isinstance(v, float) for v in values):
        dtype = float32
    return [
        as_expression(value, None if isinstance(value, (Tensor, Converted, Expression)) else dtype)
        for value in values
    ]

"""The tensor: what a user holds of the graph, with NumPy's operators and methods.

What is known of it, and its value, stands in ``tensor_value.py``; what NumPy's own functions do
with it, in ``numpy_functions.py``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from giulgi.errors import GraphError
from giulgi.graph.node import Node
from giulgi.graph.tensor_value import TensorValue
from giulgi.source import Source

Axes = int | Sequence[int] | None


class Tensor(TensorValue):
    """A value of the graph: an immutable expression, computed when someone looks at it.

    Operators and methods are NumPy's and build more of the graph. ``x.numpy()``, ``float(x)``,
    ``print(x)`` compute the value; nothing needs to be told to compute.

    A tensor that depends on a placeholder has no value until that is fed:
    ``y.numpy({x: [1, 2]})``.
    """

    __slots__ = ("__weakref__", "_name", "node", "source")

    def __init__(self, node: Node, name: str | None = None, source: Source | None = None) -> None:
        self.node = node
        self._name = name
        self.source = source or node.source

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The tensors that operation was applied to."""
        return tuple(Tensor(node) for node in self.node.inputs)

    def read(self) -> Tensor:
        """Return the tensor that stands for the value here; a variable returns its value."""
        return self

    def __contains__(self, value: Any) -> bool:
        return bool(ops.any(self == value))

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    # A tensor is itself as the key of a dict; == compares elements, as NumPy does.
    __hash__ = object.__hash__

    # An expression never changes, so it is its own copy. What is pickled is the value.

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return self

    def __reduce__(self) -> Any:
        return ops.constant, (self.numpy(), None, self._name)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise GraphError(
            "a tensor cannot be changed in place: it is an expression.",
            op="x[...] = value",
            arguments=[("x", self.description)],
            fix="build a new one, gg.where(mask, value, x), and assign it if x is a variable",
        )

    # NumPy's functions: np.exp(x), np.sum(x), and so also array + x

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from giulgi.graph import numpy_functions

        return numpy_functions.apply_ufunc(ufunc, method, inputs, options)

    def __array_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        arguments: Sequence[Any],
        options: Mapping[str, Any],
    ) -> Any:
        from giulgi.graph import numpy_functions

        return numpy_functions.apply_function(function, types, arguments, options)

    # Operators

    def __add__(self, other: Any) -> Tensor:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return ops.subtract(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return ops.subtract(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return ops.multiply(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return ops.multiply(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return ops.divide(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return ops.divide(other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return ops.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return ops.floor_divide(other, self)

    def __mod__(self, other: Any) -> Tensor:
        return ops.remainder(self, other)

    def __rmod__(self, other: Any) -> Tensor:
        return ops.remainder(other, self)

    def __pow__(self, other: Any) -> Tensor:
        return ops.power(self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return ops.power(other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return ops.matmul(other, self)

    def __neg__(self) -> Tensor:
        return ops.negative(self)

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return ops.abs(self)

    def __invert__(self) -> Tensor:
        return ops.bitwise_invert(self)

    def __and__(self, other: Any) -> Tensor:
        return ops.bitwise_and(self, other)

    def __rand__(self, other: Any) -> Tensor:
        return ops.bitwise_and(other, self)

    def __or__(self, other: Any) -> Tensor:
        return ops.bitwise_or(self, other)

    def __ror__(self, other: Any) -> Tensor:
        return ops.bitwise_or(other, self)

    def __xor__(self, other: Any) -> Tensor:
        return ops.bitwise_xor(self, other)

    def __rxor__(self, other: Any) -> Tensor:
        return ops.bitwise_xor(other, self)

    def __lshift__(self, other: Any) -> Tensor:
        return ops.bitwise_left_shift(self, other)

    def __rlshift__(self, other: Any) -> Tensor:
        return ops.bitwise_left_shift(other, self)

    def __rshift__(self, other: Any) -> Tensor:
        return ops.bitwise_right_shift(self, other)

    def __rrshift__(self, other: Any) -> Tensor:
        return ops.bitwise_right_shift(other, self)

    def __eq__(self, other: Any) -> Tensor:  # type: ignore[override]
        return NotImplemented if other is None else ops.equal(self, other)

    def __ne__(self, other: Any) -> Tensor:  # type: ignore[override]
        return NotImplemented if other is None else ops.not_equal(self, other)

    def __lt__(self, other: Any) -> Tensor:
        return ops.less(self, other)

    def __le__(self, other: Any) -> Tensor:
        return ops.less_equal(self, other)

    def __gt__(self, other: Any) -> Tensor:
        return ops.greater(self, other)

    def __ge__(self, other: Any) -> Tensor:
        return ops.greater_equal(self, other)

    def __getitem__(self, index: Any) -> Tensor:
        return ops.getitem(self, index)

    # Methods

    @property
    def T(self) -> Tensor:  # noqa: N802 - NumPy's name
        """The tensor with its axes reversed."""
        return ops.transpose(self)

    @property
    def mT(self) -> Tensor:  # noqa: N802 - the array API's name
        """The matrix, or stack of matrices, with its last two axes swapped."""
        return ops.matrix_transpose(self)

    def astype(self, dtype: Any) -> Tensor:
        """See :func:`giulgi.cast`."""
        return ops.cast(self, dtype)

    def reshape(self, *shape: Any) -> Tensor:
        """See :func:`giulgi.reshape`; the sizes may be given one by one."""
        return ops.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Tensor:
        """See :func:`giulgi.transpose`; the axes may be given one by one."""
        return ops.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def ravel(self) -> Tensor:
        """Return the elements in one axis."""
        return ops.reshape(self, (-1,))

    flatten = ravel

    def squeeze(self, axis: Axes = None) -> Tensor:
        """See :func:`giulgi.squeeze`."""
        return ops.squeeze(self, axis)

    def sum(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`giulgi.sum`."""
        return ops.sum(self, axis, keepdims=keepdims)

    def prod(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`giulgi.prod`."""
        return ops.prod(self, axis, keepdims=keepdims)

    def mean(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`giulgi.mean`."""
        return ops.mean(self, axis, keepdims=keepdims)

    def var(self, axis: Axes = None, *, correction: float = 0, keepdims: bool = False) -> Tensor:
        """See :func:`giulgi.var`."""
        return ops.var(self, axis, correction=correction, keepdims=keepdims)

    def std(self, axis: Axes = None, *, correction: float = 0, keepdims: bool = False) -> Tensor:
        """See :func:`giulgi.std`."""
        return ops.std(self, axis, correction=correction, keepdims=keepdims)

    def max(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`giulgi.max`."""
        return ops.max(self, axis, keepdims=keepdims)

    def min(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`giulgi.min`."""
        return ops.min(self, axis, keepdims=keepdims)

    def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`giulgi.argmax`."""
        return ops.argmax(self, axis, keepdims=keepdims)

    def argmin(self, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`giulgi.argmin`."""
        return ops.argmin(self, axis, keepdims=keepdims)

    def any(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`giulgi.any`."""
        return ops.any(self, axis, keepdims=keepdims)

    def all(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`giulgi.all`."""
        return ops.all(self, axis, keepdims=keepdims)

    def clip(self, min: Any = None, max: Any = None) -> Tensor:
        """See :func:`giulgi.clip`."""
        return ops.clip(self, min, max)

    def round(self, decimals: int = 0) -> Tensor:
        """See :func:`giulgi.round`."""
        return ops.round(self, decimals)

    def dot(self, other: Any) -> Tensor:
        """See :func:`giulgi.dot`."""
        return ops.dot(self, other)


def _left_to_others(operator: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return an operator that is left to operands which say so, as NumPy leaves it to them.

    These have ``__array_ufunc__ = None``, or ``takes_operators``: tensors of another kind, made of
    these.
    """

    @functools.wraps(operator)
    def apply(self: Any, other: Any) -> Any:
        if getattr(other, "__array_ufunc__", True) is None or hasattr(other, "takes_operators"):
            return NotImplemented
        return operator(self, other)

    return apply


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    for _operator in (f"__{_name}__", f"__r{_name}__"):
        setattr(Tensor, _operator, _left_to_others(getattr(Tensor, _operator)))
for _operator in ("__lt__", "__le__", "__gt__", "__ge__"):
    setattr(Tensor, _operator, _left_to_others(getattr(Tensor, _operator)))


# The operators above are made of ops, and ops are made of tensors: one of the two comes last.
from giulgi.graph import ops  # noqa: E402

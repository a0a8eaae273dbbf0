"""The tensor: what a user holds of the graph, with NumPy's operators and methods."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from giulgi.errors import GraphError, ShapeError
from giulgi.graph import evaluation
from giulgi.graph.dtypes import DType
from giulgi.graph.node import Node
from giulgi.graph.op import Op
from giulgi.graph.shapes import Shape, is_static, shape_text, size_of
from giulgi.source import Source

Axes = int | Sequence[int] | None


class Tensor:
    """A value of the graph: an immutable expression, computed when someone looks at it.

    Operators and methods are NumPy's and build more of the graph. ``x.numpy()``, ``float(x)``,
    ``print(x)`` compute the value; nothing needs to be told to compute.

    A tensor that depends on a placeholder has no value until that is fed:
    ``y.numpy({x: [1, 2]})``.
    """

    __slots__ = ("__weakref__", "_name", "node", "source")
    # NumPy arrays leave `array + tensor` to the tensor.
    __array_ufunc__ = None

    def __init__(self, node: Node, name: str | None = None, source: Source | None = None) -> None:
        self.node = node
        self._name = name
        self.source = source or node.source

    # What is known of it

    @property
    def op(self) -> Op:
        """The operation whose result this is."""
        return self.node.op

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The tensors that operation was applied to."""
        return tuple(Tensor(node) for node in self.node.inputs)

    @property
    def dtype(self) -> DType:
        """The type of the elements: a NumPy dtype."""
        return self.node.spec.dtype

    @property
    def known_shape(self) -> Shape | None:
        """The shape, or None where not even the rank is known."""
        return self.node.spec.shape

    @property
    def shape(self) -> Shape:
        """The sizes along each axis; None for a size that is not known until fed.

        Raises:
            ShapeError: if not even the rank is known until fed.
        """
        if self.node.spec.shape is None:
            raise ShapeError(
                f"the number of axes of {self.name!r} is not known until it is fed.",
                fix="give its placeholder a shape, or use gg.shape(x), which is computed when fed",
            )
        return self.node.spec.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int | None:
        """The number of elements; None if it is not known until fed."""
        return size_of(self.shape) if is_static(self.shape) else None

    @property
    def given_name(self) -> str | None:
        """The name that this tensor, and not only its node, was given."""
        return self._name

    @property
    def name(self) -> str:
        """The name it was given, else the operation's name."""
        return self._name or self.node.name or self.node.op.name

    @property
    def description(self) -> str:
        """Dtype, shape, name and origin in one line, for errors."""
        parts = [f"{self.dtype.name} {shape_text(self.known_shape)}"]
        if self._name or self.node.name:
            parts.append(repr(self.name))
        if self.source is not None and type(self.op).name != "constant":
            parts.append(f"from {self.source.short}")
        return "  ".join(parts)

    def read(self) -> Tensor:
        """Return the tensor that stands for the value here; a variable returns its value."""
        return self

    def _is_open(self) -> bool:
        """Whether there is no value yet: it is fed, or belongs to a function being traced."""
        return self.node.symbolic or (self.node.stateful and is_recording())

    # Its value

    def numpy(self, feeds: Mapping[Tensor, Any] | None = None) -> np.ndarray[Any, Any]:
        """Compute the value.

        Args:
            feeds: the values of placeholders (or of any other tensors) that it depends on.

        Raises:
            FeedError: if it depends on a placeholder that is not fed.
        """
        if not self.node.concrete and not self.node.symbolic and self._is_open():
            raise GraphError(
                f"the value of {self.name!r} is not settled while a function is traced: it would "
                "be a constant of the program, however it changes later.",
                arguments=[("tensor", self.description)],
                fix="return the tensor, or decide with gg.where(condition, a, b)",
            )
        if feeds:
            return evaluation.evaluate([self.node], feeds)[0]
        if self.node.concrete:
            return evaluation.settle(self.node).copy()
        return evaluation.evaluate([self.node], {})[0]

    def item(self) -> Any:
        """Return the value of a tensor of one element as a Python number."""
        return self.numpy().item()

    def tolist(self) -> Any:
        """Return the value as nested Python lists."""
        return self.numpy().tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if copy is False:
            raise ValueError("a tensor cannot lend its memory: its value is always a copy")
        return self.numpy().astype(self.dtype if dtype is None else dtype, copy=False)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.item(), digits)

    def __index__(self) -> int:
        return operator.index(self.item())

    def __bool__(self) -> bool:
        if self._is_open():
            raise GraphError(
                f"{self.name!r} has no value yet, so Python cannot decide on it.",
                arguments=[("condition", self.description)],
                fix="use gg.where(condition, a, b), which decides when the value is fed",
            )
        value = self.numpy()
        if value.size != 1:
            raise ShapeError(
                f"{value.size} elements are, as a whole, neither true nor false.",
                arguments=[("condition", self.description)],
                fix="x.any() or x.all()",
            )
        return bool(value.item())

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a scalar tensor has no length")
        if self.shape[0] is None:
            raise GraphError(
                f"the length of {self.name!r} is not known until it is fed.",
                fix="use gg.shape(x)[0], which is computed when fed",
            )
        return self.shape[0]

    def __contains__(self, value: Any) -> bool:
        return bool(ops.any(self == value))

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        if self._is_open():
            return f"Tensor({self.name!r}, shape={shape_text(self.known_shape)}, {self.dtype.name})"
        values = np.array2string(self.numpy(), separator=", ", prefix="Tensor(")
        return f"Tensor({values}, {self.dtype.name})"

    def __str__(self) -> str:
        return repr(self) if self._is_open() else str(self.numpy())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    # A tensor is itself as the key of a dict; == compares elements, as NumPy does.
    __hash__ = object.__hash__

    # An expression never changes, so it is its own copy. What is pickled is the value.

    def __copy__(self, memo: Any = None) -> Tensor:
        return self

    __deepcopy__ = __copy__

    def __reduce__(self) -> Any:
        return ops.constant, (self.numpy(), None, self._name)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise GraphError(
            "a tensor cannot be changed in place: it is an expression.",
            op="x[...] = value",
            arguments=[("x", self.description)],
            fix="build a new one, gg.where(mask, value, x), and assign it if x is a variable",
        )

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
        """See :func:`giulgi.matmul`."""
        return ops.dot(self, other)


# The operators above are made of ops, and ops are made of tensors: one of the two comes last.
from giulgi.graph import ops  # noqa: E402
from giulgi.graph.ops.state import is_recording  # noqa: E402

"""What is known of a tensor, and its value once someone looks at it."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from giulgi.errors import FeedError, GraphError, ShapeError
from giulgi.graph import evaluation
from giulgi.graph.dtypes import DType
from giulgi.graph.node import Node
from giulgi.graph.op import Op
from giulgi.graph.shapes import Shape, is_static, shape_text, size_of
from giulgi.source import Source

if TYPE_CHECKING:
    from giulgi.graph.tensor import Tensor


class TensorValue:
    """The side of a tensor that looks back: its shape, dtype, name, origin, and its value.

    The other side, which builds more of the graph, is :class:`giulgi.Tensor`, the one class that
    is made of this.
    """

    __slots__ = ()

    node: Node
    source: Source | None
    _name: str | None

    # What is known of it

    @property
    def op(self) -> Op:
        """The operation whose result this is."""
        return self.node.op

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

    def _told(self, else_as: str) -> str:
        """Return what it is called in a sentence: its name, if it was given one."""
        named = self._name or self.node.name
        return repr(named) if named else else_as

    def _is_open(self) -> bool:
        """Whether there is no value yet: it is fed, or belongs to a function being traced."""
        from giulgi.graph.ops.state import is_recording

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
        if self.node.symbolic:
            raise FeedError(
                f"{self.name!r} has no value yet that could become an array: it is computed when "
                "the graph is.",
                arguments=[("tensor", self.description)],
                fix="compute with the tensor itself: gg.mean(x), or np.mean(x), which builds "
                "the same graph;\nto look at a value, feed what it depends on: y.numpy({x: value})",
            )
        return self.numpy().astype(self.dtype if dtype is None else dtype, copy=False)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.item(), digits)

    def __index__(self) -> int:
        if self._is_open():
            raise GraphError(
                f"{self.name!r} has no value yet, and a whole number is needed here to build with.",
                arguments=[("number", self.description)],
                fix="give a number that is known when the graph is built",
            )
        return operator.index(self.item())

    def __bool__(self) -> bool:
        if self._is_open():
            raise GraphError(
                f"{self._told('the condition')} has no value yet, so Python cannot decide on it.",
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

    def __repr__(self) -> str:
        if self._is_open():
            return f"Tensor({self.name!r}, shape={shape_text(self.known_shape)}, {self.dtype.name})"
        values = np.array2string(self.numpy(), separator=", ", prefix="Tensor(")
        return f"Tensor({values}, {self.dtype.name})"

    def __str__(self) -> str:
        return repr(self) if self._is_open() else str(self.numpy())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

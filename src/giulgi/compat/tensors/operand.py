"""What has the operators of a tensor: tensors and variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Never

# What an operator does is in tensorflow/arithmetic.py, which is made of what is here.
_OPERATORS: dict[str, Callable[..., Any]] = {}


def register_operator(name: str, function: Callable[..., Any]) -> None:
    """Say which function an operator stands for, such as ``"add"``."""
    _OPERATORS[name] = function


def operator_named(name: str) -> Callable[..., Any]:
    """Return the function that an operator stands for."""
    return _OPERATORS[name]


class NeedsValueError(TypeError):
    """A program asks for a value that a tensor of a graph does not have before it is run."""


class Operand:
    """What has the operators of a tensor: tensors and variables."""

    __slots__ = ()
    # NumPy leaves array + tensor to the tensor.
    __array_priority__ = 100
    __array_ufunc__ = None

    def __add__(self, other: Any) -> Any:
        return _OPERATORS["add"](self, other)

    def __radd__(self, other: Any) -> Any:
        return _OPERATORS["add"](other, self)

    def __sub__(self, other: Any) -> Any:
        return _OPERATORS["subtract"](self, other)

    def __rsub__(self, other: Any) -> Any:
        return _OPERATORS["subtract"](other, self)

    def __mul__(self, other: Any) -> Any:
        return _OPERATORS["multiply"](self, other)

    def __rmul__(self, other: Any) -> Any:
        return _OPERATORS["multiply"](other, self)

    def __truediv__(self, other: Any) -> Any:
        return _OPERATORS["truediv"](self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _OPERATORS["truediv"](other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _OPERATORS["floordiv"](self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _OPERATORS["floordiv"](other, self)

    def __mod__(self, other: Any) -> Any:
        return _OPERATORS["mod"](self, other)

    def __rmod__(self, other: Any) -> Any:
        return _OPERATORS["mod"](other, self)

    def __pow__(self, other: Any) -> Any:
        return _OPERATORS["pow"](self, other)

    def __rpow__(self, other: Any) -> Any:
        return _OPERATORS["pow"](other, self)

    def __matmul__(self, other: Any) -> Any:
        return _OPERATORS["matmul"](self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _OPERATORS["matmul"](other, self)

    def __neg__(self) -> Any:
        return _OPERATORS["negative"](self)

    def __abs__(self) -> Any:
        return _OPERATORS["abs"](self)

    def __invert__(self) -> Any:
        return _OPERATORS["logical_not"](self)

    def __and__(self, other: Any) -> Any:
        return _OPERATORS["logical_and"](self, other)

    def __rand__(self, other: Any) -> Any:
        return _OPERATORS["logical_and"](other, self)

    def __or__(self, other: Any) -> Any:
        return _OPERATORS["logical_or"](self, other)

    def __ror__(self, other: Any) -> Any:
        return _OPERATORS["logical_or"](other, self)

    def __xor__(self, other: Any) -> Any:
        return _OPERATORS["logical_xor"](self, other)

    def __lt__(self, other: Any) -> Any:
        return _OPERATORS["less"](self, other)

    def __le__(self, other: Any) -> Any:
        return _OPERATORS["less_equal"](self, other)

    def __gt__(self, other: Any) -> Any:
        return _OPERATORS["greater"](self, other)

    def __ge__(self, other: Any) -> Any:
        return _OPERATORS["greater_equal"](self, other)

    def __getitem__(self, index: Any) -> Any:
        return _OPERATORS["getitem"](self, index)

    # A tensor is itself as the key of a dict, and == asks whether it is the same one.
    __hash__ = object.__hash__

    def __iter__(self) -> Never:
        raise NeedsValueError(
            "'Tensor' object is not iterable: use tf.unstack, tf.map_fn or tf.while_loop"
        )

    def __bool__(self) -> bool:
        raise NeedsValueError(
            "Using a `tf.Tensor` as a Python `bool` is not allowed. Use `if t is not None:` "
            "instead of `if t:` to test if a tensor is defined, and use tf.cond to execute "
            "subgraphs conditioned on the value of a tensor."
        )

"""What TensorFlow refuses where giulgi, or NumPy, would find some meaning.

A number that is cut off, or two dtypes that meet by mistake, give results that nobody meant: such
programs end with an error there, and so they do here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from giulgi.compat.errors import InvalidArgumentError

if TYPE_CHECKING:
    from giulgi.compat.graphs.graph import Graph
    from giulgi.compat.tensors.dtypes import DType
    from giulgi.compat.tensors.tensor import Tensor

#: Raises an error for arguments that an operation does not take, given its kind and them by name.
Check = Callable[[str, Mapping[str, Any]], None]

# Which of NumPy's kinds of elements a dtype takes from Python's numbers: what a float is, is no
# whole number, and what a number is, is neither true nor false.
_TAKEN = {"f": "fiub", "c": "cfiub", "i": "iub", "u": "iub", "b": "b", "O": "OSU"}
_PYTHONS = (bool, int, float, complex, str, bytes)


class MixedTypesError(InvalidArgumentError, TypeError, ValueError):
    """Tensors of two dtypes meet.

    Which error that is depended on TensorFlow's version, and on how the operation was written: it
    is all of them.
    """

    def __init__(self, message: str) -> None:
        super().__init__(None, None, message)


def require_elements(value: Any, array: np.ndarray[Any, Any], dtype: DType) -> None:
    """Refuse Python's numbers, perhaps nested, that a dtype does not hold.

    Arrays, and NumPy's numbers, are converted as NumPy does.

    Args:
        value: what is given.
        array: the same as NumPy reads it.
        dtype: what it is to be.

    Raises:
        TypeError: for 0.5 as a whole number, 1 as a bool, text as a number.
        ValueError: for None.
    """
    taken = _TAKEN[dtype.numpy_dtype.kind]
    if array.dtype.kind in taken and array.dtype.kind != "O":
        return
    for leaf in _leaves(value):
        if leaf is None:
            raise ValueError("None values not supported.")
        if isinstance(leaf, _PYTHONS) and np.asarray(leaf).dtype.kind not in taken:
            raise TypeError(
                f"Expected {dtype.name}, got {leaf!r} of type {type(leaf).__name__!r} instead."
            )


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def keeps_doubles(value: Any) -> bool:
    """Whether a list of NumPy's floats stays one of float64: only where all is computed at once."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    if not isinstance(value, (np.ndarray, np.generic)):
        return False
    from giulgi.compat.graphs.graph import is_eager

    return is_eager()


def one_dtype(*names: str) -> Check:
    """Return a check that refuses tensors of several dtypes in arguments, also in lists there.

    Numbers take the dtype of the tensors that they meet; giulgi's expressions are passed over.
    """

    def check(kind: str, given: Mapping[str, Any]) -> None:
        first: Any = None
        for name in names:
            value = given.get(name)
            for part in value if isinstance(value, (list, tuple)) else (value,):
                dtype = _dtype_of(part)
                if dtype is None or dtype is first:
                    continue
                if first is not None:
                    raise MixedTypesError(
                        f"Input {name!r} of {kind!r} Op has type {dtype.name} that does not match "
                        f"type {first.name} of another: tf.cast makes it one."
                    )
                first = dtype

    return check


def floats(name: str) -> Check:
    """Return a check that refuses whole numbers where TensorFlow computes with floats only."""

    def check(kind: str, given: Mapping[str, Any]) -> None:
        value = given.get(name)
        dtype = _dtype_of(value)
        if dtype is None and not isinstance(value, (int, np.ndarray, np.generic)):
            return
        own = np.asarray(value).dtype if dtype is None else dtype.numpy_dtype
        if own.kind in "iub":
            _refuse(kind, name, own.name, "float16, float32, float64")

    return check


def bools(*names: str) -> Check:
    """Return a check that refuses numbers where there must be true or false."""

    def check(kind: str, given: Mapping[str, Any]) -> None:
        for name in names:
            dtype = _dtype_of(given.get(name))
            if dtype is not None and not dtype.is_bool:
                _refuse(kind, name, dtype.name, "bool")

    return check


def no_bools(name: str) -> Check:
    """Return a check that refuses what is true or false where numbers are summed."""

    def check(kind: str, given: Mapping[str, Any]) -> None:
        dtype = _dtype_of(given.get(name))
        if dtype is not None and dtype.is_bool:
            _refuse(kind, name, "bool", "float32, float64, int32, int64")

    return check


def _refuse(kind: str, name: str, dtype: str, allowed: str) -> None:
    raise TypeError(
        f"Value passed to parameter {name!r} of {kind!r} Op has DataType {dtype} not in list of "
        f"allowed values: {allowed}: tf.cast makes it one."
    )


def _dtype_of(value: Any) -> DType | None:
    """Return the dtype of a tensor or variable; None of all else."""
    from giulgi.compat.tensors.dtypes import DType
    from giulgi.compat.tensors.operand import Operand

    dtype = getattr(value, "dtype", None) if isinstance(value, Operand) else None
    return dtype if isinstance(dtype, DType) else None


def refuse_other_graph(tensor: Tensor, graph: Graph) -> None:
    """Refuse a tensor of another graph than what is built of it; all is one if computed at once.

    Raises:
        ValueError: always in graph mode.
    """
    if graph.is_eager or tensor.op.graph.is_eager or graph.takes_others:
        return
    raise ValueError(
        f"{tensor} must be from the same graph as what is built of it. Was tf.reset_default_graph()"
        " called, or another graph opened, after it was made?"
    )

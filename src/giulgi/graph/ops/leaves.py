"""Where values come from: constants, placeholders; and how Python's numbers become tensors."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from giulgi.errors import ArgumentError, DTypeError, GraphError, ShapeError
from giulgi.graph import evaluation
from giulgi.graph.dtypes import (
    DEFAULT_FLOAT,
    DEFAULT_INT,
    DType,
    as_dtype,
    python_scalar_type,
    result_type,
)
from giulgi.graph.node import build
from giulgi.graph.op import Op, Spec
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]
TensorLike = Any  # a tensor, an array, a number, or nested sequences of them

# Constants up to this size are compared by value, so that equal ones are one node.
_COMPARED_BYTES = 1024


class Constant(Op):
    """A value that never changes."""

    __slots__ = ("_key", "value")

    def __init__(self, value: Array) -> None:
        self.value = value
        self._key: tuple[Any, ...] | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """What equal constants have in common: the value of small ones, the array of others."""
        if self._key is None:
            value = self.value
            small = value.nbytes <= _COMPARED_BYTES
            self._key = (value.dtype.str, value.shape, value.tobytes() if small else id(value))
        return self._key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def infer(self, *inputs: Tensor) -> Spec:
        """Shape and dtype are those of the value."""
        return Spec(self.value.shape, self.value.dtype)

    def numpy(self) -> Array:
        """Return the value."""
        return self.value

    def settled(self) -> Array:
        """Return the value."""
        return self.value

    def attributes(self) -> dict[str, Any]:
        """Return the value."""
        return {"value": self.value}

    def formula(self, *inputs: str) -> str:
        """A small value is written out, a large one is summed up."""
        if self.value.size <= 8:
            return np.array2string(
                self.value, separator=", ", max_line_width=10_000, threshold=9
            ).replace("\n", "")
        return f"constant from {self.value.min()} to {self.value.max()}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Constant:
        return self

    def __reduce__(self) -> Any:
        return _frozen, (self.value,)


def _frozen(value: Array) -> Constant:
    value.flags.writeable = False
    return Constant(value)


@dataclass(frozen=True)
class Placeholder(Op):
    """A value that is fed when the graph is computed."""

    symbolic: ClassVar[bool] = True
    pure: ClassVar[bool] = False

    shape: Shape | None
    dtype: DType
    label: str
    number: int

    def infer(self, *inputs: Tensor) -> Spec:
        """Shape and dtype are as declared."""
        return Spec(self.shape, self.dtype)

    def formula(self, *inputs: str) -> str:
        """A placeholder has no inputs."""
        return "placeholder"

    def __reduce__(self) -> Any:
        # A copy is fed by itself.
        return _new_placeholder, (self.shape, self.dtype, self.label)


def _new_placeholder(shape: Shape | None, dtype: DType, label: str) -> Placeholder:
    return Placeholder(shape, dtype, label, next(_placeholder_numbers))


class PythonFloat(Tensor):
    """A Python float that is fed: in itself a float32, but in company it gives way.

    Among float64 it counts with all its digits, as the number itself would.

    Attributes:
        exact: the float64 that is fed.
    """

    __slots__ = ("exact",)

    def __init__(self, exact: Tensor) -> None:
        from giulgi.graph.ops.casting import cast

        self.exact = exact
        super().__init__(cast(exact, DEFAULT_FLOAT).node, exact.given_name)


_placeholder_numbers = itertools.count(1)


def constant(
    value: TensorLike, dtype: Any = None, name: str | None = None, *, copy: bool = True
) -> Tensor:
    """Return a tensor of the given value.

    Python floats become float32, ints int64 and bools bool; NumPy arrays keep their dtype.
    Tensors among nested sequences are stacked.

    Args:
        value: a number, nested sequences of numbers, a NumPy array, or a tensor.
        dtype: the dtype to have instead.
        name: a name for printing.
        copy: False promises that nobody changes the array afterwards, and saves a copy.

    Raises:
        DTypeError: if the value is no array of numbers.
        ShapeError: if rows differ in length.
    """
    if isinstance(value, Tensor):
        if dtype is None:
            return value.read()
        from giulgi.graph.ops.casting import cast

        return cast(value, dtype)
    if isinstance(value, (list, tuple)) and _holds_tensors(value):
        from giulgi.graph.ops.joining import stack

        return stack([constant(v, dtype) for v in value])
    array = _array_of(value, dtype, copy)
    return build(Constant(array), name=name)


def _array_of(value: Any, dtype: Any, copy: bool) -> Array:
    try:
        array = np.asarray(value)
    except ValueError:
        raise ShapeError(
            "the rows differ in length, so they do not make an array.",
            op="constant",
            fix="pad the rows to one length, or keep a Python list of tensors",
        ) from None
    if array.dtype.kind not in "biuf":
        raise _numbers_error(value, array)
    wanted = _dtype_for(value, array) if dtype is None else as_dtype(dtype)
    if array.dtype != wanted:
        return _converted(value, array, wanted)
    # What NumPy made of Python's numbers is nobody else's; anything else may be someone's memory.
    is_new = isinstance(value, (bool, int, float, list, tuple))
    if (copy and not is_new) or array.base is not None or not array.flags.c_contiguous:
        array = np.array(array, order="C")
    array.flags.writeable = False
    return array


def _dtype_for(value: Any, array: Array) -> DType:
    """NumPy arrays and scalars keep their dtype; what is made of Python numbers has ours."""
    if isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "__array__"):
        return as_dtype(array.dtype)
    if array.dtype.kind == "f":
        return DEFAULT_FLOAT
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        return DEFAULT_INT if array.dtype.kind == "i" else as_dtype(array.dtype)
    return as_dtype(array.dtype)


def _numbers_error(value: Any, array: Array) -> DTypeError:
    problem = f"this is not an array of numbers: NumPy reads it as dtype {array.dtype}."
    fix = (
        "make numbers of it first; text, missing values and rows of unequal length are common "
        "causes"
    )
    if array.dtype.kind == "c":
        problem = f"giulgi has no complex numbers, and NumPy reads this as {array.dtype}."
        fix = "take the two parts: x.real and x.imag"
    elif isinstance(value, int):
        problem = f"{value} is larger than any integer of giulgi."
        fix = "write it as a float: 1e30"
    elif value is None:
        problem = "None is not a number."
        fix = "look where it comes from: a function that ends without return gives None"
    elif isinstance(value, str):
        problem = f"{value!r} is text, not a number."
        fix = "write numbers without quotes; float(text) reads one from text"
    elif array.dtype.kind in "SUT":
        problem = (
            f"this is not an array of numbers but of text: NumPy reads it as dtype {array.dtype}."
        )
        fix = "give each word a number; numbers that are written as text: values.astype('float32')"
    return DTypeError(problem, op="constant", fix=fix)


def _converted(value: Any, array: Array, dtype: DType) -> Array:
    try:
        # Of Python's numbers NumPy checks that they fit; arrays it converts as C does.
        with np.errstate(over="raise"):
            result = array.astype(dtype) if hasattr(value, "dtype") else np.asarray(value, dtype)
    except (OverflowError, FloatingPointError, ValueError) as error:
        raise DTypeError(
            f"a number does not fit into {dtype.name}: {error}.",
            op="constant",
            fix="check the numbers, or use a dtype that holds them",
        ) from None
    result.flags.writeable = False
    return result


def _holds_tensors(values: Sequence[Any]) -> bool:
    return any(
        isinstance(v, Tensor) or (isinstance(v, (list, tuple)) and _holds_tensors(v))
        for v in values
    )


def placeholder(
    dtype: Any = DEFAULT_FLOAT, shape: Sequence[int | None] | None = None, name: str | None = None
) -> Tensor:
    """Return a tensor whose value is fed when the graph is computed.

    Args:
        dtype: the dtype of what will be fed.
        shape: its shape, with None for sizes that may vary; None if even the rank may.
        name: a name for errors and pictures.

    Example::

        x = gg.placeholder("float32", (None, 3), name="x")
        y = 2 * x
        y.numpy({x: [[1, 2, 3]]})
    """
    number = next(_placeholder_numbers)
    checked = None if shape is None else _checked_shape(shape)
    op = Placeholder(checked, as_dtype(dtype), name or f"placeholder_{number}", number)
    return build(op, name=op.label)


def _checked_shape(shape: Sequence[int | None]) -> Shape:
    if isinstance(shape, int):
        shape = (shape,)
    for dim in shape:
        if dim is not None and (not isinstance(dim, (int, np.integer)) or dim < 0):
            raise ArgumentError(
                f"a shape holds sizes >= 0 and None, not {dim!r}.",
                op="placeholder",
                fix="write None for a size that may vary: shape=(None, 784)",
            )
    return tuple(None if dim is None else int(dim) for dim in shape)


def known_value(x: Tensor) -> Array | None:
    """Return the value of a tensor that is a constant, else None."""
    op = x.op
    return op.value if isinstance(op, Constant) else None


def settled_value(x: Tensor) -> Array | None:
    """Return the value of a tensor that depends on constants alone, else None.

    It is computed if it has to be: a size that does not depend on what is fed is to be known.
    """
    if x.node.concrete and not x.node.random:
        return evaluation.settle(x.node)
    return None


def promote(*values: TensorLike) -> tuple[Tensor, ...]:
    """Return the values as tensors of the one dtype in which they meet.

    Python scalars give way to arrays, as in NumPy: ``x + 1`` has the dtype of ``x``.
    """
    if not values:
        return ()
    loose = [_gives_way(v) for v in values]
    given = [v if is_loose else constant(v) for v, is_loose in zip(values, loose, strict=True)]
    if True in loose:
        met = _meeting([t for t, is_loose in zip(given, loose, strict=True) if not is_loose])
        scalars = [v for v, is_loose in zip(values, loose, strict=True) if is_loose]
        met = python_scalar_type([0.0 if isinstance(v, PythonFloat) else v for v in scalars], met)
    else:
        met = _meeting(given)
    assert met is not None
    return tuple(_in_dtype(v, t, met) for v, t in zip(values, given, strict=True))


def _gives_way(value: Any) -> bool:
    return type(value) in (bool, int, float) or isinstance(value, PythonFloat)


def _meeting(tensors: Sequence[Tensor]) -> DType | None:
    try:
        return result_type(*[t.dtype for t in tensors]) if tensors else None
    except DTypeError as error:
        error.complete(arguments=[(f"number {i}", t.description) for i, t in enumerate(tensors, 1)])
        raise


def _in_dtype(value: Any, tensor: Any, dtype: DType) -> Tensor:
    if isinstance(value, PythonFloat):
        return constant(value.exact, dtype)
    if _gives_way(value):
        return _scalar(value, dtype)
    if tensor.dtype == dtype:
        return tensor
    # A list of Python numbers is read as the common dtype, not as float32 first.
    return constant(tensor if hasattr(value, "dtype") else value, dtype)


def _scalar(value: float, dtype: DType) -> Tensor:
    try:
        with np.errstate(over="raise"):
            return build(_frozen(np.array(value, dtype)))
    except (OverflowError, FloatingPointError):
        raise DTypeError(
            f"the number {value} does not fit into {dtype.name}, the dtype of the tensor it meets.",
            fix="cast the tensor first: x.astype('int64')",
        ) from None


def require_tensor(value: Any, what: str) -> Tensor:
    """Return ``value`` if it is a tensor.

    Raises:
        GraphError: if it is not.
    """
    if not isinstance(value, Tensor):
        fix = (
            "arrays have no history in the graph: begin with gg.constant, gg.Variable or "
            "gg.placeholder"
        )
        if isinstance(value, str):
            fix = "the tensor itself stands for its name: y.numpy({x: value}), not {'x': value}"
        raise GraphError(
            f"{what} must be a tensor of the graph, not {type(value).__name__}.", fix=fix
        )
    return value

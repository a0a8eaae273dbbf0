"""The types of elements under TensorFlow's names: ``tf.float32``, ``tf.string``."""

from __future__ import annotations

from typing import Any

import numpy as np

from giulgi.compat.names import export, exported


@exported("DType", "dtypes.DType")
class DType:
    """A type of elements.

    Attributes:
        name: its name, such as ``"float32"``.
        as_numpy_dtype: NumPy's type of the same meaning; of strings, ``object``.
    """

    __slots__ = ("_numpy", "as_numpy_dtype", "name")

    def __init__(self, name: str, numpy_type: Any) -> None:
        self.name = name
        self.as_numpy_dtype = numpy_type
        self._numpy = np.dtype(numpy_type)

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """NumPy's dtype."""
        return self._numpy

    @property
    def base_dtype(self) -> DType:
        """The type itself: a reference to a variable has no type of its own here."""
        return self

    @property
    def real_dtype(self) -> DType:
        """The type of the real part."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    @property
    def is_floating(self) -> bool:
        """Whether elements are floats."""
        return self._numpy.kind == "f"

    @property
    def is_integer(self) -> bool:
        """Whether elements are integers."""
        return self._numpy.kind in "iu"

    @property
    def is_bool(self) -> bool:
        """Whether elements are true or false."""
        return self._numpy.kind == "b"

    @property
    def is_complex(self) -> bool:
        """Whether elements are complex: such are computed with by Python."""
        return self._numpy.kind == "c"

    @property
    def is_foreign(self) -> bool:
        """Whether giulgi has no such elements, so that Python computes with them."""
        return self._numpy.kind in "Oc"

    @property
    def as_datatype_enum(self) -> int:
        """The number by which files of graphs tell the type."""
        return next(number for number, dtype in _NUMBERS.items() if dtype is self)

    @property
    def size(self) -> int:
        """The number of bytes of an element."""
        return self._numpy.itemsize

    @property
    def min(self) -> Any:
        """The least number."""
        return np.finfo(self._numpy).min if self.is_floating else np.iinfo(self._numpy).min

    @property
    def max(self) -> Any:
        """The greatest number."""
        return np.finfo(self._numpy).max if self.is_floating else np.iinfo(self._numpy).max

    def is_compatible_with(self, other: Any) -> bool:
        """Whether the other is the same type."""
        return self == other

    def __eq__(self, other: object) -> bool:
        if other is None:
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: {self.name!r}>"

    def __reduce__(self) -> Any:
        return as_dtype, (self.name,)


_TYPES: dict[str, DType] = {}


def _defined(name: str, numpy_type: Any) -> DType:
    dtype = _TYPES[name] = DType(name, numpy_type)
    export(name, dtype)
    return dtype


float32 = _defined("float32", np.float32)
float64 = _defined("float64", np.float64)
int8 = _defined("int8", np.int8)
int16 = _defined("int16", np.int16)
int32 = _defined("int32", np.int32)
int64 = _defined("int64", np.int64)
uint8 = _defined("uint8", np.uint8)
uint16 = _defined("uint16", np.uint16)
uint32 = _defined("uint32", np.uint32)
uint64 = _defined("uint64", np.uint64)
boolean = _defined("bool", np.bool_)
string = _defined("string", np.object_)
complex64 = _defined("complex64", np.complex64)
complex128 = _defined("complex128", np.complex128)

# Half precision saves memory on other machines; here it is computed as float32.
_TYPES["float16"] = _TYPES["half"] = _TYPES["bfloat16"] = float32
_TYPES["double"], _TYPES["float"], _TYPES["int"] = float64, float32, int32
for _name in ("float16", "half", "bfloat16"):
    export(_name, float32)
export("double", float64)

# By number types are told in files of graphs; 100 more is a reference to a variable.
_NUMBERS = {
    1: float32, 2: float64, 3: int32, 4: uint8, 5: int16, 6: int8, 7: string, 9: int64,
    8: complex64, 10: boolean, 14: float32, 17: uint16, 18: complex128, 19: float32, 22: uint32,
    23: uint64,
}  # fmt: skip


@exported("as_dtype", "dtypes.as_dtype")
def as_dtype(value: Any) -> DType:
    """Return the type that is meant: by a type, NumPy's dtype, a name, Python's type, or a number.

    Raises:
        TypeError: if there is none.
    """
    if isinstance(value, DType):
        return value
    if value is float:
        return float32
    if value is int:
        return int32
    if type(value) is int and value % 100 in _NUMBERS and value < 200:
        return _NUMBERS[value % 100]
    if isinstance(value, str):
        name = value.removesuffix("_ref")
        if name in _TYPES:
            return _TYPES[name]
    try:
        dtype = np.dtype(value)
    except TypeError:
        raise TypeError(f"Cannot convert value {value!r} to a TensorFlow DType.") from None
    if dtype.kind in "OSU":
        return string
    found = _TYPES.get(dtype.newbyteorder("=").name)
    if found is None:
        raise TypeError(f"Cannot convert value {value!r} to a TensorFlow DType.")
    return found

"""Shapes under TensorFlow's names: ``TensorShape`` of ``Dimension``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from giulgi.compat.manner import manner
from giulgi.compat.names import exported

Sizes = tuple[int | None, ...] | None


class UnknownDimension:
    """A size that is not known until something is fed."""

    value = None

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, UnknownDimension)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(None)

    def __int__(self) -> int:
        raise TypeError("this size is not known until it is fed: use tf.shape(x)")

    __index__ = __int__

    def _unknown(self, other: Any) -> UnknownDimension:
        del other
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _unknown
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _unknown

    def __repr__(self) -> str:
        return "Dimension(None)"

    def __str__(self) -> str:
        return "?"


class Dimension(int):
    """A known size: a whole number that also has a ``value``; of None: one that is not known."""

    def __new__(cls, value: Any = 0) -> Any:
        """Return the size, or what stands for one that is not known."""
        if value is None or isinstance(value, UnknownDimension):
            return UnknownDimension()
        return super().__new__(cls, value)

    @property
    def value(self) -> int:
        """The size."""
        return int(self)

    def __add__(self, other: Any) -> Any:
        return _as_dimension(int.__add__(self, other))

    def __sub__(self, other: Any) -> Any:
        return _as_dimension(int.__sub__(self, other))

    def __mul__(self, other: Any) -> Any:
        return _as_dimension(int.__mul__(self, other))

    def __floordiv__(self, other: Any) -> Any:
        return _as_dimension(int.__floordiv__(self, other))

    def __mod__(self, other: Any) -> Any:
        return _as_dimension(int.__mod__(self, other))

    __radd__, __rmul__ = __add__, __mul__

    def __repr__(self) -> str:
        return f"Dimension({int(self)})"

    def __str__(self) -> str:
        return str(int(self))


def _as_dimension(number: Any) -> Any:
    """Return what is computed of sizes as a size, if Python could compute it."""
    return number if number is NotImplemented else Dimension(number)


def dimension(size: Any) -> Dimension | UnknownDimension:
    """Return a size as a dimension; None is one that is not known."""
    if size is None or isinstance(size, UnknownDimension):
        return UnknownDimension()
    return Dimension(int(size))


def size_of_dimension(size: Any) -> int | None:
    """Return a size that may be told as a dimension, a number, or -1 or None if unknown."""
    if size is None or isinstance(size, UnknownDimension):
        return None
    number = int(size)
    return None if number < 0 else number


@exported("TensorShape")
class TensorShape:
    """The shape of a tensor, of which sizes, or even their number, may be unknown.

    Args:
        dims: the sizes; None: not even their number is known.
    """

    __slots__ = ("sizes",)

    def __init__(self, dims: Any) -> None:
        self.sizes: Sizes
        if isinstance(dims, TensorShape):
            self.sizes = dims.sizes
        elif dims is None:
            self.sizes = None
        else:
            several = dims if isinstance(dims, Sequence) or hasattr(dims, "__iter__") else [dims]
            self.sizes = tuple(map(size_of_dimension, several))

    @property
    def dims(self) -> list[Dimension | UnknownDimension] | None:
        """The sizes as dimensions."""
        return None if self.sizes is None else [dimension(size) for size in self.sizes]

    @property
    def ndims(self) -> int | None:
        """The number of axes."""
        return None if self.sizes is None else len(self.sizes)

    @property
    def rank(self) -> int | None:
        """The number of axes."""
        return self.ndims

    def as_list(self) -> list[int | None]:
        """Return the sizes as Python's numbers, None for one that is not known."""
        if self.sizes is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self.sizes)

    def num_elements(self) -> int | None:
        """Return the number of elements, if it is known."""
        if self.sizes is None or None in self.sizes:
            return None
        return prod(size for size in self.sizes if size is not None)

    def is_fully_defined(self) -> bool:
        """Whether every size is known."""
        return self.sizes is not None and None not in self.sizes

    def is_compatible_with(self, other: Any) -> bool:
        """Whether both could be the shape of one array."""
        a, b = self.sizes, TensorShape(other).sizes
        if a is None or b is None:
            return True
        return len(a) == len(b) and all(
            x is None or y is None or x == y for x, y in zip(a, b, strict=True)
        )

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise a ValueError if the two cannot be the shape of one array."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {TensorShape(other)} are incompatible")

    def assert_has_rank(self, rank: int) -> None:
        """Raise a ValueError if the number of axes is another."""
        if self.sizes is not None and len(self.sizes) != rank:
            raise ValueError(f"Shape {self} must have rank {rank}")

    def with_rank(self, rank: int) -> TensorShape:
        """Return the shape, of so many axes."""
        self.assert_has_rank(rank)
        return TensorShape([None] * rank) if self.sizes is None else self

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """Return the shape, if it may have so many axes."""
        if self.sizes is not None and len(self.sizes) < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def merge_with(self, other: Any) -> TensorShape:
        """Return what is known of either."""
        self.assert_is_compatible_with(other)
        a, b = self.sizes, TensorShape(other).sizes
        if a is None or b is None:
            return TensorShape(b if a is None else a)
        return TensorShape([y if x is None else x for x, y in zip(a, b, strict=True)])

    def concatenate(self, other: Any) -> TensorShape:
        """Return both, one behind the other."""
        a, b = self.sizes, TensorShape(other).sizes
        return TensorShape(None if a is None or b is None else [*a, *b])

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return TensorShape(other).concatenate(self)

    def __len__(self) -> int:
        if self.sizes is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self.sizes)

    def __bool__(self) -> bool:
        return self.sizes is not None

    def __iter__(self) -> Iterator[Dimension | UnknownDimension]:
        if self.dims is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        if manner.is_modern:
            return iter(self.sizes or ())  # type: ignore[arg-type]
        return iter(self.dims)

    def __getitem__(self, place: Any) -> Any:
        if self.sizes is None:
            return TensorShape(None) if isinstance(place, slice) else UnknownDimension()
        if isinstance(place, slice):
            return TensorShape(self.sizes[place])
        if manner.is_modern:  # Sizes are Python's numbers there.
            return self.sizes[place]
        return dimension(self.sizes[place])

    def __eq__(self, other: object) -> bool:
        try:
            return self.sizes == TensorShape(other).sizes
        except (TypeError, ValueError):
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.sizes)

    def __repr__(self) -> str:
        if manner.is_modern:
            return f"TensorShape({None if self.sizes is None else list(self.sizes)})"
        return f"TensorShape({None if self.sizes is None else self.dims})"

    def __str__(self) -> str:
        if self.sizes is None:
            return "<unknown>"
        unknown = "None" if manner.is_modern else "?"
        said = ", ".join(unknown if size is None else str(size) for size in self.sizes)
        return f"({said},)" if len(self.sizes) == 1 else f"({said})"

"""Messages of protocol buffers, told as tables of fields: ``{"tag": (1, "string")}``.

A class of messages says its fields' numbers and kinds; reading, writing and attributes follow::

    class Value(Message):
        FIELDS = {"tag": (1, "string"), "simple_value": (2, "float")}

    class Summary(Message):
        FIELDS = {"value": (1, [Value])}

    summary = Summary(value=[Value(tag="loss", simple_value=0.5)])
    Summary.FromString(summary.SerializeToString())

A kind in a list is repeated, and in a dict, ``{"string": Feature}``, a map of keys to values. The
methods have the names that protocol buffers give them, as programs use them. Fields that are not
in the table are skipped when read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

from giulgi.formats.wire import (
    LENGTH,
    nearest_single,
    packed,
    read,
    read_varint,
    varint,
    wire_of,
    written,
)

_DEFAULTS: dict[str, Any] = {"string": "", "bytes": b"", "bool": False, "double": 0.0, "float": 0.0}


class Repeated(list[Any]):
    """The values of a repeated field: a list that can make messages itself."""

    def __init__(self, kind: Any, values: Iterable[Any] = ()) -> None:
        if kind in ("float", "double"):
            super().__init__(map(float, values))
        else:
            super().__init__(_as_kind(kind, value) for value in values)
        self._kind = kind

    def add(self, **fields: Any) -> Any:
        """Add a new message, and return it."""
        self.append(self._kind(**fields))
        return self[-1]

    def append(self, value: Any) -> None:
        """Add a value."""
        super().append(_as_kind(self._kind, value))

    def extend(self, values: Iterable[Any]) -> None:
        """Add values."""
        super().extend(_as_kind(self._kind, value) for value in values)

    MergeFrom = extend


class Mapped(dict[Any, Any]):
    """The values of a map: messages come about when they are asked for."""

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, key: Any) -> Any:
        if not isinstance(self._kind, type):
            raise KeyError(key)
        self[key] = self._kind()
        return self[key]

    def get_or_create(self, key: Any) -> Any:
        """Return the message of a key."""
        return self[key]


def _as_kind(kind: Any, value: Any) -> Any:
    if isinstance(kind, type):
        return kind(**value) if isinstance(value, Mapping) else value
    if kind == "bytes" and isinstance(value, str):
        return value.encode()
    if kind == "string" and isinstance(value, bytes):
        return value.decode()
    if kind in ("float", "double"):
        return float(value)
    if kind not in ("string", "bytes"):
        return bool(value) if kind == "bool" else int(value)
    if not isinstance(value, (str, bytes, bytearray, memoryview)):
        raise TypeError(f"{value!r} has type {type(value).__name__}, but expected one of: {kind}")
    return value


class Message:
    """A message.

    Args:
        fields: the values of fields; those that are not given have their defaults.

    Attributes:
        FIELDS: for each field its number and kind.
        CHOICES: for each choice its fields, of which one at most is there.
        NAMES: the names of the numbers that fields of the kind "enum" have.
    """

    FIELDS: ClassVar[dict[str, tuple[int, Any]]] = {}
    CHOICES: ClassVar[dict[str, tuple[str, ...]]] = {}
    NAMES: ClassVar[dict[str, int]] = {}
    _by_number: ClassVar[dict[int, tuple[str, Any]]] = {}
    _numbers: ClassVar[dict[str, int]] = {}

    _values: dict[str, Any]
    _is_set: bool

    def __init_subclass__(cls) -> None:
        cls._by_number = {number: (name, kind) for name, (number, kind) in cls.FIELDS.items()}
        cls._numbers = {name: number for name, (number, _) in cls.FIELDS.items()}

    def __init__(self, **fields: Any) -> None:
        object.__setattr__(self, "_values", {})
        object.__setattr__(self, "_is_set", bool(fields))
        for name, value in fields.items():
            if value is not None:
                self._fill(name, value)

    def _fill(self, name: str, value: Any) -> None:
        """Take a value that is given when a message is made: also of a message, list or map."""
        kind = self._kind(name)
        if isinstance(kind, list):
            self._values[name] = Repeated(kind[0], value)
        elif isinstance(kind, dict):
            for key, single in value.items():
                getattr(self, name)[key] = _as_kind(next(iter(kind.values())), single)
        elif isinstance(kind, type):
            self._choose(name)
            self._values[name] = _as_kind(kind, value)
        else:
            setattr(self, name, value)

    def _kind(self, name: str) -> Any:
        if name not in self.FIELDS:
            raise ValueError(f'Protocol message {type(self).__name__} has no "{name}" field.')
        return self.FIELDS[name][1]

    def _choose(self, name: str) -> None:
        """Forget the other fields of a choice."""
        for names in self.CHOICES.values():
            if name in names:
                for other in names:
                    if other != name:
                        self._values.pop(other, None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.FIELDS:
            raise AttributeError(f"{type(self).__name__} has no field {name!r}")
        if name in self._values:
            return self._values[name]
        kind = self.FIELDS[name][1]
        if isinstance(kind, list):
            found: Any = Repeated(kind[0])
        elif isinstance(kind, dict):
            found = Mapped(next(iter(kind.values())))
        elif isinstance(kind, type):
            found = kind()
        else:
            return _DEFAULTS.get(kind, 0)
        self._values[name] = found
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        kind = self.FIELDS[name][1] if name in self.FIELDS else None
        if not isinstance(kind, str):
            raise AttributeError(
                f"Assignment not allowed to field {name!r} of {type(self).__name__}"
            )
        self._choose(name)
        self._values[name] = _as_kind(kind, value)

    def _filled(self) -> Iterator[tuple[str, Any, Any]]:
        """Return name, kind and value of the fields that are there, by their numbers."""
        values, fields = self._values, self.FIELDS
        names = sorted(values, key=self._numbers.__getitem__) if len(values) > 1 else list(values)
        for name in names:
            kind, value = fields[name][1], values[name]
            if isinstance(kind, str) or self._is_there(value):
                yield name, kind, value

    # Reading and writing

    def SerializeToString(self) -> bytes:  # noqa: N802 - these are protocol buffers' names
        """Return the message as bytes."""
        found = bytearray()
        for name, kind, value in self._filled():
            number = self.FIELDS[name][0]
            if isinstance(kind, dict):
                found += _written_map(number, kind, value)
            elif isinstance(kind, list):
                found += _written_list(number, kind[0], value)
            else:
                found += varint(number << 3 | wire_of(kind)) + written(kind, value)
        return bytes(found)

    def ParseFromString(self, serialized: bytes | memoryview) -> int:  # noqa: N802
        """Take the fields of bytes; return how many bytes there were."""
        self.Clear()
        return self.MergeFromString(serialized)

    def MergeFromString(self, serialized: bytes | memoryview) -> int:  # noqa: N802
        """Add the fields of bytes; return how many bytes there were."""
        data = memoryview(serialized)
        object.__setattr__(self, "_is_set", True)
        place = 0
        while place < len(data):
            tag, place = read_varint(data, place)
            name, kind = self._by_number.get(tag >> 3, ("", "bytes"))
            if isinstance(kind, dict):
                kind = pair_of(kind)
            single = kind[0] if isinstance(kind, list) else kind
            value, place = read(single, tag & 7, data, place)
            if name:
                self._take(name, value, tag & 7)
        return len(data)

    def _take(self, name: str, value: Any, wire: int) -> None:
        kind = self.FIELDS[name][1]
        if isinstance(kind, dict):
            getattr(self, name)[value.key] = value.value
        elif isinstance(kind, list):
            is_packed = wire == LENGTH and wire_of(kind[0]) != LENGTH
            list.extend(getattr(self, name), value if is_packed else [value])
        else:
            self._choose(name)
            if isinstance(kind, type) and name in self._values:
                self._values[name].MergeFrom(value)
            else:
                self._values[name] = value

    @classmethod
    def FromString(cls, serialized: bytes | memoryview) -> Self:  # noqa: N802
        """Return the message of bytes."""
        made = cls()
        made.MergeFromString(serialized)
        return made

    # As a whole

    def HasField(self, name: str) -> bool:  # noqa: N802
        """Whether a field is there."""
        kind = self._kind(name)
        if name not in self._values:
            return False
        return isinstance(kind, str) or self._is_there(self._values[name])

    @staticmethod
    def _is_there(value: Any) -> bool:
        """Whether a message was filled or set, or a list or map has something in it."""
        if isinstance(value, Message):
            return value._is_set or any(True for _ in value._filled())
        return bool(value)

    def WhichOneof(self, choice: str) -> str | None:  # noqa: N802
        """Return the field of a choice that is there."""
        return next((name for name in self.CHOICES[choice] if self.HasField(name)), None)

    def ListFields(self) -> list[tuple[str, Any]]:  # noqa: N802
        """Return the names and values of the fields that are there."""
        return [(name, value) for name, _, value in self._filled()]

    def ByteSize(self) -> int:  # noqa: N802
        """Return how many bytes the message takes."""
        return len(self.SerializeToString())

    def Clear(self) -> None:  # noqa: N802
        """Forget all fields."""
        self._values.clear()

    def ClearField(self, name: str) -> None:  # noqa: N802
        """Forget a field."""
        self._values.pop(name, None)

    def CopyFrom(self, other: Message) -> None:  # noqa: N802
        """Take the fields of another message."""
        self.ParseFromString(other.SerializeToString())

    def MergeFrom(self, other: Message) -> None:  # noqa: N802
        """Add the fields of another message."""
        self.MergeFromString(other.SerializeToString())

    def SetInParent(self) -> None:  # noqa: N802
        """Be there, though empty."""
        object.__setattr__(self, "_is_set", True)

    def IsInitialized(self) -> bool:  # noqa: N802
        """Whether all that must be there is: always."""
        return True

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Message)
            and type(self) is type(other)
            and self.SerializeToString() == other.SerializeToString()
        )

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return type(self).FromString, (self.SerializeToString(),)

    def __str__(self) -> str:
        return "".join(_lines(self, ""))

    __repr__ = __str__


_pairs: dict[tuple[Any, Any], type[Message]] = {}


def pair_of(kind: Mapping[Any, Any]) -> type[Message]:
    """Return the message in which a map keeps one key and its value."""
    ((key, value),) = kind.items()
    if (key, value) not in _pairs:
        fields = {"key": (1, key), "value": (2, value)}
        _pairs[key, value] = type("Entry", (Message,), {"FIELDS": fields})
    return _pairs[key, value]


def _written_map(number: int, kind: Mapping[Any, Any], values: Mapping[Any, Any]) -> bytes:
    made = pair_of(kind)
    tag = varint(number << 3 | LENGTH)
    return b"".join(
        tag + written(made, made(key=key, value=value)) for key, value in values.items()
    )


def _written_list(number: int, kind: Any, values: Sequence[Any]) -> bytes:
    if wire_of(kind) == LENGTH:
        tag = varint(number << 3 | LENGTH)
        return b"".join(tag + written(kind, value) for value in values)
    together = packed(kind, values)
    return varint(number << 3 | LENGTH) + varint(len(together)) + together


def _lines(message: Message, indent: str) -> Iterator[str]:
    """Return the lines of a message as text: ``tag: "loss"``, and messages in braces."""
    for name, kind, value in message._filled():
        if isinstance(kind, dict):
            made = pair_of(kind)
            values: Any = [made(key=key, value=single) for key, single in value.items()]
        else:
            values = value if isinstance(kind, list) else [value]
        for single in values:
            if isinstance(single, Message):
                yield f"{indent}{name} {{\n"
                yield from _lines(single, indent + "  ")
                yield f"{indent}}}\n"
            else:
                yield f"{indent}{name}: {_as_text(single, kind, message.NAMES)}\n"


def _as_text(value: Any, kind: Any, names: Mapping[str, int]) -> str:
    if kind in ("enum", ["enum"]):
        return next((name for name, number in names.items() if number == value), str(value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, bytes)):
        raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        return '"' + repr(raw)[2:-1].replace('"', '\\"') + '"'
    return _float_text(value, kind) if isinstance(value, float) else str(value)


def _float_text(value: float, kind: Any) -> str:
    """Return as many digits as tell a float of 32 or 64 bits from all others, if few do not."""
    if kind in ("double", ["double"]):
        short = f"{value:.15g}"
        return short if float(short) == value else f"{value:.17g}"
    single = nearest_single(value)
    short = f"{single:.6g}"
    return short if nearest_single(float(short)) == single else f"{single:.9g}"

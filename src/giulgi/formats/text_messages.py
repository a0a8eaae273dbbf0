"""Messages read from text, as people write and read them: ``tag: "loss" simple_value: 0.5``.

A message is a row of fields. A field is a name, a colon and a value; a list of values in brackets;
or, for a message in it, that one in braces. Strings stand in quotes, with escapes, and several in a
row are one. What follows ``#`` is a comment. Fields that are not in the table of a message are
skipped, as they are in bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from giulgi.formats.messages import Mapped, Message, pair_of
from giulgi.formats.wire import nearest_single

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<word>[-+.\w]+)
    | (?P<sign>[:{}<>\[\],;])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(
    rb"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)", re.DOTALL
)
_ESCAPED = {
    b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v",
    b'"': b'"', b"'": b"'", b"\\": b"\\",
}  # fmt: skip
_WHOLE = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0([0-7]*)|([1-9][0-9]*))")
# No number of several digits begins with 0: it would be octal.
_FLOAT = re.compile(
    r"([-+]?(?:inf|infinity|nan|(?!0[0-9]+f?$)(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?))f?",
    re.IGNORECASE,
)
_BOOLS = {
    "true": True, "True": True, "t": True, "1": True,
    "false": False, "False": False, "f": False, "0": False,
}  # fmt: skip
_CLOSING = {"{": "}", "<": ">"}


class ParseError(ValueError):
    """The text is not that of a message."""


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


def merge(text: str | bytes, message: Message) -> Message:
    """Add the fields of a text to a message; return it.

    Raises:
        ParseError: if it is no such text, with line and column.
    """
    whole = text.decode() if isinstance(text, bytes) else text
    _Reader(whole).fill(message, "")
    message.SetInParent()
    return message


class _Reader:
    """Goes through the tokens of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split()
        self._next = next(self._tokens)

    def _split(self) -> Iterator[_Token]:
        place = 0
        while place < len(self._text):
            match = _TOKEN.match(self._text, place)
            if match is None:
                raise self._error(place, f"{self._text[place]!r} does not belong here")
            if match.lastgroup != "space":
                yield _Token(match.lastgroup or "", match.group(), place)
            place = match.end()
        yield _Token("end", "", place)

    def _error(self, place: int, said: str) -> ParseError:
        line = self._text.count("\n", 0, place) + 1
        column = place - self._text.rfind("\n", 0, place)
        return ParseError(f"{line}:{column} : {said}")

    def _take(self) -> _Token:
        token = self._next
        if token.kind == "end":
            raise self._error(token.place, "the text ends in the middle of a message")
        self._next = next(self._tokens)
        return token

    def _is(self, *texts: str) -> bool:
        """Whether the next token is one of some signs, which is taken if so."""
        found = self._next.kind == "sign" and self._next.text in texts
        if found:
            self._take()
        return found

    def fill(self, message: Message, closing: str) -> None:
        """Read fields until a sign, which is taken; "": until the end."""
        while not (self._next.kind == "end" if not closing else self._is(closing)):
            name = self._take()
            if name.kind != "word":
                raise self._error(name.place, f"expected the name of a field, found {name.text!r}")
            if name.text in message.FIELDS:
                self._field(message, name.text)
            else:
                self._skip()
            self._is(",", ";")

    def _skip(self) -> None:
        """Read the value of a field that is not in the table, which means nothing here."""
        self._is(":")
        depth = 0
        while True:
            token = self._take()
            if token.kind == "sign":
                depth += (token.text in "{<[") - (token.text in "}>]")
            if not depth and self._next.kind != "text":
                return

    def _field(self, message: Message, name: str) -> None:
        kind = message.FIELDS[name][1]
        has_colon = self._is(":")
        if self._is("["):
            while not self._is("]"):
                self._one(message, name, kind, has_colon)
                self._is(",")
        else:
            self._one(message, name, kind, has_colon)

    def _one(self, message: Message, name: str, kind: Any, has_colon: bool) -> None:
        """Read one value of a field."""
        if isinstance(kind, dict):
            entry = self._message(pair_of(kind)())
            values: Mapped = getattr(message, name)
            values[entry.key] = entry.value
        elif isinstance(kind, list):
            held = getattr(message, name)
            if isinstance(kind[0], type):
                self._message(held.add())
            else:
                held.append(self._scalar(kind[0], message, has_colon))
        elif isinstance(kind, type):
            part = self._message(kind())
            part.SetInParent()
            message.MergeFrom(type(message)(**{name: part}))
        else:
            setattr(message, name, self._scalar(kind, message, has_colon))

    def _message(self, message: Message) -> Message:
        opening = self._take()
        if opening.text not in _CLOSING:
            raise self._error(opening.place, f"expected '{{', found {opening.text!r}")
        self.fill(message, _CLOSING[opening.text])
        return message

    def _scalar(self, kind: str, message: Message, has_colon: bool) -> Any:
        token = self._take()
        if not has_colon:
            raise self._error(token.place, f"expected ':', found {token.text!r}")
        if kind in ("string", "bytes"):
            return self._string(token, kind)
        try:
            return _number(token.text, kind, message.NAMES)
        except OverflowError:
            raise self._error(token.place, f"{token.text} does not fit into {kind}") from None
        except ValueError:
            raise self._error(token.place, f"{token.text!r} is no {kind}") from None

    def _string(self, token: _Token, kind: str) -> str | bytes:
        if token.kind != "text":
            raise self._error(token.place, f"expected text in quotes, found {token.text!r}")
        pieces = [token.text]
        while self._next.kind == "text":
            pieces.append(self._take().text)
        try:
            found = b"".join(map(_unescaped, pieces))
            return found if kind == "bytes" else found.decode()
        except UnicodeDecodeError:
            raise self._error(token.place, "a string has bytes that are no UTF-8") from None
        except ValueError as error:
            raise self._error(token.place, str(error)) from None


def _unescaped(quoted: str) -> bytes:
    """Return the bytes that a text in quotes means."""

    def meant(match: re.Match[bytes]) -> bytes:
        said = match[1]
        if said in _ESCAPED:
            return _ESCAPED[said]
        try:
            if said[:1] == b"x":
                return bytes([int(said[1:], 16)])
            if said[:1] in (b"u", b"U"):
                return chr(int(said[1:], 16)).encode()
            return bytes([int(said, 8)]) if said[:1] in b"01234567" else match[0]
        except (ValueError, OverflowError):
            # No digits, no byte, or a number that no character has.
            raise ValueError(f"{match[0].decode()!r} means no character") from None

    return _ESCAPE.sub(meant, quoted[1:-1].encode())


def _number(text: str, kind: str, names: dict[str, int]) -> Any:
    """Return the value of a word: a number, true or false, or the name of a choice.

    Raises:
        ValueError: if it is none.
        OverflowError: if there is no room for it.
    """
    if kind == "bool":
        if text not in _BOOLS:
            raise ValueError(text)
        return _BOOLS[text]
    if kind in ("float", "double"):
        match = _FLOAT.fullmatch(text)
        if match is None:
            raise ValueError(text)
        value = float(match[1])
        return nearest_single(value) if kind == "float" else value
    return names[text] if text in names else _whole(text, kind)


def _whole(text: str, kind: str) -> int:
    match = _WHOLE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    sign, hexadecimal, octal, decimal = match.groups()
    size = int(hexadecimal, 16) if hexadecimal else int(decimal or 0) or int(octal or "0", 8)
    value = -size if sign == "-" else size
    bits = 64 if kind.endswith("64") else 32
    lowest = 0 if kind.startswith(("uint", "fixed")) else -1 << bits - 1
    if not lowest <= value < lowest + (1 << bits):
        raise OverflowError(text)
    return value

"""Protocol buffers' functions of text and JSON, for the stand-ins' messages.

TensorFlow brought the package along, so programs import it without having installed it. Where it
is installed, its own messages are left to it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from giulgi.compat.healing.hooks import heals, makes, replace
from giulgi.formats.messages import Message
from giulgi.formats.text_messages import ParseError, merge


def _merged(text: Any, message: Any, *_: Any, **__: Any) -> Any:
    """Add the fields of a text to a message; return it."""
    return merge(text, message)


def _as_text(message: Any, as_utf8: bool = True, as_one_line: bool = False, **_: Any) -> str:
    """Return a message as text."""
    del as_utf8
    return " ".join(str(message).split()) if as_one_line else str(message)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def _as_dict(message: Any, *_: Any, preserving_proto_field_name: bool = False, **__: Any) -> Any:
    """Return the fields of a message as dicts, lists, numbers and texts of JSON."""

    def plain(value: Any, kind: Any) -> Any:
        if isinstance(value, Message):
            return _as_dict(value, preserving_proto_field_name=preserving_proto_field_name)
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        if kind == "enum":
            return next((n for n, number in names.items() if number == value), value)
        return str(value) if kind in ("int64", "uint64") else value

    found: dict[str, Any] = {}
    names = message.NAMES
    for name, value in message.ListFields():
        kind = message.FIELDS[name][1]
        own = name if preserving_proto_field_name else _camel(name)
        if isinstance(kind, dict):
            (single,) = kind.values()
            found[own] = {str(key): plain(part, single) for key, part in value.items()}
        elif isinstance(kind, list):
            found[own] = [plain(part, kind[0]) for part in value]
        else:
            found[own] = plain(value, kind)
    return found


def _as_json(message: Any, *_: Any, indent: int | None = 2, **options: Any) -> str:
    """Return a message as JSON."""
    kept = options.get("preserving_proto_field_name", False)
    return json.dumps(_as_dict(message, preserving_proto_field_name=kept), indent=indent)


_TEXT = {"Merge": _merged, "Parse": _merged, "MessageToString": _as_text}
_JSON = {"MessageToDict": _as_dict, "MessageToJson": _as_json}


@makes("google.protobuf")
def _package(module: ModuleType) -> None:
    module.__dict__["__version__"] = "3.20.3"


@makes("google.protobuf.text_format")
def _text_format(module: ModuleType) -> None:
    module.__dict__.update(_TEXT, ParseError=ParseError)


@makes("google.protobuf.json_format")
def _json_format(module: ModuleType) -> None:
    module.__dict__.update(_JSON)


@makes("google.protobuf.message")
def _message(module: ModuleType) -> None:
    module.__dict__.update(Message=Message, DecodeError=ValueError)


@heals("google.protobuf.text_format", "google.protobuf.json_format")
def _for_ours(module: Any) -> None:
    """Let the installed functions take the stand-ins' messages, too."""
    failure = getattr(module, "ParseError", ParseError)
    for name, ours in (_TEXT if module.__name__.endswith("text_format") else _JSON).items():
        replace(module, name, partial(_either, ours, failure))


def _either(ours: Any, failure: type[Exception], own: Any) -> Callable[..., Any]:
    def called(*args: Any, **options: Any) -> Any:
        if not any(isinstance(value, Message) for value in [*args[:2], *options.values()]):
            return own(*args, **options)
        try:
            return ours(*args, **options)
        except ParseError as error:
            raise failure(str(error)) from None

    return called


#: What is healed here, for the page of documentation.
HEALED = ("protobuf, which need not be installed", ["google.protobuf.text_format", "json_format"])

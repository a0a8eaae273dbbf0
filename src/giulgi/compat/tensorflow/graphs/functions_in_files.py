"""What Python carries out in a graph, in the files of that graph."""

from __future__ import annotations

import importlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import Operation
from giulgi.compat.operations.host import HostCall, objects
from giulgi.compat.tensorflow.control.traced import Guarded
from giulgi.compat.tensorflow.math.seeded import drawing, told_drawing

_PLAIN = (str, bytes, int, float, bool, type(None))

# Where functions are that a file may name.
_OWN = "giulgi.compat.tensorflow."

# What this process carries out for models that it has written itself, by what stands in the files.
_staying: dict[str, Callable[..., Any]] = {}
_stays: ContextVar[bool] = ContextVar("functions stay", default=False)


@contextmanager
def staying() -> Iterator[None]:
    """Let the functions of graphs that become bytes stay, so that this process finds them again."""
    token = _stays.set(True)
    try:
        yield
    finally:
        _stays.reset(token)


def _kept(function: Callable[..., Any]) -> str | None:
    """Return by what a function will be found again in this process; None if it does not stay."""
    if not _stays.get():
        return None
    key = str(uuid.uuid4())
    _staying[key] = function
    return key


def told_of(op: Operation) -> dict[str, Any]:
    """Return what a file tells of the function of an operation.

    The text of a constant; the name of a function of the stand-in; or by what this process finds
    the function again.
    """
    told: dict[str, Any] = dict.fromkeys(("content", "function", "drawing", "here", "guards"))
    call: Any = op.host
    if call is None:
        return told
    guards = []
    while isinstance(call, Guarded):
        guards.append(call.holds)
        call = call.call
    function = call.function
    told["guards"] = guards
    if op.type == "Const" and len(op.inputs) == len(guards):
        return told | {"content": np.asarray(function(), object).tolist()}
    return told | {
        "function": _named(function), "drawing": told_drawing(function), "here": _kept(function),
    }  # fmt: skip


def _named(function: Any) -> tuple[str, str, dict[str, Any]] | None:
    """Return module, name and arguments of a function that can be found again; else None."""
    given: dict[str, Any] = {}
    if isinstance(function, partial) and not function.args:
        function, given = function.func, function.keywords
    module = str(getattr(function, "__module__", ""))
    name = str(getattr(function, "__qualname__", "<"))
    is_own = module.startswith(_OWN) and name.isidentifier()
    plain = all(isinstance(value, _PLAIN) for value in given.values())
    return (module, name, dict(given)) if is_own and plain else None


def called_again(told: Mapping[str, Any]) -> Any:
    """Return what Python carries out as a file tells it: a function, perhaps on conditions."""
    call: Any = HostCall(_found_again(told))
    for holds in reversed(told.get("guards") or ()):
        call = Guarded(call, holds)
    return call


def _found_again(told: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the function that a file tells of, or one that says that it is not there."""
    if told["content"] is not None:
        text = objects(told["content"])
        return lambda: text
    if told.get("here") in _staying:
        return _staying[told["here"]]
    if told.get("drawing") is not None:
        return drawing(**told["drawing"])
    if told.get("function") is not None:
        module, name, given = told["function"]
        found: Any = None
        if module.startswith(_OWN):
            # A file of another giulgi may name what is not here.
            with suppress(ImportError):
                found = getattr(importlib.import_module(module), name, None)
        # Not what the module itself imports from elsewhere.
        if getattr(found, "__module__", None) != module:
            raise ValueError(f"a graph has no {module}.{name}")
        return partial(found, **given)

    def missing(*_: Any) -> Any:
        raise NotImplementedError(
            f"{told['name']} ({told['type']}) is carried out by Python, which is not in the file "
            "of a graph: build it anew in the program"
        )

    return missing

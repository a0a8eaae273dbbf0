"""A digest of a computation, and of the compiler: of all that its machine code depends on.

Names, lines and the numbers of variables are left out. So the same network, built anew in another
process, has the same digest, and its code is found on disk before anything is planned or written.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.backends.base import Batched, Computation
from giulgi.graph.control.body import Body
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.leaves import Constant, Placeholder
from giulgi.graph.ops.state import Assign, ReadVariable
from giulgi.version import IMPORTED, __version__


class _CannotBeToldError(Exception):
    """Something in an operation that is no number, name or part of a graph."""


def fingerprint(computation: Computation, batched: Batched | None) -> str | None:
    """Return the digest of a computation and the compiler; None if one of them cannot be told.

    Args:
        computation: what is computed, every shape known.
        batched: how feeds are taken from the data of many steps.
    """
    own, compiler = digest(computation, batched), _compiler()
    if own is None or compiler is None:
        return None
    return sha256(f"{compiler}\n{own}".encode()).hexdigest()


def digest(computation: Computation, batched: Batched | None) -> str | None:
    """Return the digest of a computation; None if it has something that cannot be told."""
    roles = {node: f"feed {i}" for i, node in enumerate(computation.feeds)}
    for i, read in enumerate(computation.reads):
        if read is not None:
            roles[read] = f"variable {i}"
    ends = [*computation.fetches, *(node for _, node in computation.updates)]
    said = _Said()
    try:
        numbers = said.graph(ends, roles)
    except _CannotBeToldError:
        return None
    said.lines.append(str([numbers[node] for node in computation.fetches]))
    said.lines.append(str([(place, numbers[node]) for place, node in computation.updates]))
    said.lines.append(str([(v.dtype.str, v.shape) for v in computation.variables]))
    said.lines.append(str((computation.may_end, computation.keeps)))
    if batched is not None:
        said.lines.append(str((batched.size, [dtype.str for dtype in batched.dtypes])))
    return sha256("\n".join(said.lines).encode()).hexdigest()


class _Said:
    """The text of which a digest is made.

    Attributes:
        lines: what was said so far.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._bodies: dict[Body, int] = {}

    def graph(self, ends: Sequence[Node], roles: Mapping[Node, str]) -> dict[Node, int]:
        """Tell all nodes of a graph; return their numbers.

        Args:
            ends: the ends of the graph.
            roles: what is given from outside.
        """
        numbers: dict[Node, int] = {}
        for node in topological(ends, stop=roles):
            numbers[node] = len(numbers)
            spec = f"{node.spec.dtype.str}{node.spec.shape}"
            if node in roles:
                self.lines.append(f"{roles[node]} {spec}")
            elif isinstance(node.op, Constant):
                self.lines.append(f"constant {spec} {_of_array(node.op.value)}")
            elif isinstance(node.op, (Placeholder, ReadVariable)):
                raise _CannotBeToldError
            else:
                inputs = [numbers[source] for source in node.inputs]
                self.lines.append(f"{self._op(node)} {inputs} {spec}")
        return numbers

    def _op(self, node: Node) -> str:
        op = node.op
        if isinstance(op, Assign):
            return "assign"  # Where to is told by the updates.
        own: Any = op
        values = {field.name: getattr(op, field.name) for field in fields(own)}
        bodies = [value for value in values.values() if isinstance(value, Body)]
        inside = [value for value in values.values() if isinstance(value, Node)]
        numbers = self._body(bodies[0], inside) if bodies else {}
        told = [f"{name}={self._value(value, numbers)}" for name, value in values.items()]
        return f"{_of_type(op)}({', '.join(told)})"

    def _body(self, body: Body, inside: Sequence[Node]) -> dict[Node, int]:
        """Tell the graph in an operation; return the numbers of its nodes."""
        own = [getattr(body, field.name) for field in fields(body) if field.name != "forms"]
        ends = list(inside)
        for value in own:
            ends += [x for x in (value if isinstance(value, tuple) else [value]) if _is_node(x)]
        self._bodies.setdefault(body, len(self._bodies))
        parameters = {node: f"parameter {i}" for i, node in enumerate(body.parameters)}
        self.lines.append("{")
        numbers = self.graph([*parameters, *ends], parameters)
        self.lines.append(f"}} {[self._value(value, numbers) for value in own]}")
        return numbers

    def _value(self, value: Any, numbers: Mapping[Node, int]) -> str:
        if isinstance(value, Node):
            return str(numbers[value])
        if isinstance(value, Body):
            return f"body {self._bodies[value]}"
        if isinstance(value, tuple):
            return str([self._value(part, numbers) for part in value])
        if value is None or isinstance(value, (bool, int, float, str, np.generic, Enum)):
            return repr(value)
        if isinstance(value, np.dtype):
            return value.str
        if isinstance(value, np.ndarray):
            return _of_array(value)
        if is_dataclass(value):
            told = [self._value(getattr(value, field.name), numbers) for field in fields(value)]
            return f"{_of_type(value)}{told}"
        raise _CannotBeToldError


def _of_type(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _is_node(value: Any) -> bool:
    return isinstance(value, Node)


def _of_array(array: np.ndarray[Any, Any]) -> str:
    data = np.ascontiguousarray(array)
    return f"{data.dtype.str}{data.shape}{sha256(data.tobytes()).hexdigest()}"


@cache
def _compiler() -> str | None:
    """Return the digest of this compiler: where its files are changed, code is made anew.

    Returns:
        None, if a file was changed after it was read: then nobody knows what runs here.
    """
    told = [__version__, np.__version__, sys.version]
    package = Path(__file__).parents[2]
    for folder, folders, files in os.walk(package):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".py"):
                status = (Path(folder) / name).stat()
                if status.st_mtime_ns > IMPORTED:
                    return None
                where = Path(folder).relative_to(package) / name
                told.append(f"{where.as_posix()} {status.st_size} {status.st_mtime_ns}")
    return sha256("\n".join(told).encode()).hexdigest()

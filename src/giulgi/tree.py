"""Nested lists, tuples and dicts of values, as one flat list and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

Structure = Any  # nested containers; a leaf is None


class _Leaf(Enum):
    # The one member of an enumeration stays the one also when it is copied or pickled.
    LEAF = "leaf"


LEAF = _Leaf.LEAF


def flatten(value: Any) -> tuple[list[Any], Structure]:
    """Return the leaves of nested containers in order, and what holds them."""
    leaves: list[Any] = []
    structure = _structure(value, leaves)
    return leaves, structure


def _structure(value: Any, leaves: list[Any]) -> Structure:
    if isinstance(value, dict):
        return ("dict", tuple((key, _structure(value[key], leaves)) for key in value))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return ("named", type(value), tuple(_structure(v, leaves) for v in value))
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return (kind, tuple(_structure(v, leaves) for v in value))
    leaves.append(value)
    return LEAF


def unflatten(structure: Structure, leaves: Iterator[Any]) -> Any:
    """Return containers of the given structure, filled with leaves in order."""
    if structure is LEAF:
        return next(leaves)
    kind, parts = structure[0], structure[-1]
    if kind == "dict":
        return {key: unflatten(part, leaves) for key, part in parts}
    values = [unflatten(part, leaves) for part in parts]
    if kind == "named":
        return structure[1](*values)
    return values if kind == "list" else tuple(values)


def paths(structure: Structure, name: str) -> list[str]:
    """Return how each leaf is reached from a name: ``x[0]``, ``x['a']``, ``x.first``."""
    if structure is LEAF:
        return [name]
    kind, parts = structure[0], structure[-1]
    if kind == "dict":
        steps = [(f"[{key!r}]", part) for key, part in parts]
    elif kind == "named":
        fields = structure[1]._fields
        steps = [(f".{field}", part) for field, part in zip(fields, parts, strict=True)]
    else:
        steps = [(f"[{place}]", part) for place, part in enumerate(parts)]
    return [path for step, part in steps for path in paths(part, name + step)]


def tree_map(function: Callable[[Any], Any], value: Any) -> Any:
    """Return nested containers with a function applied to each leaf."""
    leaves, structure = flatten(value)
    return unflatten(structure, iter([function(leaf) for leaf in leaves]))

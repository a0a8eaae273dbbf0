"""``nest``: nested lists, tuples and dicts, taken apart and put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from giulgi.compat.names import export

_PLACES = ("nest", "contrib.framework.nest", "python.util.nest")


def is_sequence(value: Any) -> bool:
    """Whether a value is a list, tuple or dict, and no leaf."""
    return isinstance(value, (list, tuple, Mapping))


def _parts(value: Any) -> list[Any]:
    """Return what is directly in a structure; of a dict in the order of its keys."""
    return [value[key] for key in sorted(value)] if isinstance(value, Mapping) else list(value)


def _like(value: Any, parts: list[Any]) -> Any:
    """Return a structure of the kind of another with these parts."""
    if isinstance(value, Mapping):
        filled = dict(zip(sorted(value), parts, strict=True))
        ordered = {key: filled[key] for key in value}
        return ordered if type(value) is dict else type(value)(ordered)  # type: ignore[call-arg]
    if hasattr(value, "_fields"):
        return type(value)(*parts)
    return tuple(parts) if isinstance(value, tuple) else list(parts)


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """Return the leaves of a structure."""
    del expand_composites
    if not is_sequence(structure):
        return [structure]
    return [leaf for part in _parts(structure) for leaf in flatten(part)]


def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """Return a structure as another, with other leaves.

    Raises:
        ValueError: if there are not as many leaves.
    """
    del expand_composites
    leaves, count = list(flat_sequence), len(flatten(structure))
    if len(leaves) != count:
        raise ValueError(
            f"Structure had {count} elements, but flat_sequence had {len(leaves)} elements."
        )
    return _packed(structure, iter(leaves))


def _packed(structure: Any, leaves: Iterator[Any]) -> Any:
    if not is_sequence(structure):
        return next(leaves)
    return _like(structure, [_packed(part, leaves) for part in _parts(structure)])


def map_structure(func: Callable[..., Any], *structure: Any, **options: Any) -> Any:
    """Return a structure of what a function gives for the leaves of others, one of each."""
    del options
    if not structure:
        raise ValueError("Must provide at least one structure")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types=False)
    groups = zip(*map(flatten, structure), strict=True)
    return _packed(structure[0], iter([func(*leaves) for leaves in groups]))


def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Check that two structures are nested alike.

    Raises:
        ValueError: if they are not.
        TypeError: if only their types differ.
    """
    del expand_composites
    if is_sequence(nest1) != is_sequence(nest2):
        raise ValueError(
            "The two structures don't have the same nested structure.\n\n"
            f"First structure: {nest1}\n\nSecond structure: {nest2}"
        )
    if not is_sequence(nest1):
        return
    keys = (sorted(x) if isinstance(x, Mapping) else None for x in (nest1, nest2))
    first, second = keys
    if len(nest1) != len(nest2) or (first is not None and first != second):
        raise ValueError(
            "The two structures don't have the same number of elements, or the same keys.\n\n"
            f"First structure: {nest1}\n\nSecond structure: {nest2}"
        )
    if check_types and type(nest1) is not type(nest2):
        raise TypeError(
            "The two structures don't have the same sequence type. First structure has type "
            f"{type(nest1)}, while second structure has type {type(nest2)}."
        )
    for a, b in zip(_parts(nest1), _parts(nest2), strict=True):
        assert_same_structure(a, b, check_types)


def flatten_up_to(shallow_tree: Any, input_tree: Any, **_: Any) -> list[Any]:
    """Return what a structure has in the places of another's leaves."""
    if not is_sequence(shallow_tree):
        return [input_tree]
    pairs = zip(_parts(shallow_tree), _parts(input_tree), strict=True)
    return [leaf for shallow, part in pairs for leaf in flatten_up_to(shallow, part)]


def map_structure_up_to(shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **_: Any) -> Any:
    """Return a structure of what a function gives for what others have in its leaves' places."""
    groups = zip(*[flatten_up_to(shallow_tree, tree) for tree in inputs], strict=True)
    return _packed(shallow_tree, iter([func(*parts) for parts in groups]))


def flatten_dict_items(dictionary: Any) -> dict[Any, Any]:
    """Return a dict of leaves, of one whose keys and values are nested alike."""
    found: dict[Any, Any] = {}
    for key, value in dictionary.items():
        if is_sequence(key):
            assert_same_structure(key, value, check_types=False)
            found.update(zip(flatten(key), flatten(value), strict=True))
        else:
            found[key] = value
    return found


for _place in _PLACES:
    for _name, _thing in {
        "is_sequence": is_sequence, "is_nested": is_sequence, "flatten": flatten,
        "pack_sequence_as": pack_sequence_as, "map_structure": map_structure,
        "assert_same_structure": assert_same_structure, "flatten_up_to": flatten_up_to,
        "map_structure_up_to": map_structure_up_to, "flatten_dict_items": flatten_dict_items,
    }.items():  # fmt: skip
        export(f"{_place}.{_name}", _thing)

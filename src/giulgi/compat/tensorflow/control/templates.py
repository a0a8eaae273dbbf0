"""Functions that share their variables between calls, and contexts that do little here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import TABLES, export, exported
from giulgi.compat.tensors.shapes import Dimension
from giulgi.compat.variables.scopes import variable_scope


@exported("make_template")
def make_template(
    name_: str,
    func_: Callable[..., Any],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Any = None,
    **kwargs: Any,
) -> Callable[..., Any]:
    """Return a function whose variables are made when it is first called, and then shared.

    Args:
        name_: the name of the scope of its variables.
        func_: the function.
        create_scope_now_: whether the scope gets its name now, and not at the first call.
        unique_name_: a name that is taken as it is.
        custom_getter_: how variables are got.
        kwargs: arguments of the function.
    """
    opened: list[Any] = []

    def open_scope() -> Any:
        given = unique_name_
        return variable_scope(given, None if given else name_, custom_getter=custom_getter_)

    if create_scope_now_:
        with open_scope() as scope:
            opened.append(scope)
    is_built = [False]

    @functools.wraps(func_)
    def call(*args: Any, **own: Any) -> Any:
        scope = variable_scope(opened[0], reuse=is_built[0] or None) if opened else open_scope()
        with scope as inner:
            if not opened:
                opened.append(inner)
            result = func_(*args, **{**kwargs, **own})
        is_built[0] = True
        return result

    return call


@exported("init_scope")
@contextmanager
def init_scope() -> Iterator[None]:
    """Let what is built inside wait for nothing."""
    with get_default_graph().control_dependencies(None):
        yield


@exported("colocate_with", "python.framework.ops.colocate_with")
@contextmanager
def colocate_with(op: Any, ignore_existing: bool = False) -> Iterator[None]:
    """Do nothing: there is one processor."""
    del op, ignore_existing
    yield


@exported("no_regularizer")
def no_regularizer(_: Any) -> None:
    """Return no loss, in the place of a regularizer."""
    return


export("Dimension", Dimension)
for _name in ("float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16",
              "uint32", "uint64", "bool", "string", "double", "half", "bfloat16"):  # fmt: skip
    export(f"dtypes.{_name}", TABLES["tensorflow"][_name])

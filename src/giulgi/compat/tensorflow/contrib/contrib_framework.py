"""``tf.contrib.framework``: arguments that several functions share, and variables of models."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from giulgi.compat.graphs.graph import Collections, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.tensors.dtypes import float32
from giulgi.compat.tensors.tensor import Converted, Tensor
from giulgi.compat.variables.scopes import get_variable

F = TypeVar("F", bound=Callable[..., Any])

# For each function its arguments in the scopes that are open, the innermost last.
_scopes: list[dict[Any, dict[str, Any]]] = [{}]


@exported("contrib.framework.add_arg_scope", "contrib.slim.add_arg_scope")
def add_arg_scope(func: F) -> F:
    """Let a function take arguments from the scopes that are open; see :func:`arg_scope`."""

    @functools.wraps(func)
    def with_scope(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **{**_scopes[-1].get(key_of(with_scope), {}), **kwargs})

    with_scope.takes_arg_scope = True  # type: ignore[attr-defined]
    return with_scope  # type: ignore[return-value]


def key_of(func: Any) -> Any:
    """Return what stands for a function in scopes."""
    return getattr(func, "__wrapped__", func)


@exported("contrib.framework.has_arg_scope", "contrib.slim.has_arg_scope")
def has_arg_scope(func: Any) -> bool:
    """Whether a function takes arguments from scopes."""
    return hasattr(func, "takes_arg_scope")


@exported("contrib.framework.arg_scoped_arguments")
def arg_scoped_arguments(func: Any) -> tuple[str, ...]:
    """Return the names of the arguments that a function may be given by scopes."""
    return tuple(inspect.signature(key_of(func)).parameters)


@exported("contrib.framework.arg_scope", "contrib.slim.arg_scope")
@contextmanager
def arg_scope(list_ops_or_scope: Any, **kwargs: Any) -> Iterator[dict[Any, dict[str, Any]]]:
    """Give arguments to all calls of some functions inside.

    Args:
        list_ops_or_scope: the functions, which take part by :func:`add_arg_scope`; or what another
            scope gave, to be opened again.
        kwargs: the arguments, where a call does not tell them itself.

    Raises:
        ValueError: if a function does not take part.
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError("When attempting to re-use a scope by suppling a dictionary, kwargs "
                             "must be empty.")  # fmt: skip
        scope = dict(list_ops_or_scope)
    else:
        if not isinstance(list_ops_or_scope, (list, tuple)):
            raise TypeError("list_ops_or_scope must either be a list/tuple or reused scope")
        scope = dict(_scopes[-1])
        for func in list_ops_or_scope:
            if not has_arg_scope(func):
                raise ValueError(f"{func} is not decorated with @add_arg_scope")
            scope[key_of(func)] = {**scope.get(key_of(func), {}), **kwargs}
    _scopes.append(scope)
    try:
        yield scope
    finally:
        _scopes.pop()


@exported("contrib.framework.current_arg_scope")
def current_arg_scope() -> dict[Any, dict[str, Any]]:
    """Return the scope that is open."""
    return _scopes[-1]


# Variables


@exported("contrib.framework.variable", "contrib.slim.variable")
@add_arg_scope
def variable(
    name: str, shape: Any = None, dtype: Any = None, initializer: Any = None,
    regularizer: Any = None, trainable: bool = True, collections: Any = None,
    caching_device: Any = None, device: Any = None, partitioner: Any = None,
    custom_getter: Any = None, use_resource: Any = None, **_: Any,
) -> Any:  # fmt: skip
    """Return the variable of a name, made where it is not there."""
    del caching_device, device, partitioner, use_resource
    joined = list(collections) if collections is not None else [Collections.GLOBAL_VARIABLES]
    return get_variable(
        name, shape, dtype or float32, initializer, regularizer, trainable, joined,
        custom_getter=custom_getter,
    )  # fmt: skip


@exported("contrib.framework.model_variable", "contrib.slim.model_variable")
@add_arg_scope
def model_variable(
    name: str, shape: Any = None, dtype: Any = float32, initializer: Any = None,
    regularizer: Any = None, trainable: bool = True, collections: Any = None, **options: Any,
) -> Any:  # fmt: skip
    """Return the variable of a name, which belongs to a model."""
    joined = [*(collections or []), Collections.GLOBAL_VARIABLES, Collections.MODEL_VARIABLES]
    return variable(name, shape, dtype, initializer, regularizer, trainable, joined, **options)


def _of(usual: str) -> Callable[..., list[Any]]:
    def found(scope: Any = None, suffix: str | None = None, collection: str = usual) -> list[Any]:
        name = getattr(scope, "name", scope)
        variables = get_default_graph().get_collection(collection, name)
        if suffix is None:
            return variables
        return [v for v in variables if v.op.name.endswith(suffix)]

    found.__doc__ = f"Return the variables of the collection {usual!r}, of a scope."
    return found


for _name, _collection in (
    ("get_variables", Collections.GLOBAL_VARIABLES),
    ("get_model_variables", Collections.MODEL_VARIABLES),
    ("get_trainable_variables", Collections.TRAINABLE_VARIABLES),
    ("get_local_variables", Collections.LOCAL_VARIABLES),
):
    exported(f"contrib.framework.{_name}", f"contrib.slim.{_name}")(_of(_collection))


@exported("contrib.framework.get_variables_by_name", "contrib.slim.get_variables_by_name")
def get_variables_by_name(given_name: str, scope: Any = None) -> list[Any]:
    """Return the variables whose name ends so."""
    variables = get_default_graph().get_collection(Collections.GLOBAL_VARIABLES, scope)
    suffix = re.compile(f"(^|/){re.escape(given_name)}$")
    return [v for v in variables if suffix.search(v.op.name)]


@exported("contrib.framework.get_unique_variable", "contrib.slim.get_unique_variable")
def get_unique_variable(var_op_name: str) -> Any:
    """Return the variable of a name.

    Raises:
        ValueError: if there is none, or more than one.
    """
    variables = get_default_graph().get_collection(Collections.GLOBAL_VARIABLES)
    found = [v for v in variables if v.op.name == var_op_name]
    if len(found) != 1:
        raise ValueError(f"Couldn't find variable {var_op_name}")
    return found[0]


@exported("contrib.framework.get_variables_to_restore", "contrib.slim.get_variables_to_restore")
def get_variables_to_restore(
    include: Sequence[str] | None = None, exclude: Sequence[str] | None = None
) -> list[Any]:
    """Return the variables of some scopes, but for those of others."""
    every = get_default_graph().get_collection(Collections.GLOBAL_VARIABLES)

    def within(variable: Any, scopes: Sequence[str]) -> bool:
        return any(re.match(scope, variable.op.name) for scope in scopes)

    return [
        v
        for v in every
        if (include is None or within(v, include)) and not (exclude and within(v, exclude))
    ]


@exported("contrib.framework.is_tensor")
def is_tensor(x: Any) -> bool:
    """Whether something is a tensor or a variable."""
    return isinstance(x, (Tensor, Converted))

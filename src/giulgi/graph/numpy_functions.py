"""What NumPy's own functions do with a tensor: ``np.exp(x)`` is ``gg.exp(x)``.

NumPy leaves a call to the tensor among its arguments (NEP 13 for universal functions such as
``np.exp``, NEP 18 for the others). A function that giulgi has with the same meaning
(``numpy_table.py``) builds graph. Any other, and one that is asked for more than giulgi's can do,
such as ``out=``, is computed by NumPy from the tensors' values, and its result is an array.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from giulgi.errors import GraphError
from giulgi.graph import ops
from giulgi.graph.numpy_table import FUNCTIONS, UFUNCS
from giulgi.graph.tensor import Tensor
from giulgi.tree import tree_map

# What these compute, they write into their first argument.
_WRITING = {np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask}


def apply_ufunc(
    ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: Mapping[str, Any]
) -> Any:
    """Apply a universal function of NumPy, such as ``np.exp``, or a method of it, to tensors.

    Args:
        ufunc: the function.
        method: "__call__", or "reduce", "outer", "at", ...
        inputs: its inputs, of which one at least is a tensor, or its ``out`` is.
        options: the arguments that NumPy was given by name.

    Raises:
        GraphError: if the value of a tensor is needed that has none yet, or is to be changed.
    """
    called = method == "__call__"
    if called and not options and ufunc in UFUNCS:
        built = UFUNCS[ufunc](*inputs)
        if built is not NotImplemented:
            return built
    name = f"np.{ufunc.__name__}" if called else f"np.{ufunc.__name__}.{method}"
    written = inputs[0] if method == "at" else None
    return _computed(getattr(ufunc, method), name, inputs, options, written)


def apply_function(
    function: Callable[..., Any],
    types: Sequence[type],
    arguments: Sequence[Any],
    options: Mapping[str, Any],
) -> Any:
    """Apply a function of NumPy that is not universal, such as ``np.sum``, to tensors.

    Args:
        function: the function.
        types: the types of its arguments that have a say in how NumPy's functions treat them.
        arguments: the arguments that it was given by place.
        options: those it was given by name.

    Raises:
        GraphError: if the value of a tensor is needed that has none yet, or is to be changed.
    """
    if not all(issubclass(kind, (Tensor, np.ndarray)) for kind in types):
        return NotImplemented  # Another library may know what to do.
    given = {key: value for key, value in options.items() if key != "out" or value is not None}
    if function in FUNCTIONS and _takes(FUNCTIONS[function], arguments, given):
        built = FUNCTIONS[function](*arguments, **given)
        if built is not NotImplemented:
            return built
    home = function.__module__.replace("numpy", "np", 1)
    written = arguments[0] if function in _WRITING and arguments else None
    return _computed(function, f"{home}.{function.__name__}", arguments, given, written)


def _takes(ours: Callable[..., Any], arguments: Sequence[Any], options: Mapping[str, Any]) -> bool:
    """Whether our function has all the arguments that NumPy's was given."""
    try:
        _signature(ours).bind(*arguments, **options)
    except TypeError:
        return False
    return True


_signature = cache(inspect.signature)


def _computed(
    function: Callable[..., Any],
    name: str,
    arguments: Sequence[Any],
    options: Mapping[str, Any],
    written: Any,
) -> Any:
    """Return what NumPy computes from the values of the tensors."""
    out = options.get("out")
    for target in (written, *(out if isinstance(out, tuple) else (out,))):
        if isinstance(target, Tensor):
            raise GraphError(
                "a tensor cannot be changed in place: it is an expression.",
                op=name,
                arguments=[("changed", target.description)],
                fix="let NumPy write into an array, or assign the result if it is a variable",
            )

    def value(leaf: Any) -> Any:
        return _value(leaf, name) if isinstance(leaf, Tensor) else leaf

    return function(*tree_map(value, tuple(arguments)), **tree_map(value, dict(options)))


def _value(x: Tensor, name: str) -> np.ndarray[Any, Any]:
    if not x._is_open():
        return x.numpy()
    own = name.removeprefix("np.")
    raise GraphError(
        f"NumPy computes this from values, and {x.name!r} has none yet: it is fed, or belongs to "
        "a function that is being traced.",
        op=name,
        arguments=[("tensor", x.description)],
        fix=f"gg.{own} builds graph; its arguments differ from NumPy's: help(gg.{own})"
        if own in ops.__all__
        else "build it of giulgi's own functions, which dir(gg) lists; or fetch the value first, "
        "y.numpy({...}), and call NumPy with that",
    )

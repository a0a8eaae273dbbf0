"""Operations that only put elements elsewhere: of numbers giulgi's, of strings the same in Python.

Giulgi has no strings. Where some are to be laid out otherwise, the function that is written for
numbers is asked once, with the places of all strings in the place of the strings, and they are put
where it says.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

import giulgi as gg
from giulgi.compat.deferred import called
from giulgi.compat.host import host_operation
from giulgi.compat.names import exported
from giulgi.compat.operation import as_results
from giulgi.compat.refusals import Check
from giulgi.compat.tensor import Converted, Operand, Tensor, as_tensor
from giulgi.compat.tensorflow.math.arguments import is_text
from giulgi.graph.ops.leaves import placeholder
from giulgi.recent import Recent
from giulgi.tree import flatten, unflatten

Array = np.ndarray[Any, Any]
F = TypeVar("F", bound=Callable[..., Any])

# For how many shapes of strings their places are remembered, and for how many numbers beside them.
_REMEMBERED, _FEW = 64, 64


def layout(
    *paths: str,
    type: str,
    texts: Sequence[str],
    named: str | None = None,
    check: Check | None = None,
) -> Callable[[F], F]:
    """Return a decorator as :func:`giulgi.compat.operation.operation`, which takes strings too.

    Args:
        paths: the full paths of its names.
        type: what kind of operation it is.
        texts: the arguments that hold what is laid out; in those strings become tensors.
        named: what it is named where nobody names it; None: as its kind.
        check: raises an error for arguments that it does not take.
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def build(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            name = bound.arguments.pop("name", None) or named
            if check is not None:
                check(type, bound.arguments)
            given = bound.arguments
            inputs: list[Tensor] = []
            if any(is_text(given.get(key)) or _is_complex(given.get(key)) for key in texts):
                for key in texts:
                    if key in given:
                        given[key] = _as_tensors(given[key])
                return _of_texts(function, bound, type, name)
            bound.arguments.update({key: _expressions(v, inputs) for key, v in given.items()})
            return as_results(type, name, inputs, called(function, bound.args, bound.kwargs))

        exported(*paths)(build)
        return build  # type: ignore[return-value]

    return decorate


def _expressions(value: Any, inputs: list[Tensor]) -> Any:
    """Return a value with expressions for all tensors in it, which are added to the inputs."""
    leaves, structure = flatten(value)
    if not any(isinstance(leaf, (Tensor, Converted)) for leaf in leaves):
        return value
    found = []
    for leaf in leaves:
        if isinstance(leaf, (Tensor, Converted)):
            inputs.append(as_tensor(leaf))
            leaf = inputs[-1].expression
        found.append(leaf)
    return unflatten(structure, iter(found))


def _is_complex(value: Any) -> bool:
    """Whether a value is a tensor of complex numbers, or a list in which one is."""
    several = value if isinstance(value, (list, tuple)) else (value,)
    return any(isinstance(x, Tensor) and x.dtype.is_complex for x in several)


def _as_tensors(value: Any) -> Any:
    """Return texts as tensors; a list of tensors stays a list."""
    if isinstance(value, (list, tuple)) and any(isinstance(v, (Tensor, Converted)) for v in value):
        dtype = next(v.dtype for v in value if isinstance(v, Operand))  # type: ignore[attr-defined]
        return [as_tensor(v, dtype) for v in value]
    return as_tensor(value) if value is not None else None


def _of_texts(function: Any, bound: inspect.BoundArguments, type: str, name: str | None) -> Any:
    """Build the operation for strings, or complex numbers, for which their places stand."""
    original = dict(bound.arguments)
    inputs: list[Tensor] = []
    for value in original.values():
        leaves = flatten(value)[0]
        inputs += [as_tensor(v) for v in leaves if isinstance(v, (Tensor, Converted))]

    def laid_out(expressions: Sequence[gg.Tensor]) -> tuple[list[gg.Tensor], Any]:
        remaining = iter(expressions)
        for key, value in original.items():
            leaves, structure = flatten(value)
            leaves = [next(remaining) if isinstance(v, (Tensor, Converted)) else v for v in leaves]
            bound.arguments[key] = unflatten(structure, iter(leaves))
        return flatten(function(*bound.args, **bound.kwargs))

    laid = [x.dtype.is_foreign for x in inputs]
    pairs = list(zip(inputs, laid, strict=True))
    models = [placeholder(np.int64, x.sizes) if own else x.expression for x, own in pairs]
    outputs, structure = laid_out(models)
    texts = {x.node for x, own in zip(models, laid, strict=True) if own}
    dtype = next(x.dtype for x, own in pairs if own)

    def places_of(shapes: Sequence[Any]) -> list[Array]:
        """Return the places of strings in the results: shapes of strings, arrays of numbers."""
        places, count = [], 1
        for shape, own in zip(shapes, laid, strict=True):
            if own:
                size = math.prod(shape)
                places.append(gg.constant(np.arange(count, count + size).reshape(shape)))
                count += size
            else:
                places.append(gg.constant(shape))
        return [np.asarray(y) for y in laid_out(places)[0]]

    # They are the same for strings of the same shapes, as for each element of a data set.
    remembered: Recent[Any, list[Array]] = Recent(_REMEMBERED)

    def carried_out(*arrays: Any) -> Any:
        pool: list[Any] = [0 if dtype.is_complex else b""]
        shapes: list[Any] = []
        key: list[Any] = []
        for array, own in zip(map(np.asarray, arrays), laid, strict=True):
            if own:
                pool.extend(np.ravel(array).tolist())
            shapes.append(array.shape if own else array)
            key.append(array.shape if own else (array.shape, array.tobytes()))
        few = sum(x.size for x, own in zip(shapes, laid, strict=True) if not own) <= _FEW
        found = remembered.get(tuple(key), lambda: places_of(shapes)) if few else places_of(shapes)
        strings = np.empty(len(pool), object)
        strings[:] = pool
        values = [
            strings[y] if of_text else y.copy()
            for y, of_text in zip(found, is_of_text, strict=True)
        ]
        return values[0] if len(values) == 1 else values

    is_of_text = [_comes_from(y, texts) for y in outputs]
    declared = [
        (dtype if of_text else y.dtype, y.known_shape)
        for y, of_text in zip(outputs, is_of_text, strict=True)
    ]
    made = host_operation(type, carried_out, inputs, declared, name)
    return unflatten(structure, iter(made.outputs))


def _comes_from(y: gg.Tensor, texts: set[Any]) -> bool:
    """Whether a result is laid out of strings: it has the dtype of their places, and needs them."""
    from giulgi.graph.node import topological
    from giulgi.graph.ops.shape import ShapeOf, SizeOf

    if y.dtype != np.int64:
        return False
    sizes = {n for n in topological([y.node]) if isinstance(n.op, (ShapeOf, SizeOf))}
    return any(node in texts for node in topological([y.node], stop=sizes))

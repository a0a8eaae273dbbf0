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
from giulgi.compat.names import exported
from giulgi.compat.operations.deferred import called
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import as_results, misfit
from giulgi.compat.operations.refusals import Check
from giulgi.compat.tensorflow.math.arguments import is_text
from giulgi.compat.tensors.operand import Operand
from giulgi.compat.tensors.tensor import Converted, Tensor, as_tensor
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
    """Return a decorator as ``operation`` is one, which takes strings too.

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
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError as error:
                raise misfit(function, signature, kwargs, error) from None
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
    layout = _Layout(function, bound)
    inputs = layout.inputs
    models = [
        placeholder(np.int64, x.sizes) if x.dtype.is_foreign else x.expression for x in inputs
    ]
    outputs, structure = layout.laid_out(models)
    texts = {y.node for y, x in zip(models, inputs, strict=True) if x.dtype.is_foreign}
    is_of_text = [_comes_from(y, texts) for y in outputs]
    declared = [
        (layout.dtype if of_text else y.dtype, y.known_shape)
        for y, of_text in zip(outputs, is_of_text, strict=True)
    ]
    carried_out = functools.partial(layout.carried_out, is_of_text)
    made = host_operation(type, carried_out, inputs, declared, name, has_gradient=True)
    return unflatten(structure, iter(made.outputs))


class _Layout:
    """How a function lays out strings, which giulgi does not compute: it is given their places.

    Attributes:
        inputs: the tensors among its arguments.
        dtype: that of the strings, or complex numbers.
    """

    def __init__(self, function: Any, bound: inspect.BoundArguments) -> None:
        self._function, self._bound = function, bound
        self._original = dict(bound.arguments)
        self.inputs: list[Tensor] = []
        for value in self._original.values():
            leaves = flatten(value)[0]
            self.inputs += [as_tensor(v) for v in leaves if isinstance(v, (Tensor, Converted))]
        self._is_laid = [x.dtype.is_foreign for x in self.inputs]
        self.dtype = next(x.dtype for x in self.inputs if x.dtype.is_foreign)
        # They are the same for strings of the same shapes, as for each element of a data set.
        self._remembered: Recent[Any, list[Array]] = Recent(_REMEMBERED)

    def laid_out(self, expressions: Sequence[gg.Tensor]) -> tuple[list[gg.Tensor], Any]:
        """Return the results, and their structure, of these expressions in the inputs' places."""
        remaining = iter(expressions)
        for key, value in self._original.items():
            leaves, structure = flatten(value)
            leaves = [next(remaining) if isinstance(v, (Tensor, Converted)) else v for v in leaves]
            self._bound.arguments[key] = unflatten(structure, iter(leaves))
        return flatten(self._function(*self._bound.args, **self._bound.kwargs))

    def _places_of(self, shapes: Sequence[Any]) -> list[Array]:
        """Return the places of strings in the results: shapes of strings, arrays of numbers."""
        places, count = [], 1
        for shape, is_laid in zip(shapes, self._is_laid, strict=True):
            if is_laid:
                size = math.prod(shape)
                places.append(gg.constant(np.arange(count, count + size).reshape(shape)))
                count += size
            else:
                places.append(gg.constant(shape))
        return [np.asarray(y) for y in self.laid_out(places)[0]]

    def carried_out(self, is_of_text: Sequence[bool], *arrays: Any) -> Any:
        """Return the results for arrays, of which some are strings."""
        pool: list[Any] = [0 if self.dtype.is_complex else b""]
        shapes: list[Any] = []
        key: list[Any] = []
        for array, is_laid in zip(map(np.asarray, arrays), self._is_laid, strict=True):
            if is_laid:
                pool.extend(np.ravel(array).tolist())
            shapes.append(array.shape if is_laid else array)
            key.append(array.shape if is_laid else (array.shape, array.tobytes()))
        numbers = sum(x.size for x, own in zip(shapes, self._is_laid, strict=True) if not own)
        found = (
            self._remembered.get(tuple(key), lambda: self._places_of(shapes))
            if numbers <= _FEW
            else self._places_of(shapes)
        )
        strings = np.empty(len(pool), object)
        strings[:] = pool
        values = [
            strings[y] if of_text else y.copy()
            for y, of_text in zip(found, is_of_text, strict=True)
        ]
        return values[0] if len(values) == 1 else values


def _comes_from(y: gg.Tensor, texts: set[Any]) -> bool:
    """Whether a result is laid out of strings: it has the dtype of their places, and needs them."""
    from giulgi.graph.node import topological
    from giulgi.graph.ops.shape import ShapeOf, SizeOf

    if y.dtype != np.int64:
        return False
    sizes = {n for n in topological([y.node]) if isinstance(n.op, (ShapeOf, SizeOf))}
    return any(node in texts for node in topological([y.node], stop=sizes))

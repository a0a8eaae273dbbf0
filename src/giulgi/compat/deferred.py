"""Operations on tensors of which not even the number of axes is known before something is fed.

``tf.placeholder(tf.float32)`` may hold anything. Most of giulgi's operations take it as it is; for
those that need to know the axes, what is to be built of it is remembered, and is built when a
program is made for what is fed. Its dtypes are found by trying it with some number of axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import giulgi as gg
from giulgi.errors import GiulgiError
from giulgi.graph.dtypes import DType
from giulgi.graph.node import build
from giulgi.graph.op import Op, Spec
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor as Expression
from giulgi.tree import flatten, unflatten

# With so many axes the operation is tried, one number after the other.
_TRIED_AXES = (2, 1, 3, 4, 0, 5)

# What is raised where something is not known.
_ERRORS = (GiulgiError, TypeError, ValueError, IndexError)

_Function = Callable[[Sequence[Expression]], list[Expression]]


@dataclass(frozen=True)
class Deferred(Op):
    """A result of a function of expressions, which is called when their axes are known.

    Attributes:
        function: returns expressions.
        place: which of them it is.
        dtype: its dtype.
    """

    function: _Function
    place: int
    dtype: DType

    def infer(self, *inputs: Expression) -> Spec:
        """Only the dtype is known."""
        return Spec(None, self.dtype)

    def resolve(self, *inputs: Expression) -> Expression | None:
        """Once the axes of all inputs are known, it is what the function returns."""
        if any(x.known_shape is None for x in inputs):
            return None
        return self.function(inputs)[self.place]

    def gradient(
        self, dy: Expression, y: Expression, *inputs: Expression
    ) -> tuple[Expression | None, ...]:
        """Return the gradients, which are deferred, too."""
        floats = [i for i, x in enumerate(inputs) if x.dtype.kind == "f"]

        def slopes(given: Sequence[Expression]) -> list[Expression]:
            *values, slope = given
            models = [gg.placeholder(x.dtype, x.known_shape) for x in values]
            own = gg.placeholder(slope.dtype, slope.known_shape)
            end = self.function(models)[self.place]
            found = gg.gradients([end], [models[i] for i in floats], [own])
            pairs = zip([*models, own], given, strict=True)
            return substitute(found, {model.node: x for model, x in pairs})

        made = {
            i: build(Deferred(slopes, place, inputs[i].dtype), *inputs, dy)
            for place, i in enumerate(floats)
        }
        return tuple(made.get(i) for i in range(len(inputs)))

    def formula(self, *inputs: str) -> str:
        """Tell what it is of."""
        return f"what is built of ({', '.join(inputs)}) when it is fed"


def called(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Return what a function of expressions gives, perhaps nested; deferred where it must be.

    Args:
        function: the function.
        args: its arguments, in which expressions are nested.
        kwargs: its arguments by name, likewise.
    """
    try:
        return function(*args, **kwargs)
    except _ERRORS:
        leaves, structure = flatten((tuple(args), kwargs))
        inputs = [x for x in leaves if isinstance(x, Expression)]
        if all(x.known_shape is not None for x in inputs):
            raise
        found = _deferred(function, leaves, structure)
        if found is None:
            raise
        return found


def _deferred(function: Callable[..., Any], leaves: list[Any], structure: Any) -> Any:
    """Return the deferred results of a function; None if it cannot be tried either."""
    inputs = [x for x in leaves if isinstance(x, Expression)]

    def whole(given: Sequence[Expression]) -> Any:
        remaining = iter(given)
        filled = [next(remaining) if isinstance(x, Expression) else x for x in leaves]
        args, kwargs = unflatten(structure, iter(filled))
        return function(*args, **kwargs)

    def ends(given: Sequence[Expression]) -> list[Expression]:
        return [x for x in flatten(whole(given))[0] if isinstance(x, Expression)]

    for axes in _TRIED_AXES:
        models = [
            gg.placeholder(x.dtype, (None,) * axes) if x.known_shape is None else x for x in inputs
        ]
        try:
            results, own = flatten(whole(models))
        except _ERRORS:
            continue
        expressions = [x for x in results if isinstance(x, Expression)]
        made = iter([build(Deferred(ends, i, x.dtype), *inputs) for i, x in enumerate(expressions)])
        filled = [next(made) if isinstance(x, Expression) else x for x in results]
        return unflatten(own, iter(filled))
    return None

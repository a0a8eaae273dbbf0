"""Operations on tensors of which the number of axes, or a size, is not known before feeding.

``tf.placeholder(tf.float32)`` may hold anything, and a picture from a file may be of any size. Most
of giulgi's operations take that as it is; for those that need to know the axes, or all sizes, what
is to be built is remembered, and is built when a program is made for what is fed. Its dtypes, and
what is known of its shapes, are found by trying it with some numbers of axes and sizes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product
from pickle import PicklingError
from typing import Any

import giulgi as gg
from giulgi.compat.errors import InvalidArgumentError
from giulgi.compat.graphs.graph import is_eager
from giulgi.compat.wording import for_program
from giulgi.errors import GiulgiError, ShapeError
from giulgi.graph.dtypes import DType
from giulgi.graph.node import build
from giulgi.graph.op import Op, Spec
from giulgi.graph.rewrite import substitute
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor as Expression
from giulgi.tree import flatten, unflatten

# With so many axes the operation is tried, one number after the other.
_TRIED_AXES = (2, 1, 3, 4, 0, 5)

# In place of sizes that are not known. What is the same with both is known of a result.
_TRIED_SIZES = (12, 16)

# The same where they must be small, such as a number of coordinates: nothing is known of a result.
_SMALL_SIZES = (2,)

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
        shape: what is known of its shape; None: nothing.
        needs_sizes: whether it needs to know all sizes, too.
    """

    function: _Function
    place: int
    dtype: DType
    shape: Shape | None = None
    needs_sizes: bool = False

    def infer(self, *inputs: Expression) -> Spec:
        """The dtype is known, and perhaps something of the shape."""
        return Spec(self.shape, self.dtype)

    def resolve(self, *inputs: Expression) -> Expression | None:
        """Once the axes of all inputs are known, it is what the function returns."""
        if any(_is_open(x, self.needs_sizes) for x in inputs):
            return None
        return self.function(inputs)[self.place]

    def gradient(
        self, dy: Expression, y: Expression, *inputs: Expression
    ) -> tuple[Expression | None, ...]:
        """Return the gradients, which are deferred, too."""
        floats = [i for i, x in enumerate(inputs) if x.dtype.kind == "f"]
        gradients = GradientFunction(self.function, self.place, floats)
        made = {}
        for place, i in enumerate(floats):
            x = inputs[i]
            kept = Deferred(gradients, place, x.dtype, x.known_shape, self.needs_sizes)
            made[i] = build(kept, *inputs, dy)
        return tuple(made.get(i) for i in range(len(inputs)))

    def formula(self, *inputs: str) -> str:
        """Tell what it is of."""
        return f"what is built of ({', '.join(inputs)}) when it is fed"


@dataclass(frozen=True, eq=False)
class GradientFunction:
    """The gradients of what a function of expressions gives.

    Attributes:
        function: returns expressions.
        place: which of them the gradients are of.
        floats: the places of the inputs whose gradients are wanted.
    """

    function: _Function
    place: int
    floats: list[int]

    def __call__(self, given: Sequence[Expression]) -> list[Expression]:
        """Return the gradients by the inputs, the last of which is the result's gradient."""
        *values, slope = given
        models = [gg.placeholder(x.dtype, x.known_shape) for x in values]
        own = gg.placeholder(slope.dtype, slope.known_shape)
        end = self.function(models)[self.place]
        found = gg.gradients([end], [models[i] for i in self.floats], [own])
        pairs = zip([*models, own], given, strict=True)
        return substitute(found, {model.node: x for model, x in pairs})


class _Hole(Enum):
    # The one member of an enumeration stays the one also when it is pickled.
    HOLE = "hole"


@dataclass(frozen=True, eq=False)
class PartialFunction:
    """A function of arguments in which expressions are left out, to be put in when it is called.

    A file of a graph keeps the function by its name; see :func:`named`.

    Attributes:
        function: the function.
        leaves: the values that are nested in its arguments, holes instead of expressions.
        structure: how they are nested.
    """

    function: Callable[..., Any]
    leaves: list[Any]
    structure: Any

    def filled(self, given: Sequence[Expression]) -> Any:
        """Return what the function gives, perhaps nested."""
        remaining = iter(given)
        leaves = [next(remaining) if x is _Hole.HOLE else x for x in self.leaves]
        args, kwargs = unflatten(self.structure, iter(leaves))
        return self.function(*args, **kwargs)

    def __call__(self, given: Sequence[Expression]) -> list[Expression]:
        """Return the expressions in what the function gives."""
        return [x for x in flatten(self.filled(given))[0] if isinstance(x, Expression)]

    def __reduce__(self) -> Any:
        module, name = self.function.__module__, self.function.__name__
        if _known(module, name) is not self.function:
            raise PicklingError(f"{module}.{name} cannot be found by its name")
        return named, (module, name, self.leaves, self.structure)


def named(module: str, name: str, leaves: list[Any], structure: Any) -> PartialFunction:
    """Return a function of a stand-in by its name, with its arguments.

    Raises:
        ValueError: if there is no such operation.
    """
    own = _known(module, name)
    if own is None:
        raise ValueError(f"a graph has no {module}.{name}")
    return PartialFunction(own, leaves, structure)


def _known(module: str, name: str) -> Any:
    """Return the function of expressions that an operation is made of; None if there is none."""
    if not module.startswith("giulgi.compat.tensorflow."):
        return None
    found = getattr(importlib.import_module(module), name, None)
    own = getattr(found, "__wrapped__", None)
    return own if getattr(own, "__module__", None) == module else None


def not_in_file(given: Sequence[Expression]) -> list[Expression]:
    """Say that a function of the program is not in the file of a graph."""
    raise NotImplementedError(
        "this was computed by a function of the program that saved the graph, which is not in the "
        "file of the graph: build it anew in the program"
    )


def called(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Return what a function of expressions gives, perhaps nested; deferred where it must be.

    Args:
        function: the function.
        args: its arguments, in which expressions are nested.
        kwargs: its arguments by name, likewise.
    """
    try:
        return function(*args, **kwargs)
    except _ERRORS as error:
        if isinstance(error, ShapeError) and is_eager():
            error.fix = for_program(error.fix)
            raise InvalidArgumentError(None, None, str(error)) from None
        leaves, structure = flatten((tuple(args), kwargs))
        inputs = [x for x in leaves if isinstance(x, Expression)]
        if not any(_is_open(x, True) for x in inputs):
            raise
        found = _deferred(function, leaves, structure)
        if found is None:
            raise
        return found


def _deferred(function: Callable[..., Any], leaves: list[Any], structure: Any) -> Any:
    """Return the deferred results of a function; None if it cannot be tried either."""
    inputs = [x for x in leaves if isinstance(x, Expression)]
    holes = [_Hole.HOLE if isinstance(x, Expression) else x for x in leaves]
    partial = PartialFunction(function, holes, structure)
    any_rank = any(x.known_shape is None for x in inputs)
    ranks = _TRIED_AXES if any_rank else (0,)
    several: list[tuple[int | None, ...]] = [(None,)] if any_rank else []
    for sizes, axes in product([*several, _TRIED_SIZES, _SMALL_SIZES], ranks):
        found = [_tried(partial.filled, [_model(x, axes, size) for x in inputs]) for size in sizes]
        if None in found or len({len(results) for results, _ in found}) > 1:
            continue
        results, own = found[0]
        if sizes is _SMALL_SIZES and len(results) > 1:
            continue  # Perhaps as many as a size tells.
        is_known = not any_rank and sizes is not _SMALL_SIZES
        places = [i for i, x in enumerate(results) if isinstance(x, Expression)]
        made = {
            i: build(
                Deferred(
                    partial, place, results[i].dtype,
                    _common([other[i] for other, _ in found]) if is_known else None,
                    sizes != (None,),
                ),
                *inputs,
            )
            for place, i in enumerate(places)
        }  # fmt: skip
        return unflatten(own, iter([made.get(i, x) for i, x in enumerate(results)]))
    return None


def _is_open(x: Expression, sized: bool) -> bool:
    """Whether the number of axes is not known, or, if that counts, a size."""
    return x.known_shape is None or (sized and None in x.known_shape)


def _model(x: Expression, axes: int, size: int | None) -> Expression:
    """Return what an expression is tried as: of so many axes, and of sizes where none are known."""
    known = (None,) * axes if x.known_shape is None else x.known_shape
    sizes = tuple(size if n is None else n for n in known)
    return x if sizes == x.known_shape else gg.placeholder(x.dtype, sizes)


def _tried(whole: Callable[[Sequence[Expression]], Any], models: list[Expression]) -> Any:
    """Return the leaves of what a function gives, and their structure; None if it cannot."""
    try:
        return flatten(whole(models))
    except _ERRORS:
        return None


def _common(results: Sequence[Expression]) -> Shape | None:
    """Return what the shapes of results have in common."""
    shapes = [x.known_shape for x in results]
    first = shapes[0]
    if first is None or any(shape is None or len(shape) != len(first) for shape in shapes):
        return None
    columns = zip(*(shape for shape in shapes if shape is not None), strict=True)
    return tuple(column[0] if len(set(column)) == 1 else None for column in columns)

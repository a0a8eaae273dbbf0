"""Where tensors of the graph of named operations meet giulgi's layers, and back.

A program of that time holds named tensors; giulgi's layers are built of expressions. What is called
with named tensors returns named tensors, and what giulgi calls is given expressions.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import nullcontext
from contextvars import ContextVar
from typing import Any

from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.keras.output_names import home_of, output_name
from giulgi.compat.names import export
from giulgi.compat.operations.by_python import filled_by_sessions, with_python
from giulgi.compat.operations.operation import as_results
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Converted, Tensor, as_expression, as_tensor, record
from giulgi.graph.ops.leaves import Placeholder
from giulgi.graph.tensor import Tensor as Expression
from giulgi.nn.layers.calls import builds_apart
from giulgi.tree import flatten, tree_map, unflatten

# Whether a layer of giulgi's is called, which calls others with expressions.
_inside: ContextVar[bool] = ContextVar("giulgi_inside_of_layer", default=False)


def is_standalone() -> bool:
    """Whether the program imports ``keras`` itself, and not that in TensorFlow."""
    return "keras" in sys.modules


def only(outputs: Any) -> Any:
    """Return the only output out of its list, as layers of Keras do; others as they are."""
    alone = isinstance(outputs, list) and len(outputs) == 1 and is_standalone()
    return outputs[0] if alone else outputs


def is_named(value: Any) -> bool:
    """Whether a value is a tensor or variable of the graph of named operations."""
    return isinstance(value, (Tensor, Converted)) and not isinstance(value, Expression)


def holds_named(value: Any) -> bool:
    """Whether there is a named tensor in nested lists, tuples and dicts."""
    return any(is_named(leaf) for leaf in flatten(value)[0])


def expressions(value: Any, found: list[Tensor] | None = None) -> Any:
    """Return a value with expressions for the named tensors in it, which are added to ``found``."""

    def of(leaf: Any) -> Any:
        if not is_named(leaf):
            return leaf
        tensor = as_tensor(leaf)
        if found is not None:
            found.append(tensor)
        return tensor.expression

    return tree_map(of, value) if holds_named(value) else value


def named(value: Any) -> Any:
    """Return a value with named tensors for the expressions in it: of one always the same."""
    return tree_map(lambda x: _named(x) if isinstance(x, Expression) else x, value)


def _named(expression: Expression) -> Tensor:
    graph = get_default_graph()
    if graph.is_eager and not expression.node.symbolic:
        return record("Expression", None, [], [expression]).outputs[0]
    home = home_of(expression)
    if home is not None and home is not graph and not graph.makes_tensors:
        # A network keeps the names that it has where it was built.
        with home.as_default():
            return _named(expression)
    known = graph.notes.setdefault("keras tensors", {})
    found: Tensor | None = known.get(expression.node)
    if found is None:
        found = known[expression.node] = _recorded(expression)
        note_shape(found)
    return found


def _recorded(expression: Expression) -> Tensor:
    """Return a new named tensor of an expression, whose name is that of its layer or input."""
    node = expression.node
    label = getattr(node.op, "label", None)
    layer = getattr(label, "layer", None)
    kind = "Placeholder" if isinstance(node.op, Placeholder) else "Expression"
    name = node.name if kind == "Placeholder" else None
    if layer is not None:
        name = output_name(layer)
    return record(kind, name, [], [expression]).outputs[0]


def remember(tensor: Tensor) -> Tensor:
    """Let a named tensor be the one of its expression; return it."""
    known = get_default_graph().notes.setdefault("keras tensors", {})
    known[tensor.expression.node] = tensor
    note_shape(tensor)
    return tensor


def as_named(value: Any) -> Tensor:
    """Return numbers, or what already is one, as a named tensor."""
    return remember(as_tensor(value))


def note_shape(tensor: Tensor) -> None:
    """Give a tensor the attribute by which Keras 2 knew its shape."""
    if tensor.sizes is not None:
        object.__setattr__(tensor, "_keras_shape", tuple(tensor.sizes))


def called(
    function: Callable[..., Any], kind: str, name: str | None, args: Any, kwargs: dict[str, Any]
) -> Any:
    """Return what a function of expressions gives, named if it is called with named tensors."""
    inputs: list[Tensor] = []
    given, options = expressions(list(args), inputs), expressions(kwargs, inputs)
    graph = get_default_graph()
    symbolic = any(not x.is_eager for x in inputs) or (
        graph.makes_tensors and _holds_symbolic(args, kwargs)
    )
    outer = _inside.set(True)
    try:
        with nullcontext() if builds_apart() else graph.calls_of_layers(symbolic):
            result = function(*given, **options)
    finally:
        _inside.reset(outer)
    graph.called_layer()
    if not inputs and not (graph.is_eager and _has_value(result) and _of_program(args, kwargs)):
        return result
    outputs = as_results(kind, name, inputs, result)
    for leaf in flatten(outputs)[0]:
        if isinstance(leaf, Tensor):
            remember(leaf)
    return outputs


def _has_value(result: Any) -> bool:
    """Whether a result is made of expressions that nothing is to be fed for."""
    leaves = flatten(result)[0]
    found = [x for x in leaves if isinstance(x, Expression)]
    return bool(found) and not any(x.node.symbolic for x in found)


def _holds_symbolic(args: Any, kwargs: dict[str, Any]) -> bool:
    """Whether there are expressions for which something is to be fed."""
    leaves = flatten([args, kwargs])[0]
    return any(isinstance(x, Expression) and x.node.symbolic for x in leaves)


def is_computed(args: Any, kwargs: dict[str, Any]) -> bool:
    """Whether a call is carried out at once, or traced, and not one that builds a network."""
    graph = get_default_graph()
    return graph.makes_tensors and not (graph.is_eager and _holds_symbolic(args, kwargs))


def _of_program(args: Any, kwargs: dict[str, Any]) -> bool:
    """Whether a program calls something with arrays and numbers, not giulgi with expressions."""
    leaves = flatten([args, kwargs])[0]
    return not (_inside.get() or any(isinstance(x, Expression) for x in leaves))


def for_user(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of the user's for expressions: it is given named tensors in their place."""

    @functools.wraps(function)
    def apply(*args: Any, **kwargs: Any) -> Any:
        outer = _inside.set(False)
        try:
            result = function(*named(list(args)), **named(kwargs))
        finally:
            _inside.reset(outer)
        graph = get_default_graph()
        given = [x for x in flatten([args, kwargs])[0] if isinstance(x, Expression)]
        outside = filled_by_sessions(given, graph)
        return tree_map(
            lambda x: with_python(x, graph, outside) if isinstance(x, Expression) else x,
            expressions(result),
        )

    return apply


def shape_for_user(shape: Any) -> Any:
    """Return a shape as a user's ``build`` expects it: in TensorFlow's Keras a TensorShape."""
    leaves, structure = flatten_shapes(shape)
    made = [tuple(leaf) if is_standalone() else TensorShape(leaf) for leaf in leaves]
    return made[0] if structure else made


def flatten_shapes(shape: Any) -> tuple[list[Any], bool]:
    """Return shapes as a list, and whether it was a single one."""
    if isinstance(shape, (list, tuple)) and shape and isinstance(shape[0], (list, tuple)):
        return list(shape), False
    return [shape], True


def keras_function(*paths: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a function of expressions its names in Keras.

    It returns a named tensor, whatever it is called with: numbers and arrays are constants.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        kind = function.__name__.strip("_")

        @functools.wraps(function)
        def build(*args: Any, name: str | None = None, **kwargs: Any) -> Any:
            inputs: list[Tensor] = []
            given, options = expressions(list(args), inputs), expressions(kwargs, inputs)
            return as_results(kind, name, inputs, function(*given, **options))

        for path in paths:
            export(path, build, of="keras")
        return build

    return decorate


def constant(value: Any, dtype: Any = None) -> Expression:
    """Return numbers, or what already is one, as an expression."""
    return as_expression(value, dtype)


__all__ = [
    "Tensor", "as_named", "called", "constant", "expressions", "flatten", "for_user", "holds_named",
    "is_named", "is_standalone", "keras_function", "named", "note_shape", "record", "remember",
    "shape_for_user", "unflatten",
]  # fmt: skip

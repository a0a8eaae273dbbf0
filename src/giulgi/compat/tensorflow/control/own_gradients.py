"""Gradients that a program tells itself: of a function, or of all operations of a kind.

Either way the value of an operation is wrapped in a :class:`WithGradient`, of which the gradient is
not derived but asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import Graph, Operation
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import as_results
from giulgi.compat.operations.with_gradient import WithGradient
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.graph.node import build
from giulgi.graph.tensor import Tensor as Expression
from giulgi.tree import flatten, unflatten

#: Functions of an operation and the gradient by its result, by the names they are registered under.
_registered: dict[str, Callable[..., Any]] = {"Identity": lambda operation, gradient: [gradient]}

# Kinds of operations that are named otherwise in some version of TensorFlow.
_SAME_KINDS = {"AddV2": "Add", "BatchMatMul": "MatMul", "BatchMatMulV2": "MatMul", "Rint": "Round"}


def with_gradient(
    values: Sequence[Expression],
    inputs: Sequence[Expression],
    rule: Callable[..., Sequence[Expression | None]],
) -> list[Expression]:
    """Return values whose gradients by some inputs a rule gives.

    Args:
        values: results of some computation.
        inputs: what they are made of.
        rule: takes a gradient by each value; returns one by each input, or None. It is called for
            each value by itself, with zeros for the others: gradients are sums over the values.
    """

    def of(place: int) -> Callable[[Expression], list[Expression | None]]:
        def slopes(dy: Expression) -> list[Expression | None]:
            given = [dy if i == place else gg.zeros_like(y) for i, y in enumerate(values)]
            found = list(rule(*given))
            if len(found) != len(inputs):
                raise ValueError(
                    f"{len(found)} gradients are given, and there are {len(inputs)} inputs"
                )
            return found

        return slopes

    return [
        build(WithGradient(of(place)), gg.stop_gradient(value), *inputs)
        for place, value in enumerate(values)
    ]


def _expressions(found: Any) -> list[Expression | None]:
    parts = list(found) if isinstance(found, (list, tuple)) else [found]
    return [None if g is None else as_tensor(g).expression for g in parts]


@exported("custom_gradient")
def custom_gradient(f: Any) -> Any:
    """Return a function whose gradient is told by itself.

    Args:
        f: a function of tensors that returns its result, or several, and a function of the gradient
            by each result that returns those by its arguments.
    """

    @functools.wraps(f)
    def apply(*args: Any, **kwargs: Any) -> Any:
        given = [as_tensor(x) for x in args]
        result, rule = f(*given, **kwargs)
        leaves, structure = flatten(result)
        values = [as_tensor(leaf) for leaf in leaves]

        def slopes(*gradients: Expression) -> list[Expression | None]:
            return _expressions(rule(*map(as_tensor, gradients)))

        made = with_gradient(
            [value.expression for value in values], [x.expression for x in given], slopes
        )
        whole = unflatten(structure, iter(made))
        return as_results("IdentityN", None, [*values, *given], whole)

    return apply


# Gradients of all operations of a kind


@exported("RegisterGradient", "python.framework.ops.RegisterGradient")
class RegisterGradient:
    """A decorator that gives a name to a function of an operation and the gradient by its result.

    Operations take it for their gradient within :func:`gradient_override_map`.

    Args:
        op_type: the name.
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._name = op_type

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Register a function, and return it.

        Raises:
            KeyError: if there is one of the name already.
        """
        if self._name in _registered:
            raise KeyError(f"Registering two gradient with name {self._name!r}!")
        _registered[self._name] = f
        return f


def _no_gradient(operation: Operation, *gradients: Any) -> list[None]:
    del gradients
    return [None] * len(operation.inputs)


@exported(
    "NotDifferentiable", "NoGradient", "no_gradient", "python.framework.ops.NotDifferentiable",
    "python.framework.ops.NoGradient",
)  # fmt: skip
def not_differentiable(op_type: str) -> None:
    """Say that gradients end at operations of a kind."""
    _registered[op_type] = _no_gradient


@contextmanager
def gradient_override_map(graph: Graph, op_type_map: Mapping[str, str]) -> Iterator[None]:
    """Let operations built inside have other gradients: by kind, the name of what is registered."""
    before = graph.gradient_names
    mapped = {_SAME_KINDS.get(kind, kind): name for kind, name in op_type_map.items()}
    graph.gradient_names = {**before, **mapped}
    try:
        yield
    finally:
        graph.gradient_names = before


def override(operation: Operation) -> None:
    """Give the results of an operation the gradient that its graph asks for, if it asks for one."""
    for tensor, expression in zip(operation.outputs, _overridden(operation), strict=False):
        tensor.expression = expression


def overridden(operation: Operation) -> list[Tensor]:
    """Return the results of what Python carries out with the gradient that its graph asks for."""
    made = _overridden(operation)
    if not made:
        return list(operation.outputs)
    found: list[Tensor] = as_results("IdentityN", operation.type, operation.outputs, made)
    return found


def _overridden(operation: Operation) -> list[Expression]:
    name = operation.graph.gradient_names.get(operation.type)
    if name is None or not operation.outputs:
        return []
    inputs = [x.expression for x in operation.inputs]

    def slopes(*gradients: Expression) -> list[Expression | None]:
        if name not in _registered:
            raise LookupError(
                f"No gradient defined for operation {operation.name!r} (op type: {operation.type}):"
                f" nothing is registered under {name!r}"
            )
        return _expressions(_registered[name](operation, *map(as_tensor, gradients)))

    return with_gradient([y.expression for y in operation.outputs], inputs, slopes)

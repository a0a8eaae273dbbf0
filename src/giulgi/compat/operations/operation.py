"""How a function of expressions becomes an operation of the graph of named operations.

A function of a stand-in is written with giulgi's expressions, and decorated (with its names before
the type: ``"reduce_sum", "math.reduce_sum"``)::

    import giulgi as gg
    from giulgi.compat.operations.operation import operation

    @operation(type="Sum")
    def reduce_sum(input_tensor, axis=None, keepdims=False, name=None):
        return gg.sum(input_tensor, axis, keepdims=keepdims)

Called with tensors of the graph, variables or numbers, it is given expressions instead of tensors,
and what it returns becomes the results of one operation.
"""

from __future__ import annotations

import functools
import inspect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from giulgi.compat.graphs.graph import Graph, Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.deferred import called
from giulgi.compat.operations.refusals import Check
from giulgi.compat.tensors.tensor import Converted, Tensor, as_tensor, result_of
from giulgi.graph.apart import told_apart
from giulgi.graph.tensor import Tensor as Expression
from giulgi.names import meant
from giulgi.tree import flatten, unflatten

F = TypeVar("F", bound=Callable[..., Any])


def operation(
    *paths: str, type: str | None = None, named: str | None = None, check: Check | None = None
) -> Callable[[F], F]:
    """Return a decorator that makes a function an operation, under some names.

    The function is given expressions for tensors and variables, also within lists, tuples and
    dicts; other arguments as they are. Its argument ``name``, if it has one, names the operation.

    Args:
        paths: the full paths of its names; see :func:`giulgi.compat.names.exported`.
        type: what kind of operation it is; None: the function's name.
        named: what it is named where nobody names it; None: as its kind.
        check: raises an error for arguments that it does not take; see
            :mod:`giulgi.compat.operations.refusals`.
    """

    def decorate(function: F) -> F:
        kind = type or "".join(part.capitalize() for part in function.__name__.split("_"))
        signature = inspect.signature(function)

        @functools.wraps(function)
        def build(*args: Any, **kwargs: Any) -> Any:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError as error:
                raise misfit(function, signature, kwargs, error) from None
            name = bound.arguments.pop("name", None)
            if check is not None:
                check(kind, bound.arguments)
            inputs: list[Tensor] = []
            given = {key: _expressions(value, inputs) for key, value in bound.arguments.items()}
            if any(x.dtype.is_complex for x in inputs):
                return _complex(kind, function, bound.arguments, name or named)
            if any(x.dtype.is_floating for x in inputs):
                # A rate or a gain of NumPy's, such as np.sqrt(2.0), takes the tensor's dtype.
                given = {key: _without_dtype(value) for key, value in given.items()}
            bound.arguments.update(given)
            result = called(function, bound.args, bound.kwargs)
            return as_results(kind, name or named, inputs, result)

        exported(*paths)(build)
        return build  # type: ignore[return-value]

    return decorate


def _without_dtype(value: Any) -> Any:
    """Return a number of NumPy's as one of Python's; of several arguments, each."""
    if isinstance(value, tuple):
        return tuple(map(_without_dtype, value)) if type(value) is tuple else value
    return float(value) if isinstance(value, np.floating) else value


def misfit(
    function: Any, signature: inspect.Signature, given: Mapping[str, Any], error: TypeError
) -> TypeError:
    """Return the error of arguments that a function does not take, with those that are meant."""
    problem = f"{function.__name__}() {error}" if str(error)[:1].islower() else str(error)
    for name in given:
        if name not in signature.parameters and (near := meant(name, signature.parameters)):
            problem += f". Did you mean {' or '.join(map(repr, near))}?"
            break
    return TypeError(problem)


def _complex(kind: str, function: Any, arguments: Mapping[str, Any], name: str | None) -> Tensor:
    """Return what an operation makes of complex numbers, which Python computes."""
    from giulgi.compat.tensorflow.math.complex_numbers import computed

    return computed(kind, function, arguments, name)


def _expressions(value: Any, inputs: list[Tensor]) -> Any:
    """Return a value with expressions for all tensors in it, which are added to the inputs."""
    if isinstance(value, (Tensor, Converted)):
        tensor = as_tensor(value)
        inputs.append(tensor)
        return tensor.expression
    if isinstance(value, (list, tuple, dict)):
        leaves, structure = flatten(value)
        if any(isinstance(leaf, (Tensor, Converted)) for leaf in leaves):
            return unflatten(structure, iter([_expressions(leaf, inputs) for leaf in leaves]))
    return value


def _of_their_own(
    graph: Graph, results: Sequence[Expression], inputs: Sequence[Tensor]
) -> list[Expression]:
    """Return the results of an operation as expressions that no other results have.

    An expression that was there before is one of another operation, or may be.
    """
    if graph.is_eager or graph.is_in_a_loop:
        return list(results)
    made_of = [tensor.expression for tensor in inputs]
    given = {x.node for x in made_of}
    times = Counter(x.node for x in results)
    found = []
    for x in results:
        # Each of several is made of what they have in common.
        source = [*made_of, x] if times[x.node] > 1 else made_of
        is_new = x.node.serial > graph.newest_node and x.node not in given and times[x.node] == 1
        found.append(x if is_new else told_apart(x, source))
    return found


def as_results(
    type: str, name: str | None, inputs: list[Tensor], result: Any, **options: Any
) -> Any:
    """Add an operation whose results are the expressions in a result; return that with tensors."""
    leaves, structure = flatten(result)
    expressions = [leaf for leaf in leaves if isinstance(leaf, Expression)]
    graph = get_default_graph()
    if graph.is_eager:  # What has a value needs no history.
        inputs = [x for x in inputs if not x.is_eager]
    made = Operation(graph, type, graph.unique_name(name or type), inputs, **options)
    for place, own in enumerate(_of_their_own(graph, expressions, inputs)):
        made.outputs.append(result_of(made, place, own))
    assert expressions or not leaves, f"{type} has no result"
    made.are_outputs_made()
    outputs = iter(made.outputs)
    told = [next(outputs) if isinstance(leaf, Expression) else leaf for leaf in leaves]
    return unflatten(structure, iter(told))

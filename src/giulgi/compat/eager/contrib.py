"""``tf.contrib.eager``: what programs of TensorFlow 1 that compute at once found there."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from giulgi.compat.eager.mode import executing_eagerly
from giulgi.compat.eager.tape import GradientTape
from giulgi.compat.names import export, exported
from giulgi.compat.tensors.tensor import as_tensor
from giulgi.compat.variables.variable import Variable, declared
from giulgi.graph.node import topological
from giulgi.graph.ops.state import ReadVariable

export("contrib.eager.Variable", Variable)
export("contrib.eager.executing_eagerly", executing_eagerly)
export("contrib.eager.in_eager_mode", executing_eagerly)


@exported("contrib.eager.Iterator")
def iterator(dataset: Any) -> Any:
    """Return an iterator of a data set."""
    return iter(dataset)


@exported("contrib.eager.num_gpus")
def num_gpus() -> int:
    """Return the number of graphics processors: none."""
    return 0


@exported("contrib.eager.list_devices")
def list_devices() -> list[str]:
    """Return the names of the devices."""
    return ["/job:localhost/replica:0/task:0/device:CPU:0"]


def _places(f: Callable[..., Any], params: Sequence[Any] | None, count: int) -> list[int]:
    """Return which arguments are differentiated by."""
    if params is None:
        return list(range(count))
    names = list(inspect.signature(f).parameters)
    return [names.index(p) if isinstance(p, str) else int(p) for p in params]


@exported("contrib.eager.value_and_gradients_function")
def value_and_gradients_function(
    f: Callable[..., Any], params: Sequence[Any] | None = None
) -> Callable[..., Any]:
    """Return a function that gives what f gives, and its gradients by some arguments."""

    @functools.wraps(f)
    def apply(*args: Any, dy: Any = None, **kwargs: Any) -> tuple[Any, list[Any]]:
        given = [as_tensor(x) for x in args]
        places = _places(f, params, len(given))
        with GradientTape() as tape:
            for place in places:
                tape.watch(given[place])
            value = f(*given, **kwargs)
        by = [given[place] for place in places]
        return value, tape.gradient(value, by, dy)

    return apply


@exported("contrib.eager.gradients_function")
def gradients_function(
    f: Callable[..., Any], params: Sequence[Any] | None = None
) -> Callable[..., Any]:
    """Return a function that gives the gradients of f by some arguments."""
    both = value_and_gradients_function(f, params)
    return functools.wraps(f)(lambda *args, **kwargs: both(*args, **kwargs)[1])


@exported("contrib.eager.implicit_value_and_gradients")
def implicit_value_and_gradients(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives what f gives, and pairs of gradients and variables."""

    @functools.wraps(f)
    def apply(*args: Any, **kwargs: Any) -> tuple[Any, list[Any]]:
        with GradientTape() as tape:
            value = f(*args, **kwargs)
        variables = trainable_below(value)
        if not variables:
            raise ValueError("No trainable variables were accessed while the function was called.")
        return value, list(zip(tape.gradient(value, variables), variables, strict=True))

    return apply


@exported("contrib.eager.implicit_gradients")
def implicit_gradients(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives pairs of the gradients of f and variables."""
    both = implicit_value_and_gradients(f)
    return functools.wraps(f)(lambda *args, **kwargs: both(*args, **kwargs)[1])


def trainable_below(value: Any) -> list[Any]:
    """Return the trainable variables that a tensor was computed from, the oldest first."""
    tensor: Any = as_tensor(value)
    expression = tensor.traced if tensor.is_eager else tensor.expression
    cells = {
        node.op for node in topological([expression.node]) if isinstance(node.op, ReadVariable)
    }
    found = []
    for cell in sorted(cells, key=lambda c: c.number):
        variable = declared(cell)
        found.append(weight_of(cell) if variable is None else variable)
    return [variable for variable in found if variable is not None and variable.trainable]


def weight_of(cell: ReadVariable) -> Any:
    """Return the weight of a layer that a variable is; None if it is none."""
    from giulgi.compat.keras.weights import weights_by_cell

    return weights_by_cell.get(cell)

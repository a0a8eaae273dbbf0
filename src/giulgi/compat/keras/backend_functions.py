"""``keras.backend``: values of variables, gradients, and functions that run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.keras.backend_session import backend, get_session
from giulgi.compat.keras.boundary import expressions, is_named, named, remember
from giulgi.compat.keras.optimizers import assignments
from giulgi.compat.names import export
from giulgi.compat.tensorflow.control.lost_gradients import require_all
from giulgi.compat.tensors.tensor import as_tensor, record
from giulgi.compat.variables.variable import Variable

# Their values


@backend("get_value")
def get_value(x: Any) -> Any:
    """Return the value of a variable."""
    return x.numpy()[()] if isinstance(x, gg.Tensor) else eval_(x)


@backend("batch_get_value")
def batch_get_value(ops: Sequence[Any]) -> list[Any]:
    """Return the values of variables."""
    return [get_value(x) for x in ops]


@backend("set_value")
def set_value(x: Any, value: Any) -> None:
    """Give a variable a value."""
    if isinstance(x, gg.Variable):
        x.assign(np.asarray(value, x.dtype).reshape(x.shape))
        return
    get_session().load(x, np.asarray(value))


@backend("batch_set_value")
def batch_set_value(tuples: Any) -> None:
    """Give variables values: pairs of both."""
    for x, value in tuples:
        set_value(x, value)


@backend("eval")
def eval_(x: Any) -> Any:
    """Return the value of a tensor."""
    if not is_named(x) and not isinstance(x, gg.Tensor):
        return np.asarray(x)
    return get_session().run(x)


def _assignment(method: str, sign: int | None = None) -> Callable[..., Any]:
    """Return a function that assigns: a value, or the sum of the one of now and sign * value."""

    def assign(x: Any, value: Any) -> Any:
        own = x.named if hasattr(x, "named") else x
        if isinstance(own, gg.Variable):  # What an optimizer counts is not of the graph.
            new = expressions(as_tensor(value)) if is_named(value) else value
            new = new if sign is None else own + sign * new
            return assignments([(own, gg.cast(new, own.dtype))])[0]
        return getattr(own, method)(value)

    assign.__doc__ = f"Return an operation: {method} of a variable."
    return assign


export("backend.update", _assignment("assign"), of="keras")
export("backend.update_add", _assignment("assign_add", 1), of="keras")
export("backend.update_sub", _assignment("assign_sub", -1), of="keras")


@backend("moving_average_update")
def moving_average_update(x: Any, value: Any, momentum: float) -> Any:
    """Return an operation that moves a variable towards a value."""
    own = x.named if hasattr(x, "named") else x
    return own.assign(own * momentum + value * (1.0 - momentum))


# Functions


class Function:
    """Computes outputs of inputs: called with a list of arrays, it returns one.

    Args:
        inputs: placeholders, or any other tensors.
        outputs: what is computed.
        updates: operations, or pairs of variables and new values, that take place with it.
    """

    def __init__(self, inputs: Any, outputs: Any, updates: Any = None, name: Any = None) -> None:
        del name
        self.is_one = not isinstance(outputs, (list, tuple))
        given = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        self.inputs = [named(x) for x in given]
        self.outputs = [as_tensor(x) for x in ([outputs] if self.is_one else outputs)]
        self.updates = [_update(update) for update in updates or ()]

    def __call__(self, inputs: Any) -> Any:
        """Return the outputs, as a list if a list is asked for."""
        values = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        pairs = zip(self.inputs, values, strict=False)
        feeds = {x: _fed(value) for x, value in pairs if not isinstance(x, int)}
        found = get_session().run([*self.outputs, *self.updates], feeds)[: len(self.outputs)]
        return found[0] if self.is_one else found


def _fed(value: Any) -> Any:
    return value.eval() if isinstance(value, Variable) else value


def _update(update: Any) -> Any:
    if not isinstance(update, (tuple, list)):
        return update
    own, new = update
    own = own.named if hasattr(own, "named") else own
    if isinstance(own, Variable):
        return own.assign(new)
    from giulgi.compat.keras.optimizers import assignments

    return assignments([(own, expressions(new))])[0]


@backend("function")
def function(inputs: Any, outputs: Any, updates: Any = None, **options: Any) -> Function:
    """Return a function of arrays; see :class:`Function`."""
    del options
    return Function(inputs, outputs, updates)


@backend("gradients")
def gradients(loss: Any, variables: Any) -> Any:
    """Return the gradients of a loss by variables or tensors: a list."""
    by = variables if isinstance(variables, (list, tuple)) else [variables]
    of = [expressions(x) for x in (loss if isinstance(loss, (list, tuple)) else [loss])]
    sources = [x.variable if isinstance(x, Variable) else expressions(x) for x in by]
    require_all(of, sources)
    found = gg.gradients(of, sources, unconnected="none")
    return [
        None if g is None else remember(record("Gradient", None, [], [g]).outputs[0]) for g in found
    ]


@backend("stop_gradient")
def stop_gradient(variables: Any) -> Any:
    """Return tensors that count as constants where something is differentiated."""
    if isinstance(variables, (list, tuple)):
        return [stop_gradient(x) for x in variables]
    return named(gg.stop_gradient(expressions(as_tensor(variables))))


@backend("count_params")
def count_params(x: Any) -> int:
    """Return the number of numbers in a variable."""
    return int(np.prod([int(size) for size in x.shape]))

"""Computing at once, as TensorFlow 2 does: ``x.numpy()``, and assignments that happen now.

Programs of that time that use it are few and small: a value is computed when someone looks at it,
in a session of its graph that gives variables their first values by itself. A variable that is read
is its value of now, except inside a :class:`GradientTape`, which differentiates by it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import giulgi as gg
from giulgi.compat.graph import Graph, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.session import BaseSession, get_default_session
from giulgi.compat.tensor import Tensor, as_tensor, record
from giulgi.compat.variables import Variable, declared, set_eager
from giulgi.storage import current_storage
from giulgi.tree import flatten, unflatten

_sessions: WeakKeyDictionary[Graph, _ImplicitSession] = WeakKeyDictionary()


class _ImplicitSession(BaseSession):
    """A session in which variables get their first values when they are first read.

    It has the values of the storage in use, in which models are trained and layers called.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph=graph)
        self.storage = current_storage()

    def _require_initialized(self, prepared: Any) -> None:
        missing = []
        for cell in prepared.reads:
            variable = declared(cell)
            if variable is not None and cell not in self.initialized:
                missing.append(variable)
        if missing:
            self.run([variable.initializer for variable in missing])


def implicit_session() -> BaseSession:
    """Return the session that is open, else the one of the graph that needs no opening."""
    found = get_default_session()
    if found is not None:
        return found
    graph = get_default_graph()
    if graph not in _sessions:
        _sessions[graph] = _ImplicitSession(graph=graph)
    return _sessions[graph]


def value_of(thing: Any) -> Any:
    """Return the value of a tensor or variable, computed now."""
    return implicit_session().run(thing)


@exported("executing_eagerly")
def executing_eagerly() -> bool:
    """Whether assignments happen at once."""
    return set_eager.is_eager


@exported("enable_eager_execution", "enable_v2_behavior")
def enable_eager_execution(*_: Any, **__: Any) -> None:
    """Let assignments happen at once."""
    set_eager(value_of)


@exported("disable_eager_execution", "disable_v2_behavior")
def disable_eager_execution() -> None:
    """Let assignments wait for a session."""
    set_eager(None)


@exported("function", "contrib.eager.defun")
def function(func: Callable[..., Any] | None = None, **_: Any) -> Any:
    """Return the function: what it computes is compiled anyway."""
    return (lambda given: given) if func is None else func


@exported("GradientTape", "contrib.eager.GradientTape")
class GradientTape:
    """Remembers what is computed inside, to be differentiated.

    Args:
        persistent: has no meaning: gradients may be asked for again and again.
        watch_accessed_variables: has no meaning.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        del persistent, watch_accessed_variables

    def __enter__(self) -> GradientTape:
        self._token = set_eager.taping
        set_eager.taping = True
        return self

    def __exit__(self, *exception: Any) -> None:
        set_eager.taping = self._token

    def watch(self, tensor: Any) -> None:
        """Let gradients be asked for by a tensor."""
        for x in flatten(tensor)[0]:
            if isinstance(x, Tensor):
                # Equal constants are one expression: this one is to be told from others.
                x.expression = gg.placeholder_with_default(x.expression)

    def gradient(self, target: Any, sources: Any, output_gradients: Any = None, **_: Any) -> Any:
        """Return the gradients of a target by sources, nested as these; None where is none."""
        leaves, structure = flatten(sources)
        by = [_differentiated(x) for x in leaves]
        ys = [as_tensor(y).expression for y in flatten(target)[0]]
        seeds = None
        if output_gradients is not None:
            seeds = [as_tensor(g).expression for g in flatten(output_gradients)[0]]
        found = gg.gradients(ys, by, seeds, unconnected="none")
        made = [None if g is None else record("Gradient", None, [], [g]).outputs[0] for g in found]
        if executing_eagerly():
            made = [None if g is None else as_tensor(value_of(g)) for g in made]
        return unflatten(structure, iter(made))


def _differentiated(source: Any) -> gg.Tensor:
    """Return what is differentiated by: a variable itself, not its value of now."""
    if isinstance(source, Variable):
        return source.variable
    return source if isinstance(source, gg.Variable) else as_tensor(source).expression

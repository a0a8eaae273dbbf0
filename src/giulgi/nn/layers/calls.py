"""The record of a layer's call while a network is built: what summaries and training go by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from giulgi.errors import GraphError
from giulgi.graph import ops
from giulgi.graph.ops.identities import tag
from giulgi.graph.ops.state import Variable, is_recording, unrecorded
from giulgi.graph.tensor import Tensor
from giulgi.nn.phase import in_phase, phase
from giulgi.tree import flatten, unflatten

if TYPE_CHECKING:
    from giulgi.nn.layers.base import Layer


@dataclass(eq=False)
class LayerCall:
    """One call of a layer while a network is built.

    Attributes:
        layer: the layer.
        inputs: what it was called with.
        outputs: what it returned, before that was tagged with this record.
        updates: variables that change with each training step, with their new values.
        states: variables that change with every run, training or not, with their new values.
        losses: penalties added to the loss.
    """

    layer: Layer
    inputs: list[Tensor]
    outputs: list[Tensor] = field(default_factory=list)
    updates: list[tuple[Variable, Tensor]] = field(default_factory=list)
    states: list[tuple[Variable, Tensor]] = field(default_factory=list)
    losses: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        _calls.setdefault(self.layer, WeakValueDictionary())[next(_numbers)] = self

    def __str__(self) -> str:
        return self.layer.name

    def tagged(self) -> list[Tensor]:
        """Return the outputs as those who called the layer hold them."""
        return [tag(y, self, name=self.layer.name) for y in self.outputs]


# The calls of each layer that some graph still holds, in order.
_calls: WeakKeyDictionary[Layer, WeakValueDictionary[int, LayerCall]] = WeakKeyDictionary()
_numbers = count()


def calls_of(layer: Layer) -> list[LayerCall]:
    """Return the calls of a layer that some graph still holds, in order."""
    return list(_calls.get(layer, {}).values())


def first_call(layer: Layer) -> LayerCall:
    """Return the first call of a layer that is part of a network.

    Raises:
        GraphError: if there is none.
    """
    call = next(iter(calls_of(layer)), None)
    if call is None:
        raise GraphError(
            f"the layer {layer.name!r} has no inputs and outputs yet: it is not part of a network.",
            op=type(layer).__name__,
            fix="call it on gg.Input(...), or build the network around it",
        )
    return call


_current: ContextVar[LayerCall | None] = ContextVar("giulgi_layer_call", default=None)


def current_call() -> LayerCall | None:
    """Return the outermost call that is going on; None outside of networks."""
    return _current.get()


def builds_network() -> bool:
    """Whether what is called now becomes part of a network, and is not computed or traced."""
    return current_call() is not None and not is_recording()


_apart: ContextVar[bool] = ContextVar("giulgi_builds_apart", default=False)


def builds_apart() -> bool:
    """Whether a network of its own is being built, see :func:`built_apart`."""
    return _apart.get()


@contextmanager
def built_apart() -> Iterator[None]:
    """Let what is called inside become a network of its own, whatever is going on around.

    A network without a shape is built when it is first called: by a layer of another one, while a
    function is traced, or on numbers. What its layers change, and whether they train, belongs to
    the network, not to that call.
    """
    call, apart = _current.set(None), _apart.set(True)
    try:
        with unrecorded(), in_phase(None):
            yield
    finally:
        _apart.reset(apart)
        _current.reset(call)


def change(
    variable: Variable,
    value: Tensor,
    noted_in: Callable[[LayerCall], list[tuple[Variable, Tensor]]],
) -> None:
    """Note the new value of a variable in the call that is going on; else assign it now."""
    record = current_call()
    if record is None or is_recording():
        variable.assign(value)
    else:
        noted_in(record).append((variable, value))


@contextmanager
def recorded(call: LayerCall) -> Iterator[None]:
    """Let the layers called inside note their updates and losses in this call."""
    token = _current.set(call)
    try:
        yield
    finally:
        _current.reset(token)


def one_or_all(values: list[Tensor]) -> Any:
    """Return the one tensor that there is, or a list of several."""
    return values[0] if len(values) == 1 else values


def tensors_beside(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    """Return what a layer is given beside its inputs, such as states; masks are not counted."""
    own = [value for name, value in kwargs.items() if "mask" not in name]
    return [x for x in flatten([args, own])[0] if isinstance(x, Tensor)]


def in_both_phases(
    call: LayerCall, training: Tensor | None, outputs_for: Callable[[bool], Any]
) -> Any:
    """Return what a layer gives while training and afterwards, with the phase to choose.

    Of losses and states the phase chooses, too; updates are those of training.

    Args:
        call: where the layer notes them.
        training: a single number or bool that chooses in place of the phase, also of updates.
        outputs_for: calls the layer for training (True) or not.
    """
    which = phase if training is None else ops.cast(training, "bool")
    losses, states, updates = call.losses, call.states, call.updates
    call.losses, call.states, call.updates = [], [], []
    with in_phase(True):
        while_training = outputs_for(True)
    losses_while_training, call.losses = call.losses, []
    states_while_training, call.states = call.states, []
    own = [(v, new if which is phase else ops.choose(which, new, v)) for v, new in call.updates]
    with in_phase(False):
        afterwards = outputs_for(False)
    losses_afterwards, call.losses = call.losses, losses
    states_afterwards, call.states = call.states, states
    call.updates = [*updates, *own]
    for (variable, a), (_, b) in zip(states_while_training, states_afterwards, strict=True):
        call.states.append((variable, ops.choose(which, a, b)))
    if losses_while_training or losses_afterwards:
        zero = ops.constant(0.0)
        pair = sum(losses_while_training, start=zero), sum(losses_afterwards, start=zero)
        losses.append(ops.choose(which, *pair))
    first, structure = flatten(while_training)
    pairs = zip(first, flatten(afterwards)[0], strict=True)
    return unflatten(structure, iter([ops.choose(which, a, b) for a, b in pairs]))

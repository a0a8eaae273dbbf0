"""The table of layers that ``summary`` prints, in Keras's form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.nn.layers.calls import calls_of
from giulgi.training.network import call_of


def print_summary(
    model: Any, line_length: int | None, positions: Sequence[float] | None, say: Callable[..., Any]
) -> None:
    """Print the layers of a model.

    Args:
        model: the model.
        line_length: how long a line may be.
        positions: where the columns end; shares of the line, or places.
        say: is called with each line.
    """
    if not model.built:
        raise ValueError(
            "This model has not yet been built. Build the model first by calling build() or "
            "calling fit() with some data. Or specify input_shape or batch_input_shape in the "
            "first layer for automatic build."
        )
    is_chain = hasattr(model, "pop") or _is_chain(model)
    width = line_length or (65 if is_chain else 98)
    shares = list(positions or ([0.45, 0.85, 1.0] if is_chain else [0.33, 0.55, 0.67, 1.0]))
    ends = [int(width * share) if share <= 1 else int(share) for share in shares]
    titles = ["Layer (type)", "Output Shape", "Param #", "Connected to"][: len(ends)]
    say(f'Model: "{model.name}"')
    say("_" * width)
    say(_row(titles, ends))
    say("=" * width)
    sources = {} if is_chain else _sources(model)
    for number, layer in enumerate(model.layers):
        fields = [f"{layer.name} ({type(layer).__name__})", _shape(layer), layer.count_params()]
        connected = [] if is_chain else sources.get(layer.name, [])
        say(_row([*fields, connected[0] if connected else ""][: len(ends)], ends))
        for source in connected[1:]:
            say(_row(["", "", "", source], ends))
        say(("=" if number == len(model.layers) - 1 else "_") * width)
    trainable = _count(model.trainable_variables)
    fixed = _count(model.non_trainable_variables)
    say(f"Total params: {trainable + fixed:,}")
    say(f"Trainable params: {trainable:,}")
    say(f"Non-trainable params: {fixed:,}")
    say("_" * width)


def _is_chain(model: Any) -> bool:
    """Whether each layer is called once, on a single tensor, or only ``call`` knows where."""
    if model._network is None:
        return True
    calls = model._network.calls
    layers = {call.layer for call in calls}
    return bool(calls) and len(layers) == len(calls) and all(len(c.inputs) == 1 for c in calls)


def _row(fields: Sequence[Any], ends: Sequence[int]) -> str:
    line = ""
    for field, end in zip(fields, ends, strict=False):
        line = (line + str(field))[:end].ljust(end)
        line = line[:-1] + " " if line else line
    return line.rstrip() if len(fields) < 3 else line


def _shape(layer: Any) -> str:
    try:
        return str(layer.output_shape)
    except Exception:  # A layer of one's own that was never called in a network.
        return "multiple"


def _sources(model: Any) -> dict[str, list[str]]:
    """Return for each layer the names of those that its first call takes its inputs from."""
    network = model._network
    found: dict[str, list[str]] = {}
    if network is None:
        return found
    names = {x.node: name for x, name in zip(network.inputs, network.input_names, strict=True)}
    for call in network.calls:
        told = (_source(x, names) for x in call.inputs)
        found.setdefault(call.layer.name, []).extend(source for source in told if source)
    return found


def _source(x: Any, names: dict[Any, str]) -> str:
    """Return of which layer a tensor is, of which of its calls, and which of its outputs."""
    if x.node in names:
        return f"{names[x.node]}[0][0]"
    call = call_of(x.node)
    if call is None:
        return ""
    # A network has been "called" once when it was made.
    number = calls_of(call.layer).index(call) + isinstance(call.layer, gg.Model)
    place = [y.node for y in call.tagged()].index(x.node)
    return f"{call.layer.name}[{number}][{place}]"


def _count(variables: Sequence[Any]) -> int:
    return sum(int(np.prod(variable.shape)) for variable in variables)

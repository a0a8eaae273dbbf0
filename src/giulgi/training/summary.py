"""A network as a table: its layers, the shapes they give, and how many weights they have."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from giulgi.amounts import amount
from giulgi.graph.dtypes import is_float
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import shape_text
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.calls import LayerCall
from giulgi.training.network import Network, call_of

if TYPE_CHECKING:
    from giulgi.training.network_layer import NetworkLayer

# As wide as many terminals and pages are; and the least that the last column gets of it.
LINE_LENGTH = 80
_LEAST_WIDTH = 20


def summary_text(
    model: NetworkLayer, network: Network | None, line_length: int = LINE_LENGTH
) -> str:
    """Return the table.

    Args:
        model: the network's owner.
        network: its graph; None if it is not built yet.
        line_length: how long a line may be before its last column is folded.
    """
    linear = network is None or _is_linear(network)
    header = ["Layer (type)", "Output shape", "Weights"] + ([] if linear else ["Connected to"])
    rows = _rows(model, network, linear)
    if not linear:
        room = _room(header, rows, line_length)
        rows = [line for row in rows for line in _folded(row, room)]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    rule = "  ".join("-" * width for width in widths)
    lines = [f'Model "{model.name}"', rule, _line(header, widths), rule]
    lines += [_line(row, widths) for row in rows]
    lines += [rule, *_totals(model, network)]
    return "\n".join(lines)


def _room(header: Sequence[str], rows: Sequence[Sequence[str]], line_length: int) -> int:
    """Return how wide the last column may be."""
    others = [max(len(row[i]) for row in [header, *rows]) + 2 for i in range(len(header) - 1)]
    return max(_LEAST_WIDTH, line_length - sum(others))


def _folded(row: Sequence[str], room: int) -> list[list[str]]:
    """Return a row with its last column going on in further lines, if it is long."""
    first, *others = textwrap.wrap(row[-1], room, break_long_words=False) or [""]
    return [[*row[:-1], first], *([*[""] * (len(row) - 1), line] for line in others)]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        text.rjust(width) if i == 2 else text.ljust(width)
        for i, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _is_linear(network: Network) -> bool:
    """Whether each layer takes the result of the one before."""
    previous: LayerCall | None = None
    inputs = [x.node for x in network.inputs]
    for call in network.calls:
        own = [x.node for x in call.inputs]
        if previous is None:
            follows = own == inputs
        else:
            follows = [call_of(x) for x in own] == [previous] * len(previous.outputs)
        if not follows:
            return False
        previous = call
    return True


def _rows(model: NetworkLayer, network: Network | None, linear: bool) -> list[list[str]]:
    if network is None:
        return [_row_without_network(layer) for layer in model.sublayers()]
    rows = []
    nodes = topological(y.node for y in network.outputs)
    maker = {node: call.layer.name for node in nodes if (call := call_of(node)) is not None}
    if not linear:
        rows += [[f"{x.name} (Input)", shape_text(x.known_shape), "0", ""] for x in network.inputs]
        maker |= {x.node: x.name for x in network.inputs}
    seen: set[Layer] = set()
    for call in network.calls:
        if call.layer is model:
            continue
        row = [_title(call.layer), _output_text(call), _weight_text(call.layer, seen)]
        if not linear:
            row.append(", ".join(_makers([x.node for x in call.inputs], maker)))
        rows.append(row)
    return rows or _rows_inside(model, network)


def _rows_inside(model: NetworkLayer, network: Network) -> list[list[str]]:
    """Return the rows of a network with a ``call`` of its own, by the names under which it built.

    Calls inside a call are not recorded. But each node knows the path of layers that built it, so
    what others take of a layer's nodes is what the layer gives.
    """
    nodes = topological(y.node for y in network.outputs)
    layers = model.sublayers()
    names = [layer.name for layer in layers]
    rows = []
    for layer in layers:
        path = f"{model.name}/{layer.name}"
        own = {node for node in nodes if f"{node.path}/".startswith(f"{path}/")}
        taken = own & {source for node in nodes if node not in own for source in node.inputs}
        shapes = [
            shape_text(node.spec.shape)
            for node in nodes
            # Weights may be taken by others, too, and sizes, which are whole numbers.
            if node in taken and node.symbolic and is_float(node.spec.dtype)
        ]
        known = shapes if names.count(layer.name) == 1 else []
        unknown = "?" if layer.built else "not used"
        text = ", ".join(dict.fromkeys(known)) or unknown
        rows.append([_title(layer), text, f"{layer.count_params():,}"])
    return rows


def _row_without_network(layer: Layer) -> list[str]:
    if not layer.built:
        return [_title(layer), "not built yet", "?"]
    return [_title(layer), "?", f"{layer.count_params():,}"]


def _makers(nodes: Sequence[Node], maker: Mapping[Node, str]) -> list[str]:
    """Return the layers and inputs that values come from, directly or through operations."""
    found: list[str] = []
    for node in topological(nodes, stop=maker):
        if node in maker and maker[node] not in found:
            found.append(maker[node])
    return found


def _title(layer: Layer) -> str:
    return f"{layer.name} ({type(layer).__name__})"


def _output_text(call: LayerCall) -> str:
    return ", ".join(shape_text(y.known_shape) for y in call.outputs)


def _weight_text(layer: Layer, seen: set[Layer]) -> str:
    if layer in seen:
        return "shared"
    seen.add(layer)
    return f"{layer.count_params():,}"


def _totals(model: NetworkLayer, network: Network | None) -> list[str]:
    if network is None and not model.variables:
        return ["The weights are made once the shape of the inputs is known: fit, or gg.Input."]
    trainable = _count(model.trainable_variables)
    fixed = _count(model.non_trainable_variables)
    size = sum(int(np.prod(v.shape)) * v.dtype.itemsize for v in model.variables)
    lines = [f"Weights: {trainable + fixed:,} ({amount(size, 'B')})"]
    if fixed:
        lines.append(f"of which trainable: {trainable:,}, fixed: {fixed:,}")
    return lines


def _count(variables: Sequence[Variable]) -> int:
    return sum(int(np.prod(variable.shape)) for variable in variables)

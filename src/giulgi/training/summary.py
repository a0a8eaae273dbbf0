"""A network as a table: its layers, the shapes they give, and how many weights they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from giulgi.graph.node import Node, topological
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import shape_text
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.calls import LayerCall
from giulgi.training.network import Network, call_of

if TYPE_CHECKING:
    from giulgi.training.model import Model


def summary_text(model: Model, network: Network | None) -> str:
    """Return the table.

    Args:
        model: the network's owner.
        network: its graph; None if it is not built yet.
    """
    linear = network is None or _is_linear(network)
    header = ["Layer (type)", "Output shape", "Weights"] + ([] if linear else ["Connected to"])
    rows = _rows(model, network, linear)
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    rule = "  ".join("-" * width for width in widths)
    lines = [f'Model "{model.name}"', rule, _line(header, widths), rule]
    lines += [_line(row, widths) for row in rows]
    lines += [rule, *_totals(model, network)]
    return "\n".join(lines)


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


def _rows(model: Model, network: Network | None, linear: bool) -> list[list[str]]:
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
    if not rows:
        rows = [_row_without_network(layer) for layer in model.sublayers()]
    return rows


def _row_without_network(layer: Layer) -> list[str]:
    if not layer.built:
        return [_title(layer), "not built yet", "?"]
    return [_title(layer), "", f"{layer.count_params():,}"]


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


def _totals(model: Model, network: Network | None) -> list[str]:
    if network is None and not model.variables:
        return ["The weights are made once the shape of the inputs is known: fit, or gg.Input."]
    trainable = _count(model.trainable_variables)
    fixed = _count(model.non_trainable_variables)
    size = sum(int(np.prod(v.shape)) * v.dtype.itemsize for v in model.variables)
    lines = [f"Weights: {trainable + fixed:,} ({_bytes_text(size)})"]
    if fixed:
        lines.append(f"of which trainable: {trainable:,}, fixed: {fixed:,}")
    return lines


def _count(variables: Sequence[Variable]) -> int:
    return sum(int(np.prod(variable.shape)) for variable in variables)


def _bytes_text(size: float) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GB"

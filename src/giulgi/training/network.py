"""A network as graph: from its inputs to its outputs, with the layers that lie between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from giulgi.errors import GraphError
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.leaves import Placeholder, constant
from giulgi.graph.ops.state import Tag, Variable
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.calls import LayerCall
from giulgi.nn.phase import phase
from giulgi.training.copying import record_network, restore_network
from giulgi.tree import LEAF, flatten, unflatten


@dataclass(frozen=True)
class Applied:
    """What a network gives for certain inputs.

    Attributes:
        outputs: the outputs, nested as the network's.
        updates: variables that change with a training step, with their new values.
        losses: penalties to be added to the loss.
    """

    outputs: Any
    updates: list[tuple[Variable, Tensor]]
    losses: list[Tensor]


class Network:
    """The graph between placeholders and outputs.

    Args:
        inputs: placeholders, nested in lists, tuples or dicts.
        outputs: tensors that depend on them, nested likewise.

    Attributes:
        input_names: what the inputs are called: the keys of a dict, else their own names.
        output_names: likewise; a tensor that is a layer's result has the layer's name.

    Raises:
        GraphError: if an output depends on a placeholder that is not among the inputs.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs, self.input_structure = flatten(inputs)
        self.outputs, self.output_structure = flatten(outputs)
        self._check()
        self.input_names = _names(self.inputs, self.input_structure)
        self.output_names = _names(self.outputs, self.output_structure)
        self.calls = list(_calls([y.node for y in self.outputs], {x.node for x in self.inputs}))
        self.layers: list[Layer] = list(dict.fromkeys(call.layer for call in self.calls))

    # A copy has layers, variables and inputs of its own; only the phase is everyone's.

    def __getstate__(self) -> dict[str, Any]:
        kept = self.__dict__.keys() - {"inputs", "outputs", "calls", "layers"}
        state = {key: self.__dict__[key] for key in sorted(kept)}
        return state | {"record": record_network(self.inputs, self.outputs, self.calls)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.inputs, self.outputs, self.calls = restore_network(state.pop("record"))
        self.__dict__.update(state)
        self.layers = list(dict.fromkeys(call.layer for call in self.calls))

    def _check(self) -> None:
        for value in [*self.inputs, *self.outputs]:
            if not isinstance(value, Tensor):
                raise GraphError(
                    f"a network is made of tensors, not {type(value).__name__}.",
                    op="Model",
                    fix="inputs = gg.Input((784,)); outputs = layer(inputs)",
                )
        given = {x.node for x in self.inputs}
        for node in topological((y.node for y in self.outputs), stop=given):
            if isinstance(node.op, Placeholder) and node not in given:
                raise GraphError(
                    f"the outputs depend on {node.name!r}, which is not among the inputs.",
                    op="Model",
                    arguments=[(node.name, Tensor(node).description)],
                    fix="add it to inputs=[...]",
                )

    def apply(
        self, inputs: Sequence[Tensor], training: bool | None = None, *, redraw: bool = False
    ) -> Applied:
        """Return the network's graph for other inputs.

        Args:
            inputs: tensors in place of the network's own, in order.
            training: whether layers such as dropout train; None leaves it open.
            redraw: whether this is another use of the network, with random numbers of its own.
        """
        replacements = {own.node: constant(x) for own, x in zip(self.inputs, inputs, strict=True)}
        if training is not None:
            replacements[phase.node] = constant(training)
        updates = [update for call in self.calls for update in call.updates]
        losses = [loss for call in self.calls for loss in call.losses]
        new_values = [value for _, value in updates]
        ends = [*self.outputs, *new_values, *losses]
        done = substitute(ends, replacements, redraw=redraw)
        after_outputs = len(self.outputs)
        after_updates = after_outputs + len(updates)
        return Applied(
            unflatten(self.output_structure, iter(done[:after_outputs])),
            list(zip([v for v, _ in updates], done[after_outputs:after_updates], strict=True)),
            done[after_updates:],
        )


def _names(tensors: Sequence[Tensor], structure: Any) -> list[str]:
    if structure is not LEAF and structure[0] == "dict":
        keys, parts = zip(*structure[1], strict=True)
        if all(part is LEAF for part in parts):
            return [str(key) for key in keys]
    return [tensor.name for tensor in tensors]


def _calls(ends: Sequence[Node], starts: set[Node]) -> Iterator[LayerCall]:
    """Yield the layer calls between, each after those that it builds on.

    A call is left through its inputs, so what a layer computes inside is not looked at.
    """
    done: set[Node | LayerCall] = set(starts)
    stack: list[tuple[Node, bool]] = [(end, False) for end in reversed(ends)]
    while stack:
        node, inputs_done = stack.pop()
        call = call_of(node)
        if inputs_done:
            if call is not None and call not in done:
                done.add(call)
                yield call
            continue
        if node in done:
            continue
        done.add(node)
        stack.append((node, True))
        before = node.inputs if call is None else tuple(x.node for x in call.inputs)
        stack.extend((source, False) for source in reversed(before))


def call_of(node: Node) -> LayerCall | None:
    """Return the layer call whose result a node is."""
    label = node.op.label if isinstance(node.op, Tag) else None
    return label if isinstance(label, LayerCall) else None

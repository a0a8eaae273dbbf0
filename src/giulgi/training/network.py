"""A network as graph: from its inputs to its outputs, with the layers that lie between."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from giulgi.errors import ArgumentError, GraphError
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.identities import Tag
from giulgi.graph.ops.leaves import Placeholder, constant
from giulgi.graph.ops.state import Variable
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.calls import LayerCall
from giulgi.nn.layers.freezing import learning_now
from giulgi.nn.layers.input import layer_of_input
from giulgi.nn.masks import mask_of
from giulgi.nn.phase import Phase, phase
from giulgi.training.copying import record_network, restore_network
from giulgi.tree import LEAF, flatten, unflatten


@dataclass(frozen=True)
class Applied:
    """What a network gives for certain inputs.

    Attributes:
        outputs: the outputs, nested as the network's.
        updates: variables that change with a training step, with their new values.
        states: variables that change with every run, with their new values.
        losses: penalties to be added to the loss.
        masks: for each output which of its steps count; None: all of them.
    """

    outputs: Any
    updates: list[tuple[Variable, Tensor]]
    states: list[tuple[Variable, Tensor]]
    losses: list[Tensor]
    masks: list[Tensor | None]


class Network:
    """The graph between placeholders and outputs.

    Args:
        inputs: placeholders, nested in lists, tuples or dicts.
        outputs: tensors that depend on them, nested likewise.

    Attributes:
        input_names: what the inputs are called: the keys of a dict, else their own names.
        output_names: likewise; a tensor that is a layer's result has the layer's name.
        calls: the layer calls between, each after those that it builds on.
        layers: the layers, in the order of Keras: see :func:`_layers_by_depth`.
        masks: for each output which of its steps count; None: all of them.
        requires_finite: whether it refuses data that are no numbers, NaN.
        takes_fractions: whether an input of whole numbers takes others, too, without their
            fractions.

    Raises:
        GraphError: if an output depends on a placeholder that is not among the inputs.
        ArgumentError: if two layers have one name.
    """

    requires_finite = True
    takes_fractions = False

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs, self.input_structure = flatten(inputs)
        self.outputs, self.output_structure = flatten(outputs)
        self.masks = [mask_of(y) for y in self.outputs]
        self._check()
        self.input_names = _names(self.inputs, self.input_structure)
        self.output_names = _names(self.outputs, self.output_structure)
        steps = _steps(self.inputs, self.outputs)
        self.calls = [step for step in steps if isinstance(step, LayerCall)]
        self.layers = _layers_by_depth(self.inputs, self.outputs)
        require_distinct_names(self.layers)

    # A copy has layers, variables and inputs of its own; only the phase is everyone's.

    def __getstate__(self) -> dict[str, Any]:
        kept = self.__dict__.keys() - {"inputs", "outputs", "masks", "calls", "layers"}
        state = {key: self.__dict__[key] for key in sorted(kept)}
        masks = [mask for mask in self.masks if mask is not None]
        return state | {
            "record": record_network(self.inputs, [*self.outputs, *masks], self.calls),
            "masked": [mask is not None for mask in self.masks],
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        masked: list[bool] = state.pop("masked")
        self.inputs, ends, self.calls = restore_network(state.pop("record"))
        self.outputs, masks = ends[: len(masked)], iter(ends[len(masked) :])
        self.masks = [next(masks) if is_masked else None for is_masked in masked]
        self.__dict__.update(state)
        self.layers = _layers_by_depth(self.inputs, self.outputs)

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

    @property
    def batch_size(self) -> int | None:
        """The size that all batches must have; None: any."""
        sizes = [x.known_shape[0] for x in self.inputs if x.known_shape]
        return next((size for size in sizes if size is not None), None)

    def apply(
        self,
        inputs: Sequence[Tensor],
        training: Phase = None,
        *,
        redraw: bool = False,
        settled: bool = False,
    ) -> Applied:
        """Return the network's graph for other inputs.

        Args:
            inputs: tensors in place of the network's own, in order.
            training: whether layers such as dropout train; None leaves it open.
            redraw: whether this is another use of the network, with random numbers of its own.
            settled: whether it is settled now which layers are frozen; else it stays open.
        """
        replacements = {own.node: constant(x) for own, x in zip(self.inputs, inputs, strict=True)}
        if training is not None:
            replacements[phase.node] = constant(training)
        updates = _in_turn([update for call in self.calls for update in call.updates])
        states = _in_turn([state for call in self.calls for state in call.states])
        losses = [loss for call in self.calls for loss in call.losses]
        masks = [mask for mask in self.masks if mask is not None]
        changed = [value for _, value in (*updates, *states)]
        ends = [*self.outputs, *changed, *losses, *masks]
        if settled:
            replacements |= learning_now(ends)
        done = iter(substitute(ends, replacements, redraw=redraw))
        return Applied(
            unflatten(self.output_structure, done),
            [(variable, next(done)) for variable, _ in updates],
            [(variable, next(done)) for variable, _ in states],
            [next(done) for _ in losses],
            [None if mask is None else next(done) for mask in self.masks],
        )


def _in_turn(pairs: Sequence[tuple[Variable, Tensor]]) -> list[tuple[Variable, Tensor]]:
    """Return one new value for each variable: of several, each goes on where the one before ended.

    A layer that is called several times in a network changes its statistics with each call.
    """
    latest: dict[Node, tuple[Variable, Tensor]] = {}
    for variable, value in pairs:
        if variable.node in latest:
            (value,) = substitute([value], {variable.node: latest[variable.node][1]})
        latest[variable.node] = variable, value
    return list(latest.values())


def require_distinct_names(layers: Sequence[Layer]) -> None:
    """Raise an ArgumentError if two layers of a network have one name, as Keras does."""
    first: dict[str, Layer] = {}
    for layer in layers:
        other = first.setdefault(layer.name, layer)
        if other is not layer:
            raise ArgumentError(
                f"two layers of the network are named {layer.name!r}.",
                op="Model",
                arguments=[
                    (type(x).__name__, f"{x.name!r}, made in {x.source}") for x in (other, layer)
                ],
                fix="give each a name of its own, or none: they are then numbered",
            )


def _names(tensors: Sequence[Tensor], structure: Any) -> list[str]:
    if structure is not LEAF and structure[0] == "dict":
        keys, parts = zip(*structure[1], strict=True)
        if all(part is LEAF for part in parts):
            return [str(key) for key in keys]
    return [tensor.name for tensor in tensors]


# Between inputs and outputs lie layer calls, and single operations that no layer made.
Step = LayerCall | Node


def _step_of(node: Node, starts: Container[Node]) -> Step:
    return node if node in starts else call_of(node) or node


def _before(step: Step, starts: Container[Node]) -> Sequence[Node]:
    """Return what a step builds on. A call is left through its inputs, past all it computes."""
    if isinstance(step, LayerCall):
        return [x.node for x in step.inputs]
    return () if step in starts else step.inputs


def _steps(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> dict[Step, int]:
    """Return all steps, each after those that it builds on, with the order in which one meets them.

    One walks from each output back, along the first input of a step before the second.
    """
    starts = {x.node for x in inputs}
    met: dict[Step, int] = {}
    done: dict[Step, int] = {}
    stack = [(_step_of(y.node, starts), False) for y in reversed(outputs)]
    while stack:
        step, is_left = stack.pop()
        if is_left:
            done[step] = met[step]
        elif step not in met:
            met[step] = len(met)
            stack.append((step, True))
            sources = reversed(_before(step, starts))
            stack.extend((_step_of(source, starts), False) for source in sources)
    return done


def _layers_by_depth(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> list[Layer]:
    """Return the layers as Keras orders them, which is the order of ``get_weights``.

    The depth of a layer is the number of steps on its longest way to an output. The deepest come
    first, and of one depth those that are met first on the way back from the outputs. Each input
    has a layer, too.
    """
    starts = {x.node: layer_of_input(x) for x in inputs}
    depths: dict[Step, int] = {}
    of_layers: dict[Layer, tuple[int, int]] = {}
    steps = _steps(inputs, outputs)
    for step in reversed(steps):
        depth = depths.get(step, 0)
        layer = step.layer if isinstance(step, LayerCall) else starts.get(step)
        if layer is not None:
            # A layer that is called several times is as deep as its deepest call.
            known, met = of_layers.get(layer, (0, steps[step]))
            depth = max(depth, known)
            of_layers[layer] = depth, min(met, steps[step])
        for source in _before(step, starts):
            before = _step_of(source, starts)
            depths[before] = max(depths.get(before, 0), depth + 1)
    unused = {layer: (0, -1) for layer in starts.values() if layer not in of_layers}
    of_layers = unused | of_layers
    return sorted(of_layers, key=lambda layer: (-of_layers[layer][0], of_layers[layer][1]))


def call_of(node: Node) -> LayerCall | None:
    """Return the layer call whose result a node is."""
    label = node.op.label if isinstance(node.op, Tag) else None
    return label if isinstance(label, LayerCall) else None

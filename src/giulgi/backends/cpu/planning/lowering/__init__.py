"""Operations told by simpler ones, before code is made.

The graph of a user says what is meant, such as a convolution or a pooling. Here it becomes what
there is code for: products, elementwise operations, and other views of memory. Nothing is known
here of code; a lowered graph is a graph, and the reference computes the same of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from giulgi.backends.base import Computation
from giulgi.backends.cpu.planning.lowering.convolutions import (
    convolution,
    convolution_input,
    convolution_kernel,
)
from giulgi.backends.cpu.planning.lowering.enlarged import of_smaller_arrays
from giulgi.backends.cpu.planning.lowering.into_loops import with_products_inside
from giulgi.backends.cpu.planning.lowering.pooling import at_tap, from_tap, greatest_tap
from giulgi.backends.cpu.planning.lowering.sinking import sunk
from giulgi.backends.cpu.planning.lowering.sorting import MOST_ELEMENTS, argsort
from giulgi.backends.cpu.planning.lowering.touched_rows import (
    joined_lookups,
    may_touch_rows,
    with_touched_rows,
)
from giulgi.backends.cpu.planning.operations.histories import History
from giulgi.backends.cpu.planning.sources import shape_of
from giulgi.graph.control.cond import Cond
from giulgi.graph.control.loop import Loop
from giulgi.graph.control.scan import Scan
from giulgi.graph.node import Node, build, topological
from giulgi.graph.op import Op
from giulgi.graph.ops.contraction import MatMul
from giulgi.graph.ops.convolutions import Convolution, ConvolutionInput, ConvolutionKernel
from giulgi.graph.ops.creation import zeros
from giulgi.graph.ops.getitem import getitem
from giulgi.graph.ops.indexing import AddAlong, Gather, ScatterAdd, TakeAlong
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.pooling import AtTap, FromTap, GreatestTap
from giulgi.graph.ops.sorting import ArgSort
from giulgi.graph.rewrite import rewritten, substitute
from giulgi.graph.tensor import Tensor
from giulgi.source import built_for

_CONVOLUTIONS = (Convolution, ConvolutionInput, ConvolutionKernel)

# What takes a result and its inputs, and returns the same, computed otherwise.
_LOWERINGS: dict[type[Op], Callable[..., Tensor]] = {
    Convolution: convolution,
    ConvolutionInput: convolution_input,
    ConvolutionKernel: convolution_kernel,
    GreatestTap: greatest_tap,
    AtTap: at_tap,
    FromTap: from_tap,
    ArgSort: argsort,
}


def lowered(computation: Computation) -> Computation:
    """Return the computation in operations for which there is code."""
    touches_rows = may_touch_rows(computation.nodes)
    if not (touches_rows or any(_needs_lowering(node) for node in computation.nodes)):
        return computation
    if touches_rows:
        ends = rewritten(_ends(computation), joined_lookups)
        computation = _with_ends(computation, ends)
        rows = with_touched_rows(computation)
        computation = _with_ends(computation, substitute(_ends(computation), rows))
    if any(isinstance(node.op, _CONVOLUTIONS) for node in computation.nodes):
        ends = rewritten(_ends(computation), of_smaller_arrays)
        computation = _with_ends(computation, ends)
    inside = with_products_inside([end.node for end in _ends(computation)])
    lower = _Lowering(topological(inside))
    return _with_ends(computation, rewritten([Tensor(node) for node in inside], lower))


def _ends(computation: Computation) -> list[Tensor]:
    """Return the fetches, and the new values of variables."""
    nodes = [*computation.fetches, *(node for _, node in computation.updates)]
    return [Tensor(node) for node in nodes]


def _with_ends(computation: Computation, ends: Sequence[Tensor]) -> Computation:
    """Return a computation with other fetches, and new values of variables behind them."""
    new = [end.node for end in ends]
    count = len(computation.fetches)
    places = [place for place, _ in computation.updates]
    return replace(
        computation,
        fetches=tuple(new[:count]),
        updates=tuple(zip(places, new[count:], strict=True)),
    )


def is_lowered(node: Node) -> bool:
    """Whether an operation is told by others before code is made."""
    if isinstance(node.op, ArgSort) and shape_of(node)[node.op.axis] > MOST_ELEMENTS:
        return False
    return type(node.op) in _LOWERINGS


def _needs_lowering(node: Node) -> bool:
    return isinstance(node.op, (Scan, Cond)) or type(node.op) in _LOWERINGS or _is_zero(node)


def _is_zero(node: Node) -> bool:
    """Whether a result has no elements, or each is a sum of none, as its inputs have none."""
    return (isinstance(node.op, MatMul) or type(node.op) in _LOWERINGS) and any(
        0 in shape_of(x) for x in (node, *node.inputs)
    )


def _has_own_value(loop: Loop, new: Node) -> bool:
    """Whether a new state is computed, and is the new value of no other state."""
    return new not in loop.parameters and loop.new_states.count(new) == 1


class _Lowering:
    """Returns what takes the place of a node.

    Args:
        nodes: the nodes of the computation.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        ops = [node.op for node in nodes if isinstance(node.op, Scan)]
        self._outputs: dict[Loop, list[Node]] = {}
        for op in ops:
            self._outputs.setdefault(op.loop, []).append(op.output)
        self._loops: dict[Loop, tuple[Loop, dict[Node, Node]]] = {}
        self._kept = {(op.loop, op.output) for op in ops if op.stacked}
        # Of which states all are kept, by what they are before a step and after it.
        self._histories: dict[tuple[Loop, Node], int] = {}
        for op in ops:
            if op.stacked and op.output in op.loop.states:
                state = op.loop.states.index(op.output)
                new = op.loop.new_states[state]
                if _has_own_value(op.loop, new):
                    self._histories[op.loop, op.output] = state
                    self._histories[op.loop, new] = state
                    self._kept.add((op.loop, new))

    def __call__(self, tensor: Tensor) -> Tensor:
        """Return what takes the place of a node, whose inputs are lowered already."""
        with built_for(tensor.source, tensor.node.path):
            if isinstance(tensor.op, Scan):
                return self._of_loop(tensor.op, tensor.inputs)
            if isinstance(tensor.op, Cond):
                # Both are computed; what is not chosen is not looked at.
                a, b = map(Tensor, self._body(_branches(tensor)))
                return where(tensor.inputs[0], a, b)
            if _is_zero(tensor.node):
                return zeros(tensor.shape, tensor.dtype)
            lowering = _LOWERINGS.get(type(tensor.op))
            return sunk(tensor) if lowering is None else lowering(tensor, *tensor.inputs)

    def _of_loop(self, op: Scan, inputs: Sequence[Tensor]) -> Tensor:
        """Lower the body of a loop; the last of what is kept of all steps is a part of that."""
        if not op.stacked and (op.loop, op.output) in self._kept:
            every = self._of_loop(replace(op, stacked=True), inputs)
            return getitem(every, 0 if op.loop.reverse else -1)
        state = self._histories.get((op.loop, op.output)) if op.stacked else None
        if op.loop not in self._loops:
            self._loops[op.loop] = self._lowered_loop(op.loop)
        loop, outputs = self._loops[op.loop]
        if state is not None:
            history = build(History(loop, loop.new_states[state], True, state), *inputs)
            before, after = slice(-1), slice(1, None)
            is_before = (op.output in op.loop.states) is not op.loop.reverse
            return getitem(history, before if is_before else after)
        return build(Scan(loop, outputs[op.output], op.stacked), *inputs)

    def _lowered_loop(self, loop: Loop) -> tuple[Loop, dict[Node, Node]]:
        """Return a loop with a lowered body, and what stands for each value of the body."""
        outputs = self._outputs[loop]
        new = self._body([*loop.new_states, *outputs])
        count = len(loop.new_states)
        lowered = replace(loop, new_states=tuple(new[:count]))
        return lowered, dict(zip(outputs, new[count:], strict=True))

    def _body(self, ends: Sequence[Node]) -> list[Node]:
        lower = _Lowering(topological(ends))
        return [end.node for end in rewritten([Tensor(node) for node in ends], lower)]


def _branches(choice: Tensor) -> list[Node]:
    """Return the results of both branches of a choice; in that which is not chosen nothing fails.

    There what is at places that may not exist is looked for at the first instead.
    """
    op = choice.op
    assert isinstance(op, Cond)
    condition, *given = choice.inputs
    outside = dict(zip(op.body.parameters, given, strict=True))
    found = []
    for is_chosen in (condition, ~condition):
        end = op.body.chosen(is_chosen is condition)[op.place]

        def guarded(x: Tensor, is_chosen: Tensor = is_chosen) -> Tensor:
            if not isinstance(x.op, (Gather, TakeAlong, ScatterAdd, AddAlong)):
                return x
            source, places, *sizes = x.inputs
            return build(x.op, source, where(is_chosen, places, 0), *sizes)

        found += substitute(rewritten([Tensor(end)], guarded), outside)
    return [end.node for end in found]

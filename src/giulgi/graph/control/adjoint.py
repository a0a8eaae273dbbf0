"""The gradient of a loop: a loop backwards.

With s_{t+1} = f(s_t, x_t, c) and y_t = g(s_t, x_t, c), and a bar for the gradient of the end with
respect to a value,

    bar s_t = bar s_{t+1} df/ds_t + bar y_t dg/ds_t,

and likewise for x_t; for what all steps share, bar c is the sum over t. A step backwards is the
gradient of a step, as graph, so it can be differentiated again. Of what the step forward computed
it is given what it needs, kept of every step; only views of memory are made again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Protocol

from giulgi.graph.control.loop import Loop, made_loop
from giulgi.graph.dtypes import is_float
from giulgi.graph.gradients import gradients
from giulgi.graph.node import Node, build
from giulgi.graph.ops.casting import Cast
from giulgi.graph.ops.contraction import MatMul
from giulgi.graph.ops.creation import arange, zeros_like
from giulgi.graph.ops.elementwise import Add
from giulgi.graph.ops.identities import StopGradient, Tag
from giulgi.graph.ops.leaves import placeholder
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.movement import BroadcastTo, Reshape, Transpose, expand_dims, reshape
from giulgi.graph.ops.reductions import Sum, SumTo, sum, sum_to
from giulgi.graph.ops.shape import ShapeOf, shape, size
from giulgi.graph.ops.slicing import Slice
from giulgi.graph.rewrite import substitute
from giulgi.graph.shapes import is_static
from giulgi.graph.tensor import Tensor

# Operations that a step backwards does again, on what was kept of their inputs.
_DONE_AGAIN = (Reshape, Transpose, BroadcastTo, Slice, Cast, StopGradient, Tag)


class ValuesOf(Protocol):
    """Returns a value of all steps of a loop, or of the last."""

    def __call__(
        self,
        loop: Loop,
        output: Node,
        inputs: Sequence[Tensor],
        *,
        stacked: bool,
        last_of: int | None = None,
    ) -> Tensor:
        """Build the node."""
        ...


@dataclass(frozen=True, eq=False)
class Received:
    """The gradient that comes to a value of a loop.

    Attributes:
        output: which value of the body.
        stacked: whether those of all steps are meant, or that of the last.
        dy: the gradient.
        state: which state it comes to, if the last of one is meant: without a step that is its
            first, though another state may have the same new value. None: any of this value.
    """

    output: Node
    stacked: bool
    dy: Tensor
    state: int | None = None


@dataclass
class _Parameters:
    """What a step backwards is given: placeholders, and what they stand for."""

    states: list[Tensor] = field(default_factory=list)
    first: list[Tensor] = field(default_factory=list)
    slices: list[Tensor] = field(default_factory=list)
    sequences: list[Tensor] = field(default_factory=list)

    def state(self, first: Tensor, name: str) -> Tensor:
        """Add a state."""
        self.states.append(placeholder(first.dtype, first.known_shape, name))
        self.first.append(first)
        return self.states[-1]

    def slice(self, part: Tensor, sequence: Tensor) -> Tensor:
        """Add an element of a sequence."""
        self.slices.append(part)
        self.sequences.append(sequence)
        return part


def input_gradients(
    loop: Loop, received: Sequence[Received], inputs: Sequence[Tensor], values_of: ValuesOf
) -> tuple[Tensor | None, ...]:
    """Return the gradients by the inputs of a loop; None where none flows.

    Args:
        loop: the loop.
        received: the gradients of its values.
        inputs: what the loop is given.
        values_of: builds a node of a loop.
    """
    given = dict(zip(loop.parameters, inputs, strict=True))
    parameters = _Parameters()
    moving = [node for node in loop.states if is_float(node.spec.dtype)]
    wanted = [node for node in loop.parameters if is_float(node.spec.dtype)]
    ys, dys = _seeds(loop, moving, received, given, parameters)
    answers = gradients(ys, [Tensor(node) for node in wanted], dys, unconnected="none")
    found = dict(zip(wanted, answers, strict=True))
    before = [zeros_like(Tensor(node)) if found[node] is None else found[node] for node in moving]
    sums = {
        node: [_sum_over_steps(term, given[node], parameters) for term in _terms(found[node])]
        for node in loop.captured
        if found.get(node) is not None
    }
    for part in (part for parts in sums.values() for part in parts):
        before += part.totals
    by_element = {node: found[node] for node in loop.slices if found.get(node) is not None}
    kept = [x for parts in sums.values() for part in parts for x in part.kept]
    ends = _on_what_was_kept(
        loop, received, [*before, *by_element.values(), *kept], given, parameters, values_of
    )
    if not parameters.slices:
        # Nothing is needed of the steps but their number.
        parameters.slice(Tensor(loop.slices[0]), given[loop.slices[0]])
    backward, ends, own_inputs = made_loop(
        (parameters.states, parameters.first),
        (parameters.slices, parameters.sequences),
        ends,
        not loop.reverse,
    )

    def last(place: int) -> Tensor:
        end = ends[place].node
        return values_of(backward, end, own_inputs, stacked=False, last_of=place)

    def all_steps(place: int) -> Tensor:
        return values_of(backward, ends[place].node, own_inputs, stacked=True)

    gradient: dict[Node, Tensor] = {node: last(i) for i, node in enumerate(moving)}
    gradient |= {node: all_steps(len(before) + i) for i, node in enumerate(by_element)}
    total, stack = len(moving), len(before) + len(by_element)
    for node, parts in sums.items():
        terms = []
        for part in parts:
            totals = [last(total + i) for i in range(len(part.totals))]
            stacks = [all_steps(stack + i) for i in range(len(part.kept))]
            total, stack = total + len(totals), stack + len(stacks)
            terms.append(part.combine(*totals, *stacks))
        gradient[node] = reduce(lambda a, b: a + b, terms)
    return tuple(gradient.get(node) for node in loop.parameters)


def _seeds(
    loop: Loop,
    moving: Sequence[Node],
    received: Sequence[Received],
    given: dict[Node, Tensor],
    parameters: _Parameters,
) -> tuple[list[Tensor], list[Tensor]]:
    """Return what a step leaves that gradients come to, and the gradients."""
    ys, dys = [], []
    last = [r for r in received if not r.stacked and r.output in loop.new_states]
    for place, (state, new) in enumerate(zip(loop.states, loop.new_states, strict=True)):
        if state in moving:
            own = [r for r in last if r.output is new and r.state in (None, place)]
            first = [r.dy for r in own] or [zeros_like(given[state])]
            # Of several states with one new value, one is given the gradient.
            last = [r for r in last if r not in own]
            ys.append(Tensor(new))
            name = f"d_{state.name}"
            dys.append(parameters.state(reduce(lambda a, b: a + b, first), name))
    for r in received:
        if r.stacked or r.output not in loop.new_states:
            sequence = r.dy if r.stacked else _at_the_last_step(loop, r.dy, given)
            shape = None if sequence.known_shape is None else sequence.known_shape[1:]
            ys.append(Tensor(r.output))
            dys.append(parameters.slice(placeholder(r.dy.dtype, shape), sequence))
    return ys, dys


def _at_the_last_step(loop: Loop, dy: Tensor, given: dict[Node, Tensor]) -> Tensor:
    """Return a sequence that is zero but for the step that came last."""
    count = size(given[loop.slices[0]], 0)
    is_last = arange(count) == (0 if loop.reverse else count - 1)
    axes = tuple(range(1, dy.ndim + 1))
    return where(expand_dims(is_last, axes) if axes else is_last, dy, 0)


# What all steps share


@dataclass(frozen=True)
class _Part:
    """A part of a gradient that is a sum over all steps.

    Attributes:
        totals: a sum so far, as a state: its new value; or nothing.
        kept: what is kept of every step.
        combine: makes the part of the last total, and of what was kept.
    """

    totals: list[Tensor]
    kept: list[Tensor]
    combine: Callable[..., Tensor]


def _terms(x: Tensor | None) -> list[Tensor]:
    """Return the terms of a sum of values of one shape."""
    assert x is not None
    if isinstance(x.op, Add) and all(y.known_shape == x.known_shape for y in x.inputs):
        return [term for y in x.inputs for term in _terms(y)]
    return [x]


def _sum_of_products(a: Tensor, b: Tensor) -> Tensor:
    """Return the sum of a' b over all steps: as rows of one matrix each, they are one product."""
    rows = [reshape(x, (-1, size(x, 2))) for x in (a, b)]
    return build(MatMul(transpose_a=True), *rows)


def _sum_over_steps(term: Tensor, shared: Tensor, parameters: _Parameters) -> _Part:
    """Return how a part of the gradient of what all steps share is summed over the steps.

    A sum of products a' b over all steps is one product of all a and b, which takes less time.
    """
    op, inputs = term.op, term.inputs
    if op == MatMul(transpose_a=True) and all(len(x.known_shape or ()) == 2 for x in inputs):
        return _Part([], list(inputs), _sum_of_products)
    if isinstance(op, Sum) and not op.keepdims and op.axes is not None:
        axes = (0, *(axis + 1 for axis in op.axes))
        return _Part([], list(inputs), lambda x: sum(x, axes))
    if isinstance(op, SumTo) and is_static(op.shape):
        wanted = op.shape
        return _Part([], list(inputs), lambda x: sum_to(x, wanted))
    total = parameters.state(zeros_like(shared), "sum")
    return _Part([total + term], [], lambda total: total)


# What a step backwards needs of the step forward


def _on_what_was_kept(
    loop: Loop,
    received: Sequence[Received],
    ends: Sequence[Tensor],
    given: dict[Node, Tensor],
    parameters: _Parameters,
    values_of: ValuesOf,
) -> list[Tensor]:
    """Return the ends of the step backwards, made of what was kept of the step forward."""
    inputs = [given[node] for node in loop.parameters]
    kept = _varying(loop, received)
    own = {x.node for x in (*parameters.states, *parameters.slices)}
    replaced: dict[Node, Tensor] = {node: given[node] for node in loop.captured}
    seen = own | set(replaced)
    waiting = [end.node for end in ends]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node not in kept and _asks_for_shape_of(node, kept):
            # What is kept of all steps has one axis more. Once shapes are known it is not needed.
            value = values_of(loop, node.inputs[0], inputs, stacked=True)
            replaced[node] = shape(value)[1:]
        elif node in loop.slices:
            parameters.slice(Tensor(node), given[node])
        elif node in loop.states:
            parameters.slice(Tensor(node), values_of(loop, node, inputs, stacked=True))
        elif node in kept and not isinstance(node.op, _DONE_AGAIN):
            value = values_of(loop, node, inputs, stacked=True)
            part = placeholder(node.spec.dtype, node.spec.shape, node.name or None)
            replaced[node] = parameters.slice(part, value)
        else:
            waiting.extend(node.inputs)
    return substitute(ends, replaced)


def _varying(loop: Loop, received: Sequence[Received]) -> set[Node]:
    """Return what a step forward computes that differs from step to step."""
    varying = set(loop.states) | set(loop.slices)
    for node in loop.body([r.output for r in received]):
        if any(source in varying for source in node.inputs):
            varying.add(node)
    return varying


def _asks_for_shape_of(node: Node, kept: set[Node]) -> bool:
    return isinstance(node.op, ShapeOf) and node.inputs[0] in kept

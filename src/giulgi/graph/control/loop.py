"""A loop: a graph that is computed once in each step, on what the step before left to it.

The body is graph like any other. What differs from step to step comes in by placeholders:

* *states*, which are what the step before made of them, and in the first step given;
* *slices*, of which step t gets element t of a sequence;
* *captured* values, which are computed once, outside, and are the same in every step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from giulgi.errors import GraphError
from giulgi.graph.control.body import Body, Form, is_inlined, parameters_of, rebuilt, stand_ins
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.leaves import constant, placeholder, settled_value
from giulgi.graph.ops.state import Assign
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor


@dataclass(frozen=True, eq=False)
class Loop(Body):
    """What is computed in each step.

    Attributes:
        states: placeholders for what the step before left.
        slices: placeholders for the elements of sequences.
        captured: placeholders for what is the same in every step.
        new_states: what is left to the next step, one for each state.
        reverse: whether the last elements of the sequences come first.
    """

    states: tuple[Node, ...]
    slices: tuple[Node, ...]
    captured: tuple[Node, ...]
    new_states: tuple[Node, ...]
    reverse: bool

    def __reduce__(self) -> Any:
        own = (self.states, self.slices, self.captured, self.new_states, self.reverse)
        return Loop, own, {"is_plain": self.is_plain}

    @property
    def parameters(self) -> tuple[Node, ...]:
        """All placeholders, in the order in which a loop is given its inputs."""
        return (*self.states, *self.slices, *self.captured)

    def body(self, outputs: Sequence[Node]) -> list[Node]:
        """Return the nodes of a step that has some outputs, inputs before their users."""
        return topological([*self.new_states, *outputs], stop=self.parameters)

    def adapted(self, forms: Sequence[Form], *, plain: bool) -> Adapted:
        """Return the loop for inputs of which more is known; always the same for the same.

        Args:
            forms: what is known of each input.
            plain: whether it is to be computed, every shape being known.
        """

        def make() -> Adapted:
            given = stand_ins(self.parameters, forms)
            return Adapted(self.remade(given, plain=plain), given)

        found: Adapted = self.forms.get((*forms, plain), make)
        return found

    def remade(self, given: Mapping[Node, Tensor], *, plain: bool) -> Loop:
        """Return it with other parameters, of which constants are none any more."""

        return Loop(
            parameters_of(self.states, given), parameters_of(self.slices, given),
            parameters_of(self.captured, given),
            tuple(rebuilt(self.new_states, given, plain=plain)), self.reverse, is_plain=plain,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Adapted:
    """A loop in another form.

    Attributes:
        loop: the loop.
        given: what stands for each parameter of the loop that it was made of.
        outputs: what stands for values that were asked for.
    """

    loop: Loop
    given: dict[Node, Tensor]
    outputs: dict[Node, Node] = field(default_factory=dict, repr=False)

    def output(self, node: Node) -> Node:
        """Return what stands for a value of the body."""
        found = self.outputs.get(node)
        if found is None:
            found = rebuilt([node], self.given, plain=self.loop.is_plain)[0]
            self.outputs[node] = found
        return found


def _require_no_assignment(node: Node) -> None:
    if isinstance(node.op, Assign):
        raise GraphError(
            f"an assignment, to {node.op.variable.label!r}, inside a loop or a branch would not be "
            "made.",
            op="assign",
            where=node.source,
            fix="return the value, and assign what comes out behind it",
        )


@dataclass(frozen=True)
class Captured:
    """The ends of a body, and what it takes from outside.

    Attributes:
        ends: the ends, made of placeholders and small constants alone.
        parameters: the placeholders for what is taken from outside.
        values: what that is.
    """

    ends: list[Tensor]
    parameters: list[Node]
    values: list[Tensor]


# Of so few numbers a vector may well be a shape.
_MOST_AXES = 8


def _sizes(node: Node) -> Any:
    """Return the numbers of a node that may be the sizes of a shape, if they are known.

    They stay in the body, so that shapes are known there.
    """
    shape = node.spec.shape
    if node.spec.dtype.kind not in "iu" or shape is None or len(shape) != 1 or shape[0] is None:
        return None
    return settled_value(Tensor(node)) if shape[0] <= _MOST_AXES else None


def capture(
    ends: Sequence[Tensor], parameters: Sequence[Node], also: Callable[[Node], bool] | None = None
) -> Captured:
    """Find out what a body takes from outside, the largest expressions of it.

    What is computed from nothing that differs between the steps is computed once, outside.

    Args:
        ends: the ends of the body.
        parameters: the placeholders that differ from step to step.
        also: which other nodes belong to the body.
    """
    given = set(parameters)
    inside = set(given)
    order = topological((end.node for end in ends), stop=given)
    for node in order:
        if any(source in inside for source in node.inputs) or (also and also(node)):
            inside.add(node)
            _require_no_assignment(node)
    used = dict.fromkeys(
        source for node in order if node in inside - given for source in node.inputs
    )
    used |= dict.fromkeys(end.node for end in ends)
    outside = [node for node in used if node not in inside and not is_inlined(Tensor(node))]
    sizes = {node: constant(found) for node in outside if (found := _sizes(node)) is not None}
    outside = [node for node in outside if node not in sizes]
    stands_for = {
        node: placeholder(node.spec.dtype, node.spec.shape, node.name or None) for node in outside
    }
    return Captured(
        substitute(ends, stands_for | sizes),
        [stands_for[node].node for node in outside],
        [Tensor(node) for node in outside],
    )


def made_loop(
    states: tuple[Sequence[Tensor], Sequence[Tensor]],
    slices: tuple[Sequence[Tensor], Sequence[Tensor]],
    ends: Sequence[Tensor],
    reverse: bool,
) -> tuple[Loop, list[Tensor], list[Tensor]]:
    """Return a loop, the ends of its body, and its inputs.

    Args:
        states: the placeholders of states, and their first values.
        slices: the placeholders of elements, and the sequences.
        ends: the new states, and whatever else is asked for of the body.
        reverse: whether the last elements come first.
    """
    own = [x.node for x in (*states[0], *slices[0])]
    found = capture(ends, own)
    count = len(states[0])
    loop = Loop(
        tuple(own[:count]), tuple(own[count:]), tuple(found.parameters),
        tuple(end.node for end in found.ends[:count]), reverse,
    )  # fmt: skip
    return loop, found.ends, [*states[1], *slices[1], *found.values]

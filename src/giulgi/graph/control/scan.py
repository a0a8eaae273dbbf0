"""A loop over the elements of sequences: recurrent networks, filters, simulations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from giulgi.errors import ShapeError
from giulgi.graph.control.adjoint import Received, input_gradients
from giulgi.graph.control.body import Form, computed, is_inlined
from giulgi.graph.control.loop import Loop
from giulgi.graph.node import Node, build
from giulgi.graph.op import Op, Spec
from giulgi.graph.ops.leaves import Constant
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Scan(Op):
    """A value of each step of a loop, of all steps one behind the other; or of the last step.

    The inputs are the first states, the sequences, and what the body captures. Nodes of the same
    loop and inputs are computed together, in one loop.

    Attributes:
        loop: what a step computes.
        output: which value of the body.
        stacked: whether the values of all steps are the result, along a first axis; else it is
            that of the step that came last.
        last_of: which state it is the last of, if it is one: without a step that is its first,
            though another state may have the same new value. None, once there is known to be one.
    """

    loop: Loop
    output: Node
    stacked: bool
    last_of: int | None = field(default=None, kw_only=True)

    def infer(self, *inputs: Tensor) -> Spec:
        """All sequences have the same length, along their first axis."""
        shape = self.output.spec.shape
        length = self.length_of(inputs)
        if self.stacked and shape is not None:
            shape = (length, *shape)
        return Spec(shape, self.output.spec.dtype)

    def length_of(self, inputs: Sequence[Tensor]) -> int | None:
        """Return the number of steps, as far as it is known.

        Raises:
            ShapeError: if the sequences are of several lengths.
        """
        first = len(self.loop.states)
        sequences = inputs[first : first + len(self.loop.slices)]
        lengths = [None if x.known_shape is None else x.known_shape[0] for x in sequences]
        known = {length for length in lengths if length is not None}
        if len(known) > 1:
            raise ShapeError(
                "the sequences differ in length: " + ", ".join(map(str, sorted(known))) + ".",
                op="scan",
                fix="the first axis of each is that of the steps; swap axes with gg.moveaxis",
            )
        return next(iter(known), None)

    def normalised(self, *inputs: Tensor) -> Op:
        """What is known of the inputs is known in the body."""
        return self._adapted(self._forms(inputs), plain=False)

    def resolve(self, *inputs: Tensor) -> Tensor | None:
        """Small constants stand in the body itself; without a step a state is what it was."""
        loop = self.loop
        if self.stacked and self.output in loop.slices:
            return inputs[loop.parameters.index(self.output)]
        length = self.length_of(inputs)
        if not self.stacked and length == 0 and self.output in loop.new_states:
            return inputs[self._state]
        if length and self.last_of is not None:
            return build(replace(self, last_of=None), *inputs)
        first = len(inputs) - len(self.loop.captured)
        forms = self._forms(inputs)
        for place, x in enumerate(inputs[first:], start=first):
            if is_inlined(x):
                assert isinstance(x.op, Constant)
                forms[place] = x.op
        kept = [x for x, form in zip(inputs, forms, strict=True) if isinstance(form, Spec)]
        if len(kept) == len(inputs):
            return None
        return build(self._adapted(forms, plain=False), *kept)

    @property
    def _state(self) -> int:
        """The state that it is the last of."""
        return self.loop.new_states.index(self.output) if self.last_of is None else self.last_of

    def last(self, states: Sequence[Array]) -> Array | None:
        """Return its value, given the last states; None if it is of none."""
        is_of_one = not self.stacked and self.output in self.loop.new_states
        return states[self._state] if is_of_one else None

    def simplified(self, *inputs: Tensor) -> Tensor | None:
        """What changes nothing is left out of the body, too."""
        if self.loop.is_plain:
            return None
        return build(self._adapted(self._forms(inputs), plain=True), *inputs)

    def _forms(self, inputs: Sequence[Tensor]) -> list[Form]:
        """Return what is known of the inputs in the body."""
        forms: list[Form] = []
        states, slices = len(self.loop.states), len(self.loop.slices)
        for place, x in enumerate(inputs):
            shape = x.known_shape
            if states <= place < states + slices and shape is not None:
                shape = shape[1:]
            forms.append(Spec(shape, x.dtype))
        return forms

    def _adapted(self, forms: Sequence[Form], *, plain: bool) -> Scan:
        if not plain and tuple(forms) == tuple(node.spec for node in self.loop.parameters):
            return self
        adapted = self.loop.adapted(forms, plain=plain)
        return replace(self, loop=adapted.loop, output=adapted.output(self.output))

    # All values of a loop are computed together, and their gradients found in one loop backwards.

    @property
    def companions(self) -> Loop:
        """The loop, whose values are computed and differentiated together."""
        return self.loop

    def numpy(self, *inputs: Array) -> Array:
        """Take all steps, one after the other."""
        return self.computed_together([self], *inputs)[0]

    def computed_together(self, ops: Sequence[Op], *inputs: Array) -> list[Array]:
        """Take all steps, one after the other, for several values."""
        return _run([op for op in ops if isinstance(op, Scan)], inputs)

    def gradients_together(
        self, received: Sequence[tuple[Op, Tensor]], *inputs: Tensor
    ) -> tuple[Tensor | None, ...]:
        """Return the gradients by the inputs, given those by several nodes of the loop."""
        values = [
            Received(op.output, op.stacked, dy, op.last_of)
            for op, dy in received
            if isinstance(op, Scan)
        ]
        return input_gradients(self.loop, values, inputs, values_of)

    def collected(self, values: list[Array], inputs: Sequence[Array]) -> Array:
        """Return the result, made of the values of all steps in the order of time."""
        spec = self.output.spec
        if not self.stacked:
            return values[-1]
        if not values:
            return np.zeros((0, *(size or 0 for size in spec.shape or ())), spec.dtype)
        return np.stack(values[::-1] if self.loop.reverse else values)

    def formula(self, *inputs: str) -> str:
        """Tell what is gone along, where it begins, and what is used in every step."""
        states, slices = len(self.loop.states), len(self.loop.slices)
        said = [f"{'all' if self.stacked else 'last'} {self.output.name or self.output.op.name}"]
        named = {"over": inputs[states : states + slices], "from": inputs[:states]}
        named["with"] = inputs[states + slices :]
        said += [f"{word} {', '.join(names)}" for word, names in named.items() if names]
        return f"scan({' '.join(said)}{', reverse' if self.loop.reverse else ''})"


def values_of(
    loop: Loop,
    output: Node,
    inputs: Sequence[Tensor],
    *,
    stacked: bool,
    last_of: int | None = None,
) -> Tensor:
    """Return a value of all steps of a loop, or of the last: of a state, if it is told which."""
    return build(Scan(loop, output, stacked, last_of=last_of), *inputs)


def last_step(every: Tensor, *, reverse: bool) -> Tensor:
    """Return the value of the step that came last, given those of all steps of a loop.

    Its gradient is where a loop backwards begins; that of ``every[-1]`` is zeros for all others.
    """
    if not isinstance(every.op, Scan):  # Each step gives what it was given.
        return every[0 if reverse else -1]
    return build(replace(every.op, stacked=False), *every.inputs)


def _run(ops: Sequence[Scan], inputs: Sequence[Array]) -> list[Array]:
    """Compute several values of one loop: its meaning.

    Args:
        ops: which; all of one loop.
        inputs: what the loop is given.
    """
    loop = ops[0].loop
    count, slices = len(loop.states), len(loop.slices)
    states, sequences = list(inputs[:count]), inputs[count : count + slices]
    captured = dict(zip(loop.captured, inputs[count + slices :], strict=True))
    ends = [*loop.new_states, *(op.output for op in ops)]
    length = len(sequences[0])
    found: list[list[Array]] = [[] for _ in ops]
    for step in reversed(range(length)) if loop.reverse else range(length):
        given = {**captured, **dict(zip(loop.states, states, strict=True))}
        given |= {node: x[step] for node, x in zip(loop.slices, sequences, strict=True)}
        values = computed(ends, given)
        states = values[:count]
        for kept, value in zip(found, values[count:], strict=True):
            kept.append(value)
    lasts = [op.last(states) for op in ops]
    return [
        op.collected(values, inputs) if last is None else last
        for op, values, last in zip(ops, found, lasts, strict=True)
    ]

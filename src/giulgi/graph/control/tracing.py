"""Python functions that become the body of a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Never

from giulgi.errors import ArgumentError, DTypeError, GraphError, ShapeError
from giulgi.graph.control.draws import drawn_at_once
from giulgi.graph.control.loop import made_loop
from giulgi.graph.control.scan import values_of
from giulgi.graph.ops.creation import arange
from giulgi.graph.ops.leaves import TensorLike, constant, placeholder
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.movement import expand_dims
from giulgi.graph.ops.state import Recorder, Variable, current_recorder
from giulgi.graph.shapes import Shape, could_agree, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.tree import Structure, flatten, unflatten


def scan(
    step: Callable[..., tuple[Any, Any]],
    initial: Any,
    xs: Any = None,
    *,
    length: int | None = None,
    reverse: bool = False,
    mask: TensorLike | None = None,
) -> tuple[Any, Any]:
    """Take a step for each element of sequences, and pass states on from step to step.

    With s_0 = initial: s_{t+1}, y_t = step(s_t, x_t), for t = 0 ... T - 1. The body is built once,
    however many steps there are, and gradients flow back through all of them::

        total, sums = gg.scan(lambda s, x: (s + x, s + x), 0.0, [1.0, 2.0, 3.0])   # 6, [1 3 6]

    Args:
        step: a function of the state and of one element, that returns the new state and what is
            to be kept of the step. State, element and result may be nested tuples, lists and
            dicts of tensors; a step that keeps nothing returns None for it.
        initial: the first state.
        xs: the sequences; the first axis is that of the steps. None: the steps are numbered, and
            get their numbers.
        length: the number of steps, if there are no sequences.
        reverse: whether the last elements come first. The results stay at the places of their
            elements.
        mask: of shape (T, ...): where it is False, the state stays what it was.

    Returns:
        The state after the last step; and the results of all steps, along a first axis.

    Raises:
        ArgumentError: if there are neither sequences nor a length, or step returns no pair.
        ShapeError, DTypeError: if the sequences differ in length, or a new state in shape or dtype
            from what it was.
    """
    states, state_structure = flatten(initial)
    begin = [constant(state) for state in states]
    if xs is None:
        xs = arange(_checked_length(length))
    elements, element_structure = flatten(_with_arrays(xs))
    sequences = [_checked_sequence(x) for x in elements]
    olds = [
        placeholder(s.dtype, s.known_shape, s.given_name or f"state_{i}")
        for i, s in enumerate(begin, start=1)
    ]
    slices = [placeholder(x.dtype, _without_first(x), x.given_name) for x in sequences]
    with Apart("scan"):
        answer = step(
            unflatten(state_structure, iter(olds)), unflatten(element_structure, iter(slices))
        )
    new, kept, kept_structure = _answered(answer, state_structure)
    if mask is not None:
        sequences.append(_checked_sequence(mask))
        slices.append(placeholder(sequences[-1].dtype, _without_first(sequences[-1])))
        new = [_where_not_masked(slices[-1], *pair) for pair in zip(new, olds, strict=True)]
    new = [fitting("scan", *pair) for pair in zip(begin, new, strict=True)]
    ends = drawn_at_once((olds, begin), (slices, sequences), [*new, *kept])
    loop, ends, inputs = made_loop((olds, begin), (slices, sequences), ends, reverse)
    finals = [
        values_of(loop, node, inputs, stacked=False, last_of=place)
        for place, node in enumerate(loop.new_states)
    ]
    results = [values_of(loop, end.node, inputs, stacked=True) for end in ends[len(new) :]]
    return (
        unflatten(state_structure, iter(finals)),
        None if kept_structure is None else unflatten(kept_structure, iter(results)),
    )


class Apart(Recorder):
    """Refuses assignments: of a body that is built once they would be made once, or never.

    Args:
        op: whose body it is.
    """

    def __init__(self, op: str) -> None:
        super().__init__()
        self.op = op
        around = current_recorder()
        if around is not None:
            self.pending, self.versions = around.pending, around.versions

    def record(self, variable: Variable, value: Tensor) -> Never:
        """Raise a GraphError."""
        raise GraphError(
            f"what {self.op} calls cannot assign to a variable, such as {variable.name!r}.",
            op=self.op,
            fix="return the value, and assign what comes out behind it",
        )


def _checked_length(length: Any) -> int:
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise ArgumentError(
            "scan needs sequences, or how many steps to take.",
            op="scan",
            fix="gg.scan(step, initial, xs), or gg.scan(step, initial, length=10)",
        )
    return length


def _with_arrays(xs: Any) -> Any:
    """Return nested sequences in which lists of plain numbers are arrays."""
    if isinstance(xs, list) and not any(hasattr(x, "shape") for x in flatten(xs)[0]):
        return constant(xs)
    if isinstance(xs, dict):
        return {key: _with_arrays(value) for key, value in xs.items()}
    if isinstance(xs, (list, tuple)) and not hasattr(xs, "_fields"):
        return type(xs)(map(_with_arrays, xs))
    return xs


def _checked_sequence(value: TensorLike) -> Tensor:
    x = constant(value)
    if x.known_shape == ():
        raise ShapeError(
            "a sequence has a first axis, of its steps, and this is a single number.",
            op="scan",
            arguments=[("x", x.description)],
            fix="what is the same in every step is just used by it: it need not be passed",
        )
    return x


def _without_first(x: Tensor) -> Shape | None:
    return None if x.known_shape is None else x.known_shape[1:]


def _answered(answer: Any, structure: Structure) -> tuple[list[Tensor], list[Tensor], Structure]:
    """Return new states, results, and how the results are nested; None: there are none."""
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise ArgumentError(
            "a step returns two things: the new state, and what is kept of the step.",
            op="scan",
            fix="return state, None where nothing is to be kept",
        )
    states, own = flatten(answer[0])
    if own != structure:
        raise ArgumentError(
            "the new state is nested otherwise than the one before.",
            op="scan",
            fix="return the states in the containers in which they came",
        )
    new = [constant(state) for state in states]
    if answer[1] is None:
        return new, [], None
    kept, kept_structure = flatten(answer[1])
    return new, [constant(value) for value in kept], kept_structure


def _where_not_masked(mask: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """Return the new state, or the old one where a mask is False, along its first axes."""
    if old.known_shape is None or mask.known_shape is None:
        return where(mask, new, old)
    missing = len(old.known_shape) - len(mask.known_shape)
    axes = tuple(range(len(mask.known_shape), len(mask.known_shape) + missing))
    return where(expand_dims(mask, axes) if axes else mask, new, old)


def fitting(op: str, begin: Tensor, new: Tensor) -> Tensor:
    """Return a new state that has shape and dtype of the first one."""
    if new.dtype != begin.dtype:
        raise DTypeError(
            f"the state begins as {begin.dtype.name} and becomes {new.dtype.name}.",
            op=op,
            arguments=[("initial", begin.description), ("new", new.description)],
            fix=f"begin with gg.cast(initial, {new.dtype.name!r}), or cast what the step returns",
        )
    if not could_agree(begin.known_shape, new.known_shape):
        raise ShapeError(
            f"the state begins with shape {shape_text(begin.known_shape)} and becomes "
            f"{shape_text(new.known_shape)}.",
            op=op,
            arguments=[("initial", begin.description), ("new", new.description)],
            fix="a state keeps its shape; begin with zeros of the shape that it has later",
        )
    return new

"""One loop of giulgi for what is told as steps of tensors of the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.operations.operation import as_results
from giulgi.compat.tensorflow.control.traced import in_a_loop
from giulgi.compat.tensors.tensor import Tensor, as_expression, as_tensor, record
from giulgi.tree import flatten, unflatten


def scanned(
    step: Callable[[Any, Any], tuple[Any, Any]],
    initial: Any,
    sequences: Any,
    mask: gg.Tensor | None = None,
    *,
    reverse: bool = False,
    type: str = "while",
) -> tuple[Any, Any]:
    """Take a step for each element of sequences, in one loop.

    The step is called once, with tensors that stand for the state and the elements of any step.
    What it takes from outside, such as variables, it finds as everywhere.

    Args:
        step: a function of the state and of one element, which returns the new state and what is
            to be kept of the step: nested tensors.
        initial: the first state: nested tensors.
        sequences: nested tensors, whose first axis is that of the steps.
        mask: of shape (steps, batch): where it is False, the state stays what it was.
        reverse: whether the last elements come first.
        type: what kind of operation it is.

    Returns:
        The last state, and what was kept of all steps, along a first axis.
    """
    graph = get_default_graph()
    states, state_structure = flatten(initial)
    elements, element_structure = flatten(sequences)
    begin, xs = [as_tensor(x) for x in states], [as_tensor(x) for x in elements]
    size = graph.size
    structures: list[Any] = []  # Those of the new state and of what is kept.

    def body(olds: list[gg.Tensor], slices: list[gg.Tensor]) -> tuple[Any, Any]:
        with graph.name_scope("while"), in_a_loop():
            given = [_inside(x) for x in olds], [_inside(x) for x in slices]
            _sharpen(given[0], [x.sizes for x in begin])
            _sharpen(given[1], [x.sizes and x.sizes[1:] for x in xs])
            new, kept = step(
                unflatten(state_structure, iter(given[0])),
                unflatten(element_structure, iter(given[1])),
            )
        leaves, structure = flatten(new)
        if len(leaves) != len(begin):
            raise ValueError(
                f"The state of a step has {len(leaves)} parts, and before it had {len(begin)}: "
                f"{structure} and {state_structure}"
            )
        ends = [gg.cast(as_expression(x), y.dtype) for x, y in zip(leaves, olds, strict=True)]
        results, own = flatten(kept)
        structures.extend([structure, own])
        return ends, [as_expression(x) for x in results]

    final, results = gg.scan(
        body, [x.expression for x in begin], [x.expression for x in xs], mask=mask, reverse=reverse
    )
    inputs = [*begin, *xs, *taken_in(graph.made_since(size))]
    made = as_results(type, None, inputs, (list(final), list(results)))
    return unflatten(structures[0], iter(made[0])), unflatten(structures[1], iter(made[1]))


def _inside(x: gg.Tensor) -> Tensor:
    """Return what stands for an expression inside the loop."""
    return record("Identity", None, [], [x]).outputs[0]


def _sharpen(tensors: Sequence[Tensor], shapes: Sequence[Any]) -> None:
    """Say what is known of shapes outside."""
    for tensor, shape in zip(tensors, shapes, strict=True):
        if shape is not None:
            tensor.set_shape(shape)


def taken_in(operations: Sequence[Any]) -> list[Tensor]:
    """Return what operations take from outside themselves."""
    inside = set(operations)
    found = [x for operation in operations for x in operation.inputs if x.op not in inside]
    return list(dict.fromkeys(found))

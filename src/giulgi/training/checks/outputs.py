"""Advice on outputs that do not fit their loss or their metrics.

It goes by the last operations of an output in the graph, and not by data. Of an output that ends in
any other way it says nothing.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from giulgi.advice import advise
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.contraction import MatMul
from giulgi.graph.ops.elementwise import Add, Divide, Maximum
from giulgi.graph.ops.functions import Exp, Sigmoid, Tanh
from giulgi.graph.ops.identities import Tag
from giulgi.graph.ops.leaves import Constant
from giulgi.graph.ops.movement import ExpandDims, Reshape, Squeeze
from giulgi.graph.ops.reductions import Sum
from giulgi.graph.tensor import Tensor
from giulgi.nn import losses, metrics
from giulgi.nn.losses import Loss
from giulgi.nn.metrics import MeanOf
from giulgi.training.objective import OutputGoal

# Operations that bring the same numbers into another shape, or only name them.
_SAME_NUMBERS = (Tag, Reshape, ExpandDims, Squeeze)

# What the last layer of a network needs for each loss of probabilities, and the loss's class.
_OF_PROBABILITIES: dict[Any, tuple[str, str]] = {
    losses.binary_crossentropy: ("sigmoid", "BinaryCrossentropy"),
    losses.categorical_crossentropy: ("softmax", "CategoricalCrossentropy"),
    losses.sparse_categorical_crossentropy: ("softmax", "SparseCategoricalCrossentropy"),
}


def activation_of(output: Tensor, trained: Container[Node]) -> str:
    """Return "softmax", "sigmoid", "tanh", "relu", "linear", as an output ends; "" if unknown.

    Args:
        output: the output.
        trained: the weights that training changes. Only a product with one of them is "linear":
            the numbers of a fixed one may have been chosen so that probabilities come out.
    """
    node = _last_operation(output)
    if isinstance(node.op, Sigmoid):
        return "sigmoid"
    if isinstance(node.op, Tanh):
        return "tanh"
    if isinstance(node.op, Maximum) and any(_is_zero(source) for source in node.inputs):
        return "relu"
    if _softmax_sum(node) is not None:
        return "softmax"
    if isinstance(node.op, Add) and any(source in trained for source in node.inputs):
        node = next((source for source in node.inputs if source not in trained), node)
    if isinstance(node.op, MatMul) and node.inputs[1] in trained:
        return "linear"
    return ""


def _is_zero(node: Node) -> bool:
    return isinstance(node.op, Constant) and not node.op.value.any()


def _last_operation(output: Tensor) -> Node:
    node = output.node
    while isinstance(node.op, _SAME_NUMBERS):
        node = node.inputs[0]
    return node


def _softmax_sum(node: Node) -> Node | None:
    """Return the sum in the denominator, if the node is e^x / sum(e^x)."""
    if isinstance(node.op, Divide):
        above, below = node.inputs
        if isinstance(above.op, Exp) and isinstance(below.op, Sum) and below.inputs == (above,):
            return below
    return None


def advise_on_output(goal: OutputGoal, output: Tensor, activation: str) -> None:
    """Warn of an output that cannot be trained with its loss, or not be measured so.

    Args:
        goal: its loss and metrics.
        output: the output.
        activation: how it ends, see :func:`activation_of`.
    """
    if activation == "softmax" and _is_over_one(output):
        advise(
            f"the output {goal.name!r} is a softmax of one number, which is always 1. For a yes or "
            "no use activation='sigmoid' with the loss binary_crossentropy; for several classes "
            "give the last layer one unit for each."
        )
    elif goal.loss is not None:
        _advise_on_loss(goal.name, goal.loss, output, activation)
    for metric in (*goal.metrics, *goal.weighted_metrics):
        if isinstance(metric, MeanOf):
            _advise_on_metric(goal, metric, activation)


def _is_over_one(softmax: Tensor) -> bool:
    """Whether a softmax runs over an axis of size 1."""
    total = _softmax_sum(_last_operation(softmax))
    if total is None or not isinstance(total.op, Sum) or total.op.axes is None:
        return False
    sizes = total.inputs[0].spec.shape
    return sizes is not None and all(sizes[axis] == 1 for axis in total.op.axes)


def _advise_on_loss(name: str, loss: Loss, output: Tensor, activation: str) -> None:
    found = None if loss.function is None else _OF_PROBABILITIES.get(loss.function)
    if found is None:
        return
    wanted, loss_class = found
    if loss.function is losses.categorical_crossentropy and _classes(loss, output) == 1:
        advise(
            f"{loss.name} compares classes, and the output {name!r} has one unit. For a yes or no "
            "use the loss binary_crossentropy with activation='sigmoid'; for several classes give "
            "the last layer one unit for each."
        )
    elif loss.options.get("from_logits"):
        if activation in ("softmax", "sigmoid"):
            advise(
                f"{loss.name} with from_logits=True applies a {wanted} itself, and "
                f"the output {name!r} is a {activation} already. Give the last layer "
                "no activation, or leave out from_logits=True."
            )
    elif activation in ("linear", "tanh", "relu"):
        or_logits = f", or take loss=gg.losses.{loss_class}(from_logits=True)"
        advise(
            f"{loss.name} takes probabilities, and the output {name!r} is {activation}: its "
            f"numbers are not all between 0 and 1. Give the last layer activation={wanted!r}"
            f"{or_logits if activation == 'linear' else ''}."
        )


def _classes(loss: Loss, output: Tensor) -> int | None:
    return output.shape[loss.options.get("axis", -1)] if output.known_shape else None


def _advise_on_metric(goal: OutputGoal, metric: MeanOf, activation: str) -> None:
    if metric.function is metrics.accuracy and activation:
        advise(
            f"the metric {metric.name!r} is the share of outputs that equal the target exactly, "
            f"which numbers of a {activation} output hardly ever do. Use "
            "metrics=['accuracy'], which fits the outputs, or 'mae' for quantities."
        )
    logits = goal.loss is not None and goal.loss.options.get("from_logits")
    is_half = metric.options.get("threshold", 0.5) == 0.5
    if metric.function is metrics.binary_accuracy and is_half and logits and activation == "linear":
        advise(
            f"the metric {metric.name!r} counts outputs above 0.5 as yes, and logits mean yes "
            "above 0. Use metrics=[gg.metrics.BinaryAccuracy(threshold=0.0)]."
        )


def advise_on_unused(loss: Tensor, trained: Sequence[Tensor]) -> None:
    """Tell of weights that the loss does not depend on."""
    reached = set(topological([loss.node]))
    unused = [variable.name for variable in trained if variable.node not in reached]
    if unused:
        advise(
            "the loss does not depend on these weights, which stay as they are: "
            + ", ".join(unused)
        )

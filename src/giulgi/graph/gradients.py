"""Gradients as a transformation of the graph.

``gradients(y, x)`` walks from y back to x and asks each operation for its rule. The result is more
graph: it can be printed, compiled with the rest, and differentiated again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from giulgi.errors import ArgumentError, DTypeError, GraphError, ShapeError
from giulgi.graph.dtypes import is_float
from giulgi.graph.node import Node, companions_of, topological
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.creation import ones_like, zeros_like
from giulgi.graph.ops.identities import StopGradient
from giulgi.graph.ops.leaves import PythonFloat, TensorLike, constant, require_tensor
from giulgi.graph.ops.reductions import sum_to
from giulgi.graph.ops.shape import sizes_of
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import could_be, is_static, shape_text
from giulgi.graph.summing import summed
from giulgi.graph.tensor import Tensor
from giulgi.source import built_for


def gradients(
    ys: Tensor | Sequence[Tensor],
    xs: Any,
    grad_ys: TensorLike | Sequence[TensorLike] | None = None,
    *,
    unconnected: str = "zero",
) -> Any:
    """Return the gradients of the sum of ``ys`` with respect to ``xs``, as graph.

    Reverse accumulation: with v the values between x and y, and dy/dy = 1, the chain rule
    dy/du = sum over the users v of u of dy/dv dv/du is applied from y back to x.

    Args:
        ys: one tensor of floats, or several.
        xs: one tensor (usually a variable), or a sequence of them.
        grad_ys: what the gradients of ys are themselves multiplied by, one for each y; None, also
            for a single y: ones.
        unconnected: what is returned for an x that no y depends on: "zero" for zeros, or "none".

    Returns:
        One gradient of the shape and dtype of x; for a sequence of xs, a list.

    Raises:
        DTypeError: if a y or an x is not of floats.
        ShapeError: if an element of grad_ys has not the shape of its y.
        GraphError: if something is not a tensor of the graph; or if, in a function that is traced,
            ys depend on values of a variable from before and after an assignment to it.
    """
    if unconnected not in ("zero", "none"):
        raise GraphError(f"unconnected is 'zero' or 'none', not {unconnected!r}.", op="gradients")
    single = isinstance(xs, Tensor)
    wanted = [_differentiable(x, "x") for x in ([xs] if single else xs)]
    several = isinstance(ys, (list, tuple))
    results = [_differentiable(y, "y").read() for y in (ys if several else [ys])]
    targets = [_as_used(x, results) for x in wanted]
    seeds = _seeds(results, grad_ys if several or grad_ys is None else [grad_ys])
    found = _backward(results, seeds, {x.node for x in targets})
    answer = []
    for x, used in zip(wanted, targets, strict=True):
        gradient = found.get(used.node)
        if gradient is not None:
            gradient = cast(gradient, x.dtype)
        elif unconnected == "zero":
            gradient = zeros_like(x)
        answer.append(gradient)
    return answer[0] if single else answer


def _differentiable(value: Any, role: str) -> Tensor:
    tensor = require_tensor(value, f"{role} in gradients(y, x)")
    if not is_float(tensor.dtype):
        raise DTypeError(
            f"gradients flow through floats; {role} is {tensor.dtype.name}.",
            op="gradients",
            arguments=[(role, tensor.description)],
            fix="build it from floats: x.astype('float32')",
        )
    return tensor


def _as_used(x: Tensor, ys: Sequence[Tensor]) -> Tensor:
    """Return the tensor that ys are made of.

    Of the values that a variable had while a function is traced it is the newest in ys; of a
    Python number it is the one with all its digits.
    """
    if isinstance(x, PythonFloat):
        return x.exact
    if not isinstance(x, Variable):
        return x
    versions = x.versions()
    if len(versions) == 1:
        return x
    used = set(topological(y.node for y in ys))
    newest, *older = [value for value in versions if value.node in used] or [x]
    _require_one_value(x, newest, {value.node for value in older} - {newest.node}, ys)
    return newest


def _require_one_value(x: Variable, newest: Tensor, older: set[Node], ys: Sequence[Tensor]) -> None:
    """Raise a GraphError if gradients flow to older values of x other than through the newest."""
    order = topological((y.node for y in ys), stop=[newest.node])
    leading = _leading_to([node for node in order if node is not newest.node], older)
    if any(y.node in leading for y in ys):
        raise GraphError(
            f"y depends on several values of {x.name!r}, from before and after an assignment.",
            op="gradients",
            arguments=[("x", x.description)],
            fix="assign after the gradients; or ask for those of each part, gradients(a, v) + "
            "gradients(b, v), or put gg.stop_gradient around what they are not to flow through",
        )


def _seeds(ys: Sequence[Tensor], grad_ys: Any) -> list[Tensor]:
    if grad_ys is None:
        return [ones_like(y) for y in ys]
    if len(grad_ys) != len(ys):
        raise ArgumentError(
            f"{len(ys)} ys have {len(grad_ys)} grad_ys.", op="gradients", fix="give one for each y"
        )
    seeds = [
        ones_like(y) if g is None else constant(g, y.dtype)
        for g, y in zip(grad_ys, ys, strict=True)
    ]
    for y, seed in zip(ys, seeds, strict=True):
        if is_static(seed.known_shape) and not could_be(y.known_shape, seed.known_shape):
            raise ShapeError(
                f"grad_ys has shape {shape_text(seed.known_shape)}, y {shape_text(y.known_shape)}.",
                op="gradients",
                fix="give one number for each element of y",
            )
    return seeds


def _backward(
    ys: Sequence[Tensor], seeds: Sequence[Tensor], targets: set[Node]
) -> dict[Node, Tensor]:
    """Return the gradient of each target that some y depends on."""
    order = topological(y.node for y in ys)
    leading = _leading_to(order, targets)
    received: dict[Node, list[Tensor]] = {}
    for y, seed in zip(ys, seeds, strict=True):
        received.setdefault(y.node, []).append(seed)
    # The first of companions is where all their gradients are known: who uses any of them comes
    # later, and all their inputs come before.
    companions = companions_of(order)
    for node in reversed(order):
        if node in received and node in leading:
            with built_for(node.source, node.path):
                received[node] = [summed(received[node])]
        together = companions.get(node, [node])
        if node is not together[0] or not any(n in received and n in leading for n in together):
            continue
        with built_for(node.source, node.path):
            for source, gradient in _input_gradients(together, received):
                if source in leading and gradient is not None:
                    received.setdefault(source, []).append(gradient)
    return {node: received[node][0] for node in targets if node in received}


def _leading_to(order: Sequence[Node], targets: set[Node]) -> set[Node]:
    """Return the nodes between the targets and the end, through which floats flow."""
    leading: set[Node] = set()
    for node in order:
        flows = is_float(node.spec.dtype) and not isinstance(node.op, StopGradient)
        if node in targets or (flows and any(source in leading for source in node.inputs)):
            leading.add(node)
    return leading


def _input_gradients(
    together: Sequence[Node], received: dict[Node, list[Tensor]]
) -> list[tuple[Node, Tensor | None]]:
    """Ask the op of a node, or of companions, for the gradients of the inputs."""
    node = together[0]
    if not node.inputs:
        return []
    inputs = [Tensor(source) for source in node.inputs]
    answer: Any
    if node.op.companions is not None:
        pairs = [(other.op, received[other][0]) for other in together if other in received]
        answer = node.op.gradients_together(pairs, *inputs)
    else:
        answer = node.op.gradient(received[node][0], Tensor(node), *inputs)
    if answer is None:
        return []
    by_input = answer if isinstance(answer, tuple) else (answer,)
    if node.op.broadcasts:
        by_input = tuple(
            None if gradient is None else _unbroadcast(gradient, i, inputs)
            for i, gradient in enumerate(by_input)
        )
    return list(zip(node.inputs, by_input, strict=True))


def _unbroadcast(gradient: Tensor, index: int, inputs: Sequence[Tensor]) -> Tensor:
    """Sum a gradient along the axes in which its input was broadcast.

    Where all other inputs have size 1, or the axis is not theirs, nothing can have been broadcast,
    even if the size is not known yet.
    """
    x = inputs[index]
    others = [other for other in inputs if other.node is not x.node]
    if _surely_whole(x, others):
        return gradient
    return sum_to(gradient, sizes_of(x))


def _surely_whole(x: Tensor, others: Sequence[Tensor]) -> bool:
    """Whether x has, in any case, the shape of the broadcast result."""
    if not others:
        return True
    if any(other.known_shape == () for other in others) and len(others) == 1:
        return True
    if any(t.known_shape is None for t in (x, *others)):
        return False
    rank = max(t.ndim for t in (x, *others))
    if x.ndim < rank:
        return False
    for axis in range(-rank, 0):
        sizes = [other.shape[axis] for other in others if other.ndim >= -axis]
        own = x.shape[axis]
        if own == 1 and any(size != 1 for size in sizes):
            return False
        if own is None and any(size != 1 for size in sizes):
            return False
    return True

"""Reshapes moved behind what is computed of them, so that it joins the pass over memory before.

Where windows lie side by side, what a pooling gives back is computed over more axes than a picture
has: (batch, places, taps, places, taps, channels). It is a picture by a reshape, which costs
nothing, but parts what comes before from what comes after, since operations of one group have one
shape. An elementwise operation is therefore done before the reshape, and the reshape after it.
"""

from __future__ import annotations

from math import prod

from giulgi.backends.cpu.code.scalars import is_pointwise
from giulgi.backends.cpu.planning.lowering.sliding import Sizes, sizes
from giulgi.graph import ops
from giulgi.graph.node import build
from giulgi.graph.ops.movement import Reshape
from giulgi.graph.ops.reductions import Reduction
from giulgi.graph.tensor import Tensor


def sunk(tensor: Tensor) -> Tensor:
    """Return the same, computed before the reshape of an input, where that is possible."""
    if isinstance(tensor.op, Reduction):
        return _sunk_reduction(tensor, tensor.op)
    if not is_pointwise(tensor.op):
        return tensor
    shape = sizes(tensor)
    before = next((x.inputs[0] for x in tensor.inputs if _splits(x) and sizes(x) == shape), None)
    if before is None:
        return tensor
    inputs = []
    for x in tensor.inputs:
        if isinstance(x.op, Reshape) and sizes(x.inputs[0]) == sizes(before):
            inputs.append(x.inputs[0])
        elif sizes(x) == shape:
            inputs.append(ops.reshape(x, sizes(before)))
        elif prod(sizes(x)) == 1:
            inputs.append(ops.reshape(x, (1,) * before.ndim))
        else:
            return tensor
    return ops.reshape(build(tensor.op, *inputs), shape)


def _splits(x: Tensor) -> bool:
    """Whether a value is a reshape, to fewer axes, of what is computed elementwise."""
    if not isinstance(x.op, Reshape) or 0 in sizes(x):
        return False
    source = x.inputs[0]
    return is_pointwise(source.op) and source.ndim > x.ndim


def _sunk_reduction(tensor: Tensor, op: Reduction) -> Tensor:
    (x,) = tensor.inputs
    if not _splits(x):
        return tensor
    joined = _joined(sizes(x.inputs[0]), sizes(x))
    if joined is None or op.axes is None or op.keepdims:
        return tensor
    axes = tuple(axis for group in op.axes for axis in joined[group])
    # Axes that are kept may have been several before.
    return ops.reshape(build(type(op)(axes, keepdims=False), x.inputs[0]), sizes(tensor))


def _joined(before: Sizes, after: Sizes) -> list[list[int]] | None:
    """Return for each axis after a reshape which axes before are joined to it; None if not so."""
    found: list[list[int]] = []
    axis = 0
    for size in after:
        joined: list[int] = []
        while prod(before[a] for a in joined) < size and axis < len(before):
            joined.append(axis)
            axis += 1
        if prod(before[a] for a in joined) != size:
            return None
        found.append(joined)
    while axis < len(before) and before[axis] == 1 and found:
        found[-1].append(axis)
        axis += 1
    return found if axis == len(before) else None

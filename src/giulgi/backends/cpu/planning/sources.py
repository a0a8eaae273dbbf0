"""What of a graph has memory of its own, and what is the memory of something else.

An operation that only moves elements needs no code: its result is another layout of its input's
memory. Operations that change nothing (an assignment, a gradient's stop) are their input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from giulgi.backends.cpu.planning.layouts import Layout, Shape
from giulgi.backends.cpu.planning.operations.windows import Windows
from giulgi.backends.cpu.table import Area
from giulgi.graph.dtypes import DType
from giulgi.graph.node import Node
from giulgi.graph.op import Spec
from giulgi.graph.ops.identities import Default, StopGradient, Tag
from giulgi.graph.ops.leaves import Constant
from giulgi.graph.ops.movement import BroadcastTo, Flip, Reshape, Transpose
from giulgi.graph.ops.slicing import Slice
from giulgi.graph.ops.state import Assign
from giulgi.graph.shapes import size_of

UNCHANGED = (Assign, Default, StopGradient, Tag)
MOVEMENTS = (Reshape, Transpose, BroadcastTo, Flip, Slice, Windows)


@dataclass(frozen=True, eq=False)
class Result:
    """An array that is written to and stands for no node: a fetch, a variable, or what waits.

    It stands where a node would stand whose memory is written or read.

    Attributes:
        area: whose array it is.
        number: which of them.
        dtype: the dtype of its elements.
        shape: its shape.
    """

    area: Area
    number: int
    dtype: DType
    shape: Shape

    @property
    def spec(self) -> Spec:
        """Shape and dtype."""
        return Spec(self.shape, self.dtype)

    @property
    def op(self) -> None:
        """No operation makes it."""
        return None


# What has memory of its own.
Target = Node | Result


@dataclass(frozen=True)
class Access:
    """How a value is found in memory: in that of ``base``, at the places of a layout."""

    base: Target
    layout: Layout

    @property
    def is_direct(self) -> bool:
        """Whether it is the base itself, element by element."""
        return self.layout.shape == shape_of(self.base) and self.layout.is_plain

    @property
    def literal(self) -> Constant | None:
        """The constant that all elements are, if they are one."""
        op = self.base.op
        return op if isinstance(op, Constant) and op.value.size == 1 else None

    @property
    def bytes(self) -> int:
        """The number of bytes that are read: of what is repeated, once."""
        pairs = zip(self.layout.shape, self.layout.strides, strict=True)
        return size_of(n if stride else 1 for n, stride in pairs) * self.base.spec.dtype.itemsize

    def broadcast(self, shape: Shape) -> Access:
        """Return the access of each element of a shape to which the value is broadcast."""
        if self.layout.shape == shape:
            return self
        return Access(self.base, self.layout.broadcast(shape))


def bytes_of(target: Target) -> int:
    """Return the number of bytes that a value takes."""
    return size_of(shape_of(target)) * target.spec.dtype.itemsize


def shape_of(node: Target) -> Shape:
    """Return the shape of a node; in what a backend compiles every size is known."""
    shape = node.spec.shape
    assert shape is not None
    assert None not in shape
    return shape  # type: ignore[return-value]


def accesses(nodes: Iterable[Node], layouts: Mapping[Node, Layout]) -> dict[Node, Access]:
    """Return for each node where its value is found.

    A node that is not some other's memory is its own base; it is computed, or given.

    Args:
        nodes: inputs before their users.
        layouts: how given values lie that do not lie in order.
    """
    found: dict[Node, Access] = {}
    for node in nodes:
        moved = _moved(node, [found[source] for source in node.inputs])
        own = layouts.get(node) or Layout.of(shape_of(node))
        found[node] = moved or Access(node, own)
    return found


def _moved(node: Node, inputs: list[Access]) -> Access | None:
    """Return where the value of a node lies in the memory of its input; None if it does not."""
    op = node.op
    if isinstance(op, UNCHANGED):
        return inputs[0]
    if not isinstance(op, MOVEMENTS):
        return None
    source, layout = inputs[0], inputs[0].layout
    if isinstance(op, Windows):
        return Access(source.base, layout.windows(op.places, op.taps, op.strides, op.dilation))
    if isinstance(op, Reshape):
        reshaped = layout.reshape(shape_of(node))
        return None if reshaped is None else Access(source.base, reshaped)
    if isinstance(op, Transpose):
        axes = op.axes or tuple(reversed(range(len(layout.shape))))
        return Access(source.base, layout.transpose(axes))
    if isinstance(op, BroadcastTo):
        return Access(source.base, layout.broadcast(shape_of(node)))
    if isinstance(op, Flip):
        return Access(source.base, layout.flip(op.axes))
    return Access(source.base, layout.cut(op.cuts))

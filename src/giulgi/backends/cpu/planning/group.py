"""A group of operations that are computed together, and what it writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from giulgi.backends.cpu.planning.bodies import Body
from giulgi.backends.cpu.planning.layouts import Layout, Shape
from giulgi.backends.cpu.planning.sources import Access, Target
from giulgi.graph.node import Node
from giulgi.graph.shapes import size_of


class Kind(Enum):
    """What a group is made around."""

    POINTWISE = "pointwise"
    REDUCTION = "reduction"
    PRODUCT = "product"
    RANDOM = "random"
    EXTREME_PLACE = "place of extremes"
    SCATTER = "scatter"
    DISTINCT = "different places"
    PUT_ROWS = "rows"
    BATCH = "batch"
    LOOP = "loop"


@dataclass(frozen=True)
class Store:
    """A value that is written to memory: a node, or what lies elsewhere.

    Attributes:
        value: what is written, an access if it is only copied.
        target: whose memory it is written to.
        layout: where in it.
    """

    value: Node | Access
    target: Target
    layout: Layout

    @property
    def bytes(self) -> int:
        """The number of bytes that are written."""
        return size_of(self.layout.shape) * self.target.spec.dtype.itemsize


@dataclass(eq=False)
class Group:
    """Operations that are computed in one nest of loops.

    Attributes:
        kind: what it is made around.
        domain: the shape of what it results in.
        inner_domain: the shape of what a reduction reduces.
        roots: the heavy operation; several reductions over the same axes may be one group.
        inner: what is computed before the reduction, inputs before their users.
        outer: what is computed after the root, or all there is.
        copies: what is only copied.
        parts: what is computed and is written to its place in a value put together of parts.
        stores: what is written to memory; found when all groups are known.
        body: what a loop computes in each step.
        begin: where the first states of a loop are.
        prepared: which of a loop's parameters, by their places, are copied before it, and where.
    """

    kind: Kind
    domain: Shape
    inner_domain: Shape | None = None
    roots: list[Node] = field(default_factory=list)
    inner: list[Node] = field(default_factory=list)
    outer: list[Node] = field(default_factory=list)
    copies: list[Store] = field(default_factory=list)
    parts: list[Store] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    body: Body | None = None
    begin: list[Target] = field(default_factory=list)
    prepared: dict[int, Access] = field(default_factory=dict)

    @property
    def nodes(self) -> list[Node]:
        """All that it computes."""
        return [*self.inner, *self.roots, *self.outer]

"""Updates of a table that touch few of its rows, told by these rows alone.

The gradient of a table in which n rows were looked up is zero but for these. If a new value is the
old one wherever the gradient is zero, as it is for gradient descent, only the rows that were looked
up are computed. Whether it is so is found out from the expression itself::

    w - r g   with g = 0   is   w - r 0   is   w - 0   is   w

(apart from a rate that is infinite, and from 0 / 0). Adam moves all rows on by what it remembers,
and is computed whole, unless ``lazy`` keeps rows as they are that have no gradient.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from math import prod

from giulgi.backends.base import Computation
from giulgi.backends.cpu.code.scalars import is_pointwise
from giulgi.backends.cpu.planning.operations.rows import Distinct, PutRows
from giulgi.backends.cpu.planning.sources import UNCHANGED, shape_of
from giulgi.graph import ops
from giulgi.graph.node import Node, build
from giulgi.graph.ops.casting import Cast
from giulgi.graph.ops.elementwise import (
    Add,
    Divide,
    Maximum,
    Minimum,
    Multiply,
    Negative,
    Subtract,
)
from giulgi.graph.ops.functions import Sqrt
from giulgi.graph.ops.indexing import ScatterAdd
from giulgi.graph.ops.leaves import Constant
from giulgi.graph.ops.logic import Less, NotEqual, Where
from giulgi.graph.ops.movement import BroadcastTo
from giulgi.graph.ops.reductions import AnyOf
from giulgi.graph.ops.state import ReadVariable
from giulgi.graph.tensor import Tensor

# With more rows looked up than this part of all, the table is gone through as a whole.
_FEW = 0.5


class _Is(Enum):
    """What is known of the rows that were not looked up."""

    ZERO = "zero, or False"
    OLD = "the old value of the variable"
    UNKNOWN = "anything"


def with_touched_rows(computation: Computation) -> dict[Node, Tensor]:
    """Return what takes the place of the new values of tables of which few rows are touched."""
    found: dict[Node, Tensor] = {}
    for number, update in computation.updates:
        new, read = _unchanged(update), computation.reads[number]
        if read is None or not is_pointwise(new.op):
            continue
        rows = _Rows(read)
        if rows.state(new) is _Is.OLD and rows.gradient is not None:
            put = rows.put(new)
            if put is not None:
                found[new] = put
    while needed := _needed_whole(computation, found):
        for node in needed:
            del found[node]
    return found


def joined_lookups(tensor: Tensor) -> Tensor:
    """Return the gradient of rows that were looked up at two places as that of one place.

    Sums of zeros but for some rows would be added as whole tables.
    """
    if not isinstance(tensor.op, Add):
        return tensor
    parts = [x.node for x in tensor.inputs]
    if not all(isinstance(x.op, ScatterAdd) and _has_rows(x) for x in parts):
        return tensor
    rows = shape_of(tensor.node)
    if any(shape_of(x) != rows for x in parts):
        return tensor
    updates, places = [], []
    for part in parts:
        changes, indices = (Tensor(source) for source in part.inputs[:2])
        places.append(ops.reshape(ops.cast(indices, "int64"), (-1,)))
        updates.append(ops.reshape(changes, (places[-1].shape[0], *rows[1:])))
    return ops.scatter_add(ops.concat(updates), ops.concat(places), rows)


def _needed_whole(computation: Computation, found: Mapping[Node, Tensor]) -> list[Node]:
    """Return which of the new values somebody needs whole, and not only to make another of them."""
    needed = set(computation.fetches)
    for number, node in computation.updates:
        table = _table_of(found, node)
        if table is None or table is not computation.reads[number]:
            needed.add(node)
    for node in reversed(computation.nodes):
        if node in needed:
            needed.update(node.inputs)
    return [node for node in found if node in needed]


def _table_of(found: Mapping[Node, Tensor], update: Node) -> Node | None:
    """Return the table that rows are put into in the place of a new value, if they are."""
    put = found.get(_unchanged(update))
    return None if put is None else put.node.inputs[0]


def may_touch_rows(nodes: Iterable[Node]) -> bool:
    """Whether there is a gradient of a table in which few rows were looked up."""
    return any(isinstance(node.op, ScatterAdd) and _touches_few(node) for node in nodes)


def _unchanged(node: Node) -> Node:
    """Return what an assignment assigns."""
    while isinstance(node.op, UNCHANGED):
        node = node.inputs[0]
    return node


def _touches_few(node: Node) -> bool:
    return _has_rows(node) and prod(shape_of(node.inputs[1])) <= _FEW * shape_of(node)[0]


def _has_rows(node: Node) -> bool:
    """Whether rows of a table are added to."""
    op = node.op
    assert isinstance(op, ScatterAdd)
    updates, indices = (shape_of(source) for source in node.inputs[:2])
    return op.axis == 0 and len(shape_of(node)) == len(updates) - len(indices) + 1


class _Rows:
    """An expression for the new value of a variable, and the same for some of its rows.

    Args:
        read: the variable.

    Attributes:
        gradient: the gradient, which is zero in most rows; None as long as there is none.
    """

    def __init__(self, read: Node) -> None:
        self.read = read
        self.gradient: Node | None = None
        self._known: dict[Node, _Is] = {}
        self._rebuilt: dict[Node, Tensor] = {}
        self._places: Tensor | None = None

    def state(self, node: Node) -> _Is:
        """Return what is known of a value in the rows that were not looked up."""
        if node not in self._known:
            self._known[node] = self._state(node)
        return self._known[node]

    def _state(self, node: Node) -> _Is:
        op = node.op
        if node is self.read:
            return _Is.OLD
        if isinstance(op, Constant):
            return _Is.ZERO if not op.value.any() else _Is.UNKNOWN
        if isinstance(op, ScatterAdd) and _touches_few(node) and self.gradient in (None, node):
            self.gradient = node
            return _Is.ZERO
        if isinstance(op, UNCHANGED):
            return self.state(node.inputs[0])
        if not isinstance(op, (AnyOf, BroadcastTo)) and not is_pointwise(op):
            return _Is.UNKNOWN
        return _rule(node, [self.state(source) for source in node.inputs])

    def put(self, new: Node) -> Tensor | None:
        """Return the table with its new rows; None if they cannot be computed by themselves."""
        assert self.gradient is not None
        updates, indices = (Tensor(source) for source in self.gradient.inputs[:2])
        size = shape_of(self.read)
        places = ops.reshape(ops.cast(indices, "int64"), (-1,))
        found = build(Distinct(size[0]), places)
        rows = ops.reshape(updates, (places.shape[0], *size[1:]))
        self._rebuilt[self.gradient] = ops.scatter_add(rows, found[1], (*rows.shape,))
        self._places = found[0]
        computed = self._of_rows(new)
        return None if computed is None else build(PutRows(), Tensor(self.read), found[0], computed)

    def _of_rows(self, node: Node) -> Tensor | None:
        """Return the rows of a value that were looked up; None if they are not to be had."""
        if node not in self._rebuilt:
            made = self._made_of_rows(node)
            if made is None:
                return None
            self._rebuilt[node] = made
        return self._rebuilt[node]

    def _made_of_rows(self, node: Node) -> Tensor | None:
        shape, whole = shape_of(node), shape_of(self.read)
        if len(shape) < len(whole) or shape[0] == 1 != whole[0]:
            return Tensor(node)  # The same for all rows.
        if shape[0] != whole[0]:
            return None
        if isinstance(node.op, ReadVariable):
            assert self._places is not None
            return ops.gather(Tensor(node), self._places)
        if isinstance(node.op, BroadcastTo):
            source = Tensor(node.inputs[0])
            return source if len(source.shape) < len(shape) or source.shape[0] == 1 else None
        is_row_wise = isinstance(node.op, AnyOf) and _keeps_rows(node.op)
        if not (is_row_wise or is_pointwise(node.op) or isinstance(node.op, UNCHANGED)):
            return None
        inputs = [self._of_rows(source) for source in node.inputs]
        made = [x for x in inputs if x is not None]
        return build(node.op, *made) if len(made) == len(inputs) else None


def _keeps_rows(op: AnyOf) -> bool:
    return op.axes is not None and 0 not in op.axes and op.keepdims


def _rule(node: Node, states: Sequence[_Is]) -> _Is:
    """Return what is known of a result, given what is known of its inputs."""
    op = node.op
    zero, old = [state is _Is.ZERO for state in states], [state is _Is.OLD for state in states]
    match op:
        case Multiply() if any(zero):
            return _Is.ZERO
        case Divide() if zero[0]:
            return _Is.ZERO
        case Add() | Subtract() if all(zero):
            return _Is.ZERO
        case Add() if any(zero) and any(old):
            return _Is.OLD
        case Subtract() if old[0] and zero[1]:
            return _Is.OLD
        case Where() if zero[0]:
            return states[2]
        case Less() | NotEqual() | Negative() | Sqrt() | Cast() | BroadcastTo() if all(zero):
            return _Is.ZERO
        case AnyOf() if zero[0] and _keeps_rows(op):
            return _Is.ZERO
        case Maximum() | Minimum() if any(zero):
            return _clipped(node, zero)
    return _Is.UNKNOWN


def _clipped(node: Node, zero: Sequence[bool]) -> _Is:
    """Return what is known of a zero that is made no less, or no more, than a constant."""
    limits = [source.op for source, is_zero in zip(node.inputs, zero, strict=True) if not is_zero]
    for op in limits:
        if not isinstance(op, Constant):
            return _Is.UNKNOWN
        leaves = (op.value <= 0) if isinstance(node.op, Maximum) else (op.value >= 0)
        if not leaves.all():
            return _Is.UNKNOWN
    return _Is.ZERO

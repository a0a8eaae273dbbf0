"""Rough costs of groups: what is worth sharing among workers, and what the reader is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from giulgi.backends.cpu.planning.group import Group, Kind
from giulgi.backends.cpu.planning.operations.rows import Distinct, PutRows
from giulgi.backends.cpu.planning.operations.windows import TensorDot
from giulgi.backends.cpu.planning.plan import Step
from giulgi.backends.cpu.planning.sources import shape_of
from giulgi.graph.node import Node
from giulgi.graph.ops import functions as named
from giulgi.graph.ops.casting import Cast
from giulgi.graph.ops.contraction import MatMul
from giulgi.graph.ops.elementwise import Divide, FloorDivide, Power, Remainder
from giulgi.graph.ops.indexing import AddAlong, ScatterAdd
from giulgi.graph.ops.reductions import ArgExtreme, Reduction
from giulgi.graph.shapes import size_of

#: What a polynomial, or a slow division, counts as.
COSTLY = {
    named.Exp: 12, named.Expm1: 16, named.Log: 14, named.Log1p: 16, named.Tanh: 16,
    named.Sigmoid: 16, named.Erf: 20, named.Sin: 20, named.Cos: 20, named.Tan: 30,
    named.Asin: 20, named.Acos: 20, named.Atan: 20, named.Atan2: 30, named.Sqrt: 4,
    Divide: 4, FloorDivide: 8, Remainder: 8, Power: 40, Cast: 1,
}  # fmt: skip

# Less work than this (in operations) is done by one worker: meeting would take longer. It is what a
# core does in two microseconds. A step of an LSTM network took 1.1 times as long with three times
# as much, since one worker then reads what others have just written.
_WORTH_SHARING = 20_000

# Operations a second, of products and others, and bytes a second, of a core of these years.
_PRODUCT_SPEED, _SPEED, _BANDWIDTH = 1e11, 1e10, 2e10


# What it takes to look for a place in a table of hashes.
_PER_PLACE = 8


@dataclass(frozen=True)
class Cost:
    """What a group takes: operations on numbers, and bytes read and written."""

    operations: int
    bytes: int


def cost_of(step: Step) -> Cost:
    """Return the cost of a group, by estimate."""
    group = step.group
    if step.body is not None and group.body is not None:
        inner = sum(cost_of(part).operations for part in step.body.steps)
        return Cost(group.body.length * inner, step.moved)
    computed = () if group.kind is Kind.BATCH else group.nodes
    operations = sum(_operations(node) for node in computed)
    return Cost(operations, step.moved)


def is_worth_sharing(step: Step) -> bool:
    """Whether several workers are sooner done with a group than one."""
    if step.group.kind in (Kind.SCATTER, Kind.DISTINCT):
        return False
    cost = cost_of(step)
    work = cost.operations // 8 if _is_product(step.group) else cost.operations
    return max(work, cost.bytes // 4) >= _WORTH_SHARING


def seconds_alone(steps: Iterable[Step]) -> float:
    """Return about how many seconds groups take one worker; it may be some times as many."""
    found = 0.0
    for step in steps:
        if step.body is not None and step.group.body is not None:
            found += step.group.body.length * seconds_alone(step.body.steps)
            continue
        cost = cost_of(step)
        speed = _PRODUCT_SPEED if _is_product(step.group) else _SPEED
        found += max(cost.operations / speed, cost.bytes / _BANDWIDTH)
    return found


def _is_product(group: Group) -> bool:
    return group.kind is Kind.PRODUCT


def _operations(node: Node) -> int:
    op = node.op
    if isinstance(op, MatMul):
        a = shape_of(node.inputs[0])
        inner = a[-2] if op.transpose_a else a[-1]
        return 2 * size_of(shape_of(node)) * inner
    if isinstance(op, TensorDot):
        return 2 * size_of(shape_of(node)) * shape_of(node.inputs[1])[0]
    if isinstance(op, Distinct):
        return _PER_PLACE * size_of(shape_of(node.inputs[0]))
    if isinstance(op, PutRows):
        return 0  # They are only copied.
    # What is reduced, or added somewhere, is gone through as a whole; what is picked is not.
    whole = isinstance(op, (Reduction, ArgExtreme, ScatterAdd, AddAlong))
    size = size_of(shape_of(node.inputs[0] if whole else node))
    return size * COSTLY.get(type(op), 1)

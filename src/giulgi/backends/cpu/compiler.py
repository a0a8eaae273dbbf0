"""From a computation to machine code, through all stages."""

from __future__ import annotations

from collections.abc import Sequence

from giulgi.backends.base import Batched, Computation
from giulgi.backends.cpu.code import scalars
from giulgi.backends.cpu.code.emit import emit
from giulgi.backends.cpu.explain import explain
from giulgi.backends.cpu.machine import objects
from giulgi.backends.cpu.machine.processor import Machine
from giulgi.backends.cpu.planning.bodies import length_of
from giulgi.backends.cpu.planning.groups import LEAVES
from giulgi.backends.cpu.planning.lowering import is_lowered, lowered
from giulgi.backends.cpu.planning.plan import may_fail_alone
from giulgi.backends.cpu.planning.sources import MOVEMENTS, UNCHANGED, shape_of
from giulgi.backends.cpu.running.frame import Frame
from giulgi.backends.cpu.running.mixed import is_worth_mixing, stages_of
from giulgi.backends.cpu.running.rounds import bodies_worth_compiling
from giulgi.backends.cpu.running.workers import worker_count
from giulgi.backends.explanation import Explanation
from giulgi.graph.control.cond import Cond
from giulgi.graph.control.scan import Scan
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.contraction import MatMul
from giulgi.graph.ops.indexing import AddAlong, Gather, ScatterAdd, TakeAlong
from giulgi.graph.ops.joining import Concat
from giulgi.graph.ops.random import RandomBits
from giulgi.graph.ops.reductions import ArgExtreme, Reduction
from giulgi.graph.ops.slicing import Embed, Pad
from giulgi.graph.shapes import is_static


def translated(
    computation: Computation, machine: Machine, batched: Batched | None
) -> tuple[Frame, bytes] | None:
    """Return machine code and how it is called; None if something cannot be compiled."""
    if not all(map(is_native, computation.nodes)):
        return None
    code = emit(lowered(computation), machine, batched)
    return code.frame, objects.compile_object(code.text, machine)


def explained(computation: Computation, machine: Machine, batched: Batched | None) -> Explanation:
    """Return the graph, its groups, their memory, LLVM's language and assembly."""
    others = dict.fromkeys(n.op.name for n in computation.nodes if not is_native(n))
    if others:
        return _explained_in_stages(computation, list(others))
    computation = lowered(computation)
    code = emit(computation, machine, batched)
    return explain(computation, code, machine, worker_count())


def _explained_in_stages(computation: Computation, others: Sequence[str]) -> Explanation:
    """Tell of a computation with operations that cannot be compiled."""
    because = f"it cannot be compiled because of: {', '.join(others)}."
    stages = stages_of(computation, is_native)
    remark = (
        "This is computed by the reference backend, one operation after another, with NumPy; "
        + because
    )
    if is_worth_mixing(stages, is_native):
        count = sum(stage.is_native for stage in stages)
        parts = "one part" if count == 1 else f"{count} parts"
        remark = (
            f"As a whole {because} That, and what lies between, is computed by the reference "
            f"backend, with NumPy; the rest is compiled, in {parts}."
        )
        loops = bodies_worth_compiling(computation.nodes, is_native)
        if loops:
            remark += " Of the loops of unknown length each round is compiled, too."
    return Explanation({"graph": computation.text}, shown=1, remark=remark)


# What there is code for beside elementwise operations.
_NATIVE = (
    *LEAVES, *UNCHANGED, *MOVEMENTS, MatMul, Concat, Pad, Embed, Reduction, ArgExtreme, Gather,
    TakeAlong, ScatterAdd, AddAlong, RandomBits,
)  # fmt: skip


def is_native(node: Node) -> bool:
    """Whether an operation can be compiled; one that is not known here cannot."""
    op = node.op
    if not is_static(node.spec.shape):
        return False
    if is_lowered(node):
        return True
    if isinstance(op, Scan):
        if not op.loop.is_plain or not all(is_static(x.spec.shape) for x in node.inputs):
            return False
        return length_of(node) > 0 and all(map(is_native, op.loop.body([op.output])))
    if isinstance(op, Cond):
        return _is_selected(node, op)
    return isinstance(op, _NATIVE) or scalars.is_pointwise(op)


def _is_selected(node: Node, op: Cond) -> bool:
    """Whether a choice may be told by computing both, and choosing element by element.

    So it may not be if what is not chosen could fail, as by a place that does not exist.
    """
    ends = [op.body.then[op.place], op.body.otherwise[op.place]]
    if not op.body.is_plain or any(end.spec != node.spec for end in ends):
        return False
    nodes = topological(ends, stop=op.body.parameters)
    return all(map(is_native, nodes)) and not any(map(_may_fail_unchosen, nodes))


def _may_fail_unchosen(node: Node) -> bool:
    """Whether an operation may fail in a branch that is not chosen: not if there is some place."""
    indexes = isinstance(node.op, (Gather, TakeAlong, ScatterAdd, AddAlong))
    whole = [node] if isinstance(node.op, (ScatterAdd, AddAlong)) else node.inputs[:1]
    return may_fail_alone(node) and not (indexes and all(0 not in shape_of(x) for x in whole))

"""A compiled computation as text, stage by stage: groups, memory, LLVM's language, assembly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import fill

from giulgi.amounts import amount
from giulgi.backends.base import Computation
from giulgi.backends.cpu.code.emit import Code
from giulgi.backends.cpu.machine.objects import assembly_of
from giulgi.backends.cpu.machine.processor import Machine
from giulgi.backends.cpu.planning.costs import COSTLY, cost_of
from giulgi.backends.cpu.planning.group import Group, Kind
from giulgi.backends.cpu.planning.operations.windows import Interleave, TensorDot, Windows
from giulgi.backends.cpu.planning.plan import Plan, Step
from giulgi.backends.cpu.planning.sources import Access, Target, bytes_of
from giulgi.backends.explanation import Explanation
from giulgi.graph.control.scan import Scan
from giulgi.graph.node import Node
from giulgi.graph.op import Op
from giulgi.graph.ops.elementwise import Divide
from giulgi.graph.ops.functions import Exp
from giulgi.graph.shapes import shape_text
from giulgi.graph.text import names_in_body, node_names

_WIDTH = 96
_INDENT = " " * 7

_KINDS = {
    Kind.POINTWISE: "each element is computed by itself",
    Kind.REDUCTION: "sums, greatest elements and the like, over the first shape, to the second",
    Kind.PRODUCT: "a product of matrices, and what is computed of each element of the result",
    Kind.RANDOM: "random numbers",
    Kind.EXTREME_PLACE: "where the greatest or the least element is: argmax, argmin",
    Kind.SCATTER: "elements are added at places that are numbers themselves",
    Kind.DISTINCT: "the different ones of many places, and where each of them is",
    Kind.PUT_ROWS: "rows of a table are written, and no others",
    Kind.LOOP: "groups that are computed for each step of a loop",
    Kind.BATCH: "the examples of a step are copied from the arrays of all examples",
}
# What stands in the graph of the groups beside what a user writes.
_INTERNAL: dict[type[Op], str] = {
    Windows: "windows(x) is what a convolution or pooling sees of x from each of its places.",
    TensorDot: "tensor_dot(a, b) sums products over the last axes of a and the rows of b.",
    Interleave: "interleave(...) puts parts together whose elements lie some steps apart.",
}


def explain(computation: Computation, code: Code, machine: Machine, workers: int) -> Explanation:
    """Return the stages of a compiled computation.

    Args:
        computation: what is computed.
        code: its code.
        machine: the processor.
        workers: how many there are.
    """
    names = _Names(computation)
    if not code.is_shared:
        workers = 1
    return Explanation(
        {
            "graph": computation.text,
            "groups": lambda: groups_text(code, names, workers),
            "memory": lambda: memory_text(code, names, workers),
            "ir": lambda: code.text,
            "assembly": lambda: assembly_of(code.text, machine),
        },
        shown=3,
    )


class _Names:
    """What values are called: as in the text of the graph.

    Args:
        computation: the graph.
        given: what values of a loop's body are called that come from outside.
        prefix: what stands before the numbers of others.
    """

    def __init__(
        self,
        computation: Computation,
        given: Mapping[Node, str] | None = None,
        prefix: str = "%",
    ) -> None:
        self.computation = computation
        self._nodes = node_names(computation.nodes, given, prefix)
        self._loops: dict[Group, tuple[int, _Names]] = {}

    def of(self, target: Target) -> str:
        """Return the name of a value or of an array outside."""
        if isinstance(target, Node):
            # What fills the margin of a padding is no node of the graph.
            return self._nodes.get(target) or target.op.formula()
        if target.area == "variable":
            return self.computation.variables[target.number].label
        said = {"fetch": "result", "work": "memory of a loop"}.get(target.area, "kept")
        return f"{said} {target.number}"

    def formula(self, node: Node) -> str:
        """Return how a value is computed."""
        return node.op.formula(*(self._nodes[source] for source in node.inputs))

    def body(self, group: Group) -> tuple[int, _Names]:
        """Return the number of a loop, and what the values of its body are called."""
        body = group.body
        assert body is not None
        if group not in self._loops:
            number = len(self._loops) + 1
            outside = [self._nodes[source] for source in group.roots[0].inputs]
            given = names_in_body(body.loop, outside)
            self._loops[group] = number, _Names(body.computation, given, f"%{number}.")
        return self._loops[group]


# Groups


def groups_text(code: Code, names: _Names, workers: int) -> str:
    """Return the groups in their order: what each computes, by whom, and what it takes."""
    parts = [
        _group_text(code, code.plan, names, f"{number:>3}", step, workers)
        for number, step in enumerate(code.plan.steps)
    ]
    total = sum(cost_of(step).operations for step in code.plan.steps)
    who = "one worker" if workers == 1 else f"{workers} workers"
    head = [
        f"{amount(len(parts), 'groups')} for {who}, {amount(total, 'operations')}.",
        "A group is computed in one pass over memory. What changes nothing (stop_gradient) or only "
        "moves elements (reshape, transpose, slice, broadcast; .mT is a transpose) is in none "
        "where it can be read as another view of the same memory; else it is copied, which shows "
        "as `copy <- what is copied`. An operation is an "
        "addition, a multiplication and the like; what takes longer counts as several, a division "
        f"as {COSTLY[Divide]}, an exp as the {COSTLY[Exp]} that it is made of.",
    ]
    if workers > 1:
        head.append(
            "A worker is a thread (gg.config.threads). Workers meet, that is, wait for each "
            "other, where one needs what another wrote. Now and then it is measured whether one "
            "of them alone is sooner done, and whatever is quicker goes on."
        )
    if any("tiles" in contraction.plan.describe() for contraction in code.contractions.values()):
        head.append(
            "A product is computed in tiles, parts of the result that stay in the processor's "
            "registers while they are summed up."
        )
    head.append(_legend(code))
    return "\n\n".join([*(fill(part, _WIDTH) for part in head), *parts])


def _legend(code: Code) -> str:
    """Return what the kinds of these groups mean, and what no user has written."""
    plans = [*_plans(code.plan)]
    kinds = {step.group.kind for plan in plans for step in plan.steps}
    found = [f"{kind.value}: {said}" for kind, said in _KINDS.items() if kind in kinds]
    ops = {type(node.op) for plan in plans for node in plan.computation.nodes}
    internal = [said for op, said in _INTERNAL.items() if op in ops]
    return " ".join(["Kinds of groups here:", "; ".join(found) + ".", *internal])


def _plans(plan: Plan) -> Iterator[Plan]:
    """Yield a plan, and those of the bodies of its loops."""
    yield plan
    for step in plan.steps:
        if step.body is not None:
            yield from _plans(step.body)


def _group_text(code: Code, plan: Plan, names: _Names, label: str, step: Step, workers: int) -> str:
    group, cost = step.group, cost_of(step)
    over = shape_text(group.domain)
    if group.inner_domain is not None:
        over = f"{shape_text(group.inner_domain)} to {over}"
    by = "all workers" if step.parallel else "the first worker"
    title = f"{label}  {group.kind.value} over {over}" + (f", by {by}" if workers > 1 else "")
    lines = [
        f"{title}: {amount(cost.operations, 'operations')}, {amount(cost.bytes, 'B')} of memory"
    ]
    if step.barrier and workers > 1:
        lines.insert(0, "     all workers meet")
    if group.kind is Kind.PRODUCT:
        said = f"({code.contractions[group].plan.describe()})"
        lines.append(fill(said, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT + " "))
    if group.body is not None:
        lines += _loop_lines(code, step, names, label, workers)
    elif group.kind is Kind.BATCH:
        lines.append(f"{_INDENT}{names.of(group.roots[0])} = the examples of the step")
    else:
        lines += [f"{_INDENT}{names.of(node)} = {names.formula(node)}" for node in group.nodes]
    for store in group.copies:
        source = store.value
        said = names.of(source.base) if isinstance(source, Access) else names.of(source)
        lines.append(f"{_INDENT}{names.of(store.target)} <- {said}")
    written = _written(plan, names, step)
    if written:
        lines.append(f"{_INDENT}writes {written}")
    return "\n".join(lines)


def _loop_lines(code: Code, step: Step, names: _Names, label: str, workers: int) -> list[str]:
    """Return what a loop computes in each step, and which values it has."""
    group, body = step.group, step.group.body
    assert body is not None
    assert step.body is not None
    number, inner = names.body(group)
    loop = body.loop
    lines = [f"{_INDENT}loop {number}: {body.length} steps" + ", backwards" * loop.reverse]
    for state, new, first in zip(loop.states, loop.new_states, group.roots[0].inputs, strict=False):
        said = f"{inner.of(state)} is {names.of(first)} at first, then {inner.of(new)}"
        lines.append(f"{_INDENT}{said}")
    for place, part in enumerate(step.body.steps):
        text = _group_text(code, step.body, inner, f"{label.strip()}.{place}", part, workers)
        lines += ["", *(f"{_INDENT}{line}" for line in text.split("\n"))]
    lines.append("")
    for node in group.roots:
        assert isinstance(node.op, Scan)
        which = "all" if node.op.stacked else "last"
        value = inner.of(node.op.output)
        lines.append(f"{_INDENT}{names.of(node)} = {which} {value} of loop {number}")
    return lines


def _written(plan: Plan, names: _Names, step: Step) -> str:
    found = []
    for store in step.group.stores:
        place = plan.places[store.target]
        name = names.of(store.target)
        if place.area == "variable" and isinstance(store.target, Node):
            name += f" (into {names.computation.variables[place.number].label})"
        found.append(name)
    return ", ".join(dict.fromkeys(found))


# Memory


def memory_text(code: Code, names: _Names, workers: int) -> str:
    """Return the arena: which value lies where, from which group to which."""
    lives = code.plan.lives
    arena, apart = code.plan.arena_bytes, sum(map(bytes_of, lives))
    head = (
        "The arena, a piece of memory for all values that only live within a step, has "
        f"{amount(arena, 'B')}."
    )
    if apart > arena:
        head += (
            " Values that do not live at one time share it; side by side they would take "
            f"{amount(apart, 'B')}."
        )
    shared, private = code.scratch_bytes, code.plan.private_bytes
    if shared:
        head += f" For copies and partial sums there are {amount(shared, 'B')} beside it."
    if private:
        whose = "the worker has" if workers == 1 else "each worker has"
        head += f" For the tiles and copies of products {whose} {amount(private, 'B')} of its own."
    head = fill(head, _WIDTH)
    if not lives:
        return head
    head += "\n\n" + fill(
        "A value that is not listed never comes into memory: within its group it stays in the "
        "processor's registers. Groups are those above, by their numbers.",
        _WIDTH,
    )
    lines = [
        f"{code.plan.places[target].start:>10}  {amount(bytes_of(target), 'B'):>9}  "
        f"{first:>4} to {last:<4}  {names.of(target)}  {target.spec}"
        for target, (first, last) in lives.items()
    ]
    return "\n".join([head, "", " from byte       size  in groups    value", *lines])

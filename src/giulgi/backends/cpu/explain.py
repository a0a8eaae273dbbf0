"""A compiled computation as text, stage by stage: groups, memory, LLVM's language, assembly."""

from __future__ import annotations

from giulgi.backends.base import Computation
from giulgi.backends.cpu.code.emit import Code
from giulgi.backends.cpu.machine.objects import assembly_of
from giulgi.backends.cpu.machine.processor import Machine
from giulgi.backends.cpu.planning.costs import cost_of
from giulgi.backends.cpu.planning.groups import Kind
from giulgi.backends.cpu.planning.plan import Step
from giulgi.backends.cpu.planning.sources import Access, Target, bytes_of
from giulgi.backends.explanation import Explanation
from giulgi.graph.node import Node
from giulgi.graph.shapes import shape_text
from giulgi.graph.text import node_names


def explain(computation: Computation, code: Code, machine: Machine) -> Explanation:
    """Return the stages of a compiled computation."""
    names = _Names(computation)
    return Explanation(
        {
            "graph": computation.text,
            "groups": lambda: groups_text(code, names),
            "memory": lambda: memory_text(code, names),
            "ir": lambda: code.text,
            "assembly": lambda: assembly_of(code.text, machine),
        },
        shown=3,
    )


class _Names:
    """What values are called: as in the text of the graph.

    Args:
        computation: the graph.
    """

    def __init__(self, computation: Computation) -> None:
        self.computation = computation
        self._nodes = node_names(computation.nodes)

    def of(self, target: Target) -> str:
        """Return the name of a value or of an array outside."""
        if isinstance(target, Node):
            # What fills the margin of a padding is no node of the graph.
            return self._nodes.get(target) or target.op.formula()
        if target.area == "variable":
            return self.computation.variables[target.number].label
        if target.area == "fetch":
            return f"result {target.number}"
        return f"kept {target.number}"

    def formula(self, node: Node) -> str:
        """Return how a value is computed."""
        return node.op.formula(*(self._nodes[source] for source in node.inputs))


# Groups


def groups_text(code: Code, names: _Names) -> str:
    """Return the groups in their order: what each computes, by whom, and what it takes."""
    parts = [_group_text(code, names, number, step) for number, step in enumerate(code.plan.steps)]
    costs = [cost_of(step) for step in code.plan.steps]
    total = _amount(sum(cost.operations for cost in costs), "operations")
    workers = "several workers" if code.is_shared else "one worker"
    head = (
        f"{_amount(len(parts), 'groups')} for {workers}, {total}. Each group is one pass over "
        "memory. What only moves elements (reshape, transpose, slice, broadcast) is in none: it "
        "is another view of the same memory."
    )
    if code.contractions:
        head += (
            " A product is computed tile by tile: a tile is the part of the result that stays in "
            "registers; a panel is the columns of the second factor that a tile needs."
        )
    return "\n\n".join([head, *parts])


def _group_text(code: Code, names: _Names, number: int, step: Step) -> str:
    group, cost = step.group, cost_of(step)
    over = shape_text(group.domain)
    if group.inner_domain is not None:
        over = f"{shape_text(group.inner_domain)} to {over}"
    title = (
        f"{number:>3}  {group.kind.value} over {over}, {_workers(code, step)}: "
        f"{_amount(cost.operations, 'operations')}, {_amount(cost.bytes, 'B')} of memory"
    )
    lines = [title]
    if step.barrier:
        lines.insert(0, "     all workers meet")
    if group.kind is Kind.PRODUCT:
        lines.append(f"       ({code.contractions[group].plan.describe()})")
    if group.kind is Kind.BATCH:
        lines.append(f"       {names.of(group.roots[0])} = the examples of the step")
    else:
        lines += [f"       {names.of(node)} = {names.formula(node)}" for node in group.nodes]
    for store in group.copies:
        source = store.value
        said = names.of(source.base) if isinstance(source, Access) else names.of(source)
        lines.append(f"       {names.of(store.target)} <- {said}")
    written = _written(code, names, step)
    if written:
        lines.append(f"       writes {written}")
    return "\n".join(lines)


def _workers(code: Code, step: Step) -> str:
    if not code.is_shared:
        return "by one worker"
    return "by all workers" if step.parallel else "by the first worker"


def _written(code: Code, names: _Names, step: Step) -> str:
    found = []
    for store in step.group.stores:
        place = code.plan.places[store.target]
        name = names.of(store.target)
        if place.area == "variable" and isinstance(store.target, Node):
            name += f" (into {names.computation.variables[place.number].label})"
        found.append(name)
    return ", ".join(dict.fromkeys(found))


# Memory


def memory_text(code: Code, names: _Names) -> str:
    """Return the arena: which value lies where, from which group to which."""
    lives = code.plan.lives
    arena, apart = code.plan.arena_bytes, sum(map(bytes_of, lives))
    head = f"The arena, for what lives within a step, has {_amount(arena, 'B')}."
    if apart > arena:
        head += (
            f" Values that never live at one time share it; apart they take {_amount(apart, 'B')}."
        )
    if code.is_shared:
        head += (
            f" Workers share {_amount(code.scratch_bytes, 'B')} beside it, and each has "
            f"{_amount(code.plan.private_bytes, 'B')} of its own."
        )
    if not lives:
        return head
    lines = [
        f"{code.plan.places[target].start:>10}  {_amount(bytes_of(target), 'B'):>9}  "
        f"{first:>4} to {last:<4}  {names.of(target)}  {target.spec}"
        for target, (first, last) in lives.items()
    ]
    return "\n".join([head, "", " from byte       size  in groups    value", *lines])


def _amount(number: int, unit: str) -> str:
    """Return a number with a prefix for thousands."""
    for limit, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.3g} {prefix}{unit if unit == 'B' else ' ' + unit}"
    return f"{number} {unit.removesuffix('s') if number == 1 else unit}"

"""What is computed when, by how many, and where in memory.

The groups are put into an order; each new value of a variable is written right into the variable,
if everyone who reads the old one comes before; and what lives only within a step shares one
*arena*, in which the memory of a value that nobody needs any more is given to the next.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from giulgi.backends.base import Computation
from giulgi.backends.cpu.code.scalars import is_integer_power
from giulgi.backends.cpu.planning.bodies import Body
from giulgi.backends.cpu.planning.group import Group, Kind, Store
from giulgi.backends.cpu.planning.groups import Grouping, is_indirect
from giulgi.backends.cpu.planning.layouts import Layout
from giulgi.backends.cpu.planning.sources import Access, Result, Target, bytes_of, shape_of
from giulgi.backends.cpu.table import Area
from giulgi.graph.control.scan import Scan
from giulgi.graph.node import Node
from giulgi.graph.ops.indexing import AddAlong, ScatterAdd
from giulgi.graph.ops.leaves import Constant
from giulgi.memory import LINE_BYTES


@dataclass(frozen=True)
class Place:
    """Where a value lies: which memory, and from which byte on.

    Attributes:
        area: the arena, or whose array it is.
        number: which of the feeds, variables, fetches or constants; 0 for the arena.
        start: the first byte in it.
        bytes: how many it takes.
    """

    area: Area
    number: int
    start: int
    bytes: int

    def overlaps(self, other: Place) -> bool:
        """Whether the two share memory."""
        if (self.area, self.number) != (other.area, other.number):
            return False
        return self.start < other.start + other.bytes and other.start < self.start + self.bytes


@dataclass(eq=False)
class Step:
    """One group in its turn.

    Attributes:
        group: what is computed.
        reads: the places that are read.
        writes: the places that are written.
        parallel: whether all workers share it; else the first does it alone.
        barrier: whether all workers meet before it.
        checks: whether it may find a place that does not exist.
        commits: whether it writes into variables.
        moved: the number of bytes that are read and written.
        body: the plan of a step of a loop.
        constant: where the constants of the body begin among all constants.
        work: the memory that a loop needs while it runs; its body's arena comes first.
    """

    group: Group
    reads: list[Place] = field(default_factory=list)
    writes: list[Place] = field(default_factory=list)
    parallel: bool = False
    barrier: bool = False
    checks: bool = False
    commits: bool = False
    moved: int = 0
    body: Plan | None = None
    constant: int = 0
    work: list[Result] = field(default_factory=list)


class Plan:
    """The order of the groups, and the place of every value.

    Args:
        computation: what is to be computed, every shape known.
        batched: the feeds that are taken from the data of many steps.
        layouts: how feeds lie in memory that do not lie in order.
        is_whole: whether it is all that is computed, and not the body of a loop.

    Attributes:
        grouping: its groups.
        steps: the groups in order.
        places: the place of each value that is in memory.
        constants: the constants that lie in memory, by their number.
        lives: for each value in the arena the turns of the first and the last group to use it.
        arena_bytes: the size of the arena.
        private_bytes: the size of the working memory of each worker.
    """

    def __init__(
        self,
        computation: Computation,
        batched: frozenset[Node] = frozenset(),
        layouts: Mapping[Node, Layout] | None = None,
        *,
        is_whole: bool = True,
    ) -> None:
        self.computation = computation
        self.batched = batched
        self.grouping = Grouping(computation, batched, layouts)
        self.places: dict[Target, Place] = {}
        self.constants: list[Node] = []
        self.lives: dict[Target, tuple[int, int]] = {}
        self.arena_bytes = 0
        self.private_bytes = 0
        # Which groups read a value from memory, and which may fail.
        self._readers: dict[Target, list[Group]] = {}
        for group in self.grouping.groups:
            for base in dict.fromkeys(access.base for access in self.grouping.read_by(group)):
                self._readers.setdefault(base, []).append(group)
        self._failing = [group for group in self.grouping.groups if may_fail(group)]
        self._place_leaves()
        self._place_results()
        self._kept_apart = self._keep_zeros() if is_whole else []
        self.steps = [Step(group) for group in self.grouping.order.sequence()]
        for step in self.steps:
            if step.group.body is not None:
                self._plan_body(step, step.group.body)
        self._place_arena()
        for step in self.steps:
            self._describe(step)

    # Arrays from outside

    def _place_leaves(self) -> None:
        computation = self.computation
        for number, feed in enumerate(computation.feeds):
            if feed not in self.batched:
                self.places[feed] = _whole("feed", number, feed)
        for number, read in enumerate(computation.reads):
            if read is not None:
                self.places[read] = _whole("variable", number, read)
        for node in computation.nodes:
            if isinstance(node.op, Constant):
                self.places[node] = _whole("constant", len(self.constants), node)
                self.constants.append(node)

    def _place_results(self) -> None:
        """Write each result right where it belongs, or copy it there."""
        for number, fetch in enumerate(self.computation.fetches):
            if self._is_free(fetch):
                self.places[self._base(fetch)] = _whole("fetch", number, fetch)
            else:
                self._copy_to(Result("fetch", number, fetch.spec.dtype, shape_of(fetch)), fetch)
        copies: dict[int, Group] = {}
        free: dict[Target, tuple[int, Node]] = {}
        for number, new in self.computation.updates:
            if self._is_free(new) and self._base(new) not in free:
                free[self._base(new)] = (number, new)
            else:
                copies[number] = self._copy_to(self._variable(number), new)
        for base, (number, new) in free.items():
            if self._update_in_place(number, new):
                self.places[base] = _whole("variable", number, new)
            else:
                copies[number] = self._copy_to(self._variable(number), new)
        for number, group in copies.items():
            read = self.computation.reads[number]
            if _moves_within(group, read) or not self._after_readers(group, read):
                self._copy_through_arena(number, group)

    def _variable(self, number: int) -> Result:
        cell = self.computation.variables[number]
        return Result("variable", number, cell.dtype, cell.shape)

    def _copy_through_arena(self, number: int, group: Group) -> None:
        """Let a copy into a variable wait in the arena, until all readers of the old value came.

        It is needed where variables exchange their values, or one becomes its own transpose.
        """
        (store,) = group.copies
        assert isinstance(store.value, Access)
        target = self._variable(number)
        held = Result("arena", number, target.dtype, target.shape)
        waiting = Store(store.value, held, store.layout)
        group.copies[:] = group.stores[:] = [waiting]
        self.grouping.writers[held] = [group]
        last = self._copy_access(target, Access(held, waiting.layout))
        assert self._after_readers(last, self.computation.reads[number])

    def _base(self, node: Node) -> Target:
        return self.grouping.access[node].base

    def _is_free(self, node: Node) -> bool:
        """Whether the value has memory of its own that has no place yet."""
        access = self.grouping.access[node]
        computed = access.base in self.grouping.writers
        return computed and access.is_direct and access.base not in self.places

    def _copy_to(self, result: Result, node: Node) -> Group:
        return self._copy_access(result, self.grouping.access[node])

    def _copy_access(self, result: Result, access: Access) -> Group:
        """Add a group that copies a value into an array outside."""
        group = Group(Kind.POINTWISE, access.layout.shape)
        store = Store(access, result, Layout.of(result.shape))
        group.copies.append(store)
        group.stores.append(store)
        self.grouping.add(group, [access.base])
        self._readers.setdefault(access.base, []).append(group)
        self.places[result] = _whole(result.area, result.number, result)
        return group

    def _update_in_place(self, number: int, new: Node) -> bool:
        """Put the writer of a variable's new value after all readers of the old; False if not."""
        writers = self.grouping.writers[self._base(new)]
        read = self.computation.reads[number]
        if len(writers) != 1 or writers[0].copies or may_fail(writers[0]):
            return False
        writer = writers[0]
        if read is not None and not self._reads_element_by_element(writer, read, self._base(new)):
            return False
        return self._after_readers(writer, read)

    def _after_readers(self, writer: Group, read: Node | None) -> bool:
        readers = [] if read is None else self._readers.get(read, [])
        # A step that fails must fail before anything is changed.
        earlier = [group for group in [*self._failing, *readers] if group is not writer]
        if any(self.grouping.order.comes_before(writer, group) for group in earlier):
            return False
        for group in earlier:
            self.grouping.order.put_after(writer, group)
        return True

    def _reads(self, group: Group, base: Node | None) -> bool:
        return any(access.base is base for access in self.grouping.read_by(group))

    def _reads_element_by_element(self, group: Group, read: Node, new: Target) -> bool:
        """Whether a group reads of the old value no element but the one that it writes then."""
        stage = group.inner if new in group.inner else group.outer
        if new not in stage and group.kind is not Kind.REDUCTION:
            return not self._reads(group, read)
        for node in group.nodes:
            for source in node.inputs:
                access = self.grouping.access[source]
                if access.base is not read:
                    continue
                same = access.is_direct and shape_of(node) == shape_of(new) and node in stage
                if not same or is_indirect(node):
                    return False
        return True

    def _keep_zeros(self) -> list[Target]:
        """Return what gets memory for itself, since its zeros are never written.

        The arena is zero at first, and what is around a padding is zero in every step.
        """
        found: list[Target] = []
        for node, fills in self.grouping.zeros.items():
            if node not in self.places and len(fills) < len(self.grouping.writers[node]):
                for fill in fills:
                    self.grouping.order.drop(fill)
                    self.grouping.writers[node].remove(fill)
                found.append(node)
        return found

    # Loops

    def _plan_body(self, step: Step, body: Body) -> None:
        step.body = Plan(body.computation, layouts=body.layouts, is_whole=False)
        step.constant = len(self.constants)
        self.constants += step.body.constants
        sizes = [step.body.arena_bytes, *body.work_bytes()]
        step.work = [Result("work", i, np.dtype(np.uint8), (size,)) for i, size in enumerate(sizes)]

    # Arena

    def _place_arena(self) -> None:
        """Give memory to what lives within the step, by first fit over lifetimes."""
        for turn, step in enumerate(self.steps):
            for store in step.group.stores:
                if store.target not in self.places:
                    first, _ = self.lives.get(store.target, (turn, turn))
                    self.lives[store.target] = (first, turn)
            self.lives |= dict.fromkeys(step.work, (turn, turn))
            for access in self.grouping.read_by(step.group):
                if access.base in self.lives:
                    self.lives[access.base] = (self.lives[access.base][0], turn)
        for target in self._kept_apart:
            self.lives[target] = (0, len(self.steps))
        apart = set(self._kept_apart)
        living: list[tuple[int, int, int]] = []  # start, end, last turn
        for target, (turn, last) in sorted(
            self.lives.items(), key=lambda entry: (entry[0] not in apart, entry[1][0])
        ):
            living = [entry for entry in living if entry[2] >= turn]
            size = _aligned(bytes_of(target))
            start = _gap(living, size)
            self.places[target] = Place("arena", 0, start, size)
            insort(living, (start, start + size, last))
            self.arena_bytes = max(self.arena_bytes, start + size)

    def _describe(self, step: Step) -> None:
        group = step.group
        accesses = dict.fromkeys(self.grouping.read_by(group))
        read = dict.fromkeys(access.base for access in accesses)
        written = [store.target for store in group.stores]
        step.reads = [self.places[base] for base in read]
        step.writes = [self.places[target] for target in written]
        step.reads += [self.places[memory] for memory in step.work]
        step.writes += [self.places[memory] for memory in step.work]
        step.moved = sum(access.bytes for access in accesses)
        stored = sum(store.bytes for store in group.stores)
        if group.kind is Kind.PUT_ROWS:
            stored = step.moved  # Of the table only the rows that are read.
        # The examples of a batch are read from arrays that no node stands for.
        step.moved += 2 * stored if group.kind is Kind.BATCH else stored
        if step.body is not None and group.body is not None:
            step.moved = group.body.length * sum(inner.moved for inner in step.body.steps)
        step.commits = any(place.area == "variable" for place in step.writes)
        step.checks = may_fail(group)


def _moves_within(group: Group, read: Node | None) -> bool:
    """Whether a copy takes elements of a value to other places of the same value."""
    accesses = [store.value for store in group.copies if isinstance(store.value, Access)]
    return any(access.base is read and not access.is_direct for access in accesses)


def may_fail(group: Group) -> bool:
    """Whether a group may be asked for what does not exist, such as a place behind the end."""
    return group.kind is Kind.SCATTER or any(may_fail_alone(node) for node in group.nodes)


def may_fail_alone(node: Node) -> bool:
    """Whether an operation may be asked for what does not exist."""
    if isinstance(node.op, Scan):
        return any(map(may_fail_alone, node.op.loop.body([node.op.output])))
    scatters = isinstance(node.op, (ScatterAdd, AddAlong))
    return is_integer_power(node) or is_indirect(node) or scatters


def _whole(area: Area, number: int, target: Target) -> Place:
    return Place(area, number, 0, bytes_of(target))


def _aligned(size: int) -> int:
    return -(-max(size, 1) // LINE_BYTES) * LINE_BYTES


def _gap(living: Iterable[tuple[int, int, int]], size: int) -> int:
    """Return the first place in the arena where nothing else lives, whose places are in order."""
    start = 0
    for other_start, other_end, _ in living:
        if start + size <= other_start:
            return start
        start = max(start, other_end)
    return start

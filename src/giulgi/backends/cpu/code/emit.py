"""A whole computation as one native function: the loop of steps around the code of all groups.

Every worker enters ``run(words, worker, workers)`` once. Groups that are not worth sharing are done
by the first worker; workers meet only where one group needs what another worker wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from giulgi.backends.base import Batched, Computation
from giulgi.backends.cpu.code.barrier import emit_meet, meet
from giulgi.backends.cpu.code.contractions import Contraction, emit_contraction
from giulgi.backends.cpu.code.ir import I8, I64, NULL, PTR, Function, Module, Value, constant
from giulgi.backends.cpu.code.loading import emit_batch
from giulgi.backends.cpu.code.loops import emit_loop
from giulgi.backends.cpu.code.nests import emit_pointwise
from giulgi.backends.cpu.code.places import emit_extreme_place, emit_scatter
from giulgi.backends.cpu.code.randomness import emit_random
from giulgi.backends.cpu.code.reductions import emit_reduction
from giulgi.backends.cpu.code.rows import emit_distinct, emit_put_rows
from giulgi.backends.cpu.code.schedule import Schedule
from giulgi.backends.cpu.code.scope import Scope
from giulgi.backends.cpu.code.tiny import tiny_as_zero
from giulgi.backends.cpu.machine.processor import Machine
from giulgi.backends.cpu.planning.costs import seconds_alone
from giulgi.backends.cpu.planning.group import Group, Kind
from giulgi.backends.cpu.planning.plan import Plan, Step
from giulgi.backends.cpu.planning.sources import bytes_of
from giulgi.backends.cpu.running.frame import Frame
from giulgi.backends.cpu.table import Table, Word


@dataclass
class Code:
    """A computation in LLVM's language, and what running it needs.

    Attributes:
        text: the module.
        plan: its groups and where values lie.
        table: where addresses stand.
        is_shared: whether it may be worth several workers.
        scratch_bytes: the size of working memory that workers share.
        seconds: about how long a step takes one worker.
    """

    text: str
    plan: Plan
    table: Table
    is_shared: bool
    scratch_bytes: int
    seconds: float
    contractions: dict[Group, Contraction] = field(default_factory=dict)

    @property
    def frame(self) -> Frame:
        """How its machine code is called."""
        constants = [np.asarray(node.value) for node in self.plan.constants]
        return Frame(
            self.table, tuple(constants), self.plan.arena_bytes, self.scratch_bytes,
            self.plan.private_bytes, self.is_shared, self.seconds,
        )  # fmt: skip


def emit(computation: Computation, machine: Machine, batched: Batched | None = None) -> Code:
    """Return the code of a computation."""
    return _Emitter(computation, machine, batched).code()


_PARAMETERS = ((PTR, "words"), (I64, "worker"), (I64, "workers"), (I64, "step"), (PTR, "details"))

# So many groups of one worker are put in the place of their calls; of more, equal ones share code.
_FEW_GROUPS = 64


@dataclass(frozen=True)
class _Part:
    """A computation within the module: the whole, or a step of a loop.

    Attributes:
        plan: its groups.
        table: where addresses stand.
        schedule: who does what.
        prefix: what the names of its functions begin with.
    """

    plan: Plan
    table: Table
    schedule: Schedule
    prefix: str

    def name(self, step: Step) -> str:
        """Return the name of the function of a group."""
        return f"{self.prefix}_{self.plan.steps.index(step)}"

    def body(self, step: Step) -> _Part | None:
        """Return what a loop computes in each step; None if the group is no loop."""
        if step.body is None:
            return None
        table = Table.of(step.body.computation, len(step.body.constants))
        return _Part(step.body, table, self.schedule.bodies[step], self.name(step))


class _Emitter:
    """Writes the module.

    Args:
        computation: what is computed.
        machine: the processor.
        batched: how feeds are taken from the data of many steps; None: there is one step.
    """

    def __init__(self, computation: Computation, machine: Machine, batched: Batched | None) -> None:
        self.machine = machine
        self.batched = batched
        taken = computation.feeds if batched is not None else ()
        self.plan = Plan(computation, frozenset(taken))
        self.table = Table.of(computation, len(self.plan.constants))
        self.module = Module()
        self.schedule = Schedule(self.plan, machine)
        self.is_shared = self.schedule.is_shared
        #: Whether equal groups are one function, which is called with where their values lie.
        self.shares_code = self.is_shared or len(self.plan.steps) > _FEW_GROUPS
        # Which group was the first of some code; and how each is called.
        self._groups_of_code: dict[str, str] = {}
        self._called: dict[str, tuple[str, Value]] = {}

    # Text

    def code(self) -> Code:
        """Return the code."""
        if self.is_shared:
            emit_meet(self.module, self.machine.is_arm)
        whole = _Part(self.plan, self.table, self.schedule, "group")
        self._emit_groups(whole)
        self._emit_run(whole)
        return Code(
            self.module.text(), self.plan, self.table, self.is_shared,
            self.schedule.scratch_bytes, seconds_alone(self.plan.steps),
            self.schedule.all_contractions(),
        )  # fmt: skip

    def _emit_groups(self, part: _Part) -> None:
        for step in part.plan.steps:
            body = part.body(step)
            if body is not None:
                self._emit_groups(body)
            self._emit_group(part, step, body)

    def _emit_group(self, part: _Part, step: Step, body: _Part | None) -> None:
        name, is_inline = part.name(step), not self.shares_code
        functions = len(self.module.functions)
        f = self.module.function(name, _PARAMETERS, inline=is_inline)
        words, worker, workers, turn, details = f.parameters
        scope = Scope(
            self.module, self.machine, part.plan, part.table, f, words, worker, workers, turn,
            step.parallel, None if is_inline else details,
        )  # fmt: skip

        def barrier(f: Function = f) -> None:
            self._meet(f, words, workers)

        if not step.parallel:
            scope.worker, scope.workers = constant(I64, 0), constant(I64, 1)
        group = step.group
        if group.kind is Kind.POINTWISE:
            emit_pointwise(scope, group)
        elif group.kind is Kind.REDUCTION:
            emit_reduction(scope, group, barrier)
        elif group.kind is Kind.PRODUCT:
            meeting = barrier if step.parallel else _no_barrier
            emit_contraction(scope, group, part.schedule.contractions[group], meeting)
        elif body is not None:
            emit_loop(scope, step, body.table, lambda own: self._do_step(f, body, own))
        elif group.kind is Kind.RANDOM:
            emit_random(scope, group)
        elif group.kind is Kind.EXTREME_PLACE:
            emit_extreme_place(scope, group)
        elif group.kind is Kind.SCATTER:
            emit_scatter(scope, group)
        elif group.kind is Kind.DISTINCT:
            emit_distinct(scope, group)
        elif group.kind is Kind.PUT_ROWS:
            emit_put_rows(scope, group)
        else:
            assert self.batched is not None
            emit_batch(scope, group, self.batched.dtypes, self.batched.size)
        f.ret()
        self._note_group(name, functions, scope.numbers)

    def _note_group(self, name: str, functions: int, numbers: Sequence[int]) -> None:
        """Note how a group is called; its functions are left out if there are equal ones.

        Args:
            name: the group's name, with which the names of its functions begin.
            functions: how many functions there were before those of the group.
            numbers: the details in which it may differ from others of the same code.
        """
        details = self.module.table(f"{name}_details", I64, numbers) if numbers else NULL
        own = [x for x in list(self.module.functions)[functions:] if x.startswith(name)]
        code = "\n".join(self.module.functions[x].text() for x in own).replace(f"@{name}", "@")
        first = self._groups_of_code.setdefault(code, name)
        if first != name:
            for x in own:
                del self.module.functions[x]
        self._called[name] = first, details

    def _do_step(self, f: Function, body: _Part, words: Value) -> None:
        """Call the groups of a step of a loop; workers meet before the next step."""
        _, worker, workers, turn, _ = f.parameters
        for run in body.schedule.runs():
            if run[0].barrier:
                self._meet(f, words, workers)
            self._call(f, body, run, (words, worker, workers, turn))
        if body.schedule.is_shared:
            self._meet(f, words, workers)

    def _meet(self, f: Function, words: Value, workers: Value) -> None:
        sync = f.load(PTR, f.offset(words, Word.SYNC, I64))
        let_others_run = f.load(PTR, f.offset(words, Word.YIELD, I64))
        meet(f, sync, workers, let_others_run)

    def _emit_run(self, whole: _Part) -> None:
        parameters = [(PTR, "words"), (I64, "worker"), (I64, "workers")]
        f = self.module.function("steps", parameters, inline=True)
        words, worker, workers = f.parameters
        first = f.load(I64, f.offset(words, Word.FIRST, I64))
        end = f.load(I64, f.offset(words, Word.END, I64))
        checks = any(step.checks for step in self.plan.steps)
        with f.loop(first, end) as loop:
            for run in self.schedule.runs():
                if run[0].barrier:
                    self._meet(f, words, workers)
                if checks and any(step.commits for step in run):
                    self._leave_if_failed(f, words, loop.index, workers)
                    checks = False
                self._call(f, whole, run, (words, worker, workers, loop.index))
            if self.is_shared:
                self._meet(f, words, workers)
            if checks:
                self._leave_if_failed(f, words, loop.index, None)
            if self.plan.computation.may_end:
                self._leave_at_the_end(f, words, workers)
            if self.plan.computation.keeps:
                self._go_on_keeping(f, words, worker, workers)
        f.ret()
        entry = self.module.function("run", parameters, internal=False)
        if self._is_training():
            with tiny_as_zero(entry, self.machine.is_arm):
                entry.call("steps", "void", *entry.parameters)
        else:
            entry.call("steps", "void", *entry.parameters)
        entry.ret()
        # For one worker there is an entry without arguments, which Python calls sooner.
        alone = self.module.function("run_alone", [], internal=False)
        table = alone.load(PTR, self.module.pointer("table"))
        alone.call("run", "void", table, constant(I64, 0), constant(I64, 1))
        alone.ret()

    def _is_training(self) -> bool:
        """Whether variables of floats are updated, and not the states of a loop."""
        if self.plan.computation.is_loop:
            return False
        return any(node.spec.dtype.kind == "f" for _, node in self.plan.computation.updates)

    def _leave_if_failed(
        self, f: Function, words: Value, step: Value, workers: Value | None
    ) -> None:
        """End before anything is changed for good, if a place did not exist.

        What is asked is whether *this* step failed: another worker may be in the next already, and
        all must leave at the same place.
        """
        if workers is not None and self.is_shared:
            self._meet(f, words, workers)
        failed = f.load(I64, f.offset(words, Word.FAILED, I64))
        f.leave_when(f.icmp("eq", failed, f.add(step, 1)))

    def _leave_at_the_end(self, f: Function, words: Value, workers: Value) -> None:
        """End where the first fetch is False; nobody writes it anew before all have read it."""
        word = f.offset(words, self.table.word("fetch", 0), I64)
        goes_on = f.load(I8, f.load(PTR, word))
        if self.is_shared:
            self._meet(f, words, workers)
        f.leave_when(f.icmp("eq", goes_on, 0))

    def _go_on_keeping(self, f: Function, words: Value, worker: Value, workers: Value) -> None:
        """Let the fetches of the next step be written behind those of this one, or before them."""
        computation = self.plan.computation
        with f.when(f.icmp("eq", worker, 0)):
            for number, fetch in enumerate(computation.fetches):
                word = f.offset(words, self.table.word("fetch", number), I64)
                distance = computation.keeps * bytes_of(fetch)
                f.store(f.add(f.load(I64, word), distance), word)
        if self.is_shared:
            self._meet(f, words, workers)

    def _call(
        self, f: Function, part: _Part, run: Sequence[Step], arguments: Sequence[Value]
    ) -> None:
        """Call groups that follow each other without a meeting, all shared or all by one."""
        called = [self._called[part.name(step)] for step in run]
        if run[0].parallel or not part.schedule.is_shared:
            for name, details in called:
                f.call(name, "void", *arguments, details)
            return
        with f.when(f.icmp("eq", arguments[1], 0)):
            for name, details in called:
                f.call(name, "void", *arguments, details)


def _no_barrier(f: Function) -> None:
    """One worker waits for nobody."""

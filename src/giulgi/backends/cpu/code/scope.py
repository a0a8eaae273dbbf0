"""What the code of every group shares: the module, addresses, and the rules of splitting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from giulgi.backends.cpu.code.ir import I1, I8, I64, PTR, Function, Module, Value, lanes_of
from giulgi.backends.cpu.machine.processor import Machine
from giulgi.backends.cpu.planning.plan import Plan
from giulgi.backends.cpu.planning.sources import Target
from giulgi.backends.cpu.table import Table, Word


@dataclass
class Scope:
    """What the code of a group is written with.

    Attributes:
        module: where functions are written.
        machine: the processor.
        plan: where values lie.
        table: where addresses stand.
        f: the function that is being written.
        words: the address of the table.
        worker: the number of the worker that runs the code, from 0.
        workers: how many there are.
        step: the number of the step.
        parallel: whether all workers run the code.
        details: the address of numbers that tell this group from others of the same code: where
            its values lie. None: they stand in the code.
        numbers: those numbers.
    """

    module: Module
    machine: Machine
    plan: Plan
    table: Table
    f: Function
    words: Value
    worker: Value
    workers: Value
    step: Value
    parallel: bool
    details: Value | None = None
    numbers: list[int] = field(default_factory=list)

    def word(self, place: int, type_: str = I64) -> Value:
        """Read a word of the table."""
        return self.f.load(type_, self.f.offset(self.words, place, I64))

    def detail(self, number: int) -> Value | int:
        """Return a number in which this group may differ from others of the same code."""
        if self.details is None:
            return number
        self.numbers.append(number)
        return self.f.load(I64, self.f.offset(self.details, len(self.numbers) - 1, I64))

    def address(self, target: Target, elements: int = 0) -> Value:
        """Return the address of a value in memory, or of an element of it, by its place."""
        place = self.plan.places[target]
        word = self.detail(self.table.word(place.area, place.number))
        base = self.f.load(PTR, self.f.offset(self.words, word, I64))
        start = place.start + elements * target.spec.dtype.itemsize
        return self.f.offset(base, self.detail(start), I8)

    def scratch(self) -> Value:
        """Return the address of working memory that workers share."""
        return self.word(Word.SCRATCH, PTR)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let the first worker alone do what follows."""
        if not self.parallel:
            yield
            return
        with self.f.when(self.f.icmp("eq", self.worker, 0)):
            yield

    def share(self, count: int, grain: int = 1) -> tuple[Value, Value]:
        """Return the part of 0 .. count that is this worker's, in whole grains.

        A serial group is all the first worker's, who is then the only one to run it.
        """
        if not self.parallel:
            return Value(I64, "0"), Value(I64, str(count))
        f = self.f
        grains = -(-count // grain)
        ends = []
        for turn in (self.worker, f.add(self.worker, 1)):
            share = f.binary("udiv", f.mul(turn, grains), self.workers)
            ends.append(f.mul(share, grain))
        if grains * grain != count:
            ends = [f.intrinsic("smin", end, Value(I64, str(count))) for end in ends]
        return ends[0], ends[1]

    def fail_where(self, bad: Value) -> None:
        """Note that this step failed where any lane of a condition holds."""
        f = self.f
        any_bad = any_lane(f, bad)
        with f.when(any_bad):
            f.store(f.add(self.step, 1), f.offset(self.words, Word.FAILED, I64))


def any_lane(f: Function, bad: Value) -> Value:
    """Return whether a condition holds in any lane."""
    lanes = lanes_of(bad.type)
    if lanes == 1:
        return bad
    return f.call(f"llvm.vector.reduce.or.v{lanes}i1", I1, bad)

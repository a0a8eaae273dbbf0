"""The code of a loop of the graph: the groups of its body, once for each step.

The body is code like that of a whole computation, and finds its values by a table of addresses. A
loop has such a table for each worker, on its stack. From step to step the addresses of sequences
and of what is kept go on by one element. New states are written where they are kept; a state that
is not kept of every step is written into two pieces of memory in turns, so that the new one never
overwrites the old one while it is read.
"""

from __future__ import annotations

from collections.abc import Callable

from giulgi.backends.cpu.code.ir import I8, I64, PTR, Function, Value
from giulgi.backends.cpu.code.scope import Scope
from giulgi.backends.cpu.planning.bodies import Body, step_bytes
from giulgi.backends.cpu.planning.plan import Step
from giulgi.backends.cpu.planning.sources import Target, bytes_of
from giulgi.backends.cpu.table import Table, Word


def emit_loop(scope: Scope, step: Step, table: Table, do_step: Callable[[Value], None]) -> None:
    """Write the code of a loop.

    Args:
        scope: what the code is written with.
        step: the loop.
        table: where addresses stand in the table of the body.
        do_step: writes the code of a step, given the address of the table of the body.
    """
    body = step.group.body
    assert body is not None
    f = scope.f
    words = f.emit(PTR, f"alloca [{table.words} x i64], align 64")
    addresses = _Addresses(f, words, table)
    for word in range(Word.COUNT):
        f.store(scope.word(word), f.offset(words, word, I64))
    addresses.put(Word.ARENA, scope.address(step.work[0]))
    assert step.body is not None
    for number in range(len(step.body.constants)):
        outside = scope.word(scope.table.word("constant", step.constant + number), PTR)
        addresses.put(table.word("constant", number), outside)
    steps = _put_parameters(scope, step, body, addresses)
    steps |= _put_fetches(scope, step, body, addresses)
    turns = {
        table.word("fetch", number): _sum_of_turns(scope, step, body, number)
        for number in body.turning
    }
    with f.loop(0, body.length):
        do_step(words)
        for place, new in enumerate(body.loop.new_states):
            fetch = table.word("fetch", body.computation.fetches.index(new))
            addresses.put(table.word("feed", place), addresses.at(fetch))
        for word, distance in steps.items():
            addresses.put(word, f.offset(addresses.at(word), distance, I8))
        for word, both in turns.items():
            other = f.sub(both, f.load(I64, f.offset(words, word, I64)))
            f.store(other, f.offset(words, word, I64))
    failed = f.load(I64, f.offset(words, Word.FAILED, I64))
    with f.when(f.icmp("eq", failed, f.add(scope.step, 1))):
        f.store(failed, f.offset(scope.words, Word.FAILED, I64))


class _Addresses:
    """The table of a body.

    Args:
        f: the function that is written.
        words: its address.
        table: where addresses stand.
    """

    def __init__(self, f: Function, words: Value, table: Table) -> None:
        self.f = f
        self.words = words
        self.table = table

    def put(self, word: int, address: Value) -> None:
        """Write an address into the table."""
        self.f.store(address, self.f.offset(self.words, word, I64), align=8)

    def at(self, word: int) -> Value:
        """Read an address."""
        return self.f.load(PTR, self.f.offset(self.words, word, I64), align=8)


def _put_parameters(scope: Scope, step: Step, body: Body, addresses: _Addresses) -> dict[int, int]:
    """Tell where what a step is given lies at first; return how far it goes on in a step."""
    f, group, loop = scope.f, step.group, body.loop
    steps: dict[int, int] = {}
    first, behind = len(loop.states), len(loop.states) + len(loop.slices)
    inputs = group.roots[0].inputs
    for place in range(len(loop.parameters)):
        word = addresses.table.word("feed", place)
        if place < first:
            layout = body.first_of(place)
            offset = layout.offset if layout else 0
            size = loop.parameters[place].spec.dtype.itemsize
            addresses.put(word, f.offset(scope.address(group.begin[place]), offset * size, I8))
            continue
        access = group.prepared.get(place) or scope.plan.grouping.access[inputs[place]]
        start = access.layout.offset * access.base.spec.dtype.itemsize
        if place < behind:
            distance = step_bytes(access)
            if loop.reverse:
                start += (body.length - 1) * distance
                distance = -distance
            steps[word] = distance
        addresses.put(word, f.offset(scope.address(access.base), start, I8))
    return steps


def _put_fetches(scope: Scope, step: Step, body: Body, addresses: _Addresses) -> dict[int, int]:
    """Tell where what a step leaves is written at first; return how far it goes on in a step."""
    f = scope.f
    steps: dict[int, int] = {}
    for number, fetch in enumerate(body.computation.fetches):
        word = addresses.table.word("fetch", number)
        stack = body.stacks[number]
        if stack is not None:
            distance = bytes_of(fetch)
            start = (body.length - 1) * distance if body.loop.reverse else 0
            if stack in body.histories.values() and not body.loop.reverse:
                start += distance  # Behind the first state.
            steps[word] = -distance if body.loop.reverse else distance
            addresses.put(word, f.offset(scope.address(stack), start, I8))
        elif number in body.turning:
            # The last step is to write into the first of the two.
            turn = _turns(scope, step, body, number)[(body.length - 1) % 2]
            addresses.put(word, turn)
        else:
            (last,) = body.lasts[number]
            addresses.put(word, scope.address(last))
    return steps


def _turns(scope: Scope, step: Step, body: Body, number: int) -> list[Value]:
    """Return the two pieces of memory that a state is written to, first that of the last step."""
    place = 1
    for other in body.turning:
        turns: list[Target] = [*body.lasts[other]]
        own = step.work[place : place + 2 - len(turns)]
        place += len(own)
        if other == number:
            return [scope.address(target) for target in [*turns, *own]]
    raise AssertionError("no state that is written in turns")


def _sum_of_turns(scope: Scope, step: Step, body: Body, number: int) -> Value:
    f = scope.f
    first, second = _turns(scope, step, body, number)
    as_numbers = [f.emit(I64, f"ptrtoint {address} to i64") for address in (first, second)]
    return f.add(*as_numbers)

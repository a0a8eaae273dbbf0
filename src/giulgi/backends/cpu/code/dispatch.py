"""How workers are told what to run: in native code, so that they begin at once.

Each helping worker is a thread inside ``serve``, and has a *slot*: a few words in which
``dispatch`` leaves what is to be run. A helper that has nothing to do looks at its slot for some
hundred microseconds, since the next call often follows the last; then it sleeps until it is woken.

All helpers of a process are one caller's at a time: ``dispatch`` takes them by a word that says
whether they are busy. Who finds them busy runs alone, with the same result.

A slot goes from one state to another:

- idle: the helper looks; ``dispatch`` makes it given, or the helper asleep;
- asleep: the helper waits for its lock, which ``dispatch`` opens when it makes the slot given;
- given: the helper runs what the slot says, and makes it idle.
"""

from __future__ import annotations

from enum import IntEnum

from giulgi.backends.cpu.code.barrier import LOOKS, emit_pause, wait
from giulgi.backends.cpu.code.ir import I32, I64, NULL, PTR, VOID, Function, Module, Value


class Slot(IntEnum):
    """The words of a slot. Its state has a line of the cache of its own."""

    STATE = 0
    ENTRY = 8  # the native function that is to be entered; null: the helper's end
    TABLE = 9  # its arguments
    WORKER = 10
    WORKERS = 11
    LOCK = 12  # what a helper that sleeps waits for, and the functions that close and open it
    ACQUIRE = 13
    RELEASE = 14
    YIELD = 15  # the function that lets other threads run; null: there is none


SLOT_BYTES = 128

_IDLE, _ASLEEP, _GIVEN = 0, 1, 2
FREE, BUSY = 0, 1

# A helper looks so often before it sleeps. After the first looks it lets other threads run between
# two, which takes a third of a microsecond.
_MOST_LOOKS = LOOKS + 700
_FOREVER = 2**62


def dispatch_text(is_arm: bool) -> str:
    """Return ``serve(slot)`` and ``dispatch(busy, slots, entry, table, workers)`` for LLVM.

    ``serve`` is what a helper does for as long as it lives. ``dispatch`` enters native code with
    so many workers, the helpers of the slots and its caller, and comes back when all have left it.
    It returns how many there were: one, if the helpers were busy. Where the entry is null, the
    helpers end, and stay busy for ever.
    """
    module = Module()
    emit_pause(module, is_arm)
    _emit_serve(module)
    _emit_dispatch(module)
    return module.text()


def _emit_serve(module: Module) -> None:
    f = module.function("serve", [(PTR, "slot")], internal=False)
    (slot,) = f.parameters
    let_others_run = _read(f, slot, Slot.YIELD, PTR)

    def has_looked_enough(looks: Value) -> Value:
        is_given = f.icmp("eq", f.atomic_load(slot), _GIVEN)
        return f.or_(is_given, f.icmp("ugt", looks, _MOST_LOOKS))

    with f.loop(0, _FOREVER):
        wait(f, has_looked_enough, let_others_run)
        falls_asleep = f.exchange_if(slot, _IDLE, _ASLEEP)
        with f.when(falls_asleep):
            lock = _read(f, slot, Slot.LOCK, PTR)
            f.call_address(_read(f, slot, Slot.ACQUIRE, PTR), I32, lock, Value(I32, "1"))
        entry = _read(f, slot, Slot.ENTRY, PTR)
        ends = f.icmp("eq", entry, NULL)
        with f.when(ends):
            f.atomic_store(_IDLE, slot)
        f.leave_when(ends)
        table, worker, workers = (
            _read(f, slot, word, type_)
            for word, type_ in ((Slot.TABLE, PTR), (Slot.WORKER, I64), (Slot.WORKERS, I64))
        )
        f.call_address(entry, VOID, table, worker, workers)
        f.atomic_store(_IDLE, slot)
    f.ret()


def _emit_dispatch(module: Module) -> None:
    parameters = [(PTR, said) for said in ("busy", "slots", "enter", "table")]
    f = module.function("dispatch", [*parameters, (I64, "wanted")], I64, internal=False)
    busy, slots, entry, table, wanted = f.parameters
    has_helpers = f.exchange_if(busy, FREE, BUSY)
    workers = f.select(has_helpers, wanted, 1)
    with f.loop(1, workers) as helper:
        slot = _slot(f, slots, helper.index)
        given = {
            Slot.ENTRY: entry, Slot.TABLE: table, Slot.WORKER: helper.index, Slot.WORKERS: workers,
        }  # fmt: skip
        for word, value in given.items():
            f.store(value, f.offset(slot, word, I64), align=8)
        was_asleep = f.icmp("eq", f.exchange(slot, _GIVEN), _ASLEEP)
        with f.when(was_asleep):
            release = _read(f, slot, Slot.RELEASE, PTR)
            f.call_address(release, VOID, _read(f, slot, Slot.LOCK, PTR))
    enters = f.icmp("ne", entry, NULL)
    with f.when(enters):
        f.call_address(entry, VOID, table, Value(I64, "0"), workers)
    with f.loop(1, workers) as helper:
        slot = _slot(f, slots, helper.index)
        let_others_run = _read(f, slot, Slot.YIELD, PTR)
        wait(f, lambda _: f.icmp("ne", f.atomic_load(slot), _GIVEN), let_others_run)
    with f.when(f.and_(has_helpers, enters)):
        f.atomic_store(FREE, busy)
    f.ret(workers)


def _slot(f: Function, slots: Value, helper: Value) -> Value:
    """Write the address of the slot of a helper, the first of which is worker 1."""
    return f.load(PTR, f.offset(slots, f.sub(helper, 1), PTR))


def _read(f: Function, slot: Value, word: Slot, type_: str) -> Value:
    return f.load(type_, f.offset(slot, word, I64), align=8)

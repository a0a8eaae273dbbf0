"""Where workers wait for each other.

The last to come sets the count back and starts a new generation; the others wait for that. They
look again and again for a short time, since the others are usually almost there, and then let
other threads of the machine run between looks: there may be more workers than free cores.
"""

from __future__ import annotations

from collections.abc import Callable

from giulgi.backends.cpu.code.ir import I32, I64, NULL, PTR, VOID, Function, Module, Value

#: The number of bytes that workers meet in: two lines of the cache, one for each number.
SYNC_BYTES = 128
_GENERATION = 8  # in words from the count

#: Looks before other threads are let run: some ten microseconds, by how long a pause takes.
LOOKS = 300


def emit_pause(module: Module, is_arm: bool) -> None:
    """Write the function ``pause(looks, let_others_run)``: what is done between two looks."""
    f = module.function("pause", [(I64, "looks"), (PTR, "let_others_run")])
    looks, let_others_run = f.parameters
    lets = f.and_(f.icmp("ugt", looks, LOOKS), f.icmp("ne", let_others_run, NULL))
    with f.when(lets):
        f.call_address(let_others_run, I32)
    with f.when(f.xor(lets, 1)):
        if is_arm:
            f.call("llvm.aarch64.hint", VOID, Value(I32, "1"))
        else:
            f.call("llvm.x86.sse2.pause", VOID)
    f.ret()


def wait(f: Function, condition: Callable[[Value], Value], let_others_run: Value) -> None:
    """Write a wait until a condition holds; it is given how often it did not."""

    def pause(looks: Value) -> None:
        f.call("pause", VOID, looks, let_others_run)

    f.until(condition, pause)


def emit_meet(module: Module, is_arm: bool) -> None:
    """Write the function ``meet(sync, workers, let_others_run)``."""
    emit_pause(module, is_arm)
    f = module.function("meet", [(PTR, "sync"), (I64, "workers"), (PTR, "let_others_run")])
    sync, workers, let_others_run = f.parameters
    generation = f.offset(sync, _GENERATION, I64)
    now = f.atomic_load(generation)
    is_last = f.icmp("eq", f.add(f.atomic_add(sync, 1), 1), workers)
    with f.when(is_last):
        f.atomic_store(0, sync)
        f.atomic_store(f.add(now, 1), generation)
    with f.when(f.xor(is_last, 1)):
        wait(f, lambda _: f.icmp("ne", f.atomic_load(generation), now), let_others_run)
    f.ret()


def meet(f: Function, sync: Value, workers: Value, let_others_run: Value) -> None:
    """Write a wait for all workers."""
    f.call("meet", VOID, sync, workers, let_others_run)

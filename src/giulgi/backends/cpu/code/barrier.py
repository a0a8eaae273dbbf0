"""Where workers wait for each other.

The last to come sets the count back and starts a new generation; the others wait for that. They
look again and again for a short time, since the others are usually almost there, and then let
other threads of the machine run between looks: there may be more workers than free cores.
"""

from __future__ import annotations

from giulgi.backends.cpu.code.ir import I64, PTR, Function, Module, Value

#: The number of bytes that workers meet in: two lines of the cache, one for each number.
SYNC_BYTES = 128
_GENERATION = 8  # in words from the count

# Looks before other threads are let run: some ten microseconds, by how long a pause takes.
_LOOKS = 300


def emit_meet(module: Module, is_arm: bool) -> None:
    """Write the function ``meet(sync, workers, let_others_run)``."""
    f = module.function("meet", [(PTR, "sync"), (I64, "workers"), (PTR, "let_others_run")])
    sync, workers, _ = f.parameters
    generation = f.offset(sync, _GENERATION, I64)
    pause = "llvm.aarch64.hint(i32 1)" if is_arm else "llvm.x86.sse2.pause()"
    module.declare(
        "declare void @llvm.aarch64.hint(i32)" if is_arm else "declare void @llvm.x86.sse2.pause()"
    )
    now = f.emit(I64, f"load atomic i64, {generation} monotonic, align 8")
    before = f.emit(I64, f"atomicrmw add {sync}, i64 1 acq_rel")
    last = f.icmp("eq", f.add(before, 1), workers)
    f.do(f"br {last}, label %open, label %wait")
    f.block("open")
    f.do(f"store atomic i64 0, {sync} monotonic, align 8")
    f.do(f"store atomic i64 {f.add(now, 1).text}, {generation} release, align 8")
    f.ret()
    f.block("wait")
    f.do("br label %look")
    f.block("look")
    f.do("%looks = phi i64 [ 0, %wait ], [ %more, %pause ], [ %more, %yield ]")
    f.do(f"%seen = load atomic i64, {generation} acquire, align 8")
    f.do(f"%opened = icmp ne i64 %seen, {now.text}")
    f.do("br i1 %opened, label %through, label %again")
    f.block("again")
    f.do("%more = add i64 %looks, 1")
    f.do(f"%long = icmp ugt i64 %looks, {_LOOKS}")
    f.do("%able = icmp ne ptr %let_others_run, null")
    f.do("%tired = and i1 %long, %able")
    f.do("br i1 %tired, label %yield, label %pause")
    f.block("yield")
    f.do("%ignored = call i32 %let_others_run()")
    f.do("br label %look")
    f.block("pause")
    f.do(f"call void @{pause}")
    f.do("br label %look")
    f.block("through")
    f.ret()


def meet(f: Function, sync: Value, workers: Value, let_others_run: Value) -> None:
    """Write a wait for all workers."""
    f.call("meet", "void", sync, workers, let_others_run)

"""The machine's peak: multiply-adds of float32 in registers alone, on all cores at once."""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from time import perf_counter

from giulgi.backends.cpu.code.ir import F32, I64, Module, Value, constant, vector_of
from giulgi.backends.cpu.machine.objects import Loaded, compile_object
from giulgi.backends.cpu.machine.processor import Machine, host
from giulgi.backends.cpu.running.workers import available_cores

# Sums that do not wait for each other: more than the processor has in flight at once, and few
# enough to stay in 16 registers.
_SUMS = 12
_ROUNDS = 4_000_000


def peak_text(machine: Machine) -> str:
    """Return a function in LLVM's language that does nothing but multiply and add."""
    module = Module()
    f = module.function("run", [(I64, "rounds")], F32, internal=False)
    vector = vector_of(F32, machine.lanes(4))
    start = [constant(vector, number) for number in range(_SUMS)]
    # Not constants, as far as LLVM knows: a factor near 1, so that nothing overflows.
    rounds = f.parameters[0]
    factor = f.splat(f.fadd(f.convert("sitofp", rounds, F32), 0.0), machine.lanes(4))
    factor = f.fdiv(factor, f.fadd(factor, 1.0))
    with f.loop(Value(I64, "0"), rounds, carried=start) as loop:
        loop.carry(*(f.fma(number, factor, factor) for number in loop.carried))
    total = loop.results[0]
    for number in loop.results[1:]:
        total = f.fadd(total, number)
    f.ret(f.extract(total, 0))
    return module.text()


@cache
def _loaded() -> Loaded:
    return Loaded(compile_object(peak_text(host()), host()), ("run",))


def seconds_per_operation() -> float:
    """Measure how long a floating-point operation takes, of all cores together."""
    entry = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_int64)(_loaded().addresses["run"])
    cores = available_cores()
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(entry, [1000] * cores))
        begin = perf_counter()
        list(pool.map(entry, [_ROUNDS] * cores))
        taken = perf_counter() - begin
    return taken / (2 * _SUMS * host().lanes(4) * _ROUNDS * cores)

"""Numbers too small for their full precision (denormals) count as 0 while training.

Averages that decay, such as Adam's of a gradient that is 0 from some step on, reach such numbers
and stay there, and processors take a hundred times as long for each of them. So programs that
update variables of floats run in the processor's mode in which they are 0: what is below 1.2e-38
(float32) or 2.3e-308 (float64) in size. Other programs compute with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from giulgi.backends.cpu.code.ir import I32, I64, PTR, Function

# Bits of the control registers: on x86 flush-to-zero and denormals-are-zero of MXCSR, on Arm
# flush-to-zero of FPCR.
_X86_BITS = 0x8040
_ARM_BITS = 1 << 24


@contextmanager
def tiny_as_zero(f: Function, is_arm: bool) -> Iterator[None]:
    """Write code around what is written inside: the mode is set before it, and as before after."""
    if is_arm:
        f.module.declare("declare void @llvm.aarch64.set.fpcr(i64)")
        before = f.call("llvm.aarch64.get.fpcr", I64)
        f.call("llvm.aarch64.set.fpcr", "void", f.or_(before, _ARM_BITS))
        yield
        f.call("llvm.aarch64.set.fpcr", "void", before)
        return
    slot = f.emit(PTR, "alloca i32, align 4")
    f.call("llvm.x86.sse.stmxcsr", "void", slot)
    state = f.load(I32, slot)
    f.store(f.or_(state, _X86_BITS), slot)
    f.call("llvm.x86.sse.ldmxcsr", "void", slot)
    yield
    f.store(state, slot)
    f.call("llvm.x86.sse.ldmxcsr", "void", slot)

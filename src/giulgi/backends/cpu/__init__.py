"""The speed: computations compiled to native code by LLVM."""

from giulgi.backends.cpu.backend import CpuBackend

__all__ = ["CpuBackend"]

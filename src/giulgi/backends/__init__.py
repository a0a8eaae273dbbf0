"""Floor 2: how it is computed.

``base`` says what a backend is; ``reference`` is NumPy, the meaning; ``cpu`` compiles, the speed.
Between the two is one for programs that are not run often enough, for the same shapes, to compile
them: it interprets all but the loops, whose code is the same for sequences of any length.
"""

from functools import cache

from giulgi.backends.base import Backend, Batched, Computation, Draw, Executable, Steps
from giulgi.backends.reference import ReferenceBackend
from giulgi.config import check_backend, config

#: The name of the backend that compiles loops alone; nobody sets it in ``gg.config``.
LOOPS_COMPILED = "loops"


def backend(name: str | None = None) -> Backend:
    """Return the backend of a name; None: the one that is set in ``gg.config``.

    Raises:
        ArgumentError: if there is none of that name.
    """
    if name == LOOPS_COMPILED:
        return _backend(name)
    return _backend(config.backend if name is None else check_backend(name))


@cache
def _backend(name: str) -> Backend:
    if name == "cpu":
        # LLVM is loaded when the first program is compiled, not at import.
        from giulgi.backends.cpu import CpuBackend

        return CpuBackend()
    if name == LOOPS_COMPILED:
        from giulgi.backends.cpu.backend import LoopsBackend

        return LoopsBackend()
    return ReferenceBackend()


__all__ = [
    "LOOPS_COMPILED",
    "Backend",
    "Batched",
    "Computation",
    "Draw",
    "Executable",
    "ReferenceBackend",
    "Steps",
    "backend",
]

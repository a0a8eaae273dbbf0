"""Floor 2: how it is computed.

``base`` says what a backend is; ``reference`` is NumPy, the meaning; ``cpu`` compiles, the speed.
"""

from functools import cache

from giulgi.backends.base import Backend, Batched, Computation, Draw, Executable, Steps
from giulgi.backends.reference import ReferenceBackend
from giulgi.config import check_backend, config


def backend(name: str | None = None) -> Backend:
    """Return the backend of a name; None: the one that is set in ``gg.config``.

    Raises:
        ArgumentError: if there is none of that name.
    """
    return _backend(config.backend if name is None else check_backend(name))


@cache
def _backend(name: str) -> Backend:
    if name == "cpu":
        # LLVM is loaded when the first program is compiled, not at import.
        from giulgi.backends.cpu import CpuBackend

        return CpuBackend()
    return ReferenceBackend()


__all__ = [
    "Backend",
    "Batched",
    "Computation",
    "Draw",
    "Executable",
    "ReferenceBackend",
    "Steps",
    "backend",
]

"""Floor 2: how it is computed. ``base`` says what a backend is; ``reference`` is NumPy."""

from giulgi.backends.base import Backend, Computation, Draw, Executable
from giulgi.backends.reference import ReferenceBackend
from giulgi.config import config

_BACKENDS: dict[str, Backend] = {"reference": ReferenceBackend()}


def backend(name: str | None = None) -> Backend:
    """Return the backend of a name; None: the one that is set in ``gg.config``."""
    return _BACKENDS[name or config.backend]


__all__ = ["Backend", "Computation", "Draw", "Executable", "ReferenceBackend", "backend"]

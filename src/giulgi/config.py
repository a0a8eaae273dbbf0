"""Settings: ``gg.config``. Each is an attribute; there are no environment variables."""

from __future__ import annotations

from typing import Any

from giulgi.errors import ArgumentError, UnknownArgumentError
from giulgi.names import suggestion

_BACKENDS = ("cpu", "reference")


def check_backend(name: str) -> str:
    """Return the name of a backend.

    Raises:
        ArgumentError: if there is none of that name.
    """
    if name not in _BACKENDS:
        raise ArgumentError(
            f"there is no backend {name!r}.", op="config", fix=suggestion(str(name), _BACKENDS)
        )
    return name


class Config:
    """The settings of giulgi.

    Attributes:
        backend: the backend that programs run on: "cpu" compiles them to native code,
            "reference" computes them with NumPy, operation by operation.
        threads: how many threads a compiled program uses; None: as many as there are cores for
            this process. The results do not depend on it.
    """

    _settings = ("backend", "threads")

    def __init__(self) -> None:
        self.backend = "reference"
        self.threads: int | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._settings:
            raise UnknownArgumentError(
                f"there is no setting {name!r}.", op="config", fix=suggestion(name, self._settings)
            )
        if name == "backend":
            check_backend(value)
        is_count = isinstance(value, int) and not isinstance(value, bool) and value > 0
        if name == "threads" and not (value is None or is_count):
            raise ArgumentError(
                f"threads is {value!r}; it must be a whole number, at least 1, or None.",
                op="config",
                fix="gg.config.threads = 2",
            )
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return f"Config(backend={self.backend!r}, threads={self.threads})"


config = Config()

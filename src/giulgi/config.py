"""Settings: ``gg.config``. Each is an attribute; there are no environment variables."""

from __future__ import annotations

from typing import Any

from giulgi.errors import ArgumentError, UnknownArgumentError
from giulgi.names import suggestion


class Config:
    """The settings of giulgi.

    Attributes:
        backend: the backend that programs run on; "reference" computes with NumPy.
    """

    _backends = ("reference",)

    def __init__(self) -> None:
        self.backend = "reference"

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "backend":
            raise UnknownArgumentError(
                f"there is no setting {name!r}.", op="config", fix=suggestion(name, ["backend"])
            )
        if value not in self._backends:
            raise ArgumentError(
                f"there is no backend {value!r}.",
                op="config",
                fix=suggestion(str(value), self._backends),
            )
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return f"Config(backend={self.backend!r})"


config = Config()

"""What stands for tensors and variables as the keys of a dict, in TensorFlow 2."""

from __future__ import annotations

from typing import Any


class Reference:
    """What stands for a tensor or variable as the key of a dict."""

    def __init__(self, thing: Any) -> None:
        self._thing = thing

    def deref(self) -> Any:
        """Return the tensor or variable."""
        return self._thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and other._thing is self._thing

    def __hash__(self) -> int:
        return id(self._thing)

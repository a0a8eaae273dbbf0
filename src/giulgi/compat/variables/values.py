"""The value that a variable has now, as Python's numbers and sequences: where it has one."""

from __future__ import annotations

from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.tensors.operand import Operand
from giulgi.compat.tensors.tensor import Converted


class Valued(Operand, Converted):
    """A variable whose value of now programs take as a number, if they compute at once."""

    @property
    def name(self) -> str:
        """Its name."""
        raise NotImplementedError

    def numpy(self) -> Any:
        """Return its value of now."""
        raise NotImplementedError

    def __float__(self) -> float:
        return float(self.as_tensor())  # type: ignore[arg-type]

    def __int__(self) -> int:
        return int(self.as_tensor())  # type: ignore[call-overload]

    def __index__(self) -> int:
        return self.as_tensor().__index__()  # type: ignore[attr-defined]

    def __bool__(self) -> bool:
        # `step or other`, in a graph, asks whether there is a variable.
        return not get_default_graph().is_eager or bool(self.as_tensor())

    def __len__(self) -> int:
        return len(self.as_tensor())

    def __iter__(self) -> Any:
        return iter(self.as_tensor())

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if not get_default_graph().is_eager:
            raise NotImplementedError(
                f"Cannot convert {self.name!r}, a variable of a graph, to a NumPy array: run it in "
                "a session"
            )
        return np.array(self.numpy(), dtype)

    def __format__(self, specification: str) -> str:
        if get_default_graph().is_eager and specification:
            return format(self.numpy(), specification)
        return format(str(self), specification)

"""What it takes to run machine code, beside the code: memory, constants, and where addresses go."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.backends.cpu.table import Table

# Constants of more bytes are data.
_MOST_CONSTANT_BYTES = 1_000_000


@dataclass(frozen=True)
class Frame:
    """How native code is called.

    Attributes:
        table: where addresses stand.
        constants: the arrays that it reads.
        arena_bytes: the size of what lives within a step.
        scratch_bytes: the size of working memory that workers share.
        private_bytes: the size of working memory of each worker.
        is_shared: whether it may be worth several workers.
        seconds: about how long a step takes one worker.
    """

    table: Table
    constants: tuple[np.ndarray[Any, Any], ...]
    arena_bytes: int
    scratch_bytes: int
    private_bytes: int
    is_shared: bool
    seconds: float

    @property
    def is_small(self) -> bool:
        """Whether it may be kept on disk: a user's data that stand in a program are not."""
        return sum(value.nbytes for value in self.constants) <= _MOST_CONSTANT_BYTES

    def with_code(self, code: bytes) -> bytes:
        """Return it together with machine code, to be kept on disk."""
        return pickle.dumps((self, code))


def frame_and_code(kept: bytes) -> tuple[Frame, bytes] | None:
    """Return what was kept; None if it is something else, or of another version.

    Whoever can write into the folder of the cache could put machine code there as well.
    """
    try:
        frame, code = pickle.loads(kept)
    except Exception:  # What pickle raises depends on what it finds.
        return None
    return (frame, code) if isinstance(frame, Frame) and isinstance(code, bytes) else None

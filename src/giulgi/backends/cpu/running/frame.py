"""What it takes to run machine code, beside the code: memory, constants, and where addresses go."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.backends.cpu.table import Table


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

    def with_code(self, code: bytes) -> bytes:
        """Return it together with machine code, to be kept on disk."""
        return pickle.dumps((self, code))


def frame_and_code(kept: bytes) -> tuple[Frame, bytes]:
    """Return what was kept."""
    frame, code = pickle.loads(kept)
    return frame, code

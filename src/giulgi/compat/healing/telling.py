"""What a program is told of what was healed for it: each remark once, in one line."""

from __future__ import annotations

import sys

_said: set[str] = set()


def tell(remark: str) -> None:
    """Print a remark, if it was not said before."""
    if remark not in _said:
        _said.add(remark)
        print(f"giulgi: {remark}", file=sys.stderr)

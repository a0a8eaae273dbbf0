"""Numbers made by real Keras, which tests compare with; README.md tells what the files hold."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Golden:
    """One file: ``cases`` describes each case, ``meta`` the file, ``arrays`` are the numbers."""

    def __init__(self, topic: str) -> None:
        with np.load(Path(__file__).parent / f"keras_{topic}.npz") as file:
            self.arrays: dict[str, Array] = dict(file)
        self.meta: dict[str, Any] = json.loads(str(self.arrays.pop("meta")))
        self.cases: dict[str, dict[str, Any]] = self.meta["cases"]

    def __getitem__(self, key: str) -> Array:
        return self.arrays[key]

    def below(self, prefix: str) -> dict[str, Array]:
        """Return the arrays whose keys begin so, by the rest of their keys."""
        start = f"{prefix}/"
        return {
            key.removeprefix(start): array
            for key, array in self.arrays.items()
            if key.startswith(start)
        }

    def numbered(self, prefix: str) -> list[Array]:
        """Return the arrays <prefix>/0, <prefix>/1, ..."""
        found = self.below(prefix)
        return [found[str(number)] for number in range(len(found))]


@cache
def read(topic: str) -> Golden:
    """Return the golden numbers of a topic."""
    return Golden(topic)

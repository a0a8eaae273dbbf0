"""Cases, as in ``case_table``, of pictures that are made larger or smaller."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

import giulgi as gg
from graph.case_table import RANK_KNOWN
from graph.cases import Case, of_inputs, real


def sinc(x: float) -> float:
    return 1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)


def cubic(d: float) -> float:
    if d < 1:
        return 1.5 * d**3 - 2.5 * d**2 + 1
    return -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2 if d < 2 else 0.0


WEIGHTS = {
    "bilinear": lambda d: max(0.0, 1 - d),
    "bicubic": cubic,
    "lanczos3": lambda d: sinc(d) * sinc(d / 3) if d < 3 else 0.0,
    "lanczos5": lambda d: sinc(d) * sinc(d / 5) if d < 5 else 0.0,
}


def along(x: np.ndarray, axis: int, m: int, method: str, antialias: bool) -> np.ndarray:
    """Return x with m places along an axis, each made of the elements around it, one by one."""
    n = x.shape[axis]
    made = []
    for o in range(m):
        place = (o + 0.5) * n / m - 0.5
        if method == "nearest":
            weights = {math.floor(place + 0.5): 1.0}
        else:
            stretch = max(1, n / m) if antialias else 1
            weights = {i: WEIGHTS[method](abs(place - i) / stretch) for i in range(n)}
        whole = sum(weights.values())
        made.append(sum(w / whole * np.take(x, i, axis) for i, w in weights.items()))
    return np.stack(made, axis)


def resized(draw: Any, rng: Any) -> Any:
    rank = draw(st.integers(1, 2))
    sizes = st.tuples(*[st.integers(1, 6)] * rank)
    space, size = draw(sizes), draw(sizes)
    method, antialias = draw(st.sampled_from(["nearest", *WEIGHTS])), draw(st.booleans())
    first = draw(st.booleans())
    shape = (2, 3, *space) if first else (2, *space, 3)
    options = {
        "method": method, "antialias": antialias,
        "data_format": "channels_first" if first else "channels_last",
    }  # fmt: skip

    def meaning(x: np.ndarray) -> np.ndarray:
        for axis, m in enumerate(size, start=2 if first else 1):
            x = along(x, axis, m, method, antialias)
        return x

    return lambda x: gg.resize(x, size, **options), meaning, real(rng, shape)


RESIZING = [Case("resize", None, of_inputs(resized), RANK_KNOWN)]

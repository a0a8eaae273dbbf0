"""Cases, as in ``case_table``, of loops."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

import giulgi as gg
from giulgi.graph.control.scan import Scan
from graph.cases import Case, of_inputs, real


def recurrent(draw: Any, rng: Any) -> Any:
    """States, sequences and what is captured, in products and elementwise."""
    steps, rows, units = (draw(st.integers(1, 3)) for _ in range(3))
    reverse = draw(st.booleans())

    def function(h: Any, xs: Any, w: Any) -> Any:
        def step(h: Any, x: Any) -> Any:
            return gg.tanh(x + h @ w), h * x + w[:1]

        last, every = gg.scan(step, h, xs, reverse=reverse)
        return gg.concat([every, last[None]])

    def meaning(h: Any, xs: Any, w: Any) -> Any:
        every = []
        for x in xs[::-1] if reverse else xs:
            every.append(h * x + w[:1])
            h = np.tanh(x + h @ w)
        return np.stack([*(every[::-1] if reverse else every), h])

    return (
        function, meaning, real(rng, (rows, units)), real(rng, (steps, rows, units)),
        real(rng, (units, units)),
    )  # fmt: skip


def several(draw: Any, rng: Any) -> Any:
    """States that take each other's place, one that is no float, and a mask."""
    steps, size = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    mask = np.array(draw(st.lists(st.booleans(), min_size=steps, max_size=steps)))

    def function(a: Any, b: Any, xs: Any) -> Any:
        def step(state: Any, x: Any) -> Any:
            a, b, count = state
            return (b, a * x + b, count + 1), gg.where(count < 2, a, b)

        (a, b, count), every = gg.scan(step, (a, b, 0), xs, mask=mask)
        return gg.concat([every, a[None], b[None] * count])

    def meaning(a: Any, b: Any, xs: Any) -> Any:
        every, count = [], 0
        for x, counts in zip(xs, mask, strict=True):
            every.append(a if count < 2 else b)
            if counts:
                a, b, count = b, a * x + b, count + 1
        return np.stack([*every, a, b * count])

    return function, meaning, real(rng, (size,)), real(rng, (size,)), real(rng, (steps, size))


LOOPS = [
    Case("Scan", Scan, of_inputs(recurrent)),
    Case("Scan of several", Scan, of_inputs(several)),
]

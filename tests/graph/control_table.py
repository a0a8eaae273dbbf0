"""Cases, as in ``case_table``, of loops."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

import giulgi as gg
from giulgi.graph.control.cond import Cond
from giulgi.graph.control.scan import Scan
from giulgi.graph.control.while_loop import While
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


def choice(draw: Any, rng: Any) -> Any:
    """One of two computations, of what both share and of what is only the one's."""
    chosen, size = draw(st.booleans()), draw(st.integers(1, 3))
    sign = np.float64(1 if chosen else -1)

    def function(a: Any, b: Any) -> Any:
        # What is chosen by is no constant, but where all is.
        condition = gg.sum(a * 0) + sign > 0
        return gg.cond(condition, lambda: gg.sin(a) * b + a, lambda: gg.cos(b) - a * a) * 2

    def meaning(a: Any, b: Any) -> Any:
        return 2 * (np.sin(a) * b + a if chosen else np.cos(b) - a * a)

    return function, meaning, real(rng, (size,)), real(rng, (size,))


def rounds(draw: Any, rng: Any) -> Any:
    """As many rounds as a state says, with something captured."""
    count, size = draw(st.integers(0, 3)), draw(st.integers(1, 3))

    def function(x: Any, w: Any) -> Any:
        first = (gg.sum(x * 0), x)
        return gg.while_loop(lambda n, x: n < count, lambda n, x: (n + 1, gg.tanh(x * w)), first)[1]

    def meaning(x: Any, w: Any) -> Any:
        for _ in range(count):
            x = np.tanh(x * w)
        return x

    return function, meaning, real(rng, (size,)), real(rng, (size,))


LOOPS = [
    Case("Cond", Cond, of_inputs(choice)),
    Case("While", While, of_inputs(rounds)),
    Case("Scan", Scan, of_inputs(recurrent)),
    Case("Scan of several", Scan, of_inputs(several)),
]

"""Cases, as in ``case_table``, of pooling: which tap sees the greatest, and what a tap sees."""

from __future__ import annotations

from typing import Any

import numpy as np

import giulgi as gg
from giulgi.graph.node import build
from giulgi.graph.ops import pooling as op
from giulgi.graph.ops.shape import build_shaped
from giulgi.graph.window import as_window
from graph.cases import Case, distinct, of_inputs, real
from graph.checks import CONSTANT, DATA, SIZES, STATIC
from graph.convolution_table import Setting, setting

LEVELS = (CONSTANT, STATIC, SIZES, DATA)


class Pooled:
    """A pooling with windows that are nowhere all in the padding.

    Attributes:
        x: the shape (batch, *space, channels).
        y: the shape of what it makes.
        how: the attributes of the ops.
    """

    def __init__(self, s: Setting) -> None:
        padding = s.padding if isinstance(s.padding, str) else "same"
        window = as_window(len(s.places), s.strides, s.dilation, padding)
        self.taps = s.kernel[: len(s.places)]
        self.how = {"window": window, "taps": self.taps}
        self.x = s.x
        self.y = (s.x[0], *window.all_places(s.x[1:-1], self.taps), s.x[-1])
        self.before = [before for before, _ in window.margins(s.x[1:-1], self.taps)]
        self.strides, self.dilation = s.strides, s.dilation

    def seen(self, place: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
        """Return for the number of each tap that is inside x where it is, for a place of y."""
        batch, *at, c = place
        found = {}
        for number, tap in enumerate(np.ndindex(*self.taps)):
            axes = zip(at, self.strides, tap, self.dilation, self.before, strict=True)
            where = tuple(o * s + t * d - b for o, s, t, d, b in axes)
            if all(0 <= p < size for p, size in zip(where, self.x[1:-1], strict=True)):
                found[number] = (batch, *where, c)
        return found

    def greatest(self, x: np.ndarray) -> np.ndarray:
        y = np.zeros(self.y, np.uint8)
        for place in np.ndindex(*self.y):
            seen = self.seen(place)
            y[place] = max(seen, key=lambda tap: (x[seen[tap]], -tap))
        return y

    def any_tap(self, rng: Any) -> np.ndarray:
        taps = np.zeros(self.y, np.uint8)
        for place in np.ndindex(*self.y):
            taps[place] = rng.choice(list(self.seen(place)))
        return taps


def greatest_tap(draw: Any, rng: Any) -> Any:
    p = Pooled(setting(draw))
    x = rng.integers(-2, 3, p.x).astype(float)  # with equal elements
    return lambda x: build(op.GreatestTap(**p.how), gg.constant(x)), p.greatest, x


def at_greatest(draw: Any, rng: Any) -> Any:
    p = Pooled(setting(draw))

    def function(x: Any) -> Any:
        x = gg.constant(x)
        return build(op.AtTap(**p.how), x, build(op.GreatestTap(**p.how), x))

    def meaning(x: np.ndarray) -> np.ndarray:
        y = np.zeros(p.y)
        for place in np.ndindex(*p.y):
            y[place] = max(x[where] for where in p.seen(place).values())
        return y

    return function, meaning, distinct(rng, p.x)


def from_tap(draw: Any, rng: Any) -> Any:
    p = Pooled(setting(draw))
    tap = p.any_tap(rng)

    def function(dy: Any) -> Any:
        return build_shaped(op.FromTap, p.x, gg.constant(dy), gg.constant(tap), **p.how)

    def meaning(dy: np.ndarray) -> np.ndarray:
        x = np.zeros(p.x)
        for place in np.ndindex(*p.y):
            x[p.seen(place)[int(tap[place])]] += dy[place]
        return x

    return function, meaning, real(rng, p.y)


POOLING = [
    Case("AtTap", op.AtTap, of_inputs(at_greatest), LEVELS),
    Case("FromTap", op.FromTap, of_inputs(from_tap), LEVELS),
]
GREATEST = Case("GreatestTap", op.GreatestTap, of_inputs(greatest_tap), LEVELS, slope_levels=())

"""Cases, as in ``case_table``, of convolutions: any axes of space, strides, padding and groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

import giulgi as gg
from giulgi.graph.ops import convolutions as op
from giulgi.graph.ops.shape import build_shaped
from giulgi.graph.window import as_window
from graph.cases import Case, of_inputs, real
from graph.checks import CONSTANT, DATA, SIZES, STATIC

LEVELS = (CONSTANT, STATIC, SIZES, DATA)


@dataclass(frozen=True)
class Setting:
    """A convolution, told by plain numbers.

    Attributes:
        x: the shape (batch, *space, channels).
        kernel: the shape (*taps, channels / groups, filters).
        padding: as it is given.
        before: how many zeros stand before x along each axis.
        places: the sizes of the result along the axes of space.
    """

    x: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int
    padding: Any
    before: tuple[int, ...]
    places: tuple[int, ...]

    @property
    def y(self) -> tuple[int, ...]:
        return (self.x[0], *self.places, self.kernel[-1])

    def options(self) -> dict[str, Any]:
        return {
            "strides": self.strides, "dilation": self.dilation, "groups": self.groups,
            "padding": self.padding,
        }  # fmt: skip

    def parts(self) -> Any:
        """Yield the places in y, x and kernel of all products that the convolution adds up."""
        per_group = self.kernel[-1] // self.groups
        for place in np.ndindex(*self.y):
            batch, *at, c = place
            for tap in np.ndindex(*self.kernel[:-2]):
                seen = tuple(
                    o * s + t * d - b
                    for o, s, t, d, b in zip(
                        at, self.strides, tap, self.dilation, self.before, strict=True
                    )
                )
                if all(0 <= p < size for p, size in zip(seen, self.x[1:-1], strict=True)):
                    for i in range(self.kernel[-2]):
                        channel = c // per_group * self.kernel[-2] + i
                        yield place, (batch, *seen, channel), (*tap, i, c)


def setting(draw: Any) -> Setting:
    rank = draw(st.integers(1, 3))
    each = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(rank))  # noqa: E731
    groups = draw(st.sampled_from([1, 1, 2]))
    kind = draw(st.sampled_from(["valid", "same", "pairs"]))
    strides, dilation, taps = each(1, 3), each(1, 2), each(1, 3 if rank < 3 else 2)
    spans = [(t - 1) * d + 1 for t, d in zip(taps, dilation, strict=True)]
    sizes = tuple(span + more for span, more in zip(spans, each(0, 2), strict=True))
    pairs = [(0, 0)] * rank
    if kind == "pairs":
        pairs = list(zip(each(0, 2), each(0, 2), strict=True))
    if kind == "same":
        for axis, (size, span, stride) in enumerate(zip(sizes, spans, strides, strict=True)):
            places = (size + stride - 1) // stride
            whole = max(0, (places - 1) * stride + span - size)
            pairs[axis] = (whole // 2, whole - whole // 2)
    lengths = [
        size + sum(pair) - span for size, pair, span in zip(sizes, pairs, spans, strict=True)
    ]
    inner, outer = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    return Setting(
        x=(draw(st.integers(1, 2)), *sizes, inner * groups),
        kernel=(*taps, inner, outer * groups),
        strides=strides,
        dilation=dilation,
        groups=groups,
        padding=pairs if kind == "pairs" else kind,
        before=tuple(before for before, _ in pairs),
        places=tuple(room // stride + 1 for room, stride in zip(lengths, strides, strict=True)),
    )


def forward(draw: Any, rng: Any) -> Any:
    s = setting(draw)

    def meaning(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        y = np.zeros(s.y)
        for of_y, of_x, of_kernel in s.parts():
            y[of_y] += x[of_x] * kernel[of_kernel]
        return y

    function = lambda x, kernel: gg.convolution(x, kernel, **s.options())  # noqa: E731
    return function, meaning, real(rng, s.x), real(rng, s.kernel)


def to_input(draw: Any, rng: Any) -> Any:
    s = setting(draw)

    def meaning(dy: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        x = np.zeros(s.x)
        for of_y, of_x, of_kernel in s.parts():
            x[of_x] += dy[of_y] * kernel[of_kernel]
        return x

    def function(dy: Any, kernel: Any) -> Any:
        return gg.convolution_transpose(dy, kernel, output_shape=s.x[1:-1], **s.options())

    return function, meaning, real(rng, s.y), real(rng, s.kernel)


def to_kernel(draw: Any, rng: Any) -> Any:
    s = setting(draw)

    def meaning(x: np.ndarray, dy: np.ndarray) -> np.ndarray:
        kernel = np.zeros(s.kernel)
        for of_y, of_x, of_kernel in s.parts():
            kernel[of_kernel] += x[of_x] * dy[of_y]
        return kernel

    window = as_window(len(s.places), s.strides, s.dilation, s.padding)
    how = {"window": window, "groups": s.groups}

    def function(x: Any, dy: Any) -> Any:
        return build_shaped(op.ConvolutionKernel, s.kernel, x, dy, **how)

    return function, meaning, real(rng, s.x), real(rng, s.y)


CONVOLUTIONS = [
    Case("Convolution", op.Convolution, of_inputs(forward), LEVELS),
    Case("ConvolutionInput", op.ConvolutionInput, of_inputs(to_input), LEVELS),
    Case("ConvolutionKernel", op.ConvolutionKernel, of_inputs(to_kernel), LEVELS),
]

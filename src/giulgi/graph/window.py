"""Windows that slide over the axes of space: where a convolution or a pooling looks.

Along each axis, place o of the result sees the places o * stride + tap * dilation - before of x,
for every tap from 0 to taps - 1; ``before`` elements are thought in front of x, ``after`` behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph.shapes import Dim

Margins = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Window:
    """How a window moves along each axis of space.

    Attributes:
        strides: how far it moves from one place of the result to the next.
        dilation: how far apart its taps are.
        padding: ``"valid"``: none; ``"same"``: so much that the result has size / stride places,
            rounded up, half of it before x (rounded down); or pairs (before, after).
    """

    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str | Margins

    @property
    def rank(self) -> int:
        """The number of axes of space."""
        return len(self.strides)

    def span(self, axis: int, taps: int) -> int:
        """Return how many elements lie from the first tap to the last, these included."""
        return (taps - 1) * self.dilation[axis] + 1

    def margin(self, axis: int, size: int, taps: int) -> tuple[int, int]:
        """Return how many elements are thought before and after an axis of this size."""
        if self.padding == "valid":
            return 0, 0
        if isinstance(self.padding, tuple):
            return self.padding[axis]
        stride = self.strides[axis]
        whole = max((-(-size // stride) - 1) * stride + self.span(axis, taps) - size, 0)
        return whole // 2, whole - whole // 2

    def margins(self, space: Sequence[int], taps: Sequence[int]) -> Margins:
        """Return how many elements are thought before and after each axis of these sizes."""
        return tuple(
            self.margin(axis, size, count)
            for axis, (size, count) in enumerate(zip(space, taps, strict=True))
        )

    def inside(self, space: Sequence[int], taps: Sequence[int]) -> tuple[slice, ...]:
        """Return where, within its padding, an array of these sizes lies."""
        margins = self.margins(space, taps)
        return tuple(
            slice(before, before + size) for (before, _), size in zip(margins, space, strict=True)
        )

    def all_places(self, space: Sequence[Dim], taps: Sequence[Dim]) -> tuple[Any, ...]:
        """Return how many places the result has along each axis; see :meth:`places`."""
        return tuple(
            self.places(axis, size, count)
            for axis, (size, count) in enumerate(zip(space, taps, strict=True))
        )

    def places(self, axis: int, size: Dim, taps: Dim) -> Dim:
        """Return how many places the result has along an axis.

        Raises:
            ShapeError: if the window is longer than the axis and its padding.
        """
        if size is None or (taps is None and self.padding != "same"):
            return None
        if self.padding == "same":
            return -(-size // self.strides[axis])
        assert taps is not None
        before, after = self.margin(axis, size, taps)
        room = before + size + after - self.span(axis, taps)
        if room < 0:
            raise ShapeError(
                f"the window spans {self.span(axis, taps)} elements along axis {1 + axis}, where x "
                f"has {size}" + (f" and {before + after} of padding." if before + after else "."),
                axes=f"axis {1 + axis} of x ({size})",
                fix='use padding="same", a smaller window, or a larger x',
            )
        return room // self.strides[axis] + 1

    def seen(self, tap: Sequence[int], places: Sequence[int]) -> tuple[slice, ...]:
        """Return which elements of the padded x a tap sees, one for each place of the result."""
        return tuple(
            slice(t * dilation, t * dilation + (count - 1) * stride + 1, stride)
            for t, dilation, stride, count in zip(
                tap, self.dilation, self.strides, places, strict=True
            )
        )

    def __str__(self) -> str:
        said = [f"strides={self.strides}"]
        if any(step != 1 for step in self.dilation):
            said.append(f"dilation={self.dilation}")
        return ", ".join([*said, f"padding={self.padding!r}"])


def as_window(rank: int, strides: Any, dilation: Any, padding: Any) -> Window:
    """Return the window that is described as users describe it: one number is for all axes.

    Raises:
        ArgumentError: if a number is less than 1, or there are not as many as axes of space.
    """
    return Window(
        steps_of("strides", strides, rank), steps_of("dilation", dilation, rank),
        _padding_of(padding, rank),
    )  # fmt: skip


def steps_of(what: str, given: Any, rank: int) -> tuple[int, ...]:
    """Return one whole number of at least 1 for each axis of space."""
    steps = (given,) * rank if isinstance(given, int) else tuple(given)
    are_whole = all(isinstance(step, int) and step >= 1 for step in steps)
    if len(steps) != rank or not are_whole:
        raise ArgumentError(
            f"{what} is {given!r}; there are {rank} axes of space.",
            fix=f"give one whole number of at least 1, or {rank} of them",
        )
    return steps


def _padding_of(given: Any, rank: int) -> str | Margins:
    if isinstance(given, str):
        if given.lower() in ("valid", "same"):
            return given.lower()
    else:
        pairs = ((given, given),) * rank if isinstance(given, int) else tuple(given)
        pairs = tuple((p, p) if isinstance(p, int) else tuple(p) for p in pairs)
        counts = [count for pair in pairs for count in pair]
        if (
            len(pairs) == rank
            and all(len(pair) == 2 for pair in pairs)
            and all(isinstance(count, int) and count >= 0 for count in counts)
        ):
            return pairs
    raise ArgumentError(
        f"padding is {given!r}.",
        fix=f'use "valid", "same", or a pair (before, after) for each of the {rank} axes of space',
    )

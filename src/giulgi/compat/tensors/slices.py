"""Slices between computed bounds, of which a program says how long they are."""

from __future__ import annotations

from collections.abc import Sequence

import giulgi as gg
from giulgi.graph.ops.creation import Arange
from giulgi.graph.ops.indexing import Gather
from giulgi.graph.shapes import normalise_axis


def of_length(x: gg.Tensor, sizes: Sequence[int | None]) -> gg.Tensor:
    """Return slices with as many elements as told, from the first one on.

    ``data[:, i * n : (i + 1) * n]`` has an unknown size, until ``set_shape`` says that it is n.
    Taken as n elements, and not as those before the second bound, all that is made of it has a
    shape that is known, and is compiled once for every i.

    Args:
        x: an expression, perhaps slices along several axes.
        sizes: its sizes; None where one is not known.
    """
    if not isinstance(x.op, Gather) or x.known_shape is None or len(sizes) != x.ndim:
        return x
    source, places = x.inputs
    axis = normalise_axis(x.op.axis, source.ndim)
    if places.ndim != 1:
        return x
    count = sizes[axis]
    inner = of_length(source, [None if a == axis else n for a, n in enumerate(sizes)])
    if count is not None and isinstance(places.op, Arange) and places.known_shape == (None,):
        start, _, step = places.inputs
        places = start + step * gg.arange(count, dtype=step.dtype)
    elif inner is source:
        return x
    return gg.gather(inner, places, axis)

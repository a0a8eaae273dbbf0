"""Cases, as in ``case_table``, of elements in their order, and of what is summed up to each."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

import giulgi as gg
from giulgi.graph.ops.sorting import ArgSort
from graph.case_table import RANK_KNOWN
from graph.cases import Case, axis_of, distinct, of_inputs, of_shape, real


def argsort(draw: Any, shape: Any) -> Any:
    axis, descending = draw(axis_of(len(shape))), draw(st.booleans())
    # Halves are often equal: the order of those is that in which they stand.
    return (
        lambda x: gg.argsort(gg.round(x * 2), axis, descending),
        lambda x: np.argsort(np.round(x * 2) * (-1 if descending else 1), axis, kind="stable"),
    )


def sort(draw: Any, rng: Any) -> Any:
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    axis, descending = draw(axis_of(len(shape))), draw(st.booleans())
    sign = -1 if descending else 1
    return (
        lambda x: gg.sort(x, axis, descending) * x,
        lambda x: sign * np.sort(sign * x, axis) * x,
        distinct(rng, shape),
    )


def top_k(draw: Any, rng: Any) -> Any:
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    k = draw(st.integers(0, shape[-1]))
    return (
        lambda x: gg.top_k(x, k)[0] * 2,
        lambda x: np.sort(x, -1)[..., ::-1][..., :k] * 2,
        distinct(rng, shape),
    )


def cumulative(name: str) -> Any:
    def make(draw: Any, rng: Any) -> Any:
        shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
        options = {"exclusive": draw(st.booleans()), "reverse": draw(st.booleans())}
        axis = draw(st.sampled_from([None, *range(len(shape))]))

        def meaning(x: Any) -> Any:
            x, along = (x.ravel(), 0) if axis is None else (x, axis)
            x = np.flip(x, along) if options["reverse"] else x
            y = getattr(np, name)(x, along)
            if options["exclusive"]:
                first = np.full_like(np.take(x, [0], along), name == "cumprod")
                kept = np.take(y, range(y.shape[along] - 1), along)
                y = np.concatenate([first, kept], along)
            return np.flip(y, along) if options["reverse"] else y

        x = real(rng, shape)
        # The gradient of a product is right where elements are 0.
        return lambda x: getattr(gg, name)(x, axis, **options), meaning, np.where(x > 1, 0, x)

    return make


ARGSORT = Case("ArgSort", ArgSort, of_shape(argsort, rank=1), slope_levels=())
ORDER = [
    Case("sort", None, of_inputs(sort), RANK_KNOWN),
    Case("top_k", None, of_inputs(top_k), RANK_KNOWN),
    Case("cumsum", None, of_inputs(cumulative("cumsum")), RANK_KNOWN),
    Case("cumprod", None, of_inputs(cumulative("cumprod")), RANK_KNOWN),
]

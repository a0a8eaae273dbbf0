"""Diagonals: which one, of what, dtypes, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ShapeError
from graph.case_table import RANK_KNOWN
from graph.checks import check_at_all_levels, check_same, gradient_of

X = np.arange(12).reshape(3, 4)


@pytest.mark.parametrize("k", [0, 1, -1, 2, -4])
@pytest.mark.parametrize("x", [X[0], X[0, :1], X[0, :0], X], ids=["4", "1", "none", "matrix"])
def test_diag(x, k):
    check_at_all_levels(lambda x: gg.diag(x, k), [x], np.diag(x, k), levels=RANK_KNOWN)


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint64, np.float32])
def test_diagonals_keep_the_dtype(dtype):
    check_same(gg.diag(X[0].astype(dtype), -1), np.diag(X[0].astype(dtype), -1))
    check_same(gg.diagonal(X.astype(dtype)), np.diagonal(X.astype(dtype)))
    check_same(gg.trace(X.astype(dtype)), np.trace(X.astype(dtype)))


@pytest.mark.parametrize("offset", [0, 2, -2, 4, -9])
def test_diagonal_and_trace(offset):
    x = np.arange(24.0).reshape(2, 3, 4)
    for axes in [(0, 1), (-2, -1), (2, 0)]:
        for name in ("diagonal", "trace"):
            check_at_all_levels(
                lambda x, name=name, axes=axes: getattr(gg, name)(x, offset, *axes),
                [x],
                getattr(np, name)(x, offset, *axes),
                levels=RANK_KNOWN,
            )


def test_known_sizes_of_diagonals():
    x = gg.placeholder("float32", (None, 5))
    assert gg.diag(x[0], 2).shape == (7, 7)
    assert gg.diag(x).shape == (None,)
    assert gg.diagonal(gg.placeholder("float32", (None, 3, 5)), 1, 1, 2).shape == (None, 3)


def test_gradient_of_a_diagonal_is_zero_elsewhere():
    assert gradient_of(lambda x: gg.diag(x, 1) * 3, [[1, 2], [3, np.inf]]).tolist() == [
        [0, 3],
        [0, 0],
    ]
    assert gradient_of(lambda x: gg.diag(x) * [[1, 2], [3, 4]], [1, np.inf]).tolist() == [1, 4]


def test_what_has_no_diagonal():
    with pytest.raises(ShapeError, match=r"^diag: x has 3 axes; it must be a vector or a matrix"):
        gg.diag(np.ones((1, 2, 3)))
    with pytest.raises(ShapeError, match=r"^diag: x has 0 axes"):
        gg.diag(1.0)
    with pytest.raises(ShapeError, match=r"^diagonal: axis1 and axis2 are the same axis"):
        gg.diagonal(X, 0, 1, -1)
    with pytest.raises(ShapeError, match=r"^trace: there is no axis 1 in a tensor of rank 1"):
        gg.trace([1, 2])

"""Which dtypes there are, and in which one two of them meet."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import DTypeError
from giulgi.graph import dtypes

PAIRS = list(itertools.product(dtypes.ALL, dtypes.ALL))


def expected(a, b):
    """Return NumPy's rule, but for what the module's page tells: integers take the float."""
    if (a.kind == "f") != (b.kind == "f"):
        return a if a.kind == "f" else b
    return np.promote_types(a, b)


@pytest.mark.parametrize(("a", "b"), PAIRS, ids=lambda d: d.name)
def test_two_dtypes_meet(a, b):
    if {a.kind, b.kind} == {"u", "i"} and 8 in (x.itemsize for x in (a, b) if x.kind == "u"):
        with pytest.raises(DTypeError, match="no integer dtype holds both"):
            dtypes.result_type(a, b)
        with pytest.raises(DTypeError, match="no integer dtype holds both"):
            gg.constant([1], a) + gg.constant([1], b)
        return
    assert dtypes.result_type(a, b) == expected(a, b) == dtypes.result_type(b, a)
    assert (gg.constant([1], a) * gg.constant([1], b)).dtype == expected(a, b)


@pytest.mark.parametrize("dtype", dtypes.ALL, ids=lambda d: d.name)
def test_python_numbers_give_way(dtype):
    x = gg.constant([1], dtype)
    kind = dtype.kind
    assert (x + True).dtype == (dtype if kind != "b" else np.bool_)
    assert (x + 1).dtype == (dtype if kind != "b" else np.int64)
    assert (1.5 * x).dtype == (dtype if kind == "f" else np.float32)
    assert gg.maximum(x, 1).dtype == (x + 1).dtype
    assert gg.where([True], x, 1.5).dtype == (1.5 * x).dtype


def test_several_numbers_meet_whatever_their_order():
    for order in itertools.permutations([True, 2, 2.5]):
        assert gg.concat([[v] for v in order]).dtype == np.float32
        assert gg.stack(order).dtype == np.float32


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (float, "float32"),
        (int, "int64"),
        (bool, "bool"),
        ("float32", "float32"),
        (np.float64, "float64"),
        (np.dtype(">i4"), "int32"),
        ("<f8", "float64"),
        (gg.uint8, "uint8"),
    ],
)
def test_names_of_dtypes(told, meant):
    assert dtypes.as_dtype(told) == np.dtype(meant)


def test_dtypes_are_those_of_numpy():
    assert gg.constant(1.0).dtype == np.float32
    assert np.zeros(2, gg.float64).dtype == np.float64


@pytest.mark.parametrize(
    ("told", "problem", "fix"),
    [
        ("flot32", "'flot32' is not a dtype", "did you mean 'float32'?"),
        ("no such", "is not a dtype", "known here: "),
        ("float16", "no tensors of dtype float16", "use float32"),
        ("complex64", "no tensors of dtype complex64", "known here: "),
        (object, "no tensors of dtype object", "rows of unequal length"),
        (str, "no tensors of text", "make numbers of it first"),
    ],
)
def test_dtypes_that_are_not_there(told, problem, fix):
    with pytest.raises(DTypeError, match=problem) as caught:
        dtypes.as_dtype(told)
    assert fix in caught.value.fix


def test_kinds():
    assert [d.name for d in dtypes.ALL if dtypes.is_float(d)] == ["float32", "float64"]
    assert not dtypes.is_integer(dtypes.bool_)
    assert dtypes.is_bool(dtypes.bool_)

"""Names that NumPy has removed, and what they stood for."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from giulgi.compat.healing.hooks import heals, lazily

Array = np.ndarray[Any, Any]


def _asscalar(a: Any) -> Any:
    return np.asarray(a).item()


def _rank(a: Any) -> int:
    return int(np.ndim(a))


def _alen(a: Any) -> int:
    return len(np.array(a, ndmin=1))


def _asfarray(a: Any, dtype: Any = np.float64) -> Array:
    kind = np.dtype(dtype)
    return np.asarray(a, kind if np.issubdtype(kind, np.inexact) else np.float64)


def _mat(data: Any, dtype: Any = None) -> Any:
    return np.asmatrix(data, dtype)


def _msort(a: Any) -> Array:
    return np.sort(a, axis=0)


def _in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Array:
    return np.isin(np.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert)


def _issubclass(arg1: Any, arg2: Any) -> bool:
    return isinstance(arg1, type) and issubclass(arg1, arg2)


def _cast() -> Any:
    class Casts(dict[Any, Any]):
        """For each dtype a function that converts to it."""

        def __missing__(self, key: Any) -> Callable[[Any], Array]:
            return lambda values: np.asarray(values).astype(key)

    return Casts()


def _fv(rate: Any, nper: Any, pmt: Any, pv: Any, when: Any = 0) -> Any:
    growth = np.power(1 + np.asarray(rate, float), nper)
    begin = 1 if when in (1, "begin", "start") else 0
    with np.errstate(all="ignore"):
        paid = np.where(np.equal(rate, 0), nper, (1 + rate * begin) * (growth - 1) / rate)
    return -(pv * growth + pmt * paid)


def _npv(rate: Any, values: Any) -> Any:
    flows = np.asarray(values)
    return (flows / (1 + rate) ** np.arange(len(flows))).sum(axis=0)


# Of each name what it stood for: as a thing, with what is to be used today.
_STOOD_FOR: dict[str, tuple[Any, str]] = {
    "float": (builtins.float, "float"),
    "int": (builtins.int, "int"),
    "bool": (builtins.bool, "bool"),
    "object": (builtins.object, "object"),
    "str": (builtins.str, "str"),
    "complex": (builtins.complex, "complex"),
    "long": (builtins.int, "int"),
    "unicode": (builtins.str, "str"),
    "float_": (np.float64, "np.float64"),
    "complex_": (np.complex128, "np.complex128"),
    "cfloat": (np.complex128, "np.complex128"),
    "singlecomplex": (np.complex64, "np.complex64"),
    "longfloat": (np.longdouble, "np.longdouble"),
    "clongfloat": (np.clongdouble, "np.clongdouble"),
    "longcomplex": (np.clongdouble, "np.clongdouble"),
    "string_": (np.bytes_, "np.bytes_"),
    "unicode_": (np.str_, "np.str_"),
    "bool8": (np.bool_, "np.bool_"),
    "int0": (np.intp, "np.intp"),
    "uint0": (np.uintp, "np.uintp"),
    "Inf": (math.inf, "np.inf"),
    "Infinity": (math.inf, "np.inf"),
    "infty": (math.inf, "np.inf"),
    "PINF": (math.inf, "np.inf"),
    "NINF": (-math.inf, "-np.inf"),
    "NaN": (math.nan, "np.nan"),
    "NAN": (math.nan, "np.nan"),
    "PZERO": (0.0, "0.0"),
    "NZERO": (-0.0, "-0.0"),
    "math": (math, "math"),
    "asscalar": (_asscalar, "a.item()"),
    "product": (np.prod, "np.prod"),
    "cumproduct": (np.cumprod, "np.cumprod"),
    "sometrue": (np.any, "np.any"),
    "alltrue": (np.all, "np.all"),
    "in1d": (_in1d, "np.isin"),
    "row_stack": (np.vstack, "np.vstack"),
    "round_": (np.round, "np.round"),
    "rank": (_rank, "np.ndim"),
    "alen": (_alen, "len"),
    "asfarray": (_asfarray, "np.asarray"),
    "mat": (_mat, "np.asmatrix"),
    "msort": (_msort, "np.sort(a, axis=0)"),
    "issubclass_": (_issubclass, "issubclass"),
    "issubsctype": (np.issubdtype, "np.issubdtype"),
    "fv": (_fv, "numpy_financial"),
    "npv": (_npv, "numpy_financial"),
    "div": (operator.floordiv, "np.floor_divide"),
}


def _trapz() -> Any:
    return np.trapezoid


def _sctypes() -> Any:
    return {
        "int": [np.int8, np.int16, np.int32, np.int64],
        "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
        "float": [np.float16, np.float32, np.float64, np.longdouble],
        "complex": [np.complex64, np.complex128, np.clongdouble],
        "others": [bool, object, bytes, str, np.void],
    }


def _recfromcsv() -> Any:
    def recfromcsv(fname: Any, **options: Any) -> Any:
        options = {"delimiter": ",", "dtype": None, "names": True, **options}
        return np.genfromtxt(fname, **options).view(np.recarray)

    return recfromcsv


_MADE: dict[str, tuple[Callable[[], Any], str]] = {
    "trapz": (_trapz, "np.trapezoid"),
    "cast": (_cast, "a.astype"),
    "sctypes": (_sctypes, "the dtypes by their names"),
    "recfromcsv": (_recfromcsv, "np.genfromtxt"),
    "ndfromtxt": (lambda: np.genfromtxt, "np.genfromtxt"),
    "DataSource": (lambda: np.lib.npyio.DataSource, "np.lib.npyio.DataSource"),
}


def _as_lazy(thing: Any) -> Callable[[], Any]:
    return lambda: thing


@heals("numpy")
def _names(module: Any) -> None:
    found = {name: (_as_lazy(thing), now) for name, (thing, now) in _STOOD_FOR.items()}
    lazily(
        module,
        {
            name: (make, f"np.{name} is gone from NumPy; {now} is what it was.")
            for name, (make, now) in {**found, **_MADE}.items()
            if name not in module.__dict__
        },
    )


@heals("numpy.random")
def _random(module: Any) -> None:
    def random_integers(low: int, high: int | None = None, size: Any = None) -> Any:
        first, last = (1, low) if high is None else (low, high)
        return module.randint(first, last + 1, size)

    module.random_integers = random_integers


#: What is healed here, for the page of documentation.
HEALED = ("NumPy", [*(f"np.{name}" for name in [*_STOOD_FOR, *_MADE]), "np.random.random_integers"])

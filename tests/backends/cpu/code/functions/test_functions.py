"""The elementwise functions, compiled for several machines, against exact values and NumPy."""

from __future__ import annotations

import ctypes
import math
import struct
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from giulgi.backends.cpu.code import functions
from giulgi.backends.cpu.code.ir import F32, F64, I64, PTR, Module, vector_of
from giulgi.backends.cpu.machine.objects import Loaded, compile_object
from giulgi.backends.cpu.machine.processor import Machine, host

AVX2 = "+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+avx,+avx2,+fma,+bmi,+bmi2,+lzcnt,+f16c"
ELSEWHERE = {
    "plain x86": Machine("x86_64-unknown-linux-gnu", "x86-64", ""),
    "arm": Machine("aarch64-unknown-linux-gnu", "generic", "+neon"),
}
BINARY = ("atan2", "power", "floor_divide", "remainder", "maximum", "minimum")
TYPES = {np.dtype(np.float32): F32, np.dtype(np.float64): F64}
GOLDEN = np.load(Path(__file__).with_name("test_functions_golden.npz"))
# What is promised; the measured errors are a little smaller.
ULPS = 2.0


def variants() -> dict[str, tuple[Machine, int | None]]:
    """Machines that can run here, and the lanes where they are not those of a register."""
    here = host()
    found: dict[str, tuple[Machine, int | None]] = {
        "host": (here, None),
        "single": (here, 1),
        "odd": (here, 3),
    }
    if here.is_arm:
        return found
    if "+avx2" in here.features.split(",") and here.has_fma:
        found["avx2"] = (Machine(here.triple, "x86-64", AVX2), None)
    found["sse2"] = (Machine(here.triple, "x86-64", ""), None)
    return found


def module_text(machine: Machine, lanes: int | None) -> str:
    """Return a module with a kernel (a, b, result, count) of each function and type."""
    module = Module()
    for element, size in ((F32, 4), (F64, 8)):
        width = lanes or machine.lanes(size)
        type_ = vector_of(element, width)
        for name in functions.__all__:
            parameters = [(PTR, "a"), (PTR, "b"), (PTR, "result"), (I64, "count")]
            f = module.function(f"{name}_{element}", parameters, internal=False)
            a, b, result, count = f.parameters
            with f.loop(0, count, width) as loop:
                places = [f.offset(base, loop.index, element) for base in (a, b, result)]
                operands = [f.load(type_, place) for place in places[: 1 + (name in BINARY)]]
                f.store(getattr(functions, name)(f, *operands), places[2])
            f.ret()
    return module.text()


class Kernels:
    """The functions of one machine, called on arrays."""

    def __init__(self, machine: Machine, lanes: int | None) -> None:
        code = compile_object(module_text(machine, lanes), machine)
        names = tuple(f"{name}_{type_}" for name in functions.__all__ for type_ in (F32, F64))
        self.loaded = Loaded(code, names)

    def __call__(self, name: str, *arrays: np.ndarray) -> np.ndarray:
        dtype, size = arrays[0].dtype, arrays[0].size
        padding = np.ones(-size % 192, dtype)
        a, b = (np.concatenate([x, padding]) for x in (arrays[0], arrays[-1]))
        result = np.empty_like(a)
        pointer = ctypes.c_void_p
        prototype = ctypes.CFUNCTYPE(None, pointer, pointer, pointer, ctypes.c_int64)
        kernel = prototype(self.loaded.addresses[f"{name}_{TYPES[dtype]}"])
        kernel(a.ctypes.data, b.ctypes.data, result.ctypes.data, a.size)
        return result[:size]


@cache
def kernels(variant: str) -> Kernels:
    return Kernels(*variants()[variant])


@pytest.fixture(params=list(variants()))
def run(request: pytest.FixtureRequest) -> Kernels:
    return kernels(request.param)


# Samples


def special_values(dtype: type) -> np.ndarray:
    info = np.finfo(dtype)
    some = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 7.0, 1e6, math.inf, math.nan]
    some += [info.tiny, info.smallest_subnormal, info.max, 1.0 + info.eps, 1.0 - info.epsneg]
    # Where the parity of a power ends, and where roundings do.
    some += [2.0**k + d for k in (22, 23, 24, 51, 52, 53) for d in (-1.0, -0.5, 0.0, 1.0)]
    values = np.array(some, dtype)
    return np.concatenate([values, -values])


@cache
def samples(dtype: type) -> np.ndarray:
    """Numbers of every exponent, near the functions' bends, and special ones."""
    random = np.random.default_rng(0)
    info, integer = np.finfo(dtype), np.int32 if dtype == np.float32 else np.int64
    each = 200 if dtype == np.float32 else 24
    exponents = np.arange(2**info.iexp - 1, dtype=integer).repeat(each)
    fractions = random.integers(0, 1 << info.nmant, exponents.size, integer)
    fractions[::each], fractions[1::each] = 0, (1 << info.nmant) - 1
    everywhere = ((exponents << info.nmant) | fractions).view(dtype)
    ranges = [(0.3, 3), (-1, 1), (-20, 20), (-110, 110), (-1, 0.01), (0.99, 1.01), (-760, 760)]
    near = [random.uniform(low, high, 4000).astype(dtype) for low, high in ranges]
    turns = (np.arange(-300, 300) * np.pi / 4).astype(dtype)
    up = np.nextafter(turns, dtype(np.inf))
    down = np.nextafter(turns, dtype(-np.inf))
    parts = [everywhere, -everywhere, *near, turns, up, down, special_values(dtype)]
    return np.concatenate(parts)


@cache
def pairs(dtype: type) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    special = special_values(dtype)
    first, second = (m.ravel() for m in np.meshgrid(special, special))
    a, b = (random.choice(samples(dtype), 20000) for _ in range(2))
    tame = random.uniform(-9, 9, (2, 10000)).astype(dtype)
    whole = random.integers(-99, 99, (2, 10000)).astype(dtype)
    tenths = whole / dtype(10)
    multiple = tenths[0] * whole[1]
    lefts = [first, a, tame[0], whole[0], tenths[0], multiple, tame[0]]
    rights = [second, b, tame[1], whole[1], tenths[1], tenths[0], whole[1]]
    return np.concatenate(lefts), np.concatenate(rights)


def power_pairs(dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """Pairs whose powers are spread over all exponents."""
    random = np.random.default_rng(2)
    small, large = (-104, 89) if dtype == np.float32 else (-746, 710)
    wide = np.exp(random.uniform(0.8 * small, 0.99 * large, 20000)).astype(dtype)
    a = np.concatenate([wide, random.uniform(0.5, 2.0, 20000).astype(dtype)])
    b = (random.uniform(small, large, a.size) / np.log(a.astype(np.float64))).astype(dtype)
    a[::5], b[::5] = -a[::5], np.rint(b[::5])
    return a, b


# Errors


def ulps(got: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Return the distance to a more precise result in units of the last place.

    It is infinite where only one is NaN or infinite, and where a zero has the wrong sign.
    """
    info = np.finfo(got.dtype)
    rounded = exact.astype(got.dtype)
    finite = np.isfinite(rounded) & np.isfinite(got)
    size = np.abs(np.where(finite, rounded, 1)).astype(exact.dtype)
    exponent = np.maximum(np.frexp(size)[1] - 1, info.minexp)
    error = np.where(finite, got.astype(exact.dtype) - exact, 0)
    error = np.abs(error) * np.ldexp(exact.dtype.type(1), info.nmant - exponent)
    same = finite | (rounded == got) | (np.isnan(rounded) & np.isnan(got))
    sign = (rounded != 0) | (np.signbit(rounded) == np.signbit(got)) | (got != 0)
    return np.where(same & sign, error, np.inf)


def assert_accurate(
    name: str, got: np.ndarray, exact: np.ndarray, *arguments: np.ndarray, limit: float = ULPS
) -> None:
    errors = ulps(got, exact)
    worst = int(np.argmax(errors))
    said = ", ".join(repr(a[worst]) for a in arguments)
    message = f"{name}({said}) is {got[worst]!r}, not {exact[worst]!r}: {errors[worst]:.3f} ulp"
    assert errors[worst] <= limit, message


def same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether numbers are equal, and zeros by their signs; any NaN is like another."""
    return ((a == b) & (np.signbit(a) == np.signbit(b))) | (np.isnan(a) & np.isnan(b))


def assert_same(
    name: str, got: np.ndarray, wanted: np.ndarray, agreed: np.ndarray, *arguments: np.ndarray
) -> None:
    wrong = np.flatnonzero(~agreed)
    some = [([a[k] for a in arguments], got[k], wanted[k]) for k in wrong[:3]]
    assert not wrong.size, (
        f"{name}: {wrong.size} are wrong, such as (arguments, got, wanted) {some}"
    )


def _sigmoid(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, np.ones_like(e)) / (1 + e)


def _erf(x: np.ndarray) -> np.ndarray:
    return np.array([math.erf(value) for value in x.tolist()]).astype(x.dtype)


ORACLES = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "erf": _erf,
    "atan2": np.arctan2,
    "power": np.power,
}
EQUALS = {
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "round_half_even": np.rint,
    "sign": np.sign,
    "absolute": np.abs,
    "sqrt": np.sqrt,
    "floor_divide": np.floor_divide,
    "remainder": np.remainder,
}
has_long_double = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 63 or not sys.platform.startswith("linux"),
    reason="the platform has no more precise functions",
)


@cache
def exact_values(name: str, dtype: type) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    arguments: tuple[np.ndarray, ...] = (samples(dtype),)
    if name == "power":
        tame, wild = power_pairs(dtype), pairs(dtype)
        arguments = tuple(np.concatenate([t, w]) for t, w in zip(tame, wild, strict=True))
    elif name == "atan2":
        arguments = pairs(dtype)
    wider = np.float64 if dtype == np.float32 else np.longdouble
    with np.errstate(all="ignore"):
        return arguments, ORACLES[name](*(x.astype(wider) for x in arguments))


@pytest.mark.parametrize("name", ORACLES)
def test_float_is_accurate_everywhere(name: str, run: Kernels) -> None:
    arguments, exact = exact_values(name, np.float32)
    with np.errstate(all="ignore"):
        assert_accurate(name, run(name, *arguments), exact, *arguments)


@has_long_double
@pytest.mark.parametrize("name", [name for name in ORACLES if name != "erf"])
def test_double_is_accurate_everywhere(name: str, run: Kernels) -> None:
    arguments, exact = exact_values(name, np.float64)
    with np.errstate(all="ignore"):
        assert_accurate(name, run(name, *arguments), exact, *arguments)


@pytest.mark.parametrize("name", GOLDEN.files)
def test_double_is_near_the_exact_values(name: str, run: Kernels) -> None:
    *arguments, rounded, rest = np.ascontiguousarray(GOLDEN[name].T)
    got = run(name, *arguments)
    errors = np.abs((got - rounded) / np.spacing(np.abs(rounded)) - rest)
    worst = int(np.argmax(errors))
    assert errors[worst] <= ULPS, f"{name} of {[a[worst] for a in arguments]}: {errors[worst]} ulp"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", EQUALS)
def test_equals_numpy(name: str, dtype: type, run: Kernels) -> None:
    arguments = pairs(dtype) if name in BINARY else (samples(dtype),)
    with np.errstate(all="ignore"):
        wanted = EQUALS[name](*arguments)
    got = run(name, *arguments)
    assert_same(name, got, wanted, same(got, wanted), *arguments)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_extremes_equal_numpy_but_for_signs_of_zeros(name: str, dtype: type, run: Kernels) -> None:
    arguments = pairs(dtype)
    wanted, got = getattr(np, name)(*arguments), run(name, *arguments)
    assert_same(name, got, wanted, same(got + 0, wanted + 0), *arguments)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_error_function_at_its_ends(dtype: type, run: Kernels) -> None:
    x = np.array([0.0, -0.0, math.inf, -math.inf, math.nan, 10.0, 1e-310], dtype)
    wanted = np.array([0.0, -0.0, 1.0, -1.0, math.nan, 1.0, math.erf(1e-310)], dtype)
    got = run("erf", x)
    assert_same("erf", got, wanted, same(got, wanted), x)


# Code


def undefined_symbols(code: bytes) -> set[str]:
    """Return what an ELF object file wants from elsewhere."""
    table = struct.unpack_from("<Q", code, 0x28)[0]
    entry_size, count = struct.unpack_from("<HH", code, 0x3A)
    sections = [
        struct.unpack_from("<IIQQQQIIQQ", code, table + k * entry_size) for k in range(count)
    ]
    found = set()
    for _, kind, _, _, start, size, link, *_ in sections:
        if kind != 2:  # a table of symbols
            continue
        for place in range(start + 24, start + size, 24):
            name, _, _, defined_in = struct.unpack_from("<IBBH", code, place)
            if defined_in == 0:
                text = code[sections[link][4] + name :]
                found.add(text[: text.index(b"\0")].decode())
    return found


@pytest.mark.parametrize("machine", ELSEWHERE.values(), ids=list(ELSEWHERE))
@pytest.mark.parametrize("lanes", [None, 1])
def test_nothing_is_called(machine: Machine, lanes: int | None) -> None:
    if machine.is_arm or host().is_arm:
        from llvmlite import binding

        binding.initialize_all_targets()
        binding.initialize_all_asmprinters()
    assert undefined_symbols(compile_object(module_text(machine, lanes), machine)) == set()


def test_calls_would_be_seen() -> None:
    module = Module()
    f = module.function("rounded", [(F32, "x")], F32, internal=False)
    f.ret(f.intrinsic("floor", f.parameters[0]))
    code = compile_object(module.text(), ELSEWHERE["plain x86"])
    assert undefined_symbols(code) == {"floorf"}

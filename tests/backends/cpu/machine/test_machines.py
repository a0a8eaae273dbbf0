"""Other processors and systems: run with fewer instructions, or compiled without running."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends import Draw
from giulgi.backends.cpu import CpuBackend
from giulgi.backends.cpu.code.emit import emit
from giulgi.backends.cpu.compiler import is_native
from giulgi.backends.cpu.machine.objects import compile_object
from giulgi.backends.cpu.machine.processor import Machine, host
from giulgi.backends.cpu.planning.lowering import lowered
from giulgi.backends.cpu.running.executable import NativeExecutable
from giulgi.backends.reference.interpreter import Interpreter

from ..checks import Trial, counting, drawn, threads
from ..graphs import programs
from .symbols import wanted

AVX2 = "+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+avx,+avx2,+fma,+bmi,+bmi2,+lzcnt,+f16c"
AVX = "+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+avx"
ELSEWHERE = {
    "arm on linux": Machine("aarch64-unknown-linux-gnu", "generic", "+neon"),
    "arm on macos": Machine("arm64-apple-darwin23.0.0", "apple-m1", "+neon"),
    "x86 on macos": Machine("x86_64-apple-darwin23.0.0", "x86-64", AVX2),
    "x86 on windows": Machine("x86_64-pc-windows-msvc", "x86-64", AVX2),
    "old x86 on windows": Machine("x86_64-pc-windows-msvc", "x86-64", ""),
    "old x86 on linux": Machine("x86_64-unknown-linux-gnu", "x86-64", ""),
}


def masked() -> dict[str, Machine]:
    """Return this machine with some of its instructions left out, as far as it has them."""
    here = host()
    if here.is_arm:
        return {}
    has = here.features.split(",")
    found = {"without AVX": Machine(here.triple, "x86-64", "")}
    if "+avx" in has:
        found["without AVX2"] = Machine(here.triple, "x86-64", AVX)
    if "+avx2" in has and here.has_fma:
        found["without AVX-512"] = Machine(here.triple, "x86-64", AVX2)
    return found


MASKED = masked()


def placed(*shapes, dtype="float32"):
    return [gg.placeholder(dtype, shape) for shape in shapes]


def numbers(*shapes, dtype="float32"):
    rng = np.random.default_rng(0)
    return [rng.uniform(-1, 1, shape).astype(dtype) for shape in shapes]


def dense_training() -> Trial:
    """A step of Adam on two layers with dropout."""
    x, y = gg.placeholder("float32", (32, 50)), gg.placeholder("int64", (32,))
    starts = numbers((50, 70), (70,), (70, 10), (10,))
    weights = [gg.Variable(np.zeros_like(start)) for start in starts]
    w, b, v, c = weights
    hidden = gg.maximum(gg.matmul(x, w) + b, 0)
    hidden = gg.where(gg.random.uniform((32, 70)) < 0.5, hidden * 2, 0)
    logits = gg.matmul(hidden, v) + c
    picked = gg.take_along_axis(logits, y[:, None], 1)[:, 0]
    loss = gg.mean(gg.logsumexp(logits, 1) - picked)
    updates = []
    values = list(zip(weights, starts, strict=True))
    for weight, slope in zip(weights, gg.gradients(loss, weights), strict=True):
        m, s = (gg.Variable(np.zeros(weight.shape, "float32")) for _ in range(2))
        new_m, new_s = m * 0.9 + slope * 0.1, s * 0.99 + gg.square(slope) * 0.01
        updates += [(m, new_m), (s, new_s), (weight, weight - new_m / (gg.sqrt(new_s) + 0.1))]
        values += [(part, np.zeros(weight.shape, "float32")) for part in (m, s)]
    labels = np.random.default_rng(1).integers(0, 10, 32)
    return Trial(
        [loss, gg.argmax(logits, 1)], [x, y], [*numbers((32, 50)), labels], updates, values
    )


def reductions() -> Trial:
    feeds = placed((3, 67, 5), (20_003,), (300, 9))
    a, long, tall = feeds
    kinds = [gg.sum, gg.mean, gg.max, gg.min]
    ends = [kind(a, axis) for kind in kinds for axis in (None, 0, 1, 2, (0, 2))]
    ends += [
        gg.sum(long * long),
        gg.max(long),
        gg.sum(tall, 0),
        gg.var(tall, 1),
        gg.argmax(tall, 0),
    ]
    ends += [gg.logsumexp(tall, 1), gg.prod(gg.abs(a), 2), gg.any(a > 0.9, 1), gg.all(tall < 1)]
    return Trial(ends, feeds, numbers((3, 67, 5), (20_003,), (300, 9)))


def functions() -> Trial:
    (x,) = feeds = placed((777,), dtype="float64")
    small = gg.cast(x, "float32")
    ends = []
    for t in (x, small):
        ends += [gg.exp(t), gg.tanh(t), gg.sigmoid(t), gg.erf(t), gg.sin(t), gg.log1p(gg.abs(t))]
        ends += [gg.atan2(t, 1 - t), gg.abs(t) ** 1.5, gg.floor(9 * t), gg.round(9 * t)]
        ends += [
            gg.ceil(9 * t),
            gg.trunc(9 * t),
            t // 0.3,
            gg.sqrt(gg.abs(t)),
            gg.cast(9 * t, "int32"),
        ]
    return Trial(ends, feeds, numbers((777,), dtype="float64"))


def random_numbers() -> Trial:
    ends = [gg.random.uniform((1003,)), gg.random.uniform((5, 7), dtype="float64")]
    return Trial([*ends, gg.random.randint(0, 100, (50,)), gg.random.normal((200,))])


def places() -> Trial:
    x, u = placed((40, 9), (6, 9))
    i, j = gg.placeholder("int64", (6,)), gg.placeholder("uint8", (40, 3))
    ends = [
        gg.gather(x, i), gg.gather(x, gg.abs(i) % 9, 1), gg.take_along_axis(x, j, 1),
        gg.scatter_add(u, i, (40, 9), 0), gg.concat([u, x[::7]], 0), gg.pad(u, [(1, 2), (0, 3)]),
        gg.reshape(gg.transpose(x), (18, 20)), gg.flip(x, (0, 1)),
        gg.embed(u, (20, 9), ((3, 9, 1),)),
    ]  # fmt: skip
    arrays = [*numbers((40, 9), (6, 9)), np.array([0, 39, -1, 5, 5, -40])]
    return Trial(
        ends, [x, u, i, j], [*arrays, np.random.default_rng(2).integers(0, 9, (40, 3), "uint8")]
    )


def products() -> Trial:
    feeds = placed((33, 65), (65, 40), (3, 7, 5), (3, 5, 9))
    a, b, c, d = feeds
    ends = [gg.matmul(a, b), gg.matmul(b, a, True, True), gg.matmul(c, d), gg.matmul(c, c, True)]
    ends += [gg.matmul(a[:1], b), gg.matmul(a, b[:, :1]), gg.matmul(a[:4], b[:, ::3])]
    return Trial(ends, feeds, numbers((33, 65), (65, 40), (3, 7, 5), (3, 5, 9)))


def integers() -> Trial:
    feeds = placed((203,), (203,), dtype="int16") + placed((203,), dtype="uint64")
    a, b, c = feeds
    ends = [
        a + b,
        a * b,
        a // b,
        a % b,
        a >> 2,
        a ^ b,
        gg.abs(a),
        gg.maximum(a, b),
        gg.sum(a),
        a < b,
    ]
    ends += [c * c, c // 7, c % 1000, gg.cast(c, "float32"), gg.cast(a, "int64"), gg.max(c), c**3]
    rng = np.random.default_rng(3)
    arrays = [rng.integers(-(2**15), 2**15, 203, "int16") for _ in range(2)]
    return Trial(ends, feeds, [*arrays, rng.integers(0, 2**64, 203, "uint64")])


def convolutions() -> Trial:
    """Of a machine with any vectors, by minimal filtering, and by taps."""
    fetches, feeds, arrays = [], [], []
    for channels, size in ((32, 3), (32, 2), (6, 3)):
        x = gg.placeholder("float32", (12, 8, 8, channels))
        kernel = gg.placeholder("float32", (size, size, channels, channels))
        y = gg.convolution(x, kernel, padding="same")
        fetches += [y, *gg.gradients(gg.sum(y * y) / 1000, [x, kernel])]
        feeds += [x, kernel]
        arrays += [counting(*x.shape) / x.size, counting(*kernel.shape) / kernel.size - 0.3]
    return Trial(fetches, feeds, arrays)


PROGRAMS = [
    dense_training, reductions, functions, random_numbers, places, products, integers,
    convolutions,
]  # fmt: skip


def computation_of(trial: Trial):
    return trial.program("cpu").specialised(tuple(array.shape for array in trial.arrays))


def check_on(machine: Machine, trial: Trial, errors=None) -> None:
    """Run a program compiled for a machine, and compare with the reference."""
    computation = computation_of(trial)
    executable = CpuBackend(machine).compile(computation)
    assert isinstance(executable, NativeExecutable)
    starts = {variable.cell: value for variable, value in trial.values}
    values = [starts[cell].copy() for cell in computation.variables]
    reference, updated = Interpreter(computation).run(trial.arrays, values, Draw(5, 3))
    found, _ = executable.run(trial.arrays, values, Draw(5, 3))
    found = [*found, *(values[place] for place, _ in computation.updates)]
    limits = {np.dtype(np.float32): 2e-5, np.dtype(np.float64): 1e-12}
    for a, b in zip(found, [*reference, *updated], strict=True):
        assert a.dtype == b.dtype
        limit = limits.get(a.dtype, 0) if errors is None else errors
        np.testing.assert_allclose(a, b, rtol=limit, atol=limit)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("machine", MASKED)
def test_running_with_fewer_instructions(machine, program):
    check_on(MASKED[machine], program())


@pytest.mark.parametrize("machine", MASKED)
def test_random_programs_with_fewer_instructions(machine):
    for trial, errors in drawn(programs(), 15) + drawn(programs(large=True), 4):
        if all(map(is_native, computation_of(trial).nodes)):
            check_on(MASKED[machine], trial, max(errors))


@pytest.mark.parametrize("machine", MASKED)
def test_fewer_instructions_are_used_at_all(machine):
    """Else the tests above would test this machine again."""
    text = emit(computation_of(functions()), MASKED[machine]).text
    lanes = MASKED[machine].lanes(4)
    assert f"<{lanes} x float>" in text
    assert f"<{4 * lanes} x float>" not in text


@pytest.mark.parametrize("machine", [*ELSEWHERE, "here"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_objects_want_no_function_from_elsewhere(program, machine):
    """Not memcpy, not expf: whatever system it is, nothing has to be found there.

    Only Windows wants its stack to be looked at before much of it is used.
    """
    target = host() if machine == "here" else ELSEWHERE[machine]
    code = compile_object(emit(lowered(computation_of(program())), target).text, target)
    assert wanted(code) <= ({"__chkstk"} if "windows" in target.triple else set())


def test_what_objects_want_is_found():
    """Else the test above would find nothing whatever they wanted."""
    text = "declare float @expf(float)\ndefine float @run(float %x) {\n"
    text += "  %y = call float @expf(float %x)\n  ret float %y\n}\n"
    for machine in (*ELSEWHERE.values(), host()):
        assert wanted(compile_object(text, machine)) in ({"expf"}, {"_expf"})


def test_several_workers_with_fewer_instructions():
    x = gg.placeholder("float32", (500, 300))
    trial = Trial([gg.tanh(x), gg.sum(x, 0), gg.sum(x)], [x], [counting(500, 300) / 150_000])
    for machine in MASKED.values():
        for count in (1, 2):
            with threads(count):
                check_on(machine, trial)

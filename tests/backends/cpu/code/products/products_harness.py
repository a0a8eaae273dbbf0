"""Compiles products, and runs them with some workers, on operands that end where memory ends."""

import ctypes
import mmap
import sys
import threading
from dataclasses import dataclass

import numpy as np

from giulgi.backends.cpu.code import ir
from giulgi.backends.cpu.code.ir import I64, PTR, VOID, Module
from giulgi.backends.cpu.code.products import Plan, Product, Written, emit, plan
from giulgi.backends.cpu.machine.objects import Loaded, compile_object
from giulgi.backends.cpu.machine.processor import Machine, host

DTYPES = {
    ir.F32: np.float32,
    ir.F64: np.float64,
    ir.I8: np.int8,
    ir.I16: np.int16,
    ir.I32: np.int32,
    ir.I64: np.int64,
}

AVX2 = Machine(host().triple, "haswell", "+avx,+avx2,+fma")
SSE2 = Machine(host().triple, "x86-64", "+sse2")
ARM = Machine("aarch64-unknown-linux-gnu", "generic", "+neon")


def machines():
    """Return the machines whose code this one can run."""
    found = [host()]
    if host().triple.startswith("x86_64"):
        found += [SSE2] + ([AVX2] if host().vector_bytes >= 32 and host().has_fma else [])
    return found


@dataclass
class Text:
    """A function that is written by hand."""

    written: str

    def text(self):
        return self.written


MEET = Text("""
define internal void @meet(ptr %counter, i64 %workers) noinline nounwind {
  %before = atomicrmw add ptr %counter, i64 1 acq_rel
  %round = udiv i64 %before, %workers
  %next = add i64 %round, 1
  %goal = mul i64 %next, %workers
  br label %wait
wait:
  %now = load atomic i64, ptr %counter acquire, align 8
  %all = icmp uge i64 %now, %goal
  br i1 %all, label %go, label %wait
go:
  ret void
}""")


def write(module, name, product, machine, form="product"):
    """Write a function that adds a product to c.

    It is added tile by tile. In the form "at_once" it is written there as it is, and in the form
    "added" what c holds is where its tiles begin.
    """
    made = plan(product, machine)
    module.functions["meet"] = MEET
    names = ["a", "b", "c", "shared", "private", "counter"]
    parameters = [(PTR, said) for said in names] + [(I64, "worker"), (I64, "workers")]
    f = module.function(name, parameters, internal=False)
    a, b, c, shared, private, counter, worker, workers = f.parameters
    element = product.element

    def barrier(f):
        f.call("meet", VOID, counter, workers)

    finishes = []

    def finish(f, tile):
        finishes.append(tile)
        row = f.add(f.mul(tile.batch, product.rows), tile.row)
        with f.loop(0, tile.rows) as i:
            source = f.offset(tile.address, f.mul(i.index, tile.stride), element)
            place = f.add(f.mul(f.add(row, i.index), product.columns), tile.column)
            target = f.offset(c, place, element)
            with f.loop(0, tile.columns) as j:
                to = f.offset(target, j.index, element)
                old, new = f.load(element, to), f.load(element, f.offset(source, j.index, element))
                f.store(f.fadd(old, new) if ir.is_float_type(element) else f.add(old, new), to)

    size = product.rows * product.columns
    written = {
        "product": None,
        "at_once": Written(c, product.columns),
        "added": Written(c, product.columns, c, (size, product.columns)),
    }[form]
    emit(f, made, a, b, shared, private, worker, workers, barrier, finish, written)
    f.ret()
    assert len(finishes) == (1 if form == "product" else 0)
    return made


def guarded(size, byte=0xFF):
    """Return bytes that end, but for the last cache line, where memory ends; and what keeps them.

    Where the system allows it, reading or writing beyond them is an error.
    """
    page = mmap.PAGESIZE
    pages = -(-size // page) * page
    memory = mmap.mmap(-1, pages + page)
    array = np.frombuffer(memory, np.uint8)
    if sys.platform == "linux":
        protect = ctypes.CDLL(None).mprotect
        protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        assert protect(array.ctypes.data + pages, page, 0) == 0
    part = array[pages - size : pages]
    part[:] = byte
    return part


def scratch(size):
    """Return scratch memory whose first byte begins a cache line."""
    return guarded(-(-size // 64) * 64)


class Case:
    """A product with its operands.

    Args:
        product: the product.
        seed: of the operands.
    """

    def __init__(self, product: Product, seed: int = 0):
        self.product = product
        rng = np.random.default_rng(seed)
        p = product
        shape_a, strides_a = (p.batches, p.rows, p.inner), (p.a_batch, *p.a_strides)
        shape_b, strides_b = (p.batches, p.inner, p.columns), (p.b_batch, *p.b_strides)
        self.a = self.operand(rng, shape_a, strides_a)
        self.b = self.operand(rng, shape_b, strides_b)

    def operand(self, rng, shape, strides):
        dtype = DTYPES[self.product.element]
        count = 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        flat = guarded(count * np.dtype(dtype).itemsize).view(dtype)
        flat[:] = rng.integers(-100, 100, count) if dtype().dtype.kind == "i" else rng.normal(
            size=count
        )  # fmt: skip
        return np.lib.stride_tricks.as_strided(
            flat, shape, [s * flat.itemsize for s in strides], writeable=False
        )

    def run(self, function, made: Plan, workers, first=0):
        p = self.product
        size = p.batches * p.rows * p.columns
        c = guarded(size * p.size).view(DTYPES[p.element])
        c[:] = first
        shared = scratch(made.shared_bytes)
        private = [scratch(made.private_bytes) for _ in range(workers)]
        counter = np.zeros(8, np.int64)

        def work(worker):
            arrays = self.a, self.b, c, shared, private[worker], counter
            function(*(array.ctypes.data for array in arrays), worker, workers)

        threads = [threading.Thread(target=work, args=(w,)) for w in range(1, workers)]
        for thread in threads:
            thread.start()
        work(0)
        for thread in threads:
            thread.join()
        return c.reshape(p.batches, p.rows, p.columns)

    def check(self, c, first=0):
        if c.dtype.kind == "i":
            expected = (self.a.astype(np.int64) @ self.b.astype(np.int64) + first).astype(c.dtype)
            np.testing.assert_array_equal(c, expected)
            return
        a, b = self.a.astype(np.float64), self.b.astype(np.float64)
        sizes = abs(a) @ abs(b) + abs(first)
        allowed = 2 * (self.product.inner + 1) * np.finfo(c.dtype).eps * sizes
        assert np.all(abs(c - a @ b - first) <= allowed + 1e-300)


def compiled(products, machine):
    """Return the object code of some products, and their plans."""
    module = Module()
    plans = [write(module, f"product{i}", p, machine) for i, p in enumerate(products)]
    for i, (product, made) in enumerate(zip(products, plans, strict=True)):
        for form in _AT_ONCE if made.can_write else ():
            write(module, f"{form}{i}", product, machine, form)
    return compile_object(module.text(), machine), plans


_AT_ONCE = ("at_once", "added")


def run_all(products, machine, workers=(1, 2, 3)):
    """Check products on a machine, bit by bit the same for each number of workers."""
    code, plans = compiled(products, machine)
    names = [f"product{i}" for i in range(len(products))]
    names += [f"{form}{i}" for i, made in enumerate(plans) if made.can_write for form in _AT_ONCE]
    loaded = Loaded(code, tuple(names))
    signature = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 6, *[ctypes.c_int64] * 2)
    for i, (product, made) in enumerate(zip(products, plans, strict=True)):
        case = Case(product, i)
        function = signature(loaded.addresses[f"product{i}"])
        results = [case.run(function, made, n) for n in workers]
        case.check(results[0])
        if made.can_write:
            at_once, added = (signature(loaded.addresses[f"{form}{i}"]) for form in _AT_ONCE)
            results += [case.run(at_once, made, n) for n in workers]
            begun = [case.run(added, made, n, first=7) for n in workers]
            case.check(begun[0], first=7)
            assert all(result.tobytes() == begun[0].tobytes() for result in begun)
        for result in results[1:]:
            assert result.tobytes() == results[0].tobytes()
    return plans

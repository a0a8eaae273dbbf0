"""Products of all shapes, strides and types, on all machines, for any number of workers."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from giulgi.backends.cpu.code import ir
from giulgi.backends.cpu.code.products import Product, plan
from giulgi.backends.cpu.code.products.blocked import Blocked
from giulgi.backends.cpu.code.products.operands import Scratch
from giulgi.backends.cpu.code.products.small import Small
from giulgi.backends.cpu.code.products.vectors import Dots, Scaled
from giulgi.backends.cpu.machine.processor import host

from .products_harness import ARM, AVX2, SSE2, compiled, machines, run_all, write

ELEMENTS = [ir.F32, ir.F64, ir.I8, ir.I16, ir.I32, ir.I64]


def strides_of(layout, rows, columns):
    """Return the strides of a matrix, and how many elements it spans."""
    return {
        "rows": ((columns, 1), rows * columns),
        "columns": ((1, rows), rows * columns),
        "part of rows": ((columns + 7, 1), rows * (columns + 7)),
        "every other": ((2 * columns, 2), 2 * rows * columns),
    }[layout]


def product_of(rows, inner, columns, element=ir.F32, layouts=("rows", "rows"), batches=1, own="ab"):
    a_strides, a_span = strides_of(layouts[0], rows, inner)
    b_strides, b_span = strides_of(layouts[1], inner, columns)
    a_batch, b_batch = (a_span if "a" in own else 0), (b_span if "b" in own else 0)
    return Product(rows, inner, columns, element, a_strides, b_strides, batches, a_batch, b_batch)


LAYOUTS = ["rows", "columns", "part of rows", "every other"]
SIZES = st.one_of(st.integers(1, 70), st.sampled_from([1, 2, 16, 32, 64, 100, 130]))


@st.composite
def products(draw):
    return product_of(
        draw(SIZES),
        draw(SIZES),
        draw(SIZES),
        draw(st.sampled_from([ir.F32, ir.F32, *ELEMENTS])),
        (draw(st.sampled_from(LAYOUTS)), draw(st.sampled_from(LAYOUTS))),
        draw(st.sampled_from([1, 1, 1, 2, 9])),
        draw(st.sampled_from(["ab", "a", "b", ""])),
    )


@pytest.mark.parametrize("machine", machines(), ids=lambda m: f"{8 * m.vector_bytes} bits")
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(products(), min_size=4, max_size=4))
def test_products_of_any_shape(machine, some):
    run_all(some, machine)


@pytest.mark.parametrize("machine", machines(), ids=lambda m: f"{8 * m.vector_bytes} bits")
def test_what_only_large_products_need(machine):
    some = [
        product_of(40, 1500, 70),
        product_of(40, 1500, 70, layouts=("columns", "columns")),
        product_of(40, 1500, 70, layouts=("every other", "every other")),
        product_of(250, 4500, 70),  # the inner axis in pieces
        product_of(40, 4500, 70, layouts=("columns", "columns")),
        product_of(40, 4500, 70, layouts=("every other", "every other")),
        product_of(1030, 40, 70, layouts=("columns", "rows")),  # copies of A
        product_of(1030, 1100, 40, layouts=("columns", "columns"), batches=2),  # and in pieces
        product_of(50, 70, 128),  # C written at once
        product_of(520, 500, 64, layouts=("columns", "rows")),
        product_of(20, 5000, 33),  # and in chunks
        product_of(20, 5000, 64, ir.F64, ("columns", "rows"), batches=2),
        product_of(300, 40, 700),  # blocks of columns
        product_of(40, 10_000, 500, layouts=("rows", "columns")),  # B packed by all
        product_of(8, 200, 150),  # whole panels of B in place, the last one packed
        product_of(4, 130, 300, layouts=("rows", "columns")),  # dots
        product_of(2100, 33, 1),
        product_of(3, 40, 1500, layouts=("rows", "columns")),
        product_of(1, 50, 3000),  # scaled rows
        product_of(3000, 50, 1, layouts=("columns", "rows")),
        product_of(1, 300, 1),
        product_of(200, 1, 300),  # an outer product
    ]
    plans = run_all(some, machine, workers=(1, 2, 3, 7))
    blocked = [made for made in plans if isinstance(made, Blocked)]
    cut = [made for made in blocked if made.depth < made.product.inner]
    assert any(made.copies_a for made in cut)
    assert any(not made.copies_a for made in cut)
    assert any(made.copies_a and made.can_write for made in blocked)
    assert {made.b.scratch for made in blocked if made.b.packed} == set(Scratch)


@pytest.mark.parametrize("machine", [host(), AVX2, SSE2, ARM], ids=["host", "avx2", "sse2", "arm"])
def test_code_can_be_made_for_other_machines(machine):
    some = [product_of(50, 60, 70, element) for element in ELEMENTS]
    some += [
        product_of(50, 60, 70, layouts=("columns", "columns")),
        product_of(3, 60, 70, layouts=("rows", "columns")),
        product_of(1, 60, 700),
        product_of(4, 3, 5),
    ]
    code, _ = compiled(some, machine)
    assert code


def test_each_kind_of_product_has_its_plan():
    expected = {
        product_of(4, 2, 5): Small,
        product_of(1, 500, 500): Scaled,
        product_of(500, 500, 1): Dots,
        product_of(3, 500, 500, layouts=("rows", "columns")): Dots,
        product_of(100, 100, 100): Blocked,
    }
    for product, kind in expected.items():
        made = plan(product, host())
        assert type(made) is kind
        assert "500x500" in made.describe() or kind in (Small, Blocked)


def test_a_description_tells_tiles_packing_and_chunks():
    machine = host()
    said = plan(product_of(64, 100_000, 64), machine).describe()
    assert said.startswith("64x100000 @ 100000x64 of float32: ")
    assert "The sums over the inner axis are made in 4 parts" in said
    assert "read in place, the second copied by each worker just before it is needed." in said
    said = plan(product_of(64, 64, 64, layouts=("columns", "columns")), machine).describe()
    assert "the second copied for each worker" in said
    said = plan(product_of(40, 10_000, 500, layouts=("rows", "columns")), machine).describe()
    assert "the second copied once for all workers" in said


def test_kernels_are_shared_by_the_products_of_a_module():
    module = ir.Module()
    write(module, "one", product_of(130, 100, 512, batches=2), host())
    before = set(module.functions)
    write(module, "two", product_of(130, 100, 512), host())
    assert set(module.functions) - before == {"two"}
    strided = product_of(130, 100, 512, layouts=("part of rows", "rows"))
    write(module, "three", strided, host())  # The strides of A are part of a kernel.
    assert set(module.functions) - before > {"two", "three"}

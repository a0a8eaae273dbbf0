"""Matrix products: the building block of dense, convolutional and recurrent layers."""

from __future__ import annotations

from collections.abc import Callable

from giulgi.backends.cpu.code.ir import Function, Value
from giulgi.backends.cpu.code.products.product import (
    Call,
    Nested,
    Plan,
    Product,
    Results,
    Tile,
    Written,
)
from giulgi.backends.cpu.code.products.small import small
from giulgi.backends.cpu.code.products.tiles import blocked
from giulgi.backends.cpu.code.products.vectors import vectors
from giulgi.backends.cpu.code.products.winograd import winograd
from giulgi.backends.cpu.machine.processor import Machine

__all__ = ["Nested", "Plan", "Product", "Results", "Tile", "Written", "emit", "plan"]


def plan(product: Product, machine: Machine) -> Plan:
    """Choose how a product is computed on a machine."""
    if product.nested:
        return winograd(product, machine) or blocked(product, machine)
    return small(product, machine) or vectors(product, machine) or blocked(product, machine)


def emit(
    f: Function,
    plan: Plan,
    a: Value,
    b: Value,
    shared: Value,
    private: Value,
    worker: Value,
    workers: Value,
    barrier: Callable[[Function], None],
    finish: Callable[[Function, Tile], None],
    written: Written | None = None,
    results: Results | None = None,
) -> None:
    """Write the code of a product, which every worker is to execute.

    The result does not depend, to the bit, on the number of workers.

    Args:
        f: the function that is written.
        plan: how the product is computed.
        a: the first element of A.
        b: the first element of B.
        shared: ``plan.shared_bytes`` of scratch memory that all workers see.
        private: ``plan.private_bytes`` of scratch memory of this worker.
        worker: the number of this worker, from 0.
        workers: how many workers there are, at least 1.
        barrier: writes code that waits for all workers. Code before and after the product may use
            the same scratch memory only with a barrier between.
        finish: writes code that consumes a tile. It is called once, unless ``written`` is given,
            and its code is executed once for each tile; together the tiles cover every element of C
            exactly once.
        written: where C itself is written, if ``plan.can_write`` and nothing else is wanted.
        results: where what is made of C is written, as far as it is known.
    """
    assert written is None or plan.can_write
    plan.emit(f, Call(a, b, shared, private, worker, workers, barrier, finish, written, results))

"""Matrix products, and what is computed of each tile while it is in the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod

from giulgi.backends.cpu.code import products, scalars
from giulgi.backends.cpu.code.elements import Lanes, dot, lane_mask
from giulgi.backends.cpu.code.ir import I64, NULL, PTR, Function, Value, constant, vector_of
from giulgi.backends.cpu.code.nests import places
from giulgi.backends.cpu.code.products import Nested, Product, Results, Tile, Written
from giulgi.backends.cpu.code.scope import Scope
from giulgi.backends.cpu.code.stages import Stage
from giulgi.backends.cpu.machine.processor import Machine
from giulgi.backends.cpu.planning.group import Group
from giulgi.backends.cpu.planning.layouts import Layout, collapse
from giulgi.backends.cpu.planning.operations.windows import TensorDot
from giulgi.backends.cpu.planning.sources import Access, shape_of
from giulgi.backends.cpu.table import Word
from giulgi.graph.node import Node
from giulgi.graph.ops.contraction import MatMul
from giulgi.graph.ops.elementwise import Add
from giulgi.graph.shapes import size_of


class Contraction:
    """A matrix product as the loops see it.

    Args:
        group: the product, and what follows it on each tile.
        access: where each value is found.
        machine: the processor.

    Attributes:
        plan: how one stack of products is computed.
        outer: the sizes of the axes of further stacks, which are looped over.
    """

    def __init__(self, group: Group, access: dict[Node, Access], machine: Machine) -> None:
        (self.root,) = group.roots
        self.a, self.b = (access[source] for source in self.root.inputs)
        self.outer: list[int] = []
        self.outer_strides: tuple[list[int], list[int]] = ([], [])
        if isinstance(self.root.op, TensorDot):
            self.product = self._with_windows(self.root.op.summed)
        else:
            self.product = self._of_matrices()
        self.plan = products.plan(self.product, machine)

    def _of_matrices(self) -> Product:
        """Return a stack of products of matrices; what does not fit into it is looped over."""
        op = self.root.op
        assert isinstance(op, MatMul)
        shape = shape_of(self.root)
        a = _oriented(self.a.layout, op.transpose_a, shape[:-2])
        b = _oriented(self.b.layout, op.transpose_b, shape[:-2])
        batch = (a.strides[:-2], b.strides[:-2])
        sizes, (a_batch, b_batch), _ = collapse(shape[:-2], batch, [None] * (len(shape) - 2))
        self.outer = sizes[:-1]
        self.outer_strides = (a_batch[:-1], b_batch[:-1])
        return Product(
            rows=shape[-2],
            inner=a.shape[-1],
            columns=shape[-1],
            element=scalars.element_type(self.root.spec.dtype),
            a_strides=(a.strides[-2], a.strides[-1]),
            b_strides=(b.strides[-2], b.strides[-1]),
            batches=sizes[-1] if sizes else 1,
            a_batch=a_batch[-1] if sizes else 0,
            b_batch=b_batch[-1] if sizes else 0,
        )

    def _with_windows(self, summed: int) -> Product:
        """Return the product of what windows see, and a matrix."""
        a, b = self.a.layout, self.b.layout
        kept = len(a.shape) - summed
        classes = [axis < kept for axis in range(len(a.shape))]
        sizes, (strides,), classes = collapse(a.shape, [a.strides], classes)
        axes = list(zip(sizes, strides, strict=True))
        rows = [axis for axis, is_kept in zip(axes, classes, strict=True) if is_kept] or [(1, 0)]
        inner = [axis for axis, is_kept in zip(axes, classes, strict=True) if not is_kept]
        inner = inner or [(1, 0)]
        return Product(
            rows=rows[-1][0],
            inner=b.shape[0],
            columns=b.shape[1],
            element=scalars.element_type(self.root.spec.dtype),
            a_strides=(rows[-1][1], inner[-1][1]),
            b_strides=(b.strides[0], b.strides[1]),
            batches=prod(size for size, _ in rows[:-1]),
            nested=Nested(tuple(rows[:-1]), tuple(inner[:-1])),
        )


def _oriented(layout: Layout, transposed: bool, batch: Sequence[int]) -> Layout:
    """Return a stack of matrices with the batch axes broadcast, and the last two put right."""
    whole = layout.broadcast((*batch, *layout.shape[-2:]))
    rank = len(whole.shape)
    return whole.transpose([*range(rank - 2), rank - 1, rank - 2]) if transposed else whole


def emit_contraction(
    scope: Scope, group: Group, contraction: Contraction, barrier: Callable[[Function], None]
) -> None:
    """Write the code of a product and of what follows it on each tile."""
    f = scope.f
    name = f"{f.name}_tile"
    written = _written(scope, group, contraction)
    if written is None:
        _emit_tile(scope, group, contraction, name)
    a, b = (scope.address(x.base, x.layout.offset) for x in (contraction.a, contraction.b))
    private = scope.word(Word.PRIVATE, PTR)
    stack = contraction.product.batches

    def emit(first: Value | None, a: Value, b: Value) -> None:
        def finish(f: Function, tile: Tile) -> None:
            batch = tile.batch if first is None else f.add(f.mul(first, stack), tile.batch)
            where = (batch, tile.row, tile.rows, tile.column, tile.columns, tile.address)
            own = (scope.words, scope.step, scope.details or NULL)
            f.call(name, "void", *own, constant(I64, tile.stride), *where)

        products.emit(
            f, contraction.plan, a, b, scope.scratch(), _own(scope, private), scope.worker,
            scope.workers, barrier, finish, written, _results(scope, group, contraction),
        )  # fmt: skip

    if not contraction.outer:
        emit(None, a, b)
        return
    with f.loop(0, size_of(contraction.outer)) as loop:
        indices = places(f, loop.index, contraction.outer)
        moved = [
            f.offset(base, dot(f, indices, strides), contraction.product.element)
            for base, strides in zip((a, b), contraction.outer_strides, strict=True)
        ]
        emit(loop.index, *moved)
        if scope.parallel:
            barrier(f)  # The next stack uses the same working memory.


def _results(scope: Scope, group: Group, contraction: Contraction) -> Results | None:
    """Return where most of what is made of a stack of products is written, in its order."""
    plain = [store for store in group.stores if store.layout.is_plain]
    largest = max(plain, key=lambda store: store.bytes, default=None)
    if largest is None or contraction.outer or largest.layout.shape != shape_of(contraction.root):
        return None
    each = largest.bytes // contraction.product.batches
    return Results(scope.address(largest.target), each)


def _written(scope: Scope, group: Group, contraction: Contraction) -> Written | None:
    """Return where the product itself is written, or its sum with something else.

    Returns:
        None, if anything else is computed of it, or it does not lie as a product can write it.
    """
    root, product = contraction.root, contraction.product
    if contraction.outer or not contraction.plan.can_write or len(group.stores) != 1:
        return None
    (store,) = group.stores
    if not store.layout.is_plain or scalars.memory_type(root.spec.dtype) != product.element:
        return None
    written = Written(scope.address(store.target), product.columns)
    if store.value is root:
        return written
    added = _added(store.value, contraction, scope.plan.grouping.access)
    if added is None or group.outer != [store.value]:
        return None
    access, strides = added
    offset = scope.address(access.base, access.layout.offset)
    return replace(written, begin=offset, begin_strides=strides)


def _added(
    value: Node | Access, contraction: Contraction, access: dict[Node, Access]
) -> tuple[Access, tuple[int, int]] | None:
    """Return what is added to the product, and its strides, if it can be read as tiles are."""
    root = contraction.root
    if not (isinstance(value, Node) and isinstance(value.op, Add) and root in value.inputs):
        return None
    others = [source for source in value.inputs if source is not root]
    if len(others) != 1 or others[0].spec.dtype != root.spec.dtype:
        return None
    shape, found = shape_of(root), access[others[0]]
    layout = found.layout.broadcast(shape)
    *outside, rows, columns = layout.strides
    sizes, (stack,), _ = collapse(shape[:-2], [outside], [None] * len(outside))
    is_same_for_all = not any(layout.strides[:-1])
    if found.literal is not None or columns != 1 or len(sizes) > 1:
        return None
    if not (is_same_for_all or isinstance(root.op, MatMul)):
        return None
    return found, (stack[0] if stack else 0, rows)


def _own(scope: Scope, private: Value) -> Value:
    """Return the address of this worker's own working memory."""
    size = scope.plan.private_bytes
    return scope.f.offset(private, scope.f.mul(scope.worker, size), "i8")


_TILE = (
    (PTR, "words"), (I64, "step"), (PTR, "details"), (I64, "stride"), (I64, "batch"),
    (I64, "row"), (I64, "rows"), (I64, "column"), (I64, "columns"), (PTR, "address"),
)  # fmt: skip


def _emit_tile(scope: Scope, group: Group, contraction: Contraction, name: str) -> None:
    """Write the function that consumes a tile: a loop over its rows, vectors along each."""
    f = scope.module.function(name, _TILE, inline=not scope.parallel)
    words, step, details, stride, batch, row, rows, column, columns, address = f.parameters
    own = None if scope.details is None else details
    inside = replace(scope, f=f, words=words, step=step, details=own)
    root = contraction.root
    stage = Stage(inside, group.outer, group.stores, group.roots, lambda layout: layout.strides)
    stage.set_axes([ref.strides for ref in stage.refs], {a: a for a in stage.coordinate_axes})
    element = contraction.product.element
    shape = shape_of(root)
    # A tile of one column has no room for whole vectors.
    count = contraction.plan.lanes if shape[-1] > 1 else 1
    height = contraction.product.rows
    # The rows of the product may be several axes of the result, joined.
    joined = next(n for n in range(1, len(shape)) if size_of(shape[-1 - n : -1]) == height)
    lead = places(f, batch, shape[: -1 - joined])
    with f.loop(0, rows) as down:
        stage.enter_row([*lead, *places(f, f.add(row, down.index), shape[-1 - joined : -1])])
        line = f.offset(address, f.mul(down.index, stride), element)
        with f.loop(0, columns, count) as across:
            mask = None
            if shape[-1] % count:
                mask = lane_mask(f, across.index, columns, count)
            lanes = Lanes(f.add(column, across.index), count, mask)
            at = f.offset(line, across.index, element)
            value = f.load(vector_of(element, count), at)
            stage.write(lanes, stage.compute(lanes, {root: value}))
    f.ret()

"""The code of rows that a step touches: which they are, and writing them into their table."""

from __future__ import annotations

from math import prod

from giulgi.backends.cpu.code import scalars
from giulgi.backends.cpu.code.elements import dot, lane_mask
from giulgi.backends.cpu.code.ir import I64, PTR, Function, Value, constant, vector_of
from giulgi.backends.cpu.code.nests import lane_count, places
from giulgi.backends.cpu.code.scope import Scope
from giulgi.backends.cpu.planning.group import Group
from giulgi.backends.cpu.planning.operations.rows import Distinct
from giulgi.backends.cpu.planning.sources import shape_of
from giulgi.graph.node import Node

# The golden ratio of 64 bits: products with it spread neighbours over all numbers (Knuth, vol. 3).
_SPREADING = 0x9E3779B97F4A7C15


def entries_bits(node: Node) -> int:
    """Return how many bits number the entries of the table in which places are looked for."""
    return max(2 * shape_of(node)[1] - 1, 1).bit_length()


def distinct_scratch_bytes(group: Group) -> int:
    """Return the size of that table."""
    return 8 << entries_bits(group.roots[0])


def emit_distinct(scope: Scope, group: Group) -> None:
    """Write the search for different places: a table of hashes with linear probing.

    An entry is 1 + the position of a place among the different ones, or 0.
    """
    (node,) = group.roots
    f, count = scope.f, shape_of(node)[1]
    table, result = scope.scratch(), scope.address(node)
    bits = entries_bits(node)
    memo = f.emit(PTR, "alloca i64, align 8")
    with f.loop(0, 1 << bits) as clear:
        f.store(constant(I64, 0), f.offset(table, clear.index, I64))
    with f.loop(0, count, carried=[constant(I64, 0)]) as loop:
        met = loop.carried[0]
        place = _place(scope, node, loop.index)
        start = f.binary("lshr", f.mul(place, _SPREADING - (1 << 64)), constant(I64, 64 - bits))

        def is_found(asked: Value, start: Value = start, place: Value = place) -> Value:
            slot = f.and_(f.add(start, asked), constant(I64, (1 << bits) - 1))
            f.store(slot, memo)
            entry = f.load(I64, f.offset(table, slot, I64))
            there = f.intrinsic("smax", f.sub(entry, 1), constant(I64, 0))
            is_same = f.icmp("eq", f.load(I64, f.offset(result, there, I64)), place)
            return f.or_(f.icmp("eq", entry, 0), is_same)

        f.until(is_found, lambda _: None)
        slot = f.offset(table, f.load(I64, memo), I64)
        entry = f.load(I64, slot)
        is_new = f.icmp("eq", entry, 0)
        with f.when(is_new):
            f.store(place, f.offset(result, met, I64))
            f.store(f.add(met, 1), slot)
        position = f.select(is_new, met, f.sub(entry, 1))
        f.store(position, f.offset(result, f.add(loop.index, count), I64))
        loop.carry(f.add(met, f.convert("zext", is_new, I64)))
    with f.loop(loop.results[0], constant(I64, count)) as rest:
        f.store(constant(I64, -1), f.offset(result, rest.index, I64))


def _place(scope: Scope, node: Node, index: Value) -> Value:
    """Read a place; a negative one counts from the end."""
    assert isinstance(node.op, Distinct)
    f, access = scope.f, scope.plan.grouping.access[node.inputs[0]]
    start = scope.address(access.base, access.layout.offset)
    place = f.load(I64, f.offset(start, dot(f, [index], access.layout.strides), I64))
    return f.select(f.icmp("slt", place, 0), f.add(place, node.op.size), place)


def emit_put_rows(scope: Scope, group: Group) -> None:
    """Write the copying of rows into the table, which lies where the result does."""
    (node,) = group.roots
    table, where, rows = (scope.plan.grouping.access[source] for source in node.inputs)
    assert scope.plan.places[node] == scope.plan.places[table.base]
    f, shape = scope.f, shape_of(node)
    size = prod(shape[1:])
    element = scalars.memory_type(node.spec.dtype)
    base = scope.address(rows.base, rows.layout.offset)
    numbers = scope.address(where.base, where.layout.offset)
    with f.loop(*scope.share(rows.layout.shape[0])) as loop:
        place = f.load(I64, f.offset(numbers, f.mul(loop.index, where.layout.strides[0]), I64))
        source = f.offset(base, f.mul(loop.index, rows.layout.strides[0]), element)
        with f.when(f.icmp("sge", place, 0)):
            target = f.offset(scope.address(node), f.mul(place, size), element)
            if rows.layout.is_plain:
                _copy(f, element, lane_count(scope.machine, [node], 1), (source, target), size)
            else:
                with f.loop(0, size) as each:
                    at = dot(f, places(f, each.index, shape[1:]), rows.layout.strides[1:])
                    value = f.load(element, f.offset(source, at, element))
                    f.store(value, f.offset(target, each.index, element))


def _copy(f: Function, element: str, lanes: int, ends: tuple[Value, Value], size: int) -> None:
    vector = vector_of(element, lanes)
    with f.loop(0, size, lanes) as each:
        source, target = (f.offset(end, each.index, element) for end in ends)
        if size % lanes == 0:
            f.store(f.load(vector, source), target)
        else:
            mask = lane_mask(f, each.index, constant(I64, size), lanes)
            f.masked_store(f.masked_load(vector, source, mask, constant(vector, 0)), target, mask)

"""Random bits: Philox 4x32-10, a vector of counters at a time.

The numbers are those of ``giulgi.graph.ops.random``, bit for bit: number 4 b + k of a tensor is
word k of the scrambled counter b. So each worker can draw its own part.
"""

from __future__ import annotations

from giulgi.backends.cpu.code.elements import lane_mask
from giulgi.backends.cpu.code.ir import I32, I64, Function, Value, constant, constant_vector
from giulgi.backends.cpu.code.scope import Scope
from giulgi.backends.cpu.planning.group import Group
from giulgi.backends.cpu.planning.sources import shape_of
from giulgi.backends.cpu.table import Word, signed64
from giulgi.graph.ops import random
from giulgi.graph.ops.random import RandomBits
from giulgi.graph.shapes import size_of

_WORDS = 4
_BLOCKS = 16  # counters that are scrambled at a time


def emit_random(scope: Scope, group: Group) -> None:
    """Write the code that fills a tensor with random bits."""
    f = scope.f
    (node,) = group.roots
    op = node.op
    assert isinstance(op, RandomBits)
    size = size_of(shape_of(node))
    address = scope.address(node)
    run = f.add(scope.word(Word.RUN), scope.step)
    seed = scope.word(Word.SEED) if op.seed is None else constant(I64, signed64(op.seed))
    seed_high = f.splat(f.convert("trunc", f.lshr(seed, 32), I32), _BLOCKS)
    stream = scope.detail(_signed32(op.stream))
    if isinstance(stream, int):
        stream = constant(I64, stream)
    key = [f.convert("trunc", x, I32) for x in (seed, stream)]
    chunk = _WORDS * _BLOCKS
    with f.loop(*scope.share(size, chunk), chunk) as loop:
        first = f.lshr(loop.index, 2)
        blocks = f.add(f.splat(first, _BLOCKS), constant_vector(I64, range(_BLOCKS)))
        counter = [
            f.convert("trunc", blocks, I32),
            f.xor(f.convert("trunc", f.lshr(blocks, 32), I32), seed_high),
            f.splat(f.convert("trunc", run, I32), _BLOCKS),
            f.splat(f.convert("trunc", f.lshr(run, 32), I32), _BLOCKS),
        ]
        words = _interleaved(f, philox(f, counter, [f.splat(k, _BLOCKS) for k in key]))
        target = f.offset(address, loop.index, I32)
        if size % chunk == 0:
            f.store(words, target)
        else:
            f.masked_store(words, target, lane_mask(f, loop.index, constant(I64, size), chunk))


def philox(f: Function, counter: list[Value], key: list[Value]) -> list[Value]:
    """Write the ten rounds on four words of counters; see ``giulgi.graph.ops.random.philox``."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for number in range(random._ROUNDS):
        if number:
            k0 = f.add(k0, constant(k0.type, _signed32(random._KEY_STEPS[0])))
            k1 = f.add(k1, constant(k1.type, _signed32(random._KEY_STEPS[1])))
        high0, low0 = _product(f, c0, int(random._MULTIPLIERS[0]))
        high1, low1 = _product(f, c2, int(random._MULTIPLIERS[1]))
        c0 = f.xor(f.xor(high1, c1), k0)
        c1 = low1
        c2 = f.xor(f.xor(high0, c3), k1)
        c3 = low0
    return [c0, c1, c2, c3]


def _product(f: Function, a: Value, multiplier: int) -> tuple[Value, Value]:
    """Return the high and the low word of a product of 32-bit words."""
    wide = f.convert("zext", a, I64)
    product = f.mul(wide, constant(wide.type, multiplier))
    return f.convert("trunc", f.lshr(product, 32), I32), f.convert("trunc", product, I32)


def _interleaved(f: Function, words: list[Value]) -> Value:
    """Return word 0 of each block, followed by its words 1, 2 and 3, block by block."""
    pairs = [f.shuffle(words[k], words[k + 1], range(2 * _BLOCKS)) for k in (0, 2)]
    order = [k * _BLOCKS + block for block in range(_BLOCKS) for k in range(_WORDS)]
    return f.shuffle(pairs[0], pairs[1], order)


def _signed32(number: int) -> int:
    number &= 2**32 - 1
    return number - 2**32 if number >= 2**31 else number

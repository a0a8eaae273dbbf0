"""The choice of tiles, blocks and copies, from sizes alone.

The same product is always computed in the same way: nothing is tried out, and the number of workers
does not matter. The rules stand here with what they rest on.
"""

from __future__ import annotations

from dataclasses import dataclass

from giulgi.backends.cpu.machine import Machine
from giulgi.backends.cpu.products.blocked import Blocked
from giulgi.backends.cpu.products.operands import Panels, Rows, Scratch
from giulgi.backends.cpu.products.product import Product, ceil_div

# What a block of B, a copied block of A, and a tile that waits for its next piece may take of the
# second level of the cache; and a tile that is finished at once of the first.
_BLOCK_BYTES = 512 * 1024
_GROUP_BYTES = 256 * 1024
_TILE_BYTES = 16 * 1024

# An inner axis of up to _WHOLE steps is not cut into pieces; others are, of about _PIECE.
_WHOLE, _PIECE = 1024, 512

# Where there are fewer tiles than _FEW_TILES, the inner axis is cut into chunks of this or more.
_FEW_TILES, _CHUNK = 16, 1024

# Stacks from this size on are shared product by product, each packing what it needs.
_MANY_BATCHES = 8

# The numbers of workers that a choice should suit.
_WORKERS = (1, 2, 4, 8)


@dataclass(frozen=True)
class _Shape:
    """A tile shape: the number of vectors in its rows, and of tiles that the rows are cut into."""

    width: int
    tiles: int


def blocked(product: Product, machine: Machine) -> Blocked:
    """Plan a product by tiles."""
    lanes = product.lanes(machine)
    shape = _shape(product, machine, lanes)
    height = ceil_div(product.rows, shape.tiles)
    panel_columns = shape.width * lanes
    panels = ceil_div(product.columns, panel_columns)
    chunks = _chunks(product, shape.tiles * panels * product.batches)
    chunk = ceil_div(product.inner, chunks)
    pieces = 1 if chunk <= _WHOLE else ceil_div(chunk, _PIECE)
    depth = ceil_div(chunk, pieces)
    panel_bytes = panel_columns * product.size
    most = _BLOCK_BYTES // (depth * panel_bytes)
    if pieces == 1:
        group = 1
        most = min(most, _TILE_BYTES // (height * panel_bytes))
    else:
        group = max(_GROUP_BYTES // (height * depth * product.size), 1)
        group = min(group, shape.tiles)
        most = min(most, _GROUP_BYTES // (group * height * panel_bytes))
    blocks = ceil_div(panels, max(most, 1))
    return Blocked(
        product=product,
        lanes=lanes,
        a=_rows(product, lanes, group * height, depth),
        b=_panels(product, lanes, shape),
        tiles=shape.tiles,
        group=group,
        block=ceil_div(panels, blocks),
        depth=depth,
        chunks=ceil_div(product.inner, chunk),
    )


def _shape(product: Product, machine: Machine, lanes: int) -> _Shape:
    """Return the tile shape of the least estimated time."""
    shapes = []
    for width in (1, 2, 3, 4):
        tallest = tallest_tile(machine, width)
        fewest = ceil_div(product.rows, tallest)
        for tiles in sorted({fewest, fewest + 1, ceil_div(fewest, 2) * 2, ceil_div(fewest, 4) * 4}):
            if tiles <= product.rows:
                shapes.append(_Shape(width, tiles))
    return min(shapes, key=lambda shape: _cost(product, lanes, shape))


def tallest_tile(machine: Machine, width: int) -> int:
    """Return the most rows of a tile of so many vectors.

    Registers hold the tile, a row of B, and a few elements of A on their way.
    """
    spare = 3 if machine.vector_registers >= 32 else 1
    return max((machine.vector_registers - width - spare) // width, 1)


def _cost(product: Product, lanes: int, shape: _Shape) -> float:
    """Estimate the time of a product in cycles of a processor with two multipliers.

    A step of a tile of h x w vectors takes h * w / 2 cycles to multiply, (h + w) / 2 to load, and no
    less than 4, which a multiply-add takes to be ready for the next. The time is that of the
    slowest worker, times their number, averaged over some numbers of workers.
    """
    height = ceil_div(product.rows, shape.tiles)
    width = shape.width
    panels = ceil_div(product.columns, width * lanes)
    cycles = max(height * width / 2, (height + width) / 2, 4) + 0.5
    tile = product.inner * cycles + 3 * height * width + 20
    units = shape.tiles * panels * product.batches
    slowest = sum(ceil_div(units, workers) * workers for workers in _WORKERS)
    return tile * slowest / len(_WORKERS)


def _chunks(product: Product, units: int) -> int:
    """Return how many parts of the inner axis are summed apart."""
    if units >= _FEW_TILES:
        return 1
    return max(min(ceil_div(2 * _FEW_TILES, units), product.inner // _CHUNK), 1)


def _rows(product: Product, lanes: int, rows: int, depth: int) -> Rows:
    """Return how A is read."""
    in_place = Rows(product, lanes, False, rows, depth)
    copied = Rows(product, lanes, True, rows, depth)
    return copied if in_place.must_be_copied else in_place


def _panels(product: Product, lanes: int, shape: _Shape) -> Panels:
    """Return how B is read."""
    many = product.batches >= _MANY_BATCHES and product.b_batch != 0
    scratch = Scratch.PRIVATE if many else Scratch.SHARED
    panels = Panels(product, lanes, shape.width, 0, scratch)
    contiguous = product.b_strides[1] == 1 or product.columns == 1
    if contiguous and shape.tiles <= 2:
        whole = product.columns // panels.panel_columns
        return Panels(product, lanes, shape.width, whole, scratch)
    return panels

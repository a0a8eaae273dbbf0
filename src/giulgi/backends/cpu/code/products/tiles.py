"""The choice of tiles, blocks and copies, from sizes alone.

The same product is always computed in the same way: nothing is tried out, and the number of workers
does not matter. The rules stand here with what they rest on.
"""

from __future__ import annotations

from dataclasses import dataclass

from giulgi.backends.cpu.code.products.blocked import Blocked
from giulgi.backends.cpu.code.products.kernels import Ahead
from giulgi.backends.cpu.code.products.operands import Panels, Scratch
from giulgi.backends.cpu.code.products.product import Nested, Product, ceil_div
from giulgi.backends.cpu.machine.processor import Machine
from giulgi.memory import LINE_BYTES

# What a block of B, a group of tiles of A, and a tile that waits for its next piece may take of the
# second level of the cache; and a tile that is finished at once of the first.
_BLOCK_BYTES = 512 * 1024
_GROUP_BYTES = 256 * 1024
_TILE_BYTES = 64 * 1024

# An inner axis of up to so many steps is not cut into pieces; others are, into pieces of about so
# many. Where A is copied, the copy of a group of tiles has to be found in the second level, too.
_WHOLE, _PIECE = 4096, 2048
_COPIED_STEPS = 512

# A sum of more steps than so many is cut into pieces of so many, if its result is no larger than
# this, or A is transposed, as in the gradient of a weight: then A and B come from far only once.
_LONG_SUM, _SUM_PIECE = 2048, 256
_SUM_BYTES = 256 * 1024

# A transposed A is copied if the steps of its inner axis are so many bytes apart.
_FAR_APART = 2048

# So many tiles of A are copied at a time: the runs that are copied are then some lines of the cache
# long, and not shorter than one.
_COPIED_TILES = 5

# So many tiles of what windows see meet a panel of B while it is in the first level of the cache;
# neighbouring windows see much the same.
_SEEN_TILES = 8

# Where the rows make fewer tiles than _FEW_TILES, a long inner axis is cut into chunks, of _CHUNK
# steps at the least.
_FEW_TILES, _CHUNK = 16, 1024

# What is read of windows for one chunk may take so much, since the next chunk is on its way to the
# second level meanwhile; and the sums of all chunks so much.
_PART_BYTES = 400 * 1024
_PARTS_BYTES = 4 * 1024 * 1024

# What is read of a part of a run may take so much of the first level. The gradient of a kernel of
# 32 to 64 channels on 24x24 places took 1.1 times as long without such parts.
_NEAR_PART_BYTES = 32 * 1024

# Packing runs at about this many elements in a cycle; it is left to each worker if it takes no more
# than this many cycles, or than this part of its work.
_PACKED_PER_CYCLE = 8
_LITTLE_PACKING, _PACKING_SHARE = 32768, 0.1

# B is read in place if all of it takes no more: 100x100 @ 100x400 took 0.9 of the time so, since a
# copy for each step of a loop costs more than the few pages over which B is spread.
_NEAR_BYTES = 256 * 1024

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
    chunks = _chunks(product, shape.tiles * product.batches)
    chunk = _in_units(ceil_div(product.inner, chunks), product)
    copies = _copies_a(product)
    whole, piece = (_COPIED_STEPS, _COPIED_STEPS) if copies else (_WHOLE, _PIECE)
    if _is_long_sum(product):
        whole = piece = _SUM_PIECE
    pieces = 1 if chunk <= whole else ceil_div(chunk, piece)
    depth = _in_units(ceil_div(chunk, pieces), product)
    inside = _inside_of_runs(product, panel_columns) if chunks > 1 else 0
    if inside:
        pieces, depth = ceil_div(chunk, inside), inside
    panel_bytes = panel_columns * product.size
    most = _BLOCK_BYTES // (depth * panel_bytes)
    if pieces == 1:
        at_once = _COPIED_TILES if copies else _SEEN_TILES if product.nested else 1
        group = min(at_once, shape.tiles)
        most = min(most, _TILE_BYTES // (height * panel_bytes))
    else:
        group = max(_GROUP_BYTES // (height * depth * product.size), 1)
        group = min(group, shape.tiles)
        most = min(most, _GROUP_BYTES // (group * height * panel_bytes))
    block = ceil_div(panels, ceil_div(panels, max(most, 1)))
    return Blocked(
        product=product,
        lanes=lanes,
        copies_a=copies,
        b=_panels(product, lanes, shape, block),
        tiles=shape.tiles,
        group=group,
        block=block,
        depth=depth,
        chunks=ceil_div(product.inner, chunk),
        ahead=_ahead(product, chunk, shape, panels),
    )


def _shape(product: Product, machine: Machine, lanes: int) -> _Shape:
    """Return the tile shape of the least estimated time."""
    shapes = []
    for width in (1, 2, 3, 4):
        fewest = ceil_div(product.rows, tallest_tile(machine, width))
        # Numbers that may be shared more evenly.
        counts = {fewest, fewest + 1, ceil_div(fewest, 2) * 2, ceil_div(fewest, 4) * 4}
        shapes += [_Shape(width, count) for count in sorted(counts) if count <= product.rows]
    return min(shapes, key=lambda shape: _cost(product, lanes, shape))


def tallest_tile(machine: Machine, width: int) -> int:
    """Return the most rows of a tile of so many vectors.

    Registers hold the tile, a row of B, and a few elements of A on their way.
    """
    spare = 3 if machine.vector_registers >= 32 else 1
    return max((machine.vector_registers - width - spare) // width, 1)


def _cost(product: Product, lanes: int, shape: _Shape) -> float:
    """Estimate the time of a product in cycles of a processor with two multipliers.

    A step of a tile of h x w vectors takes h * w / 2 cycles to multiply, (h + w) / 2 to load, and
    no less than 4, which a multiply-add takes to be ready for the next. The time is that of the
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
    if product.nested and _sums_over_examples(product.nested):
        return _chunks_of_windows(product)
    if units >= _FEW_TILES:
        return 1
    return max(min(ceil_div(2 * _FEW_TILES, units), product.inner // _CHUNK), 1)


def _sums_over_examples(nested: Nested) -> bool:
    """Whether the inner axis goes further than the stack: over what the stack only looks around."""
    distances = [abs(distance) for _, distance in nested.stack]
    return bool(nested.runs) and abs(nested.runs[0][1]) > max(distances, default=0)


def _chunks_of_windows(product: Product) -> int:
    """Return how many parts of a long inner axis are summed apart, such as groups of examples.

    All that is read for a part, by every tile, should stay in the second level of the cache. The
    sums of the parts are memory, too.
    """
    count, distance = product.runs[0]
    read = (abs(distance) + product.unit * product.columns) * product.size
    made = product.batches * product.rows * product.columns * product.size
    return max(min(count, ceil_div(count * read, _PART_BYTES), _PARTS_BYTES // made), 1)


def _ahead(product: Product, chunk: int, shape: _Shape, panels: int) -> Ahead:
    """Return what is fetched ahead, at each turn of a run.

    What is read once, by every tile, comes from far: the time that takes is hidden if it is asked
    for while something else is multiplied. Where examples are summed over, the tiles of a chunk
    share the fetching of the next; else each tile fetches what the next product needs, and a part
    of where the results of its own product go. A convolution of 26x26x32 to 64 channels with ReLU
    took 1.15 times as long without the latter.
    """
    if not product.runs:
        return Ahead()
    turns = chunk // product.run
    if chunk == product.inner:
        height = ceil_div(product.rows, shape.tiles)
        of_a = height * abs(product.a_strides[0]) * product.size
        made = product.rows * product.columns * product.size
        return Ahead(_lines(of_a, turns), 0, _lines(made, shape.tiles * panels * turns))
    tiles = product.batches * shape.tiles * panels * turns
    of_a = chunk // product.unit * abs(product.runs[0][1]) * product.size
    of_b = chunk * product.columns * product.size
    return Ahead(_lines(of_a, tiles), _lines(of_b, tiles))


def _lines(count: int, turns: int) -> int:
    return ceil_div(ceil_div(count, LINE_BYTES), turns)


def _inside_of_runs(product: Product, panel_columns: int) -> int:
    """Return of how many steps a part of an outermost run is that goes into the first level.

    All tiles that it is for find it there then: what windows see in it, and a panel of B.

    Returns:
        0, if there is no such part, or it were all of the run.
    """
    if len(product.runs) < 2:
        return 0
    count = product.runs[1][0]
    steps = product.unit // count
    each = steps * (abs(product.a_strides[1]) + panel_columns) * product.size
    fitting = [n for n in range(1, count) if count % n == 0 and n * each <= _NEAR_PART_BYTES]
    return max(fitting, default=0) * steps


def _in_units(steps: int, product: Product) -> int:
    """Return a number of steps of the inner axis rounded up to whole runs."""
    return ceil_div(steps, product.unit) * product.unit


def _copies_a(product: Product) -> bool:
    """Whether A is copied: it is a transposed matrix, whose steps are far apart.

    Each step then reads from another page of memory, and, for many strides, from the same few sets
    of the cache. Measured on two cores, (2048x1024)T @ 2048x1024 was 1.6 times as fast with a copy,
    and (128x784)T @ 128x512 gained 5 %. Others gained nothing, or lost: (784x128)T @ 784x512 10 %.
    """
    row_stride, inner_stride = product.a_strides
    if product.nested:
        return False
    return row_stride == 1 and inner_stride * product.size >= _FAR_APART and product.inner > 1


def _is_long_sum(product: Product) -> bool:
    """Whether it is a sum over very many steps, which is made in pieces.

    Each worker copies a piece of a panel of B to where all tiles find it near. Measured on two
    cores, (10000x100)T @ 10000x400 was 3 times as fast so, 64x8192 @ 8192x512 3.7 times and
    128x9216 @ 9216x128 1.9 times; 256x4096 @ 4096x256 was as fast.
    """
    if product.inner <= _LONG_SUM or product.nested or _copies_a(product):
        return False
    is_small = product.rows * product.columns * product.size <= _SUM_BYTES
    return product.a_strides[0] == 1 or is_small


def _panels(product: Product, lanes: int, shape: _Shape, block: int) -> Panels:
    """Return how B is read, in blocks of so many panels.

    B, if its rows are contiguous, is read in place for a single tile; and if it is so narrow that
    its panels lie in memory much as packed ones do. For two tiles packing pays already: 16x1024 @
    1024x1024 was 1.5 times as fast with it, since a panel in place is spread over a thousand pages.

    What is packed by the worker that needs it lies in that worker's cache, and nobody waits:
    256x256 @ 256x256 on two cores was 1.3 times as fast as with packing by all, to be read by all.
    That is for where it would be done over and over.
    """
    columns = shape.width * lanes
    contiguous = product.b_strides[1] == 1 or product.columns == 1
    narrow = product.b_strides[0] <= 2 * columns
    # What is as long as a batch of pictures has pixels is rather read twice than copied.
    is_long = bool(product.nested) and product.inner > _WHOLE
    near = product.inner * product.b_strides[0] * product.size <= _NEAR_BYTES
    in_place = contiguous and (narrow or near or shape.tiles == 1 or is_long)
    packing = product.inner * block * columns / _PACKED_PER_CYCLE
    multiplying = product.multiplications / (2 * lanes) / max(_WORKERS)
    is_stacked = product.batches > 1 and product.b_batch == 0
    private = packing <= max(_LITTLE_PACKING, _PACKING_SHARE * multiplying) and not is_stacked
    scratch = Scratch.PRIVATE if private else Scratch.SHARED
    if _is_long_sum(product) and contiguous:
        scratch, in_place = Scratch.PIECE, False
    return Panels(
        product=product,
        lanes=lanes,
        width=shape.width,
        first_packed=product.columns // columns if in_place else 0,
        scratch=scratch,
    )

"""Arrays laid out otherwise: reshaped, joined, parted, repeated, padded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.operations.refusals import one_dtype
from giulgi.compat.tensorflow.math.arguments import (
    axes,
    is_axis,
    kind,
    known_elements,
    numbers,
    of_one_rank,
    one_axis,
    ranked,
    sizes,
    static,
)
from giulgi.compat.tensorflow.math.layouts import layout
from giulgi.compat.tensors.tensor import alike, as_expression
from giulgi.graph.ops.shape import dims_of


@layout("reshape", "manip.reshape", type="Reshape", texts=("tensor",))
def reshape(tensor: Any, shape: Any, name: str | None = None) -> gg.Tensor:
    """Return the elements of a tensor in another shape, of which one size may be -1."""
    return gg.reshape(as_expression(tensor), sizes(shape))


@layout("expand_dims", type="ExpandDims", texts=("input",))
def expand_dims(
    input: Any, axis: Any = None, name: str | None = None, dim: Any = None
) -> gg.Tensor:
    """Return a tensor with a new axis of size 1."""
    return gg.expand_dims(as_expression(input), one_axis(dim if axis is None else axis))


@layout("squeeze", type="Squeeze", texts=("input",))
def squeeze(
    input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None
) -> gg.Tensor:
    """Return a tensor without its axes of size 1, or without the given ones."""
    along = axes(squeeze_dims if axis is None else axis)
    return gg.squeeze(as_expression(input), None if along == () else along)


@layout("transpose", type="transpose", texts=("a",))
def transpose(
    a: Any, perm: Any = None, name: str | None = None, conjugate: bool = False
) -> gg.Tensor:
    """Return a tensor with its axes in another order: None for the opposite one."""
    x, order = as_expression(a), axes(perm)
    return gg.transpose(x if order is None else ranked(x, len(order)), order)


@layout("broadcast_to", type="BroadcastTo", texts=("input",))
def broadcast_to(input: Any, shape: Any, name: str | None = None) -> gg.Tensor:
    """Return a tensor repeated along axes of size 1 until it has a shape."""
    return gg.broadcast_to(as_expression(input), sizes(shape))


# Joined


@exported("concat", "concat_v2")
def concat(
    values: Any = None, axis: Any = None, name: str | None = "concat", concat_dim: Any = None
) -> Any:
    """Return tensors joined along an axis.

    Before version 1.0 the axis stood first, ``tf.concat(0, [a, b])``; that is understood, too.
    """
    if concat_dim is not None:
        return _concat(values, concat_dim, name)
    if is_axis(values) and not is_axis(axis):
        values, axis = axis, values
    return _concat(values, 0 if axis is None else axis, name)


@layout(type="ConcatV2", texts=("values",), check=one_dtype("values"))
def _concat(values: Any, axis: Any, name: str | None = None) -> gg.Tensor:
    parts = list(values) if isinstance(values, (list, tuple)) else [values]
    if len(parts) == 1:
        return as_expression(parts[0])
    return gg.concat(of_one_rank(alike(*parts)), one_axis(axis))


@layout(
    "stack", "pack", "parallel_stack", type="Pack", named="stack", texts=("values",),
    check=one_dtype("values"),
)  # fmt: skip
def stack(values: Any, axis: Any = 0, name: str | None = "stack") -> gg.Tensor:
    """Return tensors of one shape joined along a new axis."""
    if isinstance(values, gg.Tensor):
        # What is one tensor already is stacked of its parts, along the first axis.
        return values if one_axis(axis) == 0 else gg.moveaxis(values, 0, one_axis(axis))
    return gg.stack(alike(*values), axis=one_axis(axis))


@layout("unstack", "unpack", type="Unpack", named="unstack", texts=("value",))
def unstack(
    value: Any, num: Any = None, axis: Any = 0, name: str | None = "unstack"
) -> list[gg.Tensor]:
    """Return the parts of a tensor along an axis, of which there are as many as its size."""
    x, place = as_expression(value), one_axis(axis)
    count = None if x.known_shape is None else x.shape[place]
    if num is not None:
        count = int(numbers(num, "num"))
    if count is None:
        raise ValueError(f"Cannot infer argument `num` from shape {x.known_shape}")
    return [gg.take(x, i, place) for i in range(count)]


@exported("split", "split_v")
def split(
    value: Any = None,
    num_or_size_splits: Any = None,
    axis: Any = 0,
    num: Any = None,
    name: str | None = "split",
    split_dim: Any = None,
    num_split: Any = None,
) -> Any:
    """Return the parts of a tensor along an axis: so many, or of such sizes.

    Before version 1.0 the axis stood first, ``tf.split(0, 3, x)``; that is understood, too.
    """
    if split_dim is not None:
        axis = split_dim
    elif is_axis(value) and not is_axis(axis):
        value, axis = axis, value
    parts = num_or_size_splits if num_split is None else num_split
    return _split(value, parts, axis, num, name)


@layout(type="Split", texts=("value",))
def _split(value: Any, parts: Any, axis: Any, num: Any, name: str | None = None) -> list[gg.Tensor]:
    x, place = as_expression(value), one_axis(axis)
    known = numbers(parts, "num_or_size_splits")
    if isinstance(known, list) and -1 in known:
        return _parts_with_rest(x, known, place % x.ndim)
    return list(gg.split(x, known, place))


def _parts_with_rest(x: gg.Tensor, parts: list[int], axis: int) -> list[gg.Tensor]:
    """Return parts of given sizes; that of size -1 is what the others leave."""
    found, start, rest = [], 0, parts.index(-1)
    before = (slice(None),) * axis
    for place, count in enumerate(parts):
        if place <= rest:
            behind = sum(parts[place + 1 :])
            stop = start + count if place < rest else (-behind or None)
            found.append(x[(*before, slice(start, stop))])
            start += count
        else:
            left = sum(parts[place:])
            found.append(x[(*before, slice(-left, count - left or None))])
    return found


# Repeated


@layout("tile", "manip.tile", type="Tile", texts=("input",))
def tile(input: Any, multiples: Any, name: str | None = None) -> gg.Tensor:
    """Return a tensor several times along each axis."""
    x = as_expression(input)
    counts = sizes(multiples)
    if isinstance(counts, tuple):
        x = ranked(x, len(counts))
    if isinstance(counts, tuple) and all(isinstance(n, int) for n in counts):
        return gg.tile(x, counts)
    if isinstance(counts, gg.Tensor):
        counts = tuple(counts[i] for i in range(x.ndim))
    apart, wide, whole = [], [], []
    for count, size in zip(counts, dims_of(x), strict=True):
        count, size = (v if isinstance(v, int) else gg.cast(v, "int64") for v in (count, size))
        apart += [1, size]
        wide += [count, size]
        whole.append(count * size)
    return gg.reshape(gg.broadcast_to(gg.reshape(x, apart), wide), whole)


@layout("repeat", type="Repeat", texts=("input",))
def repeat(input: Any, repeats: Any, axis: Any = None, name: str | None = None) -> gg.Tensor:
    """Return a tensor with each element along an axis several times, one after the other."""
    x = as_expression(input)
    counts = np.asarray(numbers(repeats, "repeats"))
    if axis is None:
        x, axis = gg.reshape(x, (-1,)), 0
    if counts.size == 1:
        return gg.repeat(x, int(counts.ravel()[0]), one_axis(axis))
    return gg.gather(x, np.repeat(np.arange(len(counts)), counts), one_axis(axis))


@layout("roll", "manip.roll", type="Roll", texts=("input",))
def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> gg.Tensor:
    """Return a tensor whose elements went on along axes; the last ones come first."""
    x = as_expression(input)
    for by, along in zip(np.ravel(numbers(shift, "shift")), np.ravel(axes(axis)), strict=True):
        x = gg.roll(x, int(by), int(along))
    return x


@layout("reverse", "reverse_v2", "manip.reverse", type="ReverseV2", texts=("tensor",))
def reverse(tensor: Any, axis: Any = None, name: str | None = None, dims: Any = None) -> gg.Tensor:
    """Return a tensor turned around along axes, given by number, or of old by a bool for each."""
    along = static(dims if axis is None else axis)
    if along is None:
        raise ValueError("an axis must be known when the graph is built: give numbers")
    if along.dtype.kind == "b":
        along = np.flatnonzero(along)
    return gg.flip(as_expression(tensor), tuple(np.ravel(along).tolist()))


@operation("reverse_sequence", type="ReverseSequence")
def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: Any = None,
    batch_axis: Any = None,
    name: str | None = None,
    seq_dim: Any = None,
    batch_dim: Any = None,
) -> gg.Tensor:
    """Return sequences turned around up to their own lengths; what is behind stays."""
    x = as_expression(input)
    along = one_axis(seq_dim if seq_axis is None else seq_axis)
    batch = one_axis(batch_dim if batch_axis is None else batch_axis)
    lengths = gg.cast(as_expression(seq_lengths), "int64")
    steps = gg.arange(gg.size(x, along))
    ends = gg.reshape(lengths, [-1 if a == batch else 1 for a in range(x.ndim)])
    places = gg.reshape(steps, [-1 if a == along else 1 for a in range(x.ndim)])
    turned = gg.where(places < ends, ends - 1 - places, places)
    return gg.take_along_axis(x, gg.broadcast_to(turned, gg.shape(x)), along)


# Padded


@exported("pad")
def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    name: str | None = None,
    constant_values: Any = 0,
) -> Any:
    """Return a tensor with more elements around it.

    Args:
        tensor: the tensor.
        paddings: for each axis how many before and behind.
        mode: CONSTANT for a value, REFLECT or SYMMETRIC for what a mirror shows, without or with
            the last element.
        name: a name.
        constant_values: the value.
    """
    return _pad(tensor, paddings, mode.upper(), constant_values, name)


@operation(type="Pad")
def _pad(
    tensor: Any, paddings: Any, mode: str, constant_values: Any, name: str | None = None
) -> gg.Tensor:
    x = as_expression(tensor)
    known = static(paddings)
    pairs = as_expression(paddings)
    if pairs.known_shape is not None and pairs.shape[0] is not None:
        x = ranked(x, pairs.shape[0])
    if mode in ("REFLECT", "SYMMETRIC"):
        widths = numbers(paddings, "the paddings of a mirror")
        return _mirrored(x, widths, 1 if mode == "REFLECT" else 0)
    if known is not None:
        fill = 0 if constant_values is None else constant_values
        value = static(fill)
        assert value is not None
        return gg.pad(x, known.tolist(), value.item())
    for axis in range(x.ndim):
        around = []
        for place in (0, 1):
            shape = dims_of(x)
            shape[axis] = pairs[axis, place]
            around.append(gg.broadcast_to(gg.cast(as_expression(constant_values), x.dtype), shape))
        x = gg.concat([around[0], x, around[1]], axis)
    return x


def _mirrored(x: gg.Tensor, widths: Sequence[Sequence[int]], without: int) -> gg.Tensor:
    for axis, (low, high) in enumerate(widths):
        if low or high:
            size = gg.size(x, axis)
            before = gg.arange(low - 1 + without, without - 1, -1)
            behind = size - 1 - without - gg.arange(high)
            places = [gg.cast(p, "int64") for p in (before, gg.arange(size), behind)]
            x = gg.gather(x, gg.concat(places), axis)
    return x


# Between depth and space


def _block(function: Callable[..., gg.Tensor], type: str, *paths: str) -> Callable[..., Any]:
    def apply(
        input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC"
    ) -> gg.Tensor:
        if data_format != "NHWC":
            raise NotImplementedError(f"tf.{paths[0]} has channels last only: data_format='NHWC'")
        return function(as_expression(input), int(block_size))

    apply.__doc__ = function.__doc__
    apply.__name__ = paths[0]
    return operation(*paths, type=type)(apply)


def _to_depth(x: gg.Tensor, block: int) -> gg.Tensor:
    """Return blocks of pixels as channels of one pixel."""
    n, h, w, c = dims_of(x)
    parts = gg.reshape(x, [n, _over(h, block), block, _over(w, block), block, c])
    return gg.reshape(
        gg.transpose(parts, (0, 1, 3, 2, 4, 5)),
        [n, _over(h, block), _over(w, block), c * block**2],
    )


def _to_space(x: gg.Tensor, block: int) -> gg.Tensor:
    """Return channels of one pixel as a block of pixels."""
    n, h, w, c = dims_of(x)
    parts = gg.reshape(x, [n, h, w, block, block, _over(c, block**2)])
    return gg.reshape(
        gg.transpose(parts, (0, 1, 3, 2, 4, 5)), [n, h * block, w * block, _over(c, block**2)]
    )


def _over(size: Any, block: int) -> Any:
    return size // block


space_to_depth = _block(_to_depth, "SpaceToDepth", "space_to_depth", "nn.space_to_depth")
depth_to_space = _block(_to_space, "DepthToSpace", "depth_to_space", "nn.depth_to_space")


@operation("required_space_to_batch_paddings", type="RequiredSpaceToBatchPaddings")
def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> Any:
    """Return what paddings make sizes multiples of blocks, and how to crop afterwards."""
    block = np.asarray(numbers(block_shape, "block_shape"))
    sizes_ = np.asarray(numbers(input_shape, "input_shape"))
    base = (
        np.zeros((len(block), 2), np.int64)
        if base_paddings is None
        else np.asarray(numbers(base_paddings, "base_paddings"))
    )
    more = -(sizes_ + base.sum(1)) % block
    paddings = np.stack([base[:, 0], base[:, 1] + more], 1).astype(np.int32)
    crops = np.stack([np.zeros_like(more), more], 1).astype(np.int32)
    return gg.constant(paddings), gg.constant(crops)


@operation("ensure_shape", type="EnsureShape")
def ensure_shape(x: Any, shape: Any, name: str | None = None) -> gg.Tensor:
    """Return a tensor, of whose shape more is known."""
    value = as_expression(x)
    known = known_elements(shape) if not hasattr(shape, "as_list") else shape.as_list()
    if known is None or (value.known_shape is not None and None not in value.known_shape):
        return value
    own = dims_of(value) if value.known_shape is not None else [-1] * len(known)
    wanted = [b if a in (None, -1) else a for a, b in zip(known, own, strict=True)]
    return gg.reshape(value, wanted)


@operation("sequence_mask", type="SequenceMask")
def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = "bool", name: str | None = None
) -> gg.Tensor:
    """Return rows that are true up to a length, and false behind it."""
    ends = as_expression(lengths)
    longest = gg.max(ends) if maxlen is None else maxlen
    known = static(longest)
    count = gg.cast(as_expression(longest), "int64") if known is None else int(known)
    mask = gg.arange(count) < gg.expand_dims(gg.cast(ends, "int64"), -1)
    return gg.cast(mask, kind(dtype))


@operation("meshgrid", type="Meshgrid")
def meshgrid(*args: Any, indexing: str = "xy", name: str | None = None) -> list[gg.Tensor]:
    """Return the coordinates of all points of a grid, an array for each axis."""
    return list(gg.meshgrid(*(as_expression(x) for x in args), indexing=indexing))

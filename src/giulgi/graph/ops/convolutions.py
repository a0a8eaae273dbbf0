"""Convolution over any number of axes of space, and its transpose.

With one axis of space, stride s and dilation d, and b elements of padding before x:

    y[n, o, c] = sum over t, i of x[n, o s + t d - b, i] kernel[t, i, c]

It is linear in x and linear in the kernel. So there are three ops, and the gradient of each is
made of the other two: what y gives to x, what y gives to the kernel, and y itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph.composed import composed
from giulgi.graph.dtypes import DType
from giulgi.graph.node import build
from giulgi.graph.op import Op
from giulgi.graph.ops.elementwise import maximum, no_bool
from giulgi.graph.ops.leaves import TensorLike, promote
from giulgi.graph.ops.movement import moveaxis
from giulgi.graph.ops.shape import Shaped, as_sizes, build_shaped, dims_of, sizes_of
from giulgi.graph.shapes import Shape, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.graph.window import Window, as_window, steps_of

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Convolution(Op):
    """Sums of what a window sees, weighted by a kernel; channels are last.

    x is (batch, *space, channels), the kernel (*taps, channels / groups, filters). With groups,
    the channels and the filters fall into as many blocks, and each block of filters sees its own
    block of channels.
    """

    window: Window
    groups: int

    def infer_dtype(self, x: DType, kernel: DType) -> DType:
        return _number(super().infer_dtype(x, kernel))

    def infer_shape(self, x: Shape, kernel: Shape) -> Shape:
        _require_fit(self.window, self.groups, x, kernel)
        return _made(self.window, x, kernel)

    def numpy(self, x: Array, kernel: Array) -> Array:
        padded, places = _padded(self.window, x, kernel.shape)
        y = np.zeros((x.shape[0], *places, kernel.shape[-1]), x.dtype)
        for tap, seen in _taps(self.window, kernel.shape, places):
            by_tap = _split(padded[:, *seen], self.groups) @ _split(kernel[tap], self.groups)
            y += _joined(by_tap, y.shape)
        return y

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor]:
        how: dict[str, Any] = {"window": self.window, "groups": self.groups}
        dx = build_shaped(ConvolutionInput, sizes_of(x), dy, kernel, **how)
        dkernel = build_shaped(ConvolutionKernel, sizes_of(kernel), x, dy, **how)
        return dx, dkernel

    def formula(self, *inputs: str) -> str:
        return _said("convolution", inputs, self.window, self.groups)


@dataclass(frozen=True)
class ConvolutionBack(Shaped):
    """Base of what a convolution gives back to its inputs; it has the attributes of that."""

    window: Window
    groups: int

    def infer_dtype(self, *dtypes: DType) -> DType:
        return _number(super().infer_dtype(*dtypes))

    def _require_made(self, dy: Shape, x: Shape, kernel: Shape) -> None:
        """Raise a ShapeError if dy cannot belong to the result of a convolution of x."""
        _require_fit(self.window, self.groups, x, kernel)
        made = _made(self.window, x, kernel)
        if len(dy) != len(made) or any(
            given != wanted
            for given, wanted in zip(dy, made, strict=True)
            if None not in (given, wanted)
        ):
            raise ShapeError(
                f"the convolution makes {shape_text(made)} of {shape_text(x)}, "
                f"not {shape_text(dy)}.",
                fix="choose sizes of which the convolution, with these options, makes the latter",
            )

    def formula(self, *inputs: str) -> str:
        said = inputs if self.shape is None else (*inputs, str(self.shape))
        return _said(self.name, said, self.window, self.groups)


@dataclass(frozen=True)
class ConvolutionInput(ConvolutionBack):
    """What each element of x has a part in, weighted by a kernel: the transpose of a convolution.

    For every y[n, o, c] of the convolution of x, to which x[n, p, i] kernel[t, i, c] was added,
    dy[n, o, c] kernel[t, i, c] is added to element [n, p, i] of the result.
    """

    def infer_target(self, target: Shape | None, *inputs: Tensor) -> Shape | None:
        dy, kernel = inputs
        if target is not None and None not in (dy.known_shape, kernel.known_shape):
            self._require_made(dy.shape, target, kernel.shape)
        return target

    def numpy(self, dy: Array, kernel: Array, shape: Array | None = None) -> Array:
        x = np.zeros(self.concrete_shape(shape), dy.dtype)
        padded, places = _padded(self.window, x, kernel.shape)
        for tap, seen in _taps(self.window, kernel.shape, places):
            weights = _split(kernel[tap], self.groups).swapaxes(1, 2)
            by_tap = _split(dy, self.groups) @ weights
            padded[:, *seen] += _joined(by_tap, (*dy.shape[:-1], x.shape[-1]))
        return padded[:, *self.window.inside(x.shape[1:-1], kernel.shape[:-2])]

    def gradient(
        self, dx: Tensor, x: Tensor, dy: Tensor, kernel: Tensor, *shape: Tensor
    ) -> tuple[Tensor | None, ...]:
        how: dict[str, Any] = {"window": self.window, "groups": self.groups}
        by_dy = build(Convolution(**how), dx, kernel)
        by_kernel = build_shaped(ConvolutionKernel, sizes_of(kernel), dx, dy, **how)
        return by_dy, by_kernel, *(None for _ in shape)


@dataclass(frozen=True)
class ConvolutionKernel(ConvolutionBack):
    """What each weight of a kernel has a part in: the products of x and dy, summed over places.

    For every y[n, o, c] of the convolution of x, to which x[n, p, i] kernel[t, i, c] was added,
    x[n, p, i] dy[n, o, c] is added to element [t, i, c] of the result.
    """

    def infer_target(self, target: Shape | None, *inputs: Tensor) -> Shape | None:
        x, dy = inputs
        if target is not None and None not in (x.known_shape, dy.known_shape):
            self._require_made(dy.shape, x.shape, target)
        return target

    def numpy(self, x: Array, dy: Array, shape: Array | None = None) -> Array:
        kernel = np.zeros(self.concrete_shape(shape), x.dtype)
        padded, places = _padded(self.window, x, kernel.shape)
        for tap, seen in _taps(self.window, kernel.shape, places):
            seen_by_tap = _split(padded[:, *seen], self.groups).swapaxes(1, 2)
            kernel[tap] = _joined(seen_by_tap @ _split(dy, self.groups), kernel.shape[-2:])
        return kernel

    def gradient(
        self, dkernel: Tensor, kernel: Tensor, x: Tensor, dy: Tensor, *shape: Tensor
    ) -> tuple[Tensor | None, ...]:
        how: dict[str, Any] = {"window": self.window, "groups": self.groups}
        by_x = build_shaped(ConvolutionInput, sizes_of(x), dy, dkernel, **how)
        by_dy = build(Convolution(**how), x, dkernel)
        return by_x, by_dy, *(None for _ in shape)


def _number(dtype: DType) -> DType:
    no_bool("convolution", dtype, "make numbers of it: x.astype('float32')")
    return dtype


def _require_fit(window: Window, groups: int, x: Shape, kernel: Shape) -> None:
    """Raise a ShapeError if x and the kernel do not go together, as far as is known."""
    rank = window.rank
    if len(x) != rank + 2 or len(kernel) != rank + 2:
        raise ShapeError(
            f"with {rank} axes of space, x is (batch, *space, channels) and the kernel "
            f"(*taps, channels, filters), each of {rank + 2} axes.",
            fix=_rank_fix(rank, len(x), len(kernel)),
        )
    channels, seen, filters = x[-1], kernel[-2], kernel[-1]
    if channels is not None and seen is not None and channels != seen * groups:
        in_groups = f" in each of {groups} groups" if groups > 1 else ""
        raise ShapeError(
            f"x has {channels} channels, and the kernel is for {seen}{in_groups}.",
            axes=f"axis {rank + 1} of x ({channels}) and axis {rank} of kernel ({seen})",
            fix=_channels_fix(x, seen * groups, channels % seen == 0 if seen else False),
        )
    if filters is not None and filters % groups:
        raise ShapeError(
            f"{filters} filters do not fall into {groups} groups.",
            axes=f"axis {rank + 1} of kernel ({filters})",
            fix="use as many filters as groups, or a multiple of them",
        )


def _rank_fix(rank: int, of_x: int, of_kernel: int) -> str:
    if of_x == rank + 1 and of_kernel == rank + 2:
        return (
            "if x is one example, add a batch: x[np.newaxis]; if it has no channels, x[..., None]"
        )
    return "for two axes of space x is as (128, 28, 28, 1), and the kernel as (3, 3, 1, 32)"


def _channels_fix(x: Shape, wanted: int, is_grouped: bool) -> str:
    if x[1] == wanted:
        return 'the channels of x seem to come first: data_format="channels_first"'
    if is_grouped:
        return "use as many groups as blocks of channels, or a kernel for all channels of x"
    return "make the second last axis of the kernel as long as the last axis of x"


def _made(window: Window, x: Shape, kernel: Shape) -> Shape:
    """Return the shape of the convolution of x."""
    return (x[0], *window.all_places(x[1:-1], kernel[:-2]), kernel[-1])


def _padded(window: Window, x: Array, kernel: tuple[int, ...]) -> tuple[Array, tuple[int, ...]]:
    """Return x with its padding, and the sizes of the result along the axes of space."""
    taps = kernel[:-2]
    margins = window.margins(x.shape[1:-1], taps)
    return np.pad(x, ((0, 0), *margins, (0, 0))), window.all_places(x.shape[1:-1], taps)


def _taps(
    window: Window, kernel: tuple[int, ...], places: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Yield each tap of a kernel, and which elements of the padded x it sees."""
    for tap in np.ndindex(*kernel[:-2]):
        yield tap, window.seen(tap, places)


def _split(x: Array, groups: int) -> Array:
    """Return x (..., channels) as one matrix (rows, channels / groups) for each group."""
    return x.reshape(prod(x.shape[:-1]), groups, x.shape[-1] // groups).swapaxes(0, 1)


def _joined(matrices: Array, shape: tuple[int, ...]) -> Array:
    """Return the matrices of all groups as one array (..., channels): the inverse of splitting."""
    return matrices.swapaxes(0, 1).reshape(shape)


def _said(name: str, inputs: Sequence[str], window: Window, groups: int) -> str:
    said = [*inputs, str(window)]
    return f"{name}({', '.join(said if groups == 1 else [*said, f'groups={groups}'])})"


# What a user calls


@composed
def convolution(
    x: TensorLike,
    kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence[int | Sequence[int]] = "valid",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    data_format: str = "channels_last",
    name: str | None = None,
) -> Tensor:
    """Return the convolution of x with a kernel, over the axes between the first and the last.

    y[n, o, c] = sum over t, i of x[n, o stride + t dilation - before, i] kernel[t, i, c], and so
    with two or more axes of space. (As everywhere in deep learning, the kernel is not flipped.)

    Args:
        x: (batch, *space, channels); (batch, channels, *space) if channels are first.
        kernel: (*taps, channels / groups, filters).
        strides: how far the window moves, for all axes of space or for each.
        padding: "valid" (none), "same" (zeros, so that the result has size / stride places,
            rounded up), or how many zeros stand before and after, for all axes or for each.
        dilation: how far apart the taps are, for all axes of space or for each.
        groups: into how many blocks channels and filters fall, each seen by its own; as many as
            channels make the convolution depthwise.
        data_format: "channels_last" or "channels_first".
        name: a name for printing.

    Returns:
        (batch, *places, filters), or (batch, filters, *places), in the dtype in which both meet.

    Raises:
        ShapeError: if the channels do not fit, or the window is longer than x.
        ArgumentError: if an option is not one of those named.
    """
    x, kernel = promote(x, kernel)
    window = as_window(_space_rank(x, kernel), strides, dilation, padding)
    x = channels_last(x, data_format)
    y = build(Convolution(window, _checked_groups(groups)), x, kernel, name=name)
    return channels_first(y, data_format)


@composed
def convolution_transpose(
    x: TensorLike,
    kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence[int | Sequence[int]] = "valid",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    output_shape: Any = None,
    data_format: str = "channels_last",
    name: str | None = None,
) -> Tensor:
    """Return the transpose of a convolution: each element of x spreads a kernel over the result.

    y[n, o stride + t dilation - before, c] = the sum over t, i of x[n, o, i] kernel[t, c, i]. It
    is what a convolution of these options gives back to its input.

    Args:
        x: (batch, *space, channels); (batch, channels, *space) if channels are first.
        kernel: (*taps, filters / groups, channels), as of the convolution that is transposed.
        strides: how far apart the elements of x are spread.
        padding: how much is cut from the result, told as the padding of that convolution.
        dilation: how far apart the taps are.
        groups: as in :func:`convolution`.
        output_shape: the sizes of the result along the axes of space. Several sizes can be meant
            where the stride is not 1; None takes size * stride for "same" and otherwise
            (size - 1) stride + span of the window, but at least size * stride, less the padding.
        data_format: "channels_last" or "channels_first".
        name: a name for printing.

    Returns:
        (batch, *places, filters), or (batch, filters, *places), in the dtype in which both meet.

    Raises:
        ShapeError: if the channels do not fit, or no such convolution makes the shape of x.
        ArgumentError: if an option is not one of those named.
    """
    x, kernel = promote(x, kernel)
    rank = _space_rank(x, kernel)
    window = as_window(rank, strides, dilation, padding)
    x = channels_last(x, data_format)
    batch, *space, _ = dims_of(x)
    *taps, filters, _ = dims_of(kernel)
    sizes = (
        [_spread(window, axis, space[axis], taps[axis]) for axis in range(rank)]
        if output_shape is None
        else list(output_shape)
    )
    groups = _checked_groups(groups)
    shape = as_sizes([batch, *sizes, filters * groups])
    y = build_shaped(ConvolutionInput, shape, x, kernel, window=window, groups=groups, name=name)
    return channels_first(y, data_format)


def _spread(window: Window, axis: int, size: Any, taps: Any) -> Any:
    """Return the size from which a convolution makes this one: a number, or a tensor."""
    stride = window.strides[axis]
    if window.padding == "same":
        return size * stride
    beyond: Any = window.span(axis, taps) - stride
    beyond = maximum(beyond, 0) if isinstance(beyond, Tensor) else max(beyond, 0)
    before, after = window.margin(axis, 0, 0)
    return size * stride + beyond - before - after


def _space_rank(x: Tensor, kernel: Tensor) -> int:
    """Return the number of axes of space, told by whichever of the two has a known rank."""
    known = kernel if kernel.known_shape is not None else x
    if known.ndim < 3:
        raise ShapeError(
            "there is no axis of space.",
            fix="x is as (128, 28, 28, 1), and the kernel as (3, 3, 1, 32)",
        )
    return known.ndim - 2


def _checked_groups(groups: int) -> int:
    return steps_of("groups", groups, 1)[0]


def channels_last(x: Tensor, data_format: str) -> Tensor:
    """Return x, whose channels are where the format says, with its channels last.

    Raises:
        ArgumentError: if there is no such format.
    """
    if data_format not in ("channels_last", "channels_first"):
        raise ArgumentError(
            f"data_format is {data_format!r}.", fix='use "channels_last" or "channels_first"'
        )
    return x if data_format == "channels_last" else moveaxis(x, 1, -1)


def channels_first(x: Tensor, data_format: str) -> Tensor:
    """Return x, whose channels are last, with its channels where the format says."""
    return x if data_format == "channels_last" else moveaxis(x, -1, 1)

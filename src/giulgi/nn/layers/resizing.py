"""Layers that make pictures larger or smaller."""

from __future__ import annotations

from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.dtypes import is_integer
from giulgi.graph.ops.joining import enlarged
from giulgi.graph.ops.resizing import METHODS
from giulgi.graph.ops.shape import dims_of
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.spatial import Sizes, Spatial, checked_data_format
from giulgi.nn.layers.weighted import whole_number
from giulgi.nn.lookup import one_of
from giulgi.signatures import called_as


class UpSampling(Spatial):
    """Base of layers that repeat each point of space.

    Args:
        size: how often, along all axes of space or along each.
        data_format: "channels_last" (the default) or "channels_first".
        options: of every :class:`Layer`.
    """

    @layer_arguments
    def __init__(self, size: Sizes = 2, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.size = self.sizes_for("size", size)
        self.data_format = checked_data_format(data_format)

    def call(self, x: Tensor) -> Tensor:
        """Return x with its points repeated."""
        self.require_rank(x.known_shape)
        before = (1,) * self.first_axis
        return enlarged(x, (*before, *self.size, *(1,) * (2 - self.first_axis)))


class UpSampling1D(UpSampling):
    """Each step of (batch, steps, channels) several times."""

    rank = 1


class UpSampling2D(UpSampling):
    """Pictures (batch, height, width, channels) made larger, both ways.

    Args:
        size: how many times as high and wide.
        data_format: "channels_last" (the default) or "channels_first".
        interpolation: "nearest": each point is repeated; or "bilinear", "bicubic", "lanczos3",
            "lanczos5", as of ``gg.resize``.
        options: of every :class:`Layer`.
    """

    rank = 2

    @layer_arguments
    def __init__(
        self,
        size: Sizes = 2,
        data_format: str | None = None,
        interpolation: str = "nearest",
        **options: Any,
    ) -> None:
        super().__init__(size, data_format, **options)
        self.interpolation = one_of("interpolation", interpolation, METHODS)

    def call(self, x: Tensor) -> Tensor:
        """Return the larger pictures."""
        if self.interpolation == "nearest":
            return super().call(x)
        self.require_rank(x.known_shape)
        space = dims_of(x)[self.first_axis :][: self.rank]
        sizes = [size * times for size, times in zip(space, self.size, strict=True)]
        return ops.resize(x, sizes, self.interpolation, data_format=self.data_format)


class UpSampling3D(UpSampling):
    """Each point of (batch, a, b, c, channels) several times, along the three axes of space."""

    rank = 3


class Resizing(Spatial):
    """Pictures (batch, a, b, channels), or one alone, made (batch, height, width, channels).

    See ``gg.resize``. Pictures of integers stay integers: what comes between is rounded.

    Args:
        height: how high they become.
        width: how wide they become.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: whether borders that do not fit into the new shape are cut first, so
            that nothing is distorted.
        pad_to_aspect_ratio: whether borders are put around first, to the same end.
        fill_mode: how they are filled: "constant".
        fill_value: with what.
        antialias: whether all points count when pictures become smaller.
        data_format: "channels_last" (the default) or "channels_first".
        options: of every :class:`Layer`.

    Raises:
        ArgumentError: if a number makes no sense, or both ways to keep the shape are asked for.
        UnknownArgumentError: if there is no such interpolation, mode or format.
    """

    rank = 2

    @layer_arguments
    @called_as("Resizing(64, 64)")
    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.height = whole_number(self, "height", height, "Resizing(64, 64)")
        self.width = whole_number(self, "width", width, "Resizing(64, 64)")
        self.interpolation = one_of("interpolation", interpolation, METHODS)
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ArgumentError(
                "pictures are cut or padded to the new shape, not both.",
                op="Resizing",
                fix="crop_to_aspect_ratio=True or pad_to_aspect_ratio=True",
            )
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = one_of("fill_mode", fill_mode, ("constant",))
        self.fill_value = fill_value
        self.antialias = antialias
        self.data_format = checked_data_format(data_format)

    def call(self, x: Tensor) -> Tensor:
        """Return the pictures in their new size."""
        if x.known_shape is not None and x.ndim == 3:
            return self.call(x[np.newaxis])[0]
        self.require_rank(x.known_shape)
        y = ops.resize(
            self._in_shape(x), (self.height, self.width), self.interpolation,
            antialias=self.antialias, data_format=self.data_format,
        )  # fmt: skip
        if y.dtype == x.dtype or not is_integer(x.dtype):
            return y
        bounds = np.iinfo(x.dtype)
        return ops.cast(ops.clip(ops.round(y), bounds.min, bounds.max), x.dtype)

    def _in_shape(self, x: Tensor) -> Tensor:
        """Return the pictures cut or padded to the shape that they are to have."""
        if not (self.crop_to_aspect_ratio or self.pad_to_aspect_ratio):
            return x
        axes = (self.first_axis, self.first_axis + 1)
        height, width = (x.shape[axis] for axis in axes)
        if height is None or width is None:
            raise ShapeError(
                "height and width of the inputs must be known, to keep their shape.",
                op="Resizing",
                arguments=[("inputs", x.description)],
                fix=f"give them: gg.Input({self._example()})",
            )
        fitting = width * self.height // self.width, height * self.width // self.height
        widths = [(0, 0)] * x.ndim
        for axis, whole, wanted in zip(axes, (height, width), fitting, strict=True):
            if self.crop_to_aspect_ratio:
                kept = max(min(whole, wanted), 1)
                start = (whole - kept) // 2
                x = x[(*[slice(None)] * axis, slice(start, start + kept))]
            else:
                widths[axis] = (max(wanted - whole, 0) // 2,) * 2
        return ops.pad(x, widths, self.fill_value) if self.pad_to_aspect_ratio else x

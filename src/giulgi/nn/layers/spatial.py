"""What layers over axes of space know of their inputs, and of windows that slide over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph.shapes import Shape, shape_text
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.checks import is_whole_number, listed
from giulgi.nn.lookup import one_of

Sizes = int | Sequence[int]

_DATA_FORMATS = ("channels_last", "channels_first")


def axes_text(rank: int) -> str:
    """Return how many axes of space there are, as one says it."""
    return "one axis of space" if rank == 1 else f"{rank} axes of space"


def checked_data_format(given: str | None) -> str:
    """Return where the channels are: last, if nothing is said.

    Raises:
        UnknownArgumentError: if there is no such format.
    """
    return one_of("data_format", given or "channels_last", _DATA_FORMATS)


class Spatial(Layer):
    """Base of layers over axes of space: (batch, *space, channels), or the channels in front.

    Attributes:
        rank: the number of axes of space.
        data_format: "channels_last" or "channels_first".
    """

    one_input = True
    rank: int
    data_format: str

    @property
    def channel_axis(self) -> int:
        """The axis of the channels, counted from the end."""
        return -1 if self.data_format == "channels_last" else -1 - self.rank

    @property
    def first_axis(self) -> int:
        """The first axis of space."""
        return 1 if self.data_format == "channels_last" else 2

    def sizes_for(self, what: str, given: Any) -> tuple[int, ...]:
        """Return one whole number of at least 1 for each axis of space.

        Raises:
            ArgumentError: if it is anything else than one number, or one for each.
        """
        sizes = (given,) * self.rank if is_whole_number(given) else listed(given)
        if len(sizes) != self.rank or not all(is_whole_number(n) and n >= 1 for n in sizes):
            size = 1 if what in ("strides", "dilation_rate") else 3
            example = ", ".join([f"{size}"] * self.rank)
            raise ArgumentError(
                f"{what} is {given!r}; the layer has {axes_text(self.rank)}, and takes one whole "
                "number of at least 1 for each.",
                op=type(self).__name__,
                fix=f"{what}={size}" + (f", which is {what}=({example})" if self.rank > 1 else ""),
            )
        return tuple(int(size) for size in sizes)

    def channels_of(self, input_shape: Shape | None) -> int:
        """Return the number of channels of the inputs.

        Raises:
            ShapeError: if the inputs have another number of axes, or it is not known.
        """
        self.require_rank(input_shape)
        assert input_shape is not None
        channels = input_shape[self.channel_axis]
        if channels is None:
            raise ShapeError(
                "the number of channels of the inputs must be known, to make the weights.",
                op=type(self).__name__,
                arguments=[("inputs", shape_text(input_shape))],
                fix=f"give it: gg.Input({self._example()})",
            )
        return channels

    def require_rank(self, input_shape: Shape | None) -> None:
        """Raise a ShapeError if the inputs have not the axes that the layer takes."""
        if input_shape is not None and len(input_shape) == self.rank + 2:
            return
        short = input_shape is not None and len(input_shape) == self.rank + 1
        raise ShapeError(
            f"this layer takes inputs of {self.rank + 2} axes: a batch, {self.rank} of space, and "
            "channels.",
            op=type(self).__name__,
            arguments=[("inputs", shape_text(input_shape))],
            fix=f"gg.Input({self._example()}); pictures without an axis of channels get one by "
            "x[..., None]" + (",\none example lacks the batch axis: x[None]" if short else ""),
        )

    def _example(self) -> str:
        """Return a shape of one example, for errors."""
        space = ", ".join(["28"] * self.rank)
        return f"({space}, 1)" if self.data_format == "channels_last" else f"(1, {space})"


class Windowed(Spatial):
    """Base of layers whose filters see a window of space.

    Attributes:
        kernel_size: how much of space it is.
        strides: how far it moves.
        padding: one of ``paddings``.
        dilation_rate: how far apart the elements are that it sees.
    """

    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    def set_window(
        self,
        kernel_size: Sizes,
        strides: Sizes,
        padding: str,
        dilation_rate: Sizes,
        data_format: str | None,
    ) -> None:
        """Keep what the layer was told of its window.

        Raises:
            ArgumentError: if a number makes no sense.
            UnknownArgumentError: if there is no such padding or format.
        """
        self.kernel_size = self.sizes_for("kernel_size", kernel_size)
        self.strides = self.sizes_for("strides", strides)
        self.dilation_rate = self.sizes_for("dilation_rate", dilation_rate)
        self.padding = one_of("padding", padding, self.paddings)
        self.data_format = checked_data_format(data_format)

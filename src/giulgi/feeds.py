"""What may be fed to a graph, and whether a value fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.errors import DTypeError, FeedError
from giulgi.graph.dtypes import is_float, is_integer
from giulgi.graph.node import Node
from giulgi.graph.ops.leaves import Constant, require_tensor
from giulgi.graph.shapes import could_be, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.source import current_source

Array = np.ndarray[Any, Any]


def feedable(feed: Any) -> Tensor:
    """Return what is to be fed; equal constants are one node, so feeding one would feed all."""
    tensor = require_tensor(feed, "what is fed")
    if isinstance(tensor.op, Constant):
        raise FeedError(
            "a constant cannot be fed: it has its value for good.",
            arguments=[("fed", tensor.description)],
            fix="to feed another value, make it gg.placeholder_with_default(value)",
        )
    return tensor


def require_different(feeds: Sequence[Tensor]) -> None:
    """Raise a FeedError if one value is to be fed twice: equal expressions are one node."""
    seen: dict[Node, Tensor] = {}
    for feed in feeds:
        other = seen.setdefault(feed.node, feed)
        if other is not feed:
            raise FeedError(
                "two of the feeds are the same expression, so they cannot have two values.",
                arguments=[("one", other.description), ("other", feed.description)],
                fix="feed it once",
            )


def fed_array(feed: Tensor, value: Any) -> Array:
    """Return a fed value as an array of the feed's dtype.

    Raises:
        FeedError: if its shape does not fit.
        DTypeError: if it is no array of numbers, or has fractions where integers are wanted.
    """
    if isinstance(value, Tensor):
        value = value.numpy()
    try:
        array = np.asarray(value)
    except ValueError:
        raise FeedError(
            f"the value for {feed.name!r} has rows of different lengths.",
            where=current_source(),
            arguments=[(feed.name, feed.description)],
            fix="pad the rows to one length",
        ) from None
    if array.dtype != feed.dtype:
        array = _converted(feed, array)
    if not could_be(feed.known_shape, array.shape):
        raise FeedError(
            f"a value of shape {shape_text(array.shape)} does not fit {feed.name!r}.",
            where=current_source(),
            arguments=[(feed.name, feed.description)],
            axes=_disagreeing(feed, array),
            fix=_feed_fix(feed, array),
        )
    return array


def _converted(feed: Tensor, array: Array) -> Array:
    if array.dtype.kind not in "biuf" or (is_float(array.dtype) and not is_float(feed.dtype)):
        raise DTypeError(
            f"{feed.name!r} takes {feed.dtype.name}, and the value is "
            f"{'text' if array.dtype.kind in 'SUT' else array.dtype}.",
            where=current_source(),
            arguments=[(feed.name, feed.description)],
            fix="make numbers of it first"
            if array.dtype.kind not in "biuf"
            else f"values.astype({feed.dtype.name!r}), if the fractions do not matter",
        )
    converted = array.astype(feed.dtype)
    if is_integer(array.dtype) and is_integer(feed.dtype) and (converted != array).any():
        raise DTypeError(
            f"{feed.name!r} takes {feed.dtype.name}, which does not hold all of the values.",
            arguments=[(feed.name, feed.description)],
            fix=f"declare the placeholder as {array.dtype.name}",
        )
    return converted


def _disagreeing(feed: Tensor, array: Array) -> str:
    declared = feed.shape
    if len(declared) != array.ndim:
        return f"{len(declared)} axes are declared, the value has {array.ndim}"
    pairs = enumerate(zip(declared, array.shape, strict=True))
    return ", ".join(
        f"axis {axis}: {wanted} declared, {given} given"
        for axis, (wanted, given) in pairs
        if wanted not in (None, given)
    )


def _feed_fix(feed: Tensor, array: Array) -> str:
    declared = feed.shape
    if len(declared) == array.ndim + 1:
        if could_be(declared[1:], array.shape):
            return "one example lacks the batch axis: feed values[None]"
        return "an axis is missing: values.reshape(...) or values[:, None] adds one"
    return f"reshape the values to {shape_text(declared)}, or declare the placeholder as they are"

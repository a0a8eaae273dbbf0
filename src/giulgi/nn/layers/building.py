"""Making the weights of a layer, once and as a whole."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from giulgi.nn.layers.base import Layer

Build = Callable[..., None]


def marking_built(build: Build) -> Build:
    """Return a ``build`` that works in the layer's scope and says at its end: it is built."""

    @functools.wraps(build)
    def marked(layer: Layer, *args: Any, **kwargs: Any) -> None:
        if type(layer).build is not marked:
            build(layer, *args, **kwargs)  # It is a part of a subclass's own, by super().build().
            return
        with unbuilt_on_error(layer), layer.in_own_scope():
            build(layer, *args, **kwargs)
        layer.built = True

    return marked


@contextmanager
def unbuilt_on_error(layer: Layer) -> Iterator[None]:
    """Leave a layer, and those in it, as they were if they cannot be built.

    Otherwise some of them would keep weights for inputs of the wrong size.
    """
    before = [(part, dict(vars(part))) for part in _with_sublayers(layer) if not part.built]
    try:
        yield
    except BaseException:
        for part, attributes in before:
            vars(part).clear()
            vars(part).update(attributes)
        raise


def _with_sublayers(layer: Layer) -> Iterator[Layer]:
    yield layer
    for part in layer.sublayers():
        yield from _with_sublayers(part)

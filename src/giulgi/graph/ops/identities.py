"""Ops that return what they are given: what is said of it is why they are there."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from giulgi.errors import ShapeError
from giulgi.graph.node import build
from giulgi.graph.op import Op
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]

_default_numbers = itertools.count(1)


@dataclass(frozen=True)
class Default(Op):
    """x, unless another value is fed in its place: a placeholder with a default."""

    symbolic: ClassVar[bool] = True

    label: str
    number: int
    sizes: tuple[int | None, ...] | None = None  # what it may be fed; None: as the default

    def infer_shape(self, x: Shape) -> Shape:
        return x if self.sizes is None else self.sizes

    def simplified(self, x: Tensor) -> Tensor | None:
        # Where another value is fed, it stands in the place of this.
        return None if self.sizes is None else x

    def numpy(self, x: Array) -> Array:
        return x

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy

    def formula(self, *inputs: str) -> str:
        return f"placeholder, if not fed {inputs[0]}"

    def __reduce__(self) -> Any:
        # A copy is fed by itself.
        return _new_default, (self.label, self.sizes)


def _new_default(label: str, sizes: tuple[int | None, ...] | None) -> Default:
    return Default(label, next(_default_numbers), sizes)


def _fits(shape: tuple[int | None, ...], known: Shape) -> bool:
    """Whether two shapes may be one."""
    return len(shape) == len(known) and all(
        a is None or b is None or a == b for a, b in zip(shape, known, strict=True)
    )


@dataclass(frozen=True)
class StopGradient(Op):
    """x, through which no gradient flows."""

    def infer_shape(self, x: Shape) -> Shape:
        return x

    def numpy(self, x: Array) -> Array:
        return x

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> None:
        return None


@dataclass(frozen=True)
class Tag(Op):
    """x, with a label that says whose result it is, such as a layer's. It costs nothing."""

    label: Any

    def infer_shape(self, x: Shape) -> Shape:
        return x

    def known_elements(self, x: Tensor) -> Shape | None:
        return x.op.known_elements(*x.inputs)

    def numpy(self, x: Array) -> Array:
        return x

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]}  (result of {self.label})"


# What a user calls


def placeholder_with_default(
    default: TensorLike,
    name: str | None = None,
    dtype: Any = None,
    shape: tuple[int | None, ...] | None = None,
) -> Tensor:
    """Return a tensor whose value may be fed; if it is not, it has the default value.

    Args:
        default: the value.
        name: its name.
        dtype: the type of its elements.
        shape: what shapes may be fed, as for a placeholder; None: that of the default.
    """
    number = next(_default_numbers)
    label = name or f"default_{number}"
    value = constant(default, dtype)
    known = value.known_shape
    if shape is not None and known is not None and not _fits(shape, known):
        raise ShapeError(
            f"the default has shape {known}, which does not fit {shape}.",
            op="placeholder_with_default",
        )
    sizes = None if shape == known else shape
    return build(Default(label, number, sizes), value, name=label)


def stop_gradient(x: TensorLike, name: str | None = None) -> Tensor:
    """Return x; no gradient flows back through it."""
    return build(StopGradient(), constant(x), name=name)


def tag(x: TensorLike, label: Any, name: str | None = None) -> Tensor:
    """Return x with a label that says whose result it is."""
    return build(Tag(label), constant(x), name=name)

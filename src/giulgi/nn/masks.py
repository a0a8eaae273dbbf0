"""Masks: which steps of a sequence count, and which only fill it up.

A mask is a tensor of bools of shape (batch, steps) that goes along with the output of a layer. It
is made by :class:`Masking` and :class:`Embedding`, passed on by layers that leave steps where they
are, and used by recurrent layers and by losses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from giulgi.errors import ShapeError
from giulgi.graph import ops
from giulgi.graph.dtypes import DEFAULT_FLOAT, bool_
from giulgi.graph.node import Node
from giulgi.graph.ops.identities import tag
from giulgi.graph.tensor import Tensor
from giulgi.tree import flatten, tree_map, unflatten

_masks: WeakKeyDictionary[Node, Tensor] = WeakKeyDictionary()


def mask_of(x: Any) -> Tensor | None:
    """Return the mask that goes along with the output of a layer; None if there is none."""
    return _masks.get(x.node) if isinstance(x, Tensor) else None


def masks_of(inputs: Any) -> Any:
    """Return the masks of inputs, nested as they are; None if there is none at all."""
    if all(mask_of(x) is None for x in flatten(inputs)[0]):
        return None
    return tree_map(mask_of, inputs)


def give_masks(tensors: Sequence[Tensor], masks: Sequence[Tensor | None]) -> None:
    """Let masks go along with tensors that nothing else is equal to, such as results of layers.

    Args:
        tensors: the tensors.
        masks: one for each, None where there is none.
    """
    for x, mask in zip(tensors, masks, strict=True):
        if mask is not None:
            _masks[x.node] = mask


def with_masks(outputs: Any, masks: Any) -> Any:
    """Return the outputs of a layer, such that masks go along with them.

    Equal expressions are one node. What is given a mask becomes another, so that the mask does not
    go along with an equal output of another layer that has none.

    Args:
        outputs: what a layer gives.
        masks: a mask for all of them, or one for each, None where there is none.
    """
    leaves, structure = flatten(outputs)
    own = masks if isinstance(masks, (list, tuple)) else [masks] * len(leaves)
    for number, (x, mask) in enumerate(zip(leaves, own, strict=False)):
        if mask is not None and isinstance(x, Tensor):
            mask = ops.constant(mask)
            leaves[number] = tag(x, f"mask {mask.node.serial}")
            _masks[leaves[number].node] = mask
    return unflatten(structure, iter(leaves))


def for_elements(mask: Any, x: Tensor) -> Tensor:
    """Return a mask of the first axes of x as bools that are broadcast to x.

    Raises:
        ShapeError: if it has more axes than x.
    """
    mask = ops.constant(mask)
    if mask.ndim > x.ndim:
        raise ShapeError(
            f"the mask has {mask.ndim} axes, and the inputs have {x.ndim}; it says whether what is "
            "along their first axes counts.",
            arguments=[("inputs", x.description), ("mask", mask.description)],
            fix="a mask of steps is (batch, steps)",
        )
    return ops.cast(ops.expand_dims(mask, tuple(range(mask.ndim, x.ndim))), bool_)


def masked_weight(weight: Tensor | None, mask: Tensor | None) -> Tensor | None:
    """Return how much each step counts in a loss, given what is said of it or of its example."""
    if mask is None:
        return weight
    counts = ops.cast(mask, DEFAULT_FLOAT)
    if weight is None:
        return counts
    missing = mask.ndim - weight.ndim
    axes = tuple(range(weight.ndim, weight.ndim + missing))
    return counts * (ops.expand_dims(weight, axes) if axes else weight)

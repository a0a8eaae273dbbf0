"""Penalties of variables, as ``tf.contrib.layers`` makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import Collections, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.nn.losses import summed
from giulgi.compat.tensors.tensor import as_expression

Penalty = Callable[[Any], Any]


@operation(type="l1_regularizer")
def _l1(weights: Any, scale: Any, name: str | None = None) -> gg.Tensor:
    w = as_expression(weights)
    return as_expression(scale, w.dtype.name) * gg.sum(gg.abs(w))


@operation(type="l2_regularizer")
def _l2(weights: Any, scale: Any, name: str | None = None) -> gg.Tensor:
    w = as_expression(weights)
    return as_expression(scale, w.dtype.name) * (gg.sum(gg.square(w)) / 2)


def _checked(scale: Any) -> Any:
    """Return a scale.

    Raises:
        ValueError: if it is a whole number, or less than 0.
    """
    if isinstance(scale, int) and not isinstance(scale, bool) and scale != 0:
        raise ValueError(f"scale cannot be an integer: {scale}")
    if isinstance(scale, float) and scale < 0:
        raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale}")
    return scale


def _nothing(weights: Any) -> None:
    del weights


@exported("contrib.layers.l1_regularizer", "contrib.slim.l1_regularizer")
def l1_regularizer(scale: Any, scope: str | None = None) -> Penalty:
    """Return a function of weights: scale sum(|weights|)."""
    if isinstance(_checked(scale), float) and scale == 0:
        return _nothing
    return lambda weights: _l1(weights, scale, name=scope)


@exported("contrib.layers.l2_regularizer", "contrib.slim.l2_regularizer")
def l2_regularizer(scale: Any, scope: str | None = None) -> Penalty:
    """Return a function of weights: scale sum(weights^2) / 2."""
    if isinstance(_checked(scale), float) and scale == 0:
        return _nothing
    return lambda weights: _l2(weights, scale, name=scope)


@exported("contrib.layers.l1_l2_regularizer", "contrib.slim.l1_l2_regularizer")
def l1_l2_regularizer(
    scale_l1: Any = 1.0, scale_l2: Any = 1.0, scope: str | None = None
) -> Penalty:
    """Return a function of weights: the sum of both penalties."""
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope)


@exported("contrib.layers.sum_regularizer", "contrib.slim.sum_regularizer")
def sum_regularizer(regularizer_list: Sequence[Any], scope: str | None = None) -> Penalty:
    """Return a function of weights: the sum of several penalties."""
    del scope

    def penalty(weights: Any) -> Any:
        parts = [regularizer(weights) for regularizer in regularizer_list if regularizer]
        parts = [part for part in parts if part is not None]
        return summed(parts) if parts else None

    return penalty


@exported("contrib.layers.apply_regularization", "contrib.slim.apply_regularization")
def apply_regularization(regularizer: Penalty, weights_list: Any = None) -> Any:
    """Return the sum of the penalties of weights, which join the collection of penalties.

    Args:
        regularizer: a function of weights that returns a penalty.
        weights_list: the weights; None: those of the collection of weights.
    """
    graph = get_default_graph()
    weights = graph.get_collection(Collections.WEIGHTS) if weights_list is None else weights_list
    if not weights:
        raise ValueError("No weights to regularize.")
    penalties = [regularizer(w) for w in weights]
    penalties = [p for p in penalties if p is not None]
    for penalty in penalties:
        graph.add_to_collection(Collections.REGULARIZATION_LOSSES, penalty)
    return summed(penalties)

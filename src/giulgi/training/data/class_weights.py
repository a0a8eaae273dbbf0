"""Weights of examples by their classes: ``class_weight``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, DataError
from giulgi.training.data.batches import Array, Batch


def with_class_weights(data: Batch, class_weight: Any) -> Batch:
    """Return examples that are weighted by their classes; a class that is not named weighs 1.

    Args:
        data: the examples.
        class_weight: the weight of each class by its number; None: all are 1.

    Raises:
        ArgumentError: if it is no such table, or the examples have weights already.
        DataError: if the truth is no numbers of classes.
    """
    if class_weight is None or not data.y:
        return data
    if data.weights:
        raise ArgumentError(
            "class_weight and sample_weight exclude each other.",
            fix="multiply the two into sample_weight",
        )
    weights = _table(class_weight)
    if not weights:
        return data
    return replace(data, weights=_of_examples(data, weights), weighted_classes=tuple(weights))


def _table(weights: Any) -> dict[int, float]:
    if not isinstance(weights, Mapping):
        said = repr(weights) if isinstance(weights, str) else type(weights).__name__
        fix = "class_weight=dict(enumerate(weights)), if there is one for each class in order"
        if isinstance(weights, str):
            fix = (
                "counts = np.bincount(y)\n"
                "class_weight = dict(enumerate(len(y) / (len(counts) * counts)))"
            )
        raise ArgumentError(
            f"class_weight is a dict of the weight of each class, not {said}.", fix=fix
        )
    for label, weight in weights.items():
        if not (_is_number(label) and label == int(label) and _is_number(weight)):
            raise ArgumentError(
                f"class_weight has the entry {label!r}: {weight!r}.",
                fix="it maps numbers of classes, as they are in y, to weights: {0: 1.0, 1: 2.5}",
            )
    return {int(label): float(weight) for label, weight in weights.items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and bool(np.isfinite(value))


def _of_examples(data: Batch, weights: Mapping[int, float]) -> list[Array]:
    if len(data.y) != 1:
        raise ArgumentError(
            "class_weight is for networks with one output.",
            fix="give sample_weight, one array for each output",
        )
    labels = data.y[0]
    if labels.ndim > 1:
        labels = labels.argmax(axis=-1) if labels.shape[-1] > 1 else labels[..., 0]
    found, inverse = np.unique(labels, return_inverse=True)
    if found.dtype.kind == "f" and not np.array_equal(found, np.floor(found)):
        raise DataError(
            "class_weight is for classes, and y has fractions.",
            fix="give sample_weight, one weight for each example",
        )
    by_class = np.array([weights.get(int(label), 1.0) for label in found], np.float32)
    return [by_class[inverse.reshape(labels.shape)]]

"""What is done to labels and features before training: one-hot labels, unit length.

Names, arguments and defaults are those of Keras's ``to_categorical`` and ``normalize``
(https://keras.io/api/utils/).
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import numpy.typing as npt

from giulgi.errors import ArgumentError, DataError

__all__ = [
    "normalize",
    "to_categorical",
]


def to_categorical(
    y: npt.ArrayLike, num_classes: int | None = None, dtype: npt.DTypeLike = "float32"
) -> npt.NDArray[Any]:
    """Return one-hot rows for labels: ``result[..., k] = 1 if y[...] == k else 0``.

    Args:
        y: labels 0, 1, 2, ... of any shape. Floats are taken if they are whole numbers. A last
            axis of length 1, as in a column of labels, is dropped first.
        num_classes: how many classes there are; ``None`` means the largest label plus one.
        dtype: the dtype of the result.

    Returns:
        An array of shape ``y.shape + (num_classes,)`` and of dtype ``dtype``.

    Raises:
        DataError: (a ValueError) if a label is negative, is not a whole number, or is
            ``num_classes`` or more; or if there are no labels to count the classes from.
        ArgumentError: (a ValueError) if ``num_classes`` is less than 1.

    >>> to_categorical([0, 2, 1], dtype="int64")
    array([[1, 0, 0],
           [0, 0, 1],
           [0, 1, 0]])
    """
    labels = _whole_labels(np.asarray(y))
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    classes = _count_classes(labels, num_classes)
    one_hot: npt.NDArray[Any] = np.zeros((labels.size, classes), dtype)
    one_hot[np.arange(labels.size), labels.reshape(-1)] = 1
    return one_hot.reshape(*labels.shape, classes)


def _whole_labels(y: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the labels as int64, or raise if one of them is not a whole number from 0 on."""
    if y.dtype.kind not in "biuf":
        raise DataError(
            f"labels must be whole numbers, and these have dtype {y.dtype}.",
            fix="number the classes first: names, y = np.unique(y, return_inverse=True)",
        )
    if y.dtype.kind == "f":
        # np.floor(inf) is inf, so infinity has to be asked for by itself.
        broken = ~np.isfinite(y) | (np.floor(y) != y)
        if broken.any():
            raise DataError(
                f"labels must be whole numbers, and one of these is {y[broken][0]}.",
                fix="to_categorical is for classes; a quantity is trained on as it is.",
            )
    if y.size > 0 and y.min() < 0:
        raise DataError(
            f"labels count from 0, and one of these is {int(y.min())}.",
            fix="number the classes 0, 1, 2, ...: names, y = np.unique(y, return_inverse=True)",
        )
    return y.astype(np.int64)


def _count_classes(labels: npt.NDArray[np.int64], num_classes: int | None) -> int:
    """Return the number of classes, given or counted; raise if a label does not fit in."""
    if num_classes is None:
        if labels.size == 0:
            raise DataError(
                "there are no labels to count the classes from.",
                fix="say how many there are: to_categorical(y, num_classes=10)",
            )
        return int(labels.max()) + 1
    classes = operator.index(num_classes)
    if classes < 1:
        raise ArgumentError(f"num_classes must be 1 or more, and is {classes}.")
    if labels.size > 0 and labels.max() >= classes:
        largest = int(labels.max())
        raise DataError(
            f"with num_classes={classes} the labels are 0 to {classes - 1}, "
            f"and one of these is {largest}.",
            fix=f"use num_classes={largest + 1}; or, if the classes are numbered from 1, "
            "subtract 1 from the labels.",
        )
    return classes


def normalize(x: npt.ArrayLike, axis: int = -1, order: float = 2) -> npt.NDArray[Any]:
    """Return ``x`` divided by its length along an axis: ``x / (sum |x|^order)^(1 / order)``.

    Vectors of length zero stay as they are.

    Args:
        x: numbers of any shape with at least one axis.
        axis: the axis along which the length is taken.
        order: which length: 2 is the usual one, 1 the sum of magnitudes, infinity the largest.

    Returns:
        An array of the shape of ``x``: of its dtype if that is a float, else float32.

    Raises:
        ArgumentError: (a ValueError) if ``order`` is less than 1: that is not a length.
        DataError: (a ValueError) if ``x`` does not hold real numbers.
        numpy.exceptions.AxisError: (a ValueError) if ``x`` has no such axis.

    >>> normalize([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    values = np.asarray(x)
    if values.dtype.kind not in "biuf":
        raise DataError(f"normalize takes real numbers, and x has dtype {values.dtype}.")
    # Written this way round so that NaN is refused, too.
    if not order >= 1:
        raise ArgumentError(f"order must be 1 or more, and is {order}.")
    if values.dtype.kind != "f":
        values = values.astype(np.float32)
    length = np.linalg.norm(values, ord=order, axis=operator.index(axis), keepdims=True)
    unit: npt.NDArray[Any] = values / np.where(length == 0, 1, length)
    # Some orders are computed by NumPy in float64.
    return unit.astype(values.dtype, copy=False)

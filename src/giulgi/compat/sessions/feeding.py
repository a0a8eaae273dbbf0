"""What is fed to a tensor, as an array of its dtype and shape."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from giulgi.compat.operations.host import objects
from giulgi.compat.tensors.tensor import Tensor


class Feed:
    """A tensor that is fed again and again.

    A list of numbers that was fed before and holds the same as then is not converted again: it is
    compared with a copy, which takes a fraction of the time.

    Args:
        tensor: what is fed.
    """

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self._dtype = tensor.dtype.numpy_dtype
        self._shape: tuple[int, ...] | None = None  # The last that was found to fit.
        self._list: list[Any] | None = None
        self._copy: list[Any] | None = None
        self._array: Any = None

    def array(self, value: Any) -> Any:
        """Return a value as an array.

        Raises:
            TypeError: if it is a tensor, or no numbers.
            ValueError: if its shape does not fit.
        """
        if type(value) is np.ndarray and value.dtype == self._dtype and self._dtype.kind != "O":
            return self._fitting(value)
        if type(value) is list and self._dtype.kind != "O":
            return self._fitting(self._of_list(value))
        if isinstance(value, Tensor):
            raise TypeError(
                "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include "
                "Python scalars, strings, lists, numpy ndarrays, or TensorHandles."
            )
        if self._dtype.kind == "O":
            return objects(value)
        return self._fitting(np.asarray(value, self._dtype))

    def _of_list(self, value: list[Any]) -> Any:
        if value is self._list and self._copy is not None and value == self._copy:
            return self._array
        array = np.asarray(value, self._dtype)
        is_again = value is self._list
        self._list = value
        self._copy = copy.deepcopy(value) if is_again and _holds_numbers(value) else None
        self._array = array
        return array

    def _fitting(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return an array, if its shape is what the tensor takes."""
        if array.shape == self._shape:
            return array
        sizes = self.tensor.sizes
        if sizes is not None and (
            len(sizes) != array.ndim
            or any(a is not None and a != b for a, b in zip(sizes, array.shape, strict=True))
        ):
            raise ValueError(
                f"Cannot feed value of shape {array.shape} for Tensor {self.tensor.name!r}, which "
                f"has shape '{self.tensor.shape}'"
            )
        self._shape = array.shape
        return array


def _holds_numbers(value: Any) -> bool:
    """Whether nested lists hold Python's numbers alone, which can be compared as they are."""
    if isinstance(value, (list, tuple)):
        return all(map(_holds_numbers, value))
    return isinstance(value, (bool, int, float))

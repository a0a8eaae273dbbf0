"""Functions of elements that Python has to call for each: they look at values (``if x > 0.5:``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from giulgi.compat.eager.tensors import called_eagerly
from giulgi.compat.tensorflow.data.dataset_functions import Values
from giulgi.compat.tensorflow.data.elements import Element, Spec, TensorSpec, flatten, nested
from giulgi.compat.tensors.dtypes import as_dtype


class CalledFunction:
    """A function that is called for each element, with tensors that have values.

    Args:
        function: takes the components of an element.
        structure: how the components are nested.
        specs: what they look like.
        dataset: whose elements they are.

    Attributes:
        result: nothing is known of it before there is an element.
        captures: nothing is computed at the beginning.
    """

    result: Any = None
    captures: tuple[Any, ...] = ()

    def __init__(
        self, function: Callable[..., Any], structure: Any, specs: Sequence[Spec], dataset: Any
    ) -> None:
        self._dataset = dataset
        self._function = function
        self._structure = structure
        self._specs = specs

    def _called(self, *tensors: Any) -> Any:
        arguments = nested(self._structure, list(tensors))
        if type(arguments) is tuple:
            result = self._function(*arguments)
        else:
            result = self._function(arguments)
        return tuple(result) if isinstance(result, list) else result

    def __call__(self, element: Element, values: Values) -> Element:
        """Return the results for one element."""
        del values
        return [np.asarray(x) for x in flatten(called_eagerly(self._called, element))[0]]

    @property
    def spec(self) -> Any:
        """What its results look like, as those of the first element."""
        first = next(iter(self._dataset.elements()), None)
        if first is None:
            first = [_zeros(spec) for spec in self._specs]
        found = called_eagerly(self._called, first)
        leaves, structure = flatten(found)
        is_known = all(
            spec.shape.is_fully_defined() for spec in self._specs if isinstance(spec, TensorSpec)
        )
        arrays = [np.asarray(x) for x in leaves]
        return nested(
            structure,
            [TensorSpec(x.shape if is_known else [None] * x.ndim, _kind(x)) for x in arrays],
        )


def _kind(array: Any) -> Any:
    return as_dtype("string" if array.dtype.kind == "O" else array.dtype)


def _zeros(spec: Any) -> Any:
    """Return what looks like a component."""
    sizes = [1 if n is None else n for n in (spec.shape.sizes or ())]
    if spec.dtype.numpy_dtype.kind == "O":
        return np.full(sizes, b"", object)
    return np.zeros(sizes, spec.dtype.numpy_dtype)

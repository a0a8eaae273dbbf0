"""What all data sets have: what elements look like, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from giulgi.compat.tensorflow.data.dataset_functions import Values
from giulgi.compat.tensorflow.data.dataset_steps import Begin, Places
from giulgi.compat.tensorflow.data.elements import flatten, is_tensor, mapped
from giulgi.compat.tensors.tensor import Tensor, as_tensor

Bind = Callable[[Values], Begin]
Number = Callable[[Values], int]


class DatasetBase:
    """Elements one after another.

    Args:
        element_spec: what elements look like.
        bind: given the values of the inputs, returns a function that begins with the first element.
        inputs: the tensors that it is made of.
        places: given the values of the inputs, returns arrays, and a function that begins with the
            place of the first element in them; None: elements are not rows of arrays.

    Attributes:
        is_endless: whether it is known to have no end.
    """

    is_endless = False

    def __init__(
        self,
        element_spec: Any,
        bind: Bind | None,
        inputs: Iterable[Tensor] = (),
        places: Callable[[Values], Places] | None = None,
    ) -> None:
        self.element_spec = element_spec
        self.specs, self.structure = flatten(element_spec)
        self.inputs: tuple[Tensor, ...] = tuple(dict.fromkeys(inputs))
        self.places = places
        self._bind = bind

    def bind(self, values: Values) -> Begin:
        """Return a function that begins with the first element, given the values of the inputs."""
        if self._bind is not None:
            return self._bind(values)
        assert self.places is not None
        arrays, begin = self.places(values)
        return lambda: ([array[place] for array in arrays] for place in begin())

    # What elements look like

    @property
    def output_types(self) -> Any:
        """The types of the components."""
        return mapped(lambda spec: spec.dtype, self.element_spec)

    @property
    def output_shapes(self) -> Any:
        """The shapes of the components."""
        return mapped(lambda spec: spec.shape, self.element_spec)

    @property
    def output_classes(self) -> Any:
        """The classes of the components: tensors."""
        return mapped(lambda spec: Tensor, self.element_spec)

    def _made(self, *parts: Any) -> Any:
        """Return a data set of such parts."""
        raise NotImplementedError


def number_of(value: Any) -> tuple[Number, list[Tensor]]:
    """Return how a number is found that is given, or computed in the graph; and by what."""
    if is_tensor(value):
        tensor = as_tensor(value)
        return (lambda values: int(values[tensor])), [tensor]
    number = int(value)
    return (lambda values: number), []

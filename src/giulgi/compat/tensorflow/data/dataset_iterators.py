"""Iterators of data sets: ``get_next`` is an operation, and each session is at its own place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator as Elements
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np

from giulgi.compat.errors import FailedPreconditionError, InvalidArgumentError, OutOfRangeError
from giulgi.compat.graphs.graph import Operation
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation, session_storage
from giulgi.compat.sessions.running import Prepared
from giulgi.compat.tensorflow.data.dataset import Dataset, spec_of_types
from giulgi.compat.tensorflow.data.elements import DatasetSpec, Element, flatten, mapped, nested
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.storage import Storage

_numbers = itertools.count()
_by_handle: WeakValueDictionary[bytes, Iterator] = WeakValueDictionary()


@exported("data.Iterator", "contrib.data.Iterator")
class Iterator:
    """Goes through the elements of a data set.

    Args:
        element_spec: what elements look like.
    """

    def __init__(self, element_spec: Any) -> None:
        self.element_spec = element_spec
        self._specs, self._structure = flatten(element_spec)
        self._places: WeakKeyDictionary[Storage, Elements[Element]] = WeakKeyDictionary()
        self._handle = f"iterator {next(_numbers)}".encode()
        _by_handle[self._handle] = self

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

    # Made without a data set

    @staticmethod
    def from_structure(
        output_types: Any,
        output_shapes: Any = None,
        shared_name: str | None = None,
        output_classes: Any = None,
    ) -> Iterator:
        """Return an iterator that may go through any data set of such elements."""
        del shared_name, output_classes
        return Iterator(spec_of_types(output_types, output_shapes))

    @staticmethod
    def from_string_handle(
        string_handle: Any,
        output_types: Any,
        output_shapes: Any = None,
        output_classes: Any = None,
    ) -> Iterator:
        """Return an iterator that stands for the one whose handle is fed."""
        del output_classes
        return _ByHandle(as_tensor(string_handle), spec_of_types(output_types, output_shapes))

    # Operations

    def make_initializer(self, dataset: Dataset, name: str | None = None) -> Operation:
        """Return an operation that begins with the first element of a data set.

        Raises:
            TypeError: if the data set has other elements.
        """
        types = [spec.dtype for spec in dataset.specs]
        if types != [spec.dtype for spec in self._specs]:
            raise TypeError(
                f"Expected output types {self.output_types!r} but got dataset with output types "
                f"{dataset.output_types!r}."
            )

        def begin(*arrays: Any) -> None:
            values = dict(zip(dataset.inputs, arrays, strict=True))
            self._places[session_storage.get()] = dataset.bind(values)()

        return host_operation("MakeIterator", begin, dataset.inputs, name=name)

    @property
    def initializer(self) -> Operation:
        """The operation that begins with the first element.

        Raises:
            ValueError: if this iterator was made without a data set, or needs none.
        """
        raise ValueError("Iterator does not have an initializer.")

    def string_handle(self, name: str | None = None) -> Tensor:
        """Return what the iterator is known by, to be fed."""
        handle = self._handle
        return host_operation(
            "IteratorToStringHandle", lambda: handle, outputs=[("string", [])], name=name
        ).outputs[0]

    def get_next(self, name: str | None = None) -> Any:
        """Return the next element, each time something is run that needs it.

        A run raises ``tf.errors.OutOfRangeError`` after the last one.
        """
        outputs = [(spec.dtype, spec.shape) for spec in self._specs]
        single = len(outputs) == 1

        def take(*handle: Any) -> Any:
            element = self._next(*handle)
            return element[0] if single else element

        made = host_operation(
            "IteratorGetNext", take, self._get_next_inputs(), outputs, name or "IteratorGetNext"
        )
        pairs = zip(made.outputs, self._specs, strict=True)
        return nested(self._structure, [_shown(x, spec) for x, spec in pairs])

    def _get_next_inputs(self) -> list[Tensor]:
        return []

    def _begun(self) -> Elements[Element]:
        """Return the place of the session that runs.

        Raises:
            FailedPreconditionError: if it has not begun.
        """
        place = self._places.get(session_storage.get())
        if place is None:
            raise FailedPreconditionError(
                None,
                None,
                "GetNext() failed because the iterator has not been initialized. Ensure that you "
                "have run the initializer operation for this iterator before getting the next "
                "element.",
            )
        return place

    def _next(self, *_: Any) -> Element:
        element = next(self._begun(), None)
        if element is None:
            raise OutOfRangeError(None, None, "End of sequence")
        return element


class OneShotIterator(Iterator):
    """Goes through a data set once, without being told to begin."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset.element_spec)
        self._dataset = dataset
        self._inputs = Prepared(list(dataset.inputs), [])

    def _begun(self) -> Elements[Element]:
        storage = session_storage.get()
        place = self._places.get(storage)
        if place is None:
            values = self._inputs([], storage)
            begin = self._dataset.bind(dict(zip(self._dataset.inputs, values, strict=True)))
            place = self._places[storage] = begin()
        return place

    def make_initializer(self, dataset: Dataset, name: str | None = None) -> Operation:
        """Refuse: it begins by itself."""
        del dataset, name
        raise ValueError("Iterator does not have an initializer.")


class InitializableIterator(Iterator):
    """Goes through a data set from its beginning whenever its initializer is run."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset.element_spec)
        self._dataset = dataset
        self._initializer = self.make_initializer(dataset)

    @property
    def initializer(self) -> Operation:
        """The operation that begins with the first element."""
        return self._initializer


class _ByHandle(Iterator):
    """Stands for the iterator whose handle is fed."""

    def __init__(self, handle: Tensor, element_spec: Any) -> None:
        super().__init__(element_spec)
        self._fed = handle

    def _get_next_inputs(self) -> list[Tensor]:
        return [self._fed]

    def _next(self, *handle: Any) -> Element:
        known: Any = np.asarray(handle[0], object)[()]
        found = _by_handle.get(known)
        if found is None:
            raise InvalidArgumentError(None, None, f"There is no iterator of handle {handle[0]!r}")
        return found._next()


def _shown(tensor: Tensor, spec: Any) -> Any:
    """Return a component; one that is a data set as such."""
    if not isinstance(spec, DatasetSpec):
        return tensor

    return Dataset(spec.element_spec, lambda values: lambda: iter(values[tensor][()]), [tensor])


@exported("data.make_one_shot_iterator")
def make_one_shot_iterator(dataset: Dataset) -> Iterator:
    """Return an iterator that needs no initializer."""
    return OneShotIterator(dataset)


@exported("data.make_initializable_iterator")
def make_initializable_iterator(dataset: Dataset, shared_name: str | None = None) -> Iterator:
    """Return an iterator that begins when its ``initializer`` is run."""
    del shared_name
    return InitializableIterator(dataset)


@exported("data.get_output_types")
def get_output_types(dataset_or_iterator: Any) -> Any:
    """Return the types of the components."""
    return dataset_or_iterator.output_types


@exported("data.get_output_shapes")
def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """Return the shapes of the components."""
    return dataset_or_iterator.output_shapes


@exported("data.get_output_classes")
def get_output_classes(dataset_or_iterator: Any) -> Any:
    """Return the classes of the components."""
    return dataset_or_iterator.output_classes

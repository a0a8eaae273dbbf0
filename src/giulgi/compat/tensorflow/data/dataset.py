"""``tf.data.Dataset``: elements one after another, and what becomes of them."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from giulgi.compat.errors import OutOfRangeError
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.data.dataset_base import number_of
from giulgi.compat.tensorflow.data.dataset_functions import Values
from giulgi.compat.tensorflow.data.dataset_maps import Mapped
from giulgi.compat.tensorflow.data.dataset_orders import Options, Ordered
from giulgi.compat.tensorflow.data.dataset_steps import Begin, Places
from giulgi.compat.tensorflow.data.elements import (
    Array,
    DatasetSpec,
    Element,
    TensorSpec,
    as_array,
    flatten,
    flatten_as,
    is_tensor,
    nested,
    spec_of,
)
from giulgi.compat.tensors.dtypes import as_dtype, int64
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor

__all__ = ["Dataset", "Options"]


@exported("data.Dataset", "contrib.data.Dataset")
class Dataset(Ordered, Mapped):
    """Elements one after another; each is a tensor, or tensors nested in tuples and dicts."""

    def _made(self, *parts: Any) -> Dataset:
        made = Dataset(*parts)
        made.is_endless = self.is_endless
        return made

    # Sources

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Dataset:
        """Return a data set of one element."""
        del name
        return _of_leaves(tensors, lambda arrays: lambda: iter([arrays]), lambda shape: shape)

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Dataset:
        """Return a data set of the rows of arrays.

        Args:
            tensors: arrays with the same first size, or what becomes arrays; lists do, and tuples
                and dicts hold several.
            name: has no meaning.

        Raises:
            ValueError: if the first sizes differ.
        """
        del name
        return _of_slices(tensors)

    @staticmethod
    def from_generator(
        generator: Callable[..., Iterable[Any]],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Sequence[Any] | None = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """Return a data set of what a function of Python yields.

        Args:
            generator: returns something to be gone through.
            output_types: the types of the components.
            output_shapes: their shapes; None: they may vary.
            args: tensors whose values the function is given.
            output_signature: ``TensorSpec`` of the components, instead of types and shapes.
            name: has no meaning.
        """
        del name
        spec = output_signature
        if spec is None:
            spec = spec_of_types(output_types, output_shapes)
        specs, structure = flatten(spec)
        given = [as_tensor(value) for value in args or ()]

        def bind(values: Values) -> Begin:
            arrays = [values[x] for x in given]

            def begin() -> Iterator[Element]:
                for value in generator(*arrays):
                    leaves = flatten_as(structure, value)
                    yield [as_array(x, s.dtype) for x, s in zip(leaves, specs, strict=True)]

            return begin

        return Dataset(spec, bind, given)

    @staticmethod
    def range(*args: Any, output_type: Any = int64, name: str | None = None) -> Dataset:
        """Return a data set of whole numbers, as Python's ``range``."""
        del name
        numbers, inputs = zip(*map(number_of, args), strict=True)
        dtype = as_dtype(output_type)

        def bind(values: Values) -> Begin:
            bounds = [number(values) for number in numbers]
            make = dtype.numpy_dtype.type
            return lambda: ([make(i)] for i in range(*bounds))

        return Dataset(TensorSpec([], dtype), bind, [x for some in inputs for x in some])

    @staticmethod
    def zip(*datasets: Any, name: str | None = None) -> Dataset:
        """Return a data set whose elements hold one of each data set; it ends with the shortest."""
        del name
        several = datasets[0] if len(datasets) == 1 else datasets
        several = tuple(several) if isinstance(several, list) else several
        leaves, structure = flatten(several)

        def bind(values: Values) -> Begin:
            begins = [one.bind(values) for one in leaves]
            return lambda: (
                [x for element in elements for x in element]
                for elements in zip(*[begin() for begin in begins], strict=False)
            )

        spec = nested(structure, [one.element_spec for one in leaves])
        return Dataset(spec, bind, [x for one in leaves for x in one.inputs])

    @staticmethod
    def list_files(
        file_pattern: Any, shuffle: bool | None = None, seed: Any = None, name: str | None = None
    ) -> Dataset:
        """Return a data set of the paths that fit a pattern, in an order of its own each time."""
        del name
        pattern = as_tensor(file_pattern)

        def bind(values: Values) -> Begin:
            patterns = [p.decode() for p in np.ravel(values[pattern])]
            found = [path for p in patterns for path in sorted(glob.glob(p))]
            if not found:
                from giulgi.compat.errors import InvalidArgumentError

                raise InvalidArgumentError(None, None, f"No files matched pattern: {patterns}")
            return lambda: ([path.encode()] for path in found)

        files = Dataset(TensorSpec([], "string"), bind, [pattern])
        return files if shuffle is False else files.shuffle(2**31, seed)

    def enumerate(self, start: Any = 0, name: str | None = None) -> Dataset:
        """Return a data set of pairs: the number of an element, and the element."""
        del name
        return Dataset.zip((Dataset.range(start, 2**62), self))

    # Going through it

    def make_one_shot_iterator(self) -> Any:
        """Return an iterator that needs no initializer."""
        from giulgi.compat.tensorflow.data.dataset_iterators import OneShotIterator

        return OneShotIterator(self)

    def make_initializable_iterator(self, shared_name: str | None = None) -> Any:
        """Return an iterator that begins when its ``initializer`` is run."""
        from giulgi.compat.tensorflow.data.dataset_iterators import InitializableIterator

        return InitializableIterator(self)

    def elements(self) -> Iterator[Element]:
        """Go through the elements now, in the session that is open or the one of the graph."""
        from giulgi.compat.eager import implicit_session
        from giulgi.compat.eager.tensors import value_of_tensor
        from giulgi.compat.operations.host import session_storage

        session = implicit_session()
        waiting = [x for x in self.inputs if not x.is_eager]
        values: dict[Any, Any] = dict(zip(waiting, session.run(waiting), strict=True))
        values |= {x: value_of_tensor(x) for x in self.inputs if x.is_eager}

        def within(call: Callable[[], Any]) -> Any:
            token = session_storage.set(session.storage)
            try:
                return call()
            finally:
                session_storage.reset(token)

        going = within(self.bind(values))
        while (element := within(lambda: next(going, None))) is not None:
            yield element

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Go through the elements now, as arrays."""
        shown = (self._shown(element, lambda x: x) for element in self.elements())
        return OwnedIterator(shown, self)

    def __iter__(self) -> Iterator[Any]:
        get_default_graph().require_python()
        shown = (self._shown(element, as_tensor) for element in self.elements())
        return OwnedIterator(shown, self)

    def _shown(self, element: Element, show: Callable[[Any], Any]) -> Any:
        pairs = zip(element, self.specs, strict=True)
        return nested(self.structure, [_shown_leaf(x, spec, show) for x, spec in pairs])

    def cardinality(self) -> Tensor:
        """Return the number of elements, which are counted; -1: without end."""
        return as_tensor(np.int64(-1 if self.is_endless else len(self)))

    def __len__(self) -> int:
        if self.is_endless:
            raise TypeError("The dataset is infinite.")
        return sum(1 for _ in self.elements())

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<Dataset shapes: {self.output_shapes}, types: {self.output_types}>"


export("data.experimental.Dataset", Dataset)


class OwnedIterator:
    """Goes through the elements of a data set.

    Attributes:
        element_spec: what they look like.
    """

    def __init__(self, elements: Iterator[Any], dataset: Dataset) -> None:
        self._elements = elements
        self.element_spec = dataset.element_spec

    def __iter__(self) -> OwnedIterator:
        return self

    def __next__(self) -> Any:
        return next(self._elements)

    def next(self) -> Any:
        """Return the next element."""
        return next(self._elements)

    def get_next(self) -> Any:
        """Return the next element.

        Raises:
            OutOfRangeError: if there is none.
        """
        for element in self._elements:
            return element
        raise OutOfRangeError(None, None, "End of sequence")

    def get_next_as_optional(self) -> Any:
        """Say what to use."""
        raise NotImplementedError("get_next_as_optional() is not there: use a for loop")


def _shown_leaf(value: Any, spec: Any, show: Callable[[Any], Any]) -> Any:
    if isinstance(spec, DatasetSpec):
        return Dataset(spec.element_spec, lambda _: lambda: iter(value))
    return show(value)


def spec_of_types(types: Any, shapes: Any) -> Any:
    """Return what elements look like, told by their types and shapes."""
    types = tuple(types) if isinstance(types, list) else types
    leaves, structure = flatten(types)
    given = [None] * len(leaves) if shapes is None else flatten_as(structure, shapes)
    pairs = zip(given, leaves, strict=True)
    return nested(structure, [TensorSpec(shape, dtype) for shape, dtype in pairs])


def _leaves(tensors: Any) -> tuple[list[Any], Any]:
    """Return tensors and arrays, of what may become some, and how they are nested."""
    if hasattr(tensors, "columns"):  # A table of pandas.
        tensors = tensors.to_numpy()
    leaves, structure = flatten(tensors)
    made = [
        as_tensor(x) if is_tensor(x) or (isinstance(x, list) and any(map(is_tensor, x)))
        else as_array(x) for x in leaves
    ]  # fmt: skip
    return made, structure


def _spec_of_leaf(leaf: Any) -> TensorSpec:
    return TensorSpec.from_tensor(leaf) if isinstance(leaf, Tensor) else spec_of(leaf)


def _of_leaves(
    tensors: Any,
    begin: Callable[[list[Array]], Begin],
    shape: Callable[[TensorShape], TensorShape],
) -> Dataset:
    """Return a data set made of whole arrays."""
    leaves, structure = _leaves(tensors)
    specs = [TensorSpec(shape(s.shape), s.dtype) for s in map(_spec_of_leaf, leaves)]

    def bind(values: Values) -> Begin:
        return begin([values[x] if isinstance(x, Tensor) else x for x in leaves])

    inputs = [x for x in leaves if isinstance(x, Tensor)]
    return Dataset(nested(structure, specs), bind, inputs)


def _of_slices(tensors: Any) -> Dataset:
    leaves, structure = _leaves(tensors)
    specs = [TensorSpec(s.shape[1:], s.dtype) for s in map(_spec_of_leaf, leaves)]
    known = {len(x) for x in leaves if not isinstance(x, Tensor)}
    if len(known) > 1:
        raise ValueError(f"Dimensions {' and '.join(map(str, sorted(known)))} are not compatible")

    def places(values: Values) -> Places:
        arrays = [values[x] if isinstance(x, Tensor) else x for x in leaves]
        return arrays, lambda: iter(range(len(arrays[0])))

    inputs = [x for x in leaves if isinstance(x, Tensor)]
    return Dataset(nested(structure, specs), None, inputs, places)

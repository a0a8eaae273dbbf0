"""Data sets of what functions make of elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from giulgi.compat.graphs.graph import is_modern
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensorflow.data import dataset_steps as steps
from giulgi.compat.tensorflow.data.dataset_base import DatasetBase, number_of
from giulgi.compat.tensorflow.data.dataset_eager import CalledFunction
from giulgi.compat.tensorflow.data.dataset_functions import ElementFunction, Values
from giulgi.compat.tensorflow.data.dataset_steps import Begin
from giulgi.compat.tensorflow.data.elements import DatasetSpec, Element, TensorSpec, flatten, nested
from giulgi.compat.tensors.tensor import NeedsValueError, as_tensor


class Mapped(DatasetBase):
    """What becomes of elements by functions of a program."""

    # Functions of elements

    def _function(self, function: Callable[..., Any]) -> Any:
        from giulgi.compat.eager.functions import NeedsPython

        try:
            return ElementFunction(function, self.structure, self.specs)
        except (NeedsValueError, NeedsPython):
            if not is_modern():
                raise
            return CalledFunction(function, self.structure, self.specs, self)

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: Any = None,
        name: str | None = None,
        **_: Any,
    ) -> Any:
        """Return a data set of what a function makes of each element.

        Args:
            map_func: takes the components as tensors; it is called once, to build a graph.
            num_parallel_calls: has no meaning.
            deterministic: has no meaning.
            name: has no meaning.
        """
        del num_parallel_calls, deterministic, name
        function = self._function(map_func)
        if isinstance(function.result, DatasetBase):
            return self._map_to_datasets(function)

        def bind(values: Values) -> Begin:
            begin = self.bind(values)
            # Unlike a generator, this goes on after an error, as ``ignore_errors`` needs it.
            return lambda: map(lambda e: function(e, values), begin())  # noqa: C417

        return self._made(function.spec, bind, [*self.inputs, *function.captures])

    def _map_to_datasets(self, function: ElementFunction) -> Any:
        def bind(values: Values) -> Begin:
            begin = self.bind(values)
            return lambda: ([list(function.begun(e, values)())] for e in begin())

        spec = DatasetSpec(function.dataset.element_spec)
        return self._made(spec, bind, [*self.inputs, *function.captures])

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Any:
        """Return the elements of which a function says yes."""
        del name
        function = self._function(predicate)

        def bind(values: Values) -> Begin:
            begin = self.bind(values)
            return lambda: (e for e in begin() if function(e, values)[0])

        return self._made(self.element_spec, bind, [*self.inputs, *function.captures])

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Any:
        """Return the elements of the data sets that a function makes of each element."""
        del name
        return self.interleave(map_func, 1, 1)

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: Any = 1,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
        name: str | None = None,
    ) -> Any:
        """Return the elements of several data sets in turn.

        Args:
            map_func: makes a data set of each element.
            cycle_length: how many of them are gone through at a time; None: 4.
            block_length: how many elements of one follow each other.
            num_parallel_calls: has no meaning.
            deterministic: has no meaning.
            name: has no meaning.
        """
        del num_parallel_calls, deterministic, name
        function = self._function(map_func)
        several = 4 if cycle_length in (None, -1) else cycle_length
        (cycle, inputs), (block, more) = number_of(several), number_of(block_length)

        def bind(values: Values) -> Begin:
            def begun(element: Element) -> Iterator[Element]:
                found: Iterator[Element] = function.begun(element, values)()
                return found

            return steps.interleaved(self.bind(values), begun, cycle(values), block(values))

        inside = [*self.inputs, *function.captures, *inputs, *more]
        return self._made(function.dataset.element_spec, bind, inside)

    def apply(self, transformation_func: Callable[[Any], Any]) -> Any:
        """Return what a function makes of the data set."""
        return transformation_func(self)

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any]) -> Any:
        """Return what a function makes of a state and each element, one after another."""
        leaves, structure = flatten(initial_state)
        states = [as_tensor(leaf) for leaf in leaves]
        specs = [TensorSpec([None] * len(x.shape), x.dtype) for x in states]
        both = ("tuple", (structure, self.structure))
        function = ElementFunction(reduce_func, both, [*specs, *self.specs])
        inputs = [*states, *self.inputs, *function.captures]

        def fold(*arrays: Any) -> Any:
            values = dict(zip(inputs, arrays, strict=True))
            state: list[Any] = list(arrays[: len(states)])
            for element in self.bind(values)():
                state = function([*state, *element], values)
            return state[0] if len(state) == 1 else state

        outputs = [(x.dtype, x.shape) for x in function.fetches]
        made = host_operation("ReduceDataset", fold, inputs, outputs)
        return nested(structure, made.outputs)

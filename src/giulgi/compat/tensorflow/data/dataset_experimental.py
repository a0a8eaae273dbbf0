"""``tf.data.experimental`` and ``tf.contrib.data``: steps that are applied to data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from giulgi.compat.names import advise, export, exported
from giulgi.compat.tensorflow.data.dataset import Dataset
from giulgi.compat.tensorflow.data.dataset_functions import ElementFunction, Values
from giulgi.compat.tensorflow.data.dataset_steps import Begin
from giulgi.compat.tensorflow.data.elements import DatasetSpec, Element, flatten, nested
from giulgi.compat.tensorflow.data.records import TFRecordWriter as FileWriter
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.tree import LEAF

Step = Callable[[Dataset], Dataset]
F = TypeVar("F", bound=Callable[..., Any])

AUTOTUNE = -1
export("data.experimental.AUTOTUNE", AUTOTUNE)
export("data.AUTOTUNE", AUTOTUNE)


def both(name: str) -> Callable[[F], F]:
    """Return a decorator that gives a function its name in both modules."""
    return exported(f"data.experimental.{name}", f"contrib.data.{name}")


@both("shuffle_and_repeat")
def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Step:
    """Return a step: elements in a random order, again and again."""
    return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)


@both("map_and_batch")
def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: bool = False,
    num_parallel_calls: Any = None,
) -> Step:
    """Return a step: batches of what a function makes of elements."""
    del num_parallel_batches, num_parallel_calls
    return lambda dataset: dataset.map(map_func).batch(batch_size, drop_remainder)


@exported("contrib.data.batch_and_drop_remainder")
def batch_and_drop_remainder(batch_size: Any) -> Step:
    """Return a step: batches, without a last one of fewer elements."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


@both("unbatch")
def unbatch() -> Step:
    """Return a step: the rows of elements."""
    return lambda dataset: dataset.unbatch()


@both("enumerate_dataset")
def enumerate_dataset(start: Any = 0) -> Step:
    """Return a step: pairs of a number and an element."""
    return lambda dataset: dataset.enumerate(start)


@both("parallel_interleave")
def parallel_interleave(
    map_func: Callable[..., Any],
    cycle_length: Any,
    block_length: Any = 1,
    sloppy: Any = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Step:
    """Return a step: elements of several data sets in turn."""
    del sloppy, buffer_output_elements, prefetch_input_elements
    return lambda dataset: dataset.interleave(map_func, cycle_length, block_length)


@both("ignore_errors")
def ignore_errors(log_warning: bool = False) -> Step:
    """Return a step: elements without those that cannot be computed."""
    del log_warning

    def step(dataset: Dataset) -> Dataset:
        def bind(values: Values) -> Begin:
            begin = dataset.bind(values)

            def go() -> Iterator[Element]:
                elements = begin()
                while True:
                    try:
                        yield next(elements)
                    except StopIteration:
                        return
                    except Exception:  # Whatever it was: that is what is asked for.
                        continue

            return go

        return Dataset(dataset.element_spec, bind, dataset.inputs)

    return step


@exported("data.experimental.TFRecordWriter")
class TFRecordWriter:
    """Writes the strings of a data set into a file of records.

    Args:
        filename: the file.
        compression_type: how it is compressed: ``""``, ``"ZLIB"`` or ``"GZIP"``.
    """

    def __init__(self, filename: Any, compression_type: Any = None) -> None:
        self._filename, self._compression = filename, compression_type

    def write(self, dataset: Dataset) -> None:
        """Write all elements of a data set."""
        with FileWriter(self._filename, self._compression) as file:
            for record in dataset.as_numpy_iterator():
                file.write(record)


def _same(*_: Any, **__: Any) -> Step:
    """Return a step that leaves everything as it is: it is about devices and threads."""
    return lambda dataset: dataset


for _name in ("prefetch_to_device", "copy_to_device", "set_stats_aggregator", "latency_stats"):
    both(_name)(_same)


@both("scan")
def scan(initial_state: Any, scan_func: Callable[..., Any]) -> Step:
    """Return a step: what a function makes of a state and an element, beside the next state."""
    leaves, structure = flatten(initial_state)

    def step(dataset: Dataset) -> Dataset:
        states = Dataset.from_tensors(initial_state)
        both = ("tuple", (structure, dataset.structure))
        function = ElementFunction(scan_func, both, [*states.specs, *dataset.specs])
        count = len(leaves)

        def bind(values: Values) -> Begin:
            first, begin = states.bind(values), dataset.bind(values)

            def go() -> Iterator[Element]:
                state = next(first())
                for element in begin():
                    found = function([*state, *element], values)
                    state = found[:count]
                    yield found[count:]

            return go

        return Dataset(
            function.spec[1], bind, [*states.inputs, *dataset.inputs, *function.captures]
        )

    return step


@both("take_while")
def take_while(predicate: Callable[..., Any]) -> Step:
    """Return a step: elements up to the first of which a function says no."""

    def step(dataset: Dataset) -> Dataset:
        function = ElementFunction(predicate, dataset.structure, dataset.specs)

        def bind(values: Values) -> Begin:
            begin = dataset.bind(values)

            def go() -> Iterator[Element]:
                for element in begin():
                    if not function(element, values)[0]:
                        return
                    yield element

            return go

        return Dataset(dataset.element_spec, bind, [*dataset.inputs, *function.captures])

    return step


@both("unique")
def unique() -> Step:
    """Return a step: elements without those that were there before."""

    def step(dataset: Dataset) -> Dataset:
        def bind(values: Values) -> Begin:
            begin = dataset.bind(values)

            def go() -> Iterator[Element]:
                seen = set()
                for element in begin():
                    key = np.asarray(element[0])[()]
                    if key not in seen:
                        seen.add(key)
                        yield element

            return go

        return Dataset(dataset.element_spec, bind, dataset.inputs)

    return step


# Groups


@both("group_by_window")
def group_by_window(
    key_func: Callable[..., Any],
    reduce_func: Callable[..., Any],
    window_size: int | None = None,
    window_size_func: Callable[[Any], Any] | None = None,
) -> Step:
    """Return a step: what a function makes of the elements of the same key.

    Args:
        key_func: the key of an element, a whole number.
        reduce_func: takes a key and a data set of elements; returns a data set.
        window_size: how many elements are given to it at most.
        window_size_func: the same, for a key.
    """

    def step(dataset: Dataset) -> Dataset:
        keys = ElementFunction(key_func, dataset.structure, dataset.specs)
        key_spec = keys.spec
        window = DatasetSpec(dataset.element_spec)
        reduced = ElementFunction(reduce_func, ("tuple", (LEAF, LEAF)), [key_spec, window])
        sizes = None
        if window_size_func is not None:
            sizes = ElementFunction(window_size_func, LEAF, [key_spec])

        def bind(values: Values) -> Begin:
            begin = dataset.bind(values)

            def made(key: Any, group: list[Element]) -> Iterator[Element]:
                elements: Iterator[Element] = reduced.begun([key, group], values)()
                return elements

            def go() -> Iterator[Element]:
                groups: dict[int, tuple[Any, list[Element]]] = {}
                for element in begin():
                    (key,) = keys(element, values)
                    limit = window_size if sizes is None else int(sizes([key], values)[0])
                    _, group = groups.setdefault(int(key), (key, []))
                    group.append(element)
                    if len(group) == limit:
                        yield from made(*groups.pop(int(key)))
                for key in sorted(groups):
                    yield from made(*groups[key])

            return go

        captured = [*keys.captures, *reduced.captures, *(sizes.captures if sizes else [])]
        return Dataset(reduced.dataset.element_spec, bind, [*dataset.inputs, *captured])

    return step


@both("bucket_by_sequence_length")
def bucket_by_sequence_length(
    element_length_func: Callable[..., Any],
    bucket_boundaries: Sequence[int],
    bucket_batch_sizes: Sequence[int],
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: bool = False,
) -> Step:
    """Return a step: batches of elements whose lengths lie between the same boundaries.

    Args:
        element_length_func: the length of an element.
        bucket_boundaries: the boundaries, rising.
        bucket_batch_sizes: how many elements a batch has, for each of the intervals.
        padded_shapes: the shapes to fill up to; None: as large as the largest of a batch.
        padding_values: what is filled in.
        pad_to_bucket_boundary: must be False.
        no_padding: whether nothing is filled up, as all have the same shape.
        drop_remainder: whether batches of fewer elements are left out.
    """
    if pad_to_bucket_boundary:
        raise NotImplementedError(
            "giulgi's stand-in for bucket_by_sequence_length does not have pad_to_bucket_boundary: "
            "give padded_shapes"
        )
    if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
        raise ValueError("len(bucket_batch_sizes) must equal len(bucket_boundaries) + 1")

    def step(dataset: Dataset) -> Dataset:
        lengths = ElementFunction(element_length_func, dataset.structure, dataset.specs)
        shapes = padded_shapes
        if shapes is None:
            shapes = nested(dataset.structure, [TensorShape(s.shape) for s in dataset.specs])

        def batched(group: list[Element], size: int) -> Iterator[Element]:
            held = Dataset(dataset.element_spec, lambda _: lambda: iter(group))
            batches = (
                held.batch(size, drop_remainder)
                if no_padding
                else held.padded_batch(size, shapes, padding_values, drop_remainder)
            )
            return batches.bind({})()

        def bind(values: Values) -> Begin:
            begin = dataset.bind(values)

            def go() -> Iterator[Element]:
                groups: dict[int, list[Element]] = {}
                for element in begin():
                    length = int(lengths(element, values)[0])
                    place = int(np.searchsorted(bucket_boundaries, length, "right"))
                    group = groups.setdefault(place, [])
                    group.append(element)
                    if len(group) == bucket_batch_sizes[place]:
                        yield from batched(groups.pop(place), bucket_batch_sizes[place])
                for place in sorted(groups):
                    yield from batched(groups[place], bucket_batch_sizes[place])

            return go

        shown = dataset.batch(1) if no_padding else dataset.padded_batch(1, shapes, padding_values)
        return Dataset(shown.element_spec, bind, [*dataset.inputs, *lengths.captures])

    return step


for _name in ("Optional", "get_next_as_optional", "StatsAggregator", "make_saveable_from_iterator"):
    advise(f"data.experimental.{_name}", "Catch tf.errors.OutOfRangeError at the end of the data.")

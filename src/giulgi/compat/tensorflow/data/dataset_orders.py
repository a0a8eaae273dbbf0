"""Data sets of the same elements in another order or number, and batches of them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.data import dataset_steps as steps
from giulgi.compat.tensorflow.data.dataset_base import DatasetBase, number_of
from giulgi.compat.tensorflow.data.dataset_functions import Values
from giulgi.compat.tensorflow.data.dataset_steps import Begin, Places
from giulgi.compat.tensorflow.data.elements import (
    DatasetSpec,
    SparsePart,
    TensorSpec,
    flatten,
    flatten_as,
    is_tensor,
    mapped,
    nested,
)
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor


@exported("data.Options")
class Options:
    """How data sets are to be computed; nothing of it has a meaning here."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = Options()
        setattr(self, name, made)
        return made


class Ordered(DatasetBase):
    """What becomes of elements without looking at them."""

    # Which elements, and in which order

    def _passed(self, step: steps.Step, inputs: Iterable[Tensor] = ()) -> Any:
        """Return a data set of the same elements in another order or number."""
        all_inputs = [*self.inputs, *inputs]
        places = self.places
        if places is None:
            return self._made(self.element_spec, lambda v: step(self.bind(v), v), all_inputs)

        def moved(values: Values) -> Places:
            arrays, begin = places(values)
            return arrays, step(begin, values)

        return self._made(self.element_spec, None, all_inputs, moved)

    def shuffle(
        self,
        buffer_size: Any,
        seed: Any = None,
        reshuffle_each_iteration: bool | None = None,
        name: str | None = None,
    ) -> Any:
        """Return the elements in a random order.

        Args:
            buffer_size: from how many elements the next is taken.
            seed: a number for the order.
            reshuffle_each_iteration: whether each pass has an order of its own; None: yes.
            name: has no meaning.
        """
        del name
        size, inputs = number_of(buffer_size)
        graph = get_default_graph()
        fixed = seed is not None or graph.seed is not None
        own = f"{graph.seed} {seed if isinstance(seed, int) else 0}" if fixed else None
        again = reshuffle_each_iteration is not False

        def step(begin: Begin, values: Values) -> Begin:
            source = random.Random(own)
            return steps.shuffled(begin, size(values), source, again)

        return self._passed(step, inputs)

    def repeat(self, count: Any = None, name: str | None = None) -> Any:
        """Return the elements again and again; so often, or without end."""
        del name
        times, inputs = number_of(-1 if count is None else count)
        made = self._passed(lambda begin, v: steps.repeated(begin, times(v)), inputs)
        made.is_endless = self.is_endless or count in (None, -1)
        return made

    def take(self, count: Any, name: str | None = None) -> Any:
        """Return the first elements, so many."""
        del name
        number, inputs = number_of(count)
        made = self._passed(lambda begin, v: steps.taken(begin, number(v)), inputs)
        made.is_endless = self.is_endless and count in (None, -1)
        return made

    def skip(self, count: Any, name: str | None = None) -> Any:
        """Return the elements without the first, so many."""
        del name
        number, inputs = number_of(count)
        return self._passed(lambda begin, v: steps.skipped(begin, number(v)), inputs)

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> Any:
        """Return every so manyth element, from a place on."""
        del name
        (count, inputs), (first, more) = number_of(num_shards), number_of(index)
        step: steps.Step = lambda begin, v: steps.every(begin, first(v), count(v))  # noqa: E731
        return self._passed(step, [*inputs, *more])

    def prefetch(self, buffer_size: Any = None, name: str | None = None) -> Any:
        """Return the elements as they are: a step waits for nothing but Python here."""
        del buffer_size, name
        return self

    def cache(self, filename: Any = "", name: str | None = None) -> Any:
        """Return the elements, which are kept in memory after they are computed once."""
        del filename, name
        return self._passed(lambda begin, v: steps.kept(begin))

    def with_options(self, options: Any, name: str | None = None) -> Any:
        """Return the data set: no option has a meaning here."""
        del options, name
        return self

    def options(self) -> Options:
        """Return options; none has a meaning here."""
        return Options()

    def concatenate(self, dataset: Any, name: str | None = None) -> Any:
        """Return the elements, and those of another data set after them."""
        del name
        pairs = zip(self.specs, dataset.specs, strict=True)
        spec = nested(self.structure, [_common(a, b) for a, b in pairs])

        def bind(values: Values) -> Begin:
            first, second = self.bind(values), dataset.bind(values)
            return lambda: (element for begin in (first, second) for element in begin())

        return self._made(spec, bind, [*self.inputs, *dataset.inputs])

    # Batches

    def batch(
        self,
        batch_size: Any,
        drop_remainder: Any = False,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
        name: str | None = None,
    ) -> Any:
        """Return a data set of so many elements each, stacked.

        Args:
            batch_size: how many.
            drop_remainder: whether the last ones are left out if they are fewer.
            num_parallel_calls: has no meaning.
            deterministic: has no meaning.
            name: has no meaning.
        """
        del num_parallel_calls, deterministic, name
        size, inputs = number_of(batch_size)
        known = batch_size if drop_remainder and isinstance(batch_size, int) else None
        spec = nested(self.structure, [_batched(spec, known) for spec in self.specs])
        places = self.places

        def bind(values: Values) -> Begin:
            count = size(values)
            if places is not None:
                return steps.gathered(places(values), count, bool(drop_remainder))
            return steps.batched(self.bind(values), count, bool(drop_remainder), self.specs)

        return self._made(spec, bind, [*self.inputs, *inputs])

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: Any = False,
        name: str | None = None,
    ) -> Any:
        """Return a data set of so many elements each, filled up to one shape and stacked.

        Args:
            batch_size: how many.
            padded_shapes: the shapes, with None or -1 for the greatest size of a batch.
            padding_values: what is filled in, also tensors; None: zeros, or empty strings.
            drop_remainder: whether the last ones are left out if they are fewer.
            name: has no meaning.
        """
        del name
        size, inputs = number_of(batch_size)
        shapes = [spec.shape for spec in self.specs]
        if padded_shapes is not None:
            shapes = [TensorShape(s) for s in flatten_as(self.structure, padded_shapes)]
        fills = [b"" if s.dtype.numpy_dtype.kind == "O" else 0 for s in self.specs]
        if padding_values is not None and len(self.specs) == 1:
            fills = flatten(padding_values)[0]
        elif padding_values is not None:
            given = flatten_as(self.structure, padding_values)
            fills = [d if f is None else f for d, f in zip(fills, given, strict=True)]
        known = batch_size if drop_remainder and isinstance(batch_size, int) else None
        pairs = zip(self.specs, shapes, strict=True)
        specs = [TensorSpec(TensorShape([known]) + s, spec.dtype) for spec, s in pairs]

        computed = {place: as_tensor(f) for place, f in enumerate(fills) if is_tensor(f)}

        def bind(values: Values) -> Begin:
            found = [values[computed[i]] if i in computed else f for i, f in enumerate(fills)]
            pad = steps.Padding(self.specs, [s.as_list() for s in shapes], found)
            return steps.padded(self.bind(values), size(values), bool(drop_remainder), pad)

        inside = [*self.inputs, *inputs, *computed.values()]
        return self._made(nested(self.structure, specs), bind, inside)

    def unbatch(self, name: str | None = None) -> Any:
        """Return a data set of the rows of the elements."""
        del name
        spec = mapped(lambda s: TensorSpec(s.shape[1:], s.dtype), self.element_spec)
        return self._made(spec, lambda v: steps.unbatched(self.bind(v)), self.inputs)

    def window(
        self,
        size: Any,
        shift: Any = None,
        stride: Any = 1,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Any:
        """Return a data set of data sets of neighbours.

        Args:
            size: how many elements each has.
            shift: how far apart the first elements are; None: the size.
            stride: how far apart the elements of each are.
            drop_remainder: whether the last ones are left out if they have fewer elements.
            name: has no meaning.
        """
        del name
        (count, inputs), (step, more) = number_of(size), number_of(size if shift is None else shift)
        apart, others = number_of(stride)
        spec = nested(self.structure, [DatasetSpec(spec) for spec in self.specs])

        def bind(values: Values) -> Begin:
            numbers = count(values), step(values), apart(values)
            return steps.windows(self.bind(values), *numbers, bool(drop_remainder))

        return self._made(spec, bind, [*self.inputs, *inputs, *more, *others])


def _batched(spec: Any, size: int | None) -> TensorSpec:
    if not isinstance(spec, SparsePart):
        return TensorSpec(TensorShape([size]) + spec.shape, spec.dtype)
    sizes = spec.shape.as_list()
    if spec.part != 1:  # Places and the shape of the whole have an axis more.
        sizes[-1] = None if sizes[-1] is None else sizes[-1] + 1
    return SparsePart(spec.part, sizes, spec.dtype)


def _common(a: Any, b: Any) -> TensorSpec:
    """Return what two specifications have in common."""
    if a.dtype != b.dtype:
        raise TypeError(f"Two datasets to concatenate have different types {a.dtype} and {b.dtype}")
    if a.shape.sizes is None or b.shape.sizes is None or a.shape.ndims != b.shape.ndims:
        return TensorSpec(None, a.dtype)
    pairs = zip(a.shape.sizes, b.shape.sizes, strict=True)
    return TensorSpec([x if x == y else None for x, y in pairs], a.dtype)

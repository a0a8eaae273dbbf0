"""What a user gives to ``fit``, ``evaluate`` and ``predict``, made into batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, DataError, GiulgiError
from giulgi.graph.tensor import Tensor
from giulgi.training.batches import (
    Array,
    ArrayBatches,
    Batch,
    Batches,
    GeneratedBatches,
    arranged,
    as_batch,
    check_finite,
    check_lengths,
    take,
)
from giulgi.training.inputs import fitted, in_order
from giulgi.training.network import Network

DEFAULT_BATCH_SIZE = 32


@dataclass(frozen=True)
class Given:
    """Examples, or where they come from, as the user gave them.

    Attributes:
        x: arrays, or something that yields batches.
        y: the truth.
        sample_weight: how much each example counts.
        class_weight: how much the examples of each class count.
        batch_size: how many examples make a batch.
        steps: how many batches make an epoch; None: all there are.
    """

    x: Any
    y: Any = None
    sample_weight: Any = None
    class_weight: Mapping[int, float] | None = None
    batch_size: int | None = None
    steps: int | None = None

    @property
    def size(self) -> int:
        """The batch size."""
        return self.batch_size or DEFAULT_BATCH_SIZE

    def batches(
        self, op: str, network: Network | None, shuffle: bool = False, split: float = 0.0
    ) -> tuple[Batch, Batches, Batch | None]:
        """Return some examples (of arrays: all), the batches, and what is held out."""
        require_positive(op, "batch_size", self.batch_size, example=32)
        require_positive(op, "steps", self.steps, example=100)
        if is_generated(self.x):
            self._require_nothing_beside_generator(op, split)
            first, generated = _peek(self.x, self.steps, partial(_in_network_order, network))
            return first, generated, None
        data = self.examples(op, network)
        held_out = None
        if split:
            data, held_out = split_off(data, split)
        # What is held out is measured as it is: classes have their weights in training only.
        data = self.with_class_weights(data)
        batches = ArrayBatches(data, self.size, shuffle, self.steps, goes_on=op == "fit")
        return data, batches, held_out

    def _require_nothing_beside_generator(self, op: str, split: float) -> None:
        beside = {"y": self.y, "sample_weight": self.sample_weight}
        beside |= {"class_weight": self.class_weight, "validation_split": split or None}
        for name, value in beside.items():
            if value is not None:
                fix = "let it yield (x, y) or (x, y, sample_weight)"
                raise ArgumentError(
                    f"{name} goes with arrays, and x is a generator.",
                    op=op,
                    fix=fix if name != "validation_split" else "give validation_data=(x, y)",
                )

    def examples(self, op: str, network: Network | None) -> Batch:
        """Return examples given as arrays, checked."""
        if self.x is None:
            raise ArgumentError(f"{op} needs x.", fix=f"{op}(x, y)")
        try:
            data = _in_network_order(network, self.x, self.y, self.sample_weight)
            check_lengths(data)
            check_finite(data)
        except GiulgiError as error:
            error.complete(op=op)
            raise
        return data

    def with_class_weights(self, data: Batch) -> Batch:
        """Return the examples, weighted by their classes if that is asked for."""
        if not self.class_weight:
            return data
        if data.weights:
            raise ArgumentError(
                "class_weight and sample_weight exclude each other.",
                op="fit",
                fix="multiply the two into sample_weight",
            )
        return replace(data, weights=class_weights(data, self.class_weight))


def _in_network_order(network: Network | None, x: Any, y: Any = None, weights: Any = None) -> Batch:
    """Return examples as the network takes them; as they are, if it is not built yet."""
    if network is None:
        return as_batch(x, y, weights)
    names = network.output_names
    data = as_batch(
        in_order("x", x, network.input_names),
        in_order("y", y, names),
        in_order("sample_weight", weights, names),
    )
    return replace(data, x=fitted(network, data.x))


def split_off(data: Batch, share: float) -> tuple[Batch, Batch]:
    """Return the first examples and the last: a share of them for validation.

    Raises:
        ArgumentError: if one of the two would be empty.
    """
    count = data.size
    kept = math.floor(count * (1 - share))
    if not 0 < share < 1 or kept in (0, count):
        raise ArgumentError(
            f"validation_split={share} leaves nothing for one of the two parts of {count} "
            "examples.",
            op="fit",
            fix="0.2 keeps the last fifth for validation",
        )
    return take(data, slice(0, kept)), take(data, slice(kept, count))


def class_weights(data: Batch, weights: Mapping[int, float]) -> list[Array]:
    """Return a weight for each example by its class; a class that is not named weighs 1."""
    if len(data.y) != 1:
        raise ArgumentError(
            "class_weight is for networks with one output.",
            op="fit",
            fix="give sample_weight, one array for each output",
        )
    if not isinstance(weights, Mapping):
        raise ArgumentError(
            f"class_weight is a dict of the weight of each class, not {type(weights).__name__}.",
            op="fit",
            fix="class_weight={0: 1.0, 1: 2.5}",
        )
    labels = data.y[0]
    if labels.ndim > 1:
        labels = labels.argmax(axis=-1) if labels.shape[-1] > 1 else labels[..., 0]
    known = {int(label): float(weight) for label, weight in weights.items()}
    found, inverse = np.unique(labels, return_inverse=True)
    by_class = np.array([known.get(int(label), 1.0) for label in found], np.float32)
    return [by_class[inverse.reshape(labels.shape)]]


def is_generated(x: Any) -> bool:
    """Whether x yields batches, and is no array or list of arrays."""
    kinds = (np.ndarray, Tensor, list, tuple, Mapping, str, bytes)
    if isinstance(x, kinds) or hasattr(x, "__array__"):
        return False
    return isinstance(x, (Iterable, Callable))  # type: ignore[arg-type]


def require_positive(op: str, name: str, value: int | None, example: int) -> None:
    """Raise an ArgumentError unless the value is a whole number >= 1, or None."""
    if value is not None and (not isinstance(value, (int, np.integer)) or value < 1):
        raise ArgumentError(
            f"{name} is {value!r}; it must be a whole number, at least 1.",
            op=op,
            fix=f"{name}={example}",
        )


def _peek(
    x: Any, steps: int | None, arrange: Callable[..., Batch]
) -> tuple[Batch, GeneratedBatches]:
    """Return the first batch of a generator, and the batches with it put back in front."""
    is_iterator = hasattr(x, "__next__")
    source = x() if callable(x) else iter(x)
    first = next(source if is_iterator else iter(source), None)
    if first is None:
        raise DataError(
            "the generator is empty.",
            fix="a generator can be gone through once; make a new one, or give a function that "
            "returns one",
        )
    batches = GeneratedBatches(_with_first(first, x) if is_iterator else x, steps, arrange)
    return arranged(first, arrange), batches


def _with_first(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest

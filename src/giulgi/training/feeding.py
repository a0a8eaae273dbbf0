"""What a user gives to ``fit``, ``evaluate`` and ``predict``, made into batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, DataError, suggestion
from giulgi.graph.source import current_source
from giulgi.graph.tensor import Tensor
from giulgi.training.batches import (
    Array,
    ArrayBatches,
    Batch,
    Batches,
    GeneratedBatches,
    as_batch,
    check_finite,
    check_lengths,
    take,
)
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
        steps: how many batches are taken from a generator in an epoch.
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
        self, op: str, network: Network | None, *, shuffle: bool = False, split: float = 0.0
    ) -> tuple[Batch, Batches, Batch | None]:
        """Return some examples (of arrays: all), the batches, and what is held out."""
        require_positive("batch_size", self.batch_size)
        require_positive("steps", self.steps)
        if is_generated(self.x):
            if split:
                raise ArgumentError(
                    "validation_split needs arrays, not a generator.",
                    op=op,
                    where=current_source(),
                    fix="give validation_data=(x, y)",
                )
            first, generated = _peek(self.x, self.steps)
            return first, generated, None
        data = self.examples(op, network)
        held_out = None
        if split:
            data, held_out = split_off(data, split)
        return data, ArrayBatches(data, self.size, shuffle), held_out

    def examples(self, op: str, network: Network | None) -> Batch:
        """Return examples given as arrays, checked."""
        x, y = self.x, self.y
        if network is not None:
            x = _in_order("x", x, [tensor.name for tensor in network.inputs])
            y = _in_order("y", y, network.output_names)
        data = as_batch(x, y, self.sample_weight)
        if not data.x:
            raise ArgumentError(f"{op} needs x.", where=current_source(), fix=f"{op}(x, y)")
        check_lengths(data)
        check_finite(data)
        if not self.class_weight:
            return data
        if data.weights:
            raise ArgumentError(
                "class_weight and sample_weight exclude each other.",
                op=op,
                where=current_source(),
                fix="multiply the two into sample_weight",
            )
        return Batch(data.x, data.y, class_weights(data, self.class_weight))


def _in_order(what: str, value: Any, names: list[str]) -> Any:
    """Return a dict of arrays by the names of inputs or outputs as a list in their order."""
    if not isinstance(value, Mapping):
        return value
    for name in names:
        if name not in value:
            raise DataError(
                f"{what} has no entry {name!r}.",
                where=current_source(),
                fix=suggestion(name, [str(key) for key in value]),
            )
    return [value[name] for name in names]


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
            where=current_source(),
            fix="0.2 keeps the last fifth for validation",
        )
    return take(data, slice(0, kept)), take(data, slice(kept, count))


def class_weights(data: Batch, weights: Mapping[int, float]) -> list[Array]:
    """Return a weight for each example by its class; a class that is not named weighs 1."""
    if len(data.y) != 1:
        raise ArgumentError(
            "class_weight is for networks with one output.",
            op="fit",
            where=current_source(),
            fix="give sample_weight, one array for each output",
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
    if isinstance(x, (np.ndarray, Tensor, list, tuple, Mapping)) or hasattr(x, "__array__"):
        return False
    return isinstance(x, (Iterable, Callable))  # type: ignore[arg-type]


def require_positive(name: str, value: int | None) -> None:
    """Raise an ArgumentError unless the value is a whole number >= 1, or None."""
    if value is not None and (not isinstance(value, (int, np.integer)) or value < 1):
        raise ArgumentError(
            f"{name} is {value!r}; it must be a whole number, at least 1.",
            where=current_source(),
            fix=f"{name}=32",
        )


def _peek(x: Any, steps: int | None) -> tuple[Batch, GeneratedBatches]:
    """Return the first batch of a generator, and the batches with it put back in front."""
    is_iterator = hasattr(x, "__next__")
    source = x() if callable(x) else iter(x)
    first = next(source if is_iterator else iter(source), None)
    if first is None:
        raise DataError(
            "the generator is empty.",
            where=current_source(),
            fix="a generator can be gone through once; make a new one, or give a function that "
            "returns one",
        )
    batches = GeneratedBatches(_with_first(first, x) if is_iterator else x, steps)
    return (as_batch(*first) if isinstance(first, tuple) else as_batch(first)), batches


def _with_first(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest

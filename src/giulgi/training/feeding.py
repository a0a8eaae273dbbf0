"""What a user gives to ``fit``, ``evaluate`` and ``predict``, made into batches."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, DataError, GiulgiError
from giulgi.graph.tensor import Tensor
from giulgi.nn.lookup import function_name
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
    check_weights,
    take,
)
from giulgi.training.inputs import fitted, in_order
from giulgi.training.network import Network

DEFAULT_BATCH_SIZE = 32
# What the number of batches is called where it is given.
_STEPS = {"fit": "steps_per_epoch", "validation_data": "validation_steps"}


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
        require_positive(op, _STEPS.get(op, "steps"), self.steps, example=100)
        if is_generated(self.x):
            self._require_nothing_beside_generator(op, split)
            try:
                first, generated = _peek(self.x, self.steps, partial(_in_network_order, network))
            except GiulgiError as error:
                error.complete(op=op)
                raise
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
            fix = f"{op}(x)" if op.startswith("predict") else f"{op}(x, y)"
            raise ArgumentError(f"{op} needs x.", fix=fix)
        try:
            data = _in_network_order(network, self.x, self.y, self.sample_weight)
            names = ((), ()) if network is None else (network.input_names, network.output_names)
            check_lengths(data, *names)
            check_weights(data)
            check_finite(data)
        except GiulgiError as error:
            error.complete(op=op)
            raise
        return data

    def with_class_weights(self, data: Batch) -> Batch:
        """Return the examples, weighted by their classes if that is asked for."""
        if self.class_weight is None or not data.y:
            return data
        if data.weights:
            raise ArgumentError(
                "class_weight and sample_weight exclude each other.",
                op="fit",
                fix="multiply the two into sample_weight",
            )
        weights = class_weight_table(self.class_weight)
        if not weights:
            return data
        by_class = class_weights(data, weights)
        return replace(data, weights=by_class, weighted_classes=tuple(weights))


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
    return replace(data, x=fitted(network, data.x, data.y))


def split_off(data: Batch, share: float) -> tuple[Batch, Batch]:
    """Return the first examples and the last: a share of them for validation.

    Raises:
        ArgumentError: if it is no share, or one of the two would be empty.
    """
    if not isinstance(share, (int, float, np.number)) or not 0 < share <= 1:
        raise ArgumentError(
            f"validation_split is {share!r}; it is a share between 0 and 1.",
            op="fit",
            fix="0.2 keeps the last fifth for validation",
        )
    count = data.size
    kept = math.floor(count * (1 - share))
    if kept in (0, count):
        raise ArgumentError(
            f"validation_split={share} leaves nothing for one of the two parts of {count} "
            "examples.",
            op="fit",
            fix="0.2 keeps the last fifth for validation",
        )
    return take(data, slice(0, kept)), take(data, slice(kept, count))


def class_weight_table(weights: Any) -> dict[int, float]:
    """Return the weight of each class by its number, as ``class_weight`` was given.

    Raises:
        ArgumentError: if it is no such table.
    """
    if not isinstance(weights, Mapping):
        said = repr(weights) if isinstance(weights, str) else type(weights).__name__
        fix = "class_weight=dict(enumerate(weights)), if there is one for each class in order"
        if isinstance(weights, str):
            fix = (
                "counts = np.bincount(y)\n"
                "class_weight = dict(enumerate(len(y) / (len(counts) * counts)))"
            )
        raise ArgumentError(
            f"class_weight is a dict of the weight of each class, not {said}.", op="fit", fix=fix
        )
    for label, weight in weights.items():
        if not (_is_number(label) and label == int(label) and _is_number(weight)):
            raise ArgumentError(
                f"class_weight has the entry {label!r}: {weight!r}.",
                op="fit",
                fix="it maps numbers of classes, as they are in y, to weights: {0: 1.0, 1: 2.5}",
            )
    return {int(label): float(weight) for label, weight in weights.items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and bool(np.isfinite(value))


def class_weights(data: Batch, weights: Mapping[int, float]) -> list[Array]:
    """Return a weight for each example by its class; a class that is not named weighs 1."""
    if len(data.y) != 1:
        raise ArgumentError(
            "class_weight is for networks with one output.",
            op="fit",
            fix="give sample_weight, one array for each output",
        )
    labels = data.y[0]
    if labels.ndim > 1:
        labels = labels.argmax(axis=-1) if labels.shape[-1] > 1 else labels[..., 0]
    found, inverse = np.unique(labels, return_inverse=True)
    if found.dtype.kind == "f" and not np.array_equal(found, np.floor(found)):
        raise DataError(
            "class_weight is for classes, and y has fractions.",
            op="fit",
            fix="give sample_weight, one weight for each example",
        )
    by_class = np.array([weights.get(int(label), 1.0) for label in found], np.float32)
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
    if callable(x):
        _require_no_parameters(x)
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


def _require_no_parameters(function: Callable[..., Any]) -> None:
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        name = function_name(function)
        raise ArgumentError(
            f"{name} is called for each epoch, without arguments: {error}.",
            fix=f"give what it returns, or a function without parameters: lambda: {name}(...)",
        ) from None
    except ValueError:
        return  # Some functions that are not written in Python do not tell their parameters.


def _with_first(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest

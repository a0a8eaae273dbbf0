"""What a user gives to ``fit``, ``evaluate`` and ``predict``, made into batches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from giulgi.advice import advise
from giulgi.errors import ArgumentError, DataError, GiulgiError
from giulgi.training.checks.examples import check_finite, check_lengths, check_weights
from giulgi.training.data.batches import ArrayBatches, Batch, as_batch, take
from giulgi.training.data.class_weights import with_class_weights
from giulgi.training.data.generated import GeneratedBatches, is_generated, peek, steps_name
from giulgi.training.data.inputs import fitted, in_order
from giulgi.training.network import Network

Batches = ArrayBatches | GeneratedBatches

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

    def batches(
        self, op: str, network: Network | None, shuffle: bool = False, split: float = 0.0
    ) -> tuple[Batch, Batches, Batch | None]:
        """Return some examples (of arrays: all), the batches, and what is held out.

        Args:
            op: what they are given to, for errors.
            network: the network, if it is built.
            shuffle: whether each epoch takes the examples in another order.
            split: the share of the last examples that is held out; 0 is none.

        Raises:
            ArgumentError: if a number makes no sense, or two arguments do not go together.
            DataError: if the data cannot be trained on.
            ShapeError: if they do not have the shapes that the network takes.
        """
        require_positive(op, "batch_size", self.batch_size, example=32)
        require_positive(op, steps_name(op), self.steps, example=100)
        with told_of(op):
            if is_generated(self.x):
                self._require_nothing_beside_generator(split)
                first, generated = peek(self.x, self.steps, partial(self._generated, network), op)
                return first, generated, None
            data = self.examples(op, network)
            held_out = None
            if split:
                data, held_out = split_off(data, split)
            # What is held out is measured as it is: classes have their weights in training only.
            data = with_class_weights(data, self.class_weight)
            size = batch_size_for(network, self.batch_size)
            for part in (data, held_out):
                check_batch_size(network, part, size)
        return data, ArrayBatches(data, size, shuffle, self.steps, goes_on=op == "fit"), held_out

    def _require_nothing_beside_generator(self, split: float) -> None:
        beside = {"y": self.y, "sample_weight": self.sample_weight}
        beside |= {"validation_split": split or None}
        for name, value in beside.items():
            if value is not None:
                fix = "let it yield (x, y) or (x, y, sample_weight)"
                raise ArgumentError(
                    f"{name} goes with arrays, and x is a generator.",
                    fix=fix if name != "validation_split" else "give validation_data=(x, y)",
                )

    def _generated(self, network: Network | None, *parts: Any) -> Batch:
        """Return a batch made of what a generator yields."""
        batch = with_class_weights(_checked(network, *parts), self.class_weight)
        check_batch_size(network, batch, batch.size)
        return batch

    def examples(self, op: str, network: Network | None) -> Batch:
        """Return examples given as arrays, checked."""
        with told_of(op):
            if self.x is None:
                fix = f"{op}(x)" if op.startswith("predict") else f"{op}(x, y)"
                raise ArgumentError(f"{op} needs x.", fix=fix)
            return _checked(network, self.x, self.y, self.sample_weight)

    def one_batch(self, op: str, network: Network | None) -> Batch:
        """Return examples given as arrays that are to be one batch."""
        with told_of(op):
            data = with_class_weights(self.examples(op, network), self.class_weight)
            check_batch_size(network, data, data.size)
            return data


@contextmanager
def told_of(op: str) -> Iterator[None]:
    """Let errors that are raised inside tell what the data are given to."""
    try:
        yield
    except GiulgiError as error:
        error.complete(op=op)
        raise


def batch_size_for(network: Network | None, given: int | None) -> int:
    """Return how many examples make a batch: as many as are given, else as the network takes.

    Raises:
        ArgumentError: if the network takes batches of another size only.
    """
    fixed = None if network is None else network.batch_size
    if fixed is not None and given not in (None, fixed):
        raise ArgumentError(
            f"batch_size is {given}, and the network takes batches of {fixed} examples only.",
            fix=f"leave it out, or leave batch_size={fixed} out of the gg.Input",
        )
    return given or fixed or DEFAULT_BATCH_SIZE


def check_batch_size(network: Network | None, data: Batch | None, size: int) -> None:
    """Raise a DataError if the network takes batches of one size, and not all have it."""
    fixed = None if network is None else network.batch_size
    if fixed is None or data is None or (data.size % fixed == 0 and size == fixed):
        return
    whole = data.size - data.size % fixed
    others = f"{data.size} examples" if data.size == size else f"batches of {size}"
    if size == fixed:
        others = f"{data.size} examples make some of another size"
    raise DataError(
        f"the network takes batches of {fixed} examples only, and {others}.",
        fix=(f"leave some out: x[:{whole}], y[:{whole}];\n" if whole else "")
        + "or leave the batch_size out of the gg.Input, for batches of any size",
    )


def _checked(network: Network | None, x: Any, y: Any = None, weights: Any = None) -> Batch:
    """Return examples as the network takes them; as they are, if it is not built yet."""
    if network is None:
        data = as_batch(x, y, weights)
        check_lengths(data)
        dtypes = []
    else:
        names = network.output_names
        data = as_batch(
            in_order("x", x, network.input_names),
            in_order("y", y, names),
            in_order("sample_weight", weights, names),
        )
        data = replace(data, x=fitted(network, data.x, data.y))
        check_lengths(data, network.input_names, names)
        dtypes = [x.dtype for x in network.inputs]
    check_weights(data)
    if network is None or network.requires_finite:
        check_finite(data, dtypes)
    return data


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
    first, last = take(data, slice(0, kept)), take(data, slice(kept, count))
    _advise_if_sorted(first, last)
    return first, last


def _advise_if_sorted(first: Batch, last: Batch) -> None:
    """Warn if what is held out has classes that are not trained on."""
    for trained, held_out in zip(first.y, last.y, strict=True):
        are_classes = trained.dtype.kind in "iu" and trained.size == len(trained)
        if are_classes and np.isin(held_out, trained, invert=True).mean() > 0.5:
            advise(
                "most of the last examples, which validation_split holds out, have classes that "
                "are not among the others. Data that are sorted by class have to be shuffled "
                "before: order = np.random.permutation(len(x)); x, y = x[order], y[order]."
            )


def require_positive(op: str, name: str, value: int | None, example: int) -> None:
    """Raise an ArgumentError unless the value is a whole number >= 1, or None."""
    if value is not None and (not isinstance(value, (int, np.integer)) or value < 1):
        raise ArgumentError(
            f"{name} is {value!r}; it must be a whole number, at least 1.",
            op=op,
            fix=f"{name}={example}",
        )

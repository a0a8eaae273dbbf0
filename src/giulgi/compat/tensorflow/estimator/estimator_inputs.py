"""Inputs of estimators out of arrays and tables: ``tf.estimator.inputs``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.data.dataset import Dataset

InputFunction = Callable[[], Any]


def _input_function(
    x: Any, y: Any, batch_size: int, num_epochs: int | None, shuffle: bool
) -> InputFunction:
    """Return a function that makes tensors of the next batch of rows."""

    def input_fn() -> Any:
        rows = Dataset.from_tensor_slices(x if y is None else (x, y))
        if shuffle:
            rows = rows.shuffle(_count(x))
        batches = rows.repeat(num_epochs).batch(batch_size)
        return batches.make_one_shot_iterator().get_next()

    return input_fn


def _count(x: Any) -> int:
    return len(next(iter(x.values()))) if isinstance(x, dict) else len(x)


def _require_shuffle(shuffle: Any) -> None:
    if not isinstance(shuffle, bool):
        raise ValueError(
            "shuffle must be provided and explicitly set as boolean (it is recommended to set it "
            f"as True for training); got {shuffle}"
        )


@exported("estimator.inputs.numpy_input_fn")
def numpy_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool | None = None,
    queue_capacity: int = 1000,
    num_threads: int = 1,
) -> InputFunction:
    """Return a function that makes tensors of features and labels out of arrays.

    Args:
        x: an array, or a dict of arrays.
        y: an array of labels, or a dict of arrays; None: features alone.
        batch_size: how many examples a batch has; the last one may have fewer.
        num_epochs: how often all examples are given; None: without end.
        shuffle: whether each epoch has an order of its own.
        queue_capacity: has no meaning.
        num_threads: has no meaning.

    Raises:
        ValueError: if it is not said whether to shuffle, or numbers of examples differ.
        TypeError: if the features are no arrays.
    """
    del queue_capacity, num_threads
    _require_shuffle(shuffle)
    if not isinstance(x, (dict, np.ndarray)):
        raise TypeError(f"x must be a dict or array; got {type(x).__name__}")
    if isinstance(x, dict) and not x:
        raise ValueError("x cannot be an empty dict")
    features = {k: np.asarray(v) for k, v in x.items()} if isinstance(x, dict) else x
    labels = {k: np.asarray(v) for k, v in y.items()} if isinstance(y, dict) else y
    sizes = {len(v) for part in (features, labels) if part is not None
             for v in (part.values() if isinstance(part, dict) else [part])}  # fmt: skip
    if len(sizes) > 1:
        raise ValueError(
            "Length of tensors in x and y is mismatched. All elements in x and y must have the "
            f"same length: {sorted(sizes)}"
        )
    return _input_function(features, labels, batch_size, num_epochs, bool(shuffle))


@exported("estimator.inputs.pandas_input_fn")
def pandas_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool | None = None,
    queue_capacity: int = 1000,
    num_threads: int = 1,
    target_column: str = "target",
) -> InputFunction:
    """Return a function that makes tensors of features and labels out of a table of pandas.

    Args:
        x: the table; each column is a feature.
        y: the labels, with the same index; None: features alone.
        batch_size: how many examples a batch has; the last one may have fewer.
        num_epochs: how often all examples are given; None: without end.
        shuffle: whether each epoch has an order of its own.
        queue_capacity: has no meaning.
        num_threads: has no meaning.
        target_column: has no meaning.

    Raises:
        ValueError: if it is not said whether to shuffle, or the labels have another index.
    """
    del queue_capacity, num_threads, target_column
    _require_shuffle(shuffle)
    if y is not None and not np.array_equal(x.index, y.index):
        raise ValueError(
            f"Index for x and y are mismatched.\nIndex for x: {x.index}\nIndex for y: {y.index}\n"
        )
    features = {str(name): x[name].to_numpy() for name in x.columns}
    labels = None if y is None else y.to_numpy()
    return _input_function(features, labels, batch_size, num_epochs, bool(shuffle))


def _shuffling(make: Callable[..., InputFunction]) -> Callable[..., InputFunction]:
    """Return the same function as it was before: it shuffles, if nobody says otherwise."""

    @functools.wraps(make)
    def input_fn_of(
        x: Any, y: Any = None, batch_size: int = 128, num_epochs: int | None = 1,
        shuffle: bool = True, *others: Any, **more: Any,
    ) -> InputFunction:  # fmt: skip
        return make(x, y, batch_size, num_epochs, shuffle, *others, **more)

    return input_fn_of


export("contrib.learn.io.numpy_input_fn", _shuffling(numpy_input_fn))
export("contrib.learn.io.pandas_input_fn", _shuffling(pandas_input_fn))

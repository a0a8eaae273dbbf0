"""What models are given, as giulgi takes it: arrays, metrics, callbacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.keras import metrics
from giulgi.compat.keras.backend_functions import eval_
from giulgi.compat.keras.boundary import is_named
from giulgi.training.data.batches import ArrayBatches
from giulgi.tree import tree_map


def chosen_metrics(given: Any, loss: Any) -> Any:
    """Return metrics as giulgi takes them: which accuracy is meant depends on the loss, too."""
    if isinstance(given, str) or callable(given):
        given = [given]
    if given is None or (isinstance(given, (list, tuple)) and not [m for m in given if m]):
        return None
    is_binary = getattr(loss, "__name__", loss) == "binary_crossentropy"
    return tree_map(lambda metric: metrics.as_metric(metric, is_binary), given)


def plain_numbers(value: Any) -> Any:
    """Return numbers of Python in place of variables."""
    return tree_map(lambda v: v if v is None else float(getattr(v, "eval", lambda: v)()), value)


def given_callbacks(given: Any) -> Any:
    """Return callbacks without those that are None."""
    if given is None or isinstance(given, gg.callbacks.Callback):
        return given
    return [callback for callback in given if callback is not None]


def validation_arrays(batches: Any) -> list[Any] | None:
    """Return inputs, targets and weights of the data of validation, as callbacks know them.

    They are None for a generator. Targets of one number for each example are columns.
    """
    if not isinstance(batches, ArrayBatches):
        return None
    data = batches.data
    targets = [y[:, None] if y.ndim == 1 else y for y in data.y]
    weights = data.weights or [np.ones(data.size, "float32") for _ in targets]
    return [*data.x, *targets, *weights]


def as_arrays(data: Any) -> Any:
    """Return data as giulgi takes them: no tables of pandas, no lists of rows."""
    if isinstance(data, Mapping):
        return {name: _array(value) for name, value in data.items()}
    if isinstance(data, tuple) or (isinstance(data, list) and _holds_arrays(data)):
        return [_array(part) for part in data]
    return _array(data)


def _holds_arrays(data: Sequence[Any]) -> bool:
    return bool(data) and all(
        (isinstance(part, np.ndarray) and part.ndim) or hasattr(part, "to_numpy") for part in data
    )


def _array(data: Any) -> Any:
    if data is None or isinstance(data, np.ndarray):
        array = data
    elif is_named(data) or isinstance(data, gg.Tensor):
        array = np.asarray(eval_(data))
    elif hasattr(data, "to_numpy"):
        array = data.to_numpy()
    else:
        array = np.asarray(data)
    if array is not None and array.dtype == object:
        return array.astype("float32")
    return array

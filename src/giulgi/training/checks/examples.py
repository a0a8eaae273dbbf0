"""Whether examples can be trained on: as many of each, and finite numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from giulgi.advice import advise
from giulgi.errors import DataError
from giulgi.graph.dtypes import DEFAULT_FLOAT, DType, is_float
from giulgi.graph.shapes import shape_text
from giulgi.training.data.batches import Array, Batch


def check_lengths(data: Batch, inputs: Sequence[str] = (), outputs: Sequence[str] = ()) -> None:
    """Raise a DataError if inputs, targets and weights have different numbers of examples.

    Args:
        data: the examples.
        inputs: the names of the inputs; several arrays are told apart by them.
        outputs: the names of the outputs.
    """
    named = [
        *_named("x", data.x, inputs),
        *_named("y", data.y, outputs),
        *_named("sample_weight", data.weights, outputs),
    ]
    lengths = {len(array) for _, array in named}
    if len(lengths) > 1:
        raise DataError(
            "the arrays have different numbers of examples.",
            arguments=[(name, array_text(array)) for name, array in named],
            axes="axis 0: " + ", ".join(f"{len(array)} in {name}" for name, array in named),
            fix="each example needs one target; check how the arrays were cut",
        )
    if lengths == {0}:
        raise DataError("there are no examples.", fix="check the data")


def _named(what: str, arrays: Sequence[Array], names: Sequence[str]) -> Iterator[tuple[str, Array]]:
    """Yield arrays with what the user calls them: x, or x of 'left' and x of 'right'."""
    for i, array in enumerate(arrays):
        if len(arrays) == 1:
            yield what, array
        else:
            yield f"{what} of {names[i]!r}" if i < len(names) else f"{what}[{i}]", array


def array_text(array: Array) -> str:
    """Return the dtype and the shape of an array, for errors."""
    return f"{array.dtype.name} {shape_text(array.shape)}"


def check_weights(data: Batch) -> None:
    """Warn of negative weights. They may be meant, as in learning from rewards."""
    if any((weights < 0).any() for weights in data.weights):
        advise(
            "sample_weight has negative weights: of such examples training makes the loss larger."
        )


def check_finite(data: Batch, dtypes: Sequence[DType] = ()) -> None:
    """Raise a DataError if inputs, targets or weights are not all finite as the network takes them.

    Args:
        data: the examples.
        dtypes: the dtypes of the network's inputs, if it is built.
    """
    for name, arrays in (("x", data.x), ("y", data.y), ("sample_weight", data.weights)):
        for i, array in enumerate(arrays):
            # The ends of an array with a NaN are NaN, and take no memory of its size.
            ends = (array.min(), array.max()) if array.size else (0, 0)
            if not np.isfinite(ends).all():
                raise _finite_error(name, array)
            taken = dtypes[i] if name == "x" and i < len(dtypes) else DEFAULT_FLOAT
            if is_float(taken) and max(map(abs, ends)) > np.finfo(taken).max:
                raise _size_error(name, array, taken)


def _finite_error(name: str, array: Array) -> DataError:
    places = np.argwhere(~np.isfinite(array))
    is_nan = np.isnan(array).any()
    many = "1 place" if len(places) == 1 else f"{len(places)} places, the first"
    rows = f"np.isfinite({name})"
    if array.ndim > 1:
        rows += f".all(axis={1 if array.ndim == 2 else tuple(range(1, array.ndim))})"
    return DataError(
        f"{name} holds {'NaN (not a number)' if is_nan else 'infinity'} in {many} at "
        f"{tuple(places[0].tolist())}.",
        arguments=[(name, array_text(array))],
        fix="fill such places with a number, or drop their examples:\n"
        f"keep = {rows}; x, y = x[keep], y[keep]",
    )


def _size_error(name: str, array: Array, taken: DType) -> DataError:
    place = np.unravel_index(int(np.abs(array).argmax()), array.shape)
    return DataError(
        f"{name} holds {array[place]:.3g} at {tuple(map(int, place))}, which is infinite in "
        f"{taken.name}: that ends at {np.finfo(taken).max:.3g}.",
        arguments=[(name, array_text(array))],
        fix=f"bring the numbers to a moderate size: {name} / np.abs({name}).max()",
    )
